//! Delivery status (RFC 3464, 6533): another host tells that it could not deliver what it had taken.

use crate::Malformed;
use crate::field::{bare, lines};
use crate::limit::{FIELD_COUNT_MAX, STATUS_COUNT_MAX};

/// What a host says of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryStatus {
    /// `Reporting-MTA`: the name of the host that tells.
    pub reporter: Option<String>,
    /// What it says of each recipient.
    pub recipients: Vec<RecipientStatus>,
    /// `Message-ID` of the message, with its angle brackets, out of its header where that came along.
    pub message_id: Option<String>,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipientStatus {
    /// `Final-Recipient`: the address that the host knows; an alias may have led there.
    pub recipient: Option<String>,
    /// `Original-Recipient`: the address as it was written first, where that was kept.
    pub original: Option<String>,
    /// `Action`, in lower case: `failed`, `delayed`, `delivered`, `relayed`, `expanded`.
    pub action: String,
    /// `Status`: the enhanced code (RFC 3463).
    pub status: String,
    /// The reply code in `Diagnostic-Code`; 0 where it holds none.
    pub code: u16,
    /// The text of `Diagnostic-Code`, without its type.
    pub diagnosis: String,
}

/// Reads the machine-readable part (`message/delivery-status`, `message/global-delivery-status`) and the header of the
/// message that it is about, which may be empty. Recipients beyond [`STATUS_COUNT_MAX`] are left out.
///
/// # Errors
/// [`Malformed::Missing`]: no recipient has an `Action` (RFC 3464 section 2.3.3 demands it).
pub fn read(fields: &[u8], original: &[u8]) -> Result<DeliveryStatus, Malformed> {
    let mut blocks = blocks(fields).into_iter();
    let of_message = blocks.next().unwrap_or_default();
    let mut status = DeliveryStatus::default();
    for (name, value) in lines(of_message).take(FIELD_COUNT_MAX) {
        if name == "reporting-mta" {
            status.reporter = Some(typed(&value).to_ascii_lowercase());
        }
    }
    for block in blocks {
        let recipient = recipient(block);
        if !recipient.action.is_empty() {
            status.recipients.push(recipient);
        }
    }
    for (name, value) in lines(original).take(FIELD_COUNT_MAX) {
        if name == "message-id" && status.message_id.is_none() {
            status.message_id = Some(value);
        }
    }
    match status.recipients.is_empty() {
        true => Err(Malformed::Missing("Action")),
        false => Ok(status),
    }
}

/// The groups of fields, the message's first; empty lines stand between them.
fn blocks(fields: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in fields.split_inclusive(|octet| *octet == b'\n') {
        if line.trim_ascii().is_empty() {
            if !fields[start..at].trim_ascii().is_empty() {
                blocks.push(&fields[start..at]);
            }
            start = at + line.len();
        }
        at += line.len();
        if blocks.len() > STATUS_COUNT_MAX {
            return blocks;
        }
    }
    if !fields[start..].trim_ascii().is_empty() {
        blocks.push(&fields[start..]);
    }
    blocks
}

fn recipient(block: &[u8]) -> RecipientStatus {
    let mut recipient = RecipientStatus::default();
    for (name, value) in lines(block).take(FIELD_COUNT_MAX) {
        match name.as_str() {
            "final-recipient" => recipient.recipient = Some(bare(typed(&value))),
            "original-recipient" => recipient.original = Some(bare(typed(&value))),
            "action" => recipient.action = value.to_ascii_lowercase(),
            // A comment may follow.
            "status" => recipient.status = value.split([' ', '(']).next().unwrap_or_default().to_owned(),
            "diagnostic-code" => {
                recipient.diagnosis = typed(&value).to_owned();
                recipient.code = reply_code(&recipient.diagnosis);
            }
            _ => {}
        }
    }
    recipient
}

/// What stands behind the type of a field (`rfc822; a@x.example`).
fn typed(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, text)| text).trim()
}

fn reply_code(diagnosis: &str) -> u16 {
    let digits = diagnosis.get(..3).filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).filter(|code| (200..600).contains(code)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find_delivery;

    const BOUNCE: &str = "From: MAILER-DAEMON@far.example\r\nTo: <a@x.example>\r\nSubject: Undelivered\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\
        --b\r\nContent-Type: message/delivery-status\r\n\r\n\
        Reporting-MTA: dns; MX.far.example\r\nArrival-Date: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\n\
        Original-Recipient: rfc822;Sales@far.example\r\nFinal-Recipient: rfc822; <gone@inner.far.example>\r\n\
        Action: Failed\r\nStatus: 5.1.1 (bad address)\r\nDiagnostic-Code: smtp; 550 5.1.1\r\n <gone>: User unknown\r\n\r\n\
        Final-Recipient: rfc822;slow@far.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n\
        --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <1@x.example>\r\nSubject: hello\r\n\r\n--b--\r\n";

    #[test]
    fn what_a_host_says_of_each_recipient_is_read() {
        let status = find_delivery(BOUNCE.as_bytes()).expect("a delivery status");
        assert_eq!(status.reporter.as_deref(), Some("mx.far.example"));
        assert_eq!(status.message_id.as_deref(), Some("<1@x.example>"));
        let failed = RecipientStatus {
            recipient: Some("gone@inner.far.example".to_owned()),
            original: Some("Sales@far.example".to_owned()),
            action: "failed".to_owned(),
            status: "5.1.1".to_owned(),
            code: 550,
            diagnosis: "550 5.1.1 <gone>: User unknown".to_owned(),
        };
        let delayed = RecipientStatus {
            recipient: Some("slow@far.example".to_owned()),
            action: "delayed".to_owned(),
            status: "4.4.1".to_owned(),
            ..RecipientStatus::default()
        };
        assert_eq!(status.recipients, [failed, delayed]);
    }

    #[test]
    fn a_whole_message_given_back_is_read_as_well() {
        let whole = BOUNCE.replace("text/rfc822-headers", "message/rfc822").replace(
            "Subject: hello\r\n\r\n--b--",
            "Subject: hello\r\n\r\nMessage-ID: <not the header's>\r\n\r\n--b--",
        );
        let status = find_delivery(whole.as_bytes()).expect("a delivery status");
        assert_eq!(status.message_id.as_deref(), Some("<1@x.example>"));
    }

    #[test]
    fn what_is_no_delivery_status_is_none_and_never_without_bound() {
        for text in ["", "Subject: hello\r\n\r\nhello\r\n", &BOUNCE.replace("Action", "X-Action")] {
            assert!(find_delivery(text.as_bytes()).is_err(), "{text}");
        }
        for cut in 0..BOUNCE.len() {
            drop(find_delivery(&BOUNCE.as_bytes()[..cut]));
        }
        let many = "Action: failed\r\nFinal-Recipient: rfc822;a@b.example\r\n\r\n".repeat(100_000);
        let many = format!("Reporting-MTA: dns;x\r\n\r\n{many}");
        let status = read(many.as_bytes(), b"").expect("a status");
        assert_eq!(status.recipients.len(), STATUS_COUNT_MAX);
        let long = format!(
            "\r\n\r\nAction: failed\r\nStatus: {}\r\nDiagnostic-Code: smtp; \u{e9}\u{e9}",
            "5".repeat(100_000)
        );
        let long = read(format!("Reporting-MTA: x\r\n{long}").as_bytes(), b"").expect("a status");
        assert!(long.recipients[0].status.len() <= crate::limit::TEXT_OCTETS_MAX);
        assert_eq!(long.recipients[0].code, 0);
    }
}
