//! What can be asked of a ticket.

use kernel::{AccountId, ServiceId};

use super::{Side, TicketKind};

/// An intention about one ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketCommand {
    /// Ask.
    Open(NewTicket),
    /// Say something more.
    Say {
        /// Which side speaks.
        side: Side,
        /// What, 1 to 10 000 characters.
        text: String,
        /// Whether only the support reads it.
        is_internal: bool,
    },
    /// It is answered.
    Resolve,
    /// It is not answered after all; within 30 days.
    Reopen,
}

/// A ticket to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// Whose.
    pub account: AccountId,
    /// Which service it is about.
    pub service: Option<ServiceId>,
    /// What it is about.
    pub kind: TicketKind,
    /// In a line, 1 to 200 characters.
    pub subject: String,
    /// 1 to 10 000 characters.
    pub text: String,
}
