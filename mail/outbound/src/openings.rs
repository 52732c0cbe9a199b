//! Whose connections are open: of all that a node may have, one tenant's stalled hosts never hold the last.

use std::collections::HashMap;

use kernel::TenantId;
use store::Lane;

use crate::limits::QUANTUM_OCTETS;
use crate::ready::Weighed;

/// Connections by the tenant for whose mail they were opened.
#[derive(Debug, Default)]
pub(crate) struct Openings(HashMap<TenantId, usize>);

impl Openings {
    /// Whether one more may be opened for a tenant: as long as it has fewer than are free.
    pub(crate) fn may(&self, tenant: TenantId, free_count: usize) -> bool {
        self.0.get(&tenant).copied().unwrap_or_default() < free_count
    }

    /// One was opened.
    pub(crate) fn began(&mut self, tenant: TenantId) {
        *self.0.entry(tenant).or_default() += 1;
    }

    /// One was closed.
    pub(crate) fn ended(&mut self, tenant: TenantId) {
        if let Some(count) = self.0.get_mut(&tenant) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&tenant);
            }
        }
    }
}

/// A destination that has jobs of a tenant and no connection.
#[derive(Debug)]
pub(crate) struct Starved {
    pub(crate) tenant: TenantId,
    pub(crate) key: String,
}

impl Weighed for Starved {
    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn lane(&self) -> Lane {
        Lane::Interactive
    }

    fn cost(&self) -> u64 {
        QUANTUM_OCTETS
    }

    fn recipient_count(&self) -> usize {
        1
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_tenant_leaves_as_many_free_as_it_has() {
        let mut openings = Openings::default();
        let (one, other) = (TenantId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
        let mut free = 500;
        while openings.may(one, free) {
            openings.began(one);
            free -= 1;
        }
        assert_eq!(free, 250);
        while openings.may(other, free) {
            openings.began(other);
            free -= 1;
        }
        assert_eq!(free, 125);
        assert!(!openings.may(one, free));
        for _ in 0..200 {
            openings.ended(one);
        }
        assert!(openings.may(one, free + 200));
    }
}
