//! What can happen to a mailbox.

use std::collections::BTreeSet;

use kernel::{
    AccountId, AliasId, AppPasswordId, ByteSize, DomainId, DomainName, EmailAddress, LocalPart, Sealed,
    ServiceId, Timestamp,
};

use super::MailboxSettings;
use crate::factor::FactorEvent;
use crate::{Language, PasswordHash};

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

/// A way into a mailbox for programs: what an app password opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailProtocol {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// Message submission.
    Submission,
    /// ManageSieve.
    Sieve,
    /// CalDAV and CardDAV.
    Dav,
}

impl MailProtocol {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Imap, Self::Pop3, Self::Submission, Self::Sieve, Self::Dav];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop3 => "pop3",
            Self::Submission => "submission",
            Self::Sieve => "sieve",
            Self::Dav => "dav",
        }
    }

    /// The protocol of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name() == name)
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

/// Why what a mailbox sends is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldReason {
    /// It wrote to many people within an hour to whom it never wrote before.
    NewRecipients,
    /// The same, to fewer of them, from a network that it never sent from.
    NewNetwork,
    /// Many of those it wrote to within an hour do not exist.
    Bounces,
    /// It wrote to far more recipients on one day than it ever does, also to those whom it knows.
    Volume,
}

impl HoldReason {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NewRecipients, Self::NewNetwork, Self::Bounces, Self::Volume];

    /// Its word in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NewRecipients => "new_recipients",
            Self::NewNetwork => "new_network",
            Self::Bounces => "bounces",
            Self::Volume => "volume",
        }
    }
}

/// What becomes of held mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeldMail {
    /// It leaves.
    Released,
    /// What was sent since it looked like somebody else's is destroyed, and nobody is told; what waited before that leaves.
    Purged,
}

impl HeldMail {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Released, Self::Purged];

    /// Its word in events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Purged => "purged",
        }
    }
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
    /// Its owner proves something else besides the password.
    Factor(FactorEvent),
    /// It has one more password, for one program.
    AppPasswordAdded {
        /// Which.
        app_password: AppPasswordId,
        /// What its owner calls it.
        name: Sealed<String>,
        /// BLAKE3 of the secret.
        secret_hash: [u8; 32],
        /// What it opens.
        protocols: BTreeSet<MailProtocol>,
        /// None: until revoked.
        expires_at: Option<Timestamp>,
    },
    /// An app password is otherwise; its secret is the same.
    AppPasswordChanged {
        /// Which.
        app_password: AppPasswordId,
        /// What its owner calls it.
        name: Sealed<String>,
        /// What it opens from now on.
        protocols: BTreeSet<MailProtocol>,
        /// None: until revoked.
        expires_at: Option<Timestamp>,
    },
    /// An app password is void; whoever is in by it is out.
    AppPasswordRevoked {
        /// Which.
        app_password: AppPasswordId,
    },
    /// Some of its settings are otherwise.
    SettingsChanged {
        /// All of them from now on.
        settings: Sealed<Box<MailboxSettings>>,
        /// The names of those that changed.
        changed: Vec<String>,
    },
    /// Messages are kept in it for another time, whatever its users do. With [`MailboxEvent::SettingsChanged`], and unlike it
    /// never sealed: that somebody shortened the time stays readable when the mailbox is erased.
    RetentionChanged {
        /// Days until now; none: nothing was kept.
        from: Option<u32>,
        /// Days from now on.
        to: Option<u32>,
    },
    /// Its owner has shown that the address for a forgotten password is their own.
    RecoveryAddressVerified {
        /// Which.
        address: Sealed<EmailAddress>,
    },
    /// Its owner wants to be written to in a language.
    LanguageSet {
        /// From now on.
        language: Language,
    },
    /// Its owner wants times to be shown as they are at a place.
    TimeZoneSet {
        /// The name of a time zone; none: wherever the reader is.
        zone: Option<String>,
    },
    /// A temporary alias leads to it until a moment.
    TemporaryAliasSet {
        /// Which.
        alias: AliasId,
        /// Until when.
        expires_at: Timestamp,
    },
    /// A temporary alias is gone, or permanent.
    TemporaryAliasDropped {
        /// Which.
        alias: AliasId,
    },
    /// It lives at another address of the same domain.
    Renamed {
        /// Before the `@` from now on.
        local: Sealed<LocalPart>,
    },
    /// It is back as it was before it was deleted.
    Restored,
    /// What it sends to other hosts is held: somebody else may be sending in its name.
    SendingHeld {
        /// What was seen.
        reason: HoldReason,
        /// When.
        at: Timestamp,
    },
    /// What it sends leaves again.
    SendingReleased {
        /// What becomes of what was held.
        outcome: HeldMail,
        /// When.
        at: Timestamp,
    },
    /// Somebody who got its mail called it unwanted, and their provider told us.
    ComplainedAbout {
        /// When.
        at: Timestamp,
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
