//! How projections, policies and effects take a page.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use database::Statement;
use journal::{PAGE_EVENT_COUNT_MAX, SubscriptionName};
use kernel::{Cursor, EventFamily, Position, Recorded, TenantId};

use crate::checkpoint;
use crate::checkpointed::{Page, Stumble, Work, commit};
use crate::consumer::{Cause, Effect, Policy, Projection, ProjectionError};
use crate::decode::{DecodeError, decode};
use crate::engine::Core;
use crate::rebuild::{Rebuild, RebuildError};
use crate::scheduler::chain;

/// Longest outside call.
const EFFECT_WAIT_MAX: Duration = Duration::from_secs(60);
/// Events of which a crash may repeat the calls.
const EFFECT_PAGE_EVENT_COUNT: usize = 20;

impl From<DecodeError> for Stumble {
    fn from(error: DecodeError) -> Self {
        match &error {
            DecodeError::Malformed(_) | DecodeError::Panicked => Self::Poison(chain(&error)),
            DecodeError::Keys(_) => Self::Outside(chain(&error)),
        }
    }
}

/// The place behind a page.
fn end(page: &Page) -> Position {
    page.events.last().map_or(page.from.position, |event| event.cursor.position)
}

async fn decoded<F: EventFamily>(core: &Core, page: &Page) -> Result<Vec<Recorded<F>>, DecodeError> {
    decode(&core.runner.keyring, &page.events).await
}

/// A projection at work.
pub(crate) struct Projecting<P>(pub(crate) P);

impl<P: Projection> Projecting<P> {
    pub(crate) const NAME: SubscriptionName = SubscriptionName { name: P::NAME, revision: P::REVISION };

    fn statements(&self, events: &[Recorded<P::Event>]) -> Result<Vec<Statement>, ProjectionError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let applied = catch_unwind(AssertUnwindSafe(|| self.0.apply(events)));
        applied.unwrap_or_else(|_| Err(ProjectionError("applying panicked".to_owned())))
    }

    /// What the whole history of a tenant comes to, a page at a time; its end.
    async fn read(
        &self,
        core: &Core,
        tenant: TenantId,
        mut taken: impl FnMut(Vec<Statement>) + Send,
    ) -> Result<Cursor, RebuildError> {
        let mut at = Cursor { tenant, position: Position::START };
        loop {
            let page = core.runner.journal.read_tenant(at, PAGE_EVENT_COUNT_MAX).await?;
            let Some(last) = page.last() else { return Ok(at) };
            at = last.cursor;
            let events = decode(&core.runner.keyring, &Arc::new(page)).await?;
            taken(self.statements(&events)?);
        }
    }
}

#[async_trait]
impl<P: Projection> Work for Projecting<P> {
    async fn take(&self, core: &Core, page: Page) -> Result<Position, Stumble> {
        let events = decoded::<P::Event>(core, &page).await?;
        let statements = self.statements(&events).map_err(|error| Stumble::Poison(error.to_string()))?;
        commit(core, Self::NAME, &page.from, end(&page), statements).await
    }
}

#[async_trait]
impl<P: Projection> Rebuild for Projecting<P> {
    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        self.0.drop_tables(revision)
    }

    async fn rebuild(&self, core: &Core, tenant: TenantId) -> Result<Cursor, RebuildError> {
        let mut statements = self.0.clear(tenant);
        let at = self.read(core, tenant, |page| statements.extend(page)).await?;
        let put = checkpoint::put(Self::NAME, tenant, at.position, core.runner.clock.now());
        statements.insert(0, put);
        core.database.write(statements).await?;
        Ok(at)
    }

    async fn read_through(&self, core: &Core, tenant: TenantId) -> Result<Cursor, RebuildError> {
        self.read(core, tenant, drop).await
    }

    async fn restart(&self, core: &Core, tenant: TenantId) -> Result<(), RebuildError> {
        let put = checkpoint::put(Self::NAME, tenant, Position::START, core.runner.clock.now());
        let statements = [put].into_iter().chain(self.0.clear(tenant)).collect();
        core.database.write(statements).await?;
        Ok(())
    }
}

/// A policy at work.
pub(crate) struct Reacting<P>(pub(crate) P);

impl<P: Policy> Reacting<P> {
    pub(crate) const NAME: SubscriptionName = SubscriptionName { name: P::NAME, revision: 0 };

    async fn react(&self, core: &Core, recorded: &Recorded<P::Event>) -> Result<(), Stumble> {
        for (ordinal, reaction) in (0_u32..).zip(self.0.react(recorded)) {
            let cause = Cause {
                policy: P::NAME,
                ordinal,
                event: recorded.id,
                correlation: recorded.metadata.correlation,
            };
            reaction.run(&core.runner, cause).await.map_err(|error| {
                if error.is_lasting() {
                    Stumble::Poison(chain(&error))
                } else {
                    Stumble::Outside(chain(&error))
                }
            })?;
        }
        Ok(())
    }
}

/// What the events before one came to: the checkpoint moves up to there, so that only the failing one is repeated.
async fn stopped_at<E>(
    core: &Core,
    name: SubscriptionName,
    page: &Page,
    at: &Recorded<E>,
    stumble: Stumble,
) -> Result<Position, Stumble> {
    let before = Position(at.cursor.position.0.saturating_sub(1));
    if before == page.from.position {
        Err(stumble)
    } else {
        commit(core, name, &page.from, before, Vec::new()).await
    }
}

#[async_trait]
impl<P: Policy> Work for Reacting<P> {
    async fn take(&self, core: &Core, page: Page) -> Result<Position, Stumble> {
        for recorded in decoded::<P::Event>(core, &page).await? {
            if let Err(stumble) = self.react(core, &recorded).await {
                return stopped_at(core, Self::NAME, &page, &recorded, stumble).await;
            }
        }
        commit(core, Self::NAME, &page.from, end(&page), Vec::new()).await
    }
}

/// An effect at work.
pub(crate) struct Performing<E>(pub(crate) E);

impl<E: Effect> Performing<E> {
    pub(crate) const NAME: SubscriptionName = SubscriptionName { name: E::NAME, revision: 0 };
}

#[async_trait]
impl<E: Effect> Work for Performing<E> {
    fn page_event_count(&self) -> usize {
        EFFECT_PAGE_EVENT_COUNT
    }

    async fn take(&self, core: &Core, page: Page) -> Result<Position, Stumble> {
        for recorded in decoded::<E::Event>(core, &page).await? {
            let performed = tokio::time::timeout(EFFECT_WAIT_MAX, self.0.perform(&recorded)).await;
            let reason = match performed {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.reason,
                Err(_) => "no answer in time".to_owned(),
            };
            return stopped_at(core, Self::NAME, &page, &recorded, Stumble::Call(reason)).await;
        }
        commit(core, Self::NAME, &page.from, end(&page), Vec::new()).await
    }
}
