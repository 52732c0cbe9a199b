//! What single strings have to be.

use crate::fault::FaultKind;
use crate::limit::{REGEX_COMPILED_OCTETS_MAX, REGEX_OCTETS_MAX};
use crate::word::Role;

/// Parts of a date (RFC 5260 section 4.2).
const DATE_PARTS: [&str; 13] = [
    "year", "month", "day", "date", "julian", "hour", "minute", "second", "time", "iso8601", "std11", "zone",
    "weekday",
];
/// Headers that are never added or taken away (RFC 5293 section 7).
const HEADERS_PROTECTED: [&str; 2] = ["received", "auto-submitted"];
/// Longest address in octets (RFC 5321 section 4.5.3.1.3).
const ADDRESS_OCTETS_MAX: usize = 254;
/// Longest name of a folder or script, in octets.
const NAME_OCTETS_MAX: usize = 1_000;

/// Checks a string that holds no variables.
pub(crate) fn check(role: Role, text: &str) -> Result<(), FaultKind> {
    let wanted = match role {
        Role::Any | Role::Key | Role::Capability | Role::Comparator => return Ok(()),
        Role::Header if is_header(text) => return Ok(()),
        Role::OwnHeader if is_header(text) => {
            let is_protected = HEADERS_PROTECTED.iter().any(|name| name.eq_ignore_ascii_case(text));
            return if is_protected { Err(FaultKind::HeaderProtected(text.to_owned())) } else { Ok(()) };
        }
        Role::Header | Role::OwnHeader => "the name of a header",
        Role::Address if is_address(text) => return Ok(()),
        Role::NamedAddress if is_address(bare(text)) => return Ok(()),
        Role::Address | Role::NamedAddress => "an address",
        Role::Flags if text.split_ascii_whitespace().all(is_flag) => return Ok(()),
        Role::Flags => "a flag",
        Role::Folder if is_name(text) => return Ok(()),
        Role::Folder => "the name of a folder",
        Role::SpecialUse if is_special_use(text) => return Ok(()),
        Role::SpecialUse => "a special use such as \\Junk",
        Role::Variable if is_variable(text) => return Ok(()),
        Role::Variable => "the name of a variable",
        Role::DatePart if DATE_PARTS.iter().any(|part| part.eq_ignore_ascii_case(text)) => return Ok(()),
        Role::DatePart => "a part of a date",
        Role::EnvelopePart if ["from", "to"].iter().any(|part| part.eq_ignore_ascii_case(text)) => {
            return Ok(());
        }
        Role::EnvelopePart => "a part of the envelope",
        Role::Zone if is_zone(text) => return Ok(()),
        Role::Zone => "a time zone such as +0100",
        Role::Relation if ["gt", "ge", "lt", "le", "eq", "ne"].contains(&text) => return Ok(()),
        Role::Relation => "one of gt, ge, lt, le, eq, ne",
        Role::Importance if ["1", "2", "3"].contains(&text) => return Ok(()),
        Role::Importance => "an importance of 1, 2 or 3",
        Role::Method if is_method(text) => return Ok(()),
        Role::Method => "a notification method such as mailto:a@example.org",
        Role::ScriptName if is_name(text) => return Ok(()),
        Role::ScriptName => "the name of a script",
    };
    Err(FaultKind::Value { wanted, found: shortened(text) })
}

/// Checks a regular expression: it is matched in linear time, so that size is all there is to bound.
pub(crate) fn check_regex(text: &str) -> Result<(), FaultKind> {
    if text.len() > REGEX_OCTETS_MAX {
        return Err(FaultKind::RegexLarge);
    }
    let built = regex::RegexBuilder::new(text).size_limit(REGEX_COMPILED_OCTETS_MAX).build();
    match built {
        Ok(_) => Ok(()),
        Err(regex::Error::CompiledTooBig(_)) => Err(FaultKind::RegexLarge),
        Err(error) => {
            // The last line says why; those before show the expression once more.
            let why = error.to_string();
            Err(FaultKind::Regex(why.lines().last().unwrap_or_default().trim().to_owned()))
        }
    }
}

/// Whether variables are put into it (RFC 5229 section 3): `${name}`, `${1}`, `${space.name}`.
pub(crate) fn has_variables(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| {
        let inside = text[at + 2..].split_once('}').map(|(inside, _)| inside);
        inside.is_some_and(|inside| {
            !inside.is_empty()
                && (inside.bytes().all(|octet| octet.is_ascii_digit()) || inside.split('.').all(is_variable))
        })
    })
}

/// `${hex: 40 21}` and `${unicode: 40}` (RFC 5228 section 2.4.2.4) as what they stand for; what is not well formed stays
/// as it is. None where a character does not exist.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        octets.extend_from_slice(before.as_bytes());
        match encoded(behind) {
            Some((bytes, behind)) => {
                octets.extend_from_slice(&bytes?);
                rest = behind;
            }
            None => {
                octets.extend_from_slice(b"${");
                rest = behind;
            }
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    String::from_utf8(octets).ok()
}

/// What stands between `${` and `}`, decoded, with what follows; none where nothing is encoded there.
fn encoded(behind: &str) -> Option<(Option<Vec<u8>>, &str)> {
    let (inside, behind) = behind.split_once('}')?;
    let (name, digits) = inside.split_once(':')?;
    let numbers: Vec<u32> = digits
        .split_ascii_whitespace()
        .map(|digits| u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')))
        .collect::<Option<_>>()?;
    if numbers.is_empty() {
        return None;
    }
    if name.eq_ignore_ascii_case("hex") {
        let octets: Vec<u8> =
            numbers.into_iter().map(|number| u8::try_from(number).ok()).collect::<Option<_>>()?;
        return Some((Some(octets), behind));
    }
    if name.eq_ignore_ascii_case("unicode") {
        let text: Option<String> = numbers.into_iter().map(char::from_u32).collect();
        return Some((text.map(String::into_bytes), behind));
    }
    None
}

fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| (33..=126).contains(&octet) && octet != b':')
}

/// The address within `Name <address>`.
fn bare(text: &str) -> &str {
    let inside = text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<'));
    inside.map_or_else(|| text.trim(), |(_, address)| address)
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_plain = |text: &str| {
        !text.is_empty()
            && !text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>(),;:\\\"[]".contains(c))
    };
    // A quoted local part may hold what a plain one may not.
    let is_quoted = local.len() > 2
        && local.starts_with('"')
        && local.ends_with('"')
        && !local[1..local.len() - 1].chars().any(|c| c.is_control() || c == '"');
    text.len() <= ADDRESS_OCTETS_MAX
        && (is_plain(local) && !local.contains('@') || is_quoted)
        && is_plain(domain)
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// A keyword, or one of the system's (RFC 9051 section 2.3.2).
fn is_flag(text: &str) -> bool {
    let name = text.strip_prefix('\\').unwrap_or(text);
    !name.is_empty()
        && name.bytes().all(|octet| (33..=126).contains(&octet) && !b"(){%*\"\\]".contains(&octet))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_OCTETS_MAX && !text.chars().any(char::is_control)
}

fn is_special_use(text: &str) -> bool {
    text.strip_prefix('\\').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    })
}

fn is_variable(text: &str) -> bool {
    let mut octets = text.bytes();
    octets.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && octets.all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
}

fn is_zone(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or_default();
    digits.len() == 4
        && digits.bytes().all(|octet| octet.is_ascii_digit())
        && &digits[..2] < "24"
        && &digits[2..] < "60"
}

/// Mail is the only way to notify (RFC 5436).
fn is_method(text: &str) -> bool {
    let Some(rest) = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")) else {
        return false;
    };
    let address = text[rest.len()..].split('?').next().unwrap_or_default();
    is_address(address)
}

/// So much of a string as a sentence can hold.
pub(crate) fn shortened(text: &str) -> String {
    const CHARACTER_COUNT_MAX: usize = 60;
    if text.chars().count() <= CHARACTER_COUNT_MAX {
        return text.to_owned();
    }
    text.chars().take(CHARACTER_COUNT_MAX).chain(['\u{2026}']).collect()
}
