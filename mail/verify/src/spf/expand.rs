//! Macros (RFC 7208 section 7).

use std::net::IpAddr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Question;

/// Longest text that an expansion makes, in octets.
const EXPANDED_OCTETS_MAX: usize = 8 * 1024;
/// Longest domain name, in octets (RFC 7208 section 7.3).
const DOMAIN_OCTETS_MAX: usize = 253;

/// Macro letters that stand in domains (RFC 7208 section 7.2).
const DOMAIN_LETTERS: &str = "slodiphv";
/// The same for explanations.
const EXPLANATION_LETTERS: &str = "slodiphvcrt";
/// Everything but the unreserved characters (RFC 3986 section 2.3).
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Whether a text may have blanks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blanks {
    Allowed,
    Refused,
}

/// A text with macros in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Macro(Macro),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Macro {
    letter: u8,
    /// Parts that are kept, from the right; none for all.
    kept: Option<usize>,
    is_reversed: bool,
    is_escaped: bool,
    delimiters: String,
}

/// What macros stand for at one place of an evaluation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) question: &'a Question<'a>,
    /// The domain of MAIL FROM, whatever domain is asked now.
    pub(crate) sender_domain: &'a str,
    /// The domain that is asked now.
    pub(crate) domain: &'a str,
    /// The proven name of the address, where a macro wants it.
    pub(crate) proven: &'a str,
}

impl Template {
    /// A domain-spec: it ends in a top label or a macro.
    pub(crate) fn domain(text: &str) -> Result<Self, &'static str> {
        let template = Self::parse(text.as_bytes(), Blanks::Refused, DOMAIN_LETTERS)?;
        match template.0.last() {
            Some(Piece::Macro(_)) => Ok(template),
            Some(Piece::Literal(literal)) if ends_in_top_label(literal) => Ok(template),
            _ => Err("the domain has no top label"),
        }
    }

    /// A macro-string.
    pub(crate) fn text(octets: &[u8]) -> Result<Self, &'static str> {
        Self::parse(octets, Blanks::Refused, DOMAIN_LETTERS)
    }

    /// An explanation: blanks are allowed, and more macros.
    pub(crate) fn explanation(octets: &[u8]) -> Result<Self, &'static str> {
        Self::parse(octets, Blanks::Allowed, EXPLANATION_LETTERS)
    }

    fn parse(octets: &[u8], blanks: Blanks, letters: &str) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = octets;
        while let Some((octet, after)) = rest.split_first() {
            let (text, behind) = match (octet, after) {
                (b'%', [b'{', inside @ ..]) => {
                    let end = inside.iter().position(|octet| *octet == b'}').ok_or("a macro has no end")?;
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    pieces.push(Piece::Macro(Macro::parse(&inside[..end], letters)?));
                    ("", &inside[end + 1..])
                }
                (b'%', [b'%', behind @ ..]) => ("%", behind),
                (b'%', [b'_', behind @ ..]) => (" ", behind),
                (b'%', [b'-', behind @ ..]) => ("%20", behind),
                (b'%', _) => return Err("a % that begins no macro"),
                (b' ', _) if blanks == Blanks::Allowed => (" ", after),
                (b'!'..=b'~', _) => (std::str::from_utf8(&rest[..1]).unwrap_or_default(), after),
                _ => return Err("a character that may not be there"),
            };
            literal.push_str(text);
            rest = behind;
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    /// Whether it needs the proven name of the address, which takes questions.
    pub(crate) fn needs_proven_name(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Macro(found) if found.letter == b'p'))
    }

    /// The text with its macros expanded.
    pub(crate) fn expand(&self, values: &Values<'_>) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Macro(found) => text.push_str(&found.expand(values)),
            }
            if text.len() > EXPANDED_OCTETS_MAX {
                break;
            }
        }
        text
    }

    /// The same as a domain: labels are taken away from the left until it fits.
    pub(crate) fn expand_domain(&self, values: &Values<'_>) -> String {
        let text = self.expand(values);
        let mut domain = text.strip_suffix('.').unwrap_or(&text);
        while domain.len() > DOMAIN_OCTETS_MAX {
            let Some((_, shorter)) = domain.split_once('.') else { break };
            domain = shorter;
        }
        domain.to_owned()
    }
}

/// `.toplabel`, with a dot behind it or not: letters, digits and hyphens, not digits alone.
fn ends_in_top_label(literal: &str) -> bool {
    let literal = literal.strip_suffix('.').unwrap_or(literal);
    let Some((_, label)) = literal.rsplit_once('.') else { return false };
    let octets = label.as_bytes();
    octets.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
        && octets.first().is_some_and(u8::is_ascii_alphanumeric)
        && octets.last().is_some_and(u8::is_ascii_alphanumeric)
        && !octets.iter().all(u8::is_ascii_digit)
}

impl Macro {
    fn parse(inside: &[u8], letters: &str) -> Result<Self, &'static str> {
        let (letter, rest) = inside.split_first().ok_or("a macro without a letter")?;
        let lower = letter.to_ascii_lowercase();
        if !letters.as_bytes().contains(&lower) {
            return Err("a macro letter that is not known here");
        }
        let digits_end = rest.iter().position(|octet| !octet.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, rest) = rest.split_at(digits_end);
        let kept = match std::str::from_utf8(digits).unwrap_or_default() {
            "" => None,
            // So many digits ask for more parts than there are.
            digits => Some(digits.parse::<usize>().unwrap_or(usize::MAX)),
        };
        if kept == Some(0) {
            return Err("a macro that keeps nothing");
        }
        let (is_reversed, rest) = match rest.split_first() {
            Some((b'r' | b'R', rest)) => (true, rest),
            _ => (false, rest),
        };
        let delimiters = std::str::from_utf8(rest).map_err(|_| "a delimiter that is none")?;
        if !delimiters.chars().all(|delimiter| ".-+,/_=".contains(delimiter)) {
            return Err("a delimiter that is none");
        }
        let delimiters = if delimiters.is_empty() { "." } else { delimiters }.to_owned();
        Ok(Self { letter: lower, kept, is_reversed, is_escaped: letter.is_ascii_uppercase(), delimiters })
    }

    fn expand(&self, values: &Values<'_>) -> String {
        let question = values.question;
        let value = match self.letter {
            b's' => format!("{}@{}", question.local_part, values.sender_domain),
            b'l' => question.local_part.to_owned(),
            b'o' => values.sender_domain.to_owned(),
            b'd' => values.domain.to_owned(),
            b'i' => dotted(question.address),
            b'p' => values.proven.to_owned(),
            b'v' => if question.address.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            b'h' => question.helo.to_owned(),
            b'c' => question.address.to_string(),
            b'r' => question.receiver.to_owned(),
            _ => question.now_secs.to_string(),
        };
        let value = self.transformed(&value);
        if self.is_escaped { utf8_percent_encode(&value, &RESERVED).to_string() } else { value }
    }

    fn transformed(&self, value: &str) -> String {
        let mut parts: Vec<&str> = value.split(|c: char| self.delimiters.contains(c)).collect();
        if self.is_reversed {
            parts.reverse();
        }
        let from = self.kept.map_or(0, |kept| parts.len().saturating_sub(kept));
        parts[from..].join(".")
    }
}

/// An address as macros write it: IPv6 in nibbles.
fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let nibbles = address.octets().into_iter().flat_map(|octet| [octet >> 4, octet & 0xf]);
            nibbles.map(|nibble| format!("{nibble:X}")).collect::<Vec<_>>().join(".")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_expand_as_the_standard_shows() {
        let question = |address: &str| Question {
            address: address.parse().expect("an address"),
            domain: "email.example.com",
            local_part: "strong-bad",
            helo: "mx.example.org",
            receiver: "rx.example",
            now_secs: 7,
        };
        let expand = |address: &str, text: &str| {
            let question = question(address);
            let (sender_domain, domain) = ("email.example.com", "email.example.com");
            let values = Values { question: &question, sender_domain, domain, proven: "mx.example.org" };
            Template::explanation(text.as_bytes()).map(|template| template.expand(&values))
        };
        for (address, text, expanded) in [
            ("192.0.2.3", "%{s}", "strong-bad@email.example.com"),
            ("192.0.2.3", "%{d4}", "email.example.com"),
            ("192.0.2.3", "%{d2}", "example.com"),
            ("192.0.2.3", "%{dr}", "com.example.email"),
            ("192.0.2.3", "%{d2r}", "example.email"),
            ("192.0.2.3", "%{l-}", "strong.bad"),
            ("192.0.2.3", "%{lr-}", "bad.strong"),
            ("192.0.2.3", "%{l1r-}", "strong"),
            ("192.0.2.3", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
            (
                "2001:db8::cb01",
                "%{ir}.%{v}",
                "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6",
            ),
            ("192.0.2.3", "see %{S}%_%%%-", "see strong-bad%40email.example.com %%20"),
            ("2001:db8::1", "%{c} %{r} %{t}", "2001:db8::1 rx.example 7"),
        ] {
            assert_eq!(expand(address, text).as_deref(), Ok(expanded), "{text}");
        }
        for broken in ["%", "%x", "%{", "%{d0}", "%{dx}", "%{}", "%{d-r}", "%{z}"] {
            assert!(expand("192.0.2.3", broken).is_err(), "{broken}");
        }
    }
}
