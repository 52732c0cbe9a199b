//! Whom a sender that was rewritten stands for.

use kernel::{EmailAddress, Timestamp};

/// Reads rewritten senders back (SRS). A port: the key by which they are rewritten is a secret of the platform.
pub trait Origins: Send + Sync + 'static {
    /// The address that `sender` was made from; `sender` itself where it was not made here; none where it was, and does not lead
    /// back any more.
    fn origin_of(&self, sender: &EmailAddress, now: Timestamp) -> Option<EmailAddress>;
}

/// No sender is rewritten.
#[derive(Debug, Clone, Copy)]
pub struct AsTheyAre;

impl Origins for AsTheyAre {
    fn origin_of(&self, sender: &EmailAddress, _: Timestamp) -> Option<EmailAddress> {
        Some(sender.clone())
    }
}
