//! Names that are asked for.

use std::fmt;

/// Longest name in octets, in text form without the last dot (RFC 1035 section 2.3.4).
const NAME_OCTETS_MAX: usize = 253;
/// Longest label in octets (RFC 1035 section 2.3.4).
const LABEL_OCTETS_MAX: usize = 63;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// It is empty or longer than 253 octets.
    #[error("a DNS name has 1 to 253 octets")]
    Length,
    /// A label is empty or longer than 63 octets.
    #[error("a label of a DNS name has 1 to 63 octets")]
    Label,
    /// A character that is not printable ASCII, or a blank.
    #[error("a DNS name is printable ASCII without blanks")]
    Character,
}

/// A fully qualified DNS name in lower case, without the dot at its end.
///
/// Wider than a host name: labels such as `_domainkey` and `*` are names as well (RFC 2181 section 11). 1 to 253 octets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Reads a name; one dot at its end is dropped.
    ///
    /// # Errors
    /// The first [`NameFault`] met.
    pub fn parse(text: &str) -> Result<Self, NameFault> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() || text.len() > NAME_OCTETS_MAX {
            return Err(NameFault::Length);
        }
        if text.split('.').any(|label| label.is_empty() || label.len() > LABEL_OCTETS_MAX) {
            return Err(NameFault::Label);
        }
        if !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(NameFault::Character);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The text, in lower case, without the dot at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The labels, the leftmost first.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// Whether it lies below `ancestor` or is `ancestor`.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        self.0.strip_suffix(ancestor.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_wider_than_host_names_and_bounded() {
        for (text, name) in [
            ("Example.ORG", Ok("example.org")),
            ("example.org.", Ok("example.org")),
            ("s1._domainkey.example.org", Ok("s1._domainkey.example.org")),
            ("*.example.org", Ok("*.example.org")),
            ("", Err(NameFault::Length)),
            (".", Err(NameFault::Length)),
            ("a..b", Err(NameFault::Label)),
            (".a", Err(NameFault::Label)),
            ("a b", Err(NameFault::Character)),
            ("caf\u{e9}.example", Err(NameFault::Character)),
        ] {
            assert_eq!(Name::parse(text).as_ref().map(Name::as_str), name.as_ref().copied(), "{text:?}");
        }
        assert_eq!(Name::parse(&"a".repeat(64)), Err(NameFault::Label));
        assert_eq!(Name::parse(&"a.".repeat(127)).map(|name| name.as_str().len()), Ok(253));
        assert_eq!(Name::parse(&"a.".repeat(128)), Err(NameFault::Length));
    }

    #[test]
    fn a_name_lies_within_itself_and_those_above_it() {
        let name = |text| Name::parse(text).expect("a name");
        assert!(name("a.example.org").is_within(&name("example.org")));
        assert!(name("example.org").is_within(&name("example.org")));
        assert!(!name("badexample.org").is_within(&name("example.org")));
    }
}
