//! What a session's past makes of it.

use std::collections::HashSet;

use kernel::Timestamp;

use super::{EndReason, SessionOwner};

/// A session as it is. Expiry is not a state: whoever asks knows the time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SessionState {
    /// It was never started.
    #[default]
    Absent,
    /// It goes on until it expires.
    Running(SessionRecord),
    /// It is over.
    Ended {
        /// Whose it was.
        owner: SessionOwner,
        /// Why.
        reason: EndReason,
    },
}

impl SessionState {
    /// Whose it is or was.
    pub const fn owner(&self) -> Option<SessionOwner> {
        match self {
            Self::Absent => None,
            Self::Running(record) => Some(record.owner),
            Self::Ended { owner, .. } => Some(*owner),
        }
    }
}

/// What is known of a running session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Who is signed in.
    pub owner: SessionOwner,
    /// BLAKE3 of the refresh token that is good now.
    pub refresh_hash: [u8; 32],
    /// Those of the tokens that were good before.
    pub used_hashes: HashSet<[u8; 32]>,
    /// When it ends unless it is used before.
    pub expires_at: Timestamp,
}
