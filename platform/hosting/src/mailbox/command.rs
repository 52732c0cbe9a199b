//! What can be asked of a mailbox.

use kernel::{AccountId, ByteSize, DomainId, DomainName, LocalPart, MailboxId, ServiceId, Timestamp};

use super::{Crossing, MailboxSettingsPatch, Threshold};
use crate::PasswordHash;

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
    SetPassword(PasswordHash),
    /// Set some of its settings otherwise.
    ChangeSettings {
        /// Which.
        patch: Box<MailboxSettingsPatch>,
        /// The revision that the asker saw; none: whatever it is.
        revision: Option<u32>,
        /// Whether its owner asks, who may change some settings only.
        by_owner: bool,
    },
    /// Refuse mail and logins.
    Disable,
    /// Take mail and logins again.
    Enable,
    /// End it for good.
    Delete {
        /// When its contents may be destroyed.
        purge_after: Timestamp,
    },
    /// Note that its usage crossed a fraction of its quota.
    RecordThreshold {
        /// Which fraction.
        threshold: Threshold,
        /// Which way.
        crossing: Crossing,
    },
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
