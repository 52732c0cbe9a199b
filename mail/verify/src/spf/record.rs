//! The grammar of records (RFC 7208 sections 4.5 to 6 and 12).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::SpfResult;
use super::expand::Template;

/// Octets of one record that are read.
const RECORD_OCTETS_MAX: usize = 16 * 1024;
/// Terms of one record.
const TERM_COUNT_MAX: usize = 512;

/// A record that was read: `v=spf1 ...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub(crate) directives: Vec<Directive>,
    pub(crate) redirect: Option<Template>,
    pub(crate) explanation: Option<Template>,
}

/// What cannot be read of a record (RFC 7208 section 4.6).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: `{term}`")]
pub struct SyntaxFault {
    /// What is wrong.
    pub what: &'static str,
    /// The term at which it is, as far as it is printable.
    pub term: String,
}

/// A qualifier and a mechanism.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) result: SpfResult,
    pub(crate) mechanism: Mechanism,
    /// As it stands, for the reason.
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mechanism {
    All,
    Include(Template),
    A(Option<Template>, Prefixes),
    Mx(Option<Template>, Prefixes),
    Ptr(Option<Template>),
    Network(IpNet),
    Exists(Template),
}

/// Lengths of prefixes for addresses of both kinds (RFC 7208 section 5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefixes {
    pub(crate) v4: u8,
    pub(crate) v6: u8,
}

impl Prefixes {
    const WHOLE: Self = Self { v4: 32, v6: 128 };

    /// Whether `one` and `other` are alike as far as the prefix reaches.
    pub(crate) fn match_addresses(self, one: IpAddr, other: IpAddr) -> bool {
        let network = match one {
            IpAddr::V4(address) => Ipv4Net::new(address, self.v4).ok().map(IpNet::V4),
            IpAddr::V6(address) => Ipv6Net::new(address, self.v6).ok().map(IpNet::V6),
        };
        network.is_some_and(|network| network.contains(&other))
    }
}

impl Record {
    /// Whether a text says that it is a record: the version, then a space or the end.
    pub(crate) fn is_record(octets: &[u8]) -> bool {
        octets.get(..6).is_some_and(|version| version.eq_ignore_ascii_case(b"v=spf1"))
            && octets.get(6).is_none_or(|next| *next == b' ')
    }

    /// Reads a record whole: what comes behind a fault does not count either.
    ///
    /// # Errors
    /// The first [`SyntaxFault`].
    pub fn parse(octets: &[u8]) -> Result<Self, SyntaxFault> {
        let refused = |what, term: &str| SyntaxFault { what, term: term.chars().take(80).collect() };
        if octets.len() > RECORD_OCTETS_MAX {
            return Err(refused("the record is too long", ""));
        }
        let text = std::str::from_utf8(octets).ok().filter(|text| text.is_ascii());
        let text = text.ok_or_else(|| refused("the record is not ASCII", ""))?;
        if !Self::is_record(octets) {
            return Err(refused("the version is not v=spf1", text));
        }
        let mut record = Self { directives: Vec::new(), redirect: None, explanation: None };
        for term in text[6..].split(' ').filter(|term| !term.is_empty()) {
            if record.directives.len() >= TERM_COUNT_MAX {
                return Err(refused("there are too many terms", term));
            }
            record.add(term).map_err(|what| refused(what, term))?;
        }
        Ok(record)
    }

    fn add(&mut self, term: &str) -> Result<(), &'static str> {
        let name_end =
            term.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).unwrap_or(term.len());
        if let (name, Some(value)) = (&term[..name_end], term[name_end..].strip_prefix('=')) {
            return self.add_modifier(name, value);
        }
        let (result, rest) = match term.as_bytes()[0] {
            b'+' => (SpfResult::Pass, &term[1..]),
            b'-' => (SpfResult::Fail, &term[1..]),
            b'~' => (SpfResult::Softfail, &term[1..]),
            b'?' => (SpfResult::Neutral, &term[1..]),
            _ => (SpfResult::Pass, term),
        };
        let mechanism = mechanism(rest)?;
        self.directives.push(Directive { result, mechanism, text: term.to_owned() });
        Ok(())
    }

    fn add_modifier(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err("the name of a modifier begins with a letter");
        }
        let place = match name.to_ascii_lowercase().as_str() {
            "redirect" => &mut self.redirect,
            "exp" => &mut self.explanation,
            // Unknown ones are passed over, but must be well formed (RFC 7208 section 6).
            _ => return Template::text(value.as_bytes()).map(drop),
        };
        if place.replace(Template::domain(value)?).is_some() {
            return Err("a modifier stands twice");
        }
        Ok(())
    }
}

fn mechanism(text: &str) -> Result<Mechanism, &'static str> {
    let name_end = text.find([':', '/']).unwrap_or(text.len());
    let (name, rest) = text.split_at(name_end);
    let domain = |rest: &str| {
        let value = rest.strip_prefix(':').ok_or("a domain is missing")?;
        Template::domain(value)
    };
    Ok(match name.to_ascii_lowercase().as_str() {
        "all" if rest.is_empty() => Mechanism::All,
        "all" => return Err("nothing may follow all"),
        "include" => Mechanism::Include(domain(rest)?),
        "exists" => Mechanism::Exists(domain(rest)?),
        "ptr" if rest.is_empty() => Mechanism::Ptr(None),
        "ptr" => Mechanism::Ptr(Some(domain(rest)?)),
        "a" => {
            let (domain, prefixes) = domain_and_prefixes(rest)?;
            Mechanism::A(domain, prefixes)
        }
        "mx" => {
            let (domain, prefixes) = domain_and_prefixes(rest)?;
            Mechanism::Mx(domain, prefixes)
        }
        "ip4" => {
            let (address, length) = network::<Ipv4Addr>(rest, 32)?;
            Mechanism::Network(IpNet::V4(
                Ipv4Net::new(address, length).map_err(|_| "the prefix is too long")?,
            ))
        }
        "ip6" => {
            let (address, length) = network::<Ipv6Addr>(rest, 128)?;
            Mechanism::Network(IpNet::V6(
                Ipv6Net::new(address, length).map_err(|_| "the prefix is too long")?,
            ))
        }
        _ => return Err("the mechanism is not known"),
    })
}

fn network<A: std::str::FromStr>(rest: &str, whole: u8) -> Result<(A, u8), &'static str> {
    let value = rest.strip_prefix(':').ok_or("an address is missing")?;
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, prefix(length, whole)?),
        None => (value, whole),
    };
    Ok((address.parse().map_err(|_| "the address is wrong")?, length))
}

/// Digits without a leading zero, `max` at most.
fn prefix(digits: &str, max: u8) -> Result<u8, &'static str> {
    let is_plain = !digits.is_empty()
        && digits.bytes().all(|octet| octet.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    let length = is_plain.then(|| digits.parse::<u8>().ok()).flatten();
    length.filter(|length| *length <= max).ok_or("the length of a prefix is wrong")
}

fn domain_and_prefixes(rest: &str) -> Result<(Option<Template>, Prefixes), &'static str> {
    // A domain may have slashes in it as well: lengths are what ends the term in slashes and digits.
    let run = rest.trim_end_matches(|c: char| c == '/' || c.is_ascii_digit()).len();
    let slash = rest[run..].find('/').map_or(rest.len(), |at| run + at);
    let (domain, lengths) = rest.split_at(slash);
    let domain = match domain.strip_prefix(':') {
        Some(domain) => Some(Template::domain(domain)?),
        None => None,
    };
    let prefixes = match lengths {
        "" => Prefixes::WHOLE,
        lengths => match (lengths.strip_prefix("//"), lengths[1..].split_once("//")) {
            (Some(v6), _) => Prefixes { v6: prefix(v6, 128)?, ..Prefixes::WHOLE },
            (None, Some((v4, v6))) => Prefixes { v4: prefix(v4, 32)?, v6: prefix(v6, 128)? },
            (None, None) => Prefixes { v4: prefix(&lengths[1..], 32)?, ..Prefixes::WHOLE },
        },
    };
    Ok((domain, prefixes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_kept_to_the_letter() {
        for (text, is_right) in [
            ("v=spf1", true),
            ("V=SPF1 A MX/24 -all", true),
            ("v=spf1 a:b.example/8//64 ~all", true),
            ("v=spf1 a//64", true),
            ("v=spf1 a/33", false),
            ("v=spf1 a/08", false),
            ("v=spf1 a:b/c.example/24 a:%{d/}.example//64", true),
            ("v=spf1 a:b.example/c", false),
            ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ?all", true),
            ("v=spf1 ip4:192.0.2", false),
            ("v=spf1 ip4", false),
            ("v=spf1 all:x", false),
            ("v=spf1 include", false),
            ("v=spf1 include:%{d}._spf.%{o2r-}.example exists:%{ir}.%{l1r+}.x.example", true),
            ("v=spf1 redirect=a.example redirect=b.example", false),
            ("v=spf1 moo=%{d} moo.cow-far_out=1", true),
            ("v=spf1 moo=%{q}", false),
            ("v=spf1 teapot", false),
            ("v=spf1 a:toplabel.123", false),
            ("v=spf1 a:\u{e9}.example", false),
            ("v=spf10", false),
        ] {
            assert_eq!(Record::parse(text.as_bytes()).is_ok(), is_right, "{text}");
        }
    }
}
