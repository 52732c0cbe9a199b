//! Domains whose mailboxes share storage: how much of the Box that takes, and whether it fits.
//!
//! The Box gives a pool out as a whole, as it gives out the quota of a mailbox. So what is given out never exceeds the Box,
//! whatever quotas the mailboxes in a pool have.

use kernel::{ByteSize, DomainId};

use super::{DomainShare, DomainUsage, ServiceRecord};
use crate::HostingRefusal;
use crate::refusal::{BoxRefusal, Limit};

impl DomainShare {
    /// What the mailboxes of the domain may hold together, where they share.
    pub fn pool(&self) -> Option<ByteSize> {
        self.storage_octets_max.filter(|_| self.is_pooled).map(ByteSize::new)
    }

    /// What a domain takes of the storage of its service: its pool, or the quotas of its mailboxes.
    pub fn taken(&self, lives: &DomainUsage) -> ByteSize {
        self.pool().unwrap_or(lives.bytes)
    }
}

impl ServiceRecord {
    /// How much of the storage is given out: pools as wholes, and the quotas of mailboxes that are in none.
    pub fn allocated(&self) -> ByteSize {
        let pools = self.shares.iter().filter_map(|(domain, share)| Some((domain, share.pool()?)));
        pools.fold(self.usage.bytes, |sum, (domain, size)| {
            let quotas = self.domains.get(domain).map_or(ByteSize::ZERO, |lives| lives.bytes);
            let others = sum.checked_sub(quotas).unwrap_or(ByteSize::ZERO);
            others.checked_add(size).unwrap_or(ByteSize::new(u64::MAX))
        })
    }
}

/// That a domain may have `share`, as far as storage is shared or was: what is beside it in the Box, what its mailboxes are
/// allotted, and what they hold.
pub(super) fn check(
    record: &ServiceRecord,
    domain: DomainId,
    (share, stored): (DomainShare, Option<ByteSize>),
) -> Result<(), HostingRefusal> {
    let before = super::decide::share(record, domain);
    if share.pool() == before.pool() {
        return Ok(());
    }
    let lives = super::decide::lives(record, domain);
    match (share.pool(), stored) {
        (Some(size), Some(stored)) if stored > size => {
            return Err(BoxRefusal::PoolBelowUse(Limit::bytes(size, stored)).into());
        }
        (Some(_), _) => {}
        (None, _) => {
            if let Some(allowed) = share.storage_octets_max.map(ByteSize::new)
                && lives.bytes > allowed
            {
                return Err(BoxRefusal::AllotmentAbovePool(Limit::bytes(allowed, lives.bytes)).into());
            }
        }
    }
    let (was, will) = (before.taken(&lives), share.taken(&lives));
    // A cut is always possible, also in a Box that is over its limits.
    if will > was {
        super::may_add(record)?;
        let others = record.allocated().checked_sub(was).unwrap_or(ByteSize::ZERO);
        let left = record.limits.storage.checked_sub(others).unwrap_or(ByteSize::ZERO);
        if will > left {
            return Err(BoxRefusal::PoolAboveBox(Limit::bytes(left, will)).into());
        }
    }
    Ok(())
}
