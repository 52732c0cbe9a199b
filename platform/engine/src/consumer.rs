//! What can listen to events. A consumer writes or calls out, never both.

use async_trait::async_trait;
use database::Statement;
use kernel::{Cursor, EventFamily, Recorded};

/// Derived rows: exactly once. Pure: a page of events in, statements out; the engine executes them and moves the
/// checkpoint in one transaction.
pub trait Projection: Send + Sync + 'static {
    /// What it reads.
    type Event: EventFamily;

    /// The name of its checkpoints, for example `mailbox_list`.
    const NAME: &'static str;

    /// Raised when the meaning of a column changes: the engine then builds `<table>_v<REVISION>` beside the old one.
    const REVISION: u16;

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
    /// As for projections: the tenant halts for this follower.
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

/// A use case whose type is forgotten; the engine implements it for every guarded use case.
#[async_trait]
pub trait Reaction: Send + Sync {
    /// Runs it as the platform.
    ///
    /// # Errors
    /// The machine failed: it is tried again.
    async fn run(
        &self,
        engine: &crate::Engine,
        command: kernel::CommandId,
        cause: kernel::EventId,
    ) -> Result<(), crate::RunError>;
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
