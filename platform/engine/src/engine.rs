//! The engine itself: what is registered, what is asked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use authority::Principal;
use database::{Database, DatabaseError, Row, Statement};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, Stream};
use journal::keyring::Keyring;
use journal::{
    Clock, Journal, JournalError, STREAM_PAGE_EVENT_COUNT_MAX, StoredEvent, SubscriptionName, Tail,
};
use kernel::{
    Category, Causation, ClaimKind, CorrelationId, Cursor, EventFamily, EventId, Intention, Position, Reads,
    Recorded, StreamId, TenantId, Timestamp, Version,
};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::case::Case;
use crate::checkpoint;
use crate::checkpointed::{Checkpointed, Work};
use crate::consumer::{Effect, Follower, Policy, Projection};
use crate::decode::DecodeError;
use crate::feed::{self, Bells};
use crate::follower::{Following, Halts};
use crate::metrics::Metrics;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::rebuild::{
    NAMED_FAILURE_COUNT_MAX, PAGE_POLL, PAGE_WAIT_MAX, Rebuild, RebuildError, Rebuilt, Rederived,
};
use crate::revision::{Revisions, make_tables};
use crate::run::{Circumstances, Runner};
use crate::scheduler::{NUDGE_COUNT_MAX, Scheduler, Subscriber};
use crate::status::SubscriptionStatus;
use crate::work::{Performing, Projecting, Reacting};
use crate::{EngineError, Outcome, RunError};

/// Tenants that a rebuild asks for at a time.
const REBUILD_TENANT_COUNT: usize = 1000;
/// How often a waiting reader looks at the row of the checkpoint: other nodes may move it.
const WAIT_POLL: Duration = Duration::from_millis(100);

/// What everything in here stands on.
pub(crate) struct Core {
    pub(crate) runner: Runner,
    pub(crate) database: Database,
    pub(crate) pace: Pace,
    pub(crate) bells: Bells,
    pub(crate) stop: CancellationToken,
}

/// A consumer as it is registered.
#[derive(Clone)]
struct Registered {
    name: SubscriptionName,
    subscriber: Arc<dyn Subscriber>,
    progress: Arc<Progress>,
    nudge: mpsc::Sender<TenantId>,
    place: Place,
}

/// Where a consumer keeps its place.
#[derive(Clone)]
enum Place {
    /// Rows, and tables with revisions.
    Projection(Arc<AtomicU16>, Arc<dyn Rebuild>),
    /// Rows.
    Rows,
    /// Memory.
    Memory(Arc<Halts>),
}

impl Registered {
    fn serving(&self) -> u16 {
        match &self.place {
            Place::Projection(serving, _) => serving.load(Ordering::Acquire),
            Place::Rows | Place::Memory(_) => self.name.revision,
        }
    }
}

/// Whether a consumer is as far as a reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It has seen the position.
    Reached,
    /// It has not, within the wait: the reader gets what there is and is told so.
    Stale,
}

/// A registered consumer.
#[derive(Debug, Clone)]
pub struct Subscription(watch::Receiver<bool>);

impl Subscription {
    /// Resolves when it has seen everything that was in the journal when it started (halted tenants excepted), or when
    /// the engine stops; whether it has seen it.
    pub async fn caught_up(&self) -> bool {
        self.0.clone().wait_for(|is| *is).await.is_ok()
    }

    /// The same without waiting.
    pub fn is_caught_up(&self) -> bool {
        *self.0.borrow()
    }
}

/// Runs use cases and feeds consumers. Dropping it cuts all work off; [`Engine::shutdown`] lets it end.
pub struct Engine {
    core: Arc<Core>,
    registry: RwLock<BTreeMap<&'static str, Registered>>,
    tasks: Mutex<JoinSet<()>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over `journal`, with checkpoints and projections in `database` (the journal's own, where it has one:
    /// open the journal first).
    ///
    /// # Errors
    /// [`EngineError`] where the tables of the engine cannot be made.
    pub async fn new(
        journal: Arc<dyn Journal>,
        keyring: Arc<Keyring>,
        database: Database,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EngineError> {
        Self::with_pace(journal, keyring, database, clock, Pace::default()).await
    }

    /// The same at another pace.
    ///
    /// # Errors
    /// As there.
    pub async fn with_pace(
        journal: Arc<dyn Journal>,
        keyring: Arc<Keyring>,
        database: Database,
        clock: Arc<dyn Clock>,
        pace: Pace,
    ) -> Result<Self, EngineError> {
        checkpoint::migrate(&database).await?;
        let runner = Runner { journal, keyring, clock, metrics: Metrics::default(), folds: Arc::default() };
        let (bells, stop) = (Bells::default(), CancellationToken::new());
        let core = Arc::new(Core { runner, database, pace, bells, stop });
        let mut tasks = JoinSet::new();
        tasks.spawn(Bells::run(Arc::clone(&core)));
        Ok(Self { core, registry: RwLock::default(), tasks: Mutex::new(tasks) })
    }

    /// Runs `use_case` as `principal`: recognises a repeat of `command`, folds what the use case reads, asks the
    /// authority, decides, and appends while checking every stream that was read; where one changed meanwhile, again.
    /// Streams of other tenants are read and not checked.
    ///
    /// # Errors
    /// [`RunError`]: the machine failed. Repeating the same command is safe.
    pub async fn run<R: From<ClaimKind> + Send>(
        &self,
        principal: &Principal,
        command: impl Into<Intention>,
        correlation: CorrelationId,
        use_case: &dyn Case<R>,
    ) -> Result<Outcome<R>, RunError> {
        let command = command.into();
        let by = Circumstances { principal, command, correlation, causation: Causation::Command };
        self.core.runner.run(by, use_case).await
    }

    /// The states of some things of a tenant as they are now; the caller has asked the authority.
    ///
    /// # Errors
    /// [`RunError`]: reading failed.
    pub fn load<'a, R: Reads>(
        &'a self,
        tenant: TenantId,
        reads: &'a R,
    ) -> BoxFuture<'a, Result<R::States, RunError>> {
        self.core.runner.load(tenant, reads).boxed()
    }

    /// Reads rows of projections; the statement names tables by [`Engine::serving_revision`] and bounds their count.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn query(&self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        self.core.database.query(statement).await
    }

    /// Everything that happened to one thing, in order; the caller has asked the authority.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn history(
        &self,
        tenant: TenantId,
        stream: StreamId,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        Ok(self.histories(&[(tenant, stream)]).await?.pop().unwrap_or_default())
    }

    /// Everything that happened to each of some things, in their order; together they cost as few questions as the longest of
    /// them has pages. The caller has asked the authority.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn histories(
        &self,
        things: &[(TenantId, StreamId)],
    ) -> Result<Vec<Vec<StoredEvent>>, JournalError> {
        let begin = |(tenant, stream): &(TenantId, StreamId)| Tail {
            tenant: *tenant,
            stream: *stream,
            after: Version::NONE,
        };
        let mut histories = vec![Vec::new(); things.len()];
        let mut open: Vec<(usize, Tail)> = things.iter().map(begin).enumerate().collect();
        while !open.is_empty() {
            let tails: Vec<Tail> = open.iter().map(|(_, tail)| *tail).collect();
            let pages = self.core.runner.journal.read_streams(&tails).await?;
            let mut longer = Vec::new();
            for ((index, tail), page) in open.into_iter().zip(pages) {
                if let Some(last) = page.last().filter(|_| page.len() == STREAM_PAGE_EVENT_COUNT_MAX) {
                    longer.push((index, Tail { after: last.version, ..tail }));
                }
                if let Some(history) = histories.get_mut(index) {
                    history.extend(page);
                }
            }
            open = longer;
        }
        Ok(histories)
    }

    /// At most `limit` (up to 500) of the last events of one thing that stand before `before`, in order; the caller has asked
    /// the authority.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn history_before(
        &self,
        of: (TenantId, StreamId),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        self.core.runner.journal.read_back(of, before, limit).await
    }

    /// Where a tenant's last event stands: a projection that has reached it knows all that was there before.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn head(&self, tenant: TenantId) -> Result<Cursor, JournalError> {
        Ok(Cursor { tenant, position: self.core.runner.journal.head(tenant).await? })
    }

    /// The same of those events alone that name `part`: a field of their payload, and the text in it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn history_of_part(
        &self,
        of: (TenantId, StreamId),
        part: (&'static str, &str),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        self.core.runner.journal.read_back_of(of, part, before, limit).await
    }

    /// Those of the events with these ids (up to 500) that a tenant has; the caller has asked the authority.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn events_of(
        &self,
        tenant: TenantId,
        ids: &[EventId],
    ) -> Result<Vec<StoredEvent>, JournalError> {
        self.core.runner.journal.read_events(tenant, ids).await
    }

    /// How each of these things (up to 500) of a tenant began; the caller has asked the authority.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn births_of(
        &self,
        tenant: TenantId,
        category: Category,
        ids: &[Uuid],
    ) -> Result<Vec<StoredEvent>, JournalError> {
        self.core.runner.journal.read_births(tenant, category, ids).await
    }

    /// At most `limit` (up to 500) events of a tenant after a position, in order; the caller has asked the authority.
    ///
    /// # Errors
    /// [`JournalError`].
    pub async fn read_tenant(&self, after: Cursor, limit: usize) -> Result<Vec<StoredEvent>, JournalError> {
        self.core.runner.journal.read_tenant(after, limit).await
    }

    /// The time by the clock that decisions go by.
    pub fn now(&self) -> Timestamp {
        self.core.runner.clock.now()
    }

    /// What runs use cases, for those who outlive a borrow of the engine.
    pub fn runner(&self) -> Runner {
        self.core.runner.clone()
    }

    /// The metrics: register a clone with the exporter's registry.
    pub fn metrics(&self) -> Metrics {
        self.core.runner.metrics.clone()
    }

    /// Keeps the rows of a projection: exactly once per event, page by page, from the first event on.
    ///
    /// # Errors
    /// [`EngineError`] where its tables cannot be made or its name is taken.
    pub async fn project<P: Projection>(&self, projection: P) -> Result<Subscription, EngineError> {
        let own = Projecting::<P>::NAME;
        make_tables(&self.core, projection.tables()).await?;
        let found = checkpoint::serving(&self.core.database, own, self.core.runner.clock.now()).await?;
        let serving = Arc::new(AtomicU16::new(found.revision.min(own.revision)));
        let work = Arc::new(Projecting(projection));
        let rebuild: Arc<dyn Rebuild> = Arc::clone(&work) as Arc<dyn Rebuild>;
        let place = Place::Projection(Arc::clone(&serving), Arc::clone(&rebuild));
        let subscription = self.checkpointed(own, work, place)?;
        let revisions = Revisions {
            core: Arc::clone(&self.core),
            own,
            projection: rebuild,
            serving,
            caught_up: subscription.0.clone(),
        };
        self.tasks.lock().spawn(revisions.run());
        Ok(subscription)
    }

    /// Runs the commands of a policy. Their ids are derived from the event, so each is done once.
    ///
    /// # Errors
    /// [`EngineError`] where its name is taken.
    pub fn policy<P: Policy>(&self, policy: P) -> Result<Subscription, EngineError> {
        self.checkpointed(Reacting::<P>::NAME, Arc::new(Reacting(policy)), Place::Rows)
    }

    /// Performs the calls of an effect: at least once, in the order of the tenant's events.
    ///
    /// # Errors
    /// [`EngineError`] where its name is taken.
    pub fn effect<E: Effect>(&self, effect: E) -> Result<Subscription, EngineError> {
        self.checkpointed(Performing::<E>::NAME, Arc::new(Performing(effect)), Place::Rows)
    }

    /// Gives a follower all events from the first, then the new ones: by the doorbell at once, by a sweep within
    /// [`Pace::follow_sweep`] where the ring was lost or another node appended.
    ///
    /// # Errors
    /// [`EngineError`] where its name is taken.
    pub fn follow<F: Follower>(&self, follower: Arc<F>) -> Result<Subscription, EngineError> {
        let following = Following::new(Arc::clone(&self.core), follower);
        let name = SubscriptionName { name: F::NAME, revision: 0 };
        let progress = Arc::clone(&following.progress);
        let place = Place::Memory(Arc::clone(&following.halts));
        self.register(name, Arc::new(following), progress, place)
    }

    fn checkpointed(
        &self,
        name: SubscriptionName,
        work: Arc<dyn Work>,
        place: Place,
    ) -> Result<Subscription, EngineError> {
        let subscriber = Checkpointed::new(Arc::clone(&self.core), name, work);
        let progress = Arc::clone(&subscriber.progress);
        self.register(name, Arc::new(subscriber), progress, place)
    }

    fn register(
        &self,
        name: SubscriptionName,
        subscriber: Arc<dyn Subscriber>,
        progress: Arc<Progress>,
        place: Place,
    ) -> Result<Subscription, EngineError> {
        let sweep = match &place {
            Place::Projection(..) | Place::Rows => self.core.pace.sweep,
            Place::Memory(_) => self.core.pace.follow_sweep,
        };
        let (nudge, nudges) = mpsc::channel(NUDGE_COUNT_MAX);
        let (sender, caught_up) = watch::channel(false);
        let mut registry = self.registry.write();
        if registry.contains_key(name.name) {
            return Err(EngineError::Twice(name.name));
        }
        let scheduler = Scheduler {
            core: Arc::clone(&self.core),
            subscriber: Arc::clone(&subscriber),
            sweep,
            nudges,
            caught_up: sender,
        };
        registry.insert(name.name, Registered { name, subscriber, progress, nudge, place });
        drop(registry);
        self.tasks.lock().spawn(scheduler.run());
        Ok(Subscription(caught_up))
    }

    fn registered(&self, name: &str) -> Option<Registered> {
        self.registry.read().get(name).cloned()
    }

    /// The revision of a projection that readers are to read; none where no projection has that name.
    pub fn serving_revision(&self, name: &str) -> Option<u16> {
        self.registry.read().get(name).map(Registered::serving)
    }

    /// Waits until the consumer `name` has seen `cursor`, at most `wait`: a reader's own writes are there then.
    /// A halted tenant is stale at once.
    pub async fn wait_for(&self, name: &str, cursor: Cursor, wait: Duration) -> Freshness {
        let Some(registered) = self.registered(name) else {
            tracing::warn!(subscription = name, "a reader waits for a consumer that nobody registered");
            return Freshness::Stale;
        };
        let waiting = async {
            loop {
                let moved = registered.progress.moved();
                let mut moved = std::pin::pin!(moved);
                moved.as_mut().enable();
                if let Some(freshness) = self.freshness(&registered, cursor).await {
                    return freshness;
                }
                // Rings of all tenants wake it; only the poll asks the database for what other nodes did.
                drop(tokio::time::timeout(WAIT_POLL, moved).await);
            }
        };
        tokio::time::timeout(wait, waiting).await.unwrap_or(Freshness::Stale)
    }

    /// The answer, if there is one already.
    async fn freshness(&self, registered: &Registered, cursor: Cursor) -> Option<Freshness> {
        let serving = registered.serving();
        if serving == registered.name.revision && registered.progress.has_reached(cursor) {
            return Some(Freshness::Reached);
        }
        if let Place::Memory(halts) = &registered.place {
            return halts.has(cursor.tenant).then_some(Freshness::Stale);
        }
        let name = SubscriptionName { revision: serving, ..registered.name };
        let row = checkpoint::load(&self.core.database, name, cursor.tenant).await.ok()?;
        if row.position >= cursor.position {
            return Some(Freshness::Reached);
        }
        row.halted_by.map(|_| Freshness::Stale)
    }

    /// Lifts the halt of a consumer for a tenant: the event at fault is tried again. Whether there was one.
    ///
    /// # Errors
    /// [`EngineError::Unknown`], or the database failed.
    pub async fn resume(&self, name: &str, tenant: TenantId) -> Result<bool, EngineError> {
        let registered = self.registered(name).ok_or_else(|| EngineError::Unknown(name.to_owned()))?;
        let was_halted = match &registered.place {
            Place::Memory(halts) => halts.resume(tenant),
            Place::Projection(..) | Place::Rows => {
                let resume = checkpoint::resume(registered.name, tenant, self.core.runner.clock.now());
                self.core.database.write(vec![resume]).await?.iter().any(|touched| *touched > 0)
            }
        };
        // Full: the sweep comes by.
        let _ = registered.nudge.try_send(tenant);
        Ok(was_halted)
    }

    /// Derives the rows of a projection anew at the same revision, tenant by tenant, while it is read and kept: see
    /// [`crate::Projection::clear`]. Halts are lifted where the whole history can be taken. A history above
    /// [`crate::Pace::rebuild_at_once`] is followed again page by page, and waited for.
    ///
    /// # Errors
    /// [`EngineError`]; tenants that failed by themselves are in the report.
    pub async fn rebuild(&self, name: &str) -> Result<Rebuilt, EngineError> {
        let (registered, projection) = self.rebuildable(name)?;
        let mut rebuilt = Rebuilt::default();
        let mut after = None;
        loop {
            let heads = self.core.runner.journal.heads(after, REBUILD_TENANT_COUNT).await?;
            for head in &heads {
                let tenant = head.tenant;
                let done = if head.position.0 > self.core.pace.rebuild_at_once {
                    self.rebuild_in_pages(&registered, projection.as_ref(), tenant).await
                } else {
                    self.rebuild_at_once(&registered, projection.as_ref(), tenant).await
                };
                match done {
                    Ok(at) => {
                        rebuilt.tenant_count += 1;
                        rebuilt.event_count += at.position.0;
                    }
                    Err(error) => {
                        tracing::error!(projection = registered.name.name, tenant.id = %tenant, %error, "not rebuilt");
                        rebuilt.failed_tenant_count += 1;
                        if rebuilt.failed.len() < NAMED_FAILURE_COUNT_MAX {
                            rebuilt.failed.push((tenant, error));
                        }
                    }
                }
            }
            if heads.len() < REBUILD_TENANT_COUNT {
                return Ok(rebuilt);
            }
            after = heads.last().map(|head| head.tenant);
        }
    }

    /// The same for one tenant, soon: what its rows said before is gone when this returns. A history above
    /// [`crate::Pace::rederive_at_once`] is followed again page by page afterwards.
    ///
    /// # Errors
    /// [`EngineError`] where no projection has that name, [`RebuildError`] where the rows are as before.
    pub async fn rederive(
        &self,
        name: &str,
        tenant: TenantId,
    ) -> Result<Result<Rederived, RebuildError>, EngineError> {
        let (registered, projection) = self.rebuildable(name)?;
        let head = self.core.runner.journal.head(tenant).await?;
        if head.0 > self.core.pace.rederive_at_once {
            let begun = Self::restart(&self.core, &registered, projection.as_ref(), tenant).await;
            return Ok(begun.map(|()| Rederived::Begun));
        }
        let done = self.rebuild_at_once(&registered, projection.as_ref(), tenant).await;
        Ok(done.map(|_| Rederived::Done))
    }

    fn rebuildable(&self, name: &str) -> Result<(Registered, Arc<dyn Rebuild>), EngineError> {
        let registered = self.registered(name).ok_or_else(|| EngineError::Unknown(name.to_owned()))?;
        let Place::Projection(_, projection) = &registered.place else {
            return Err(EngineError::NotProjection(registered.name.name));
        };
        let projection = Arc::clone(projection);
        Ok((registered, projection))
    }

    async fn rebuild_at_once(
        &self,
        registered: &Registered,
        projection: &dyn Rebuild,
        tenant: TenantId,
    ) -> Result<Cursor, RebuildError> {
        let at = projection.rebuild(&self.core, tenant).await?;
        registered.progress.set(at);
        let _ = registered.nudge.try_send(tenant);
        Ok(at)
    }

    async fn restart(
        core: &Core,
        registered: &Registered,
        projection: &dyn Rebuild,
        tenant: TenantId,
    ) -> Result<(), RebuildError> {
        projection.restart(core, tenant).await?;
        registered.progress.forget(tenant);
        // Full: the sweep comes by.
        let _ = registered.nudge.try_send(tenant);
        Ok(())
    }

    /// Sets a tenant back and waits until the projection has followed it to where it was.
    async fn rebuild_in_pages(
        &self,
        registered: &Registered,
        projection: &dyn Rebuild,
        tenant: TenantId,
    ) -> Result<Cursor, RebuildError> {
        let end = projection.read_through(&self.core, tenant).await?;
        Self::restart(&self.core, registered, projection, tenant).await?;
        let (mut known, mut since) = (Position::START, Instant::now());
        loop {
            let row = checkpoint::load(&self.core.database, registered.name, tenant).await?;
            if let Some(reason) = row.halted_by {
                return Err(RebuildError::Halted(reason));
            }
            if row.position >= end.position {
                return Ok(end);
            }
            if row.position > known {
                (known, since) = (row.position, Instant::now());
            }
            if since.elapsed() > PAGE_WAIT_MAX || self.core.stop.is_cancelled() {
                return Err(RebuildError::Stalled);
            }
            tokio::time::sleep(PAGE_POLL).await;
        }
    }

    /// The events of a tenant after a position (none: after its present head), then the new ones as they come. Ends
    /// when the engine stops. An error is followed by another attempt when the stream is polled again.
    pub fn subscribe(
        &self,
        tenant: TenantId,
        after: Option<Position>,
    ) -> impl Stream<Item = Result<StoredEvent, JournalError>> + Send + 'static {
        feed::feed(Arc::clone(&self.core), tenant, after)
    }

    /// Reads stored events of one tenant as facts of the family `F`; those of other families are left out.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub async fn decode<F: EventFamily>(
        &self,
        events: Vec<StoredEvent>,
    ) -> Result<Vec<Recorded<F>>, DecodeError> {
        crate::decode::decode(&self.core.runner.keyring, &Arc::new(events)).await
    }

    /// Where every consumer stands now, in the order of their names.
    ///
    /// # Errors
    /// [`EngineError`] where the journal or the database fails.
    pub async fn status(&self) -> Result<Vec<SubscriptionStatus>, EngineError> {
        let all: Vec<Registered> = self.registry.read().values().cloned().collect();
        let mut statuses = Vec::with_capacity(all.len());
        for registered in all {
            let survey = registered.subscriber.survey().await?;
            statuses.push(SubscriptionStatus {
                name: registered.name.name,
                revision: registered.name.revision,
                serving_revision: registered.serving(),
                lagging_tenant_count: survey.lagging.len(),
                lag_event_count: survey.lag_event_count,
                age_seconds: survey.age_seconds,
                halted_tenant_count: survey.halted_tenant_count,
                halted: survey.halted,
            });
        }
        Ok(statuses)
    }

    /// Whether the database under the projections answers.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        self.core.database.query(Statement::new("SELECT 1")).await.map(drop)
    }

    /// Stops handing out work, lets what runs end, and joins every task. Commands still run afterwards.
    pub async fn shutdown(&self) {
        self.core.stop.cancel();
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        while let Some(ended) = tasks.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                tracing::error!("a task of the engine had panicked");
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Feeds hold the core and would wait for ever.
        self.core.stop.cancel();
    }
}
