//! The loop of every consumer whose place is a row: projections, policies, effects.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use database::{DatabaseError, Statement};
use journal::{PAGE_EVENT_COUNT_MAX, StoredEvent, SubscriptionName};
use kernel::{Cursor, Id as _, Position, TenantId};
use parking_lot::Mutex;

use crate::EngineError;
use crate::checkpoint::{self, Checkpoint};
use crate::engine::Core;
use crate::progress::Progress;
use crate::scheduler::{Caught, Subscriber, chain};
use crate::standstill::Standstill;
use crate::status::{Halt, Survey};

/// Tenants in one page of a sweep.
const SWEEP_TENANT_COUNT: usize = 1000;
/// How often a healthy database may refuse the rows of one event before its tenant halts.
const DOUBTFUL_COUNT_MAX: u32 = 3;

/// A page of one tenant with the place it starts from.
pub(crate) struct Page {
    pub(crate) from: Checkpoint,
    /// Not empty.
    pub(crate) events: Arc<Vec<StoredEvent>>,
}

/// Why a page was not taken. Nothing of it happened, or what happened is harmless to repeat.
#[derive(Debug)]
pub(crate) enum Stumble {
    /// The checkpoint is elsewhere: another node was quicker.
    Lost,
    /// It will never work: halt.
    Poison(String),
    /// The database refused: poison, unless it is the database that is ill.
    Doubtful(String),
    /// The machine failed: again, for ever.
    Outside(String),
    /// An outside call failed: again, a few times.
    Call(String),
}

impl From<DatabaseError> for Stumble {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Full | DatabaseError::Busy | DatabaseError::Closed => {
                Self::Outside(error.to_string())
            }
            DatabaseError::Unexpected => Self::Lost,
            DatabaseError::Sqlite(_)
            | DatabaseError::Postgres(_)
            | DatabaseError::Constraint(_)
            | DatabaseError::Column { .. }
            | DatabaseError::Setting(_)
            | DatabaseError::Panicked => Self::Doubtful(error.to_string()),
        }
    }
}

/// What differs between projections, policies and effects.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// Events in a full page.
    fn page_event_count(&self) -> usize {
        PAGE_EVENT_COUNT_MAX
    }

    /// Takes the page, or a beginning of it, and moves the checkpoint behind what it took; where that is.
    async fn take(&self, core: &Core, page: Page) -> Result<Position, Stumble>;
}

/// Moves the checkpoint and executes `statements`, all or nothing.
pub(crate) async fn commit(
    core: &Core,
    name: SubscriptionName,
    from: &Checkpoint,
    to: Position,
    statements: Vec<Statement>,
) -> Result<Position, Stumble> {
    let mut all = vec![(checkpoint::advance(name, from, to, core.runner.clock.now()), Some(1))];
    all.extend(statements.into_iter().map(|statement| (statement, None)));
    if core.database.on_behalf_of(from.tenant.uuid()).write_if(all).await? {
        Ok(to)
    } else {
        Err(Stumble::Lost)
    }
}

/// See the module.
pub(crate) struct Checkpointed {
    pub(crate) core: Arc<Core>,
    pub(crate) name: SubscriptionName,
    pub(crate) work: Arc<dyn Work>,
    pub(crate) progress: Arc<Progress>,
    failures: Mutex<HashMap<TenantId, (Position, u32)>>,
    standstill: Standstill,
}

impl Checkpointed {
    pub(crate) fn new(core: Arc<Core>, name: SubscriptionName, work: Arc<dyn Work>) -> Self {
        Self {
            core,
            name,
            work,
            progress: Arc::new(Progress::beside_rows()),
            failures: Mutex::default(),
            standstill: Standstill::default(),
        }
    }

    async fn load(&self, tenant: TenantId) -> Result<Checkpoint, DatabaseError> {
        let checkpoint = checkpoint::load(&self.core.database, self.name, tenant).await?;
        if checkpoint.exists && checkpoint.halted_by.is_none() {
            self.progress.set(Cursor { tenant, position: checkpoint.position });
        } else {
            self.progress.forget(tenant);
        }
        Ok(checkpoint)
    }

    async fn start(&self, tenant: TenantId) -> Result<Checkpoint, DatabaseError> {
        match self.progress.position(tenant) {
            Some(position) => Ok(Checkpoint::at(tenant, position)),
            None => self.load(tenant).await,
        }
    }

    /// Goes on page by page until there is nothing more.
    async fn advance(&self, tenant: TenantId) -> Result<Caught, EngineError> {
        let mut from = self.start(tenant).await?;
        // After a page failed, so many events are taken one at a time.
        let mut single_count = 0_usize;
        loop {
            if self.core.stop.is_cancelled() {
                return Ok(Caught::Stopped);
            }
            if from.halted_by.is_some() {
                return Ok(Caught::Halted);
            }
            let limit = if single_count > 0 { 1 } else { self.work.page_event_count() };
            let after = Cursor { tenant, position: from.position };
            let events = self.core.runner.journal.read_tenant(after, limit).await?;
            let Some(last) = events.last().map(|event| event.cursor.position) else { return Ok(Caught::Up) };
            let count = events.len();
            let page = Page { from: from.clone(), events: Arc::new(events) };
            match self.work.take(&self.core, page).await {
                Ok(position) => {
                    self.passed(&from, position);
                    from = Checkpoint::at(tenant, position);
                    single_count = single_count.saturating_sub(1);
                    if position == last && count < limit {
                        return Ok(Caught::Up);
                    }
                }
                Err(Stumble::Lost) => from = self.load(tenant).await?,
                Err(Stumble::Poison(_) | Stumble::Doubtful(_)) if count > 1 => {
                    self.core.runner.metrics.failed(self.name.name);
                    single_count = count;
                }
                Err(stumble) => match self.stumbled(&from, stumble).await? {
                    Some(caught) => return Ok(caught),
                    None => from = self.load(tenant).await?,
                },
            }
        }
    }

    fn passed(&self, from: &Checkpoint, position: Position) {
        self.failures.lock().remove(&from.tenant);
        self.progress.set(Cursor { tenant: from.tenant, position });
        let count = position.0.saturating_sub(from.position.0);
        self.core.runner.metrics.passed(self.name.name, count);
    }

    /// How often the event after `from` has failed in this process, with this time.
    fn count_failure(&self, from: &Checkpoint) -> u32 {
        let mut failures = self.failures.lock();
        let failure = failures.entry(from.tenant).or_insert((from.position, 0));
        if failure.0 != from.position {
            *failure = (from.position, 0);
        }
        failure.1 = failure.1.saturating_add(1);
        failure.1
    }

    /// One event, or the machine, failed. None: look at the checkpoint again.
    async fn stumbled(&self, from: &Checkpoint, stumble: Stumble) -> Result<Option<Caught>, EngineError> {
        let (name, tenant) = (self.name.name, from.tenant);
        self.core.runner.metrics.failed(name);
        let count = self.count_failure(from);
        let (reason, pause) = match stumble {
            Stumble::Lost => return Ok(None),
            Stumble::Poison(reason) => (reason, None),
            Stumble::Doubtful(reason) => {
                // Fails where the database is ill: then it is not the event's fault, and the count begins anew.
                let probe = self.core.database.query(Statement::new("SELECT 1")).await;
                if probe.is_err() {
                    self.failures.lock().remove(&tenant);
                }
                probe?;
                let pause = (count < DOUBTFUL_COUNT_MAX).then(|| self.core.pace.failure_pause(count));
                (reason, pause)
            }
            Stumble::Outside(reason) => (reason, Some(self.core.pace.failure_pause(count))),
            Stumble::Call(reason) => (reason, self.core.pace.effect_pause(count)),
        };
        if let Some(pause) = pause {
            tracing::warn!(subscription = name, tenant.id = %tenant, position = from.position.0, count, reason, "tried again soon");
            return Ok(Some(Caught::Again(pause)));
        }
        self.halt(from, &reason).await
    }

    async fn halt(&self, from: &Checkpoint, reason: &str) -> Result<Option<Caught>, EngineError> {
        let reason = format!("event {}: {reason}", from.position.0.saturating_add(1));
        let halt = checkpoint::halt(self.name, from, &reason, self.core.runner.clock.now());
        if !self.core.database.write_if(vec![(halt, Some(1))]).await? {
            return Ok(None);
        }
        self.failures.lock().remove(&from.tenant);
        self.progress.forget(from.tenant);
        self.core.runner.metrics.halted(self.name.name);
        tracing::error!(
            subscription = self.name.name,
            tenant.id = %from.tenant,
            position = from.position.0,
            reason,
            "halted for this tenant until it is repaired and resumed"
        );
        Ok(Some(Caught::Halted))
    }
}

#[async_trait]
impl Subscriber for Checkpointed {
    fn name(&self) -> &'static str {
        self.name.name
    }

    fn has_reached(&self, cursor: Cursor) -> bool {
        self.progress.has_reached(cursor)
    }

    async fn survey(&self) -> Result<Survey, EngineError> {
        let mut survey = Survey::default();
        let mut behind = Vec::new();
        let mut after = None;
        loop {
            let page = self.core.runner.journal.lagging(self.name, after, SWEEP_TENANT_COUNT).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
            let (first, last) = (first.checkpoint.tenant, last.checkpoint.tenant);
            // The journal in memory knows no checkpoints; the rows do.
            let rows = checkpoint::load_range(&self.core.database, self.name, first, last).await?;
            let mut rows: HashMap<_, _> = rows.into_iter().map(|row| (row.tenant, row)).collect();
            for Cursor { tenant, position: head } in
                page.iter().map(|one| Cursor { tenant: one.checkpoint.tenant, position: one.head })
            {
                let row = rows.remove(&tenant).unwrap_or(Checkpoint::absent(tenant));
                survey.lag_event_count += head.0.saturating_sub(row.position.0);
                let at = Cursor { tenant, position: row.position };
                if self.progress.has_reached(Cursor { tenant, position: Position(row.position.0 + 1) }) {
                    // Another node set it back.
                    self.progress.forget(tenant);
                }
                match row.halted_by {
                    Some(reason) => survey.halted(Halt { at, reason }),
                    None if row.position < head => {
                        behind.push(at);
                        survey.lagging.push(Cursor { tenant, position: head });
                    }
                    None => {}
                }
            }
            if page.len() < SWEEP_TENANT_COUNT {
                break;
            }
            after = Some(last);
        }
        survey.age_seconds = self.standstill.age_seconds(behind.into_iter(), self.core.runner.clock.now());
        Ok(survey)
    }

    async fn catch_up(&self, target: Cursor) -> Caught {
        match self.advance(target.tenant).await {
            Ok(caught) => caught,
            Err(error) => {
                let from = Checkpoint::absent(target.tenant);
                let pause = self.core.pace.failure_pause(self.count_failure(&from));
                tracing::warn!(subscription = self.name.name, tenant.id = %target.tenant, error = %chain(&error), "tried again soon");
                Caught::Again(pause)
            }
        }
    }
}
