//! What an account's past makes of it.

use std::collections::BTreeSet;

use kernel::{DelegationId, Sealed, ServiceId, UserId};

/// An account as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AccountState {
    /// It was never opened.
    #[default]
    Absent,
    /// It can order and its users can sign in.
    Open(AccountRecord),
    /// It is over.
    Closed(AccountRecord),
}

impl AccountState {
    /// Whether its users may sign in and order.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }
}

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// What it is called.
    pub name: Sealed<String>,
    /// Whether its users need a second factor.
    pub requires_second_factor: bool,
    /// Its users that are not removed.
    pub users: BTreeSet<UserId>,
    /// Its delegations that are not over.
    pub delegations: BTreeSet<DelegationId>,
    /// Its services that have not ended.
    pub services: BTreeSet<ServiceId>,
}
