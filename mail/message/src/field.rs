//! Header fields (RFC 5322 section 2.2), read leniently.

use std::borrow::Cow;

/// Octets of one field's value that are looked at; the rest is left out of derived values.
pub const FIELD_OCTETS_MAX: usize = 64 * 1024;

/// Octets of the header of a message that is taken; a longer one is refused.
pub const HEADER_OCTETS_MAX: usize = 512 * 1024;

/// One header field as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name as sent, without the colon.
    pub name: &'a str,
    /// What follows the colon, folds inside, without the last line end.
    pub value: &'a [u8],
    /// Where its name begins, in octets from the start of the header.
    pub start: usize,
    /// Behind its last line end.
    pub end: usize,
}

impl Field<'_> {
    /// Whether it has this name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value on one line: see [`unfold`].
    pub fn text(&self) -> String {
        unfold(self.value)
    }
}

/// The fields of a header, in order; lines that are no field are passed over.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    header: &'a [u8],
    at: usize,
}

/// The fields of `header`, which ends where the message's header ends: see [`split_header`].
pub const fn fields(header: &[u8]) -> Fields<'_> {
    Fields { header, at: 0 }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let start = self.at;
            if start >= self.header.len() {
                return None;
            }
            let mut end = line_end(self.header, start);
            while matches!(self.header.get(end), Some(b' ' | b'\t')) {
                end = line_end(self.header, end);
            }
            self.at = end;
            let whole = &self.header[start..end];
            let Some(colon) = whole.iter().position(|octet| *octet == b':') else { continue };
            // A space before the colon is obsolete and still seen (RFC 5322 section 4.5).
            let name = whole[..colon].trim_ascii_end();
            if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
                continue;
            }
            let Ok(name) = std::str::from_utf8(name) else { continue };
            return Some(Field { name, value: trim_line_end(&whole[colon + 1..]), start, end });
        }
    }
}

/// Behind the line that begins at `start`.
pub(crate) fn line_end(octets: &[u8], start: usize) -> usize {
    octets[start..].iter().position(|octet| *octet == b'\n').map_or(octets.len(), |length| start + length + 1)
}

pub(crate) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where the header of an entity ends and where its body begins: before and behind the empty line. An entity without
/// an empty line is all header.
pub fn split_header(entity: &[u8]) -> (usize, usize) {
    let mut at = 0;
    while at < entity.len() {
        let end = line_end(entity, at);
        if trim_line_end(&entity[at..end]).is_empty() {
            return (at, end);
        }
        at = end;
    }
    (entity.len(), entity.len())
}

/// A value on one line: line ends of folds are taken out (RFC 5322 section 2.2.3), controls become spaces, octets that
/// are no UTF-8 become U+FFFD, spaces at both ends go. At most [`FIELD_OCTETS_MAX`] octets are read.
pub fn unfold(value: &[u8]) -> String {
    let value = &value[..value.len().min(FIELD_OCTETS_MAX)];
    let is_plain = value.iter().all(|octet| !octet.is_ascii_control());
    let octets: Cow<'_, [u8]> = if is_plain {
        Cow::Borrowed(value)
    } else {
        let kept = value.iter().filter(|octet| !matches!(octet, b'\r' | b'\n'));
        Cow::Owned(kept.map(|octet| if octet.is_ascii_control() { b' ' } else { *octet }).collect())
    };
    String::from_utf8_lossy(&octets).trim().to_owned()
}

/// How many `Received` fields a message has: how often it was passed on (RFC 5321 section 6.3).
pub fn received_count(message: &[u8]) -> usize {
    let (header_end, _) = split_header(message);
    fields(&message[..header_end]).filter(|field| field.is("Received")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_with_folds_and_garbage_between() {
        let header = b"Subject: a\r\n b\r\nno field here\r\nX-Y :  z\nBroken\x80: q\r\n";
        let found: Vec<(String, String)> =
            fields(header).map(|field| (field.name.to_owned(), field.text())).collect();
        assert_eq!(found, [("Subject".to_owned(), "a b".to_owned()), ("X-Y".to_owned(), "z".to_owned())]);
    }

    #[test]
    fn a_message_without_an_empty_line_is_all_header() {
        assert_eq!(split_header(b"A: b\r\n"), (6, 6));
        assert_eq!(split_header(b"A: b\r\n\r\nbody"), (6, 8));
        assert_eq!(split_header(b"\nbody"), (0, 1));
    }
}
