//! What can happen to a domain.

use kernel::{AccountId, DomainId, DomainName, Sealed, ServiceId, Timestamp};

use super::{DkimAlgorithm, DkimPrivateKey, DkimSelector, DomainSettings};
use crate::mailbox::{Crossing, Threshold};

/// How the ownership was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerifiedBy {
    /// By a TXT record.
    Txt,
    /// By the operator's word.
    Operator,
}

/// What happened to one domain. Stream `domain/{DomainId}`; names of domains are not personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainEvent {
    /// An account wants to use it and has to prove that it owns it.
    Added {
        /// Which account.
        account: AccountId,
        /// For which service.
        service: ServiceId,
        /// The name.
        name: DomainName,
        /// The token that its DNS must show.
        token: String,
        /// The domain whose addresses exist in it as well; none: it has its own.
        mirrors: Option<DomainId>,
        /// Whether its name was claimed within the account; not for those that were added before that was done.
        is_claimed: bool,
    },
    /// Some of its settings are otherwise.
    SettingsChanged {
        /// All of them from now on.
        settings: Sealed<Box<DomainSettings>>,
        /// The names of those that changed.
        changed: Vec<String>,
    },
    /// It is a shared domain of the platform, and served.
    SharedAdded {
        /// The name.
        name: DomainName,
    },
    /// The account owns it; mail for it is taken from now on.
    Verified {
        /// How that was shown.
        by: VerifiedBy,
    },
    /// A signing key was made; its public half is to be shown in DNS.
    DkimKeyMade {
        /// Where it is to be shown.
        selector: DkimSelector,
        /// How it signs.
        algorithm: DkimAlgorithm,
        /// The public half, in base64.
        public: String,
        /// The private half.
        private: Sealed<DkimPrivateKey>,
    },
    /// A signing key was seen in DNS.
    DkimKeyPublished {
        /// Where.
        selector: DkimSelector,
        /// From when it may sign: whoever asked before it was there has forgotten that by then.
        active_after: Timestamp,
    },
    /// Mail is signed by the key from now on.
    DkimKeyActive {
        /// Where it is shown.
        selector: DkimSelector,
    },
    /// No mail is signed by the key any more.
    DkimKeyRetired {
        /// Where it is shown.
        selector: DkimSelector,
        /// Until when its record has to stand: mail that it signed may be on the way.
        withdraw_after: Timestamp,
    },
    /// What its mailboxes share is used up to a fraction, or no more.
    PoolThresholdCrossed {
        /// Which fraction.
        threshold: Threshold,
        /// Which way.
        crossing: Crossing,
    },
    /// It was removed and is the account's again, as it was; its ownership is to be shown again, and what was set for it is
    /// told again.
    Restored {
        /// The name.
        name: DomainName,
        /// The domain whose addresses exist in it as well; none: it has its own.
        mirrors: Option<DomainId>,
        /// As with [`DomainEvent::Added`].
        is_claimed: bool,
    },
    /// It is served no more and free for others.
    Removed {
        /// When what is left of it may be destroyed.
        purge_after: Timestamp,
    },
}
