//! An entry of the audit trail as the API shows it.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use journal::StoredEvent;
use kernel::{Actor, Causation, Cursor, Metadata, Via};

use super::actor::{Act, ActorStanding, HistoryCause};
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

/// What was asked for, by its own name; see [`HistoryEntry::command`].
pub(crate) fn asked(metadata: &Metadata) -> Option<String> {
    let name = match (metadata.command, metadata.actor) {
        (Some(command), _) => command.as_str(),
        (None, Actor::Platform(policy)) => policy,
        (None, Actor::User(_) | Actor::Mailbox(_) | Actor::Operator) => return None,
    };
    Some(name.to_owned())
}

/// One thing that happened: what, to what, by whom, on whose behalf, through what and why.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
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
    /// What was asked for: the mutation, as `mailboxQuotaChange`; a command of the command line, as `apply`; where the platform
    /// acted by itself its policy, as `tickets_by_mail`. None where it is not known, as of events of before it was kept.
    pub command: Option<String>,
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
    #[graphql(skip)]
    pub(super) act: Act,
}

#[ComplexObject]
impl HistoryEntry {
    /// What the actor signs in with, or the address of the mailbox, as far as the caller may know it: people of the account
    /// know each other, those above it are known to themselves, and a delegate is named to those who see invitations: by what
    /// they sign in with, not by the address that was invited. None otherwise, and for the platform; `actorStanding` says what they are all the same.
    async fn actor_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(super::actor::who(ctx, self.act).await?.name)
    }

    /// What the actor is to the account in which this happened.
    async fn actor_standing(&self, ctx: &Context<'_>) -> Result<ActorStanding> {
        Ok(super::actor::who(ctx, self.act).await?.standing)
    }

    /// What the API token is called that was used, where the caller may know whoever used it and it is not removed.
    async fn api_token_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        super::actor::token(ctx, self.act).await
    }

    /// The event that a policy of the platform reacted to; none where somebody asked, and where the event is of another
    /// account.
    async fn cause(&self, ctx: &Context<'_>) -> Result<Option<HistoryCause>> {
        match self.act.metadata.causation {
            Causation::Command => Ok(None),
            Causation::Event(event) => super::actor::cause(ctx, self.act.account, event).await,
        }
    }
}

impl HistoryEntry {
    /// The entry for an event that changed `changes`.
    pub(crate) fn new(stored: &StoredEvent, changes: Vec<Change>) -> Self {
        let metadata = &stored.metadata;
        let (actor, actor_id) = ActorKind::of(metadata.actor);
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
            command: asked(metadata),
            api_token_id,
            correlation_id: Uid(kernel::Id::uuid(metadata.correlation)),
            caused_by: match metadata.causation {
                Causation::Command => None,
                Causation::Event(event) => Some(EventKey(event)),
            },
            changes,
            position: Place(Cursor { tenant: stored.cursor.tenant, position: stored.cursor.position }),
            act: Act { account: stored.cursor.tenant.account(), metadata: stored.metadata },
        }
    }
}
