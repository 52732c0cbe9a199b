//! Pieces of a message: where a section lies (RFC 9051 section 6.4.5.1).

use std::collections::HashSet;
use std::ops::Range;

use message::{Part, PartBody, Summary};

use crate::grammar::{Section, SectionText};

/// The part that a path names; none where there is no such part. A message that is no multipart has one part, 1.
pub(crate) fn part<'a>(summary: &'a Summary, path: &[u32]) -> Option<&'a Part> {
    let mut part = &summary.structure;
    let mut is_message = true;
    for number in path {
        part = match &part.body {
            PartBody::Multipart(parts) => {
                is_message = false;
                parts.get(usize::try_from(*number).ok()?.checked_sub(1)?)?
            }
            // The number goes on inside an enclosed message.
            PartBody::Message(inner) if !is_message => match &inner.1.body {
                PartBody::Multipart(parts) => parts.get(usize::try_from(*number).ok()?.checked_sub(1)?)?,
                PartBody::Text | PartBody::Other | PartBody::Message(_) if *number == 1 => &inner.1,
                PartBody::Text | PartBody::Other | PartBody::Message(_) => return None,
            },
            PartBody::Text | PartBody::Other | PartBody::Message(_) if is_message && *number == 1 => {
                is_message = false;
                part
            }
            PartBody::Text | PartBody::Other | PartBody::Message(_) => return None,
        };
    }
    Some(part)
}

/// Where a section lies in a message of `size` octets; header fields are picked from the range by the caller. None
/// where there is no such section.
pub(crate) fn range(summary: &Summary, size: u32, section: &Section) -> Option<Range<u32>> {
    let whole = &summary.structure;
    if section.path.is_empty() {
        return match section.text {
            SectionText::Whole => Some(0..size),
            SectionText::Header | SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_) => {
                Some(0..whole.body_start)
            }
            SectionText::Text => Some(whole.body_start..size),
            SectionText::Mime => None,
        };
    }
    let part = part(summary, &section.path)?;
    match &section.text {
        SectionText::Whole => Some(part.body_start..part.body_end),
        SectionText::Mime => Some(part.header_start..part.body_start),
        SectionText::Header | SectionText::HeaderFields(_) | SectionText::HeaderFieldsNot(_) => {
            let inner = inner(part)?;
            Some(inner.header_start..inner.body_start)
        }
        SectionText::Text => {
            let inner = inner(part)?;
            Some(inner.body_start..inner.body_end)
        }
    }
}

const fn inner(part: &Part) -> Option<&Part> {
    match &part.body {
        PartBody::Message(inner) => Some(&inner.1),
        PartBody::Text | PartBody::Other | PartBody::Multipart(_) => None,
    }
}

/// The fields of a header with these names, or all others, and the empty line that ends it.
pub(crate) fn pick_fields(header: &[u8], text: &SectionText) -> Vec<u8> {
    let (names, wants_named) = match text {
        SectionText::HeaderFields(names) => (names, true),
        SectionText::HeaderFieldsNot(names) => (names, false),
        SectionText::Whole | SectionText::Header | SectionText::Text | SectionText::Mime => {
            return header.to_vec();
        }
    };
    let names: HashSet<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    let longest = names.iter().map(String::len).max().unwrap_or_default();
    let (end, _) = message::split_header(header);
    let mut picked = Vec::new();
    for field in message::fields(&header[..end]) {
        let is_named = field.name.len() <= longest && names.contains(&field.name.to_ascii_lowercase());
        if is_named == wants_named {
            picked.extend_from_slice(&header[field.start..field.end]);
        }
    }
    picked.extend_from_slice(b"\r\n");
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] =
        b"A: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX: y\r\n\r\none\r\n--b\r\n\
Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninside\r\n--b--\r\n";

    fn text_of(path: &[u32], text: SectionText) -> Option<String> {
        let summary = message::summarize(MESSAGE);
        let size = u32::try_from(MESSAGE.len()).expect("short");
        let range = range(&summary, size, &Section { path: path.to_vec(), text })?;
        Some(String::from_utf8_lossy(&MESSAGE[range.start as usize..range.end as usize]).into_owned())
    }

    #[test]
    fn sections_are_where_the_standard_says() {
        for (path, text, expected) in [
            (&[1][..], SectionText::Whole, Some("one")),
            (&[1], SectionText::Mime, Some("X: y\r\n\r\n")),
            (&[2], SectionText::Header, Some("Subject: in\r\n\r\n")),
            (&[2], SectionText::Text, Some("inside")),
            (&[2, 1], SectionText::Whole, Some("inside")),
            (&[2, 2], SectionText::Whole, None),
            (&[3], SectionText::Whole, None),
            (&[1, 1], SectionText::Whole, None),
            (&[1], SectionText::Header, None),
        ] {
            assert_eq!(text_of(path, text.clone()).as_deref(), expected, "{path:?} {text:?}");
        }
        assert_eq!(text_of(&[], SectionText::Whole).expect("all").len(), MESSAGE.len());
    }

    #[test]
    fn one_part_is_part_one() {
        let summary = message::summarize(b"A: 1\r\n\r\nbody");
        assert_eq!(part(&summary, &[1]).map(|part| part.body_end - part.body_start), Some(4));
        assert!(part(&summary, &[2]).is_none() && part(&summary, &[1, 1]).is_none());
    }

    #[test]
    fn fields_are_picked_in_their_order_with_an_empty_line() {
        let header = b"To: x\r\nSubject: a\r\n b\r\nTo: y\r\n\r\n";
        let names = vec!["TO".to_owned()];
        assert_eq!(pick_fields(header, &SectionText::HeaderFields(names.clone())), b"To: x\r\nTo: y\r\n\r\n");
        assert_eq!(pick_fields(header, &SectionText::HeaderFieldsNot(names)), b"Subject: a\r\n b\r\n\r\n");
    }
}
