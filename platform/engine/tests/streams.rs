//! Streams that are longer than a page: what they have come to is kept, never believed without their version, never kept
//! beyond a person's erasure, and folded again after a kill.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use authority::{Denied, Grant, Guarded, Need, Permission, Permissions, Principal, Resource, Scope};
use database::Database;
use engine::{Engine, OWN_EVENT_COUNT_MAX, Outcome, PEOPLE_EVENT_COUNT_MAX, PLATFORM_EVENT_COUNT_MAX};
use journal::keyring::{Keyring, MasterKey};
use journal::{Append, EncodedEvent, EncodedWrite, Journal, SqlJournal, SystemClock};
use kernel::{
    Actor, Category, Causation, Changes, ClaimKind, CommandId, CorrelationId, Decider, Event, Id as _, Key,
    Kind, Malformed, Metadata, Open, Opened, RawEvent, Reads, Refusal, STREAM_EVENT_COUNT_MAX, Seal,
    SealError, SealedBytes, StreamId, SubjectId, TenantId, Timestamp, UseCase, Version, Via,
};
use uuid::Uuid;

/// As many as no stream could hold before.
const LONG_EVENT_COUNT: u64 = 12_000;
/// Where the child of the kill works.
const CHILD_FOLDER: &str = "HOSTERRA_STREAM_CHILD";
/// Acknowledged events after which the child is killed.
const KILL_AFTER: u64 = 60;

/// How often something was counted, and by whom last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Tally {
    count: u64,
    by: Option<Opened<Vec<u8>>>,
}

#[derive(Debug)]
enum Counted {
    /// Once more.
    Again,
    /// Once more, by a person.
    By(Opened<Vec<u8>>),
}

const AGAIN: Kind = Kind { name: "tally.again", schema: 1 };
const BY: Kind = Kind { name: "tally.by", schema: 1 };

fn person() -> SubjectId {
    SubjectId::new(Uuid::from_u128(77))
}

impl Event for Counted {
    fn kind(&self) -> Kind {
        match self {
            Self::Again => AGAIN,
            Self::By(_) => BY,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        match self {
            Self::Again | Self::By(Opened::Erased) => Ok(b"{}".to_vec()),
            Self::By(Opened::Plain(name)) => {
                let sealed = seal.seal(person(), name)?;
                Ok(serde_json::json!({ "sealed": sealed.ciphertext }).to_string().into_bytes())
            }
        }
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        if raw.kind == AGAIN.name {
            return Ok(Self::Again);
        }
        let value: serde_json::Value = serde_json::from_slice(&raw.payload).expect("our own JSON");
        let octets = value["sealed"].as_array().expect("octets").iter();
        let octet = |value: &serde_json::Value| value.as_u64().and_then(|it| u8::try_from(it).ok());
        let ciphertext = octets.map(|value| octet(value).expect("an octet")).collect();
        let opened = open.open(&SealedBytes { subject: person(), ciphertext }).map_err(Malformed::Sealed)?;
        Ok(Self::By(opened))
    }
}

struct Counter;

impl Decider for Counter {
    const CATEGORY: Category = Category("tally");
    type Id = kernel::ServiceId;
    type State = Tally;
    type Event = Counted;
    type Command = Counted;
    type Facts = ();
    type Refusal = Never;

    fn evolve(mut state: Tally, event: &Counted) -> Tally {
        state.count += 1;
        if let Counted::By(name) = event {
            state.by = Some(name.clone());
        }
        state
    }

    fn decide(_: &Tally, command: Counted, (): &(), _: Timestamp) -> Result<Vec<Counted>, Never> {
        Ok(vec![command])
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Never;

impl std::fmt::Display for Never {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("never")
    }
}

impl Refusal for Never {
    fn code(&self) -> &'static str {
        "NEVER"
    }
}

impl From<ClaimKind> for Never {
    fn from(_: ClaimKind) -> Self {
        Self
    }
}

/// Counts once more, at the number that was read.
struct Count(Option<&'static str>);

fn tenant() -> TenantId {
    TenantId::new(Uuid::from_u128(5))
}

fn key() -> Key<Counter> {
    Key(kernel::ServiceId::new(Uuid::from_u128(6)))
}

impl UseCase for Count {
    const NAME: &'static str = "count";
    type Reads = Key<Counter>;
    type Refusal = Never;

    fn tenant(&self) -> TenantId {
        tenant()
    }

    fn reads(&self) -> Key<Counter> {
        key()
    }

    fn decide(&self, state: &Tally, now: Timestamp) -> Result<Changes, Never> {
        let event = self.0.map_or(Counted::Again, |name| Counted::By(Opened::Plain(name.into())));
        Ok(Changes::none().emit::<Counter>(key().0, Counter::decide(state, event, &(), now)?))
    }
}

impl Guarded for Count {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(tenant().account()) }
    }
}

struct Stage {
    engine: Engine,
    journal: Arc<dyn Journal>,
    keyring: Arc<Keyring>,
}

async fn open(folder: &Path) -> Stage {
    let database = Database::open_sqlite(&folder.join("control.db")).expect("a file");
    let clock = Arc::new(SystemClock);
    let journal: Arc<dyn Journal> =
        Arc::new(SqlJournal::open(database.clone(), clock.clone()).await.expect("a journal"));
    let keyring =
        Arc::new(Keyring::open(database.clone(), MasterKey::new([7; 32])).await.expect("a keyring"));
    let engine = Engine::new(Arc::clone(&journal), Arc::clone(&keyring), database, clock).await;
    Stage { engine: engine.expect("an engine"), journal, keyring }
}

impl Stage {
    async fn count(&self, by: Option<&'static str>) {
        let command = CommandId::new(Uuid::now_v7());
        let correlation = CorrelationId::new(Uuid::from_u128(9));
        let ran = self.engine.run(&Principal::operator(), command, correlation, &Count(by)).await;
        assert!(matches!(ran, Ok(Outcome::Done { .. })), "{ran:?}");
    }

    async fn tally(&self) -> Tally {
        self.engine.load(tenant(), &key()).await.expect("a state")
    }

    /// Puts `count` events in front, many at a time.
    async fn fill(&self, count: u64) {
        self.fill_from(0, count).await;
    }

    /// Goes on from `version` up to `count`.
    async fn fill_from(&self, mut version: u64, count: u64) {
        while version < count {
            let more = (count - version).min(256);
            let stream = StreamId::new(Counter::CATEGORY, key().0);
            let event = EncodedEvent { kind: AGAIN, payload: b"{}".to_vec() };
            let events = vec![event; usize::try_from(more).expect("small")];
            let append = Append {
                tenant: tenant(),
                command: CommandId::new(Uuid::now_v7()),
                metadata: Metadata {
                    actor: Actor::Operator,
                    on_behalf_of: None,
                    via: Via::CommandLine,
                    correlation: CorrelationId::new(Uuid::from_u128(9)),
                    causation: Causation::Command,
                    command: None,
                    content: None,
                },
                writes: vec![EncodedWrite { stream, expected: Version(version), events }],
                checks: Vec::new(),
                claims_taken: Vec::new(),
                claims_released: Vec::new(),
                keys: Vec::new(),
            };
            self.journal.append(append).await.expect("appended");
            version += more;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_twelve_thousand_events_is_counted_right_by_many_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = Arc::new(open(folder.path()).await);
    stage.fill(LONG_EVENT_COUNT).await;
    assert_eq!(stage.tally().await.count, LONG_EVENT_COUNT);
    let writers = (0..4).map(|_| {
        let stage = Arc::clone(&stage);
        tokio::spawn(async move {
            for _ in 0..10 {
                stage.count(None).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("no panic");
    }
    let expected = LONG_EVENT_COUNT + 40;
    assert_eq!(stage.tally().await.count, expected, "nobody was counted upon an old state");
    let again = open(folder.path()).await;
    assert_eq!(again.tally().await.count, expected, "folded anew");
    // Two that keep states beside each other: neither believes its own without the version.
    again.count(None).await;
    stage.count(None).await;
    again.count(None).await;
    assert_eq!((stage.tally().await.count, again.tally().await.count), (expected + 3, expected + 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_parts_of_a_history_are_for_those_who_govern_and_for_the_platform() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = open(folder.path()).await;
    stage.fill(OWN_EVENT_COUNT_MAX - 1).await;
    let scope = Scope::Account(tenant().account());
    let grants = vec![Grant { scope, permissions: Permissions::everything() }];
    let of_account =
        |actor| Principal { actor, via: Via::Session, grants: grants.clone(), ..Principal::operator() };
    let count = async |principal: &Principal| {
        let command = CommandId::new(Uuid::now_v7());
        let correlation = CorrelationId::new(Uuid::from_u128(9));
        stage.engine.run(principal, command, correlation, &Count(None)).await.expect("an answer")
    };
    let own = of_account(Actor::Mailbox(kernel::MailboxId::new(key().0.uuid())));
    let staff = Actor::User(kernel::UserId::new(Uuid::from_u128(8)));
    let administrator = of_account(staff);
    let (platform, support) = (
        Principal::platform("purge"),
        Principal { actor: staff, via: Via::Session, ..Principal::operator() },
    );
    let is_full = |outcome: &Outcome<_>| matches!(outcome, Outcome::Denied(Denied::HistoryFull));
    assert!(matches!(count(&own).await, Outcome::Done { .. }));
    assert!(matches!(count(&own).await, Outcome::Denied(Denied::HistoryNearlyFull)));
    assert!(matches!(count(&administrator).await, Outcome::Done { .. }), "it can still be governed");
    stage.fill_from(OWN_EVENT_COUNT_MAX + 1, PEOPLE_EVENT_COUNT_MAX).await;
    assert!(is_full(&count(&administrator).await));
    assert!(is_full(&count(&own).await));
    // It can still be ended, and whatever follows from that happens.
    assert!(matches!(count(&support).await, Outcome::Done { .. }));
    assert!(matches!(count(&platform).await, Outcome::Done { .. }));
    stage.fill_from(PEOPLE_EVENT_COUNT_MAX + 2, PLATFORM_EVENT_COUNT_MAX).await;
    assert!(
        is_full(&count(&platform).await),
        "what the platform notes by itself does not take the operators' part"
    );
    assert!(matches!(count(&support).await, Outcome::Done { .. }));
    assert!(matches!(count(&Principal::operator()).await, Outcome::Done { .. }));
    stage.fill_from(PLATFORM_EVENT_COUNT_MAX + 2, STREAM_EVENT_COUNT_MAX).await;
    assert!(is_full(&count(&support).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_a_person_is_given_to_nobody_after_the_erasure() {
    let folder = tempfile::tempdir().expect("a folder");
    let stage = open(folder.path()).await;
    stage.fill(200).await;
    stage.count(Some("alice")).await;
    assert_eq!(stage.tally().await.by, Some(Opened::Plain(b"alice".to_vec())));
    let now = Timestamp::from_millis(1_790_000_000_000);
    stage.keyring.destroy(tenant(), person(), now).await.expect("destroyed");
    assert_eq!(stage.tally().await.by, Some(Opened::Erased));
    stage.count(None).await;
    assert_eq!(stage.tally().await, Tally { count: 202, by: Some(Opened::Erased) });
}

/// Counts until it is killed; says each number once it is acknowledged. Does nothing where nobody is its parent.
#[tokio::test(flavor = "multi_thread")]
async fn the_child_that_is_killed() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER).map(PathBuf::from) else { return };
    let stage = open(&folder).await;
    let started = Instant::now();
    // An orphan ends by itself.
    for number in 1..100_000 {
        stage.count(None).await;
        println!("acknowledged {number}");
        assert!(started.elapsed().as_secs() < 120, "nobody killed it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_stream_survives_kill_9_with_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    open(folder.path()).await.fill(LONG_EVENT_COUNT).await;
    let mut expected_min = LONG_EVENT_COUNT;
    for _ in 0..2 {
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", "the_child_that_is_killed", "--nocapture"])
            .env(CHILD_FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let last = format!("acknowledged {KILL_AFTER}");
        let mut seen = lines.map_while(Result::ok).filter(|line| line.ends_with(&last));
        assert!(seen.next().is_some(), "it counts");
        child.kill().expect("killed");
        child.wait().expect("gone");
        expected_min += KILL_AFTER;
        let stage = open(folder.path()).await;
        let tally = stage.tally().await;
        assert!(tally.count >= expected_min, "{} of {expected_min}", tally.count);
        expected_min = tally.count;
        let stream = StreamId::new(Counter::CATEGORY, key().0);
        let events = stage.engine.history(tenant(), stream).await.expect("a history");
        assert!(events.iter().map(|event| event.version.0).eq(1..=tally.count), "no hole");
    }
}
