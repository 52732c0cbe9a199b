//! Which mail goes first where not all can go at once.

use message::{fields, split_header};
use store::Lane;

/// Recipients of one message above which it is bulk, whatever it says of itself.
const PERSONAL_RECIPIENT_COUNT_MAX: usize = 50;

/// The lane of a message: what lists and machines say of themselves (RFC 2919, RFC 3834 section 5), else a person's.
pub(crate) fn lane(message: &[u8], recipient_count: usize) -> Lane {
    let (header_end, _) = split_header(message);
    let mut lane = Lane::Interactive;
    for field in fields(&message[..header_end]) {
        let value = String::from_utf8_lossy(field.value).trim().to_ascii_lowercase();
        if field.is("List-Id") || field.is("List-Unsubscribe") {
            return Lane::Bulk;
        }
        if field.is("Precedence") && matches!(value.as_str(), "bulk" | "list" | "junk") {
            return Lane::Bulk;
        }
        if field.is("Auto-Submitted") && value != "no" {
            lane = Lane::Transactional;
        }
    }
    if recipient_count > PERSONAL_RECIPIENT_COUNT_MAX { Lane::Bulk } else { lane }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_machines_wait_behind_people() {
        for (header, count, expected) in [
            ("Subject: hello\r\n", 1, Lane::Interactive),
            ("Subject: hello\r\n", 51, Lane::Bulk),
            ("Auto-Submitted: auto-generated\r\n", 1, Lane::Transactional),
            ("Auto-Submitted: no\r\n", 1, Lane::Interactive),
            ("Precedence: bulk\r\n", 1, Lane::Bulk),
            ("List-Id: <news.example>\r\nAuto-Submitted: auto-generated\r\n", 1, Lane::Bulk),
        ] {
            let message = format!("{header}\r\nPrecedence: bulk\r\n");
            assert_eq!(lane(message.as_bytes(), count), expected, "{header}");
        }
    }
}
