//! How much a mailbox may hold.

use crate::{ByteSize, DomainId};

/// Storage that the mailboxes of a domain share: what they hold together is counted against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoragePool {
    /// Of which domain.
    pub domain: DomainId,
    /// The most that its mailboxes may hold together.
    pub size: ByteSize,
}

/// How much a mailbox may hold: by itself, and together with the others of its domain where these share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// By itself.
    pub own: ByteSize,
    /// Together with others; none: it shares with nobody.
    pub pool: Option<StoragePool>,
}

impl Quota {
    /// Of a mailbox that shares with nobody.
    pub const fn own(own: ByteSize) -> Self {
        Self { own, pool: None }
    }

    /// The same without limits, for what was promised before. What a mailbox holds counts in its pool all the same.
    #[must_use]
    pub const fn lifted(self) -> Self {
        let most = ByteSize::new(u64::MAX);
        let pool = match self.pool {
            Some(pool) => Some(StoragePool { domain: pool.domain, size: most }),
            None => None,
        };
        Self { own: most, pool }
    }
}

impl From<ByteSize> for Quota {
    fn from(own: ByteSize) -> Self {
        Self::own(own)
    }
}
