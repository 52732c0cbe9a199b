//! What can happen to the notices to one person.

use kernel::{DelegationId, EmailAddress, Id as _, MailboxId, NoticeId, Sealed, TicketId, Timestamp, UserId};
use uuid::Uuid;

use super::NoticeKind;
use crate::Language;

/// To whom a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticePerson {
    /// A user of the panel.
    User(UserId),
    /// The owner of a mailbox.
    Mailbox(MailboxId),
    /// Whoever a delegation invites.
    Delegate(DelegationId),
}

impl NoticePerson {
    /// The bare id.
    pub fn uuid(self) -> Uuid {
        match self {
            Self::User(user) => user.uuid(),
            Self::Mailbox(mailbox) => mailbox.uuid(),
            Self::Delegate(delegation) => delegation.uuid(),
        }
    }
}

/// A notice as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub notice: NoticeId,
    /// To whom.
    pub person: NoticePerson,
    /// What it is about.
    pub kind: NoticeKind,
    /// Where it goes.
    pub address: Sealed<EmailAddress>,
    /// What the person signs in with.
    pub login: Option<Sealed<String>>,
    /// A name or a device, where the kind has one.
    pub detail: Option<Sealed<String>>,
    /// The ticket that it is about, which an answer by mail goes to.
    pub ticket: Option<TicketId>,
    /// In which language.
    pub language: Language,
    /// When.
    pub at: Timestamp,
    /// Until when its link is good; none where it has none.
    pub link_until: Option<Timestamp>,
    /// The notice whose link it carries: itself, or the one that it repeats.
    pub link_of: NoticeId,
}

/// What happened to the notices to one person on one day. Stream `notice/{NoticeDayId}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeEvent {
    /// One is to be sent; the effect that posts mail does it.
    Requested(Box<Notice>),
    /// A link was used: all links of its kind on that day open nothing more.
    LinkUsed {
        /// Of which notice.
        notice: NoticeId,
    },
}
