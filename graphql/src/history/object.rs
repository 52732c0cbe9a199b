//! An entry of the audit trail as the API shows it.

use async_graphql::{Enum, SimpleObject};
use journal::StoredEvent;
use kernel::{Actor, Causation, Cursor, Via};

use super::change::Change;
use crate::event::{ActorKind, subject};
use crate::scalar::{AccountKey, EventKey, Moment, Place, Uid};

/// Through what somebody acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Channel {
    /// A signed-in session.
    Session,
    /// An API token.
    ApiToken,
    /// The command line of the machine.
    CommandLine,
    /// The platform's own policies and servers.
    Platform,
}

impl Channel {
    /// Through what somebody acted, with the token where it was one.
    pub(crate) fn of(via: Via) -> (Self, Option<String>) {
        match via {
            Via::Session => (Self::Session, None),
            Via::Token(token) => (Self::ApiToken, Some(token.to_string())),
            Via::CommandLine => (Self::CommandLine, None),
            Via::Platform => (Self::Platform, None),
        }
    }
}

/// One thing that happened: what, to what, by whom, on whose behalf, through what and why.
#[derive(Debug, Clone, SimpleObject)]
pub struct HistoryEntry {
    /// Its name for the API.
    pub id: EventKey,
    /// What happened, for example `mailbox.quota_changed`.
    pub kind: String,
    /// What it happened to.
    pub subject_id: String,
    /// When.
    pub at: Moment,
    /// Who acted.
    pub actor: ActorKind,
    /// The user or mailbox that acted, or the name of the platform's policy.
    pub actor_id: Option<String>,
    /// The account that the actor acted for, where it is not the actor's own.
    pub on_behalf_of: Option<AccountKey>,
    /// Through what.
    pub via: Channel,
    /// The API token that was used.
    pub api_token_id: Option<String>,
    /// The request that all of this belongs to, as in the `x-correlation-id` of its answer.
    pub correlation_id: Uid,
    /// The event that a policy reacted to; none where somebody asked.
    pub caused_by: Option<EventKey>,
    /// What it changed.
    pub changes: Vec<Change>,
    /// Where it stands: give it as `after` to go on behind it.
    pub position: Place,
}

impl HistoryEntry {
    /// The entry for an event that changed `changes`.
    pub(crate) fn new(stored: &StoredEvent, changes: Vec<Change>) -> Self {
        let metadata = &stored.metadata;
        let (actor, actor_id) = match metadata.actor {
            Actor::User(user) => (ActorKind::User, Some(user.to_string())),
            Actor::Mailbox(mailbox) => (ActorKind::Mailbox, Some(mailbox.to_string())),
            Actor::Operator => (ActorKind::Operator, None),
            Actor::Platform(name) => (ActorKind::Platform, Some(name.to_owned())),
        };
        let (via, api_token_id) = Channel::of(metadata.via);
        Self {
            id: EventKey(stored.id),
            kind: stored.raw.kind.clone().into_owned(),
            subject_id: subject(stored),
            at: stored.recorded_at.into(),
            actor,
            actor_id,
            on_behalf_of: metadata.on_behalf_of.map(AccountKey),
            via,
            api_token_id,
            correlation_id: Uid(kernel::Id::uuid(metadata.correlation)),
            caused_by: match metadata.causation {
                Causation::Command => None,
                Causation::Event(event) => Some(EventKey(event)),
            },
            changes,
            position: Place(Cursor { tenant: stored.cursor.tenant, position: stored.cursor.position }),
        }
    }
}
