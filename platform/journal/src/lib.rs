//! The append-only store of events, and the keyring that makes personal data in them forgettable.
//!
//! One port ([`Journal`]) with three implementations that pass one contract suite ([`contract`]): memory, SQLite,
//! PostgreSQL. Positions are gapless per tenant and mean nothing without their tenant.

mod port;

pub use port::{
    Append, AppendError, Appended, Check, ClaimKey, ClaimOwner, EncodedEvent, EncodedWrite, Journal, JournalError,
    Lagging, NewKey, StoredEvent, SubscriptionName,
};

/// Most events in one append.
pub const APPEND_EVENT_COUNT_MAX: usize = 256;
/// Most octets of payload in one append.
pub const APPEND_OCTETS_MAX: usize = 1024 * 1024;
/// Most octets of payload in one event.
pub const EVENT_OCTETS_MAX: usize = 64 * 1024;
/// Most events in one page that is read.
pub const PAGE_EVENT_COUNT_MAX: usize = 500;
