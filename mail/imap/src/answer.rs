//! How a command ends.

use std::borrow::Cow;

use listener::WireError;
use store::{FolderRefusal, StoreError, StoreRefusal};

/// What the session does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Continue,
    StartTls,
    Logout,
}

/// A tagged OK.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    /// A response code without brackets (RFC 9051 section 7.1).
    pub(crate) code: Option<String>,
    pub(crate) text: Cow<'static, str>,
    pub(crate) after: After,
}

impl Done {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { code: None, text: Cow::Borrowed(text), after: After::Continue }
    }

    pub(crate) const fn coded(code: String, text: &'static str) -> Self {
        Self { code: Some(code), text: Cow::Borrowed(text), after: After::Continue }
    }
}

/// A command that did not end well.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A tagged NO.
    No { code: Option<&'static str>, text: Cow<'static, str> },
    /// A tagged BAD.
    Bad(&'static str),
    /// The connection is gone.
    Wire(WireError),
    /// An untagged BYE: the session ends.
    Bye(&'static str),
}

/// What is said of a message for which there is no room; of the codes of RFC 5530 this one is for what passes.
pub(crate) const NO_ROOM: (&str, &str) =
    ("UNAVAILABLE", "The disk of this server is nearly full; no message is stored now, try again later");

/// What is said where a share of the memory for messages is used up.
pub(crate) const NO_SHARE: (&str, &str) = (
    "LIMIT",
    "Too many messages of this mailbox or its account are being received at the moment, try again soon",
);

/// What is said where a share of the memory for messages that are being read is used up.
pub(crate) const NO_SHARE_TO_READ: (&str, &str) =
    ("LIMIT", "Too much of this mailbox or its account is being read at the moment, try again soon");

/// What is said of what is longer than allowed.
pub(crate) const TOO_BIG: (&str, &str) = ("TOOBIG", "That is longer than allowed");

/// How a command ends.
pub(crate) type Outcome = Result<Done, Failure>;

impl Failure {
    pub(crate) const fn no(text: &'static str) -> Self {
        Self::No { code: None, text: Cow::Borrowed(text) }
    }

    pub(crate) const fn coded(code: &'static str, text: &'static str) -> Self {
        Self::No { code: Some(code), text: Cow::Borrowed(text) }
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<FolderRefusal> for Failure {
    fn from(refusal: FolderRefusal) -> Self {
        // RFC 5530 section 3.
        let code = match refusal {
            FolderRefusal::Missing => Some("NONEXISTENT"),
            FolderRefusal::Exists => Some("ALREADYEXISTS"),
            FolderRefusal::Inbox | FolderRefusal::Retained | FolderRefusal::NameInvalid(_) => Some("CANNOT"),
            FolderRefusal::HasChildren => Some("HASCHILDREN"),
            FolderRefusal::TooMany(_) => Some("LIMIT"),
            FolderRefusal::SpecialUseTaken => Some("USEATTR"),
        };
        Self::No { code, text: refusal.to_string().into() }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(StoreRefusal::Folder(refusal)) => refusal.into(),
            StoreError::Refused(
                refusal @ (StoreRefusal::OverQuota { .. }
                | StoreRefusal::OverPool { .. }
                | StoreRefusal::TooManyMessages { .. }),
            ) => Self::No { code: Some("OVERQUOTA"), text: refusal.to_string().into() },
            StoreError::Refused(StoreRefusal::NoMailbox) => Self::Bye("The mailbox is closed"),
            StoreError::Refused(refusal) => {
                Self::No { code: Some("LIMIT"), text: refusal.to_string().into() }
            }
            StoreError::Busy => Self::coded("UNAVAILABLE", "The server is busy, try again soon"),
            StoreError::Full => {
                tracing::error!("the disk of the message store is full");
                Self::coded("UNAVAILABLE", "The server has no room at the moment, try again later")
            }
            StoreError::Failed(error) => {
                tracing::error!(%error, "the message store failed");
                Self::coded("SERVERBUG", "The message store failed, try again later")
            }
        }
    }
}
