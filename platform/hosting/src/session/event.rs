//! What can happen to a session.

use kernel::{MailboxId, Sealed, SubjectId, Timestamp, UserId};

/// Who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionOwner {
    /// A user of the panel.
    User(UserId),
    /// A mailbox, for its own settings.
    Mailbox(MailboxId),
}

impl SessionOwner {
    /// The person that it is.
    pub const fn subject(self) -> SubjectId {
        match self {
            Self::User(user) => SubjectId::of_user(user),
            Self::Mailbox(mailbox) => SubjectId::of_mailbox(mailbox),
        }
    }
}

/// How somebody came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entrance {
    /// Whether a second factor was proved.
    pub has_second_factor: bool,
    /// From what device and network, in a line for its owner to recognise.
    pub device: Option<Sealed<String>>,
    /// Whether the two were not seen together before, while others were: its owner is told.
    pub is_unfamiliar: bool,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// An administrator or a changed password ended it.
    Revoked,
    /// A refresh token was shown twice: somebody else may hold it.
    TokenReused,
}

/// What happened to one session. Stream `session/{SessionId}`; started once, ended at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// Somebody signed in.
    Started {
        /// Who.
        owner: SessionOwner,
        /// BLAKE3 of the refresh token.
        refresh_hash: [u8; 32],
        /// When it ends unless it is used before.
        expires_at: Timestamp,
        /// What was proved, and from what.
        entrance: Entrance,
    },
    /// The refresh token was exchanged.
    Rotated {
        /// BLAKE3 of the new one.
        refresh_hash: [u8; 32],
        /// When it ends unless it is used before.
        expires_at: Timestamp,
    },
    /// It is over.
    Ended {
        /// Why.
        reason: EndReason,
    },
}
