//! What can happen to an order: that it is given.

use kernel::{AccountId, DomainId, MailboxId, Sealed};

/// What is ordered. The names are those of the stored kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailOrderKind {
    /// Recipients wait until they are released.
    Hold,
    /// Held recipients go on.
    Release,
    /// Recipients are tried at once.
    Retry,
    /// Recipients are given up, and their senders told.
    Bounce,
    /// Recipients are removed, and nobody is told.
    Remove,
    /// Nothing is sent to a site.
    SuspendSite,
    /// A suspended site is sent to again.
    ResumeSite,
    /// Nothing of the account is sent to an address.
    Suppress,
    /// An address is sent to again.
    Unsuppress,
}

impl MailOrderKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Hold,
        Self::Release,
        Self::Retry,
        Self::Bounce,
        Self::Remove,
        Self::SuspendSite,
        Self::ResumeSite,
        Self::Suppress,
        Self::Unsuppress,
    ];
}

/// How far in the account an order reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOrderScope {
    /// All of it; of the platform's own account: everybody's.
    Whole,
    /// What these have sent.
    Parts {
        /// These domains.
        domains: Vec<DomainId>,
        /// These mailboxes.
        mailboxes: Vec<MailboxId>,
    },
}

/// What names people, or may: sealed for the account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailOrderAbout {
    /// The domain or site that mail goes to, or the address; empty: none is named.
    pub target: String,
    /// Why, in the words of whoever gave it; empty: they said nothing.
    pub reason: String,
}

/// What happened to one order. Stream `mail_order/{MailOrderId}`: it is given, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOrderEvent {
    /// It is given.
    Given {
        /// About whose mail; the platform's own account: about everybody's.
        account: AccountId,
        /// What.
        order: MailOrderKind,
        /// How far it reaches.
        scope: MailOrderScope,
        /// About this message alone: its number in the queue.
        message: Option<u64>,
        /// About this recipient of it alone, from 0.
        recipient: Option<u32>,
        /// About recipients in this state alone, in the word of the queue.
        state: Option<String>,
        /// To whom, and why.
        about: Sealed<MailOrderAbout>,
    },
}
