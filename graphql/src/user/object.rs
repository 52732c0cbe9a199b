//! Users, their sessions and API tokens, as the API shows them.

use async_graphql::{Enum, SimpleObject};

use crate::scalar::{AccountKey, DomainKey, MailboxKey, Moment, SessionKey, TokenKey, UserKey};

/// What a user is in the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RoleKind {
    /// Runs the platform; in the platform's own account only.
    Operator,
    /// May do everything in the account.
    Owner,
    /// Looks after the mailboxes and aliases of some domains.
    DomainAdministrator,
}

/// A person with a login.
#[derive(Debug, Clone, SimpleObject)]
pub struct User {
    /// The name for the API.
    pub id: UserKey,
    /// The account that the person belongs to.
    pub account_id: AccountKey,
    /// What they sign in with; none once erased.
    pub login: Option<String>,
    /// What they are called; none where not given, or once erased.
    pub name: Option<String>,
    /// What they are in the account.
    pub role: RoleKind,
    /// The domains that a domain administrator looks after.
    pub domain_ids: Vec<DomainKey>,
    /// Whether they may not sign in now.
    pub is_disabled: bool,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// Since when.
    pub registered_at: Moment,
    /// Whether they must choose another password before anything else.
    pub must_change_password: bool,
    /// Whether a password alone is not enough.
    pub has_second_factor: bool,
    /// What the account's owner keeps from them while they administer domains.
    pub withheld: Vec<AdministratorRight>,
    /// How often the name, the role or what is withheld was changed: give it with a change that must not undo another's.
    pub revision: i32,
}

/// One thing that a domain's administrator does unless it is withheld. What they try of it all the same is refused with the code
/// `WITHHELD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "authority::AdministratorRight")]
pub enum AdministratorRight {
    /// Have mail fetched from elsewhere.
    SyncJobs,
    /// Keep the Sieve scripts of mailboxes and domains.
    Filters,
    /// Have mail copied, and recipients rewritten.
    AddressMaps,
    /// Let mail leave through a host elsewhere.
    Relays,
    /// Decide how mail to destinations is encrypted.
    TlsPolicies,
    /// Give programs passwords of their own, and take them back.
    AppPasswords,
    /// Change lists of senders and spam scores.
    SpamLists,
    /// Change how many recipients a day a mailbox or domain may have.
    SendLimits,
    /// Switch protocols of mailboxes on and off.
    Protocols,
    /// Let mailboxes send in the name of other addresses.
    SendAs,
    /// Have news of mailboxes pushed elsewhere.
    PushDestinations,
    /// Release or purge held mail, and order about mail that waits to leave.
    HeldMail,
    /// Change the description, tags, footer and other settings of a domain.
    DomainSettings,
}

/// A key for programs. Its secret was shown once and is not kept.
#[derive(Debug, Clone, SimpleObject)]
pub struct ApiToken {
    /// The name for the API.
    pub id: TokenKey,
    /// The account.
    pub account_id: AccountKey,
    /// Whose rights it carries, narrowed to `permissions`.
    pub user_id: UserKey,
    /// What it is called; none once erased.
    pub name: Option<String>,
    /// The scopes that narrow its owner's rights, for example `mailbox:read`.
    pub permissions: Vec<String>,
    /// From where it opens anything; empty: from everywhere.
    pub networks: Vec<String>,
    /// Since when.
    pub issued_at: Moment,
    /// It opens nothing from then on.
    pub expires_at: Option<Moment>,
    /// Since when it is revoked.
    pub revoked_at: Option<Moment>,
    /// How often it was changed: give it with a change that must not undo another's.
    pub revision: i32,
}

/// A signed-in device.
#[derive(Debug, Clone, SimpleObject)]
pub struct Session {
    /// The name for the API.
    pub id: SessionKey,
    /// The account.
    pub account_id: AccountKey,
    /// Whose, where a user signed in.
    pub user_id: Option<UserKey>,
    /// Whose, where a mailbox signed in.
    pub mailbox_id: Option<MailboxKey>,
    /// Since when.
    pub started_at: Moment,
    /// Until when it can be refreshed.
    pub expires_at: Moment,
    /// Since when it is over.
    pub ended_at: Option<Moment>,
    /// Whether a second factor was proved.
    pub has_second_factor: bool,
    /// From what program and network; none once erased, or where it was not kept.
    pub device: Option<String>,
}
