//! What can be handed on.

use kernel::ByteSize;

use crate::HostingRefusal;
use crate::plan::PlanLimits;
use crate::refusal::{Limit, ResellerRefusal};

/// An amount of what resellers hand on. All of it is what services may have, whether they use it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Resources {
    /// Services that have not ended.
    pub services: u32,
    /// Own domains of those services.
    pub domains: u32,
    /// Mailboxes of those services.
    pub mailboxes: u32,
    /// Storage of those services.
    pub storage: ByteSize,
}

impl Resources {
    /// Nothing at all.
    pub const NONE: Self = Self { services: 0, domains: 0, mailboxes: 0, storage: ByteSize::ZERO };

    /// What one service with these limits takes.
    pub const fn of(limits: &PlanLimits) -> Self {
        Self {
            services: 1,
            domains: limits.domain_count_max,
            mailboxes: limits.mailbox_count_max,
            storage: limits.storage,
        }
    }

    /// Both together; what overflows is the most there is.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            services: self.services.saturating_add(other.services),
            domains: self.domains.saturating_add(other.domains),
            mailboxes: self.mailboxes.saturating_add(other.mailboxes),
            storage: self.storage.checked_add(other.storage).unwrap_or(ByteSize::new(u64::MAX)),
        }
    }

    /// What is left of it without `other`; at least nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            services: self.services.saturating_sub(other.services),
            domains: self.domains.saturating_sub(other.domains),
            mailboxes: self.mailboxes.saturating_sub(other.mailboxes),
            storage: self.storage.checked_sub(other.storage).unwrap_or(ByteSize::ZERO),
        }
    }

    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            services: self.services.max(other.services),
            domains: self.domains.max(other.domains),
            mailboxes: self.mailboxes.max(other.mailboxes),
            storage: self.storage.max(other.storage),
        }
    }

    /// Whether none of it is more than `other` has.
    pub fn fits(self, other: Self) -> bool {
        self.max(other) == other
    }

    /// Whether a share of a pool may go from `from` to `to`, while `used` of `pool` is used with `from` in it. A cut is
    /// always possible, also where more is used than the pool holds.
    ///
    /// # Errors
    /// The refusal that names what is used up.
    pub fn check_change(
        pool: Option<Self>,
        used: Self,
        (from, to): (Self, Self),
    ) -> Result<(), HostingRefusal> {
        let Some(pool) = pool else { return Ok(()) };
        let count = |allowed: u32, used: u32| Limit { allowed: allowed.into(), used: used.into() };
        let is_beyond = |(from, to): (u64, u64), limit: Limit| {
            // In 128 bits: what is asked may be all that a number can hold.
            let after = u128::from(limit.used.saturating_sub(from)) + u128::from(to);
            to > from && after > u128::from(limit.allowed)
        };
        let limit = count(pool.services, used.services);
        if is_beyond((from.services.into(), to.services.into()), limit) {
            return Err(ResellerRefusal::PoolServicesReached(limit).into());
        }
        let limit = count(pool.domains, used.domains);
        if is_beyond((from.domains.into(), to.domains.into()), limit) {
            return Err(ResellerRefusal::PoolDomainsReached(limit).into());
        }
        let limit = count(pool.mailboxes, used.mailboxes);
        if is_beyond((from.mailboxes.into(), to.mailboxes.into()), limit) {
            return Err(ResellerRefusal::PoolMailboxesReached(limit).into());
        }
        let limit = Limit::bytes(pool.storage, used.storage);
        if is_beyond((from.storage.octets(), to.storage.octets()), limit) {
            return Err(ResellerRefusal::PoolStorageReached(limit).into());
        }
        Ok(())
    }
}
