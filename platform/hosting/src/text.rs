//! Names that people give to things.

use crate::HostingRefusal;
use crate::refusal::{Limit, ValueRefusal};

/// A name as it is kept: trimmed, one line, read in the direction of its letters.
///
/// # Errors
/// `NAME_EMPTY`, `NAME_TOO_LONG` beyond `character_count_max`, `NAME_CHARACTER` for control characters, those of direction among
/// them.
pub(crate) fn name(text: &str, character_count_max: usize) -> Result<String, HostingRefusal> {
    let name = word(text, character_count_max)?;
    if name.chars().any(turns) {
        return Err(ValueRefusal::NameCharacter.into());
    }
    Ok(name)
}

/// Whether a character turns the direction of what follows, beyond its own name: a sentence or an address that stands there
/// reads otherwise than it is.
const fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// As [`name`] for what names nobody, as a tag, a subject or a file: it is written by whoever writes it, also by mail, and some of
/// it is read again by this rule, so that what was taken once goes on to be.
///
/// # Errors
/// `NAME_EMPTY`, `NAME_TOO_LONG` beyond `character_count_max`, `NAME_CHARACTER` for control characters.
pub(crate) fn word(text: &str, character_count_max: usize) -> Result<String, HostingRefusal> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_turn_the_direction_of_what_follows() {
        let refused = Err(HostingRefusal::from(ValueRefusal::NameCharacter));
        for text in ["Alice \u{202e}gpj.exe", "\u{202a}a", "\u{2066}a\u{2069}", "a\u{2069}", "\u{202d}bank"] {
            assert_eq!(name(text, 100), refused, "{text:?}");
            assert_eq!(optional_name(Some(text), 100), refused.clone().map(Some), "{text:?}");
        }
        // What is written from right to left, and the marks that belong to it.
        for text in ["\u{5d3}\u{5d5}\u{5d3}", "\u{645}\u{631}\u{62d}\u{628}\u{627}\u{200f} 1", "a\u{200d}b"] {
            assert_eq!(name(text, 100).as_deref(), Ok(text));
        }
    }
}
