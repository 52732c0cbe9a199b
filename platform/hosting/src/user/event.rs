//! What can happen to a user.

use authority::{AdministratorRights, Permissions};
use ipnet::IpNet;
use kernel::{AccountId, EmailAddress, Sealed, Timestamp, TokenId};

use super::UserRole;
use crate::factor::FactorEvent;
use crate::{Language, LoginName, PasswordHash};

/// What happened to one user. Stream `user/{UserId}`; registered once, removed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserEvent {
    /// It exists and may sign in where it has a password.
    Registered {
        /// Whose user.
        account: AccountId,
        /// What it signs in with.
        login: Sealed<LoginName>,
        /// What it is called.
        name: Option<Sealed<String>>,
        /// How it is recognised.
        password: Option<Sealed<PasswordHash>>,
        /// What it may.
        role: UserRole,
        /// Whether it must choose another password before anything else.
        must_change_password: bool,
    },
    /// It has another password.
    PasswordSet {
        /// How it is recognised from now on.
        password: Sealed<PasswordHash>,
        /// Whether it must choose another before anything else.
        must_change: bool,
    },
    /// It gave an address that is not confirmed yet.
    EmailGiven {
        /// Which.
        email: Sealed<EmailAddress>,
        /// Whether it must be confirmed before anything else: its owner signed up with it.
        is_demanded: bool,
    },
    /// It has shown that the address is its own: notices go there from now on.
    EmailVerified {
        /// Which.
        email: Sealed<EmailAddress>,
    },
    /// It wants to be written to in this language.
    LanguageSet {
        /// Which.
        language: Language,
    },
    /// It wants times to be shown as they are somewhere.
    TimeZoneSet {
        /// Where, by the name of the IANA time zone database; none: wherever the reader is.
        zone: Option<String>,
    },
    /// It proves something else besides the password.
    Factor(FactorEvent),
    /// It is called otherwise.
    Renamed {
        /// None: it has no name but its login.
        name: Option<Sealed<String>>,
    },
    /// It may something else from now on.
    RoleSet {
        /// What it is.
        role: UserRole,
    },
    /// Its account's owner keeps these from it while it administers domains: all that are kept from then on.
    RightsWithheld {
        /// Which.
        rights: AdministratorRights,
    },
    /// It signs in no more; its sessions and tokens are void meanwhile.
    Disabled,
    /// It may sign in again.
    Enabled,
    /// It is gone, with its sessions and tokens; the login name is free.
    Removed,
    /// It has one more API token.
    TokenIssued {
        /// Which.
        token: TokenId,
        /// What it is for.
        name: Sealed<String>,
        /// The most it may do.
        permissions: Permissions,
        /// BLAKE3 of the secret.
        secret_hash: [u8; 32],
        /// None: until revoked.
        expires_at: Option<Timestamp>,
        /// From where it opens anything; empty: from everywhere.
        networks: Vec<IpNet>,
    },
    /// An API token is otherwise; its secret is the same.
    TokenChanged {
        /// Which.
        token: TokenId,
        /// What it is for.
        name: Sealed<String>,
        /// The most it may do from now on.
        permissions: Permissions,
        /// None: until revoked.
        expires_at: Option<Timestamp>,
        /// From where it opens anything; empty: from everywhere.
        networks: Vec<IpNet>,
    },
    /// An API token is void.
    TokenRevoked {
        /// Which.
        token: TokenId,
    },
}
