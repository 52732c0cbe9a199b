//! Seeded runs of the queue under nodes that crash, outcomes of every kind, lost outcomes and a clock that jumps: every
//! recipient comes to one end, nothing is lost, and what is delivered twice was delivered into a crash.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use database::Database;
use kernel::{EmailAddress, TenantId, Timestamp};
use outbound::Chance;
use store::{
    Acceptance, DelayNotice, LeaseRequest, Leased, Order, Orderer, Outcome, Queue as _, QueuedRecipient,
    Queueing, RecipientKey, RecipientState, RemoteReply, Retention, Selection, Settlement, Settling,
    SqlStore, StateSelection, Store as _, Suppress,
};
use uuid::Uuid;

/// Runs, each by its own seed.
const SEED_COUNT: u64 = 12;
/// Steps of one run.
const STEP_COUNT: u32 = 250;
const LEASE: Duration = Duration::from_secs(60);
const LEASE_MILLIS: i64 = 60_000;

struct Run {
    store: SqlStore,
    clock: Arc<AtomicI64>,
    chance: Chance,
    /// What each node has leased and not settled.
    nodes: [Vec<Leased>; 2],
    accepted: Vec<u64>,
    /// What the other side took: how often.
    taken: HashMap<RecipientKey, u32>,
    /// Takes whose outcome was lost: each may lead to one more.
    lost: HashMap<RecipientKey, u32>,
    _folder: tempfile::TempDir,
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

impl Run {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a database");
        let clock = Arc::new(AtomicI64::new(1_700_000_000_000));
        let time = Arc::clone(&clock);
        let now: store::Now = Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)));
        let store = SqlStore::open(database, now, Retention::days(30)).await.expect("a store");
        Self {
            store,
            clock,
            chance: Chance::seeded(seed),
            nodes: [Vec::new(), Vec::new()],
            accepted: Vec::new(),
            taken: HashMap::new(),
            lost: HashMap::new(),
            _folder: folder,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn below(&self, end: u64) -> usize {
        usize::try_from(self.chance.below(end)).expect("small")
    }

    async fn accept(&mut self) {
        let domain = ["a.example", "b.example", "c.example"][self.below(3)];
        let queued = (0..=self.below(4))
            .map(|number| QueuedRecipient::new(address(&format!("u{number}@{domain}"))))
            .collect();
        let acceptance = Acceptance {
            message: Bytes::from_static(b"From: a@x.example\r\n\r\nhello\r\n"),
            deposits: Vec::new(),
            queued,
            sender: Some(address("a@x.example")),
            tenant: TenantId::new(Uuid::from_u128(1 + self.chance.below(3) as u128)),
            dsn: (None, None),
            queueing: Queueing::default(),
        };
        let accepted = self.store.accept(acceptance).await.expect("accepted");
        self.accepted.extend(accepted.queue_id);
    }

    /// A node leases what is due.
    async fn lease(&mut self, node: usize) {
        let now = self.now();
        for line in self.store.lines(None, 100).await.expect("lines") {
            let page = self.store.due(line, None, now, 100).await.expect("due");
            let domains = page.due.into_iter().map(|due| (due.domain, 3)).collect();
            let owner = Uuid::from_u128(node as u128);
            let request = LeaseRequest { owner, now, lasts: LEASE, line, domains };
            let leased = self.store.lease(request).await.expect("leased");
            if !leased.messages.is_empty() {
                self.nodes[node].push(leased);
            }
        }
    }

    /// A node tries what it has leased, and writes what became of it; or its outcome is lost.
    async fn work(&mut self, node: usize, is_certain: bool) {
        let Some(leased) = self.nodes[node].pop() else { return };
        let is_lost = !is_certain && self.chance.below(5) == 0;
        let mut settlements = Vec::new();
        for recipient in leased.messages.iter().flat_map(|(_, recipients)| recipients) {
            let outcome = match if is_certain { 0 } else { self.chance.below(8) } {
                0..=3 => Outcome::Delivered,
                4 => Outcome::Bounced,
                5 => Outcome::Returned { due_at: self.now() },
                _ => Outcome::Retry {
                    due_at: Timestamp::from_millis(self.now().millis() + self.chance.jittered(300_000)),
                    delay: DelayNotice::None,
                },
            };
            if outcome == Outcome::Delivered {
                *self.taken.entry(recipient.key).or_default() += 1;
                if is_lost {
                    *self.lost.entry(recipient.key).or_default() += 1;
                }
            }
            settlements.push(Settlement {
                key: recipient.key,
                outcome,
                reply: RemoteReply::default(),
                site: None,
                source: None,
                reasons: Vec::new(),
                suppress: Suppress::No,
            });
        }
        if is_lost {
            return;
        }
        let delivered: Vec<RecipientKey> = settlements
            .iter()
            .filter(|settlement| settlement.outcome == Outcome::Delivered)
            .map(|settlement| settlement.key)
            .collect();
        let count = settlements.len();
        let tenant = leased.messages[0].0.tenant;
        let settling = Settling { tenant, token: leased.token, settlements, report: None };
        let written = self.store.settle(settling).await.expect("settled");
        if written < count {
            // The lease had ended before: what was delivered may be delivered again.
            for key in delivered {
                *self.lost.entry(key).or_default() += 1;
            }
        }
    }

    async fn step(&mut self) {
        let node = self.below(2);
        match self.chance.below(12) {
            0..=2 => self.accept().await,
            3..=5 => self.lease(node).await,
            6..=8 => self.work(node, false).await,
            // The node dies with its leases.
            9 => self.nodes[node].clear(),
            10 => {
                let jump = [1_000, 30_000, LEASE_MILLIS + 1, -20_000, 600_000][self.below(5)];
                self.clock.fetch_add(jump, Ordering::Relaxed);
            }
            _ => {
                let queue_id = self.accepted.get(self.below(self.accepted.len() as u64)).copied();
                let order = [Order::Hold, Order::Release, Order::Retry][self.below(3)];
                let of = Selection { queue_id, ..Selection::default() };
                self.store.order_all(&of, order, (Orderer::Operator, "")).await.expect("ordered");
            }
        }
    }

    /// Everything that waits comes to an end where nothing goes wrong any more.
    async fn finish(&mut self) {
        for _ in 0..200 {
            let all = Selection::default();
            self.store.order_all(&all, Order::Release, (Orderer::Operator, "")).await.expect("ordered");
            self.clock.fetch_add(LEASE_MILLIS * 20, Ordering::Relaxed);
            self.lease(0).await;
            while !self.nodes[0].is_empty() {
                self.work(0, true).await;
            }
            if self.store.queued(None, 0, 1).await.expect("a page").is_empty() {
                return;
            }
        }
        panic!("something waits for ever");
    }

    async fn check(&self, seed: u64) {
        let verification = self.store.verify().await.expect("checked");
        assert_eq!(verification.faults, Vec::<String>::new(), "seed {seed}");
        for queue_id in &self.accepted {
            for state in [RecipientState::Delivered, RecipientState::Bounced] {
                let of = Selection {
                    queue_id: Some(*queue_id),
                    state: StateSelection::Only(state),
                    ..Selection::default()
                };
                for entry in self.store.entries(&of, None, 100).await.expect("entries") {
                    let taken = self.taken.get(&entry.key).copied().unwrap_or_default();
                    let lost = self.lost.get(&entry.key).copied().unwrap_or_default();
                    let told = u32::from(state == RecipientState::Delivered);
                    assert!(
                        taken >= told,
                        "seed {seed}: {:?} is said to be delivered and was not",
                        entry.key
                    );
                    assert!(taken <= told + lost, "seed {seed}: {:?} went out {taken} times", entry.key);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_lost_outcomes_and_clocks_that_jump_lose_nothing() {
    for seed in 0..SEED_COUNT {
        let mut run = Run::new(seed).await;
        for _ in 0..STEP_COUNT {
            run.step().await;
        }
        run.nodes = [Vec::new(), Vec::new()];
        run.finish().await;
        run.check(seed).await;
    }
}
