//! The append-only store of events, and the keyring that makes personal data in them forgettable.
//!
//! One port ([`Journal`]) over memory, SQLite and PostgreSQL, which pass one contract suite (`tests/contract.rs`). Positions are gapless per tenant and mean nothing without their tenant.

mod audit;
mod clock;
pub mod keyring;
mod memory;
mod plan;
mod port;
mod postgres;
mod sql;
mod sql_journal;
mod sqlite;

pub use audit::{Audit, audit, doubled_streams, long_streams};
pub use clock::{Clock, SetClock, SystemClock};
pub use memory::Memory;
pub use port::{
    Append, AppendError, Appended, Check, ClaimKey, ClaimOwner, EncodedEvent, EncodedWrite, FoundCommand,
    Journal, JournalError, Lagging, NewKey, StoredEvent, SubscriptionName, Tail,
};
pub use sql::remove_tenant;
pub use sql_journal::SqlJournal;

/// Most events in one append.
pub const APPEND_EVENT_COUNT_MAX: usize = 256;
/// Most octets of payload in one append.
pub const APPEND_OCTETS_MAX: usize = 1024 * 1024;
/// Most octets of payload in one event.
pub const EVENT_OCTETS_MAX: usize = 64 * 1024;
/// Most events in one page that is read.
pub const PAGE_EVENT_COUNT_MAX: usize = 500;
/// Most events of one stream that are read at once.
pub const STREAM_PAGE_EVENT_COUNT_MAX: usize = 2_000;
/// Rings of the doorbell that a slow listener may miss before it must sweep.
pub const DOORBELL_RING_COUNT_MAX: usize = 4096;
