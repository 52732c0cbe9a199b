//! The derived values.

use serde::{Deserialize, Serialize};

/// What is kept beside each message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The fields of IMAP's ENVELOPE (RFC 9051 section 7.5.2), header text still as it was sent (encoded words kept).
    pub envelope: Envelope,
    /// The MIME tree (RFC 9051 section 7.5.2 BODYSTRUCTURE) with the place of each part.
    pub structure: Part,
    /// Message-IDs of In-Reply-To and References, newest last, without angle brackets; at most 32: of more, the first and
    /// the last 31.
    pub references: Vec<String>,
    /// The `Date` field as milliseconds since the epoch, where it can be read.
    pub sent_at_ms: Option<i64>,
    /// The sender's calendar day from the `Date` field, without regard to zone, as (year, month, day): for SENTON,
    /// SENTBEFORE, SENTSINCE (RFC 9051 section 6.4.4).
    pub sent_day: Option<(u16, u8, u8)>,
    /// The beginning of the readable text on one line; at most 200 characters.
    pub preview: String,
    /// Whether any part is an attachment.
    pub has_attachment: bool,
}

/// IMAP's ENVELOPE. Raw octets are kept as text with U+FFFD where they were no UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Envelope {
    /// The `Date` field, as sent.
    pub date: Option<String>,
    /// The `Subject` field, unfolded.
    pub subject: Option<String>,
    /// The `From` field.
    pub from: Vec<AddressItem>,
    /// The `Sender` field; empty where absent (the reader then uses `from`).
    pub sender: Vec<AddressItem>,
    /// The `Reply-To` field; empty where absent (the reader then uses `from`).
    pub reply_to: Vec<AddressItem>,
    /// The `To` field.
    pub to: Vec<AddressItem>,
    /// The `Cc` field.
    pub cc: Vec<AddressItem>,
    /// The `Bcc` field.
    pub bcc: Vec<AddressItem>,
    /// The `In-Reply-To` field, as sent.
    pub in_reply_to: Option<String>,
    /// The `Message-ID` field, as sent, with angle brackets.
    pub message_id: Option<String>,
}

/// One element of an address list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressItem {
    /// An address.
    Address(Address),
    /// The start of a group, with its name.
    GroupStart(String),
    /// The end of a group.
    GroupEnd,
}

/// An address with its display name, as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The display name, encoded words kept.
    pub name: Option<String>,
    /// Before the `@`.
    pub local: String,
    /// After the `@`; empty where there was none.
    pub domain: String,
}

/// One MIME entity (RFC 2045). All offsets count octets from the start of the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where its header begins.
    pub header_start: u32,
    /// Where its body begins, after the empty line.
    pub body_start: u32,
    /// Where its body ends (exclusive), before the CRLF that belongs to the delimiter.
    pub body_end: u32,
    /// The media type, lower case; `text` where absent.
    pub media_type: String,
    /// The subtype, lower case; `plain` where absent.
    pub subtype: String,
    /// Parameters of Content-Type, names lower case, values as sent (RFC 2231 joined); at most 32.
    pub parameters: Vec<(String, String)>,
    /// Content-ID, as sent.
    pub id: Option<String>,
    /// Content-Description, as sent.
    pub description: Option<String>,
    /// Content-Transfer-Encoding, lower case; `7bit` where absent.
    pub encoding: String,
    /// Content-MD5, as sent.
    pub md5: Option<String>,
    /// Content-Disposition: type lower case, parameters.
    pub disposition: Option<(String, Vec<(String, String)>)>,
    /// Content-Language tags.
    pub language: Vec<String>,
    /// Content-Location.
    pub location: Option<String>,
    /// Lines of the body; for text and for an enclosed message.
    pub line_count: u32,
    /// What is inside.
    pub body: PartBody,
}

/// The inside of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartBody {
    /// Text.
    Text,
    /// Anything that is neither text nor compound.
    Other,
    /// `message/rfc822` or `message/global`: the enclosed message's envelope and structure.
    Message(Box<(Envelope, Part)>),
    /// `multipart/*`: its parts, at least one (RFC 9051 demands it), at most 1000 in a whole message, nested at most
    /// 50 deep.
    Multipart(Vec<Part>),
}
