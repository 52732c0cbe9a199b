//! Whether a message is what it says: SPF (RFC 7208), DKIM (RFC 6376, 8301, 8463), DMARC (RFC 9989), ARC (RFC 8617), the
//! reverse name of its host (RFC 8601 section 3), and the field that tells (RFC 8601).
//!
//! Pure over the port of DNS: no clock, no network, no state; questions are bounded. What is done about a result is for
//! those who ask.

pub mod arc;
mod author;
pub mod dkim;
pub mod dmarc;
pub mod iprev;
pub mod results;
pub mod spf;
mod tag;

pub use author::{AuthorFault, author_domains};
pub use results::{strip_forged, write_results};

use resolver::Name;

/// Reads a domain as it stands in mail: labels in any script become A-labels (RFC 5890 section 2.3.2.1).
pub fn domain(text: &str) -> Option<Name> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_ascii() {
        Name::parse(text).ok()
    } else {
        Name::parse(&idna::domain_to_ascii(text).ok()?).ok()
    }
}

/// Parsers that read what strangers send, for fuzzing.
#[doc(hidden)]
pub mod fuzz {
    /// Reads the records of SPF, DKIM and DMARC.
    pub fn record(octets: &[u8]) {
        drop(crate::spf::Record::parse(octets));
        drop(crate::dkim::Key::parse(octets));
        drop(crate::dmarc::Policies::parse(octets));
    }

    /// Reads the fields of a message that speak of who it is from.
    pub fn message(octets: &[u8]) {
        let message = crate::dkim::Message::new(octets);
        drop(message.signatures().collect::<Vec<_>>());
        drop(crate::arc::Chain::read(&message));
        drop(crate::author_domains(octets));
        drop(crate::strip_forged(octets, "mx.example"));
    }
}
