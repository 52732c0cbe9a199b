//! From octets to the [`Summary`].

use std::collections::VecDeque;

use mail_parser::DateTime;

use crate::address::address_list;
use crate::field::{fields, split_header, unfold};
use crate::structure::structure;
use crate::text::preview;
use crate::{AddressItem, Envelope, Part, PartBody, Summary};

/// Longest preview in characters (RFC 8970 section 3.1).
pub const PREVIEW_CHARACTER_COUNT_MAX: usize = 200;
/// Message-IDs kept of References and In-Reply-To: the first and the last.
pub const REFERENCE_COUNT_MAX: usize = 32;
/// Longest Message-ID that is kept: a line (RFC 5322 section 2.1.1).
const MESSAGE_ID_OCTETS_MAX: usize = 998;

/// Derives everything that is kept beside a message. Any octets give a summary.
pub fn summarize(message: &[u8]) -> Summary {
    let (header_end, _) = split_header(message);
    let header = &message[..header_end];
    let structure = structure(message);
    let envelope = envelope(header);
    let date = envelope.date.as_deref().and_then(DateTime::parse_rfc822).filter(DateTime::is_valid);
    Summary {
        references: references(header),
        sent_at_ms: date.as_ref().map(|date| date.to_timestamp().saturating_mul(1000)),
        sent_day: date.as_ref().map(|date| (date.year, date.month, date.day)),
        preview: preview(message, &structure),
        has_attachment: has_attachment(&structure),
        envelope,
        structure,
    }
}

/// The envelope of a header.
pub(crate) fn envelope(header: &[u8]) -> Envelope {
    let mut envelope = Envelope::default();
    for field in fields(header) {
        match field.name.to_ascii_lowercase().as_str() {
            "date" => first(&mut envelope.date, field.value),
            "subject" => first(&mut envelope.subject, field.value),
            "in-reply-to" => first(&mut envelope.in_reply_to, field.value),
            "message-id" => first(&mut envelope.message_id, field.value),
            "from" => addresses(&mut envelope.from, field.value),
            "sender" => addresses(&mut envelope.sender, field.value),
            "reply-to" => addresses(&mut envelope.reply_to, field.value),
            "to" => addresses(&mut envelope.to, field.value),
            "cc" => addresses(&mut envelope.cc, field.value),
            "bcc" => addresses(&mut envelope.bcc, field.value),
            _ => {}
        }
    }
    envelope
}

fn first(place: &mut Option<String>, value: &[u8]) {
    if place.is_none() {
        *place = Some(unfold(value));
    }
}

/// Fields that should stand once and stand twice are taken together, at most as many as one list holds.
fn addresses(place: &mut Vec<AddressItem>, value: &[u8]) {
    if place.len() < 1000 {
        place.extend(address_list(&unfold(value)));
    }
}

/// What a message answers: the one that began its thread, and the newest. A list that is too long loses its second, as RFC
/// 5537 section 3.4.4 has it.
fn references(header: &[u8]) -> Vec<String> {
    let mut kept: VecDeque<String> = VecDeque::with_capacity(REFERENCE_COUNT_MAX);
    for name in ["References", "In-Reply-To"] {
        for field in fields(header).filter(|field| field.is(name)) {
            for id in message_ids(&unfold(field.value)) {
                // Senders choose how many there are: no more than what is kept is ever looked through.
                if kept.iter().any(|known| known == id) {
                    continue;
                }
                if kept.len() == REFERENCE_COUNT_MAX {
                    kept.remove(1);
                }
                kept.push_back(id.to_owned());
            }
        }
    }
    kept.into()
}

fn message_ids(text: &str) -> impl Iterator<Item = &str> {
    let ids = text.split('<').skip(1).filter_map(|piece| Some(piece.split_once('>')?.0.trim()));
    ids.filter(|id| !id.is_empty() && id.len() <= MESSAGE_ID_OCTETS_MAX)
}

fn has_attachment(part: &Part) -> bool {
    match &part.body {
        PartBody::Multipart(parts) => parts.iter().any(has_attachment),
        PartBody::Text | PartBody::Other | PartBody::Message(_) => {
            part.disposition.as_ref().is_some_and(|(disposition, _)| disposition == "attachment")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &[u8] = b"From: A <a@x>\r\nTo: b@y\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\
Date: Wed, 17 Jul 1996 02:23:25 -0700\r\nMessage-ID: <m@x>\r\nReferences: <r1@x> <r2@x>\r\nIn-Reply-To: <r2@x>\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\npreamble\r\n--b 1\r\n\
Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nCaf=C3=A9 =\r\nnow\r\n\
--b 1\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nline one\r\nline two\r\n--b 1\r\n\
Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\nZZ\r\n--b 1--\r\nepilogue\r\n";

    fn slice<'a>(message: &'a [u8], part: &Part) -> &'a [u8] {
        &message[part.body_start as usize..part.body_end as usize]
    }

    #[test]
    fn a_mixed_message_is_taken_apart_with_exact_places() {
        let summary = summarize(MIXED);
        assert_eq!(summary.envelope.subject.as_deref(), Some("=?utf-8?q?caf=C3=A9?="));
        assert_eq!(summary.envelope.message_id.as_deref(), Some("<m@x>"));
        assert_eq!(summary.references, ["r1@x", "r2@x"]);
        assert_eq!(summary.sent_day, Some((1996, 7, 17)));
        assert_eq!(summary.sent_at_ms, Some(837_595_405_000));
        assert_eq!(summary.preview, "Caf\u{e9} now");
        assert!(summary.has_attachment);
        let PartBody::Multipart(parts) = &summary.structure.body else { panic!("not a multipart") };
        assert_eq!(parts.len(), 3);
        assert_eq!(slice(MIXED, &parts[0]), b"Caf=C3=A9 =\r\nnow");
        assert_eq!(slice(MIXED, &parts[2]), b"ZZ");
        let PartBody::Message(inner) = &parts[1].body else { panic!("not a message") };
        assert_eq!(inner.0.subject.as_deref(), Some("inner"));
        assert_eq!(slice(MIXED, &inner.1), b"line one\r\nline two");
        assert_eq!((inner.1.line_count, parts[1].line_count), (2, 4));
    }

    #[test]
    fn of_many_references_the_first_and_the_last_are_kept_and_no_more_are_looked_through() {
        let mut message = String::from("Subject: x\r\n");
        let mut count = 0;
        while message.len() < 2 << 20 {
            message.push_str("References:");
            for _ in 0..5000 {
                message.push_str(&format!(" <{count:x}>"));
                count += 1;
            }
            message.push_str("\r\n");
        }
        message.push_str("In-Reply-To: <0> <last>\r\n\r\nx");
        let begun = std::time::Instant::now();
        let references = summarize(message.as_bytes()).references;
        assert_eq!(references.len(), REFERENCE_COUNT_MAX);
        let newest = format!("{:x}", count - 1);
        assert_eq!((references[0].as_str(), references[31].as_str()), ("0", "last"));
        assert_eq!(references[30], newest);
        // Each looked for among all before it takes minutes.
        assert!(begun.elapsed().as_secs() < 30, "took {:?}", begun.elapsed());
    }

    #[test]
    fn broken_messages_have_summaries_too() {
        for message in [
            &b""[..],
            b"\r\n",
            b"no header at all",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\nnothing divides this\r\n",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n--x--",
            b"Content-Type: ;;;=\r\n\r\n\xff\xfe",
            b"Content-Type: message/rfc822\r\n\r\n",
        ] {
            let summary = summarize(message);
            let structure = &summary.structure;
            assert!(
                structure.body_start <= structure.body_end && structure.body_end as usize <= message.len()
            );
            if let PartBody::Multipart(parts) = &structure.body {
                assert!(!parts.is_empty());
            }
        }
    }

    #[test]
    fn deep_and_wide_nesting_is_cut_and_not_followed() {
        let mut deep = Vec::new();
        for level in 0..200 {
            deep.extend(
                format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n").bytes(),
            );
        }
        let mut depth = 0;
        let summary = summarize(&deep);
        let mut part = &summary.structure;
        while let PartBody::Multipart(parts) = &part.body {
            depth += 1;
            part = &parts[0];
        }
        assert_eq!(depth, crate::DEPTH_MAX + 1);
        let mut wide = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
        wide.extend(b"--b\r\n\r\nx\r\n".repeat(5000));
        let PartBody::Multipart(parts) = summarize(&wide).structure.body else { panic!("not a multipart") };
        assert!(parts.len() <= crate::PART_COUNT_MAX);
    }
}
