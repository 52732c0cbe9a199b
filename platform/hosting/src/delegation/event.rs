//! What can happen to a delegation.

use authority::{Permissions, Scope};
use kernel::{AccountId, DomainId, EmailAddress, Sealed, ServiceId, Timestamp, UserId};

/// Where a delegation reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationScope {
    /// The whole account.
    Account,
    /// These services, with their domains and mailboxes: 1 to 100.
    Services(Vec<ServiceId>),
    /// These domains, with their mailboxes: 1 to 100.
    Domains(Vec<DomainId>),
}

impl DelegationScope {
    /// The same in the words of the authority.
    pub fn of(&self, account: AccountId) -> Scope {
        match self {
            Self::Account => Scope::Account(account),
            Self::Services(services) => Scope::Services(account, services.clone()),
            Self::Domains(domains) => Scope::Domains(account, domains.clone()),
        }
    }
}

/// What happened to one delegation. Stream `delegation/{DelegationId}` of the account that is opened by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DelegationEvent {
    /// Somebody is invited.
    Invited {
        /// Whose account.
        account: AccountId,
        /// Who.
        email: Sealed<EmailAddress>,
        /// What it will allow.
        permissions: Permissions,
        /// Where.
        scope: DelegationScope,
        /// None: until revoked.
        expires_at: Option<Timestamp>,
        /// Whether it opens only to whoever has proved a second factor.
        requires_second_factor: bool,
        /// BLAKE3 of what the invited person shows.
        secret_hash: [u8; 32],
        /// Until when it can be answered.
        answer_until: Timestamp,
    },
    /// It is open to a user.
    Accepted {
        /// Who.
        user: UserId,
        /// Of which account.
        home: AccountId,
        /// Whether they had confirmed the address that was invited; otherwise they came by the link alone. None: that was
        /// not kept then.
        is_invited: Option<bool>,
    },
    /// The invited person does not want it.
    Declined,
    /// It allows more or less.
    TermsChanged {
        /// From now on.
        permissions: Permissions,
        /// From now on.
        scope: DelegationScope,
        /// From now on.
        expires_at: Option<Timestamp>,
        /// From now on.
        requires_second_factor: bool,
    },
    /// It was taken back.
    Revoked,
    /// It was given back.
    Left,
}
