//! Whether a message fits: into a mailbox, and into what the mailboxes of its domain share. Decided at RCPT with the size
//! that the sender announces; the copies of one message into one pool count together.

use kernel::Quota;
use store::{Owner, StoreError};

use crate::deliver::Place;
use crate::reply::Reply;
use crate::session::Session;

const OVER_QUOTA: Reply = Reply::new(552, "5.2.2", "The mailbox is full");
const OVER_POOL: Reply =
    Reply::new(552, "5.2.2", "The storage that the mailboxes of this domain share is full");

/// What has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The mailbox.
    Mailbox,
    /// What it shares with others.
    Pool,
}

impl Full {
    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::Mailbox => OVER_QUOTA,
            Self::Pool => OVER_POOL,
        }
    }
}

impl Session<'_> {
    /// What of `owner` has no room for `octets` more, beside the copies for `promised`.
    pub(crate) async fn full(
        &self,
        (owner, quota): (Owner, Quota),
        octets: u64,
        promised: impl Iterator<Item = &Place>,
    ) -> Result<Option<Full>, StoreError> {
        let store = &self.server.store;
        if store.usage(owner).await?.size.octets().saturating_add(octets) > quota.own.octets() {
            return Ok(Some(Full::Mailbox));
        }
        let Some(pool) = quota.pool else { return Ok(None) };
        let shares = |place: &&Place| {
            place.owner.tenant == owner.tenant
                && place.quota.pool.is_some_and(|other| other.domain == pool.domain)
        };
        let copies = u64::try_from(promised.filter(shares).count()).unwrap_or(u64::MAX).saturating_add(1);
        let used = store.pool_usage(owner.tenant, pool.domain).await?.size.octets();
        let is_full = used.saturating_add(octets.saturating_mul(copies)) > pool.size.octets();
        Ok(is_full.then_some(Full::Pool))
    }
}
