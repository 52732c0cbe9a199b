//! What a user's past makes of it.

use std::collections::BTreeMap;

use authority::{AdministratorRights, Permissions};
use ipnet::IpNet;
use kernel::{AccountId, EmailAddress, Sealed, Timestamp, TokenId};

use super::{Access, UserRole};
use crate::factor::FactorState;
use crate::{Language, LoginName, PasswordHash};

/// A user as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum UserState {
    /// It was never registered.
    #[default]
    Absent,
    /// It exists.
    Present(Box<UserRecord>),
    /// It is gone.
    Removed,
}

impl UserState {
    /// What is known of it while it exists.
    pub fn record(&self) -> Option<&UserRecord> {
        match self {
            Self::Present(record) => Some(record),
            Self::Absent | Self::Removed => None,
        }
    }
}

/// What is known of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Whose user.
    pub account: AccountId,
    /// What it signs in with.
    pub login: Sealed<LoginName>,
    /// What it is called.
    pub name: Option<Sealed<String>>,
    /// How it is recognised.
    pub password: Option<Sealed<PasswordHash>>,
    /// What it may.
    pub role: UserRole,
    /// What is kept from it while it administers domains.
    pub withheld: AdministratorRights,
    /// Whether it may sign in.
    pub access: Access,
    /// Whether it must choose another password before anything else.
    pub must_change_password: bool,
    /// What it proves besides the password.
    pub factors: FactorState,
    /// Where notices go: it was confirmed.
    pub email: Option<Sealed<EmailAddress>>,
    /// The address that was given last and is not confirmed.
    pub email_pending: Option<Sealed<EmailAddress>>,
    /// In which language it is written to; none: in the platform's.
    pub language: Option<Language>,
    /// Where times are shown as they are; none: wherever the reader is.
    pub time_zone: Option<String>,
    /// How often its name or its role were changed.
    pub revision: u32,
    /// Its tokens that are not revoked.
    pub tokens: BTreeMap<TokenId, TokenRecord>,
}

/// What is known of an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// What it is for.
    pub name: Sealed<String>,
    /// The most it may do.
    pub permissions: Permissions,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
    /// From where it opens anything; empty: from everywhere.
    pub networks: Vec<IpNet>,
    /// How often it was changed.
    pub revision: u32,
}

impl TokenRecord {
    /// Whether it is still good at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}
