//! Whose connections are at work: of all that a node may have, one tenant's stalled hosts never hold the last.

use std::collections::HashMap;

use kernel::TenantId;
use store::Lane;

use crate::limits::QUANTUM_OCTETS;
use crate::ready::Weighed;

/// The connections of a node: those at work by the tenant whose mail they carry, and those that wait for a message, which are
/// nobody's and make room for whoever needs it.
#[derive(Debug)]
pub(crate) struct Openings {
    count_max: usize,
    open_count: usize,
    at_work: HashMap<TenantId, usize>,
    at_work_count: usize,
}

impl Openings {
    pub(crate) fn new(count_max: usize) -> Self {
        Self { count_max, open_count: 0, at_work: HashMap::new(), at_work_count: 0 }
    }

    /// Whether one more may be at work for a tenant: as long as it has fewer than others could have.
    pub(crate) fn may(&self, tenant: TenantId) -> bool {
        self.at_work.get(&tenant).copied().unwrap_or_default() < self.count_max - self.at_work_count
    }

    /// Whether another one may be opened only after one was closed.
    pub(crate) fn are_all_open(&self) -> bool {
        self.open_count >= self.count_max
    }

    /// One was opened.
    pub(crate) fn opened(&mut self) {
        self.open_count += 1;
    }

    /// One was closed.
    pub(crate) fn closed(&mut self) {
        self.open_count -= 1;
    }

    /// One carries a tenant's mail from now on.
    pub(crate) fn works(&mut self, tenant: TenantId) {
        self.at_work_count += 1;
        *self.at_work.entry(tenant).or_default() += 1;
    }

    /// One does not carry it any more.
    pub(crate) fn rests(&mut self, tenant: TenantId) {
        if let Some(count) = self.at_work.get_mut(&tenant) {
            self.at_work_count -= 1;
            *count -= 1;
            if *count == 0 {
                self.at_work.remove(&tenant);
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
        let mut openings = Openings::new(500);
        let (one, other) = (TenantId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
        let fill = |openings: &mut Openings, tenant| {
            let mut count = 0;
            while openings.may(tenant) {
                openings.opened();
                openings.works(tenant);
                count += 1;
            }
            count
        };
        assert_eq!(fill(&mut openings, one), 250);
        assert_eq!(fill(&mut openings, other), 125);
        assert!(!openings.may(one) && !openings.are_all_open());
        for _ in 0..200 {
            openings.rests(one);
        }
        assert!(openings.may(one), "those that wait for a message count for nobody");
        for _ in 0..125 {
            openings.opened();
        }
        assert!(openings.are_all_open());
        openings.closed();
        assert!(!openings.are_all_open());
    }
}
