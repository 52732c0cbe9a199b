//! What the client is told (RFC 5321 section 4.2, RFC 2034, RFC 3463).

use store::RemoteReply;

/// An answer of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: u16,
    /// The enhanced status code, for example `5.1.1`; none where the standard forbids one.
    pub(crate) enhanced: Option<&'static str>,
    pub(crate) text: std::borrow::Cow<'static, str>,
}

impl Reply {
    /// As reports and the trace keep it: nobody said it to us.
    pub(crate) fn remote(&self) -> RemoteReply {
        RemoteReply {
            code: self.code,
            enhanced: self.enhanced.unwrap_or_default().to_owned(),
            text: self.text.to_string(),
            host: None,
        }
    }

    pub(crate) const fn new(code: u16, enhanced: &'static str, text: &'static str) -> Self {
        Self { code, enhanced: Some(enhanced), text: std::borrow::Cow::Borrowed(text) }
    }

    pub(crate) const fn plain(code: u16, text: &'static str) -> Self {
        Self { code, enhanced: None, text: std::borrow::Cow::Borrowed(text) }
    }

    pub(crate) fn told(code: u16, enhanced: &'static str, text: String) -> Self {
        Self { code, enhanced: Some(enhanced), text: text.into() }
    }

    pub(crate) fn octets(&self) -> Vec<u8> {
        match self.enhanced {
            Some(enhanced) => format!("{} {enhanced} {}\r\n", self.code, self.text),
            None => format!("{} {}\r\n", self.code, self.text),
        }
        .into_bytes()
    }
}

pub(crate) const OK: Reply = Reply::new(250, "2.0.0", "OK");
pub(crate) const SYNTAX: Reply = Reply::new(500, "5.5.2", "This command is not known");
pub(crate) const LINE_TOO_LONG: Reply = Reply::new(500, "5.5.6", "The line is too long");
pub(crate) const BARE_LINE_END: Reply =
    Reply::new(521, "5.5.2", "Lines end with CRLF; a bare CR or LF is refused");
pub(crate) const BARE_LINE_END_INSIDE: Reply =
    Reply::new(550, "5.6.0", "The message holds a CR or LF that is no line end and is refused");
pub(crate) const NUL_INSIDE: Reply =
    Reply::new(550, "5.6.0", "The message holds a NUL, which may be read as nothing, and is refused");
pub(crate) const BAD_SEQUENCE: Reply = Reply::new(503, "5.5.1", "Another command is expected first");
pub(crate) const TOO_MANY_ERRORS: Reply = Reply::new(421, "4.7.0", "Too many errors, closing");
pub(crate) const DRAINING: Reply = Reply::new(421, "4.3.2", "The server is going down, try again soon");
pub(crate) const IDLE: Reply = Reply::new(421, "4.7.0", "No message for too long, closing");
pub(crate) const SILENT: Reply = Reply::new(421, "4.4.2", "Silent for too long, closing");
pub(crate) const STORE_FAILED: Reply =
    Reply::new(451, "4.3.0", "The message could not be stored now, try again later");
pub(crate) const TOO_MANY_REPORTS: Reply =
    Reply::new(451, "4.7.1", "More reports came from there within the hour than are read, try again later");
/// RFC 5321 section 4.2.2: insufficient system storage.
pub(crate) const STORE_FULL: Reply =
    Reply::new(452, "4.3.1", "The server has no room for the message now, try again later");
/// A share of the memory for messages is used up.
pub(crate) const MEMORY_SHORT: Reply =
    Reply::new(452, "4.3.1", "Too many messages are being received at the moment, try again soon");
/// The disk, before the message is sent.
pub(crate) const ROOM_SHORT: Reply =
    Reply::new(452, "4.3.1", "The disk of this server is nearly full; it takes no mail now, try again later");
pub(crate) const AUTH_REQUIRED: Reply = Reply::new(530, "5.7.0", "Sign in first");
pub(crate) const TLS_REQUIRED: Reply = Reply::new(530, "5.7.0", "STARTTLS first");
