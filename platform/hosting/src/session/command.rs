//! What can be asked of a session.

use kernel::Timestamp;

use super::{EndReason, Entrance, SessionOwner};

/// An intention about one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCommand {
    /// Begin it.
    Start {
        /// Who signed in.
        owner: SessionOwner,
        /// BLAKE3 of the first refresh token.
        refresh_hash: [u8; 32],
        /// When it ends unless it is used before.
        expires_at: Timestamp,
        /// What was proved, and from what.
        entrance: Entrance,
    },
    /// Exchange the refresh token for a new one.
    Rotate(Rotation),
    /// End it.
    End(EndReason),
}

/// The exchange of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// BLAKE3 of the token that was shown.
    pub old_hash: [u8; 32],
    /// BLAKE3 of the token to give.
    pub new_hash: [u8; 32],
    /// When the session ends unless it is used before.
    pub expires_at: Timestamp,
}
