//! APPEND's arguments (RFC 9051 section 6.3.12, RFC 3502, RFC 6855 section 4).

use bytes::Bytes;
use kernel::Timestamp;
use store::Flags;

use super::{FolderText, Parsed, Parser};

/// Most messages in one APPEND.
const MESSAGE_COUNT_MAX: usize = 100;

/// APPEND.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Append {
    /// Where to.
    pub(crate) to: FolderText,
    /// What; at least one.
    pub(crate) messages: Vec<AppendedMessage>,
}

/// One message of APPEND.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppendedMessage {
    /// With which flags.
    pub(crate) flags: Flags,
    /// INTERNALDATE.
    pub(crate) internal_date: Option<Timestamp>,
    /// Its octets.
    pub(crate) octets: Bytes,
}

/// APPEND.
pub(crate) fn append(parser: &mut Parser<'_>) -> Parsed<Append> {
    parser.space()?;
    let to = parser.folder_text()?;
    let mut messages = Vec::new();
    while messages.is_empty() || !parser.at_end() {
        if messages.len() == MESSAGE_COUNT_MAX {
            return parser.fault("fewer messages");
        }
        parser.space()?;
        messages.push(parser.appended_message()?);
    }
    Ok(Append { to, messages })
}

impl Parser<'_> {
    fn appended_message(&mut self) -> Parsed<AppendedMessage> {
        let mut flags = Flags::NONE;
        if self.peek() == Some(b'(') {
            flags = self.flag_list()?;
            self.space()?;
        }
        let mut internal_date = None;
        if self.peek() == Some(b'"') {
            internal_date = Some(self.date_time()?);
            self.space()?;
        }
        let octets = if self.takes_word("UTF8") {
            self.space()?;
            self.expect(b'(', "`(`")?;
            let octets = self.literal()?;
            self.expect(b')', "`)`")?;
            octets
        } else {
            self.literal()?
        };
        Ok(AppendedMessage { flags, internal_date, octets })
    }
}
