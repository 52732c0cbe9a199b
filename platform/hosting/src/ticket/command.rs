//! What can be asked of a ticket.

use kernel::{AccountId, ServiceId, TicketId, UserId};

use super::{FileKey, Side, TicketKind, TicketPriority, Way};

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
        /// How it came.
        way: Way,
    },
    /// Lay a file beside what was said. Its octets are kept already.
    Attach(NewFile),
    /// Give it to one of the support, or to nobody.
    Assign(Option<UserId>),
    /// Say how much it hurries.
    SetPriority(TicketPriority),
    /// It is answered.
    Resolve,
    /// It is not answered after all; within 30 days.
    Reopen,
    /// The customer has said nothing for long enough: it is answered, if it still is the customer's turn.
    ResolveIdle,
    /// It goes on in another: see [`crate::use_case::MergeTickets`].
    MergeInto(TicketId),
    /// Another goes on here.
    TakeIn(TicketId),
    /// Say how it was, within 30 days after it was resolved; what was said before is replaced.
    Rate {
        /// From 1, the worst, to 5.
        stars: u8,
        /// In words, up to 10 000 characters; empty: none.
        words: String,
    },
}

/// A file to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Which side gives it.
    pub side: Side,
    /// Whether only the support gets it.
    pub is_internal: bool,
    /// What it is called, 1 to 128 characters; folders before it are left out.
    pub name: String,
    /// Its size, 1 octet to 5 MiB.
    pub octets: u64,
    /// SHA-256 of what is kept.
    pub hash: [u8; 32],
    /// What opens it.
    pub key: FileKey,
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
