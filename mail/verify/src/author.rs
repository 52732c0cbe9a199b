//! Who a message says it is from.

use message::{fields, split_header, sure_addresses};
use resolver::Name;

/// Different domains in From that are looked at.
const AUTHOR_DOMAIN_COUNT_MAX: usize = 4;

/// Why a message has no author whose domain can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthorFault {
    /// No From field (RFC 5322 section 3.6 wants one).
    #[error("there is no From field")]
    Absent,
    /// No address in the From field: a name alone, or a group of nobody.
    #[error("there is no From address")]
    Missing,
    /// More than one From field (RFC 5322 section 3.6 allows one).
    #[error("there is more than one From field")]
    Doubled,
    /// An address whose domain is none, or in which others may see somebody else: whatever is judged by it, they could be
    /// deceived.
    #[error("the From field cannot be read without doubt")]
    Unreadable,
    /// More than four domains.
    #[error("there are too many From domains")]
    TooMany,
}

/// The domains of the From field, each once, in order; one at least.
///
/// # Errors
/// [`AuthorFault`]; such messages cannot be judged by DMARC.
pub fn author_domains(message: &[u8]) -> Result<Vec<Name>, AuthorFault> {
    let (header_end, _) = split_header(message);
    let mut found = fields(&message[..header_end]).filter(|field| field.is("From"));
    let field = found.next().ok_or(AuthorFault::Absent)?;
    if found.next().is_some() {
        return Err(AuthorFault::Doubled);
    }
    let addresses = sure_addresses(field.value).map_err(|_| AuthorFault::Unreadable)?;
    let mut domains: Vec<Name> = Vec::new();
    // A name alone is in nobody's name.
    for address in addresses.iter().filter(|address| !address.domain.is_empty()) {
        let name = crate::domain(&address.domain).ok_or(AuthorFault::Unreadable)?;
        if !domains.contains(&name) {
            domains.push(name);
        }
    }
    match domains.len() {
        0 => Err(AuthorFault::Missing),
        1..=AUTHOR_DOMAIN_COUNT_MAX => Ok(domains),
        _ => Err(AuthorFault::TooMany),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_are_found_and_tricks_refused() {
        let domains = |header: &str| {
            author_domains(format!("{header}\r\n\r\nbody").as_bytes())
                .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        for (header, found) in [
            ("From: a@Example.org", Ok("example.org".to_owned())),
            (
                "from: \"x@y.example\" <a@example.org>, b@example.net",
                Ok("example.org example.net".to_owned()),
            ),
            ("From: a@example.org\r\nFrom: b@example.net", Err(AuthorFault::Doubled)),
            ("To: a@example.org", Err(AuthorFault::Absent)),
            ("Sender: a@example.org\r\nX-From: a@example.org", Err(AuthorFault::Absent)),
            ("From: Undisclosed senders:;", Err(AuthorFault::Missing)),
            ("From:", Err(AuthorFault::Missing)),
            ("From: MAILER-DAEMON", Err(AuthorFault::Missing)),
            ("From: Doe, John <a@example.org>", Ok("example.org".to_owned())),
            ("From: a@exa\u{fffd}mple.org", Err(AuthorFault::Unreadable)),
            ("From: <a@example.org> <b@example.net>", Err(AuthorFault::Unreadable)),
            ("From: a@caf\u{e9}.example", Ok("xn--caf-dma.example".to_owned())),
            ("From: a@a.example,a@b.example,a@c.example,a@d.example,a@e.example", Err(AuthorFault::TooMany)),
        ] {
            assert_eq!(domains(header), found, "{header}");
        }
        // Behind what is read stands somebody else.
        for padding in [format!(" ({})", "x".repeat(80_000)), ", a@example.org".repeat(3000)] {
            let header = format!("From: a@example.org{padding}, ceo@bank.example");
            assert_eq!(domains(&header), Err(AuthorFault::Unreadable));
        }
    }
}
