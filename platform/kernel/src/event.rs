//! Facts and how they are recorded.

use std::borrow::Cow;

use crate::{
    AccountId, Category, CommandName, ContentMark, CorrelationId, Cursor, EventId, MailboxId, Open,
    OpenError, Seal, SealError, StreamId, Timestamp, TokenId, UserId, Version,
};

/// The name of an event on disk, for example `mailbox.quota_changed`. Never renamed, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Category, dot, past tense.
    pub name: &'static str,
    /// The generation of its fields, from 1.
    pub schema: u16,
}

/// An event as the journal holds it: JSON whose meaning is `(kind, schema)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// See [`Kind::name`].
    pub kind: Cow<'static, str>,
    /// See [`Kind::schema`].
    pub schema: u16,
    /// A JSON object in UTF-8; at most 64 KiB.
    pub payload: Vec<u8>,
}

/// Stored bytes that today's code cannot read.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// A kind or generation newer than this release, or not of this stream.
    #[error("unknown event {kind} schema {schema}")]
    UnknownKind {
        /// The name found.
        kind: String,
        /// The generation found.
        schema: u16,
    },
    /// The payload lacks or distorts a field.
    #[error("event {kind}: {reason}")]
    Payload {
        /// The name of the event.
        kind: String,
        /// What is wrong, without the value.
        reason: String,
    },
    /// A sealed field cannot be opened.
    #[error("a sealed field")]
    Sealed(#[from] OpenError),
}

/// A fact about one thing. One enum per noun.
pub trait Event: Send + Sync + std::fmt::Debug + 'static {
    /// Its name and generation on disk.
    fn kind(&self) -> Kind;

    /// Its newest stored form; personal data goes through `seal`.
    ///
    /// # Errors
    /// [`SealError`] where a subject is erased.
    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError>;

    /// Reads any generation ever written.
    ///
    /// # Errors
    /// [`Malformed`] where the kind is unknown or the payload does not fit.
    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed>
    where
        Self: Sized;
}

/// The events that a consumer understands: an enum over nouns.
pub trait EventFamily: Sized + Send + Sync + 'static {
    /// Reads an event of `category`; `None` where that category is not of this family.
    ///
    /// # Errors
    /// [`Malformed`] where the category is ours and the event is not readable: a stop, never a skip.
    fn decode(category: Category, raw: &RawEvent, open: &dyn Open) -> Result<Option<Self>, Malformed>;
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person with a login to the panel.
    User(UserId),
    /// A mailbox, for its own settings.
    Mailbox(MailboxId),
    /// The operator at the machine's command line.
    Operator,
    /// The platform itself: a policy or timer, by name.
    Platform(&'static str),
}

/// Through what they act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// A signed-in session of the panel or API.
    Session,
    /// An API token.
    Token(TokenId),
    /// The command line.
    CommandLine,
    /// The platform's own policies and servers.
    Platform,
}

/// What led to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Causation {
    /// A command of this request.
    Command,
    /// A policy that reacted to this event.
    Event(EventId),
}

/// The circumstances of an append, the same for all its events. Holds no personal data, only ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// Who acted.
    pub actor: Actor,
    /// For which account they acted, where it is not their own.
    pub on_behalf_of: Option<AccountId>,
    /// Through what.
    pub via: Via,
    /// The request that all this belongs to.
    pub correlation: CorrelationId,
    /// The command or event that led here.
    pub causation: Causation,
    /// What was asked for, by its own name. None of what the platform does by itself, whose actor says it, and of events of before
    /// names were kept.
    pub command: Option<CommandName>,
    /// What tells the content of the command from others that could be sent under its id. None where nobody outside gave the id,
    /// and of events of before it was kept.
    pub content: Option<ContentMark>,
}

/// An event with its place, time and cause.
#[derive(Debug, Clone)]
pub struct Recorded<E> {
    /// Tenant and position.
    pub cursor: Cursor,
    /// The thing it is about.
    pub stream: StreamId,
    /// Its number in that stream.
    pub version: Version,
    /// Its own id.
    pub id: EventId,
    /// When the journal took it, by the journal's clock.
    pub recorded_at: Timestamp,
    /// Who, why and through what.
    pub metadata: Metadata,
    /// The fact.
    pub event: E,
}

impl<E> Recorded<E> {
    /// The same place with another form of the event.
    pub fn with<F>(&self, event: F) -> Recorded<F> {
        Recorded {
            cursor: self.cursor,
            stream: self.stream,
            version: self.version,
            id: self.id,
            recorded_at: self.recorded_at,
            metadata: self.metadata,
            event,
        }
    }
}
