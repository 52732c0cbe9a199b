//! A store, a zone, a clock and a farm of hosts, with delivery between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use database::Database;
use directory::Directory;
use kernel::{DomainName, EmailAddress, TenantId, Timestamp};
use outbound::{
    AsTheyAre, Chance, Direct, Guard, Metrics, Nodes, Opportunistic, Origins, Outbound, Routes, Settings,
    Source, Sources, TlsPolicySource, World,
};
use resolver::{Name, Record, Zone};
use store::{
    Acceptance, Passage, PassageFilter, Queue as _, QueueEntry, QueuedRecipient, Queueing, RecipientState,
    Retention, Selection, SqlStore, StateSelection, Store as _,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::farm::{FakeHost, Farm, Manners, Tls};

/// How long anything may take; generous, since a busy machine is no fault of ours.
pub(crate) const WAIT: Duration = Duration::from_secs(60);
pub(crate) const HOUR_MILLIS: i64 = 3_600_000;

/// Everything that one test delivers with.
pub(crate) struct Stage {
    pub(crate) farm: Farm,
    pub(crate) zone: Zone,
    pub(crate) store: Arc<SqlStore>,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) stop: CancellationToken,
    running: Option<tokio::task::JoinHandle<()>>,
    pub(crate) connection_count_max: usize,
    pub(crate) body_octets_max: usize,
    pub(crate) message: Bytes,
    pub(crate) directory: Arc<Directory>,
    pub(crate) policies: Option<Arc<dyn TlsPolicySource>>,
    pub(crate) routes: Arc<dyn Routes>,
    pub(crate) origins: Arc<dyn Origins>,
    pub(crate) allows_private: bool,
    pub(crate) sources: Sources,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a database");
        Self::over(database, folder).await
    }

    pub(crate) async fn over(database: Database, folder: tempfile::TempDir) -> Self {
        let clock = Arc::new(AtomicI64::new(1_700_000_000_000));
        let time = Arc::clone(&clock);
        let now: store::Now = Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed)));
        let store = SqlStore::open(database, now, Retention::days(30)).await.expect("a store");
        Self {
            farm: Farm::new().await,
            zone: Zone::new(),
            store: Arc::new(store),
            clock,
            stop: CancellationToken::new(),
            running: None,
            connection_count_max: 100,
            body_octets_max: outbound::limits::BODY_OCTETS_MAX,
            message: Bytes::from_static(b"From: a@sender.example\r\nSubject: out\r\n\r\n.hello\r\n"),
            directory: Arc::new(Directory::new()),
            policies: None,
            routes: Arc::new(Direct),
            origins: Arc::new(AsTheyAre),
            allows_private: false,
            sources: Sources::of_all(Source::free(DomainName::parse("us.example").expect("a name"), None)),
            _folder: folder,
        }
    }

    /// One more host that takes mail for `domains`, as good as others.
    pub(crate) async fn host(&mut self, domains: &[&str], manners: Manners) -> Arc<FakeHost> {
        self.host_at(10, domains, manners).await
    }

    /// The same with a preference.
    pub(crate) async fn host_at(
        &mut self,
        preference: u16,
        domains: &[&str],
        manners: Manners,
    ) -> Arc<FakeHost> {
        let host = self.farm.host(manners).await;
        let name = Name::parse(&host.name()).expect("a name");
        let std::net::IpAddr::V4(address) = host.address else { panic!("IPv4") };
        self.zone.add(name.clone(), Record::A(address));
        for domain in domains {
            let mx = Record::Mx { preference, exchange: Some(name.clone()) };
            self.zone.add(Name::parse(domain).expect("a name"), mx);
        }
        host
    }

    pub(crate) fn run(&mut self) {
        self.stop = CancellationToken::new();
        self.running = Some(self.node(Nodes::One));
    }

    /// One node that delivers.
    pub(crate) fn node(&self, nodes: Nodes) -> tokio::task::JoinHandle<()> {
        let time = Arc::clone(&self.clock);
        let settings = Settings {
            hostname: DomainName::parse("us.example").expect("a name"),
            sources: self.sources.clone(),
            port: self.farm.port,
            guard: Guard {
                own_names: vec![DomainName::parse("us.example").expect("a name")],
                allows_loopback: true,
                allows_private: self.allows_private,
                ..Guard::default()
            },
            connection_count_max: self.connection_count_max,
            site_connection_count_max: 10,
            body_octets_max: self.body_octets_max,
        };
        let world = World {
            queue: Arc::clone(&self.store) as Arc<dyn store::Queue>,
            directory: Arc::clone(&self.directory),
            dns: Arc::new(self.zone.clone()),
            policies: self.policies.clone().unwrap_or_else(|| Arc::new(Opportunistic)),
            routes: Arc::clone(&self.routes),
            origins: Arc::clone(&self.origins),
            now: Arc::new(move || Timestamp::from_millis(time.load(Ordering::Relaxed))),
            chance: Arc::new(Chance::seeded(1)),
            metrics: Metrics::register(&prometheus::Registry::new()).expect("fresh"),
        };
        let outbound = Outbound::new(settings, world, self.stop.clone());
        tokio::spawn(async move { outbound.run(nodes).await })
    }

    /// The operator suspends a site.
    pub(crate) async fn suspend(&self, site: &str) {
        let (site, reason) = (site.to_owned(), "they asked".to_owned());
        let suspension = store::Suspension { site, reason, since: Timestamp::from_millis(0) };
        self.store.suspend(suspension).await.expect("suspended");
    }

    pub(crate) async fn submit(&self, to: &[&str]) -> u64 {
        self.submit_as(to, None, Queueing::default()).await
    }

    pub(crate) async fn submit_as(&self, to: &[&str], notify: Option<&str>, queueing: Queueing) -> u64 {
        let acceptance = Self::acceptance(&self.message, to, notify);
        self.accept(Acceptance { queueing, ..acceptance }).await
    }

    /// Mail of another tenant, or with another sender.
    pub(crate) async fn submit_of(&self, tenant: u128, sender: Option<&str>, to: &[&str]) -> u64 {
        let sender = sender.map(|sender| EmailAddress::parse(sender).expect("an address"));
        let tenant = TenantId::new(Uuid::from_u128(tenant));
        self.accept(Acceptance { tenant, sender, ..Self::acceptance(&self.message, to, None) }).await
    }

    pub(crate) async fn accept(&self, acceptance: Acceptance) -> u64 {
        self.store.accept(acceptance).await.expect("accepted").queue_id.expect("queued")
    }

    pub(crate) fn acceptance(message: &Bytes, to: &[&str], notify: Option<&str>) -> Acceptance {
        let address = |text: &str| EmailAddress::parse(text).expect("an address");
        Acceptance {
            message: message.clone(),
            deposits: Vec::new(),
            queued: to
                .iter()
                .map(|to| QueuedRecipient {
                    notify: notify.map(str::to_owned),
                    ..QueuedRecipient::new(address(to))
                })
                .collect(),
            sender: Some(address("a@sender.example")),
            tenant: TenantId::new(Uuid::from_u128(1)),
            dsn: (None, None),
            queueing: Queueing::default(),
        }
    }

    pub(crate) fn pass(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    pub(crate) async fn entries(&self, queue_id: u64) -> Vec<QueueEntry> {
        let of = Selection { queue_id: Some(queue_id), state: StateSelection::Any, ..Selection::default() };
        self.store.entries(&of, None, 1000).await.expect("entries")
    }

    /// What the trace says of a message.
    pub(crate) async fn passages(&self, queue_id: u64) -> Vec<Passage> {
        let message = self.entries(queue_id).await[0].message.clone();
        let of = PassageFilter { message: Some(message), ..PassageFilter::default() };
        let found = self.store.passages(TenantId::new(Uuid::from_u128(1)), &of, None, 50).await;
        found.expect("passages").into_iter().map(|(_, passage)| passage).collect()
    }

    /// Waits until every recipient of a message was tried `attempts` times or has ended.
    pub(crate) async fn tried(&self, queue_id: u64, attempts: u32) -> Vec<QueueEntry> {
        let start = Instant::now();
        loop {
            let entries = self.entries(queue_id).await;
            let is_done = |entry: &QueueEntry| {
                entry.state.is_end()
                    || entry.attempt_count >= attempts && entry.state == RecipientState::Scheduled
            };
            if entries.iter().all(is_done) {
                return entries;
            }
            assert!(start.elapsed() < WAIT, "not tried {attempts} times: {entries:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets time pass, an attempt after the other, until everything that waits is given up or delivered.
    pub(crate) async fn expire(&self) {
        let (mut made, mut start) = (None, Instant::now());
        loop {
            let selection = Selection::default();
            let entries = self.store.entries(&selection, None, 100).await.expect("a page");
            let open: Vec<_> = entries.iter().filter(|entry| !entry.state.is_end()).collect();
            if open.is_empty() {
                // What is reported of the last one may be on its way into the queue.
                tokio::time::sleep(Duration::from_millis(300)).await;
                if self.store.queued(None, 0, 100).await.expect("a page").is_empty() {
                    return;
                }
                continue;
            }
            let attempts: u32 = entries.iter().map(|entry| entry.attempt_count).sum();
            let is_idle = open.iter().all(|entry| entry.state == RecipientState::Scheduled);
            if is_idle && made != Some(attempts) {
                (made, start) = (Some(attempts), Instant::now());
                self.pass(5 * 3_600_000);
            }
            assert!(start.elapsed() < WAIT, "nothing is tried any more: {open:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until so many messages are left in the queue.
    pub(crate) async fn waiting(&self, count: usize) {
        let start = Instant::now();
        while self.store.queued(None, 0, 100).await.expect("a page").len() != count {
            assert!(start.elapsed() < WAIT, "not {count} messages wait");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < WAIT, "{what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            tokio::time::timeout(WAIT, running).await.expect("it drains").expect("it does not panic");
        }
        let verification = self.store.verify().await.expect("checked");
        assert_eq!(verification.faults, Vec::<String>::new());
    }
}

pub(crate) fn states(entries: &[QueueEntry]) -> Vec<RecipientState> {
    entries.iter().map(|entry| entry.state).collect()
}

pub(crate) fn modern() -> Manners {
    Manners {
        offers: vec!["PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN"],
        tls: Tls::SelfSigned,
        ..Manners::default()
    }
}
