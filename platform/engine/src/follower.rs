//! The loop of a consumer that lives in memory: from the first event at every start, then current.
//!
//! Positions are gapless, so the pages up to a known head are known before they are read: several are read and
//! decoded at once, on all cores, and applied in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use journal::{PAGE_EVENT_COUNT_MAX, StoredEvent};
use kernel::{Cursor, Position, TenantId};
use parking_lot::Mutex;
use tokio_util::task::AbortOnDropHandle;

use crate::EngineError;
use crate::consumer::Follower;
use crate::decode::{DecodeError, decode};
use crate::engine::Core;
use crate::progress::Progress;
use crate::scheduler::{Caught, Subscriber, chain};
use crate::standstill::Standstill;
use crate::status::{Halt, Survey};

/// Pages of one tenant that are read and decoded at a time.
const READ_AHEAD_PAGE_COUNT: usize = 4;
/// Tenants in one page of a sweep.
const SWEEP_TENANT_COUNT: usize = 5000;
/// The pause after the journal failed.
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct Following<F> {
    pub(crate) core: Arc<Core>,
    pub(crate) follower: Arc<F>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) halts: Arc<Halts>,
    standstill: Standstill,
}

/// Tenants for which a follower waits for a repair; in memory, since the next start tries anew.
#[derive(Default)]
pub(crate) struct Halts(Mutex<BTreeMap<TenantId, Halt>>);

impl Halts {
    /// Lifts a halt; whether there was one.
    pub(crate) fn resume(&self, tenant: TenantId) -> bool {
        self.0.lock().remove(&tenant).is_some()
    }

    pub(crate) fn has(&self, tenant: TenantId) -> bool {
        self.0.lock().contains_key(&tenant)
    }
}

/// Some events of a tenant, one after another, and where they end.
struct Decoded<E> {
    first: Position,
    last: Position,
    stored: Arc<Vec<StoredEvent>>,
    events: Result<Vec<kernel::Recorded<E>>, DecodeError>,
}

/// Why work on a tenant ended early.
enum Stop {
    Journal(EngineError),
    Poison(String),
}

impl<F: Follower> Following<F> {
    pub(crate) fn new(core: Arc<Core>, follower: Arc<F>) -> Self {
        Self {
            core,
            follower,
            progress: Arc::new(Progress::complete()),
            halts: Arc::default(),
            standstill: Standstill::default(),
        }
    }

    fn position(&self, tenant: TenantId) -> Position {
        self.progress.position(tenant).unwrap_or(Position::START)
    }

    /// Takes pages until `target`, or until the journal has no more.
    async fn advance(&self, target: Cursor) -> Result<(), Stop> {
        let Cursor { tenant, position: target } = target;
        let head =
            self.core.runner.journal.head(tenant).await.map_err(|error| Stop::Journal(error.into()))?;
        let (start, end) = (self.position(tenant).0, target.0.min(head.0));
        let read = |after| {
            let core = Arc::clone(&self.core);
            let after = Cursor { tenant, position: Position(after) };
            async move { read_page::<F>(&core, after).await }
        };
        let starts = (start..end).step_by(PAGE_EVENT_COUNT_MAX);
        if end.saturating_sub(start) <= PAGE_EVENT_COUNT_MAX as u64 {
            // The usual case: a ring about an event or two.
            return if start < end { self.take(tenant, read(start).await?).await } else { Ok(()) };
        }
        let reading = |after| {
            let task = AbortOnDropHandle::new(tokio::spawn(read(after)));
            async move { task.await.unwrap_or_else(|_| Err(Stop::Poison("reading panicked".to_owned()))) }
        };
        let mut pages = std::pin::pin!(stream::iter(starts).map(reading).buffered(READ_AHEAD_PAGE_COUNT));
        while let Some(page) = pages.next().await {
            if self.core.stop.is_cancelled() {
                break;
            }
            self.take(tenant, page?).await?;
        }
        Ok(())
    }

    /// Applies a page; where that fails, one event at a time up to the one at fault.
    async fn take(&self, tenant: TenantId, page: Option<Decoded<F::Event>>) -> Result<(), Stop> {
        let Some(page) = page else { return Ok(()) };
        if page.first.0 != self.position(tenant).0 + 1 {
            return Err(Stop::Poison(format!(
                "event {} follows event {}",
                page.first.0,
                self.position(tenant).0
            )));
        }
        let failed = match page.events {
            Ok(events) => self.apply(&events).is_err(),
            Err(DecodeError::Keys(error)) => return Err(Stop::Journal(error.into())),
            Err(DecodeError::Malformed(_) | DecodeError::Panicked) => true,
        };
        if failed {
            self.core.runner.metrics.failed(F::NAME);
            for stored in page.stored.iter() {
                let one = Arc::new(vec![stored.clone()]);
                let events = decode::<F::Event>(&self.core.runner.keyring, &one).await;
                events
                    .map_err(|error| chain(&error))
                    .and_then(|events| self.apply(&events))
                    .map_err(Stop::Poison)?;
                self.passed(stored.cursor);
            }
        }
        self.passed(Cursor { tenant, position: page.last });
        Ok(())
    }

    fn apply(&self, events: &[kernel::Recorded<F::Event>]) -> Result<(), String> {
        if events.is_empty() {
            return Ok(());
        }
        let applying = std::panic::AssertUnwindSafe(|| self.follower.apply(events));
        match std::panic::catch_unwind(applying) {
            Ok(applied) => applied.map_err(|error| error.to_string()),
            Err(_) => Err("applying panicked".to_owned()),
        }
    }

    fn passed(&self, cursor: Cursor) {
        let count = cursor.position.0.saturating_sub(self.position(cursor.tenant).0);
        self.progress.set(cursor);
        self.core.runner.metrics.passed(F::NAME, count);
    }

    fn halt(&self, tenant: TenantId, reason: &str) {
        let at = Cursor { tenant, position: self.position(tenant) };
        let reason = format!("event {}: {reason}", at.position.0.saturating_add(1));
        self.core.runner.metrics.halted(F::NAME);
        tracing::error!(follower = F::NAME, tenant.id = %tenant, position = at.position.0, reason, "halted for this tenant");
        self.halts.0.lock().insert(tenant, Halt { at, reason });
    }
}

async fn read_page<F: Follower>(core: &Core, after: Cursor) -> Result<Option<Decoded<F::Event>>, Stop> {
    let page = core.runner.journal.read_tenant(after, PAGE_EVENT_COUNT_MAX).await;
    let page = Arc::new(page.map_err(|error| Stop::Journal(error.into()))?);
    let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(None) };
    let (first, last) = (first.cursor.position, last.cursor.position);
    let events = decode(&core.runner.keyring, &page).await;
    Ok(Some(Decoded { first, last, stored: page, events }))
}

#[async_trait]
impl<F: Follower> Subscriber for Following<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn has_reached(&self, cursor: Cursor) -> bool {
        self.progress.has_reached(cursor)
    }

    async fn survey(&self) -> Result<Survey, EngineError> {
        let mut survey = Survey::default();
        let mut behind = Vec::new();
        let mut after = None;
        loop {
            let heads = self.core.runner.journal.heads(after, SWEEP_TENANT_COUNT).await?;
            let halts = self.halts.0.lock().clone();
            for head in &heads {
                let position = self.position(head.tenant);
                survey.lag_event_count += head.position.0.saturating_sub(position.0);
                if let Some(halt) = halts.get(&head.tenant) {
                    survey.halted(halt.clone());
                } else if position < head.position {
                    behind.push(Cursor { tenant: head.tenant, position });
                    survey.lagging.push(*head);
                }
            }
            if heads.len() < SWEEP_TENANT_COUNT {
                break;
            }
            after = heads.last().map(|head| head.tenant);
        }
        survey.age_seconds = self.standstill.age_seconds(behind.into_iter(), self.core.runner.clock.now());
        Ok(survey)
    }

    async fn catch_up(&self, target: Cursor) -> Caught {
        if self.halts.has(target.tenant) {
            return Caught::Halted;
        }
        match self.advance(target).await {
            Ok(()) if self.core.stop.is_cancelled() => Caught::Stopped,
            Ok(()) => Caught::Up,
            Err(Stop::Poison(reason)) => {
                self.halt(target.tenant, &reason);
                Caught::Halted
            }
            Err(Stop::Journal(error)) => {
                tracing::warn!(follower = F::NAME, tenant.id = %target.tenant, error = %chain(&error), "tried again soon");
                Caught::Again(FAILURE_PAUSE)
            }
        }
    }
}
