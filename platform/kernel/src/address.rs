//! Addresses of mail: local part, domain name, and both.

use std::fmt;

/// Longest local part in octets (RFC 5321 section 4.5.3.1.1).
const LOCAL_PART_OCTETS_MAX: usize = 64;
/// Longest domain in octets (RFC 5321 section 4.5.3.1.2).
const DOMAIN_OCTETS_MAX: usize = 255;
/// Longest label in octets (RFC 1035 section 2.3.4).
const LABEL_OCTETS_MAX: usize = 63;

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// There is no `@`.
    #[error("an address needs an `@`")]
    NoAt,
    /// The part before the `@` is empty.
    #[error("the part before the `@` is empty")]
    LocalPartEmpty,
    /// The part before the `@` is longer than 64 octets.
    #[error("the part before the `@` is longer than 64 octets")]
    LocalPartTooLong,
    /// A character that a local part may not hold unquoted, or a leading, trailing or doubled dot.
    #[error("the part before the `@` holds a character that is not allowed, or a dot out of place")]
    LocalPartCharacter,
    /// The domain is empty or longer than 255 octets.
    #[error("a domain has 1 to 255 octets")]
    DomainLength,
    /// A label is empty, too long, begins or ends with `-`, or is no valid internationalised name.
    #[error("the domain is not a valid name")]
    DomainLabel,
}

/// The part before the `@`, as it was written: its case is kept (RFC 5321 section 2.4).
///
/// A quoted string is stored without its quotes. UTF-8 is allowed (RFC 6531 section 3.3). 1 to 64 octets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalPart(String);

impl LocalPart {
    /// Reads a dot-string, or a quoted string with its quotes.
    ///
    /// # Errors
    /// The first [`AddressFault`] met.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.is_empty() {
            return Err(AddressFault::LocalPartEmpty);
        }
        let plain = match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inside) => unquote(inside)?,
            None => {
                let dot_misplaced = text.starts_with('.') || text.ends_with('.') || text.contains("..");
                if dot_misplaced || !text.chars().all(is_atext_or_dot) {
                    return Err(AddressFault::LocalPartCharacter);
                }
                text.to_owned()
            }
        };
        match plain.len() {
            0 => Err(AddressFault::LocalPartEmpty),
            1..=LOCAL_PART_OCTETS_MAX => Ok(Self(plain)),
            _ => Err(AddressFault::LocalPartTooLong),
        }
    }

    /// The text, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which two local parts are the same to us: lower case.
    ///
    /// Hosts may treat local parts as they like (RFC 5321 section 2.3.11); ours do not tell case apart.
    pub fn canonical(&self) -> String {
        self.0.to_lowercase()
    }

    /// Splits `name+detail` (RFC 5233 section 4) into the name and the detail; `None` without a usable `+`.
    pub fn split_detail(&self) -> Option<(LocalPart, &str)> {
        let (name, detail) = self.0.split_once('+')?;
        (!name.is_empty()).then(|| (LocalPart(name.to_owned()), detail))
    }

    fn needs_quotes(&self) -> bool {
        let text = &self.0;
        text.starts_with('.')
            || text.ends_with('.')
            || text.contains("..")
            || !text.chars().all(is_atext_or_dot)
    }
}

fn unquote(inside: &str) -> Result<String, AddressFault> {
    let mut plain = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        let kept = match character {
            '\\' => characters.next().ok_or(AddressFault::LocalPartCharacter)?,
            '"' => return Err(AddressFault::LocalPartCharacter),
            other => other,
        };
        if kept.is_control() {
            return Err(AddressFault::LocalPartCharacter);
        }
        plain.push(kept);
    }
    Ok(plain)
}

/// RFC 5322 section 3.2.3 `atext`, widened by RFC 6532 section 3.2, plus the dot of a dot-string.
fn is_atext_or_dot(character: char) -> bool {
    match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => true,
        _ if character.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(character),
        _ => !character.is_control() && !character.is_whitespace(),
    }
}

impl fmt::Display for LocalPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.needs_quotes() {
            return f.write_str(&self.0);
        }
        f.write_str("\"")?;
        for character in self.0.chars() {
            if matches!(character, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{character}")?;
        }
        f.write_str("\"")
    }
}

/// A DNS name in its ASCII form (A-labels, RFC 5890 section 2.3.2.1), lower case, without a trailing dot.
///
/// 1 to 255 octets, labels of 1 to 63 letters, digits and hyphens (RFC 5321 section 2.3.5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Reads a name in ASCII or Unicode.
    ///
    /// # Errors
    /// The first [`AddressFault`] met.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() || text.len() > DOMAIN_OCTETS_MAX {
            return Err(AddressFault::DomainLength);
        }
        let lower = text.to_lowercase();
        // What comes out of the conversion has to be a name that goes in again: labels such as `xN--` are seen too.
        let name = if lower.is_ascii() && !lower.contains("xn--") {
            lower
        } else {
            idna::domain_to_ascii(&lower).map_err(|_| AddressFault::DomainLabel)?
        };
        if name.is_empty() || name.len() > DOMAIN_OCTETS_MAX {
            return Err(AddressFault::DomainLength);
        }
        if name.split('.').all(is_label) { Ok(Self(name)) } else { Err(AddressFault::DomainLabel) }
    }

    /// The ASCII form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form to show to people (U-labels), or the ASCII form where that is not valid.
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }
}

fn is_label(label: &str) -> bool {
    let inner = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    (1..=LABEL_OCTETS_MAX).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where mail goes: a local part at a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress {
    /// Before the `@`.
    pub local: LocalPart,
    /// After the last `@`.
    pub domain: DomainName,
}

impl EmailAddress {
    /// Joins two valid parts.
    pub const fn new(local: LocalPart, domain: DomainName) -> Self {
        Self { local, domain }
    }

    /// Splits `text` at the last `@`.
    ///
    /// # Errors
    /// The first [`AddressFault`] met.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let (local, domain) = text.rsplit_once('@').ok_or(AddressFault::NoAt)?;
        Ok(Self { local: LocalPart::parse(local)?, domain: DomainName::parse(domain)? })
    }

    /// The form by which two addresses are the same to us: lower case on both sides.
    pub fn canonical(&self) -> String {
        // Asked for with each recipient: written in one go, without the machinery of formatting.
        let (local, domain) = (&self.local.0, self.domain.as_str());
        let mut text = String::with_capacity(local.len() + 1 + domain.len());
        if local.is_ascii() {
            text.push_str(local);
            text.make_ascii_lowercase();
        } else {
            text.push_str(&self.local.canonical());
        }
        text.push('@');
        text.push_str(domain);
        text
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_back() {
        for (text, canonical) in [
            ("Alice@Demo.EXAMPLE", "alice@demo.example"),
            ("a.b+c@x.example", "a.b+c@x.example"),
            ("\"a b\"@x.example", "a b@x.example"),
            ("jos\u{e9}@b\u{fc}cher.example", "jos\u{e9}@xn--bcher-kva.example"),
        ] {
            let address = EmailAddress::parse(text).expect(text);
            assert_eq!(address.canonical(), canonical);
            assert_eq!(EmailAddress::parse(&address.to_string()), Ok(address));
        }
    }

    #[test]
    fn every_fault_has_its_name() {
        for (text, fault) in [
            ("alice", AddressFault::NoAt),
            ("@x.example", AddressFault::LocalPartEmpty),
            (".a@x.example", AddressFault::LocalPartCharacter),
            ("a..b@x.example", AddressFault::LocalPartCharacter),
            ("a b@x.example", AddressFault::LocalPartCharacter),
            ("\"a\u{0}\"@x.example", AddressFault::LocalPartCharacter),
            ("a@", AddressFault::DomainLength),
            ("a@-x.example", AddressFault::DomainLabel),
            ("a@x..example", AddressFault::DomainLabel),
            ("a@x example", AddressFault::DomainLabel),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(fault), "{text}");
        }
        let long = format!("{}@x.example", "a".repeat(65));
        assert_eq!(EmailAddress::parse(&long), Err(AddressFault::LocalPartTooLong));
    }
}
