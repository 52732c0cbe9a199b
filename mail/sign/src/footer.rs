//! What a domain adds to the end of sent mail: to its text and to its HTML, before it is signed.
//!
//! Only what is surely text of the author is changed: nothing signed or encrypted, no attachment, no enclosed message, no
//! part that does not decode whole. What is changed becomes UTF-8 in quoted-printable, whatever it was.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use message::{Part, PartBody, decode_body, fields};

use crate::variable::{Author, Into, filled};

/// Longest part that gets a footer, in octets; longer ones stay as they are.
pub const FOOTED_PART_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// Parts of one message that get a footer at most.
const FOOTED_PART_COUNT_MAX: usize = 16;
/// Characters of a line in quoted-printable, without its soft break (RFC 2045 section 6.7).
const LINE_CHARACTER_COUNT_MAX: usize = 75;

/// What is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footer<'a> {
    /// To plain text; empty: nothing. Variables are filled in.
    pub text: &'a str,
    /// To HTML, as HTML; empty: nothing. Variables are filled in, and are no HTML.
    pub html: &'a str,
    /// What variables stand for.
    pub author: Author<'a>,
    /// Whether replies go without it.
    pub skips_replies: bool,
}

/// The message with the footer; none where it goes as it is.
pub fn with_footer(message: &[u8], footer: Footer<'_>) -> Option<Vec<u8>> {
    let summary = message::summarize(message);
    let root = &summary.structure;
    let header = message.get(..root.body_start as usize)?;
    let has = |name: &str| fields(header).any(|field| field.is(name));
    if has("DKIM-Signature") || (footer.skips_replies && (has("In-Reply-To") || has("References"))) {
        return None;
    }
    let mut found = Vec::new();
    collect(root, &mut found);
    let is_root = |part: &Part| std::ptr::eq(part, root);
    let mut changed: Option<Vec<u8>> = None;
    let mut from = 0;
    for part in found.into_iter().take(FOOTED_PART_COUNT_MAX) {
        let Some(new) =
            footed(message, part, footer, if is_root(part) { Place::Root } else { Place::Inside })
        else {
            continue;
        };
        let out = changed.get_or_insert_with(|| Vec::with_capacity(message.len() + new.len()));
        out.extend_from_slice(&message[from..part.header_start as usize]);
        out.extend_from_slice(&new);
        from = part.body_end as usize;
    }
    let mut changed = changed?;
    changed.extend_from_slice(&message[from..]);
    Some(changed)
}

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the message.
    Root,
    /// It is one of several.
    Inside,
}

/// The parts that hold what the author wrote, in order.
fn collect<'a>(part: &'a Part, into: &mut Vec<&'a Part>) {
    let is_attached = part.disposition.as_ref().is_some_and(|(kind, _)| kind == "attachment");
    match &part.body {
        PartBody::Text if !is_attached => into.push(part),
        PartBody::Multipart(parts) => match part.subtype.as_str() {
            "signed" | "encrypted" | "report" | "digest" => {}
            "alternative" => parts.iter().for_each(|part| collect(part, into)),
            _ => parts.iter().take(1).for_each(|part| collect(part, into)),
        },
        PartBody::Text | PartBody::Other | PartBody::Message(_) => {}
    }
}

/// Header and body of a part with the footer.
fn footed(message: &[u8], part: &Part, footer: Footer<'_>, place: Place) -> Option<Vec<u8>> {
    let added = match part.subtype.as_str() {
        "plain" => filled(footer.text, &footer.author, Into::Text),
        "html" => filled(footer.html, &footer.author, Into::Html),
        _ => return None,
    };
    let body = message.get(part.body_start as usize..part.body_end as usize)?;
    if added.is_empty() || body.len() > FOOTED_PART_OCTETS_MAX || !is_whole(&part.encoding, body) {
        return None;
    }
    let text = decode_body(part, body);
    if text.contains('\u{fffd}') || text.contains('\0') || text.contains("-----BEGIN PGP ") {
        return None;
    }
    let header = message.get(part.header_start as usize..part.body_start as usize)?;
    let mut out = Vec::with_capacity(header.len() + body.len() + added.len());
    for field in fields(header) {
        if !field.is("Content-Type") && !field.is("Content-Transfer-Encoding") && !field.is("Content-MD5") {
            out.extend_from_slice(&header[field.start..field.end]);
        }
    }
    if place == Place::Root && !fields(header).any(|field| field.is("MIME-Version")) {
        out.extend_from_slice(b"MIME-Version: 1.0\r\n");
    }
    let mut kind = format!("Content-Type: text/{}; charset=utf-8", part.subtype);
    for (name, value) in
        part.parameters.iter().filter(|(name, _)| matches!(name.as_str(), "format" | "delsp"))
    {
        if value.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            kind.push_str(&format!("; {name}={value}"));
        }
    }
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
    let whole = if part.subtype == "html" { in_html(&text, &added) } else { after_text(&text, &added) };
    quoted_printable(&whole, &mut out);
    Some(out)
}

/// Whether a body decodes without loss: what does not is not touched.
fn is_whole(encoding: &str, body: &[u8]) -> bool {
    match encoding {
        "7bit" | "8bit" | "binary" => true,
        "base64" => {
            let plain: Vec<u8> = body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
            STANDARD.decode(plain).is_ok()
        }
        "quoted-printable" => {
            let mut rest = body;
            while let Some(at) = rest.iter().position(|octet| *octet == b'=') {
                rest = &rest[at + 1..];
                let is_octet = rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit);
                let is_break = rest.is_empty() || rest.trim_ascii_start().len() < rest.len();
                if !is_octet && !is_break {
                    return false;
                }
            }
            true
        }
        _ => false,
    }
}

fn after_text(text: &str, footer: &str) -> String {
    format!("{}\n\n{}\n", text.trim_end_matches(['\r', '\n']), footer.trim_end_matches(['\r', '\n']))
}

/// Before the end of the page, where it has one.
fn in_html(html: &str, footer: &str) -> String {
    // Of equal length: only ASCII is lowered.
    let lower = html.to_ascii_lowercase();
    let end = lower.rfind("</body").or_else(|| lower.rfind("</html")).unwrap_or(html.len());
    format!("{}{footer}\n{}", &html[..end], &html[end..])
}

/// RFC 2045 section 6.7. Dots and `From ` at the beginning of a line are written so that nobody on the way touches them.
fn quoted_printable(text: &str, out: &mut Vec<u8>) {
    for line in text.split_inclusive('\n') {
        let (content, end) = match line.strip_suffix('\n') {
            Some(content) => (content.strip_suffix('\r').unwrap_or(content), &b"\r\n"[..]),
            None => (line, &b""[..]),
        };
        let octets = content.as_bytes();
        let mut column = 0;
        for (index, octet) in octets.iter().enumerate() {
            let is_last = index + 1 == octets.len();
            let is_first = column == 0 && (*octet == b'.' || octets[index..].starts_with(b"From "));
            let is_plain = match octet {
                b'=' => false,
                b' ' | b'\t' => !is_last,
                octet => octet.is_ascii_graphic() && !is_first,
            };
            let width = if is_plain { 1 } else { 3 };
            if column + width > LINE_CHARACTER_COUNT_MAX {
                out.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if is_plain {
                out.push(*octet);
            } else {
                out.extend_from_slice(format!("={octet:02X}").as_bytes());
            }
            column += width;
        }
        out.extend_from_slice(end);
    }
}

#[cfg(test)]
mod tests {
    use message::summarize;

    use super::*;

    const FOOTER: Footer<'_> = Footer {
        text: "Soci\u{e9}t\u{e9} Demo",
        html: "<p>Soci\u{e9}t\u{e9} Demo</p>",
        author: AUTHOR,
        skips_replies: true,
    };
    const AUTHOR: Author<'_> = Author { login: "", name: "Ann <ann>", address: "ann@x.example" };

    /// The texts of all text parts, decoded, after the footer.
    fn texts(message: &[u8]) -> Option<Vec<String>> {
        let changed = with_footer(message, FOOTER)?;
        fn walk(part: &Part, message: &[u8], into: &mut Vec<String>) {
            match &part.body {
                PartBody::Text => {
                    let body = &message[part.body_start as usize..part.body_end as usize];
                    into.push(decode_body(part, body).replace("\r\n", "\n"));
                }
                PartBody::Multipart(parts) => parts.iter().for_each(|part| walk(part, message, into)),
                PartBody::Other | PartBody::Message(_) => {}
            }
        }
        let mut found = Vec::new();
        walk(&summarize(&changed).structure, &changed, &mut found);
        Some(found)
    }

    #[test]
    fn plain_text_in_any_charset_gets_the_footer_once() {
        for (head, body) in [
            ("", "Hello\r\n"),
            ("Content-Type: text/plain; charset=us-ascii\r\n", "Hello\r\n\r\n"),
            ("Content-Transfer-Encoding: base64\r\n", "SGVsbG8K\r\n"),
            (
                "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n",
                "Hel=\r\nlo\r\n",
            ),
        ] {
            let message = format!("From: a@x.example\r\n{head}\r\n{body}");
            let expected = vec!["Hello\n\nSoci\u{e9}t\u{e9} Demo\n".to_owned()];
            assert_eq!(texts(message.as_bytes()), Some(expected), "{message}");
        }
        let latin = b"From: a@x.example\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n";
        assert_eq!(texts(latin), Some(vec!["caf\u{e9}\n\nSoci\u{e9}t\u{e9} Demo\n".to_owned()]));
    }

    #[test]
    fn text_and_html_get_theirs_and_attachments_none() {
        let message =
            b"From: a@x.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n\
            --o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\ntext\r\n--i\r\n\
            Content-Type: text/html\r\n\r\n<html><body>html</body></html>\r\n--i--\r\n--o\r\n\
            Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nnotes\r\n--o--\r\n";
        assert_eq!(
            texts(message),
            Some(vec![
                "text\n\nSoci\u{e9}t\u{e9} Demo\n".to_owned(),
                "<html><body>html<p>Soci\u{e9}t\u{e9} Demo</p>\n</body></html>".to_owned(),
                "notes".to_owned(),
            ])
        );
    }

    #[test]
    fn what_authors_call_themselves_is_text_in_html_as_well() {
        let footer = Footer { text: "{= from_name =}", html: "<p>{= from_name =}</p>", ..FOOTER };
        for (head, expected) in
            [("Content-Type: text/plain", "Ann <ann>"), ("Content-Type: text/html", "<p>Ann &lt;ann&gt;</p>")]
        {
            let message = format!("From: ann@x.example\r\n{head}\r\n\r\nhello\r\n");
            let changed = with_footer(message.as_bytes(), footer).expect("a footer");
            let part = summarize(&changed).structure;
            let body = decode_body(&part, &changed[part.body_start as usize..part.body_end as usize]);
            assert!(body.contains(expected), "{body}");
        }
    }

    #[test]
    fn what_is_signed_encrypted_answered_or_broken_stays_as_it_is() {
        for head in [
            "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n",
            "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n",
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n",
            "Content-Type: application/pkcs7-mime\r\n\r\nMIAGCSqGSIb3DQEHA6CA\r\n",
            "\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n",
            "In-Reply-To: <1@x>\r\n\r\ntext\r\n",
            "DKIM-Signature: v=1\r\n\r\ntext\r\n",
            "Content-Transfer-Encoding: base64\r\n\r\n!!! no base64\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\n\r\na =ZZ b\r\n",
            "Content-Transfer-Encoding: x-unknown\r\n\r\ntext\r\n",
            "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n",
            "Content-Type: text/plain; charset=utf-8\r\n\r\n\u{fffd}\r\n",
        ] {
            let message = format!("From: a@x.example\r\nMIME-Version: 1.0\r\n{head}");
            assert_eq!(with_footer(message.as_bytes(), FOOTER), None, "{message}");
        }
        let no_html = Footer { html: "", ..FOOTER };
        assert_eq!(with_footer(b"Content-Type: text/html\r\n\r\n<p>a</p>\r\n", no_html), None);
    }

    #[test]
    fn lines_of_quoted_printable_are_short_and_decode_to_what_they_were() {
        let text = format!(".dot\nFrom here\n{}\nend \n\u{e9}={}", "x y".repeat(100), "\u{1f431}".repeat(50));
        let mut out = Vec::new();
        quoted_printable(&text, &mut out);
        assert!(out.split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
        let decoded = message::decode_transfer(&out, "quoted-printable").expect("known");
        assert_eq!(String::from_utf8_lossy(&decoded).replace("\r\n", "\n"), text);
    }
}
