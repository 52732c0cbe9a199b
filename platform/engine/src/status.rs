//! Where consumers stand: for health, alarms and `verify`.

use kernel::Cursor;

use crate::metrics::Lag;

/// Halted tenants that a status names; the count is exact.
pub(crate) const NAMED_HALT_COUNT_MAX: usize = 100;

/// A tenant for which a consumer waits for a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The last event that it took.
    pub at: Cursor,
    /// Why it stopped.
    pub reason: String,
}

/// Where one consumer stands at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionStatus {
    /// Its name.
    pub name: &'static str,
    /// The revision that this release builds; 0 for those without rows of their own.
    pub revision: u16,
    /// The revision that readers are given.
    pub serving_revision: u16,
    /// Tenants in which it is behind, without the halted ones.
    pub lagging_tenant_count: usize,
    /// Events that it has not seen, those of halted tenants included.
    pub lag_event_count: u64,
    /// How long the tenant that stands longest has stood still while behind, in seconds.
    pub age_seconds: u64,
    /// Tenants that wait for a repair.
    pub halted_tenant_count: usize,
    /// The first hundred of them.
    pub halted: Vec<Halt>,
}

/// What a sweep found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Heads of the tenants that are behind and not halted.
    pub(crate) lagging: Vec<Cursor>,
    pub(crate) lag_event_count: u64,
    pub(crate) age_seconds: u64,
    pub(crate) halted_tenant_count: usize,
    pub(crate) halted: Vec<Halt>,
}

impl Survey {
    pub(crate) fn halted(&mut self, halt: Halt) {
        self.halted_tenant_count += 1;
        if self.halted.len() < NAMED_HALT_COUNT_MAX {
            self.halted.push(halt);
        }
    }

    pub(crate) fn lag(&self) -> Lag {
        Lag {
            tenants: self.lagging.len(),
            events: self.lag_event_count,
            age_seconds: self.age_seconds,
            halted_tenants: self.halted_tenant_count,
        }
    }
}
