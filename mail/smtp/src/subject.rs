//! The detail of an address before the subject, for mailboxes that want to see it there.

use base64::Engine as _;
use message::{fields, split_header};

/// Longest detail that is shown, in characters: it is a stranger's word.
const DETAIL_CHARACTERS_MAX: usize = 60;

/// The message with `[detail]` before its subject; a subject is made where there is none.
pub(crate) fn with_detail(message: &[u8], detail: &str) -> Vec<u8> {
    let shown = shown(detail);
    let (header_end, _) = split_header(message);
    let subject = fields(&message[..header_end]).find(|field| field.is("Subject"));
    let (at, text) = match &subject {
        // Behind the colon.
        Some(field) => {
            let colon =
                message[field.start..field.end].iter().position(|octet| *octet == b':').unwrap_or_default();
            (field.start + colon + 1, format!(" {shown}"))
        }
        None => (0, format!("Subject: {shown}\r\n")),
    };
    [&message[..at], text.as_bytes(), &message[at..]].concat()
}

/// Printable ASCII as it is, anything else as an encoded word (RFC 2047 section 2).
fn shown(detail: &str) -> String {
    let detail: String = detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARACTERS_MAX).collect();
    if detail.chars().all(|character| character.is_ascii_graphic()) && !detail.contains("=?") {
        return format!("[{detail}]");
    }
    // Pieces of whole characters, so that a word has 75 characters at most; blanks between them are not shown.
    let characters: Vec<char> = format!("[{detail}]").chars().collect();
    let words = characters.chunks(10).map(|piece| {
        let octets = piece.iter().collect::<String>();
        format!("=?utf-8?b?{}?=", base64::engine::general_purpose::STANDARD.encode(octets))
    });
    words.collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_stands_before_the_subject_whatever_it_is() {
        for (message, detail, result) in [
            ("A: b\r\nSubject: hello\r\n\r\nx", "shop", "A: b\r\nSubject: [shop] hello\r\n\r\nx"),
            ("A: b\r\n\r\nSubject: x", "shop", "Subject: [shop]\r\nA: b\r\n\r\nSubject: x"),
            ("subject:\r\n", "a\r\nX: y", "subject: =?utf-8?b?W2FYOiB5XQ==?=\r\n"),
            ("Subject: q\r\n\r\n", "\u{e9}", "Subject: =?utf-8?b?W8OpXQ==?= q\r\n\r\n"),
        ] {
            let told = with_detail(message.as_bytes(), detail);
            assert_eq!(String::from_utf8_lossy(&told), result, "{detail:?}");
        }
    }
}
