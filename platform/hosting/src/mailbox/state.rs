//! What a mailbox's past makes of it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{
    AccountId, AliasId, AppPasswordId, ByteSize, DomainId, DomainName, EmailAddress, LocalPart, Sealed,
    ServiceId, Timestamp,
};

use super::{HoldReason, MailProtocol, MailboxSettings, SelfService, Threshold};
use crate::factor::FactorState;
use crate::user::Access;
use crate::{Language, PasswordHash};

/// A mailbox as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MailboxState {
    /// It was never created.
    #[default]
    Absent,
    /// It exists.
    Live(MailboxRecord),
    /// It is deleted; its contents may still be there.
    Deleted(MailboxRecord),
}

impl MailboxState {
    /// What is known of it while it exists.
    pub const fn record(&self) -> Option<&MailboxRecord> {
        match self {
            Self::Live(record) => Some(record),
            Self::Absent | Self::Deleted(_) => None,
        }
    }
}

/// What is known of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRecord {
    /// Whose it is.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Its domain.
    pub domain: DomainId,
    /// The name of the domain.
    pub domain_name: DomainName,
    /// Before the `@`.
    pub local: Sealed<LocalPart>,
    /// The most it may hold.
    pub quota: ByteSize,
    /// What it is called.
    pub display_name: Option<Sealed<String>>,
    /// How its owner is recognised.
    pub password: Option<Sealed<PasswordHash>>,
    /// What its owner proves besides the password.
    pub factors: FactorState,
    /// Its app passwords that are not revoked.
    pub app_passwords: BTreeMap<AppPasswordId, AppPasswordRecord>,
    /// Its temporary aliases with their ends, expired ones as well.
    pub temporary_aliases: BTreeMap<AliasId, Timestamp>,
    /// Where it is deleted: when its contents may be destroyed.
    pub purge_after: Option<Timestamp>,
    /// Whether it takes mail and logins.
    pub access: Access,
    /// Why and since when what it sends is held; none: it leaves.
    pub sending_hold: Option<(HoldReason, Timestamp)>,
    /// How often somebody called its mail unwanted.
    pub complaint_count: u32,
    /// The fractions of its quota that its usage is at or above.
    pub crossed: BTreeSet<Threshold>,
    /// How often its quota or its name were changed.
    pub revision: u32,
    /// What is set for it; the defaults where its owner is erased.
    pub settings: Box<MailboxSettings>,
    /// The address for a forgotten password that its owner has confirmed last.
    pub recovery_verified: Option<Sealed<EmailAddress>>,
    /// The language that its owner has chosen.
    pub language: Option<Language>,
    /// The time zone that its owner has chosen.
    pub time_zone: Option<String>,
    /// How often settings were changed.
    pub settings_revision: u32,
    /// How many crossings were recorded.
    pub crossing_count: u32,
}

/// What is known of an app password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPasswordRecord {
    /// What its owner calls it.
    pub name: Sealed<String>,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// What it opens.
    pub protocols: BTreeSet<MailProtocol>,
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
    /// How often it was changed.
    pub revision: u32,
}

impl AppPasswordRecord {
    /// Whether it is still good at `now`.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

impl MailboxRecord {
    /// Its address, unless its owner is erased.
    pub fn address(&self) -> Option<EmailAddress> {
        self.local.plain().map(|local| EmailAddress::new(local.clone(), self.domain_name.clone()))
    }

    /// Where a forgotten password is renewed: the address that its owner has set, once it is confirmed, while its
    /// administrators leave that to the owner.
    pub fn recovery(&self) -> Option<&EmailAddress> {
        let verified = self.recovery_verified.as_ref()?.plain()?;
        let is_left = self.settings.self_service.contains(&SelfService::RecoveryAddress);
        (is_left && self.recovery_given().as_ref() == Some(verified)).then_some(verified)
    }

    /// The address that its owner has set for a forgotten password, confirmed or not.
    pub fn recovery_given(&self) -> Option<EmailAddress> {
        EmailAddress::parse(self.settings.recovery_address.as_deref()?).ok()
    }
}
