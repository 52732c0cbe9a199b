//! What a user is in an account.

use authority::{Grant, Permissions, Scope};
use kernel::{AccountId, DomainId};

/// What a user is; it gives the grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserRole {
    /// Runs the platform; only in the platform's own account.
    Operator,
    /// May everything in the account.
    Owner,
    /// Administers these domains with their mailboxes: 1 to 100.
    DomainAdministrator(Vec<DomainId>),
}

impl UserRole {
    /// What such a user of `account` may, and where.
    pub fn grants(&self, account: AccountId) -> Vec<Grant> {
        let (scope, permissions) = match self {
            Self::Operator => (Scope::Platform, Permissions::everything()),
            Self::Owner => (Scope::Account(account), Permissions::account_owner()),
            Self::DomainAdministrator(domains) => {
                (Scope::Domains(account, domains.clone()), Permissions::domain_administrator())
            }
        };
        vec![Grant { scope, permissions }]
    }
}

/// Whether somebody may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Yes.
    Enabled,
    /// Not until enabled again.
    Disabled,
}
