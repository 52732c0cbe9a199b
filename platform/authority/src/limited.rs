//! What the state of a Box lets its own people do with it.
//!
//! Whoever looks after a Box from above (the platform, its operators, the reseller who entitles it) is not held by it.

use std::collections::BTreeMap;

use kernel::ServiceId;

/// What is left of a service that its people may not use freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limited {
    /// Nothing is sent and nothing is added.
    Restricted,
    /// Nobody signs in to its mailboxes, and nothing of it is changed.
    Suspended,
    /// It is over.
    Ended,
}

/// The services of some accounts that are limited; what is not named is not.
pub type LimitedServices = BTreeMap<ServiceId, Limited>;

/// What a use case does to the Box in which it does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnBox {
    /// Nothing that its state has a say in: somebody protects themselves, pays, asks, leaves, or has it ended.
    Nothing,
    /// Changes or removes what is there.
    Changes,
    /// Adds something to it.
    Adds,
}

impl Limited {
    /// Whether a Box in this state lets that be done by its people.
    pub const fn lets(self, what: OnBox) -> bool {
        match (self, what) {
            (_, OnBox::Nothing) | (Self::Restricted, OnBox::Changes) => true,
            (Self::Restricted, OnBox::Adds)
            | (Self::Suspended | Self::Ended, OnBox::Changes | OnBox::Adds) => false,
        }
    }
}
