//! What every journal promises, on memory, SQLite and PostgreSQL.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use database::{Database, Statement};
use journal::keyring::{Keyring, MasterKey, rotate};
use journal::{
    Append, AppendError, Appended, Check, ClaimKey, EncodedEvent, EncodedWrite, FoundCommand, Journal,
    Memory, STREAM_PAGE_EVENT_COUNT_MAX, SetClock, SqlJournal, StoredEvent, SubscriptionName, Tail,
    doubled_streams, long_streams,
};
use kernel::{
    AccountId, Actor, Category, Causation, ClaimKind, CommandId, CommandName, ContentMark, CorrelationId,
    Cursor, EventId, Id as _, Kind, MailboxId, Metadata, Open as _, Opened, Position, Seal as _, StreamId,
    SubjectId, TenantId, Timestamp, TokenId, UserId, Version, Via,
};
use uuid::Uuid;

const CATEGORY: Category = Category("thing");
const KIND: Kind = Kind { name: "thing.happened", schema: 1 };

struct Subject {
    name: &'static str,
    journal: Arc<dyn Journal>,
    database: Option<Database>,
    _folder: Option<tempfile::TempDir>,
}

async fn journals() -> Vec<Subject> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let clock = Arc::new(SetClock::new(Timestamp::from_secs(1_000_000)));
    let memory = Memory::new(clock.clone());
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open_sqlite(&folder.path().join("journal.db")).expect("a file");
    let sqlite = SqlJournal::open(database.clone(), clock.clone()).await.expect("tables");
    let mut all = vec![
        Subject { name: "memory", journal: Arc::new(memory), database: None, _folder: None },
        Subject {
            name: "sqlite",
            journal: Arc::new(sqlite),
            database: Some(database),
            _folder: Some(folder),
        },
    ];
    if let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") {
        let schema = format!("journal_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let database = Database::connect_postgres_schema(&url, 16, &schema).await.expect("a server");
        let journal = SqlJournal::open(database.clone(), clock).await.expect("tables");
        all.push(Subject {
            name: "postgres",
            journal: Arc::new(journal),
            database: Some(database),
            _folder: None,
        });
    } else {
        skipped("PostgreSQL: HOSTERRA_TEST_POSTGRES is not set");
    }
    all
}

#[expect(clippy::print_stderr, reason = "a test that does not test says so")]
fn skipped(what: &str) {
    eprintln!("SKIPPED: {what}");
}

fn tenant(number: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(number))
}

fn stream(number: u128) -> StreamId {
    StreamId { category: CATEGORY, id: Uuid::from_u128(number) }
}

fn command() -> CommandId {
    CommandId::new(Uuid::new_v4())
}

fn claim(number: u8) -> ClaimKey {
    ClaimKey { kind: ClaimKind::Address, hash: [number; 32] }
}

fn append(tenant: TenantId, writes: &[(StreamId, u64, usize)]) -> Append {
    let event =
        |number: usize| EncodedEvent { kind: KIND, payload: format!("{{\"n\":{number}}}").into_bytes() };
    Append {
        tenant,
        command: command(),
        metadata: Metadata {
            actor: Actor::Operator,
            on_behalf_of: None,
            via: Via::CommandLine,
            correlation: CorrelationId::new(Uuid::from_u128(9)),
            causation: Causation::Command,
            command: None,
            content: None,
        },
        writes: writes
            .iter()
            .map(|(stream, expected, count)| EncodedWrite {
                stream: *stream,
                expected: Version(*expected),
                events: (0..*count).map(event).collect(),
            })
            .collect(),
        checks: Vec::new(),
        claims_taken: Vec::new(),
        claims_released: Vec::new(),
        keys: Vec::new(),
    }
}

fn tail(tenant: TenantId, stream: StreamId, after: u64) -> Tail {
    Tail { tenant, stream, after: Version(after) }
}

fn at(tenant: TenantId, position: u64) -> Cursor {
    Cursor { tenant, position: Position(position) }
}

/// Circumstances in the order of `golden/circumstances.txt`: first those of before commands had names, then those with one, then
/// those whose content is kept.
fn circumstances() -> Vec<Metadata> {
    let (user, token) = (UserId::new(Uuid::from_u128(7)), TokenId::new(Uuid::from_u128(8)));
    let (mailbox, account) = (MailboxId::new(Uuid::from_u128(6)), AccountId::new(Uuid::from_u128(9)));
    let platform = (Actor::Platform("quota_watch"), Via::Platform, None, None);
    let people = |[line, mutation, own]: [Option<&str>; 3]| {
        [
            (Actor::Operator, Via::CommandLine, None, line.and_then(CommandName::of)),
            (Actor::User(user), Via::Session, None, mutation.and_then(CommandName::of)),
            (Actor::User(user), Via::Token(token), Some(account), mutation.and_then(CommandName::of)),
            (Actor::Mailbox(mailbox), Via::Session, None, own.and_then(CommandName::of)),
        ]
    };
    let named = people([Some("apply"), Some("mailboxQuotaChange"), Some("passwordChange")]);
    let all = people([None; 3]).into_iter().chain([platform]).chain(named);
    let metadata = append(tenant(1), &[]).metadata;
    let told =
        |(actor, via, on_behalf_of, command)| Metadata { actor, via, on_behalf_of, command, ..metadata };
    let content = Some(ContentMark::new(0x0123_4567_89ab_cdef));
    let marked = [None, Some("mailboxQuotaChange")].map(|name| Metadata {
        content,
        ..told((Actor::User(user), Via::Session, None, name.and_then(CommandName::of)))
    });
    all.map(told).chain(marked).collect()
}

/// As text each stands in `golden/circumstances.txt`, in that order: lines are added there, and none is ever changed.
#[tokio::test]
async fn circumstances_are_read_as_they_ever_were_stored() {
    let golden: Vec<&str> = include_str!("golden/circumstances.txt").lines().collect();
    assert_eq!(golden.len(), circumstances().len());
    for subject in journals().await {
        for (number, (metadata, text)) in (1..).zip(circumstances().into_iter().zip(&golden)) {
            let new = append(tenant(number), &[(stream(1), 0, 1)]);
            subject.journal.append(Append { metadata, ..new }).await.expect(subject.name);
            if let Some(database) = &subject.database {
                let select = "SELECT actor FROM event WHERE tenant = $1";
                let rows = database.query(Statement::new(select).bind(tenant(number).uuid())).await;
                let rows = rows.expect(subject.name);
                assert_eq!(rows[0].text(0).expect("a text"), *text, "{}", subject.name);
                let insert = "INSERT INTO event (tenant, position, category, stream, version, event_id, kind, schema, payload, \
                    actor, correlation, causation, recorded_at) \
                    VALUES ($1, 2, 'thing', $2, 2, $3, 'thing.happened', 1, '{\"n\":1}', $4, $5, NULL, 1000000000)";
                let row = Statement::new(insert).bind(tenant(number).uuid()).bind(stream(1).id);
                let row = row.bind(Uuid::new_v4()).bind((*text).to_owned()).bind(metadata.correlation.uuid());
                database.write(vec![row]).await.expect(subject.name);
            }
            let read = subject.journal.read_tenant(at(tenant(number), 0), 10).await.expect(subject.name);
            assert_eq!(read.len(), 1 + usize::from(subject.database.is_some()), "{}", subject.name);
            assert!(read.iter().all(|event| event.metadata == metadata), "{}: {text}", subject.name);
        }
    }
}

#[tokio::test]
async fn streams_of_several_tenants_under_one_id_and_long_ones_are_found() {
    for subject in journals().await {
        let Some(database) = &subject.database else { continue };
        let found = || async { doubled_streams(database).await.expect(subject.name) };
        for (number, id) in [(1, 1), (2, 2)] {
            subject.journal.append(append(tenant(number), &[(stream(id), 0, 1)])).await.expect(subject.name);
        }
        // Another noun may have the same id.
        let other = StreamId { category: Category("other"), ..stream(1) };
        subject.journal.append(append(tenant(2), &[(other, 0, 1)])).await.expect(subject.name);
        assert!(found().await.is_empty(), "{}", subject.name);
        subject.journal.append(append(tenant(3), &[(stream(1), 0, 2)])).await.expect(subject.name);
        let both = [(stream(1), vec![tenant(1), tenant(3)])];
        assert_eq!(found().await, both.into(), "{}", subject.name);
        let long = long_streams(database, Version(2)).await.expect(subject.name);
        assert_eq!(long, [(tenant(3), stream(1), Version(2))], "{}", subject.name);
        assert!(long_streams(database, Version(3)).await.expect(subject.name).is_empty());
    }
}

#[tokio::test]
async fn what_is_appended_is_read_back_in_order() {
    for subject in journals().await {
        let journal = &subject.journal;
        let new = append(tenant(1), &[(stream(1), 0, 2), (stream(2), 0, 1)]);
        let metadata = new.metadata;
        assert_eq!(journal.append(new).await.expect(subject.name), Appended::New(at(tenant(1), 3)));
        journal.append(append(tenant(1), &[(stream(1), 2, 1)])).await.expect(subject.name);
        let all = journal.read_tenant(at(tenant(1), 0), 500).await.expect("read");
        assert_eq!(all.iter().map(|event| event.cursor.position.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(all[0].metadata, metadata);
        assert_eq!(all[0].raw.kind, KIND.name);
        let payload: serde_json::Value = serde_json::from_slice(&all[1].raw.payload).expect("JSON");
        assert_eq!(payload["n"], 1);
        let histories = journal
            .read_streams(&[
                tail(tenant(1), stream(1), 0),
                tail(tenant(1), stream(3), 0),
                tail(tenant(2), stream(1), 0),
                tail(tenant(1), stream(1), 2),
                tail(tenant(1), stream(1), 3),
            ])
            .await
            .expect("read");
        assert_eq!(histories.iter().map(Vec::len).collect::<Vec<_>>(), [3, 0, 0, 1, 0]);
        assert_eq!(histories[3][0].version, Version(3), "what follows the version that is known");
        assert_eq!(histories[0][2].version, Version(3));
        assert_eq!(journal.read_tenant(at(tenant(1), 3), 500).await.expect("read").len(), 1);
        assert_eq!(journal.head(tenant(1)).await.expect("read"), Position(4));
    }
}

#[tokio::test]
async fn a_long_stream_is_read_page_by_page_without_a_hole() {
    for subject in journals().await {
        let journal = &subject.journal;
        let count = STREAM_PAGE_EVENT_COUNT_MAX as u64 + 100;
        let mut version = 0;
        while version < count {
            let more = (count - version).min(250);
            let events = usize::try_from(more).expect("small");
            journal.append(append(tenant(1), &[(stream(1), version, events)])).await.expect(subject.name);
            version += more;
        }
        let first = journal.read_streams(&[tail(tenant(1), stream(1), 0)]).await.expect("read").remove(0);
        assert_eq!(first.len(), STREAM_PAGE_EVENT_COUNT_MAX, "{}", subject.name);
        let last = first.last().expect("an event").version;
        let rest = journal.read_streams(&[tail(tenant(1), stream(1), last.0)]).await.expect("read").remove(0);
        let versions = first.iter().chain(&rest).map(|event| event.version.0);
        assert!(versions.eq(1..=count), "{}", subject.name);
        // Many at once, more than one question holds, each with a page of its own.
        let tails: Vec<Tail> =
            (0..130).map(|number| tail(tenant(1), stream(if number % 60 == 7 { 1 } else { 2 }), 5)).collect();
        let pages = journal.read_streams(&tails).await.expect("read");
        for (number, page) in pages.iter().enumerate() {
            let versions = page.iter().map(|event| event.version.0);
            if number % 60 == 7 {
                assert!(versions.eq(6..=STREAM_PAGE_EVENT_COUNT_MAX as u64 + 5), "{}", subject.name);
            } else {
                assert_eq!(versions.count(), 0, "{}", subject.name);
            }
        }
        assert_eq!(pages.len(), tails.len(), "{}", subject.name);
        let back = async |before: u64, limit: usize| {
            let of = (tenant(1), stream(1));
            let read = journal.read_back(of, Position(before), limit).await.expect("read");
            read.iter().map(|event| event.version.0).collect::<Vec<_>>()
        };
        assert_eq!(back(u64::MAX >> 1, 3).await, [count - 2, count - 1, count], "{}", subject.name);
        assert_eq!(back(5, 3).await, [2, 3, 4], "{}", subject.name);
        assert_eq!(back(3, 10).await, [1, 2], "{}", subject.name);
        assert_eq!(back(1, 10).await, [0; 0], "{}", subject.name);
        assert_eq!(back(u64::MAX >> 1, 10_000).await.len(), 500, "{}: a page has a limit", subject.name);
        let other = journal.read_back((tenant(2), stream(1)), Position(9), 9).await.expect("read");
        assert!(other.is_empty(), "{}", subject.name);
    }
}

#[tokio::test]
async fn what_happened_to_a_part_is_found_among_what_happened_to_the_whole() {
    for subject in journals().await {
        let journal = &subject.journal;
        let mut new = append(tenant(1), &[(stream(1), 0, 4), (stream(2), 0, 1)]);
        let texts = [r#"{"part":"a"}"#, r#"{"part":"b","n":1}"#, r#"{"whole":"a"}"#, r#"{"n":2,"part":"a"}"#];
        for (event, text) in new.writes[0].events.iter_mut().zip(texts) {
            event.payload = text.as_bytes().to_vec();
        }
        new.writes[1].events[0].payload = texts[0].as_bytes().to_vec();
        journal.append(new).await.expect(subject.name);
        let of = async |id: u128, part: (&'static str, &str), before: u64, limit: usize| {
            let of = (tenant(1), stream(id));
            let read = journal.read_back_of(of, part, Position(before), limit).await.expect("read");
            read.iter().map(|event| event.version.0).collect::<Vec<_>>()
        };
        let end = u64::MAX >> 1;
        assert_eq!(of(1, ("part", "a"), end, 9).await, [1, 4], "{}", subject.name);
        assert_eq!(of(1, ("part", "a"), end, 1).await, [4], "{}: from the end", subject.name);
        assert_eq!(of(1, ("part", "a"), 4, 9).await, [1], "{}", subject.name);
        assert_eq!(of(1, ("part", "b"), end, 9).await, [2], "{}", subject.name);
        assert_eq!(of(2, ("part", "a"), end, 9).await, [1], "{}", subject.name);
        assert_eq!(of(1, ("part", "' OR '1' = '1"), end, 9).await, [0; 0], "{}", subject.name);
        let foreign = journal.read_back_of((tenant(2), stream(1)), ("part", "a"), Position(end), 9).await;
        assert!(foreign.expect("read").is_empty(), "{}", subject.name);
    }
}

#[tokio::test]
async fn events_are_found_by_their_ids_and_streams_by_how_they_began() {
    for subject in journals().await {
        let journal = &subject.journal;
        let (first, second) = (
            append(tenant(1), &[(stream(1), 0, 2), (stream(2), 0, 1)]),
            append(tenant(1), &[(stream(1), 2, 2), (stream(3), 0, 1)]),
        );
        let [one, two] = [first.command, second.command];
        for new in [first, second, append(tenant(2), &[(stream(1), 0, 1)])] {
            journal.append(new).await.expect(subject.name);
        }
        let positions =
            |read: &[StoredEvent]| -> Vec<u64> { read.iter().map(|event| event.cursor.position.0).collect() };
        let ids = [EventId::of(two, 1), EventId::of(one, 2), EventId::of(two, 9)];
        let found = journal.read_events(tenant(1), &ids).await.expect("read");
        assert_eq!(positions(&found), [3, 5], "{}", subject.name);
        let foreign = journal.read_events(tenant(2), &ids).await.expect("read");
        assert!(foreign.is_empty(), "{}: another tenant's are not found", subject.name);
        assert!(journal.read_events(tenant(1), &[]).await.expect("read").is_empty(), "{}", subject.name);
        let streams = [stream(3).id, stream(1).id, stream(9).id];
        let category = stream(1).category;
        let born = journal.read_births(tenant(1), category, &streams).await.expect("read");
        assert_eq!(positions(&born), [1, 6], "{}", subject.name);
        let other = journal.read_births(tenant(1), Category("other"), &streams).await.expect("read");
        assert!(other.is_empty(), "{}", subject.name);
    }
}

#[tokio::test]
async fn a_repeat_is_recognised_and_changes_nothing() {
    for subject in journals().await {
        let mut new = append(tenant(1), &[(stream(1), 0, 2), (stream(2), 0, 1)]);
        new.metadata.content = Some(ContentMark::new(5));
        let command = new.command;
        let repeats = (0..8).map(|_| {
            let (journal, new) = (subject.journal.clone(), new.clone());
            tokio::spawn(async move { journal.append(new).await })
        });
        let mut fresh = 0;
        for repeat in repeats.collect::<Vec<_>>() {
            let appended = repeat.await.expect("no panic").expect(subject.name);
            assert_eq!(appended.cursor(), at(tenant(1), 3));
            fresh += u32::from(matches!(appended, Appended::New(_)));
        }
        assert_eq!(fresh, 1, "{}", subject.name);
        let found = subject.journal.find_command(tenant(1), command).await.expect("read");
        let content = Some(ContentMark::new(5));
        assert_eq!(found, Some(FoundCommand { cursor: at(tenant(1), 3), content }), "{}", subject.name);
        assert_eq!(subject.journal.find_command(tenant(2), command).await.expect("read"), None);
        let mut other = append(tenant(1), &[(stream(3), 0, 1)]);
        other.command = command;
        let refused = subject.journal.append(other).await;
        assert!(matches!(refused, Err(AppendError::DifferentCommand(_))), "{}: {refused:?}", subject.name);
    }
}

#[tokio::test]
async fn versions_of_written_and_of_checked_streams_are_compared() {
    for subject in journals().await {
        let journal = &subject.journal;
        journal.append(append(tenant(1), &[(stream(1), 0, 1)])).await.expect(subject.name);
        let late = journal.append(append(tenant(1), &[(stream(1), 0, 1)])).await;
        assert!(matches!(late, Err(AppendError::Conflict { found: Version(1), .. })), "{late:?}");
        let mut checked = append(tenant(1), &[(stream(2), 0, 1)]);
        checked.checks = vec![Check { stream: stream(1), expected: Version(1) }];
        journal.append(checked.clone()).await.expect(subject.name);
        checked.command = command();
        checked.writes[0].expected = Version(1);
        checked.checks[0].expected = Version(0);
        let refused = journal.append(checked).await;
        assert!(matches!(refused, Err(AppendError::Conflict { found: Version(1), .. })), "{refused:?}");
        assert_eq!(journal.head(tenant(1)).await.expect("read"), Position(2), "a refusal leaves no hole");
    }
}

#[tokio::test]
async fn a_name_passes_from_one_thing_to_another_in_one_append() {
    for subject in journals().await {
        let journal = &subject.journal;
        let mut first = append(tenant(1), &[(stream(1), 0, 1)]);
        first.claims_taken = vec![(claim(7), stream(1))];
        journal.append(first).await.expect(subject.name);
        let mut pass = append(tenant(1), &[(stream(1), 1, 1), (stream(2), 0, 1)]);
        pass.claims_released = vec![(claim(7), stream(1))];
        pass.claims_taken = vec![(claim(7), stream(2))];
        journal.append(pass).await.expect(subject.name);
        let owner = journal.claim_owner(claim(7)).await.expect("read").expect("owned");
        assert_eq!((owner.tenant, owner.stream), (tenant(1), stream(2)), "{}", subject.name);
    }
}

#[tokio::test]
async fn a_name_has_one_owner_on_the_whole_platform() {
    for subject in journals().await {
        let journal = &subject.journal;
        let taking = |tenant: TenantId, number: u128| {
            let mut new = append(tenant, &[(stream(number), 0, 1)]);
            new.claims_taken = vec![(claim(2), stream(number)), (claim(1), stream(number))];
            new
        };
        let (one, two) =
            tokio::join!(journal.append(taking(tenant(1), 1)), journal.append(taking(tenant(2), 1)));
        assert!(one.is_ok() != two.is_ok(), "{}: {one:?} {two:?}", subject.name);
        let loser = if one.is_ok() { two } else { one };
        assert!(matches!(loser, Err(AppendError::ClaimTaken { .. })), "{loser:?}");
        let owner = journal.claim_owner(claim(1)).await.expect("read").expect("owned");
        let mut foreign =
            append(if owner.tenant == tenant(1) { tenant(2) } else { tenant(1) }, &[(stream(5), 0, 1)]);
        foreign.claims_released = vec![(claim(1), stream(1))];
        let refused = journal.append(foreign).await;
        assert!(matches!(refused, Err(AppendError::ClaimNotOwned(_))), "{refused:?}");
        let mut own = append(owner.tenant, &[(stream(1), 1, 1)]);
        own.claims_released = vec![(claim(1), stream(1))];
        journal.append(own).await.expect(subject.name);
        assert_eq!(journal.claim_owner(claim(1)).await.expect("read"), None);
        assert!(journal.claim_owner(claim(2)).await.expect("read").is_some());
    }
}

#[tokio::test]
async fn an_append_has_limits() {
    for subject in journals().await {
        let journal = &subject.journal;
        let limit = |outcome: &Result<Appended, AppendError>| matches!(outcome, Err(AppendError::Limit(_)));
        for new in [append(tenant(1), &[]), append(tenant(1), &[(stream(1), 0, 257)])] {
            assert!(limit(&journal.append(new).await), "{}", subject.name);
        }
        let mut large = append(tenant(1), &[(stream(1), 0, 1)]);
        large.writes[0].events[0].payload = format!("\"{}\"", "x".repeat(65 * 1024)).into_bytes();
        assert!(limit(&journal.append(large).await));
        let mut many = append(tenant(1), &[(stream(1), 0, 20)]);
        for event in &mut many.writes[0].events {
            event.payload = format!("\"{}\"", "x".repeat(60 * 1024)).into_bytes();
        }
        assert!(limit(&journal.append(many).await));
        assert!(
            limit(&journal.append(append(tenant(1), &[(stream(1), 109_999, 2)])).await),
            "110 000 events per stream"
        );
        assert_eq!(journal.head(tenant(1)).await.expect("read"), Position::START);
    }
}

#[tokio::test]
async fn two_tenants_with_equal_positions_stay_apart() {
    for subject in journals().await {
        let journal = &subject.journal;
        for number in [1, 2, 3] {
            journal.append(append(tenant(number), &[(stream(1), 0, 2)])).await.expect(subject.name);
        }
        assert_eq!(
            journal.heads(None, 2).await.expect("read"),
            [at(tenant(1), 2), at(tenant(2), 2)],
            "{}",
            subject.name
        );
        assert_eq!(journal.heads(Some(tenant(2)), 9).await.expect("read"), [at(tenant(3), 2)]);
        let Some(database) = &subject.database else { continue };
        let checkpoint = |tenant: TenantId, position: i64| {
            Statement::new(
                "INSERT INTO checkpoint (subscription, revision, tenant, position, updated_at) VALUES ($1, $2, $3, $4, 0)",
            )
            .bind("list")
            .bind(1_i64)
            .bind(kernel::Id::uuid(tenant))
            .bind(position)
        };
        database.write(vec![checkpoint(tenant(1), 2), checkpoint(tenant(2), 1)]).await.expect("written");
        let name = SubscriptionName { name: "list", revision: 1 };
        let lagging = journal.lagging(name, None, 10).await.expect("read");
        assert_eq!(
            lagging.iter().map(|lagging| lagging.checkpoint).collect::<Vec<_>>(),
            [at(tenant(2), 1), at(tenant(3), 0)]
        );
        assert_eq!(journal.lagging(name, Some(tenant(2)), 10).await.expect("read").len(), 1);
        journal::remove_tenant(database, tenant(2)).await.expect("removed");
        assert_eq!(journal.read_tenant(at(tenant(2), 0), 9).await.expect("read").len(), 0);
        assert_eq!(
            journal.read_tenant(at(tenant(1), 0), 9).await.expect("read").len(),
            2,
            "a neighbour is untouched"
        );
        assert_eq!(
            journal::audit(journal.as_ref(), database).await.expect("read").faults,
            Vec::<String>::new()
        );
    }
}

#[tokio::test]
async fn stored_events_can_be_neither_changed_nor_deleted() {
    for subject in journals().await {
        let Some(database) = &subject.database else { continue };
        subject.journal.append(append(tenant(1), &[(stream(1), 0, 1)])).await.expect(subject.name);
        for sql in ["UPDATE event SET version = 7", "DELETE FROM event"] {
            assert!(database.write(vec![Statement::new(sql)]).await.is_err(), "{}: {sql}", subject.name);
        }
    }
}

/// The test that every SQL store of events has failed at least once (journal, section 3.1).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_writers_lose_nothing_for_a_continuous_reader() {
    const WRITER_COUNT: usize = 16;
    const APPEND_COUNT: usize = 60;
    const TENANT_COUNT: usize = 3;
    for subject in journals().await {
        let is_over = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..TENANT_COUNT)
            .map(|number| {
                let (journal, is_over) = (subject.journal.clone(), is_over.clone());
                tokio::spawn(async move {
                    let mut cursor = at(tenant(number as u128 + 1), 0);
                    let mut versions: HashMap<StreamId, u64> = HashMap::new();
                    let mut count = 0_usize;
                    loop {
                        let was_over = is_over.load(Ordering::SeqCst);
                        let page = journal.read_tenant(cursor, 50).await.expect("read");
                        if page.is_empty() && was_over {
                            return count;
                        }
                        for event in page {
                            assert_eq!(event.cursor.position.0, cursor.position.0 + 1, "a hole or a repeat");
                            let version = versions.entry(event.stream).or_default();
                            *version += 1;
                            assert_eq!(event.version.0, *version, "out of order");
                            cursor = event.cursor;
                            count += 1;
                        }
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..WRITER_COUNT)
            .map(|writer| {
                let journal = subject.journal.clone();
                tokio::spawn(async move {
                    for number in 0..APPEND_COUNT {
                        let owner = tenant((writer % TENANT_COUNT) as u128 + 1);
                        let new = append(owner, &[(stream(writer as u128 + 1), number as u64, 1)]);
                        journal.append(new).await.expect("appended");
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.expect("no panic");
        }
        is_over.store(true, Ordering::SeqCst);
        let mut delivered = 0;
        for reader in readers {
            delivered += reader.await.expect("no panic");
        }
        assert_eq!(delivered, WRITER_COUNT * APPEND_COUNT, "{}", subject.name);
    }
}

#[tokio::test]
async fn a_destroyed_key_erases_and_an_unknown_one_is_an_error() {
    for subject in journals().await {
        let Some(database) = &subject.database else { continue };
        let master = || MasterKey::new([7; 32]);
        let keyring = Keyring::open(database.clone(), master()).await.expect("a keyring");
        let (ann, bob) = (SubjectId::new(Uuid::from_u128(1)), SubjectId::new(Uuid::from_u128(2)));
        let mut sealer = keyring.sealer(keyring.tenant(tenant(1)).await.expect("keys"));
        let sealed = sealer.seal(ann, b"ann@demo.example").expect("sealed");
        assert_eq!(sealer.new_keys().len(), 1);
        let mut new = append(tenant(1), &[(stream(1), 0, 1)]);
        new.keys = sealer.new_keys();
        subject.journal.append(new.clone()).await.expect(subject.name);
        sealer.appended();
        new.command = command();
        new.writes[0].expected = Version(1);
        let twice = subject.journal.append(new).await;
        assert!(matches!(twice, Err(AppendError::KeyExists(_))), "{twice:?}");
        // Another process reads the same.
        let other = Keyring::open(database.clone(), master()).await.expect("a keyring");
        assert_eq!(
            other.claim_key(&kernel::Claim::login("x")),
            keyring.claim_key(&kernel::Claim::login("x"))
        );
        let keys = other.tenant(tenant(1)).await.expect("keys");
        assert_eq!(keys.open(&sealed).expect("opened"), Opened::Plain(b"ann@demo.example".to_vec()));
        assert!(other.tenant(tenant(2)).await.expect("keys").open(&sealed).is_err(), "another tenant");
        let mut unknown = sealed.clone();
        unknown.subject = bob;
        assert!(keys.open(&unknown).is_err(), "an unknown key is no erasure");
        keyring.destroy(tenant(1), ann, Timestamp::from_secs(1)).await.expect("destroyed");
        keyring.destroy(tenant(1), ann, Timestamp::from_secs(2)).await.expect("a repeat is harmless");
        other.refresh(tenant(1));
        assert_eq!(
            other.tenant(tenant(1)).await.expect("keys").open(&sealed).expect("opened"),
            Opened::Erased
        );
        let mut sealer = keyring.sealer(keyring.tenant(tenant(1)).await.expect("keys"));
        assert!(sealer.seal(ann, b"again").is_err(), "an erased person is not written about again");
        assert!(
            Keyring::open(database.clone(), MasterKey::new([8; 32])).await.is_err(),
            "the wrong master key"
        );
    }
}

#[tokio::test]
async fn another_master_key_opens_what_the_old_one_did_and_the_old_one_nothing() {
    for subject in journals().await {
        let Some(database) = &subject.database else { continue };
        let (old, new) = (|| MasterKey::new([7; 32]), || MasterKey::new([9; 32]));
        let keyring = Keyring::open(database.clone(), old()).await.expect("a keyring");
        let people: Vec<SubjectId> = (1..=3).map(|number| SubjectId::new(Uuid::from_u128(number))).collect();
        let mut sealer = keyring.sealer(keyring.tenant(tenant(1)).await.expect("keys"));
        let sealed: Vec<_> =
            people.iter().map(|person| sealer.seal(*person, b"a name").expect("sealed")).collect();
        let mut appended = append(tenant(1), &[(stream(1), 0, 1)]);
        appended.keys = sealer.new_keys();
        subject.journal.append(appended).await.expect(subject.name);
        keyring.destroy(tenant(1), people[2], Timestamp::from_secs(1)).await.expect("destroyed");
        // The platform's own: a tenant and a subject of zeroes, before all others.
        let own = SubjectId::new(Uuid::nil());
        let mut sealer = keyring.sealer(keyring.tenant(TenantId::PLATFORM).await.expect("keys"));
        let of_platform = sealer.seal(own, b"a document").expect("sealed");
        let mut appended = append(TenantId::PLATFORM, &[(stream(1), 0, 1)]);
        appended.keys = sealer.new_keys();
        subject.journal.append(appended).await.expect(subject.name);
        let claim = keyring.claim_key(&kernel::Claim::login("x"));
        assert_eq!(
            rotate(database, &old(), &new()).await.expect("rotated"),
            4,
            "a secret, two persons, the platform"
        );
        assert_eq!(rotate(database, &old(), &new()).await.expect("again"), 0);
        assert!(Keyring::open(database.clone(), old()).await.is_err());
        let after = Keyring::open(database.clone(), new()).await.expect("a keyring");
        assert_eq!(after.claim_key(&kernel::Claim::login("x")), claim);
        let keys = after.tenant(tenant(1)).await.expect("keys");
        for one in &sealed[..2] {
            assert_eq!(keys.open(one).expect("opened"), Opened::Plain(b"a name".to_vec()));
        }
        assert_eq!(keys.open(&sealed[2]).expect("opened"), Opened::Erased);
        let keys = after.tenant(TenantId::PLATFORM).await.expect("keys");
        assert_eq!(keys.open(&of_platform).expect("opened"), Opened::Plain(b"a document".to_vec()));
        assert!(
            rotate(database, &old(), &MasterKey::new([1; 32])).await.is_err(),
            "a key that opens nothing"
        );
    }
}

#[tokio::test]
async fn the_doorbell_rings_after_the_commit() {
    for subject in journals().await {
        let mut doorbell = subject.journal.doorbell();
        subject.journal.append(append(tenant(1), &[(stream(1), 0, 2)])).await.expect(subject.name);
        assert_eq!(doorbell.recv().await.expect("a ring"), at(tenant(1), 2));
    }
}

#[tokio::test]
async fn a_journal_that_was_not_closed_reads_as_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let clock = Arc::new(SetClock::new(Timestamp::from_secs(1)));
    let database = Database::open_sqlite(&path).expect("a file");
    let journal = SqlJournal::open(database, clock.clone()).await.expect("tables");
    journal.append(append(tenant(1), &[(stream(1), 0, 3)])).await.expect("appended");
    // A copy of the files as they lie there is what a power cut leaves.
    let copy = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    let database = Database::open_sqlite(&copy.path().join("journal.db")).expect("a file");
    let reopened = SqlJournal::open(database.clone(), clock).await.expect("tables");
    assert_eq!(reopened.head(tenant(1)).await.expect("read"), Position(3));
    assert_eq!(journal::audit(&reopened, &database).await.expect("read").faults, Vec::<String>::new());
}
