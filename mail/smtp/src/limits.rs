//! Every limit of the protocol.

use std::time::Duration;

/// Longest command line; AUTH's initial responses need that much (RFC 4954 section 4).
pub const LINE_OCTETS_MAX: usize = 12_288;
/// Recipients of one message (RFC 5321 section 4.5.3.1.8 asks for at least 100).
pub const RECIPIENT_COUNT_MAX: usize = 1000;
/// Recipients that do not exist before the connection is closed, and every further one of its network: somebody harvests
/// addresses.
pub const UNKNOWN_RECIPIENT_COUNT_MAX: usize = 20;
/// Commands that are none before the connection is closed.
pub const BAD_COMMAND_COUNT_MAX: usize = 20;
/// Wrong passwords on one connection.
pub const LOGIN_FAILURE_COUNT_MAX: usize = 3;
/// `Received` fields above which a message goes in circles (RFC 5321 section 6.3).
pub const RECEIVED_COUNT_MAX: usize = 50;
/// Octets of the header of a message.
pub const HEADER_OCTETS_MAX: usize = message::HEADER_OCTETS_MAX;
/// From the answer to one command to the end of the next (RFC 5321 section 4.5.3.2.7).
pub const COMMAND_WAIT: Duration = Duration::from_secs(300);
/// Commands of a stranger that bring no message nearer, since the last message: NOOP, RSET, HELP, VRFY and greetings.
pub(crate) const IDLE_COMMAND_COUNT_MAX: usize = 100;
/// How long a stranger may speak without a message that is taken.
pub(crate) const STRANGER_WAIT: Duration = Duration::from_secs(1800);
/// Folders that a mailbox may have for a plus-address to make one more; senders choose their names.
pub(crate) const DETAIL_FOLDER_COUNT_MAX: usize = 200;
