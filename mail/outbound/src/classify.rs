//! What a refusal means: a table of codes and patterns. It decides whether an address is suppressed and a site slowed, and
//! what the sender is told; never whether mail is tried again: that is the reply code's to say.

use store::RemoteReply;

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The address does not exist.
    NoSuchAddress,
    /// The domain does not exist or takes no mail.
    NoSuchDomain,
    /// The mailbox is full.
    MailboxFull,
    /// Too much, too fast: the site wants less.
    TooFast,
    /// Taken for spam, or not allowed by policy.
    Policy,
    /// Too long for the other side.
    TooLong,
    /// No connection, no answer.
    Unreachable,
    /// TLS is asked for and cannot be had.
    Tls,
    /// A relay does not take the login that is set for it.
    Login,
    /// Goes in circles.
    Loop,
    /// It was tried for as long as mail is tried.
    Expired,
    /// Anything else.
    Other,
}

impl Class {
    /// The word of the message trace for a recipient that was given up. Never renamed: it is kept with each.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoSuchAddress => "bounce_no_such_address",
            Self::NoSuchDomain => "bounce_no_such_domain",
            Self::MailboxFull => "bounce_mailbox_full",
            Self::TooFast => "bounce_too_fast",
            Self::Policy => "bounce_policy",
            Self::TooLong => "bounce_too_long",
            Self::Unreachable => "bounce_unreachable",
            Self::Tls => "bounce_tls",
            Self::Login => "bounce_login",
            Self::Loop => "bounce_loop",
            Self::Expired => "bounce_expired",
            Self::Other => "bounce_other",
        }
    }
}

/// The status of what was tried for as long as mail is tried (RFC 3463 section 3.5); for now it says no more than that a host
/// was slow.
pub(crate) const EXPIRED: &str = "5.4.7";

/// What is looked for in the text, in lower case, and what it means. The first that is found counts.
const PATTERNS: &[(&str, Class)] = &[
    ("rate limit", Class::TooFast),
    ("too many connections", Class::TooFast),
    ("too many messages", Class::TooFast),
    ("temporarily deferred due to", Class::TooFast),
    ("unusual rate", Class::TooFast),
    ("try again later, greylist", Class::TooFast),
    ("spam", Class::Policy),
    ("blocked", Class::Policy),
    ("blacklist", Class::Policy),
    ("blocklist", Class::Policy),
    ("reputation", Class::Policy),
    ("dmarc", Class::Policy),
    ("spf", Class::Policy),
    ("over quota", Class::MailboxFull),
    ("quota exceeded", Class::MailboxFull),
    ("mailbox full", Class::MailboxFull),
    ("mailbox is full", Class::MailboxFull),
    ("user unknown", Class::NoSuchAddress),
    ("unknown user", Class::NoSuchAddress),
    ("no such user", Class::NoSuchAddress),
    ("does not exist", Class::NoSuchAddress),
    ("recipient not found", Class::NoSuchAddress),
    ("no mailbox here", Class::NoSuchAddress),
    ("invalid recipient", Class::NoSuchAddress),
    ("mailbox unavailable", Class::NoSuchAddress),
];

/// The kind of a failure by its enhanced code; by its text where the code says too little.
pub fn classify(reply: &RemoteReply) -> Class {
    if reply.enhanced == EXPIRED {
        return Class::Expired;
    }
    let detail = reply.enhanced.split_once('.').map_or("", |(_, detail)| detail);
    match detail {
        "1.1" | "1.6" => return Class::NoSuchAddress,
        "1.2" | "1.10" => return Class::NoSuchDomain,
        "2.2" => return Class::MailboxFull,
        "3.4" | "2.3" => return Class::TooLong,
        "4.6" => return Class::Loop,
        "4.1" | "4.2" | "4.3" | "4.4" => return Class::Unreachable,
        "7.5" | "7.10" | "7.11" | "7.30" => return Class::Tls,
        // Said by us of a relay; said by others it is about a login as well (RFC 4954 section 6).
        "7.8" => return Class::Login,
        "7.28" => return Class::TooFast,
        _ => {}
    }
    let text = reply.text.to_lowercase();
    // A code of policy, or of the sender's address, says that the words are not about the recipient. Where there is no code
    // the words say so.
    let is_of_others = detail.starts_with("7.") || matches!(detail, "1.7" | "1.8") || text.contains("sender");
    let is_meant = |class: Class| !(is_of_others && class == Class::NoSuchAddress);
    let found = PATTERNS.iter().find(|(pattern, class)| is_meant(*class) && text.contains(pattern));
    if let Some((_, class)) = found {
        return *class;
    }
    match detail.split_once('.') {
        Some(("7", _)) => Class::Policy,
        _ => Class::Other,
    }
}

/// Whether mail to the address is not tried any more by its tenant: the other side says for ever that there is no such
/// address. Refusals for policy say nothing about the address.
pub fn is_hard_bounce(reply: &RemoteReply) -> bool {
    reply.code >= 500 && classify(reply) == Class::NoSuchAddress
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        for (code, enhanced, text, class, is_hard) in [
            (550, "5.1.1", "no", Class::NoSuchAddress, true),
            (550, "5.0.0", "User unknown in virtual mailbox table", Class::NoSuchAddress, true),
            (450, "4.1.1", "unverified", Class::NoSuchAddress, false),
            (550, "5.7.1", "Message blocked: user unknown to us", Class::Policy, false),
            (550, "5.7.1", "reverse name does not exist", Class::Policy, false),
            (550, "5.7.1", "mailbox unavailable", Class::Policy, false),
            (550, "5.1.8", "the sender's domain does not exist", Class::Other, false),
            (550, "", "The sender domain does not exist", Class::Other, false),
            (550, "", "No such user here", Class::NoSuchAddress, true),
            (550, "5.7.26", "fails DMARC", Class::Policy, false),
            (421, "4.7.28", "unusual", Class::TooFast, false),
            (450, "4.7.1", "Greylisted", Class::Policy, false),
            (552, "5.2.2", "full", Class::MailboxFull, false),
            (0, "4.4.1", "no connection", Class::Unreachable, false),
            (535, "4.7.8", "the relay refuses the login: no such user", Class::Login, false),
            (0, "5.1.10", "null MX", Class::NoSuchDomain, false),
            (554, "5.0.0", "no", Class::Other, false),
            (0, "5.4.7", "delivery time expired", Class::Expired, false),
            (451, "4.4.7", "timed out", Class::Other, false),
        ] {
            let reply =
                RemoteReply { code, enhanced: enhanced.to_owned(), text: text.to_owned(), host: None };
            assert_eq!(
                (classify(&reply), is_hard_bounce(&reply)),
                (class, is_hard),
                "{code} {enhanced} {text}"
            );
        }
    }
}
