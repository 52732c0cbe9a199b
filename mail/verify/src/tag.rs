//! Lists of tags, `name=value; ...` (RFC 6376 section 3.2), as DKIM, ARC and DMARC write them.

/// Octets of one list that are read.
const LIST_OCTETS_MAX: usize = 16 * 1024;
/// Tags of one list.
const TAG_COUNT_MAX: usize = 64;

/// The tags of a list, in order, values without blanks around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// None where it is no list, is too long, or names a tag twice.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        if text.len() > LIST_OCTETS_MAX {
            return None;
        }
        let mut tags: Vec<(&str, &str)> = Vec::new();
        let text = text.trim_ascii_end();
        for tag in text.strip_suffix(';').unwrap_or(text).split(';') {
            let (name, value) = tag.split_once('=')?;
            let name = name.trim_ascii();
            let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'_');
            if !is_name || tags.len() >= TAG_COUNT_MAX || tags.iter().any(|(known, _)| *known == name) {
                return None;
            }
            tags.push((name, value.trim_ascii()));
        }
        Some(Self(tags))
    }

    /// The value of a tag; names have a case (RFC 6376 section 3.2).
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The name that comes first.
    pub(crate) fn first(&self) -> Option<&'a str> {
        self.0.first().map(|(name, _)| *name)
    }
}

/// The text without blanks and line ends: base64 and lists of names may be folded anywhere.
pub(crate) fn without_blanks(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_whitespace()).collect()
}

/// Decodes base64 with folds in it.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    // Some leave the padding out, and some leave bits in the last digit: neither changes what is meant.
    const LENIENT: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    LENIENT.decode(without_blanks(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_doubled_tags_refused() {
        let tags = Tags::parse(" v=1; a = rsa-sha256 ;\r\n b= x=y ; ").expect("a list");
        assert_eq!(tags.first(), Some("v"));
        assert_eq!(tags.get("a"), Some("rsa-sha256"));
        assert_eq!(tags.get("b"), Some("x=y"));
        assert_eq!(tags.get("A"), None);
        for broken in ["", "v", "v=1; v=1", "=1", "v=1;; a=b", "1v=2"] {
            assert_eq!(Tags::parse(broken), None, "{broken:?}");
        }
    }
}
