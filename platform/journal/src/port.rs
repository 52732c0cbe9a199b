//! What a journal does, whichever engine keeps it.

use async_trait::async_trait;
use kernel::{
    Category, ClaimKind, CommandId, ContentMark, Cursor, EventId, Kind, Metadata, Position, RawEvent,
    StreamId, SubjectId, TenantId, Timestamp, Version,
};
use tokio::sync::broadcast;
use uuid::Uuid;

/// One indivisible change of one tenant: events, claims and new keys are all taken or none.
#[derive(Debug, Clone)]
pub struct Append {
    /// Whose streams.
    pub tenant: TenantId,
    /// The intention: its events have the ids [`EventId::of`]`(command, 0..)`, which makes a repeat recognisable.
    pub command: CommandId,
    /// The same for all events.
    pub metadata: Metadata,
    /// Events by stream, each with the version that the stream must have; 1 to 256 events in all.
    pub writes: Vec<EncodedWrite>,
    /// Streams that were read and not written, with the version that they must still have.
    pub checks: Vec<Check>,
    /// Names to own.
    pub claims_taken: Vec<(ClaimKey, StreamId)>,
    /// Names to give back; only the owning stream of this tenant may.
    pub claims_released: Vec<(ClaimKey, StreamId)>,
    /// Keys of subjects that the events are the first to mention.
    pub keys: Vec<NewKey>,
}

/// Events for one stream.
#[derive(Debug, Clone)]
pub struct EncodedWrite {
    /// Where they go.
    pub stream: StreamId,
    /// The version that the stream has now.
    pub expected: Version,
    /// In order; not empty.
    pub events: Vec<EncodedEvent>,
}

/// An event ready to be stored.
#[derive(Debug, Clone)]
pub struct EncodedEvent {
    /// Name and generation.
    pub kind: Kind,
    /// A JSON object; at most [`crate::EVENT_OCTETS_MAX`] octets.
    pub payload: Vec<u8>,
}

/// A version that must still hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Which stream.
    pub stream: StreamId,
    /// The version that was read.
    pub expected: Version,
}

/// The keyed hash of a claimed name: 32 octets of BLAKE3 under a key of the keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKey {
    /// The space of names.
    pub kind: ClaimKind,
    /// The hash.
    pub hash: [u8; 32],
}

/// Whoever owns a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimOwner {
    /// The tenant.
    pub tenant: TenantId,
    /// The stream in it.
    pub stream: StreamId,
}

/// A subject's new key, wrapped by the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Whose.
    pub subject: SubjectId,
    /// Nonce, wrapped key, tag.
    pub wrapped: Vec<u8>,
}

/// What an append gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The events are in; the cursor is that of the last one.
    New(Cursor),
    /// The same command was appended before; the cursor is the old one. Nothing changed.
    Already(Cursor),
}

impl Appended {
    /// Where the command's last event stands.
    pub const fn cursor(self) -> Cursor {
        match self {
            Self::New(cursor) | Self::Already(cursor) => cursor,
        }
    }
}

/// What came of a command before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundCommand {
    /// Where its last event stands.
    pub cursor: Cursor,
    /// What told its content from others; none where that was not kept.
    pub content: Option<ContentMark>,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A stream is at another version than expected: read again and decide again.
    #[error("a stream changed meanwhile")]
    Conflict {
        /// Which stream.
        stream: StreamId,
        /// The version that it has.
        found: Version,
    },
    /// A name belongs to another stream.
    #[error("the name is taken")]
    ClaimTaken {
        /// Which name.
        claim: ClaimKey,
        /// Whose it is.
        owner: ClaimOwner,
    },
    /// A name was to be given back by a stream that does not own it: a fault of the caller.
    #[error("the name is not owned by this stream")]
    ClaimNotOwned(ClaimKey),
    /// The subject got another key, or was erased, meanwhile: load the keys again and encode again.
    #[error("the subject has a key already")]
    KeyExists(SubjectId),
    /// Some events of the command exist and some do not, or they stand elsewhere: a fault of the caller.
    #[error("the command was appended before with other events")]
    DifferentCommand(EventId),
    /// The append is empty or beyond a limit: a fault of the caller.
    #[error("the append breaks a limit: {0}")]
    Limit(&'static str),
    /// The engine below failed; whether the append happened is unknown, and repeating it is safe.
    #[error("the journal failed")]
    Journal(#[from] JournalError),
}

/// The machine failed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The database.
    #[error("the database under the journal")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row that no journal of ours can have written.
    #[error("the journal holds a row that it cannot have written: {0}")]
    Corrupt(String),
}

/// The events of a stream after a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// Whose.
    pub tenant: TenantId,
    /// Which stream.
    pub stream: StreamId,
    /// The version that is known; [`Version::NONE`]: all events are wanted.
    pub after: Version,
}

/// An event as it is read back.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Tenant and position.
    pub cursor: Cursor,
    /// The stream.
    pub stream: StreamId,
    /// Its number there.
    pub version: Version,
    /// Its id.
    pub id: EventId,
    /// By the journal's clock.
    pub recorded_at: Timestamp,
    /// The circumstances.
    pub metadata: Metadata,
    /// Kind, schema, payload.
    pub raw: RawEvent,
}

/// A consumer with its revision: the key of its checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionName {
    /// For example `mailbox_list`.
    pub name: &'static str,
    /// Raised when the meaning of what it derives changes.
    pub revision: u16,
}

/// A tenant whose head is ahead of a subscription's checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lagging {
    /// The tenant and where the subscription stands in it.
    pub checkpoint: Cursor,
    /// Where the tenant's last event stands.
    pub head: Position,
    /// Why the pair is halted, if it is.
    pub halted_by: Option<String>,
}

/// The store of events.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Appends, durably, or changes nothing. Rings the doorbell after the commit.
    ///
    /// # Errors
    /// See [`AppendError`].
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// What came of `command`, if it was appended in `tenant`.
    async fn find_command(
        &self,
        tenant: TenantId,
        command: CommandId,
    ) -> Result<Option<FoundCommand>, JournalError>;

    /// Of several streams the events after a version each, in order; empty where there are none. At most
    /// [`crate::STREAM_PAGE_EVENT_COUNT_MAX`] of each stream: where so many come, more may follow.
    async fn read_streams(&self, streams: &[Tail]) -> Result<Vec<Vec<StoredEvent>>, JournalError>;

    /// At most `limit` (up to 500) of the last events of a stream that stand before `before`, in order.
    async fn read_back(
        &self,
        (tenant, stream): (TenantId, StreamId),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError>;

    /// The same of those events alone that name `part`: a field of their payload, and the text in it.
    async fn read_back_of(
        &self,
        of: (TenantId, StreamId),
        part: (&'static str, &str),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError>;

    /// Those of the events with these ids (up to 500) that a tenant has, in the order of their positions.
    async fn read_events(&self, tenant: TenantId, ids: &[EventId]) -> Result<Vec<StoredEvent>, JournalError>;

    /// The first event of each of these streams (up to 500) of a tenant, in the order of their positions; streams without
    /// events have none.
    async fn read_births(
        &self,
        tenant: TenantId,
        category: Category,
        ids: &[Uuid],
    ) -> Result<Vec<StoredEvent>, JournalError>;

    /// At most `limit` (up to 500) events of a tenant after `after`, in order, without a hole.
    async fn read_tenant(&self, after: Cursor, limit: usize) -> Result<Vec<StoredEvent>, JournalError>;

    /// The position of a tenant's last event.
    async fn head(&self, tenant: TenantId) -> Result<Position, JournalError>;

    /// At most `limit` tenants with their heads, in the order of their ids, after `after`.
    async fn heads(&self, after: Option<TenantId>, limit: usize) -> Result<Vec<Cursor>, JournalError>;

    /// At most `limit` tenants after `after` in which `subscription` is behind.
    async fn lagging(
        &self,
        subscription: SubscriptionName,
        after: Option<TenantId>,
        limit: usize,
    ) -> Result<Vec<Lagging>, JournalError>;

    /// Who owns a name.
    async fn claim_owner(&self, claim: ClaimKey) -> Result<Option<ClaimOwner>, JournalError>;

    /// Tells which tenants moved, in this process, best effort: a lost ring is caught by a sweep.
    fn doorbell(&self) -> broadcast::Receiver<Cursor>;
}
