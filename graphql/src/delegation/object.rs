//! A delegation as the API shows it.

use async_graphql::{Enum, SimpleObject};

use crate::scalar::{AccountKey, DelegationKey, DomainKey, Moment, ServiceKey, UserKey};

/// How far a delegation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DelegationStatus {
    /// Nobody has answered yet.
    Invited,
    /// It is open.
    Accepted,
    /// The invited person did not want it.
    Declined,
    /// It was taken back.
    Revoked,
    /// The delegate gave it back.
    Left,
    /// The time for it, or for the answer, is over.
    Expired,
}

/// Permissions that usually go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DelegationPreset {
    /// Everything that can be delegated.
    Full,
    /// Domains, mailboxes, aliases and their settings.
    Technical,
    /// The account and its services, to look at.
    Billing,
    /// The support's tickets, to read and to write, and the services that they are about.
    Support,
    /// Everything, to look at.
    Auditor,
}

/// Somebody's access to an account that is not theirs. It never opens mail, passwords or users.
#[derive(Debug, Clone, SimpleObject)]
pub struct Delegation {
    /// The name for the API.
    pub id: DelegationKey,
    /// The account that it opens.
    pub account_id: AccountKey,
    /// Who was invited; none once erased.
    pub email: Option<String>,
    /// Who accepted.
    pub user_id: Option<UserKey>,
    /// How far it is.
    pub status: DelegationStatus,
    /// What it allows, for example `mailbox:read`.
    pub permissions: Vec<String>,
    /// The services that it is confined to; none: see `domainIds`.
    pub service_ids: Vec<ServiceKey>,
    /// The domains that it is confined to; where both lists are empty it is for the whole account.
    pub domain_ids: Vec<DomainKey>,
    /// Whether it opens only to whoever signed in with a second factor.
    pub requires_second_factor: bool,
    /// It opens nothing from then on.
    pub expires_at: Option<Moment>,
    /// How often what it allows was changed: give it with a change that must not undo another's.
    pub revision: i32,
    /// Until when the invitation can be answered.
    pub answer_until: Moment,
    /// Since when the person is invited.
    pub invited_at: Moment,
    /// Since when it is answered.
    pub answered_at: Option<Moment>,
    /// Since when it is over.
    pub ended_at: Option<Moment>,
}

/// An account that somebody else lets the caller into.
#[derive(Debug, Clone, SimpleObject)]
pub struct DelegatedAccess {
    /// The delegation.
    pub id: DelegationKey,
    /// The account that it opens.
    pub account_id: AccountKey,
    /// What the account is called; none once erased.
    pub account_name: Option<String>,
    /// What may be done there.
    pub permissions: Vec<String>,
    /// The services that it is confined to.
    pub service_ids: Vec<ServiceKey>,
    /// The domains that it is confined to; where both lists are empty it is for the whole account.
    pub domain_ids: Vec<DomainKey>,
    /// Whether it opens only to whoever signed in with a second factor.
    pub requires_second_factor: bool,
    /// It opens nothing from then on.
    pub expires_at: Option<Moment>,
    /// Whether it opens now, a second factor provided where it is required.
    pub is_open: bool,
}

/// What an invitation lets its holder do.
#[derive(Debug, Clone, SimpleObject)]
pub struct DelegationInvitation {
    /// What the account is called; none once erased.
    pub account_name: Option<String>,
    /// What may be done there.
    pub permissions: Vec<String>,
    /// Whether it opens only to whoever signed in with a second factor.
    pub requires_second_factor: bool,
    /// It opens nothing from then on.
    pub expires_at: Option<Moment>,
    /// Whether somebody has accepted it.
    pub is_answered: bool,
}
