//! Names that people give to things.

use crate::HostingRefusal;
use crate::limit::TIME_ZONE_CHARACTER_COUNT_MAX;
use crate::refusal::{Limit, ValueRefusal};

/// A name as it is kept: trimmed, one line.
///
/// # Errors
/// `NAME_EMPTY`, `NAME_TOO_LONG` beyond `character_count_max`, `NAME_CHARACTER` for control characters.
pub(crate) fn name(text: &str, character_count_max: usize) -> Result<String, HostingRefusal> {
    let text = text.trim();
    let count = text.chars().count();
    if count == 0 {
        return Err(ValueRefusal::NameEmpty.into());
    }
    if count > character_count_max {
        return Err(ValueRefusal::NameTooLong(Limit::count(character_count_max, count)).into());
    }
    if text.chars().any(char::is_control) {
        return Err(ValueRefusal::NameCharacter.into());
    }
    Ok(text.to_owned())
}

/// As [`name`] for one that may be absent; an empty one is.
///
/// # Errors
/// As [`name`].
pub(crate) fn optional_name(
    text: Option<&str>,
    character_count_max: usize,
) -> Result<Option<String>, HostingRefusal> {
    text.filter(|text| !text.trim().is_empty()).map(|text| name(text, character_count_max)).transpose()
}

/// Checks that a time zone, where there is one, has the form of a name in the IANA time zone database. Which there are
/// changes from year to year.
///
/// # Errors
/// `TIME_ZONE_UNKNOWN`.
pub(crate) fn time_zone(name: Option<&str>) -> Result<(), HostingRefusal> {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'/' | b'_' | b'-' | b'+');
    let is_zone =
        |name: &str| (1..=TIME_ZONE_CHARACTER_COUNT_MAX).contains(&name.len()) && name.bytes().all(is_plain);
    if name.is_none_or(is_zone) { Ok(()) } else { Err(HostingRefusal::TimeZoneUnknown) }
}
