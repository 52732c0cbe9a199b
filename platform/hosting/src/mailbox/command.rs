//! What can be asked of a mailbox.

use std::collections::BTreeSet;

use kernel::{
    AccountId, AliasId, AppPasswordId, ByteSize, DomainId, DomainName, EmailAddress, LocalPart, MailboxId,
    ServiceId, Timestamp,
};

use super::{Crossing, HeldMail, HoldReason, MailProtocol, MailboxSettingsPatch, Threshold};
use crate::factor::FactorCommand;
use crate::{Language, PasswordHash};

/// An intention about one mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxCommand {
    /// Make it exist.
    Create(MailboxCreation),
    /// Allow it more or less.
    ChangeQuota {
        /// From now on; above zero.
        to: ByteSize,
    },
    /// Call it otherwise; none: nothing but its address.
    ChangeDisplayName(Option<String>),
    /// Replace the password.
    SetPassword {
        /// From now on.
        password: PasswordHash,
        /// Whether its owner chose it: a demand to choose another is fulfilled then.
        by_owner: bool,
        /// Whether its app passwords are revoked with the old one.
        revokes_others: bool,
    },
    /// Change what its owner proves besides the password.
    ChangeFactors(FactorCommand),
    /// Give it one more password for one program.
    AddAppPassword(NewAppPassword),
    /// Set some of such a password otherwise.
    ChangeAppPassword {
        /// Which.
        app_password: AppPasswordId,
        /// What of it.
        patch: AppPasswordPatch,
    },
    /// Take such a password back.
    RevokeAppPassword(AppPasswordId),
    /// Set some of its settings otherwise.
    ChangeSettings {
        /// Which.
        patch: Box<MailboxSettingsPatch>,
        /// The revision that the asker saw; none: whatever it is.
        revision: Option<u32>,
        /// Whether its owner asks, who may change some settings only.
        by_owner: bool,
    },
    /// Renew a forgotten password at another address from its confirmation on; its owner asks.
    GiveRecoveryAddress(EmailAddress),
    /// The owner of that address has shown that it is theirs.
    VerifyRecoveryAddress(EmailAddress),
    /// Write to its owner in a language.
    SetLanguage(Language),
    /// Show its owner times as they are at a place; none: wherever the reader is.
    SetTimeZone(Option<String>),
    /// Note a temporary alias of it, or when it ends.
    SetTemporaryAlias {
        /// Which.
        alias: AliasId,
        /// When it ends.
        expires_at: Timestamp,
        /// How many that have not expired the plan allows.
        count_max: u32,
    },
    /// Note that a temporary alias is gone, or permanent.
    DropTemporaryAlias(AliasId),
    /// Live at another address of the same domain.
    Rename(LocalPart),
    /// Hold what it sends to other hosts.
    HoldSending(HoldReason),
    /// Count a complaint about what it sent.
    RecordComplaint,
    /// Let it send again.
    ReleaseSending(HeldMail),
    /// Refuse mail and logins.
    Disable,
    /// Take mail and logins again.
    Enable,
    /// End it for good.
    Delete {
        /// When its contents may be destroyed.
        purge_after: Timestamp,
    },
    /// Bring it back as it was, within the retention; at another address of the same domain where one is given.
    Restore(Option<LocalPart>),
    /// Note that its usage crossed a fraction of its quota.
    RecordThreshold {
        /// Which fraction.
        threshold: Threshold,
        /// Which way.
        crossing: Crossing,
    },
}

/// An app password to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAppPassword {
    /// Its id.
    pub app_password: AppPasswordId,
    /// What its owner calls it, 1 to 128 characters.
    pub name: String,
    /// BLAKE3 of the secret.
    pub secret_hash: [u8; 32],
    /// What it opens; at least one.
    pub protocols: BTreeSet<MailProtocol>,
    /// None: until revoked.
    pub expires_at: Option<Timestamp>,
}

/// What of an app password is to be otherwise; none: as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppPasswordPatch {
    /// What its owner calls it, 1 to 128 characters.
    pub name: Option<String>,
    /// What it opens; at least one.
    pub protocols: Option<BTreeSet<MailProtocol>>,
    /// When it ends; none within: not before it is revoked.
    pub expires_at: Option<Option<Timestamp>>,
}

/// A mailbox to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxCreation {
    /// Whose it is.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Its domain, own or shared.
    pub domain: DomainId,
    /// The name of the domain.
    pub domain_name: DomainName,
    /// Its id, which personal data is sealed for.
    pub mailbox: MailboxId,
    /// Before the `@`.
    pub local: LocalPart,
    /// The most it may hold; above zero.
    pub quota: ByteSize,
    /// What it is called, up to 128 characters.
    pub display_name: Option<String>,
    /// None: nobody can sign in until one is set.
    pub password: Option<PasswordHash>,
}
