//! The audit trail as it happens: which event, of what, by whom, when. Never what is in it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Enum, Error, Result, SimpleObject, Subscription};
use authority::Permission;
use engine::Engine;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use hosting::alias::Alias;
use hosting::book::EntryEvent;
use hosting::mailbox::Mailbox;
use journal::{JournalError, StoredEvent};
use kernel::{
    AccountId, Actor, AliasId, Cursor, Decider, DomainId, Id, Key, MailboxId, ServiceId, UserId, Via,
};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::access::allowance::Counted;
use crate::access::reach::{Reach, reach};
use crate::api::Knock;
use crate::error::Fault;
use crate::history::object::{Channel, asked};
use crate::limit::{SUBSCRIPTION_CHECK_MS, SUBSCRIPTION_COUNT_MAX, SUBSCRIPTION_OF_ONE_COUNT_MAX};
use crate::platform::Platform;
use crate::request::Asked;
use crate::scalar::{AccountKey, EventKey, Moment, Place};

/// Mailboxes and aliases whose domains one subscription remembers.
const HOME_COUNT_MAX: usize = 10_000;

/// Who acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ActorKind {
    /// A person.
    User,
    /// A mailbox, for its own settings.
    Mailbox,
    /// The operator at the machine's command line.
    Operator,
    /// The platform itself.
    Platform,
}

impl ActorKind {
    /// Who acted, with the id of the user or mailbox, or the name of the platform's policy.
    pub(crate) fn of(actor: Actor) -> (Self, Option<String>) {
        match actor {
            Actor::User(user) => (Self::User, Some(user.to_string())),
            Actor::Mailbox(mailbox) => (Self::Mailbox, Some(mailbox.to_string())),
            Actor::Operator => (Self::Operator, None),
            Actor::Platform(name) => (Self::Platform, Some(name.to_owned())),
        }
    }
}

/// Something that happened.
#[derive(Debug, Clone, SimpleObject)]
pub struct Event {
    /// Its name for the API.
    pub id: EventKey,
    /// What happened, for example `mailbox.quota_changed`.
    pub kind: String,
    /// What it happened to: the id of an account, user, session, plan, service, domain, mailbox or alias.
    pub subject_id: String,
    /// Who acted.
    pub actor: ActorKind,
    /// The user or mailbox that acted.
    pub actor_id: Option<String>,
    /// The account they acted for, where it is not their own.
    pub on_behalf_of: Option<AccountKey>,
    /// Through what.
    pub via: Channel,
    /// What was asked for; see `HistoryEntry.command`.
    pub command: Option<String>,
    /// The API token that was used.
    pub api_token_id: Option<String>,
    /// When.
    pub at: Moment,
    /// Where it stands: give it as `after` to go on behind it, or as `atLeast` to a query.
    pub position: Place,
}

/// What can be listened to.
pub struct SubscriptionRoot;

/// The subscriptions that are open on this node: so many, and so many of each person or token.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room(Arc<Mutex<HashMap<Counted, usize>>>);

impl Room {
    /// A place for one more subscription of `whose`, until it is dropped.
    fn take(&self, whose: Counted) -> std::result::Result<Seat, Fault> {
        let mut open = self.0.lock();
        if open.values().sum::<usize>() >= SUBSCRIPTION_COUNT_MAX {
            return Err(Fault::Busy);
        }
        let own = open.entry(whose).or_default();
        if *own >= SUBSCRIPTION_OF_ONE_COUNT_MAX {
            return Err(Fault::BadInput(
                "a person or an API token has at most 50 subscriptions open at a time",
                "une personne ou un jeton d'API a au plus 50 abonnements ouverts à la fois",
            ));
        }
        *own += 1;
        Ok(Seat { room: self.clone(), whose })
    }
}

/// A place in the [`Room`].
struct Seat {
    room: Room,
    whose: Counted,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.room.0.lock();
        if let Some(own) = open.get_mut(&self.whose) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.whose);
            }
        }
    }
}

/// What happens, over a websocket in the protocol graphql-transport-ws. The credential is the payload of
/// `connection_init`: `{"authorization": "Bearer ..."}`. A subscription ends with `UNAUTHENTICATED` within seconds
/// after its credential is revoked.
#[Subscription(name = "Subscription")]
impl SubscriptionRoot {
    /// The events of an account that the caller may see, in order: those after the position `after`, or from now on.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Behind this position; absent: from the first event.")] after: Option<Place>,
    ) -> Result<impl Stream<Item = Result<Event>> + use<>> {
        let account = ctx.account(account_id)?;
        let seen =
            reach(ctx.principal()?, Permission::EventRead, account).map_err(|no| ctx.fault(no.into()))?;
        let platform = ctx.platform()?.clone();
        if after.is_some_and(|after| after.0.tenant != account.tenant()) {
            return Err(ctx.fault(Fault::BadInput(
                "`after` is a position of another account",
                "`after` est une position d'un autre compte",
            )));
        }
        let principal = ctx.principal()?;
        let whose = match principal.via {
            Via::Token(token) => Counted::Token(token),
            Via::Session | Via::CommandLine | Via::Platform => Counted::Person(principal.actor),
        };
        let seat = ctx.data::<Room>()?.take(whose).map_err(|fault| ctx.fault(fault))?;
        let feed = platform.engine.subscribe(account.tenant(), after.map(|after| after.0.position)).boxed();
        let knock = ctx.data::<Knock>()?.clone();
        let engine = Arc::clone(&platform.engine);
        let listener = Listener {
            platform,
            knock,
            account,
            feed,
            sight: Sight { engine, seen, homes: HashMap::new() },
            _seat: seat,
        };
        Ok(futures_util::stream::unfold(Some(listener), |listener| async move { listener?.next().await }))
    }
}

/// One open subscription.
struct Listener {
    platform: Platform,
    knock: Knock,
    account: AccountId,
    feed: BoxStream<'static, std::result::Result<StoredEvent, JournalError>>,
    sight: Sight,
    _seat: Seat,
}

impl Listener {
    /// The next event to be told, with what goes on listening; an error is the last thing told.
    async fn next(mut self) -> Option<(Result<Event>, Option<Self>)> {
        loop {
            let patience = Duration::from_millis(SUBSCRIPTION_CHECK_MS);
            let told = tokio::time::timeout(patience, self.feed.next()).await;
            // Judged anew before each event is told, and every two seconds where none comes.
            if let Err(fault) = self.still_may() {
                return Some((Err(self.error(fault)), None));
            }
            let stored = match told {
                Err(_) => continue,
                Ok(None) => return None,
                Ok(Some(Ok(stored))) => stored,
                Ok(Some(Err(error))) => {
                    tracing::error!(correlation = %self.knock.correlation, error = %error, "listening to events");
                    return Some((Err(self.error(Fault::Internal(self.knock.correlation))), None));
                }
            };
            match self.sight.sees(self.account, &stored).await {
                Ok(true) => return Some((Ok(event(&stored)), Some(self))),
                Ok(false) => {}
                Err(fault) => return Some((Err(self.error(fault)), None)),
            }
        }
    }

    fn still_may(&mut self) -> Result<(), Fault> {
        let header = self.knock.authorization.as_deref().unwrap_or_default();
        let standing = crate::access::authenticate(&self.platform, header, self.knock.peer);
        let standing = standing.filter(|standing| standing.demand.is_none()).ok_or(Fault::Unauthenticated)?;
        self.sight.seen = reach(&standing.principal, Permission::EventRead, self.account)?;
        Ok(())
    }

    fn error(&self, fault: Fault) -> Error {
        fault.into_error(self.knock.language)
    }
}

/// Which events a listener sees.
struct Sight {
    engine: Arc<Engine>,
    seen: Reach,
    /// The service and domain of mailboxes and aliases: they never move.
    homes: HashMap<Uuid, Option<(Uuid, Uuid)>>,
}

impl Sight {
    async fn sees(&mut self, account: AccountId, stored: &StoredEvent) -> Result<bool, Fault> {
        let Reach::Parts { services, domains, mailboxes } = &self.seen else { return Ok(true) };
        let id = stored.stream.id;
        let category = EntryEvent::keeper(stored.stream.category).unwrap_or(stored.stream.category);
        if category == hosting::service::Service::CATEGORY {
            return Ok(services.contains(&id));
        }
        if category == hosting::domain::Domain::CATEGORY {
            return Ok(domains.contains(&id));
        }
        if category != Mailbox::CATEGORY && category != Alias::CATEGORY {
            return Ok(false);
        }
        if mailboxes.contains(&id) {
            return Ok(true);
        }
        let (services, domains) = (services.clone(), domains.clone());
        let home = self.home(account, stored).await?;
        Ok(home.is_some_and(|(service, domain)| services.contains(&service) || domains.contains(&domain)))
    }

    async fn home(
        &mut self,
        account: AccountId,
        stored: &StoredEvent,
    ) -> Result<Option<(Uuid, Uuid)>, Fault> {
        let id = stored.stream.id;
        if let Some(home) = self.homes.get(&id) {
            return Ok(*home);
        }
        let tenant = account.tenant();
        let failed = |error| {
            tracing::error!(error = %error, "where an event belongs");
            Fault::Internal(stored.metadata.correlation)
        };
        let is_alias = stored.stream.category == Alias::CATEGORY;
        let home = if !is_alias {
            match self.engine.load(tenant, &Key::<Mailbox>(MailboxId::new(id))).await.map_err(failed)? {
                hosting::mailbox::MailboxState::Live(record)
                | hosting::mailbox::MailboxState::Deleted(record) => {
                    Some((record.service.uuid(), record.domain.uuid()))
                }
                hosting::mailbox::MailboxState::Absent => None,
            }
        } else {
            match self.engine.load(tenant, &Key::<Alias>(AliasId::new(id))).await.map_err(failed)? {
                hosting::alias::AliasState::Live(record) | hosting::alias::AliasState::Deleted(record) => {
                    Some((record.service.uuid(), record.domain.uuid()))
                }
                hosting::alias::AliasState::Absent => None,
            }
        };
        if self.homes.len() >= HOME_COUNT_MAX {
            self.homes.clear();
        }
        self.homes.insert(id, home);
        Ok(home)
    }
}

fn event(stored: &StoredEvent) -> Event {
    let (actor, actor_id) = match stored.metadata.actor {
        Actor::User(user) => (ActorKind::User, Some(user.to_string())),
        Actor::Mailbox(mailbox) => (ActorKind::Mailbox, Some(mailbox.to_string())),
        Actor::Operator => (ActorKind::Operator, None),
        Actor::Platform(_) => (ActorKind::Platform, None),
    };
    let (via, api_token_id) = Channel::of(stored.metadata.via);
    Event {
        id: EventKey(stored.id),
        kind: stored.raw.kind.clone().into_owned(),
        subject_id: subject(stored),
        actor,
        actor_id,
        on_behalf_of: stored.metadata.on_behalf_of.map(AccountKey),
        via,
        command: asked(&stored.metadata),
        api_token_id,
        at: stored.recorded_at.into(),
        position: Place(Cursor { tenant: stored.cursor.tenant, position: stored.cursor.position }),
    }
}

/// The id of the stream as the thing that it is about.
pub(crate) fn subject(stored: &StoredEvent) -> String {
    let id = stored.stream.id;
    // What stands in a book is about whoever keeps it.
    let category = EntryEvent::keeper(stored.stream.category).unwrap_or(stored.stream.category);
    match category.0 {
        "account" | "reseller" => AccountId::new(id).to_string(),
        "user" => UserId::new(id).to_string(),
        "session" => kernel::SessionId::new(id).to_string(),
        "plan" => kernel::PlanId::new(id).to_string(),
        "service" => ServiceId::new(id).to_string(),
        "domain" => DomainId::new(id).to_string(),
        "mailbox" => MailboxId::new(id).to_string(),
        "alias" => AliasId::new(id).to_string(),
        "ticket" => kernel::TicketId::new(id).to_string(),
        "document" => kernel::DocumentId::new(id).to_string(),
        "contract" => ServiceId::new(id).to_string(),
        "mail_order" => kernel::MailOrderId::new(id).to_string(),
        "webhook" => kernel::WebhookId::new(id).to_string(),
        "delegation" => kernel::DelegationId::new(id).to_string(),
        other => format!("{other}_{}", id.simple()),
    }
}
