//! Values as IMAP writes them (RFC 9051 section 4).

use std::io::Write as _;

use store::{MessageRow, Uid};

use crate::grammar::print_flags;

/// A string: quoted where that is possible, a literal otherwise.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let is_quotable = text.len() <= 1024 && text.bytes().all(|octet| matches!(octet, 0x20..=0x7e));
    if !is_quotable {
        return literal(out, text.as_bytes());
    }
    out.push(b'"');
    for octet in text.bytes() {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
}

pub(crate) fn literal(out: &mut Vec<u8>, octets: &[u8]) {
    // Writing to memory does not fail.
    let _ = write!(out, "{{{}}}\r\n", octets.len());
    out.extend_from_slice(octets);
}

/// NIL where there is nothing.
pub(crate) fn nstring(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// A folder's name as it is written in this session: an atom or string. UTF-8 names are quoted where UTF-8 is enabled.
pub(crate) fn folder_name(out: &mut Vec<u8>, encoded: &str) {
    let is_utf8_quotable = encoded.bytes().all(|octet| octet >= 0x20 && octet != 0x7f) && !encoded.is_ascii();
    if is_utf8_quotable {
        out.push(b'"');
        out.extend_from_slice(encoded.replace('\\', "\\\\").replace('"', "\\\"").as_bytes());
        out.push(b'"');
    } else {
        string(out, encoded);
    }
}

/// `1:3,5` of ascending numbers.
pub(crate) fn number_set(out: &mut Vec<u8>, numbers: impl IntoIterator<Item = u32>) {
    let mut run: Option<(u32, u32)> = None;
    let mut is_first = true;
    let mut flush = |out: &mut Vec<u8>, (from, to): (u32, u32)| {
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        let _ = if from == to { write!(out, "{from}") } else { write!(out, "{from}:{to}") };
    };
    for number in numbers {
        match &mut run {
            Some((_, to)) if to.checked_add(1) == Some(number) => *to = number,
            Some(done) => {
                flush(out, *done);
                run = Some((number, number));
            }
            None => run = Some((number, number)),
        }
    }
    if let Some(done) = run {
        flush(out, done);
    }
}

pub(crate) fn uid_set(out: &mut Vec<u8>, uids: &[Uid]) {
    number_set(out, uids.iter().map(|uid| uid.0));
}

/// What a session wants to be told of a message's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FlagForm {
    pub(crate) with_uid: bool,
    pub(crate) with_modseq: bool,
}

/// `* 3 FETCH (FLAGS (\Seen) UID 7 MODSEQ (9))`; `position` counts from 0.
pub(crate) fn flags_response(out: &mut Vec<u8>, position: u32, row: &MessageRow, form: FlagForm) {
    let _ = write!(out, "* {} FETCH (", position + 1);
    if form.with_uid {
        let _ = write!(out, "UID {} ", row.uid.0);
    }
    out.extend_from_slice(b"FLAGS (");
    print_flags(&row.flags, out);
    out.push(b')');
    if form.with_modseq {
        let _ = write!(out, " MODSEQ ({})", row.modseq.0);
    }
    out.extend_from_slice(b")\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(print: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        print(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn strings_are_quoted_or_literal() {
        assert_eq!(printed(|out| string(out, "a\"b\\c")), "\"a\\\"b\\\\c\"");
        assert_eq!(printed(|out| string(out, "caf\u{e9}")), "{5}\r\ncaf\u{e9}");
        assert_eq!(printed(|out| string(out, "a\r\nb")), "{4}\r\na\r\nb");
        assert_eq!(printed(|out| nstring(out, None)), "NIL");
    }

    #[test]
    fn numbers_come_as_runs() {
        for (numbers, text) in
            [(vec![1, 2, 3, 5], "1:3,5"), (vec![4], "4"), (vec![1, 3, 4], "1,3:4"), (vec![], "")]
        {
            assert_eq!(printed(|out| number_set(out, numbers)), text);
        }
    }
}
