//! Deliveries to receivers that verify, refuse, stall and answer garbage; the place survives a restart.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authority::{Guarded, Principal};
use caller::{Caller, Reach, SystemLookup};
use database::Database;
use engine::{Engine, Outcome};
use hosting::HostingRefusal;
use hosting::use_case::{ChangeWebhook, OpenAccount, RegisterWebhook, SetReseller};
use hosting::webhook::{self as model, Kinds, Resumption, WebhookCommand, WebhookSecret, WebhookTerms};
use journal::keyring::{Keyring, MasterKey};
use journal::{SqlJournal, StoredEvent, SystemClock};
use kernel::{AccountId, CommandId, CorrelationId, Cursor, Position, Timestamp, WebhookId};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use webhook::{Body, BodyError, Deliveries, Delivery, Endpoints, Pace, Teller, sign};

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";
const QUICK: Pace = Pace {
    attempt_wait_max: Duration::from_millis(300),
    pause_first: Duration::from_millis(20),
    pause_max: Duration::from_millis(40),
    attempt_count_max: 4,
    hold: Duration::from_secs(5),
};

/// Kind and position: enough to tell events apart.
struct Words;

#[async_trait]
impl Body for Words {
    async fn of(&self, stored: &StoredEvent) -> Result<Vec<u8>, BodyError> {
        Ok(format!("{} {}", stored.raw.kind, stored.cursor.position.0).into_bytes())
    }
}

/// A platform with an account, and the task that tells its webhooks.
struct Platform {
    engine: Arc<Engine>,
    table: Deliveries,
    stop: CancellationToken,
    telling: JoinHandle<()>,
}

fn account() -> AccountId {
    AccountId::new(Uuid::from_u128(1))
}

fn endpoint() -> WebhookId {
    WebhookId::new(Uuid::from_u128(2))
}

impl Platform {
    async fn open(folder: &Path, pace: Pace) -> Self {
        let database = Database::open_sqlite(&folder.join("control.db")).expect("a database");
        let clock = Arc::new(SystemClock);
        let journal = SqlJournal::open(database.clone(), clock.clone()).await.expect("a journal");
        let master = MasterKey::from_hex(&"07".repeat(32)).expect("a master key");
        let keyring = Arc::new(Keyring::open(database.clone(), master).await.expect("a keyring"));
        let engine = Engine::new(Arc::new(journal), keyring, database.clone(), clock).await;
        let engine = Arc::new(engine.expect("an engine"));
        let endpoints = Arc::new(Endpoints::default());
        let known = engine.follow(Arc::clone(&endpoints)).expect("a follower");
        let table = Deliveries::open(database).await.expect("tables");
        let reach = Reach::default().with_loopback();
        let caller = Caller::new(reach, Arc::new(SystemLookup), vec![]).expect("a caller");
        let teller =
            Teller::new(Arc::clone(&engine), endpoints, table.clone(), (caller, Arc::new(Words)), pace);
        let stop = CancellationToken::new();
        let telling = tokio::spawn(teller.run(known, stop.clone()));
        Self { engine, table, stop, telling }
    }

    async fn close(self) {
        self.stop.cancel();
        self.telling.await.expect("joined");
        self.engine.shutdown().await;
    }

    async fn must<U: Guarded<Refusal = HostingRefusal>>(&self, intention: &U) -> Position {
        let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
        let outcome = self.engine.run(&Principal::operator(), command, correlation, intention).await;
        match outcome.expect("the machine works") {
            Outcome::Done { cursor: Cursor { position, .. }, .. } => position,
            other => panic!("{}: {other:?}", U::NAME),
        }
    }

    async fn register(&self, port: u16) {
        self.must(&OpenAccount { account: account(), name: "Acme".to_owned() }).await;
        let secret = WebhookSecret::new(SECRET.to_owned()).expect("a secret");
        let terms = terms(port);
        self.must(&RegisterWebhook { account: account(), webhook: endpoint(), terms, secret }).await;
    }

    /// Something happens that the webhook is told.
    async fn happen(&self, count: u32) -> Position {
        self.must(&SetReseller { account: account(), sub_account_count_max: count }).await
    }

    async fn change(&self, command: WebhookCommand) -> Position {
        self.must(&ChangeWebhook { account: account(), webhook: endpoint(), command }).await
    }

    async fn log(&self) -> Vec<Delivery> {
        let logs = self.table.log((account().tenant(), &[endpoint()]), None, 100).await;
        logs.expect("a log").remove(&endpoint()).unwrap_or_default()
    }

    /// Waits until the log says so: an attempt is kept after the receiver has answered.
    async fn logged(&self, is_so: impl Fn(&[Delivery]) -> bool) -> Vec<Delivery> {
        for _ in 0..1000 {
            let log = self.log().await;
            if is_so(&log) {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the log stays {:?}", self.log().await)
    }

    async fn status(&self) -> model::WebhookStatus {
        let state = self.engine.load(account().tenant(), &kernel::Key::<model::Webhook>(endpoint())).await;
        state.expect("a state").record().expect("a webhook").status
    }
}

fn terms(port: u16) -> WebhookTerms {
    WebhookTerms {
        url: format!("http://127.0.0.1:{port}/hook"),
        reach: model::Reach::AndLoopback,
        kinds: Kinds::parse(["account.reseller_set"]).expect("kinds"),
        description: None,
    }
}

/// One delivery as the receiver sees it: checked signature, body, attempt, whether it is a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Received {
    body: String,
    attempt: u32,
    is_replay: bool,
    signature_count: usize,
}

/// A receiver that verifies, and answers what its script says, then 204.
struct Receiver {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    _serving: JoinHandle<()>,
}

impl Receiver {
    async fn start(script: Vec<&'static str>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let log = Arc::clone(&received);
        let serving = tokio::spawn(async move {
            let mut script = script.into_iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                let one = receive(&mut stream).await;
                log.lock().push(one);
                match script.next() {
                    Some("stall") => drop(tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_secs(2)).await;
                        drop(stream);
                    })),
                    answer => {
                        let answer = answer.unwrap_or("HTTP/1.1 204 No Content\r\n\r\n");
                        stream.write_all(answer.as_bytes()).await.expect("written");
                    }
                }
            }
        });
        Self { port, received, _serving: serving }
    }

    /// Waits until so many deliveries came.
    async fn wait(&self, count: usize) -> Vec<Received> {
        for _ in 0..1000 {
            if self.received.lock().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.received.lock().clone()
    }

    fn bodies(&self) -> Vec<String> {
        self.received.lock().iter().map(|one| one.body.clone()).collect()
    }
}

async fn receive(stream: &mut TcpStream) -> Received {
    let mut request = Vec::new();
    let (head, body) = loop {
        let mut octets = [0; 4096];
        let count = stream.read(&mut octets).await.expect("a request");
        request.extend_from_slice(&octets[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = header(head, "content-length").parse().expect("a length");
            if body.len() >= length {
                break (head.to_owned(), body.to_owned());
            }
        }
    };
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    let signature = header(&head, "hosterra-signature");
    let mut parts = signature.split(',');
    let time = parts.next().and_then(|part| part.strip_prefix("t=")).expect("a time").to_owned();
    let signatures: Vec<&str> = parts.filter_map(|part| part.strip_prefix("v1=")).collect();
    let expected = sign(SECRET, time.parse().expect("seconds"), body.as_bytes());
    assert!(signatures.contains(&expected.as_str()), "not signed by the secret that was given: {signature}");
    assert!(header(&head, "hosterra-event-id").starts_with("evnt_"));
    Received {
        body,
        attempt: header(&head, "hosterra-attempt").parse().expect("a number"),
        is_replay: header(&head, "hosterra-replay") == "true",
        signature_count: signatures.len(),
    }
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next();
    found.unwrap_or_else(|| panic!("no {name} in {head}")).to_owned()
}

fn told(position: Position) -> String {
    format!("account.reseller_set {}", position.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_told_in_order_signed_and_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(vec![]).await;
    let platform = Platform::open(folder.path(), QUICK).await;
    platform.register(receiver.port).await;
    let mut expected = Vec::new();
    for count in 1..=20 {
        expected.push(told(platform.happen(count).await));
    }
    receiver.wait(20).await;
    assert_eq!(receiver.bodies(), expected);
    let log = platform.logged(|log| log.len() == 20).await;
    assert_eq!((log[0].number, log[0].status), (20, Some(204)));
    assert!(log.iter().all(|one| one.outcome == webhook::Outcome::Delivered && one.attempt_count == 1));
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_tried_again_before_anything_later_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = vec!["HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", "stall", "220 ESMTP ready\r\n"];
    let receiver = Receiver::start(script).await;
    let platform = Platform::open(folder.path(), QUICK).await;
    platform.register(receiver.port).await;
    let (first, second) = (told(platform.happen(1).await), told(platform.happen(2).await));
    let received = receiver.wait(5).await;
    let attempts: Vec<u32> = received.iter().map(|one| one.attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4, 1]);
    assert_eq!(receiver.bodies(), [first.clone(), first.clone(), first.clone(), first, second]);
    let log = platform.logged(|log| log.len() == 2).await;
    assert_eq!((log[1].attempt_count, log[1].fault), (4, None));
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_never_takes_anything_pauses_itself_and_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(vec!["HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"; 4]).await;
    let platform = Platform::open(folder.path(), QUICK).await;
    platform.register(receiver.port).await;
    let (first, second) = (told(platform.happen(1).await), told(platform.happen(2).await));
    receiver.wait(4).await;
    for _ in 0..200 {
        if platform.status().await == model::WebhookStatus::Paused(model::Pause::Failing) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(platform.status().await, model::WebhookStatus::Paused(model::Pause::Failing));
    assert_eq!(platform.log().await[0].outcome, webhook::Outcome::GivenUp);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.received.lock().len(), 4, "a paused webhook is told nothing");
    platform.change(WebhookCommand::Resume(Resumption::WhereItStopped)).await;
    receiver.wait(6).await;
    assert_eq!(receiver.bodies()[4..], [first, second]);
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_is_gone_and_what_happened_meanwhile_can_be_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(vec!["HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"]).await;
    let platform = Platform::open(folder.path(), QUICK).await;
    platform.register(receiver.port).await;
    platform.happen(1).await;
    receiver.wait(1).await;
    for _ in 0..200 {
        if platform.status().await != model::WebhookStatus::Active {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    platform.happen(2).await;
    platform.change(WebhookCommand::Resume(Resumption::Now)).await;
    let third = told(platform.happen(3).await);
    assert_eq!(receiver.wait(2).await[1].body, third);
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_and_replays_are_told_in_their_turn() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(vec![]).await;
    let platform = Platform::open(folder.path(), QUICK).await;
    platform.register(receiver.port).await;
    let (first, second) = (platform.happen(1).await, platform.happen(2).await);
    let test = platform.change(WebhookCommand::Test).await;
    platform.change(WebhookCommand::Replay { from: first, to: Position(9_000) }).await;
    let third = platform.happen(3).await;
    receiver.wait(6).await;
    let test = format!("webhook.test_requested {}", test.0);
    let expected = [told(first), told(second), test, told(first), told(second), told(third)];
    assert_eq!(receiver.bodies(), expected);
    let replays: Vec<bool> = receiver.received.lock().iter().map(|one| one.is_replay).collect();
    assert_eq!(replays, [false, false, false, true, true, false]);
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_secrets_change_over_both_sign() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(vec![]).await;
    let platform = Platform::open(folder.path(), QUICK).await;
    platform.register(receiver.port).await;
    platform.happen(1).await;
    // It is told before the secret changes.
    receiver.wait(1).await;
    let secret = WebhookSecret::new("whsec_another0123456789abcdef01234567".to_owned()).expect("a secret");
    let previous_until = Timestamp::from_secs(SystemClock.now_secs() + 3600);
    platform.change(WebhookCommand::RotateSecret { secret, previous_until }).await;
    platform.happen(2).await;
    let received = receiver.wait(2).await;
    // The receiver still verifies with the secret before.
    assert_eq!((received[0].signature_count, received[1].signature_count), (1, 2));
    platform.close().await;
}

trait Seconds {
    fn now_secs(&self) -> i64;
}

impl Seconds for SystemClock {
    fn now_secs(&self) -> i64 {
        journal::Clock::now(self).secs()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_and_the_attempts_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let pace = Pace { pause_first: Duration::from_millis(400), hold: Duration::from_millis(700), ..QUICK };
    let receiver =
        Receiver::start(vec!["HTTP/1.1 204 Ok\r\n\r\n", "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"])
            .await;
    let platform = Platform::open(folder.path(), pace).await;
    platform.register(receiver.port).await;
    platform.happen(1).await;
    let second = told(platform.happen(2).await);
    receiver.wait(2).await;
    // The refusal has been kept: an answer that nobody could keep is a lost attempt.
    platform.logged(|log| log.iter().any(|one| one.outcome == webhook::Outcome::Retrying)).await;
    // Cut off, not closed: nothing more is written.
    platform.telling.abort();
    let third = told(platform.happen(3).await);
    drop(platform);
    let platform = Platform::open(folder.path(), pace).await;
    let received = receiver.wait(4).await;
    assert_eq!(receiver.bodies()[1..], [second.clone(), second, third]);
    assert_eq!(received[2].attempt, 2, "attempts are counted on");
    platform
        .logged(|log| log.len() == 3 && log.iter().all(|one| one.outcome == webhook::Outcome::Delivered))
        .await;
    platform.close().await;
}
