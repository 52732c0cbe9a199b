//! What can happen to a mailbox.

use kernel::{AccountId, ByteSize, DomainId, DomainName, LocalPart, Sealed, ServiceId, Timestamp};

use super::MailboxSettings;
use crate::PasswordHash;

/// A fraction of the quota whose crossing is a fact of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Threshold {
    /// 80 %.
    Eighty,
    /// 95 %.
    NinetyFive,
    /// 100 %.
    Full,
}

impl Threshold {
    /// All of them, from the lowest.
    pub const ALL: [Self; 3] = [Self::Eighty, Self::NinetyFive, Self::Full];

    /// In percent of the quota.
    pub const fn percent(self) -> u8 {
        match self {
            Self::Eighty => 80,
            Self::NinetyFive => 95,
            Self::Full => 100,
        }
    }

    /// The threshold of that percentage.
    pub fn of_percent(percent: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|threshold| threshold.percent() == percent)
    }
}

/// Which way a threshold was crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Crossing {
    /// Usage is at or above it now.
    Up,
    /// Usage is below it again.
    Down,
}

/// What happened to one mailbox. Stream `mailbox/{MailboxId}`; created once, deleted at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailboxEvent {
    /// It exists and accepts mail from now on.
    Created {
        /// Whose it is.
        account: AccountId,
        /// Its service.
        service: ServiceId,
        /// Its domain, own or shared.
        domain: DomainId,
        /// The name of the domain, so that a reader knows the address without another stream.
        domain_name: DomainName,
        /// Before the `@`.
        local: Sealed<LocalPart>,
        /// The most it may hold.
        quota: ByteSize,
        /// What it is called.
        display_name: Option<Sealed<String>>,
        /// How its owner is recognised; none: nobody can sign in.
        password: Option<Sealed<PasswordHash>>,
    },
    /// `from` is kept so that a reader needs no history to tell a raise from a cut.
    QuotaChanged {
        /// Before.
        from: ByteSize,
        /// From now on.
        to: ByteSize,
    },
    /// It is called otherwise.
    DisplayNameChanged {
        /// None: it has no name but its address.
        display_name: Option<Sealed<String>>,
    },
    /// It has another password.
    PasswordSet {
        /// How its owner is recognised from now on.
        password: Sealed<PasswordHash>,
    },
    /// Some of its settings are otherwise.
    SettingsChanged {
        /// All of them from now on.
        settings: Sealed<Box<MailboxSettings>>,
        /// The names of those that changed.
        changed: Vec<String>,
    },
    /// It takes no mail and no logins.
    Disabled,
    /// It takes mail and logins again.
    Enabled,
    /// Mail is refused (550 5.1.1) from now; contents are destroyed at `purge_after`.
    Deleted {
        /// When contents may be destroyed.
        purge_after: Timestamp,
    },
    /// Its usage crossed a fraction of its quota.
    QuotaThresholdCrossed {
        /// Which fraction.
        threshold: Threshold,
        /// Which way.
        crossing: Crossing,
    },
}
