//! What happened to a message on its way, step by step, in and out: the message trace.

use kernel::{DomainId, MailboxId, TenantId, Timestamp};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::RemoteReply;

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To another host.
    Out,
    /// From another host, or from one of our mailboxes to another.
    In,
}

/// A step on the way. The words on disk are never renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It was taken: from outside, or from another mailbox here. With it begins what its recipient sees.
    Received,
    /// One of our mailboxes handed it in. With it begins what its sender sees.
    Submitted,
    /// It was refused while it was offered.
    Refused,
    /// It was put into a mailbox here.
    Stored,
    /// It waits to leave.
    Queued,
    /// The other side has taken it.
    Delivered,
    /// It did not go; it is tried again.
    Deferred,
    /// It was given up.
    Bounced,
    /// Somebody holds it.
    Held,
    /// Somebody released it.
    Released,
    /// Somebody wants it tried at once.
    Hastened,
    /// Somebody wants it given up; that happens when it is its turn.
    Condemned,
    /// Somebody removed it.
    Removed,
    /// Its site is suspended.
    Suspended,
    /// Its sender was told.
    Reported,
    /// Its recipient called it unwanted.
    Complained,
}

impl Stage {
    /// All.
    pub const ALL: [Self; 16] = [
        Self::Received,
        Self::Submitted,
        Self::Refused,
        Self::Stored,
        Self::Queued,
        Self::Delivered,
        Self::Deferred,
        Self::Bounced,
        Self::Held,
        Self::Released,
        Self::Hastened,
        Self::Condemned,
        Self::Removed,
        Self::Suspended,
        Self::Reported,
        Self::Complained,
    ];

    /// The word on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Submitted => "submitted",
            Self::Refused => "refused",
            Self::Stored => "stored",
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::Held => "held",
            Self::Released => "released",
            Self::Hastened => "hastened",
            Self::Condemned => "condemned",
            Self::Removed => "removed",
            Self::Suspended => "suspended",
            Self::Reported => "reported",
            Self::Complained => "complained",
        }
    }

    /// The stage of a word on disk.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

/// One step of one message, for one recipient where it is about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Whose.
    pub tenant: TenantId,
    /// The mailbox that sent it (out) or that it was for (in).
    pub mailbox: Option<MailboxId>,
    /// The domain here that it is of: that of the mailbox, or of the address here where there is none.
    pub domain: Option<DomainId>,
    /// The number under which its sender was told that it is taken.
    pub message: String,
    /// Which way.
    pub direction: Direction,
    /// When.
    pub at: Timestamp,
    /// The step.
    pub stage: Stage,
    /// MAIL FROM; none for the null reverse-path.
    pub sender: Option<String>,
    /// The recipient, where it is about one.
    pub recipient: Option<String>,
    /// What was said, and by whom.
    pub reply: Option<RemoteReply>,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// The folder that it was put into.
    pub folder: Option<String>,
    /// From which of our addresses it left, or was to leave, where there is a choice of them.
    pub source: Option<String>,
    /// Why, as words of ours: those of the stages that looked at it. A word holds no blank.
    pub reasons: Vec<String>,
    /// The message's own Message-ID, with its angle brackets; kept with the first step only, of each who sees it.
    pub message_id: Option<String>,
}

/// The word for what a host said that did not take a message, before another was asked.
const HOST_SAID: &str = "host_said";
/// What does not stand in a word as it is: blanks of any kind, with what is not ASCII.
const BLANKS: AsciiSet = CONTROLS.add(b' ').add(b'%');

impl RemoteReply {
    /// As one of the words of [`Passage::reasons`]; none where it is nobody's: `host_said:mx.example/451/4.3.0/try%20later`.
    pub fn as_reason(&self) -> Option<String> {
        let host = self.host.as_deref()?;
        let text = utf8_percent_encode(&self.text, &BLANKS);
        Some(format!("{HOST_SAID}:{host}/{}/{}/{text}", self.code, self.enhanced))
    }

    /// What [`RemoteReply::as_reason`] wrote; none where it is another word.
    pub fn of_reason(word: &str) -> Option<Self> {
        let mut parts = word.strip_prefix(HOST_SAID)?.strip_prefix(':')?.splitn(4, '/');
        let (host, code) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        let (enhanced, text) =
            (parts.next()?.to_owned(), percent_decode_str(parts.next()?).decode_utf8_lossy());
        Some(Self { code, enhanced, text: text.into_owned(), host: Some(host) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_said_is_one_word_and_read_again_as_it_was() {
        let reply = |code, enhanced: &str, text: &str| RemoteReply {
            code,
            enhanced: enhanced.to_owned(),
            text: text.to_owned(),
            host: Some("mx1.example".to_owned()),
        };
        for (reply, word) in [
            (reply(451, "4.3.0", "try later"), "host_said:mx1.example/451/4.3.0/try%20later"),
            (reply(0, "", ""), "host_said:mx1.example/0//"),
            (reply(550, "5.7.1", "100% a/b: no"), "host_said:mx1.example/550/5.7.1/100%25%20a/b:%20no"),
            (
                reply(421, "4.7.0", "d\u{e9}j\u{e0}\u{a0}!"),
                "host_said:mx1.example/421/4.7.0/d%C3%A9j%C3%A0%C2%A0!",
            ),
        ] {
            assert_eq!(reply.as_reason().as_deref(), Some(word));
            assert_eq!(word.split_whitespace().count(), 1);
            assert_eq!(RemoteReply::of_reason(word), Some(reply));
        }
        assert_eq!(RemoteReply::default().as_reason(), None, "nobody said it");
        for other in ["passed_over:mx1.example", "host_said", "host_said:mx1.example", "host_said:a/b/c/d"] {
            assert_eq!(RemoteReply::of_reason(other), None, "{other}");
        }
        let odd = RemoteReply::of_reason("host_said:a/1//%C3%zz%").map(|reply| reply.text);
        assert_eq!(odd.as_deref(), Some("\u{fffd}%zz%"));
    }
}
