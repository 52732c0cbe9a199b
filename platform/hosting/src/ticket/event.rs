//! What can happen to a ticket.

use kernel::{AccountId, Sealed, ServiceId, Timestamp};

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
    },
    /// It is answered.
    Resolved {
        /// When, for how long it can be reopened.
        at: Timestamp,
    },
    /// It is not answered after all.
    Reopened,
}
