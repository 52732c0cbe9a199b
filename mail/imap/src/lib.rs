//! IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051) with the extensions that [`table`] names.
//!
//! A command is read whole, looked up in one declarative table, and run by the file of its name in `command`. Sessions
//! of one folder share one immutable snapshot; what a client knows is a pointer to one.

mod answer;
mod capability;
mod command;
mod envelope;
mod grammar;
mod limits;
mod place;
mod print;
mod section;
mod selected;
mod server;
mod session;
mod structure;
mod table;

pub use limits::{
    APPENDLIMIT_DEFAULT, AUTHENTICATED_WAIT, BAD_COMMAND_COUNT_MAX, COMMAND_OCTETS_MAX,
    LOGIN_FAILURE_COUNT_MAX, LOGIN_WAIT, SESSION_COUNT_MAX, SKIPPED_OCTETS_MAX,
};
pub use server::{Server, Settings};

/// Parsers that read what strangers send, for fuzzing.
#[doc(hidden)]
pub mod fuzz {
    /// Reads a command as it stands behind its literals.
    pub fn command(octets: &[u8]) {
        let octets = bytes::Bytes::copy_from_slice(octets);
        for names in [crate::grammar::NameForm::Utf7, crate::grammar::NameForm::Utf8] {
            drop(crate::grammar::parse(&octets, names));
        }
    }
}
