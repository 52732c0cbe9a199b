//! What the queue promises, on SQLite always and on PostgreSQL where the test run started one.

#[path = "queue/holding.rs"]
mod holding;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use database::{Database, Statement};
use kernel::{DomainId, DomainName, EmailAddress, Id as _, MailboxId, TenantId, Timestamp};
use parking_lot::Mutex;
use store::{
    Acceptance, CLOSED_DAY_COUNT, DelayNotice, Direction, Instead, Lane, LeaseRequest, LeaseToken, Leased,
    LeasedMessage, LeasedRecipient, Line, NO_SUCH_ADDRESS_DAY_COUNT, Offer, Order, Orderer, Outcome, Passage,
    PassageFilter, Queue as _, QueuedRecipient, Queueing, RecipientState, RemoteReply, Retention, Selection,
    Settlement, Settling, Sight, SqlStore, Stage, StateSelection, Store as _, Suppress, SuppressionCause,
    Suspension, Taker,
};
use uuid::Uuid;

const START_MILLIS: i64 = 1_700_000_000_000;
const DAY_MILLIS: i64 = 86_400_000;
const LEASE: Duration = Duration::from_secs(60);

struct World {
    database: Database,
    store: Arc<SqlStore>,
    clock: Arc<AtomicI64>,
    _folder: Option<tempfile::TempDir>,
}

async fn open(database: Database, folder: Option<tempfile::TempDir>) -> World {
    let clock = Arc::new(AtomicI64::new(START_MILLIS));
    let time = Arc::clone(&clock);
    let now: store::Now = Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)));
    let store = SqlStore::open(database.clone(), now, Retention::days(30)).await.expect("a store");
    World { database, store: Arc::new(store), clock, _folder: folder }
}

#[expect(clippy::print_stderr, reason = "a skipped suite says so loudly")]
async fn databases() -> Vec<(Database, Option<tempfile::TempDir>)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
    let mut databases = vec![(sqlite, Some(folder))];
    match std::env::var("HOSTERRA_TEST_POSTGRES") {
        Ok(url) => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let schema = format!("queue_{}_{number}", std::process::id());
            let database = Database::connect_postgres_schema(&url, 8, &schema).await.expect("a server");
            databases.push((database, None));
        }
        Err(_) => eprintln!("SKIPPED: PostgreSQL (HOSTERRA_TEST_POSTGRES is not set)"),
    }
    databases
}

async fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for (database, folder) in databases().await {
        worlds.push(open(database, folder).await);
    }
    worlds
}

fn tenant(number: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(number))
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

fn outgoing(tenant: TenantId, lane: Lane, to: &[&str]) -> Acceptance {
    Acceptance {
        message: Bytes::from_static(b"From: a@x.example\r\nSubject: out\r\n\r\nhello\r\n"),
        deposits: Vec::new(),
        queued: to.iter().map(|to| QueuedRecipient::new(address(to))).collect(),
        sender: Some(address("a@x.example")),
        tenant,
        dsn: (Some("HDRS".to_owned()), Some("e1".to_owned())),
        queueing: Queueing { lane, mailbox: Some(MailboxId::new(Uuid::from_u128(9))), ..Queueing::default() },
    }
}

fn told(code: u16) -> RemoteReply {
    RemoteReply {
        code,
        enhanced: "4.2.0".to_owned(),
        text: "later".to_owned(),
        host: Some("mx.b.example".to_owned()),
    }
}

fn settle(leased: &Leased, outcome: &Outcome) -> Settling {
    let settlements =
        leased.messages.iter().flat_map(|(_, recipients)| recipients).map(|recipient| Settlement {
            key: recipient.key,
            outcome: outcome.clone(),
            reply: told(450),
            site: Some("mx.b.example".to_owned()),
            source: Some("shared 198.51.100.1".to_owned()),
            reasons: vec!["relay_of_sender".to_owned()],
            suppress: Suppress::No,
        });
    Settling {
        tenant: leased.messages[0].0.tenant,
        token: leased.token,
        settlements: settlements.collect(),
        report: None,
    }
}

fn addresses(leased: &Leased) -> Vec<String> {
    leased.messages.iter().flat_map(|(_, to)| to).map(|to| to.address.to_string()).collect()
}

impl World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn pass(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    /// The same, also by the clock of the database, by which leases end.
    async fn leases_pass(&self, millis: i64) {
        self.pass(millis);
        if self.database.sqlite().is_none() {
            let older = Statement::new("UPDATE queue_recipient SET due_at = due_at - $1 WHERE state = 1");
            self.database.write(vec![older.bind(millis)]).await.expect("older leases");
        }
    }

    async fn queue(&self, tenant: TenantId, lane: Lane, to: &[&str]) -> u64 {
        let accepted = self.store.accept(outgoing(tenant, lane, to)).await.expect("accepted");
        accepted.queue_id.expect("queued")
    }

    async fn lease(&self, owner: u128, line: Line, domains: &[(&str, usize)]) -> Leased {
        let request = LeaseRequest {
            owner: Uuid::from_u128(owner),
            now: self.now(),
            lasts: LEASE,
            line,
            domains: domains.iter().map(|(name, count)| (domain(name), *count)).collect(),
        };
        self.store.lease(request).await.expect("leased")
    }

    async fn states(&self, queue_id: u64) -> Vec<RecipientState> {
        let of = Selection { queue_id: Some(queue_id), state: StateSelection::Any, ..Selection::default() };
        let states = self.store.entries(&of, None, 100).await.expect("entries");
        states.into_iter().map(|entry| entry.state).collect()
    }

    async fn order(&self, queue_id: u64, order: Order) -> u64 {
        self.order_by(queue_id, order, Orderer::Operator).await
    }

    async fn order_by(&self, queue_id: u64, order: Order, by: Orderer) -> u64 {
        let of = Selection { queue_id: Some(queue_id), ..Selection::default() };
        self.store.order_by(&of, order, (by, "")).await.expect("ordered")
    }

    async fn is_whole(&self) {
        let verification = self.store.verify().await.expect("checked");
        assert_eq!(verification.faults, Vec::<String>::new());
    }
}

const A: Line = Line { tenant: TenantId::PLATFORM, lane: Lane::Interactive };

#[tokio::test]
async fn lines_and_domains_are_stepped_through_in_pages() {
    for world in worlds().await {
        let (one, two) = (tenant(1), tenant(2));
        world.queue(two, Lane::Interactive, &["u@b.example"]).await;
        world.queue(one, Lane::Bulk, &["u@c.example", "v@a.example", "w@c.example", "u@b.example"]).await;
        world.queue(one, Lane::Interactive, &["u@c.example"]).await;
        let all = world.store.lines(None, 10).await.expect("lines");
        let line = |tenant, lane| Line { tenant, lane };
        let expected = [line(one, Lane::Interactive), line(one, Lane::Bulk), line(two, Lane::Interactive)];
        assert_eq!(all, expected);
        assert_eq!(world.store.lines(Some(all[0]), 1).await.expect("lines"), expected[1..2]);
        let page = world.store.due(all[1], None, world.now(), 2).await.expect("due");
        let names: Vec<&str> = page.due.iter().map(|due| due.domain.as_str()).collect();
        assert_eq!((names, page.next.as_deref()), (vec!["a.example", "b.example"], Some("b.example")));
        let rest = world.store.due(all[1], page.next.as_deref(), world.now(), 2).await.expect("due");
        assert_eq!((rest.due.len(), rest.next), (1, None));
        let before = Timestamp::from_millis(world.now().millis() - 1);
        assert!(world.store.due(all[1], None, before, 9).await.expect("due").due.is_empty());
    }
}

#[tokio::test]
async fn a_lease_holds_a_recipient_until_it_ends_and_no_two_hold_the_same() {
    for world in worlds().await {
        world.queue(A.tenant, A.lane, &["1@b.example", "2@b.example", "3@b.example", "4@c.example"]).await;
        let first = world.lease(1, A, &[("b.example", 2)]).await;
        assert_eq!(addresses(&first), ["1@b.example", "2@b.example"]);
        let (message, _) = &first.messages[0];
        assert_eq!((message.ret.as_deref(), message.envelope_id.as_deref()), (Some("HDRS"), Some("e1")));
        let second = world.lease(2, A, &[("b.example", 9), ("c.example", 9)]).await;
        assert_eq!(addresses(&second), ["3@b.example", "4@c.example"]);
        // The second node dies; the first goes on.
        world.leases_pass(59_000).await;
        assert_eq!(world.store.renew(Uuid::from_u128(1), &[first.token], LEASE).await.expect("renewed"), [2]);
        world.leases_pass(2_000).await;
        let third = world.lease(3, A, &[("b.example", 9), ("c.example", 9)]).await;
        assert_eq!(addresses(&third), ["3@b.example", "4@c.example"]);
        // What the second says too late is not written, though it is said.
        assert_eq!(world.store.settle(settle(&second, &Outcome::Delivered)).await.expect("settled"), 0);
        assert_eq!(world.store.settle(settle(&third, &Outcome::Delivered)).await.expect("settled"), 2);
        assert_eq!(world.store.settle(settle(&third, &Outcome::Delivered)).await.expect("settled"), 0);
        assert_eq!(world.store.end_leases().await.expect("ended"), 2);
        assert_eq!(addresses(&world.lease(4, A, &[("b.example", 9)]).await).len(), 2);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn leases_of_nodes_whose_clocks_differ_by_an_hour_are_one_nodes_each_and_end_in_time() {
    const HOUR_MILLIS: i64 = 3_600_000;
    for (database, folder) in databases().await {
        // A file is of one node.
        if database.sqlite().is_some() {
            continue;
        }
        let (behind, ahead) = (open(database.clone(), None).await, open(database, folder).await);
        ahead.pass(HOUR_MILLIS);
        let to = ["1@b.example", "2@b.example"];
        behind.queue(A.tenant, A.lane, &to).await;
        let held = behind.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(addresses(&held), to);
        // The lease has not ended, whatever the other's clock says; nor does the other think so.
        assert!(ahead.lease(2, A, &[("b.example", 9)]).await.messages.is_empty());
        assert!(ahead.store.due(A, None, ahead.now(), 9).await.expect("due").due.is_empty());
        ahead.leases_pass(59_000).await;
        assert_eq!(behind.store.renew(Uuid::from_u128(1), &[held.token], LEASE).await.expect("renewed"), [2]);
        ahead.leases_pass(59_000).await;
        assert!(ahead.lease(2, A, &[("b.example", 9)]).await.messages.is_empty());
        // When it has ended each of them sees it, the one that is behind as soon as the other.
        ahead.leases_pass(1_500).await;
        for node in [&ahead, &behind] {
            assert_eq!(node.store.due(A, None, node.now(), 9).await.expect("due").due.len(), 1);
        }
        let next = ahead.lease(2, A, &[("b.example", 9)]).await;
        assert_eq!(addresses(&next), to);
        assert!(behind.lease(1, A, &[("b.example", 9)]).await.messages.is_empty());
        ahead.leases_pass(61_000).await;
        assert_eq!(addresses(&behind.lease(1, A, &[("b.example", 9)]).await), to);
        assert_eq!(ahead.store.settle(settle(&next, &Outcome::Delivered)).await.expect("an answer"), 0);
        // What is leased as it is queued is leased by the same clock.
        let eager = Arc::new(Eager { taken: Mutex::default(), withdrawn_count: AtomicU32::new(0) });
        behind.store.hand_to(Arc::clone(&eager) as Arc<dyn Taker>);
        behind.queue(A.tenant, A.lane, &["3@c.example"]).await;
        assert_eq!(eager.taken.lock().len(), 1);
        assert!(ahead.lease(2, A, &[("c.example", 9)]).await.messages.is_empty());
        behind.leases_pass(61_000).await;
        assert_eq!(addresses(&ahead.lease(2, A, &[("c.example", 9)]).await), ["3@c.example"]);
        ahead.is_whole().await;
    }
}

#[tokio::test]
async fn outcomes_close_a_message_with_its_last_recipient_and_its_octets_go() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example", "2@c.example"]).await;
        assert!(
            world
                .store
                .content(id)
                .await
                .expect("octets")
                .is_some_and(|octets| octets.ends_with(b"hello\r\n"))
        );
        let first = world.lease(1, A, &[("b.example", 9)]).await;
        let due_at = Timestamp::from_millis(world.now().millis() + 300_000);
        let retry = Outcome::Retry { due_at, delay: DelayNotice::Told };
        world.store.settle(settle(&first, &retry)).await.expect("settled");
        let second = world.lease(1, A, &[("c.example", 9)]).await;
        world.store.settle(settle(&second, &Outcome::Bounced)).await.expect("settled");
        assert_eq!(world.states(id).await, [RecipientState::Scheduled, RecipientState::Bounced]);
        assert!(world.lease(1, A, &[("b.example", 9)]).await.messages.is_empty());
        world.pass(300_000);
        let again = world.lease(1, A, &[("b.example", 9)]).await;
        let recipient = &again.messages[0].1[0];
        assert_eq!((recipient.attempt_count, recipient.is_delay_told, recipient.last.code), (1, true, 450));
        world.store.settle(settle(&again, &Outcome::Delivered)).await.expect("settled");
        assert_eq!(world.store.content(id).await.expect("octets"), None);
        assert!(world.store.queued(None, 0, 10).await.expect("a page").is_empty());
        assert_eq!(world.states(id).await, [RecipientState::Delivered, RecipientState::Bounced]);
        world.is_whole().await;
        world.pass((CLOSED_DAY_COUNT + 1) * DAY_MILLIS);
        world.store.purge(world.now()).await.expect("purged");
        assert!(world.states(id).await.is_empty());
        let passages = world.store.passages(A.tenant, &PassageFilter::default(), None, 10).await;
        assert!(passages.expect("passages").is_empty());
        world.is_whole().await;
    }
}

#[tokio::test]
async fn a_report_is_queued_with_the_outcome_that_it_tells_or_not_at_all() {
    for world in worlds().await {
        world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        let settling = || {
            let report =
                Some(Acceptance { sender: None, ..outgoing(A.tenant, Lane::Report, &["a@x.example"]) });
            Settling { report, ..settle(&leased, &Outcome::Bounced) }
        };
        assert_eq!(world.store.settle(settling()).await.expect("settled"), 1);
        assert_eq!(world.store.settle(settling()).await.expect("settled"), 0);
        let reports = world.store.queued(None, 0, 10).await.expect("a page");
        assert_eq!(reports.len(), 1);
        assert_eq!(reports[0].sender, None);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn orders_hold_release_hasten_bounce_and_remove() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example", "2@b.example"]).await;
        assert_eq!(world.order(id, Order::Hold).await, 2);
        assert!(world.lease(1, A, &[("b.example", 9)]).await.messages.is_empty());
        assert_eq!(world.order(id, Order::Hold).await, 0);
        assert_eq!(world.store.depth().await.expect("a depth").held_count, 2);
        assert_eq!(world.order(id, Order::Release).await, 2);
        // One is being tried while it is held: it is held when that ends.
        let leased = world.lease(1, A, &[("b.example", 1)]).await;
        assert_eq!(world.order(id, Order::Hold).await, 2);
        let due_at = Timestamp::from_millis(world.now().millis() + 300_000);
        let retry = Outcome::Retry { due_at, delay: DelayNotice::None };
        world.store.settle(settle(&leased, &retry)).await.expect("settled");
        assert_eq!(world.states(id).await, [RecipientState::Held; 2]);
        assert_eq!(world.order(id, Order::Release).await, 2);
        let leased = world.lease(1, A, &[("b.example", 1)]).await;
        world.store.settle(settle(&leased, &retry)).await.expect("settled");
        assert_eq!(world.order(id, Order::Retry).await, 1);
        assert_eq!(addresses(&world.lease(1, A, &[("b.example", 9)]).await).len(), 2);
        world.store.end_leases().await.expect("ended");
        assert_eq!(world.order(id, Order::Bounce).await, 2);
        assert_eq!(world.order(id, Order::Bounce).await, 0);
        let leased = world.lease(1, A, &[("b.example", 1)]).await;
        assert_eq!(leased.messages[0].1[0].instead, Some(Instead::Bounce));
        world.store.settle(settle(&leased, &Outcome::Bounced)).await.expect("settled");
        assert_eq!(world.order(id, Order::Remove).await, 1);
        assert_eq!(world.states(id).await.iter().filter(|state| state.is_end()).count(), 2);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn what_is_ordered_of_mail_under_way_outlives_the_node_that_has_it() {
    for world in worlds().await {
        let due_at = Timestamp::from_millis(world.now().millis() + 300_000);
        let retry = Outcome::Retry { due_at, delay: DelayNotice::None };
        // Its node is gone, and another one looks for what is due.
        let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let lost = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(world.order(id, Order::Hold).await, 1);
        world.leases_pass(60_001).await;
        assert!(world.lease(2, A, &[("b.example", 9)]).await.messages.is_empty());
        assert_eq!(world.states(id).await, [RecipientState::Held]);
        assert_eq!(world.store.settle(settle(&lost, &retry)).await.expect("settled"), 0);
        // Or the same one comes back.
        assert_eq!(world.order(id, Order::Release).await, 1);
        world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(world.order(id, Order::Hold).await, 1);
        world.store.end_leases().await.expect("ended");
        assert_eq!(world.states(id).await, [RecipientState::Held]);
        // What is given up goes back when the try ends, not after the next pause.
        assert_eq!(world.order(id, Order::Release).await, 1);
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(world.order(id, Order::Bounce).await, 1);
        world.store.settle(settle(&leased, &retry)).await.expect("settled");
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(leased.messages[0].1[0].instead, Some(Instead::Bounce));
        world.store.settle(settle(&leased, &Outcome::Bounced)).await.expect("settled");
        world.is_whole().await;
    }
}

#[tokio::test]
async fn what_a_wrong_clock_put_off_is_due_when_it_is_right_again() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example", "2@b.example"]).await;
        let leased = world.lease(1, A, &[("b.example", 1)]).await;
        let put_off = |millis: i64| Outcome::Retry {
            due_at: Timestamp::from_millis(world.now().millis() + millis),
            delay: DelayNotice::None,
        };
        world.store.settle(settle(&leased, &put_off(10 * DAY_MILLIS))).await.expect("settled");
        // What is put off by a right clock waits, beside it.
        let leased = world.lease(1, A, &[("b.example", 1)]).await;
        let longest = i64::try_from(store::DUE_AHEAD_MAX.as_millis()).expect("it fits");
        world.store.settle(settle(&leased, &put_off(longest))).await.expect("settled");
        let due = world.store.due(A, None, world.now(), 10).await.expect("a page").due;
        assert_eq!(due.len(), 1);
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(addresses(&leased), ["1@b.example"]);
        assert!(world.store.due(A, None, world.now(), 10).await.expect("a page").due.is_empty());
        assert_eq!(world.states(id).await, [RecipientState::Leased, RecipientState::Scheduled]);
    }
}

#[tokio::test]
async fn what_a_sandbox_sends_is_kept_with_the_reason_and_no_order_lets_it_leave() {
    for world in worlds().await {
        let mut acceptance = outgoing(A.tenant, A.lane, &["1@b.example"]);
        acceptance.queueing.is_sandbox = true;
        let accepted = world.store.accept(acceptance).await.expect("accepted");
        let id = accepted.queue_id.expect("queued");
        for order in [Order::Hold, Order::Release, Order::Retry, Order::Bounce] {
            assert_eq!(world.order(id, order).await, 0, "{order:?}");
        }
        world.store.end_leases().await.expect("ended");
        assert_eq!(world.states(id).await, [RecipientState::Held]);
        assert!(world.lease(1, A, &[("b.example", 9)]).await.messages.is_empty());
        let passages = world.store.passages(A.tenant, &PassageFilter::default(), None, 10).await;
        let passages = passages.expect("passages");
        let (_, told) =
            passages.iter().find(|(_, passage)| passage.stage == Stage::Held).expect("it is told");
        let reason = told.reply.as_ref().map(|reply| reply.text.as_str()).unwrap_or_default();
        assert!(reason.contains("sandbox"), "{reason}");
        assert_eq!(world.order(id, Order::Remove).await, 1, "it can be thrown away");
        world.is_whole().await;
    }
}

#[tokio::test]
async fn what_is_held_of_mailboxes_is_counted_by_tenant() {
    for world in worlds().await {
        let mailbox = MailboxId::new(Uuid::from_u128(9));
        let held = world.queue(tenant(1), Lane::Interactive, &["1@b.example", "2@b.example"]).await;
        let other = world.queue(tenant(2), Lane::Interactive, &["1@b.example"]).await;
        world.queue(tenant(1), Lane::Interactive, &["3@b.example"]).await;
        for id in [held, other] {
            world.order(id, Order::Hold).await;
        }
        let counts = world.store.held_counts(&[mailbox, MailboxId::new(Uuid::from_u128(8))]).await;
        let counts = counts.expect("counted");
        assert_eq!(counts.len(), 2, "{counts:?}");
        let count = |recipients, messages| store::HeldCount { recipients, messages };
        assert_eq!(counts[&(tenant(1), mailbox)], count(2, 1), "what is not held is not counted");
        assert_eq!(counts[&(tenant(2), mailbox)], count(1, 1));
        world.order(held, Order::Release).await;
        let counts = world.store.held_counts(&[mailbox]).await.expect("counted");
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [((tenant(2), mailbox), count(1, 1))]);
        assert!(world.store.held_counts(&[]).await.expect("counted").is_empty());
    }
}

#[tokio::test]
async fn nothing_of_another_tenant_is_listed_or_reached() {
    for world in worlds().await {
        let id = world.queue(tenant(1), Lane::Interactive, &["1@b.example"]).await;
        let of = Selection { tenant: Some(tenant(2)), queue_id: Some(id), ..Selection::default() };
        assert!(world.store.entries(&of, None, 10).await.expect("entries").is_empty());
        for order in [Order::Hold, Order::Release, Order::Retry, Order::Bounce, Order::Remove] {
            assert_eq!(world.store.order_all(&of, order, (Orderer::Operator, "")).await.expect("ordered"), 0);
        }
        let passages = world.store.passages(tenant(2), &PassageFilter::default(), None, 10).await;
        assert!(passages.expect("passages").is_empty());
        assert_eq!(world.states(id).await, [RecipientState::Scheduled]);
    }
}

/// Nobody is told, and it is looked at again in an hour.
fn suspended(now: Timestamp) -> Outcome {
    Outcome::Suspended { due_at: now.plus(Duration::from_secs(3600)), delay: DelayNotice::None }
}

#[tokio::test]
async fn suspended_recipients_are_looked_at_when_it_is_time_and_told_of_once() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let (site, since) = ("b.example".to_owned(), world.now());
        world.store.suspend(Suspension { site, reason: String::new(), since }).await.expect("suspended");
        for round in 0..3 {
            let leased = world.lease(1, A, &[("b.example", 9)]).await;
            let mut settling = settle(&leased, &suspended(world.now()));
            settling.settlements[0].reply.text = "suspended".to_owned();
            world.store.settle(settling).await.expect("settled");
            assert_eq!(world.states(id).await, [RecipientState::Suspended], "{round}");
            assert_eq!(world.store.rouse(world.now()).await.expect("roused"), 0, "{round}");
            let later = world.now().plus(Duration::from_secs(3600));
            let before = Timestamp::from_millis(later.millis() - 1);
            assert_eq!(world.store.rouse(before).await.expect("roused"), 0, "{round}");
            assert_eq!(world.store.rouse(later).await.expect("roused"), 1, "{round}");
            assert_eq!(world.states(id).await, [RecipientState::Scheduled], "{round}");
            world.pass(3_600_000);
        }
        let of = PassageFilter { stage: Some(Stage::Suspended), ..PassageFilter::default() };
        let told = world.store.passages(A.tenant, &of, None, 10).await.expect("passages");
        assert_eq!(told.len(), 1, "the trace says it once");
    }
}

#[tokio::test]
async fn suspended_recipients_wait_for_their_site_to_be_resumed() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let site = "mx.b.example";
        let since = world.now();
        let suspension = Suspension { site: site.to_owned(), reason: "blocked".to_owned(), since };
        world.store.suspend(suspension.clone()).await.expect("suspended");
        assert_eq!(world.store.suspensions().await.expect("sites"), [suspension]);
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        world.store.settle(settle(&leased, &suspended(world.now()))).await.expect("settled");
        assert_eq!(world.states(id).await, [RecipientState::Suspended]);
        assert_eq!(world.store.resume(site).await.expect("resumed"), 1);
        assert!(world.store.suspensions().await.expect("sites").is_empty());
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(addresses(&leased), ["1@b.example"]);
        // Who read the list of suspended sites before it was resumed strands nothing.
        world.store.settle(settle(&leased, &suspended(world.now()))).await.expect("settled");
        assert_eq!(world.states(id).await, [RecipientState::Scheduled]);
        assert_eq!(addresses(&world.lease(1, A, &[("b.example", 9)]).await), ["1@b.example"]);
    }
}

#[tokio::test]
async fn the_lists_of_all_tenants_are_read_by_address_and_then_by_tenant() {
    for world in worlds().await {
        let ordered = || (SuppressionCause::Ordered, RemoteReply::default());
        for (number, address) in
            [(2, "b@b.example"), (1, "b@b.example"), (3, "a@b.example"), (2, "c@b.example")]
        {
            let address = EmailAddress::parse(address).expect("an address");
            world.store.suppress(tenant(number), &address, ordered()).await.expect("kept");
        }
        let all = [(3, "a@b.example"), (1, "b@b.example"), (2, "b@b.example"), (2, "c@b.example")];
        let all = all.map(|(number, address)| (tenant(number), address.to_owned()));
        let mut found = Vec::new();
        loop {
            let after =
                found.last().map(|(tenant, address): &(TenantId, String)| (address.as_str(), *tenant));
            let page = world.store.all_suppressions(None, after, 3).await.expect("a page");
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 3);
            found.extend(page.into_iter().map(|(tenant, one)| (tenant, one.address)));
        }
        assert_eq!(found, all);
        let of_one = world.store.all_suppressions(Some("b@b.example"), None, 10).await.expect("a page");
        assert_eq!(of_one.iter().map(|(tenant, _)| *tenant).collect::<Vec<_>>(), [tenant(1), tenant(2)]);
        let rest =
            world.store.all_suppressions(Some("b@b.example"), Some(("b@b.example", tenant(1))), 10).await;
        assert_eq!(rest.expect("a page").len(), 1);
    }
}

#[tokio::test]
async fn addresses_that_do_not_exist_are_suppressed_for_their_tenant_until_taken_off() {
    for world in worlds().await {
        world.queue(A.tenant, A.lane, &["Gone@b.example"]).await;
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        let mut settling = settle(&leased, &Outcome::Bounced);
        settling.settlements[0].suppress = Suppress::HardBounce;
        world.store.settle(settling).await.expect("settled");
        let page = world.store.suppressions(A.tenant, None, 10).await.expect("a page");
        assert_eq!(page.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["gone@b.example"]);
        assert!(world.store.suppressions(tenant(2), None, 10).await.expect("a page").is_empty());
        world.queue(A.tenant, A.lane, &["gone@b.example"]).await;
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(
            leased.messages[0].1[0].instead,
            Some(Instead::Suppressed(SuppressionCause::NoSuchAddress))
        );
        assert!(!world.store.unsuppress(tenant(2), "gone@b.example").await.expect("asked"));
        assert!(world.store.unsuppress(A.tenant, "gone@b.example").await.expect("asked"));
        world.store.end_leases().await.expect("ended");
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        assert_eq!(leased.messages[0].1[0].instead, None);
    }
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_tried_again_after_ninety_days_and_a_complainer_never() {
    for world in worlds().await {
        let gone = (SuppressionCause::NoSuchAddress, told(550));
        assert!(
            world.store.suppress(A.tenant, &address("Gone@b.example"), gone.clone()).await.expect("kept")
        );
        assert!(
            !world.store.suppress(A.tenant, &address("gone@b.example"), gone.clone()).await.expect("known")
        );
        let both = address("both@b.example");
        assert!(world.store.suppress(A.tenant, &both, gone.clone()).await.expect("kept"));
        let complaint = (SuppressionCause::Complaint, told(0));
        assert!(world.store.suppress(A.tenant, &both, complaint).await.expect("kept for longer"));
        assert!(!world.store.suppress(A.tenant, &both, gone.clone()).await.expect("not for less"));
        let listed = async || -> Vec<(String, SuppressionCause, bool)> {
            let page = world.store.suppressions(A.tenant, None, 10).await.expect("a page");
            page.into_iter().map(|one| (one.address, one.cause, one.expires_at.is_some())).collect()
        };
        let kept = ("both@b.example".to_owned(), SuppressionCause::Complaint, false);
        let expiring = ("gone@b.example".to_owned(), SuppressionCause::NoSuchAddress, true);
        assert_eq!(listed().await, [kept.clone(), expiring.clone()]);
        world.queue(A.tenant, A.lane, &["gone@b.example"]).await;
        let instead = async || {
            let leased = world.lease(1, A, &[("b.example", 9)]).await;
            world.store.end_leases().await.expect("ended");
            leased.messages[0].1[0].instead
        };
        world.pass(NO_SUCH_ADDRESS_DAY_COUNT * DAY_MILLIS - 1000);
        assert_eq!(instead().await, Some(Instead::Suppressed(SuppressionCause::NoSuchAddress)));
        world.pass(1000);
        assert_eq!(instead().await, None);
        assert_eq!(listed().await, std::slice::from_ref(&kept));
        // Past its time it begins anew, before or after it is forgotten.
        assert!(
            world.store.suppress(A.tenant, &address("gone@b.example"), gone.clone()).await.expect("anew")
        );
        assert_eq!(instead().await, Some(Instead::Suppressed(SuppressionCause::NoSuchAddress)));
        world.pass(NO_SUCH_ADDRESS_DAY_COUNT * DAY_MILLIS);
        world.store.purge(world.now()).await.expect("purged");
        assert_eq!(listed().await, [kept]);
    }
}

#[tokio::test]
async fn letters_to_somebody_who_is_erased_leave_queue_trace_and_suppressed_addresses() {
    for world in worlds().await {
        let letter = async |tenant: TenantId, number: &str, to: &str| {
            let mut letter = outgoing(tenant, A.lane, &[to]);
            letter.queueing.message = number.to_owned();
            world.store.accept(letter).await.expect("taken").queue_id.expect("queued")
        };
        let other = tenant(77);
        let absent = letter(A.tenant, "noti_1", "Gone@b.example").await;
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        let mut bounced = settle(&leased, &Outcome::Bounced);
        bounced.settlements[0].suppress = Suppress::HardBounce;
        world.store.settle(bounced).await.expect("settled");
        let complained = (SuppressionCause::Complaint, told(250));
        world.store.suppress(A.tenant, &address("gone@c.example"), complained).await.expect("kept");
        let waits = letter(A.tenant, "noti_2", "gone@c.example").await;
        let under_way = letter(A.tenant, "noti_3", "gone@d.example").await;
        let leased = world.lease(1, A, &[("d.example", 9)]).await;
        let kept = letter(A.tenant, "noti_4", "stays@b.example").await;
        let foreign = letter(other, "noti_2", "gone@c.example").await;
        let numbers = ["noti_1", "noti_2", "noti_3", "never"].map(str::to_owned);
        world.store.forget_letters(A.tenant, &numbers).await.expect("forgotten");
        let any = Selection { state: StateSelection::Any, ..Selection::default() };
        let left = world.store.entries(&any, None, 10).await.expect("entries");
        let left: Vec<u64> = left.iter().map(|entry| entry.key.queue_id).collect();
        assert_eq!(left, [kept, foreign], "{absent} {waits} {under_way}");
        let traced = world.store.passages(A.tenant, &PassageFilter::default(), None, 10).await;
        let traced: Vec<String> = traced.expect("passages").into_iter().map(|(_, it)| it.message).collect();
        assert_eq!(traced, ["noti_4"]);
        // An address that was absent is not known any more; what somebody asked for is still done.
        let listed = world.store.suppressions(A.tenant, None, 10).await.expect("a list");
        let listed: Vec<&str> = listed.iter().map(|listed| listed.address.as_str()).collect();
        assert_eq!(listed, ["gone@c.example"]);
        // What was being tried ends without a word of it.
        let mut ended = settle(&leased, &Outcome::Bounced);
        ended.settlements[0].suppress = Suppress::HardBounce;
        assert_eq!(world.store.settle(ended).await.expect("settled"), 0);
        assert_eq!(world.store.suppressions(A.tenant, None, 10).await.expect("a list").len(), 1);
        let traced = world.store.passages(A.tenant, &PassageFilter::default(), None, 10).await;
        assert_eq!(traced.expect("passages").len(), 1);
        world.is_whole().await;
    }
}

#[tokio::test]
async fn the_trace_tells_every_step_newest_first() {
    for world in worlds().await {
        let id = world.queue(A.tenant, A.lane, &["1@b.example"]).await;
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        let due_at = Timestamp::from_millis(world.now().millis() + 1000);
        let retry = Outcome::Retry { due_at, delay: DelayNotice::None };
        world.store.settle(settle(&leased, &retry)).await.expect("settled");
        world.order(id, Order::Hold).await;
        let message = leased.messages[0].0.message.clone();
        let filter = PassageFilter { message: Some(message.clone()), ..PassageFilter::default() };
        let passages = world.store.passages(A.tenant, &filter, None, 10).await.expect("passages");
        let stages: Vec<Stage> = passages.iter().map(|(_, passage)| passage.stage).collect();
        assert_eq!(stages, [Stage::Held, Stage::Deferred, Stage::Queued]);
        let deferred = &passages[1].1;
        assert_eq!((deferred.reply.clone(), deferred.next_at), (Some(told(450)), Some(due_at)));
        assert_eq!(deferred.recipient.as_deref(), Some("1@b.example"));
        assert_eq!(deferred.reasons, ["relay_of_sender"]);
        assert_eq!(deferred.source.as_deref(), Some("shared 198.51.100.1"));
        let older = world.store.passages(A.tenant, &filter, Some(passages[1].0), 10).await.expect("passages");
        assert_eq!(older.len(), 1);
        // Others may write to the same table: what came in, for example.
        world.store.record(vec![passages[2].1.clone()]).await.expect("recorded");
        let filter = PassageFilter { mailbox: Some(MailboxId::new(Uuid::from_u128(9))), ..filter };
        assert_eq!(world.store.passages(A.tenant, &filter, None, 10).await.expect("passages").len(), 4);
    }
}

#[tokio::test]
async fn how_a_message_came_stands_before_that_it_waits_and_is_found_with_its_recipients() {
    for world in worlds().await {
        let outgoing = outgoing(A.tenant, A.lane, &["1@b.example", "2@c.example"]);
        let (alice, home) = (MailboxId::new(Uuid::from_u128(9)), DomainId::new(Uuid::from_u128(8)));
        let submitted = Passage {
            tenant: A.tenant,
            mailbox: Some(alice),
            domain: Some(home),
            message: "m1".to_owned(),
            direction: Direction::Out,
            at: world.now(),
            stage: Stage::Submitted,
            sender: None,
            recipient: None,
            reply: None,
            source: None,
            next_at: None,
            folder: None,
            reasons: Vec::new(),
            message_id: Some("<one@x.example>".to_owned()),
        };
        // An alias of another domain leads to the second.
        let queueing = Queueing {
            message: "m1".to_owned(),
            mailbox: Some(alice),
            home: Some(DomainId::new(Uuid::from_u128(7))),
            beginning: vec![submitted],
            ..outgoing.queueing.clone()
        };
        world.store.accept(Acceptance { queueing, ..outgoing }).await.expect("accepted");
        let stages = async |filter: PassageFilter| -> Vec<(Stage, Option<String>)> {
            let found = world.store.passages(A.tenant, &filter, None, 10).await.expect("passages");
            found.into_iter().rev().map(|(_, passage)| (passage.stage, passage.message_id)).collect()
        };
        let (begun, waits) = ((Stage::Submitted, Some("<one@x.example>".to_owned())), (Stage::Queued, None));
        let all = stages(PassageFilter::default()).await;
        assert_eq!(all, [begun.clone(), waits.clone(), waits.clone()]);
        let to =
            |recipient: &str| PassageFilter { recipient: Some(recipient.to_owned()), ..Default::default() };
        assert_eq!(stages(to("1@B.example")).await, [begun.clone(), waits]);
        assert_eq!(stages(to("3@c.example")).await, []);
        let by_id = PassageFilter { message_id: Some("<one@x.example>".to_owned()), ..Default::default() };
        assert_eq!(stages(by_id).await.len(), 3);
        // Whoever sees no step about a recipient does not learn by asking whether there is one.
        let seen = |domain| Sight::Parts { domains: vec![domain], mailboxes: Vec::new() };
        assert_eq!(stages(PassageFilter { sight: seen(home), ..Default::default() }).await, [begun]);
        assert_eq!(stages(PassageFilter { sight: seen(home), ..to("2@c.example") }).await, []);
    }
}

#[tokio::test]
async fn whether_a_sender_is_known_is_kept_with_its_message() {
    for world in worlds().await {
        for (is_sender_known, to) in [(true, "known@b.example"), (false, "unknown@b.example")] {
            let acceptance = outgoing(A.tenant, A.lane, &[to]);
            let queueing = Queueing { is_sender_known, ..acceptance.queueing.clone() };
            world.store.accept(Acceptance { queueing, ..acceptance }).await.expect("accepted");
        }
        let leased = world.lease(1, A, &[("b.example", 9)]).await;
        let known = leased.messages.iter().map(|(message, to)| (message.is_sender_known, to.len()));
        assert_eq!(known.collect::<Vec<_>>(), [(true, 1), (false, 1)]);
    }
}

/// The tables as they were before the queue delivered, with mail in them.
fn old_tables(is_sqlite: bool) -> [&'static str; 2] {
    let mail = "INSERT INTO queue (tenant, sender, blob, size, ret, envelope_id, queued_at) \
        VALUES ($1, 'a@x.example', 1, 9, NULL, NULL, 5)";
    match is_sqlite {
        true => [include_str!("../src/sql/schema_sqlite.sql"), mail],
        false => [include_str!("../src/sql/schema_postgres.sql"), mail],
    }
}

#[tokio::test]
async fn mail_that_was_queued_before_there_was_delivery_is_due_after_the_update() {
    for (database, folder) in databases().await {
        let [tables, mail] = old_tables(database.sqlite().is_some());
        database.migrate("store", &[tables]).await.expect("old tables");
        let blob = "INSERT INTO blob (hash, size, used_at, summary, octets) VALUES ($1, 9, 0, $2, $3)";
        let octets = b"A: b\r\n\r\nc";
        let hash = blake3::hash(octets);
        let recipient = "INSERT INTO queue_recipient (queue, ordinal, address, notify, original) \
            VALUES (1, $1, $2, NULL, NULL)";
        let rows = vec![
            Statement::new(blob).bind(&hash.as_bytes()[..]).bind(&[][..]).bind(&octets[..]),
            Statement::new(mail).bind(A.tenant.uuid()),
            Statement::new(recipient).bind(0_i64).bind("u@b.example"),
            Statement::new(recipient).bind(1_i64).bind("\"a@b\"@c.example"),
        ];
        database.write(rows).await.expect("old rows");
        let world = open(database, folder).await;
        assert_eq!(world.store.lines(None, 10).await.expect("lines"), [A]);
        let leased = world.lease(1, A, &[("b.example", 9), ("c.example", 9)]).await;
        assert_eq!(addresses(&leased), ["u@b.example", "\"a@b\"@c.example"]);
        assert!(!leased.messages[0].0.is_sender_known, "nobody knows of mail from before");
        world.store.settle(settle(&leased, &Outcome::Delivered)).await.expect("settled");
        world.is_whole().await;
    }
}

/// Wants everything that is queued, under leases of a minute.
struct Eager {
    taken: Mutex<Vec<Leased>>,
    withdrawn_count: AtomicU32,
}

impl Taker for Eager {
    fn offer(&self, message: &LeasedMessage, recipients: &[LeasedRecipient]) -> Option<Offer> {
        let domains = recipients.iter().map(|recipient| recipient.address.domain.to_string());
        (message.lane != Lane::Bulk).then(|| Offer {
            owner: Uuid::from_u128(7),
            token: LeaseToken(Uuid::now_v7()),
            lasts: LEASE,
            sites: domains.collect(),
        })
    }

    fn take(&self, leased: Leased) {
        self.taken.lock().push(leased);
    }

    fn withdraw(&self, _: LeaseToken) {
        self.withdrawn_count.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn mail_is_leased_as_it_is_queued_unless_somebody_wants_it_to_wait() {
    use RecipientState::{Held, Leased, Scheduled};
    for world in worlds().await {
        let eager = Arc::new(Eager { taken: Mutex::default(), withdrawn_count: AtomicU32::new(0) });
        world.store.hand_to(Arc::clone(&eager) as Arc<dyn Taker>);
        let at_once = world.queue(TenantId::PLATFORM, A.lane, &["u@b.example", "v@c.example"]).await;
        assert_eq!(world.states(at_once).await, [Leased; 2]);
        let handed = eager.taken.lock().pop().expect("it was handed over");
        // It is the same that a sweep would have had.
        world.leases_pass(60_000).await;
        let swept = world.lease(8, A, &[("b.example", 9), ("c.example", 9)]).await;
        assert_eq!(handed.messages, swept.messages);
        let late = world.store.settle(settle(&handed, &Outcome::Delivered)).await.expect("an answer");
        assert_eq!(late, 0, "its lease had ended");
        assert_eq!(world.store.settle(settle(&swept, &Outcome::Delivered)).await.expect("settled"), 2);

        let bulk = world.queue(TenantId::PLATFORM, Lane::Bulk, &["u@b.example"]).await;
        assert_eq!(world.states(bulk).await, [Scheduled], "nobody wanted it");
        let held = Queueing { is_held: true, ..Queueing::default() };
        let held = Acceptance { queueing: held, ..outgoing(TenantId::PLATFORM, A.lane, &["u@b.example"]) };
        let held = world.store.accept(held).await.expect("accepted").queue_id.expect("queued");
        assert_eq!(world.states(held).await, [Held]);
        assert_eq!(eager.withdrawn_count.load(Ordering::Relaxed), 0, "it is not even offered");

        world
            .store
            .suppress(TenantId::PLATFORM, &address("Gone@b.example"), (SuppressionCause::Ordered, told(550)))
            .await
            .expect("there");
        let suppressed = world.queue(TenantId::PLATFORM, A.lane, &["u@c.example", "gone@b.example"]).await;
        assert_eq!(world.states(suppressed).await, [Scheduled; 2]);
        let other = world.queue(tenant(5), A.lane, &["gone@b.example"]).await;
        assert_eq!(world.states(other).await, [Leased], "the list is of one tenant");
        let (site, reason) = ("c.example".to_owned(), "slow".to_owned());
        let suspension = Suspension { site, reason, since: world.now() };
        world.store.suspend(suspension).await.expect("suspended");
        let suspended = world.queue(TenantId::PLATFORM, A.lane, &["u@b.example", "u@c.example"]).await;
        assert_eq!(world.states(suspended).await, [Scheduled; 2]);
        assert_eq!(eager.withdrawn_count.load(Ordering::Relaxed), 2);

        let several = [&["u@b.example"], &["u@c.example"]];
        let several = several.map(|to| outgoing(TenantId::PLATFORM, A.lane, to)).to_vec();
        let several = world.store.accept_all(several).await.expect("accepted");
        let ids: Vec<u64> = several.iter().filter_map(|accepted| accepted.queue_id).collect();
        assert_eq!(world.states(ids[0]).await, [Leased]);
        assert_eq!(world.states(ids[1]).await, [Scheduled]);
        assert_eq!(eager.taken.lock().len(), 2);
        assert_eq!(eager.withdrawn_count.load(Ordering::Relaxed), 3);
        world.is_whole().await;
    }
}
