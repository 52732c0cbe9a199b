//! Fields of the parts of a report that machines read.

use crate::limit::{FIELD_COUNT_MAX, TEXT_OCTETS_MAX};

/// An address without its brackets.
pub(crate) fn bare(value: &str) -> String {
    value.trim_start_matches('<').trim_end_matches('>').to_owned()
}

/// Fields with their folded lines joined; ends at the first empty line. Names in lower case, values cut.
pub(crate) fn lines(octets: &[u8]) -> impl Iterator<Item = (String, String)> {
    let text = String::from_utf8_lossy(octets).into_owned();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.split('\n').map(|line| line.trim_end_matches('\r')).take(FIELD_COUNT_MAX * 4) {
        if line.is_empty() {
            break;
        }
        match line.strip_prefix([' ', '\t']) {
            Some(more) => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push(' ');
                    value.push_str(more.trim());
                }
            }
            None => {
                if let Some((name, value)) = line.split_once(':') {
                    fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    fields.into_iter().map(|(name, mut value)| {
        value.truncate(value.floor_char_boundary(TEXT_OCTETS_MAX));
        (name, value)
    })
}
