//! SMTP: receiving mail from other hosts (RFC 5321) and submission by our own users (RFC 6409).
//!
//! A message is answered with 250 when the store has it, for every recipient that was accepted. Everything that can be
//! refused is refused at RCPT, so that nothing has to be returned later.

mod bounce;
mod command;
mod confirm;
mod copies;
mod data;
mod deliver;
mod inbound;
mod lane;
mod limits;
mod login;
mod outgoing;
mod place;
mod postmaster;
mod reply;
mod report;
mod room;
mod sends;
mod server;
mod session;
mod subject;
mod tls_wish;
mod told;
mod trace;
mod watch;

pub use bounce::{Bounces, HeardBounce};
pub use confirm::{Confirm, Confirmed};
pub use inbound::{
    Action, ContentStage, DmarcTally, Inbound, InboundSettings, Offered, OnListing, Placement,
    PlacementStage, Stage, Verdict,
};
pub use limits::{
    BAD_COMMAND_COUNT_MAX, COMMAND_WAIT, HEADER_OCTETS_MAX, LINE_OCTETS_MAX, LOGIN_FAILURE_COUNT_MAX,
    RECEIVED_COUNT_MAX, RECIPIENT_COUNT_MAX, UNKNOWN_RECIPIENT_COUNT_MAX,
};
pub use outgoing::Signers;
pub use postmaster::Postmasters;
pub use report::{Intake, Proven, ReportInbox, ReportIntake, ReportLetter};
pub use sends::{LimitUse, LimitWatch, Share, send_limits};
pub use server::{Now, Role, Server, Settings};
pub use told::{PASSAGE_BACKLOG_COUNT_MAX, REFUSALS_PER_HOUR_MAX, Trace, TraceWriter};
pub use watch::{Judgement, Watch};

/// Parsers that read what strangers send, for fuzzing.
#[doc(hidden)]
pub mod fuzz {
    /// Reads a command line.
    pub fn command(line: &[u8]) {
        drop(crate::command::parse(line));
    }

    /// Reads the content of DATA in two pieces.
    pub fn data(octets: &[u8], cut: usize) {
        let mut reader = crate::data::DataReader::new(1 << 20);
        let cut = cut.min(octets.len());
        let mut input = bytes::BytesMut::from(&octets[..cut]);
        drop(reader.take(&mut input));
        input.extend_from_slice(&octets[cut..]);
        drop(reader.take(&mut input));
    }
}
