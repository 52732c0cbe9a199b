//! Every limit of the protocol that is not a limit of the grammar.

use std::time::Duration;

/// Octets of one command with its literals, APPEND's message apart.
pub const COMMAND_OCTETS_MAX: usize = 256 * 1024;
/// Octets of one command before the login.
pub(crate) const STRANGER_COMMAND_OCTETS_MAX: usize = 16 * 1024;
/// Longest message of APPEND where the operator sets nothing.
pub const APPENDLIMIT_DEFAULT: usize = 50 * 1024 * 1024;
/// Octets of one literal that were sent without asking, are not wanted, and are read to their end all the same. Longer ones
/// close the connection (RFC 7888 section 4), unless a message may be as long.
pub const SKIPPED_OCTETS_MAX: u64 = 64 * 1024 * 1024;
/// The same before the login.
pub(crate) const STRANGER_SKIPPED_OCTETS_MAX: u64 = 1024 * 1024;
/// Silence before the login.
pub const LOGIN_WAIT: Duration = Duration::from_secs(120);
/// Silence after it (RFC 9051 section 5.4 asks for at least 30 minutes).
pub const AUTHENTICATED_WAIT: Duration = Duration::from_secs(1800);
/// How often a session that only listens asks whether it still may: what is taken away is away within this.
pub(crate) const ACCESS_RECHECK_EVERY: Duration = Duration::from_secs(3);
/// Commands that are none, one after the other, before the connection is closed.
pub const BAD_COMMAND_COUNT_MAX: usize = 20;
/// Sessions that are signed in to one mailbox at a time, on one node.
pub const SESSION_COUNT_MAX: usize = 64;
/// Wrong passwords on one connection.
pub const LOGIN_FAILURE_COUNT_MAX: usize = 3;
/// Messages whose summaries are asked for at once.
pub(crate) const SUMMARY_BATCH_COUNT: usize = 200;
/// Messages that a command goes through before others on the same thread have their turn.
pub(crate) const ROW_COUNT_PER_TURN: u32 = 256;
/// Octets of an answer that are gathered before they are handed on.
pub(crate) const PIECE_OCTETS: usize = 64 * 1024;
/// Octets that are taken apart without a thread of their own.
pub(crate) const INLINE_OCTETS_MAX: usize = 128 * 1024;
/// UIDs that SEARCH saves for `$`.
pub(crate) const SAVED_UID_COUNT_MAX: usize = 1_000_000;
/// Whole messages that are read ahead, and their octets together; one that is longer is read alone.
pub(crate) const READ_AHEAD_COUNT: usize = 64;
pub(crate) const READ_AHEAD_OCTETS: u64 = 1024 * 1024;
