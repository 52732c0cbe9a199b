//! Why nobody is told that mail was given up.

use store::{LeasedMessage, Origin};

/// The word of the trace where the address of the sender leads nowhere. Never renamed: it is kept with each recipient.
pub(crate) const UNREACHABLE: Option<&str> = Some("untold_unreachable");

/// The word where a message has nobody who may be told, whoever could be reached; none where it has.
pub(crate) fn untold(message: &LeasedMessage) -> Option<&'static str> {
    match message.origin {
        _ if message.sender.is_none() => Some("untold_no_sender"),
        Origin::Report => Some("untold_no_sender"),
        // Whoever forged the sender of mail from outside must not make us write to others.
        Origin::Forwarded if !message.is_sender_known => Some("untold_not_proven"),
        Origin::Forwarded | Origin::Submitted => None,
    }
}
