//! What can happen to an account.

use kernel::{DelegationId, Sealed, ServiceId, UserId};

/// What happened to one account. Stream `account/{AccountId}`; opened once, closed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountEvent {
    /// It exists and can order services.
    Opened {
        /// What it is called.
        name: Sealed<String>,
    },
    /// It orders nothing more and nobody signs in to it.
    Closed,
    /// Its users need a second factor from now on, or need it no more.
    SecondFactorRequired {
        /// Whether they do.
        is_required: bool,
    },
    /// One of its users exists from now on; kept here so that they can be counted.
    UserAdded {
        /// Who.
        user: UserId,
    },
    /// A user is gone.
    UserRemoved {
        /// Who.
        user: UserId,
    },
    /// Somebody is let in or invited; kept here so that they can be counted.
    DelegationAdded {
        /// Which delegation.
        delegation: DelegationId,
    },
    /// A delegation is over.
    DelegationEnded {
        /// Which.
        delegation: DelegationId,
    },
    /// It ordered a service; kept here so that a closing account can be refused.
    ServiceAdded {
        /// Which.
        service: ServiceId,
    },
    /// A service has ended.
    ServiceEnded {
        /// Which.
        service: ServiceId,
    },
}
