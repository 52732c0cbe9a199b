//! Names that people give to things.

use crate::HostingRefusal;
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

/// The zones and links of the time zone database, one a line, after comments.
const TIME_ZONES: &str = include_str!("time_zones.txt");

/// Checks that a time zone, where there is one, is a name of the IANA time zone database, an old one that links to another
/// as well: systems go on telling these. The case counts, since readers look names up as they are.
///
/// # Errors
/// `TIME_ZONE_UNKNOWN`.
pub(crate) fn time_zone(name: Option<&str>) -> Result<(), HostingRefusal> {
    let is_known = |name: &str| TIME_ZONES.lines().any(|known| known == name && !known.starts_with('#'));
    if name.is_none_or(is_known) { Ok(()) } else { Err(HostingRefusal::TimeZoneUnknown) }
}
