//! What every implementation of the port does the same: limits, ids, sorting, encoding of circumstances.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use kernel::{
    AccountId, Actor, Category, Causation, ClaimKind, CommandName, ContentMark, CorrelationId, EventId, Id,
    MailboxId, Metadata, STREAM_EVENT_COUNT_MAX, StreamId, TokenId, UserId, Version, Via,
};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{
    APPEND_EVENT_COUNT_MAX, APPEND_OCTETS_MAX, Append, AppendError, Check, ClaimKey, EVENT_OCTETS_MAX,
    EncodedEvent, JournalError,
};

/// Most categories that a journal may name: they are the nouns of the model.
const CATEGORY_COUNT_MAX: usize = 256;

/// An append with everything that can be said before the tenant is locked.
pub(crate) struct Plan {
    /// Events in order with stream, version and id.
    pub(crate) events: Vec<PlannedEvent>,
    /// Written and checked streams with the version they must have, each once, sorted.
    pub(crate) expected: Vec<Check>,
    /// Streams with the version that they get.
    pub(crate) heads: Vec<Check>,
    /// Sorted.
    pub(crate) claims_taken: Vec<(ClaimKey, StreamId)>,
    /// Sorted.
    pub(crate) claims_released: Vec<(ClaimKey, StreamId)>,
}

/// One event with its place in its stream.
pub(crate) struct PlannedEvent {
    pub(crate) id: EventId,
    pub(crate) stream: StreamId,
    pub(crate) version: Version,
    pub(crate) event: EncodedEvent,
}

impl Plan {
    /// Checks the limits and gives every event its id and version.
    pub(crate) fn new(append: &Append) -> Result<Self, AppendError> {
        let event_count: usize = append.writes.iter().map(|write| write.events.len()).sum();
        if event_count == 0 || append.writes.iter().any(|write| write.events.is_empty()) {
            return Err(AppendError::Limit("an append holds at least one event, and one per stream"));
        }
        if event_count > APPEND_EVENT_COUNT_MAX {
            return Err(AppendError::Limit("an append holds at most 256 events"));
        }
        let octets = || append.writes.iter().flat_map(|write| &write.events).map(|event| event.payload.len());
        if octets().any(|count| count > EVENT_OCTETS_MAX) {
            return Err(AppendError::Limit("an event holds at most 64 KiB"));
        }
        if octets().sum::<usize>() > APPEND_OCTETS_MAX {
            return Err(AppendError::Limit("an append holds at most 1 MiB"));
        }
        let mut expected: BTreeMap<StreamId, Version> = BTreeMap::new();
        let mut heads = Vec::new();
        let mut events = Vec::with_capacity(event_count);
        for write in &append.writes {
            if expected.insert(write.stream, write.expected).is_some() {
                return Err(AppendError::Limit("an append names each stream once"));
            }
            let mut version = write.expected;
            for event in &write.events {
                version = Version(version.0 + 1);
                let ordinal = u32::try_from(events.len()).unwrap_or(u32::MAX);
                let id = EventId::of(append.command, ordinal);
                events.push(PlannedEvent { id, stream: write.stream, version, event: event.clone() });
            }
            if version.0 > STREAM_EVENT_COUNT_MAX {
                return Err(AppendError::Limit("a stream holds at most 110 000 events"));
            }
            heads.push(Check { stream: write.stream, expected: version });
        }
        for check in &append.checks {
            if expected.insert(check.stream, check.expected).is_some_and(|other| other != check.expected) {
                return Err(AppendError::Limit("an append expects one version of each stream"));
            }
        }
        let sorted = |claims: &[(ClaimKey, StreamId)]| {
            let mut claims = claims.to_vec();
            claims.sort_unstable();
            claims.dedup();
            claims
        };
        Ok(Self {
            events,
            expected: expected.into_iter().map(|(stream, expected)| Check { stream, expected }).collect(),
            heads,
            claims_taken: sorted(&append.claims_taken),
            claims_released: sorted(&append.claims_released),
        })
    }
}

/// The category of that name, kept for ever: there are as many as nouns in the model.
pub(crate) fn category(name: &str) -> Result<Category, JournalError> {
    static NAMES: OnceLock<Mutex<Vec<&'static str>>> = OnceLock::new();
    let mut names = NAMES.get_or_init(Mutex::default).lock();
    if let Some(known) = names.iter().find(|known| **known == name) {
        return Ok(Category(known));
    }
    if names.len() >= CATEGORY_COUNT_MAX {
        return Err(JournalError::Corrupt("more categories than a model can have".to_owned()));
    }
    let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.push(kept);
    Ok(Category(kept))
}

/// The kind of claim of that name.
pub(crate) fn claim_kind(name: &str) -> Result<ClaimKind, JournalError> {
    ClaimKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| JournalError::Corrupt(format!("the kind of claim `{name}`")))
}

/// The circumstances as stored: actor and cause as short texts, no personal data.
pub(crate) fn encode_metadata(metadata: &Metadata) -> (String, Option<Uuid>) {
    let actor = match metadata.actor {
        Actor::User(user) => format!("user:{}", user.uuid()),
        Actor::Mailbox(mailbox) => format!("mailbox:{}", mailbox.uuid()),
        Actor::Operator => "operator".to_owned(),
        Actor::Platform(name) => format!("platform:{name}"),
    };
    let via = match metadata.via {
        Via::Session => "session".to_owned(),
        Via::Token(token) => format!("token:{}", token.uuid()),
        Via::CommandLine => "command_line".to_owned(),
        Via::Platform => "platform".to_owned(),
    };
    let on_behalf_of = metadata.on_behalf_of.map(|account| account.uuid().to_string()).unwrap_or_default();
    let causation = match metadata.causation {
        Causation::Command => None,
        Causation::Event(event) => Some(event.uuid()),
    };
    // Told only where it is known: what is not stored reads as unknown, and so do events of before it was stored.
    let command = metadata.command.map(|command| command.as_str()).unwrap_or_default();
    let told = match (command, metadata.content) {
        ("", None) => String::new(),
        (command, None) => format!(";{command}"),
        (command, Some(content)) => format!(";{command};{content}"),
    };
    (format!("{actor};{via};{on_behalf_of}{told}"), causation)
}

/// The circumstances from their stored form.
pub(crate) fn decode_metadata(
    actor: &str,
    correlation: Uuid,
    causation: Option<Uuid>,
) -> Result<Metadata, JournalError> {
    let corrupt = || JournalError::Corrupt("the actor of an event".to_owned());
    let mut parts = actor.split(';');
    let mut part = || parts.next().ok_or_else(corrupt);
    let (who, through, account) = (part()?, part()?, part()?);
    let command = parts.next().and_then(CommandName::of);
    let content = parts.next().and_then(ContentMark::of);
    let uuid = |text: &str| Uuid::try_parse(text).map_err(|_| corrupt());
    let actor = match who.split_once(':') {
        None if who == "operator" => Actor::Operator,
        Some(("user", id)) => Actor::User(UserId::new(uuid(id)?)),
        Some(("mailbox", id)) => Actor::Mailbox(MailboxId::new(uuid(id)?)),
        Some(("platform", name)) => Actor::Platform(category(name)?.0),
        _ => return Err(corrupt()),
    };
    let via = match through.split_once(':') {
        None if through == "session" => Via::Session,
        None if through == "command_line" => Via::CommandLine,
        None if through == "platform" => Via::Platform,
        Some(("token", id)) => Via::Token(TokenId::new(uuid(id)?)),
        _ => return Err(corrupt()),
    };
    let on_behalf_of = if account.is_empty() { None } else { Some(AccountId::new(uuid(account)?)) };
    Ok(Metadata {
        actor,
        on_behalf_of,
        via,
        correlation: CorrelationId::new(correlation),
        causation: causation.map_or(Causation::Command, |event| Causation::Event(EventId::new(event))),
        command,
        content,
    })
}
