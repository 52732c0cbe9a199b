//! How far a consumer is, in memory: what waiters are woken by.

use std::collections::HashMap;

use kernel::{Cursor, Position, TenantId};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Tenants whose place is remembered for a checkpointed consumer; the rows know the others.
const REMEMBERED_TENANT_COUNT_MAX: usize = 200_000;

/// Places by tenant.
pub(crate) struct Progress {
    positions: Mutex<HashMap<TenantId, Position>>,
    moved: Notify,
    tenant_count_max: usize,
}

impl Progress {
    /// For a consumer whose truth are rows: may forget.
    pub(crate) fn beside_rows() -> Self {
        Self::with_limit(REMEMBERED_TENANT_COUNT_MAX)
    }

    /// For a consumer whose truth this is: one entry per tenant of the platform, never forgotten.
    pub(crate) fn complete() -> Self {
        Self::with_limit(usize::MAX)
    }

    fn with_limit(tenant_count_max: usize) -> Self {
        Self { positions: Mutex::default(), moved: Notify::new(), tenant_count_max }
    }

    pub(crate) fn position(&self, tenant: TenantId) -> Option<Position> {
        self.positions.lock().get(&tenant).copied()
    }

    pub(crate) fn has_reached(&self, cursor: Cursor) -> bool {
        self.position(cursor.tenant).is_some_and(|position| position >= cursor.position)
    }

    /// Stands here now, also where that is further back: a rebuild may do that.
    pub(crate) fn set(&self, cursor: Cursor) {
        let mut positions = self.positions.lock();
        if positions.len() >= self.tenant_count_max && !positions.contains_key(&cursor.tenant) {
            positions.clear();
        }
        positions.insert(cursor.tenant, cursor.position);
        drop(positions);
        self.moved.notify_waiters();
    }

    /// Does not know the tenant's place any more: the row is to be asked.
    pub(crate) fn forget(&self, tenant: TenantId) {
        if self.tenant_count_max != usize::MAX {
            self.positions.lock().remove(&tenant);
        }
    }

    /// Resolves when anything moves after this call.
    pub(crate) fn moved(&self) -> tokio::sync::futures::Notified<'_> {
        self.moved.notified()
    }
}
