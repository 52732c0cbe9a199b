//! Deriving rows anew.
//!
//! Two ways, by what changed. A new *meaning* raises [`crate::Projection::REVISION`]: the new tables are filled beside
//! the old ones and served when they are complete ([`crate::revision`]). The same meaning again (rows are suspected,
//! or a halt was repaired) is a rebuild: tenant by tenant, in one transaction that puts the checkpoint, clears the
//! tenant's rows and writes them as the whole history gives them. Readers see the old rows or the new ones, never
//! none, under the same names; appends go on meanwhile, and what they add is applied after the checkpoint as always.
//! A running projection (here or on another node) and a rebuild wait for each other at the row of the checkpoint,
//! which is the first statement of both.

use async_trait::async_trait;
use database::{DatabaseError, Statement};
use journal::JournalError;
use kernel::{Cursor, TenantId};

use crate::consumer::ProjectionError;
use crate::decode::DecodeError;
use crate::engine::Core;

/// Longest history of a tenant that is rebuilt in one transaction; a longer one wants a new revision.
pub const REBUILD_EVENT_COUNT_MAX: u64 = 250_000;
/// Failed tenants that a report names; the count is exact.
pub(crate) const NAMED_FAILURE_COUNT_MAX: usize = 100;

/// A projection as rebuilds see it.
#[async_trait]
pub(crate) trait Rebuild: Send + Sync + 'static {
    /// See [`crate::Projection::drop_tables`].
    fn drop_tables(&self, revision: u16) -> Vec<Statement>;

    /// Rebuilds one tenant; the place that its rows stand for.
    async fn rebuild(&self, core: &Core, tenant: TenantId) -> Result<Cursor, RebuildError>;
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

/// A tenant's rows are as they were before.
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
    /// More than [`REBUILD_EVENT_COUNT_MAX`] events.
    #[error("the history is too long for one transaction: raise the projection's revision instead")]
    TooLong,
}
