//! One message as mboxrd: a line in front, flags as fields, `From ` at the start of lines marked.

use std::io::{self, Write};

/// The flags of a message that programs keep in an mbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flags {
    /// `\Seen`.
    pub is_seen: bool,
    /// `\Answered`.
    pub is_answered: bool,
    /// `\Flagged`.
    pub is_flagged: bool,
    /// `\Draft`.
    pub is_draft: bool,
}

/// A message as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// When it arrived (INTERNALDATE), in seconds since 1970; what no calendar has is written as 1970.
    pub received_at_s: i64,
    /// Its flags.
    pub flags: Flags,
    /// Its keywords; those that are no atom of visible ASCII are left out.
    pub keywords: &'a [&'a str],
    /// Its octets, as they were received.
    pub octets: &'a [u8],
}

/// Writes it, with the empty line that ends it.
pub(crate) fn write(out: &mut impl Write, message: &Message<'_>) -> io::Result<()> {
    let at = jiff::Timestamp::from_second(message.received_at_s).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    writeln!(out, "From MAILER-DAEMON {}", at.strftime("%a %b %e %H:%M:%S %Y"))?;
    let flags = message.flags;
    writeln!(out, "Status: {}O", if flags.is_seen { "R" } else { "" })?;
    let mut letters = String::new();
    for (is_set, letter) in [(flags.is_answered, 'A'), (flags.is_flagged, 'F'), (flags.is_draft, 'T')] {
        if is_set {
            letters.push(letter);
        }
    }
    writeln!(out, "X-Status: {letters}")?;
    let bits = u8::from(flags.is_seen) | u8::from(flags.is_answered) << 1 | u8::from(flags.is_flagged) << 2;
    writeln!(out, "X-Mozilla-Status: {bits:04x}")?;
    let words: Vec<&str> = message
        .keywords
        .iter()
        .copied()
        .filter(|word| !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_graphic()))
        .collect();
    writeln!(out, "X-Keywords: {}", words.join(" "))?;
    for line in message.octets.split_inclusive(|octet| *octet == b'\n') {
        let unmarked = line.iter().position(|octet| *octet != b'>').unwrap_or(line.len());
        if line.get(unmarked..).is_some_and(|rest| rest.starts_with(b"From ")) {
            out.write_all(b">")?;
        }
        if let Some(text) = line.strip_suffix(b"\r\n") {
            out.write_all(text)?;
            out.write_all(b"\n")?;
        } else {
            out.write_all(line)?;
        }
    }
    if !message.octets.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")
}
