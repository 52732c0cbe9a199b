//! What a message asks of TLS on its way (RFC 8689).

use message::{fields, split_header};
use store::TlsWish;

/// Whether MAIL was given REQUIRETLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Keyword {
    /// It was not.
    #[default]
    Absent,
    /// It was: the field in the header counts for nothing then (RFC 8689 section 3).
    Given,
}

/// What the message asks: by the keyword, else by its header.
pub(crate) fn tls_wish(keyword: Keyword, message: &[u8]) -> TlsWish {
    if keyword == Keyword::Given {
        return TlsWish::Required;
    }
    let (header_end, _) = split_header(message);
    let mut found = fields(&message[..header_end]).filter(|field| field.is("TLS-Required"));
    // More than one says nothing (RFC 8689 section 3).
    match (found.next(), found.next()) {
        (Some(field), None) if field.value.trim_ascii().eq_ignore_ascii_case(b"no") => TlsWish::Relaxed,
        _ => TlsWish::Usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_goes_before_the_field_and_the_field_says_no_or_nothing() {
        for (header, expected) in [
            ("Subject: hello", TlsWish::Usual),
            ("TLS-Required: No", TlsWish::Relaxed),
            ("tls-required:  no ", TlsWish::Relaxed),
            ("TLS-Required: Yes", TlsWish::Usual),
            ("TLS-Required: No\r\nTLS-Required: No", TlsWish::Usual),
            ("Subject: a\r\n\r\nTLS-Required: No", TlsWish::Usual),
        ] {
            let message = format!("{header}\r\n\r\nhello\r\n");
            assert_eq!(tls_wish(Keyword::Absent, message.as_bytes()), expected, "{header}");
            assert_eq!(tls_wish(Keyword::Given, message.as_bytes()), TlsWish::Required, "{header}");
        }
    }
}
