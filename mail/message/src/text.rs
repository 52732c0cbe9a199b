//! Readable text: transfer encodings, charsets, encoded words, preview, what a search looks at.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::parsers::fields::thread::thread_name;

use crate::field::{fields, split_header, unfold};
use crate::summarize::PREVIEW_CHARACTER_COUNT_MAX;
use crate::{Part, PartBody, Summary};

/// Octets of body text per message that a search looks at; what is behind is not found.
pub const SEARCH_OCTETS_MAX: usize = 1024 * 1024;
/// Longest name of a character set, with its language, in an encoded word.
const CHARSET_OCTETS_MAX: usize = 64;
/// Octets of a part from which a preview is made.
const PREVIEW_SOURCE_OCTETS_MAX: usize = 8 * 1024;

/// The text of a message, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchText {
    /// Header fields of the message, one per line, encoded words decoded.
    pub header: String,
    /// All text parts, also those of enclosed messages.
    pub body: String,
}

/// Takes the transfer encoding off (RFC 2045 section 6). An unknown one gives nothing.
pub fn decode_transfer<'a>(octets: &'a [u8], encoding: &str) -> Option<Cow<'a, [u8]>> {
    match encoding {
        "base64" => {
            // Lenient: the decoder stops at the first octet that is no base64 and gives what it has.
            base64_decode(octets).or_else(|| Some(lenient_base64(octets))).map(Cow::Owned)
        }
        "quoted-printable" => {
            Some(Cow::Owned(quoted_printable_decode(octets).unwrap_or_else(|| octets.to_vec())))
        }
        "7bit" | "8bit" | "binary" => Some(Cow::Borrowed(octets)),
        _ => None,
    }
}

/// Everything up to the first group that is no base64.
fn lenient_base64(octets: &[u8]) -> Vec<u8> {
    let clean: Vec<u8> = octets
        .iter()
        .copied()
        .filter(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'))
        .collect();
    let whole = clean.len() / 4 * 4;
    base64_decode(&clean[..whole]).unwrap_or_default()
}

/// The text of a part: transfer encoding and charset taken off. `octets` is its body or the beginning of it.
pub fn decode_body(part: &Part, octets: &[u8]) -> String {
    let Some(octets) = decode_transfer(octets, &part.encoding) else { return String::new() };
    let charset = part.parameters.iter().find(|(name, _)| name == "charset").map(|(_, value)| value.as_str());
    in_charset(&octets, charset.unwrap_or("utf-8"))
}

fn in_charset(octets: &[u8], charset: &str) -> String {
    if charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("us-ascii") {
        return String::from_utf8_lossy(octets).into_owned();
    }
    match charset_decoder(charset.as_bytes()) {
        Some(decode) => decode(octets),
        None => String::from_utf8_lossy(octets).into_owned(),
    }
}

/// Encoded words (RFC 2047) into text; white space between two of them goes (section 6.2).
pub fn decode_words(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    let mut follows_word = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let Some((word, length)) = encoded_word(from) else {
            decoded.push_str(before);
            decoded.push_str("=?");
            rest = &from[2..];
            follows_word = false;
            continue;
        };
        if !(follows_word && before.chars().all(char::is_whitespace)) {
            decoded.push_str(before);
        }
        decoded.push_str(&word);
        rest = &from[length..];
        follows_word = true;
    }
    decoded.push_str(rest);
    decoded
}

/// `=?charset?B?text?=` at the start of `text`, with its length. What cannot be one is not read beyond where the next may
/// begin, so that a text of many beginnings is read once.
fn encoded_word(text: &str) -> Option<(String, usize)> {
    let inside = text.get(2..)?;
    let beginning = inside.get(..inside.floor_char_boundary(CHARSET_OCTETS_MAX + 3))?;
    let (charset, rest) = beginning.split_once('?')?;
    let encoding = rest.split_once('?').map(|(encoding, _)| encoding)?;
    let start = charset.len() + 1 + encoding.len() + 1;
    let length = payload_length(inside.get(start..)?)?;
    let payload = &inside[start..start + length];
    if charset.is_empty() {
        return None;
    }
    // A language may follow the charset (RFC 2231 section 5).
    let charset = charset.split('*').next().unwrap_or(charset);
    let octets = match encoding {
        "B" | "b" => base64_decode(payload.as_bytes()).unwrap_or_else(|| lenient_base64(payload.as_bytes())),
        "Q" | "q" => {
            let spaced = payload.replace('_', " ");
            quoted_printable_decode(spaced.as_bytes())?
        }
        _ => return None,
    };
    Some((in_charset(&octets, charset), 2 + start + length + 2))
}

/// Where the text of an encoded word ends at `?=`; none where another begins first, or a white space stands in it.
fn payload_length(text: &str) -> Option<usize> {
    let octets = text.as_bytes();
    for (at, character) in text.char_indices() {
        match (character, octets.get(at + 1), octets.get(at + 2)) {
            ('?', Some(b'='), _) => return Some(at),
            // Padding of base64, and then the end.
            ('=', Some(b'?'), Some(b'=')) => {}
            ('=', Some(b'?'), _) => return None,
            (character, ..) if character.is_whitespace() => return None,
            _ => {}
        }
    }
    None
}

/// The subject without `Re:` and its relatives, for threads (RFC 5256 section 2.1). `subject` is decoded.
pub fn base_subject(subject: &str) -> &str {
    thread_name(subject).trim()
}

/// What a search in this message looks at.
pub fn search_text(message: &[u8], summary: &Summary) -> SearchText {
    let (header_end, _) = split_header(message);
    let mut text = SearchText::default();
    for field in fields(&message[..header_end]) {
        text.header.push_str(field.name);
        text.header.push_str(": ");
        text.header.push_str(&decode_words(&unfold(field.value)));
        text.header.push('\n');
        if text.header.len() >= SEARCH_OCTETS_MAX {
            break;
        }
    }
    body_text(message, &summary.structure, &mut text.body);
    text
}

fn body_text(message: &[u8], part: &Part, into: &mut String) {
    if into.len() >= SEARCH_OCTETS_MAX {
        return;
    }
    match &part.body {
        PartBody::Text => {
            let text = decode_body(part, octets_of(message, part));
            let text = if part.subtype == "html" { html_to_text(&text) } else { text };
            let room = SEARCH_OCTETS_MAX - into.len();
            into.push_str(&text[..text.floor_char_boundary(room)]);
            into.push('\n');
        }
        PartBody::Multipart(parts) => parts.iter().for_each(|part| body_text(message, part, into)),
        PartBody::Message(inner) => {
            into.push_str(&decode_words(inner.0.subject.as_deref().unwrap_or_default()));
            into.push('\n');
            body_text(message, &inner.1, into);
        }
        PartBody::Other => {}
    }
}

fn octets_of<'a>(message: &'a [u8], part: &Part) -> &'a [u8] {
    message.get(part.body_start as usize..part.body_end as usize).unwrap_or_default()
}

/// The beginning of the readable text on one line.
pub(crate) fn preview(message: &[u8], structure: &Part) -> String {
    let Some(part) = readable(structure, "plain").or_else(|| readable(structure, "html")) else {
        return String::new();
    };
    let octets = octets_of(message, part);
    let beginning = &octets[..octets.len().min(PREVIEW_SOURCE_OCTETS_MAX)];
    let text = decode_body(part, beginning);
    let text = if part.subtype == "html" { html_to_text(&text) } else { text };
    let mut preview = String::new();
    let mut count = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        let length = word.chars().count();
        if length == 0 {
            continue;
        }
        if count > 0 {
            preview.push(' ');
            count += 1;
        }
        let room = PREVIEW_CHARACTER_COUNT_MAX.saturating_sub(count);
        preview.extend(word.chars().take(room));
        count += length.min(room);
        if count >= PREVIEW_CHARACTER_COUNT_MAX {
            break;
        }
    }
    preview.truncate(preview.trim_end().len());
    preview
}

/// The first text part of that subtype that is no attachment.
fn readable<'a>(part: &'a Part, subtype: &str) -> Option<&'a Part> {
    let is_attached = part.disposition.as_ref().is_some_and(|(disposition, _)| disposition == "attachment");
    match &part.body {
        PartBody::Text if part.subtype == subtype && !is_attached => Some(part),
        PartBody::Multipart(parts) => parts.iter().find_map(|part| readable(part, subtype)),
        PartBody::Text | PartBody::Other | PartBody::Message(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summarize;

    #[test]
    fn encoded_words_are_decoded_and_joined() {
        for (text, expected) in [
            ("=?utf-8?q?caf=C3=A9_au?= =?utf-8?B?IGxhaXQ=?=", "caf\u{e9} au lait"),
            ("a =?iso-8859-1?Q?=E9?= b", "a \u{e9} b"),
            ("=?utf-8*fr?q?x?=", "x"),
            ("=?broken", "=?broken"),
            ("=?x?y?z?= plain", "=?x?y?z?= plain"),
            ("=?utf-8?q?how?q?= =?utf-8?b?aGk=?=", "how?qhi"),
            ("=?utf-8?q?a =?utf-8?q?b?=", "=?utf-8?q?a b"),
            ("=?utf-8?q?a=?utf-8?q?b?=", "=?utf-8?q?ab"),
            ("=?\u{e9}?q?x?= =?utf-8?q?", "x =?utf-8?q?"),
        ] {
            assert_eq!(decode_words(text), expected);
        }
    }

    #[test]
    fn beginnings_of_encoded_words_without_an_end_are_read_once() {
        for (piece, end) in [
            ("=?x?q?a", ""),
            ("=?x?q?a", "?="),
            ("=?x?q?a ", "?="),
            ("=?x?b?", ""),
            ("=?", ""),
            ("=?=", ""),
            ("=?x?q?a?=", ""),
        ] {
            let begun = std::time::Instant::now();
            let text = piece.repeat((1 << 20) / piece.len()) + end;
            assert!(decode_words(&text).len() <= text.len());
            // Reading the rest for each of them takes minutes.
            assert!(begun.elapsed().as_secs() < 20, "{piece} took {:?}", begun.elapsed());
        }
    }

    #[test]
    fn search_sees_decoded_text_of_every_part() {
        let message = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
--b\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQ=\r\n--b\r\nContent-Type: text/html\r\n\r\n\
<p>Hello <b>rich</b> world</p>\r\n--b--\r\n";
        let text = search_text(message, &summarize(message));
        assert!(text.header.contains("Subject: Gr\u{fc}\u{df}e"));
        assert!(text.body.contains("Hello world"), "{}", text.body);
        assert!(text.body.contains("rich"), "{}", text.body);
    }

    #[test]
    fn the_base_of_a_subject_is_what_threads_share() {
        assert_eq!(base_subject("Re: Re[2]: Fwd: dinner"), "dinner");
        assert_eq!(base_subject("dinner"), "dinner");
    }
}
