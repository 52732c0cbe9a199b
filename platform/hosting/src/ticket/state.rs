//! What a ticket's past makes of it.

use kernel::{AccountId, Sealed, ServiceId, TicketId, Timestamp, UserId};

use super::{TicketFile, TicketKind, TicketPriority};

/// A ticket as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TicketState {
    /// Nobody has asked.
    #[default]
    Absent,
    /// It exists.
    Present(Box<TicketRecord>),
}

impl TicketState {
    /// What is known of it.
    pub fn record(&self) -> Option<&TicketRecord> {
        match self {
            Self::Absent => None,
            Self::Present(record) => Some(record),
        }
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TicketStage {
    /// The support's.
    AwaitingStaff,
    /// The customer's.
    AwaitingCustomer,
    /// Nobody's since then.
    Resolved(Timestamp),
}

/// What is known of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRecord {
    /// Whose.
    pub account: AccountId,
    /// Which service it is about.
    pub service: Option<ServiceId>,
    /// What it is about.
    pub kind: TicketKind,
    /// In a line.
    pub subject: Sealed<String>,
    /// Whose turn it is.
    pub stage: TicketStage,
    /// How often something of it was changed that both sides see.
    pub revision: u32,
    /// How often the support has changed what it alone sees.
    pub desk_revision: u32,
    /// How often something was said, the question included.
    pub message_count: u32,
    /// Its files, in the order in which they came: the first is number 1.
    pub files: Vec<TicketFile>,
    /// Who of the support takes it.
    pub assignee: Option<UserId>,
    /// How much it hurries.
    pub priority: TicketPriority,
    /// The ticket in which it goes on.
    pub merged_into: Option<TicketId>,
    /// Tickets that go on here.
    pub taken_in: Vec<TicketId>,
    /// How it was, in the eyes of the customer.
    pub rating: Option<(u8, Option<Sealed<String>>)>,
}
