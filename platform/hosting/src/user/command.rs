//! What can be asked of a user.

use authority::{AdministratorRights, Permissions};
use ipnet::IpNet;
use kernel::{AccountId, EmailAddress, Timestamp, TokenId, UserId};

use super::UserRole;
use crate::factor::FactorCommand;
use crate::{Language, LoginName, PasswordHash};

/// An intention about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserCommand {
    /// Make it exist.
    Register(NewUser),
    /// Replace the password.
    SetPassword {
        /// From now on.
        password: PasswordHash,
        /// Whether somebody else chose it, so that its owner must choose another before anything else.
        must_change: bool,
        /// Whether the user's API tokens are revoked with the old one.
        revokes_others: bool,
    },
    /// Give an address, to be confirmed.
    GiveEmail {
        /// Which.
        email: EmailAddress,
        /// Whether it must be confirmed before anything else.
        is_demanded: bool,
    },
    /// Confirm the address that was given last.
    VerifyEmail(EmailAddress),
    /// Be written to in this language.
    SetLanguage(Language),
    /// Show times as they are there: a name of the IANA time zone database, 1 to 64 characters; none: wherever the reader is.
    SetTimeZone(Option<String>),
    /// Change what it proves besides the password.
    ChangeFactors(FactorCommand),
    /// Let it sign in no more.
    Disable,
    /// Let it sign in again.
    Enable,
    /// End it for good.
    Remove,
    /// Give it one more API token.
    IssueToken(NewToken),
    /// Set some of an API token otherwise.
    ChangeToken {
        /// Which.
        token: TokenId,
        /// What of it.
        patch: TokenPatch,
    },
    /// Take an API token back.
    RevokeToken(TokenId),
    /// Call it otherwise; none: nothing but its login.
    Rename(Option<String>),
    /// Let it be something else in the account.
    SetRole(UserRole),
    /// Keep these from it while it administers domains, and nothing else any more.
    Withhold(AdministratorRights),
}

/// A user to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// Whose user.
    pub account: AccountId,
    /// Its id, which personal data is sealed for.
    pub user: UserId,
    /// What it signs in with.
    pub login: LoginName,
    /// What it is called, up to 128 characters.
    pub name: Option<String>,
    /// None: it cannot sign in until one is set.
    pub password: Option<PasswordHash>,
    /// What it may.
    pub role: UserRole,
    /// Whether it must choose another password before anything else.
    pub must_change_password: bool,
}

/// An API token to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its id.
    pub token: TokenId,
    /// What it is for, 1 to 128 characters.
    pub name: String,
    /// The most it may do; never more than its user may at that moment.
    pub permissions: Permissions,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
    /// From where it opens anything; empty: from everywhere.
    pub networks: Vec<IpNet>,
}

/// What of an API token is to be otherwise; none: as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenPatch {
    /// What it is for, 1 to 128 characters.
    pub name: Option<String>,
    /// The most it may do.
    pub permissions: Option<Permissions>,
    /// When it ends; none within: not before it is revoked.
    pub expires_at: Option<Option<Timestamp>>,
    /// From where it opens anything; empty: from everywhere.
    pub networks: Option<Vec<IpNet>>,
}
