//! What can happen to a ticket.

use kernel::{AccountId, Sealed, ServiceId, TicketId, Timestamp, UserId};

/// What a ticket is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketKind {
    /// Invoices and payments.
    Billing,
    /// How something works, or does not.
    Technical,
    /// Somebody uses the platform against others.
    Abuse,
    /// Something is not safe.
    Security,
    /// Law and personal data.
    Legal,
    /// Before buying.
    Sales,
    /// A consumer goes back on a contract within 14 days, without a reason.
    Withdrawal,
}

/// How much a ticket hurries, in the eyes of the support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum TicketPriority {
    /// When there is time.
    Low,
    /// As it comes.
    #[default]
    Normal,
    /// Before others.
    High,
    /// Now.
    Urgent,
}

/// How a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// By the dashboard or the API.
    Panel,
    /// As an answer by mail: who has written it is not proven.
    Mail,
}

/// What opens a file: 32 octets of chance, used for this one file. Its `Debug` shows nothing. With the key of whoever
/// gave it, or of the account, it is destroyed, and the file with it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey([u8; 32]);

impl FileKey {
    /// Of these octets.
    pub const fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    /// The octets.
    pub const fn octets(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey")
    }
}

/// A file of a ticket. Its octets are kept beside the journal, sealed, under their hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketFile {
    /// Which side gave it.
    pub side: Side,
    /// Whether only the support gets it.
    pub is_internal: bool,
    /// What it is called.
    pub name: Sealed<String>,
    /// Its size in octets.
    pub octets: u64,
    /// SHA-256 of what is kept.
    pub hash: [u8; 32],
    /// What opens it.
    pub key: Sealed<FileKey>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Whoever asked.
    Customer,
    /// The platform's support.
    Staff,
}

/// What happened to one ticket. Stream `ticket/{TicketId}`; who spoke stands in each event's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketEvent {
    /// Somebody asks.
    Opened {
        /// Whose.
        account: AccountId,
        /// Which service it is about.
        service: Option<ServiceId>,
        /// What it is about.
        kind: TicketKind,
        /// In a line.
        subject: Sealed<String>,
        /// The question.
        text: Sealed<String>,
    },
    /// Somebody says something more.
    Said {
        /// Which side.
        side: Side,
        /// What.
        text: Sealed<String>,
        /// Whether only the support reads it.
        is_internal: bool,
        /// How it came.
        way: Way,
    },
    /// A file is laid beside what was said.
    Attached(TicketFile),
    /// One of the support takes it, or nobody any more.
    Assigned {
        /// Who.
        to: Option<UserId>,
    },
    /// It hurries more, or less.
    PrioritySet {
        /// How much.
        priority: TicketPriority,
    },
    /// It is answered.
    Resolved {
        /// When, for how long it can be reopened.
        at: Timestamp,
    },
    /// It is not answered after all.
    Reopened,
    /// It goes on in another ticket of the same account.
    Merged {
        /// In which.
        into: TicketId,
        /// When.
        at: Timestamp,
    },
    /// Another ticket of the same account goes on here.
    TookIn {
        /// Which.
        from: TicketId,
    },
    /// The customer says how it was.
    Rated {
        /// From 1, the worst, to 5.
        stars: u8,
        /// In words.
        words: Option<Sealed<String>>,
    },
}

impl TicketEvent {
    /// Whether the support alone is told of it.
    pub const fn is_of_the_desk(&self) -> bool {
        match self {
            Self::Said { is_internal, .. } => *is_internal,
            Self::Attached(file) => file.is_internal,
            Self::Assigned { .. } | Self::PrioritySet { .. } => true,
            Self::Opened { .. }
            | Self::Resolved { .. }
            | Self::Reopened
            | Self::Merged { .. }
            | Self::TookIn { .. }
            | Self::Rated { .. } => false,
        }
    }
}
