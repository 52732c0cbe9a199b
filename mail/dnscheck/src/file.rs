//! The records as files: a zone to import (RFC 1035 section 5), and a table for spreadsheets (RFC 4180).

use resolver::Name;

use crate::expected::{Data, Expected};
use crate::judge::{Checked, State};

/// Octets of one string of a TXT record (RFC 1035 section 3.3).
const STRING_OCTETS_MAX: usize = 255;

/// A zone file with the wanted records of `domain`. Names are whole, so that it means the same wherever it is imported.
pub fn zone_file(domain: &Name, wanted: &[Expected]) -> String {
    let lines = record_lines(wanted.iter().map(|Expected { name, data, .. }| (name, data)));
    format!("$ORIGIN {domain}.\n$TTL 3600\n{lines}")
}

/// The lines of a zone file with these records.
pub fn record_lines<'a>(records: impl Iterator<Item = (&'a Name, &'a Data)>) -> String {
    let mut file = String::new();
    for (name, data) in records {
        let text = match data {
            Data::Mx(preference, host) => format!("{preference} {host}."),
            Data::Cname(host) => format!("{host}."),
            Data::Srv(priority, weight, port, host) => format!("{priority} {weight} {port} {host}."),
            Data::Txt(text) => strings(text),
        };
        file.push_str(&format!("{name}.\tIN\t{}\t{text}\n", data.word()));
    }
    file
}

/// A text as quoted strings of at most 255 octets.
fn strings(text: &str) -> String {
    let quoted = |octets: &[u8]| {
        let mut out = String::from("\"");
        for octet in octets {
            match octet {
                b'"' | b'\\' => out.extend(['\\', char::from(*octet)]),
                b' '..=b'~' => out.push(char::from(*octet)),
                other => out.push_str(&format!("\\{other:03}")),
            }
        }
        out + "\""
    };
    text.as_bytes().chunks(STRING_OCTETS_MAX).map(quoted).collect::<Vec<_>>().join(" ")
}

/// A table with what is wanted and what stands there, lines ended by CRLF.
pub fn csv(checked: &[Checked]) -> String {
    let mut file = String::from("name,type,expected,current,state\r\n");
    for one in checked {
        let state = match one.state {
            State::Good => "ok",
            State::Absent => "absent",
            State::Wrong => "wrong",
            State::Duplicate => "duplicate",
            State::Unknown => "unknown",
        };
        let (name, value) = (one.expected.name.to_string(), one.expected.data.to_string());
        let cells = [&name, one.expected.data.word(), &value, &one.current.join(" | "), state];
        file.push_str(&cells.map(cell).join(","));
        file.push_str("\r\n");
    }
    file
}

/// A cell in quotes. What a spreadsheet would take for a formula gets an apostrophe before it: what stands in DNS may
/// have been put there by anybody.
fn cell(text: &str) -> String {
    let apostrophe = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_ends_early() {
        for (text, written) in [
            ("v=spf1 -all", "\"v=spf1 -all\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("a\",\"b", "\"a\"\",\"\"b\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn long_texts_are_cut_and_odd_octets_escaped() {
        assert_eq!(strings("a\"b\\c;é"), "\"a\\\"b\\\\c;\\195\\169\"");
        assert_eq!(strings(&"x".repeat(256)), format!("\"{}\" \"x\"", "x".repeat(255)));
    }
}
