//! Texts in stored forms, and the values that they stand for.

use std::str::FromStr;

use authority::{Permission, Permissions};
use kernel::{DomainName, EmailAddress, IdFault, Malformed, RawEvent};

use super::malformed;
use crate::Language;

/// 32 octets as they are written: 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Hash(String);

impl From<&[u8; 32]> for Hash {
    fn from(octets: &[u8; 32]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
        Self(octets.iter().flat_map(|octet| [digit(octet >> 4), digit(octet & 15)]).collect())
    }
}

/// The octets of a hash.
pub(crate) fn hash(raw: &RawEvent, text: &Hash) -> Result<[u8; 32], Malformed> {
    let fault = || malformed(raw, "a hash has 64 hexadecimal digits");
    let digits = text.0.as_bytes();
    let mut octets = [0; 32];
    if digits.len() != 2 * octets.len() {
        return Err(fault());
    }
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        let (high, low) = nibble(pair[0]).zip(nibble(pair[1])).ok_or_else(fault)?;
        *octet = u8::try_from(high << 4 | low).map_err(|_| fault())?;
    }
    Ok(octets)
}

/// An identifier of the expected type.
pub(crate) fn id<T: FromStr<Err = IdFault>>(raw: &RawEvent, text: &str) -> Result<T, Malformed> {
    text.parse().map_err(|fault: IdFault| malformed(raw, &fault.to_string()))
}

/// A value by its own reader; `what` says what was expected.
pub(crate) fn parse<T>(raw: &RawEvent, value: Option<T>, what: &str) -> Result<T, Malformed> {
    value.ok_or_else(|| malformed(raw, what))
}

/// A language by its tag.
pub(crate) fn language(raw: &RawEvent, tag: &str) -> Result<Language, Malformed> {
    parse(raw, Language::tagged(tag), "the tag of a language is expected")
}

/// Permissions, each by its stable name.
pub(crate) fn permission_names(permissions: Permissions) -> Vec<String> {
    permissions.iter().map(|permission| permission.name().to_owned()).collect()
}

/// The permissions of these names.
pub(crate) fn permissions(raw: &RawEvent, names: &[String]) -> Result<Permissions, Malformed> {
    names
        .iter()
        .map(|name| parse(raw, Permission::named(name), "the name of a permission is expected"))
        .collect()
}

/// A domain name.
pub(crate) fn domain_name(raw: &RawEvent, text: &str) -> Result<DomainName, Malformed> {
    parse(raw, DomainName::parse(text).ok(), "a domain name is expected")
}

/// Addresses, each as a text.
pub(crate) fn address_texts(addresses: &[EmailAddress]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}
