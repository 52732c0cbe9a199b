//! What can listen to events. A consumer writes or calls out, never both.

use async_trait::async_trait;
use authority::{Guarded, Principal};
use database::Statement;
use kernel::{Causation, CommandId, CorrelationId, Cursor, EventFamily, EventId, Recorded, Refusal as _};

use crate::run::{Circumstances, Runner};
use crate::{Outcome, RunError};

/// Derived rows: exactly once. Pure: a page of events in, statements out; the engine executes them and moves the
/// checkpoint in one transaction.
pub trait Projection: Send + Sync + 'static {
    /// What it reads.
    type Event: EventFamily;

    /// The name of its checkpoints, for example `mailbox_list`.
    const NAME: &'static str;

    /// Raised when the meaning of a column changes: the engine then builds `<table>_v<REVISION>` beside the old one
    /// and drops that after the switch. From 1.
    const REVISION: u16;

    /// The name of a table at a revision; readers ask [`crate::Engine::serving_revision`] for the one to read.
    fn table(base: &str, revision: u16) -> String
    where
        Self: Sized,
    {
        format!("{base}_v{revision}")
    }

    /// `CREATE TABLE IF NOT EXISTS ...` and indices, tables named with the revision.
    fn tables(&self) -> Vec<Statement>;

    /// `DROP TABLE IF EXISTS ...` of what [`Projection::tables`] made at `revision`.
    fn drop_tables(&self, revision: u16) -> Vec<Statement>;

    /// Deletes the rows of one tenant, for a rebuild of that tenant.
    fn clear(&self, tenant: kernel::TenantId) -> Vec<Statement>;

    /// The statements for a page of one tenant, in order.
    ///
    /// # Errors
    /// [`ProjectionError`] halts this projection for this tenant, loudly, until it is repaired.
    fn apply(&self, page: &[Recorded<Self::Event>]) -> Result<Vec<Statement>, ProjectionError>;
}

/// An event that a projection cannot take.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProjectionError(pub String);

/// Derived memory: rebuilt from the first event at every start, then kept current.
pub trait Follower: Send + Sync + 'static {
    /// What it reads.
    type Event: EventFamily;

    /// Its name in logs and metrics.
    const NAME: &'static str;

    /// Takes a page of one tenant, in order. Must be quick and must not block.
    ///
    /// # Errors
    /// As for projections: the tenant halts for this follower. A page that failed is given again one event at a time
    /// first, so what it did before it failed must be harmless to do again.
    fn apply(&self, page: &[Recorded<Self::Event>]) -> Result<(), ProjectionError>;
}

/// Event in, commands out: at least once, and the commands' ids are derived from the event, so once.
pub trait Policy: Send + Sync + 'static {
    /// What it reads.
    type Event: EventFamily;

    /// The name of its checkpoints; the commands' ids are derived from it.
    const NAME: &'static str;

    /// What to do about an event, in order.
    fn react(&self, recorded: &Recorded<Self::Event>) -> Vec<Box<dyn Reaction>>;
}

/// Why a policy runs a use case.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// Which policy.
    pub policy: &'static str,
    /// Which of its reactions to the event, from 0.
    pub ordinal: u32,
    /// What it reacts to.
    pub event: EventId,
    /// The request that led to the event.
    pub correlation: CorrelationId,
}

impl Cause {
    /// The same for each replay of the event.
    pub fn command(&self) -> CommandId {
        CommandId::reaction(self.event, self.policy, self.ordinal)
    }
}

/// A use case whose type is forgotten; implemented for every guarded use case.
#[async_trait]
pub trait Reaction: Send + Sync {
    /// Runs it as the platform. A refusal of the model is an answer: the policy's event is done with.
    ///
    /// # Errors
    /// The machine failed: it is tried again.
    async fn run(&self, runner: &Runner, cause: Cause) -> Result<(), RunError>;
}

#[async_trait]
impl<U: Guarded> Reaction for U {
    async fn run(&self, runner: &Runner, cause: Cause) -> Result<(), RunError> {
        let principal = Principal::platform(cause.policy);
        let by = Circumstances {
            principal: &principal,
            command: cause.command().into(),
            correlation: cause.correlation,
            causation: Causation::Event(cause.event),
        };
        match runner.run(by, self).await? {
            Outcome::Done { .. } => {}
            Outcome::Refused(refusal) => {
                tracing::info!(policy = cause.policy, use_case = U::NAME, event.id = %cause.event, code = refusal.code(), "refused");
            }
            Outcome::Denied(denied) => {
                tracing::error!(policy = cause.policy, use_case = U::NAME, event.id = %cause.event, %denied, "denied");
            }
        }
        Ok(())
    }
}

/// Event in, a call to the outside out: at least once, idempotency key = event id.
#[async_trait]
pub trait Effect: Send + Sync + 'static {
    /// What it reads.
    type Event: EventFamily;

    /// The name of its checkpoints.
    const NAME: &'static str;

    /// Calls out.
    ///
    /// # Errors
    /// [`EffectError`]: tried again with growing pauses, then halted for the tenant.
    async fn perform(&self, recorded: &Recorded<Self::Event>) -> Result<(), EffectError>;
}

/// The outside failed.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct EffectError {
    /// Where the engine was.
    pub at: Cursor,
    /// Why, without personal data.
    pub reason: String,
}
