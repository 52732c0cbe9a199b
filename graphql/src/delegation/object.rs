//! A delegation as the API shows it.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use kernel::AccountId;

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
#[graphql(complex)]
pub struct Delegation {
    /// The name for the API.
    pub id: DelegationKey,
    /// The account that it opens.
    pub account_id: AccountKey,
    /// Who was invited; none once erased.
    pub email: Option<String>,
    /// Who accepted; `acceptedBy` says what they sign in with.
    pub user_id: Option<UserKey>,
    /// Whether whoever accepted had confirmed the invited address as their own; false: they came by the link of the invitation
    /// alone, which somebody may have passed on. None where nobody has accepted, and of before this was kept.
    pub is_accepted_as_invited: Option<bool>,
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
    /// The account of whoever accepted.
    #[graphql(skip)]
    pub(crate) home: Option<AccountId>,
}

#[ComplexObject]
impl Delegation {
    /// What whoever accepted signs in with: they have made themselves known thereby to those who see invitations. None where
    /// nobody has accepted, and once they are erased.
    async fn accepted_by(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        match self.user_id {
            Some(user) => crate::history::actor::accepted_by(ctx, (user.0, self.home)).await,
            None => Ok(None),
        }
    }
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
    /// Whether it opens now, to this session or API token: false as well where a second factor is needed and none was proved.
    pub is_open: bool,
    /// Whether it opens only to whoever signed in with a second factor: its terms say so, or the account demands one of
    /// everybody. An API token proves none.
    pub needs_second_factor: bool,
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
    /// Whether somebody has accepted it. Whoever does is named to the account by what they sign in with.
    pub is_answered: bool,
}
