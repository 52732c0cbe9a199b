//! BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2).

use std::io::Write as _;

use message::{Part, PartBody};

use crate::envelope::envelope;
use crate::print::{nstring, string};

/// Whether the extension data follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// BODY.
    Basic,
    /// BODYSTRUCTURE.
    Extended,
}

pub(crate) fn structure(out: &mut Vec<u8>, part: &Part, detail: Detail) {
    out.push(b'(');
    match &part.body {
        PartBody::Multipart(parts) => {
            for part in parts {
                structure(out, part, detail);
            }
            out.push(b' ');
            string(out, &part.subtype.to_ascii_uppercase());
            if detail == Detail::Extended {
                out.push(b' ');
                parameters(out, &part.parameters);
                tail(out, part);
            }
        }
        PartBody::Text | PartBody::Other | PartBody::Message(_) => single(out, part, detail),
    }
    out.push(b')');
}

fn single(out: &mut Vec<u8>, part: &Part, detail: Detail) {
    string(out, &part.media_type.to_ascii_uppercase());
    out.push(b' ');
    string(out, &part.subtype.to_ascii_uppercase());
    out.push(b' ');
    parameters(out, &part.parameters);
    out.push(b' ');
    nstring(out, part.id.as_deref());
    out.push(b' ');
    nstring(out, part.description.as_deref());
    out.push(b' ');
    string(out, &part.encoding.to_ascii_uppercase());
    // Writing to memory does not fail.
    let _ = write!(out, " {}", part.body_end - part.body_start);
    match &part.body {
        PartBody::Message(inner) => {
            out.push(b' ');
            envelope(out, &inner.0);
            out.push(b' ');
            structure(out, &inner.1, detail);
            let _ = write!(out, " {}", part.line_count);
        }
        PartBody::Text => {
            let _ = write!(out, " {}", part.line_count);
        }
        PartBody::Other | PartBody::Multipart(_) => {}
    }
    if detail == Detail::Extended {
        out.push(b' ');
        nstring(out, part.md5.as_deref());
        tail(out, part);
    }
}

/// Disposition, language, location.
fn tail(out: &mut Vec<u8>, part: &Part) {
    out.push(b' ');
    match &part.disposition {
        Some((disposition, its_parameters)) => {
            out.push(b'(');
            string(out, &disposition.to_ascii_uppercase());
            out.push(b' ');
            parameters(out, its_parameters);
            out.push(b')');
        }
        None => out.extend_from_slice(b"NIL"),
    }
    out.push(b' ');
    match part.language.as_slice() {
        [] => out.extend_from_slice(b"NIL"),
        [one] => string(out, one),
        several => {
            out.push(b'(');
            for (index, tag) in several.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                string(out, tag);
            }
            out.push(b')');
        }
    }
    out.push(b' ');
    nstring(out, part.location.as_deref());
}

fn parameters(out: &mut Vec<u8>, parameters: &[(String, String)]) {
    if parameters.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for (index, (name, value)) in parameters.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        string(out, &name.to_ascii_uppercase());
        out.push(b' ');
        string(out, value);
    }
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_parts_is_described_as_the_standard_shows() {
        let message = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\n\
Content-Type: application/pdf; name=x\r\nContent-Disposition: attachment\r\n\
Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
        let summary = message::summarize(message);
        let mut out = Vec::new();
        structure(&mut out, &summary.structure, Detail::Extended);
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 1 NIL NIL NIL NIL)(\"APPLICATION\" \"PDF\" (\"NAME\" \"x\") \
             NIL NIL \"BASE64\" 4 NIL (\"ATTACHMENT\" NIL) NIL NIL) \"MIXED\" (\"BOUNDARY\" \"b\") NIL NIL NIL)"
        );
    }
}
