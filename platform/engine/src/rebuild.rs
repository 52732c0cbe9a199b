//! Deriving rows anew.
//!
//! Two ways, by what changed. A new *meaning* raises [`crate::Projection::REVISION`]: the new tables are filled beside
//! the old ones and served when they are complete ([`crate::revision`]). The same meaning again (rows are suspected,
//! or a halt was repaired) is a rebuild: tenant by tenant, in one transaction that puts the checkpoint, clears the
//! tenant's rows and writes them as the whole history gives them. Readers see the old rows or the new ones, never
//! none, under the same names; appends go on meanwhile, and what they add is applied after the checkpoint as always.
//! A running projection (here or on another node) and a rebuild wait for each other at the row of the checkpoint,
//! which is the first statement of both.
//!
//! A history that is too long for one transaction is read through first, so that nothing is cleared that cannot be
//! written again. Then one transaction sets the checkpoint back to the beginning and clears the rows, and the projection
//! follows from there as it always does: page by page, on whichever node, also after a crash. Until it is through, readers
//! see the first part of that tenant's rows, and those who name a position are told that it is not reached.

use std::time::Duration;

use async_trait::async_trait;
use database::{DatabaseError, Statement};
use journal::JournalError;
use kernel::{Cursor, TenantId};

use crate::consumer::ProjectionError;
use crate::decode::DecodeError;
use crate::engine::Core;

/// How long a projection may take for one page of a history that it follows again, before a rebuild gives up waiting.
pub(crate) const PAGE_WAIT_MAX: Duration = Duration::from_secs(120);
/// Between two looks at how far it is.
pub(crate) const PAGE_POLL: Duration = Duration::from_millis(50);
/// Failed tenants that a report names; the count is exact.
pub(crate) const NAMED_FAILURE_COUNT_MAX: usize = 100;

/// A projection as rebuilds see it.
#[async_trait]
pub(crate) trait Rebuild: Send + Sync + 'static {
    /// See [`crate::Projection::drop_tables`].
    fn drop_tables(&self, revision: u16) -> Vec<Statement>;

    /// Rebuilds one tenant in one transaction; the place that its rows stand for.
    async fn rebuild(&self, core: &Core, tenant: TenantId) -> Result<Cursor, RebuildError>;

    /// Reads the whole history of a tenant as [`Self::rebuild`] does, and writes nothing; its end.
    async fn read_through(&self, core: &Core, tenant: TenantId) -> Result<Cursor, RebuildError>;

    /// Clears a tenant's rows and sets it back to the beginning: from there it is followed again.
    async fn restart(&self, core: &Core, tenant: TenantId) -> Result<(), RebuildError>;
}

/// What a rebuild came to.
#[derive(Debug, Default)]
pub struct Rebuilt {
    /// Tenants whose rows were derived anew.
    pub tenant_count: usize,
    /// Events that they were derived from.
    pub event_count: u64,
    /// Tenants whose rows are as before, because their history could not be taken.
    pub failed_tenant_count: usize,
    /// The first hundred of them.
    pub failed: Vec<(TenantId, RebuildError)>,
}

/// What became of the rows of one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rederived {
    /// They are as its events say now.
    Done,
    /// They are gone, and come back page by page as the projection follows the history again.
    Begun,
}

/// A tenant's rows are as they were before, but for [`RebuildError::Halted`] and [`RebuildError::Stalled`].
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The journal.
    #[error("the journal")]
    Journal(#[from] JournalError),
    /// The database, or rows that it refuses.
    #[error("the database")]
    Database(#[from] DatabaseError),
    /// An event cannot be read.
    #[error("reading an event")]
    Decode(#[from] DecodeError),
    /// The projection cannot take an event.
    #[error("applying an event")]
    Apply(#[from] ProjectionError),
    /// The projection halted on its way through the history.
    #[error("halted on the way: {0}")]
    Halted(String),
    /// The projection does not go on, or the engine was stopped; it goes on where it is when it runs.
    #[error("the projection does not go on; it does when it runs again")]
    Stalled,
}
