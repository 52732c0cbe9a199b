//! What can be asked of a person's notices.

use kernel::{EmailAddress, NoticeId, Sealed, TicketId};

use super::{NoticeKind, NoticePerson};
use crate::Language;

/// An intention about the notices to one person on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeCommand {
    /// Send one.
    Request(Box<NewNotice>),
    /// Send one again, under another id; its link stays good as long as it was.
    Repeat {
        /// Which.
        notice: NoticeId,
        /// The id of the copy.
        copy: NoticeId,
    },
    /// Use the link of one up: all of its kind on that day open nothing more.
    UseLink(NoticeId),
}

/// A notice to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
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
}
