//! Pure values and laws that every crate shares: ids, addresses, quantities, time, sealed values, and the three
//! shapes by which the platform decides ([`Decider`], [`Reads`], [`UseCase`]).
//!
//! Knows no clock, no randomness, no I/O and no storage: time, ids and facts are arguments.

mod address;
mod claim;
mod command_name;
mod content_mark;
mod decider;
mod event;
mod id;
mod intention;
mod network;
mod quantity;
mod quota;
mod reads;
mod sealed;
mod stream;
mod time;
mod use_case;

pub use address::{AddressFault, DomainName, EmailAddress, LocalPart};
pub use claim::{Claim, ClaimKind};
pub use command_name::CommandName;
pub use content_mark::ContentMark;
pub use decider::Decider;
pub use event::{Actor, Causation, Event, EventFamily, Kind, Malformed, Metadata, RawEvent, Recorded, Via};
pub use id::{
    AccountId, AddressMapId, AliasId, AppPasswordId, CommandId, CorrelationId, DelegationId, DocumentId,
    DomainId, EventId, FactorId, FilterId, Id, IdFault, MailOrderId, MailboxId, NoticeDayId, NoticeId,
    PlanId, PushId, ResourceId, SenderRelayId, ServiceId, SessionId, ShareId, SharedMailboxId, SubjectId,
    SyncJobId, TenantId, TicketId, TlsPolicyId, TokenId, TransferId, UserId, WebhookId,
};
pub use intention::Intention;
pub use network::network_of;
pub use quantity::ByteSize;
pub use quota::{Quota, StoragePool};
pub use reads::{FOLDED_EVENT_COUNT_MIN, Folded, Foreign, History, Key, Reads};
pub use sealed::{Open, OpenError, Opened, Seal, SealError, Sealed, SealedBytes};
pub use stream::{Category, Cursor, Position, StreamId, Version};
pub use time::Timestamp;
pub use use_case::{Changes, LimitFact, Refusal, UseCase, WritableEvent, Write};

/// Most events that one stream may hold: a Box of 5000 mailboxes, each created by itself and changed twenty times, and a tenth more
/// by which what is full can still be ended. A stream that reaches it is a modelling fault.
pub const STREAM_EVENT_COUNT_MAX: u64 = 110_000;
