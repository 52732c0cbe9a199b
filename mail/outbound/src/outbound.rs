//! The whole of delivery on one node: what its parts share, and how it begins and ends.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use directory::Directory;
use kernel::{DomainName, TenantId, Timestamp};
use parking_lot::Mutex;
use resolver::Dns;
use store::{Lane, LeaseToken, LeasedMessage, LeasedRecipient, Queue, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::backoff::Chance;
use crate::breaker::{Breaker, Gate};
use crate::destination::{Destination, Destinations};
use crate::handover::Handover;
use crate::hosts::{Ill, Passed};
use crate::leases::{Leases, Term};
use crate::limits::{
    DRAIN_WAIT, IDLE_SITE_COUNT_MAX, LEASE, QUANTUM_OCTETS, RENEW_PAUSE, REPORTED_OCTETS_MAX,
};
use crate::lookup::Lookups;
use crate::metrics::Metrics;
use crate::network::{Network, Tcp};
use crate::openings::{Openings, Starved};
use crate::origins::Origins;
use crate::ready::{ReadyQueue, Weighed};
use crate::room::Room;
use crate::routes::Routes;
use crate::site::Guard;
use crate::source::Sources;
use crate::tls::TlsPolicySource;

/// What gives the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What an operator sets.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name in reports.
    pub hostname: DomainName,
    /// From which addresses whose connections are made, and under which names.
    pub sources: Sources,
    /// The port of other hosts: 25 but in tests.
    pub port: u16,
    /// Which targets are refused.
    pub guard: Guard,
    /// Connections of this node at most.
    pub connection_count_max: usize,
    /// Connections to one site at most.
    pub site_connection_count_max: u32,
    /// Octets of messages that are in memory at once.
    pub body_octets_max: usize,
}

/// Everything that delivery asks.
#[derive(Clone)]
pub struct World {
    /// The queue.
    pub queue: Arc<dyn Queue>,
    /// Knows the mailboxes that reports go to.
    pub directory: Arc<Directory>,
    /// DNS.
    pub dns: Arc<dyn Dns>,
    /// What is asked of TLS.
    pub policies: Arc<dyn TlsPolicySource>,
    /// Relays.
    pub routes: Arc<dyn Routes>,
    /// Whom rewritten senders stand for.
    pub origins: Arc<dyn Origins>,
    /// The time.
    pub now: Now,
    /// Chance.
    pub chance: Arc<Chance>,
    /// What is counted.
    pub metrics: Metrics,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

/// Recipients of one message that go to one destination together.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) token: LeaseToken,
    pub(crate) message: Arc<LeasedMessage>,
    pub(crate) recipients: Vec<LeasedRecipient>,
    /// Where they were offered already in this attempt.
    pub(crate) passed: Passed,
}

impl Weighed for Job {
    fn tenant(&self) -> TenantId {
        self.message.tenant
    }

    fn lane(&self) -> Lane {
        self.message.lane
    }

    fn cost(&self) -> u64 {
        // Bounded, so that a long message is reached after some rounds.
        let octets = u64::from(self.message.size) + 1024 * self.recipients.len() as u64;
        octets.min(QUANTUM_OCTETS * 64)
    }

    fn recipient_count(&self) -> usize {
        self.recipients.len()
    }
}

/// A destination with what waits for it.
pub(crate) struct SiteState {
    pub(crate) destination: Arc<Destination>,
    pub(crate) ready: ReadyQueue<Job>,
    pub(crate) breaker: Breaker,
    pub(crate) ill: Ill,
    pub(crate) connection_count: u32,
    /// Connections that wait for a job.
    pub(crate) idle_count: u32,
    /// Whether it stands among those that found no connection free.
    pub(crate) is_starved: bool,
    pub(crate) wake: Arc<Notify>,
}

impl SiteState {
    /// How many connections one tenant may have at work: half, so that another's message finds one.
    pub(crate) fn share(&self, now: Timestamp) -> u32 {
        self.breaker.connection_count_max(now).max(self.connection_count).div_ceil(2).max(1)
    }
}

pub(crate) struct Inner {
    pub(crate) network: Arc<dyn Network>,
    pub(crate) settings: Settings,
    pub(crate) queue: Arc<dyn Queue>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) origins: Arc<dyn Origins>,
    pub(crate) destinations: Destinations,
    pub(crate) now: Now,
    pub(crate) chance: Arc<Chance>,
    pub(crate) metrics: Metrics,
    /// Names this node in leases.
    pub(crate) owner: Uuid,
    pub(crate) sites: Mutex<BTreeMap<String, SiteState>>,
    /// When it was last told of each address of ours that it is not there.
    pub(crate) alarms: Mutex<HashMap<IpAddr, Timestamp>>,
    pub(crate) leases: Leases,
    /// Deliveries that are not written down yet, since the database does not take them.
    pub(crate) unwritten_count: AtomicUsize,
    /// For messages that are read to leave.
    pub(crate) room: Room,
    /// For messages that are read to be reported about: nobody holds it while a host is waited for.
    pub(crate) report_room: Room,
    /// Looks through all lines.
    pub(crate) wake: Notify,
    /// Whether a sweep left something that was due, or may have: what is released makes room for it.
    pub(crate) is_short: AtomicBool,
    pub(crate) lookups: Lookups,
    /// Destinations that have jobs and found no connection free; they get one by turns between tenants.
    pub(crate) starved: Mutex<ReadyQueue<Starved>>,
    /// Locked after `sites`, never before.
    pub(crate) openings: Mutex<Openings>,
    /// Sends away one connection that waits for a message: another destination needs its place.
    pub(crate) vacate: Notify,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

/// Delivery.
pub struct Outbound(Arc<Inner>);

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outbound")
    }
}

/// Whether other nodes may deliver from the same queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nodes {
    /// This one alone: leases that were left by its last life are nobody's.
    One,
    /// Several: leases end by time.
    Several,
}

/// A site, as operators see it.
#[derive(Debug, Clone)]
pub struct SiteView {
    /// Its hosts, one blank between.
    pub site: String,
    /// The TLS policy.
    pub policy: String,
    /// The pool of addresses that it is called from; none where there are no pools.
    pub pool: Option<String>,
    /// Recipients that are leased and wait for a connection.
    pub waiting_count: usize,
    /// Connections.
    pub connection_count: u32,
    /// Until when nobody is asked, where its breaker is open.
    pub open_until: Option<Timestamp>,
    /// The last fault.
    pub fault: Option<store::RemoteReply>,
}

impl Outbound {
    /// Delivery over the queue; nothing happens before [`Outbound::run`].
    pub fn new(settings: Settings, world: World, stop: CancellationToken) -> Self {
        Self::over(Arc::new(Tcp), settings, world, stop)
    }

    /// The same, with its connections over `network`.
    pub fn over(
        network: Arc<dyn Network>,
        settings: Settings,
        world: World,
        stop: CancellationToken,
    ) -> Self {
        let ports = (world.dns, world.policies, world.routes);
        let destinations = Destinations::new(ports, settings.guard.clone(), settings.port);
        let openings = Mutex::new(Openings::new(settings.connection_count_max));
        let room = Room::new(settings.body_octets_max, world.metrics.clone());
        let report_room = Room::new(REPORTED_OCTETS_MAX, world.metrics.clone());
        Self(Arc::new(Inner {
            network,
            room,
            report_room,
            settings,
            queue: world.queue,
            directory: world.directory,
            origins: world.origins,
            destinations,
            now: world.now,
            chance: world.chance,
            metrics: world.metrics,
            owner: Uuid::now_v7(),
            sites: Mutex::default(),
            alarms: Mutex::default(),
            leases: Leases::default(),
            unwritten_count: AtomicUsize::new(0),
            wake: Notify::new(),
            is_short: AtomicBool::new(false),
            lookups: Lookups::default(),
            starved: Mutex::default(),
            openings,
            vacate: Notify::new(),
            tasks: TaskTracker::new(),
            stop,
        }))
    }

    /// Delivers until the stop, then lets what is under way come to its end. What was leased and not begun is due again
    /// when its lease ends.
    pub async fn run(&self, nodes: Nodes) {
        let inner = &self.0;
        if nodes == Nodes::One {
            inner.leases.are_alone();
            match inner.queue.end_leases().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "recipients of the last life are due again"),
                Err(error) => tracing::error!(%error, "old leases could not be ended"),
            }
        }
        inner.queue.hand_to(Arc::new(Handover(Arc::downgrade(inner))));
        let renewing = Arc::clone(inner);
        inner.tasks.spawn(async move { renewing.renew_leases().await });
        inner.sweep_until_stopped().await;
        inner.give_back().await;
        inner.tasks.close();
        if tokio::time::timeout(DRAIN_WAIT, inner.tasks.wait()).await.is_err() {
            tracing::warn!("some deliveries are left as they are; they are tried again");
        }
    }

    /// Sites that are known at this moment, by name; at most `limit`.
    pub fn sites(&self, limit: usize) -> Vec<SiteView> {
        let now = (self.0.now)();
        let sites = self.0.sites.lock();
        let mut views: Vec<SiteView> = sites
            .values()
            .map(|state| SiteView {
                site: state.destination.site.clone(),
                policy: state.destination.policy.clone(),
                pool: state.destination.source.told(None),
                waiting_count: state.ready.recipient_count(),
                connection_count: state.connection_count,
                open_until: match state.breaker.gate(now) {
                    Gate::Open(until) => Some(until),
                    Gate::Closed | Gate::HalfOpen => None,
                },
                fault: state.breaker.fault.clone(),
            })
            .collect();
        views.sort_by(|one, other| one.site.cmp(&other.site));
        views.truncate(limit);
        views
    }
}

impl Inner {
    /// `count` recipients of a lease are not this node's business any more.
    pub(crate) fn released(&self, token: LeaseToken, count: usize) {
        self.metrics.leased(self.leases.released(token, count));
        if self.is_short.swap(false, Ordering::Relaxed) {
            self.wake.notify_one();
        }
    }

    async fn renew_leases(&self) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(RENEW_PAUSE) => {}
            }
            if let Err(error) = self.renew().await {
                tracing::error!(%error, "leases could not be renewed");
            }
            // What waits for a suspended site grows old as other mail does.
            if let Err(error) = self.queue.rouse((self.now)()).await {
                tracing::error!(%error, "mail to suspended sites could not be looked at");
            }
            match self.queue.depth().await {
                Ok(depth) => self.metrics.depth(depth),
                Err(error) => tracing::warn!(%error, "the depth of the queue is not known"),
            }
            self.forget_idle_sites();
        }
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let term = Term::from((self.now)());
        let tokens = self.leases.tokens();
        let counts = self.queue.renew(self.owner, &tokens, LEASE).await?;
        self.leases.renewed(tokens.into_iter().zip(counts), term);
        Ok(())
    }

    /// Before anything is leased: what a node that is alone has is its own, though the clock has jumped or the disk was
    /// full for longer than a lease lasts. It would lease it from itself, and send it twice.
    pub(crate) async fn keep_leases(&self) -> Result<(), StoreError> {
        if self.leases.are_to_be_kept((self.now)()) { self.renew().await } else { Ok(()) }
    }

    /// Sites for which nothing waits are forgotten where there are too many; those that fail are remembered longest.
    fn forget_idle_sites(&self) {
        let mut sites = self.sites.lock();
        if sites.len() <= IDLE_SITE_COUNT_MAX {
            return;
        }
        sites.retain(|_, state| {
            state.connection_count > 0 || !state.ready.is_idle() || state.breaker.fault.is_some()
        });
        if sites.len() > 2 * IDLE_SITE_COUNT_MAX {
            sites.retain(|_, state| state.connection_count > 0 || !state.ready.is_idle());
        }
    }

    /// At the end: what waits for a connection is due again at once.
    async fn give_back(&self) {
        let jobs: Vec<Job> = self.sites.lock().values_mut().flat_map(|state| state.ready.drain()).collect();
        let now = (self.now)();
        for job in jobs {
            self.return_job(job, now).await;
        }
    }

    /// Nothing was tried: a job goes back.
    pub(crate) async fn return_job(&self, job: Job, due_at: Timestamp) {
        let batch = crate::outcome::Batch {
            token: job.token,
            message: &job.message,
            site: None,
            through: crate::routes::Through::default(),
            source: None,
            passed: None,
        };
        let happened = job.recipients.into_iter();
        let happened =
            happened.map(|recipient| (recipient, crate::outcome::Happened::Returned(due_at))).collect();
        self.settle(batch, happened, None).await;
    }

    /// The state of a destination, made where it is not there.
    pub(crate) fn with_site<T>(
        &self,
        destination: &Arc<Destination>,
        work: impl FnOnce(&mut SiteState) -> T,
    ) -> T {
        let mut sites = self.sites.lock();
        let state = sites.entry(destination.key.clone()).or_insert_with(|| SiteState {
            destination: Arc::clone(destination),
            ready: ReadyQueue::default(),
            breaker: Breaker::new(self.settings.site_connection_count_max),
            ill: Ill::default(),
            connection_count: 0,
            idle_count: 0,
            is_starved: false,
            wake: Arc::default(),
        });
        // A newer look-up may have found other addresses.
        state.destination = Arc::clone(destination);
        work(state)
    }
}
