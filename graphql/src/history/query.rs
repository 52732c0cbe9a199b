//! Reading the audit trail.

use std::collections::{HashMap, HashSet};

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use engine::DecodeError;
use hosting::HostingEvent;
use hosting::account::Account;
use hosting::alias::{Alias, AliasState};
use hosting::book::EntryEvent;
use hosting::delegation::Delegation;
use hosting::document::Document;
use hosting::domain::{Domain, DomainState};
use hosting::mailbox::{Mailbox, MailboxState};
use hosting::plan::Plan;
use hosting::service::Service;
use hosting::session::{Session, SessionState};
use hosting::ticket::Ticket;
use hosting::user::User;
use hosting::webhook::Webhook;
use journal::StoredEvent;
use kernel::{
    AccountId, AliasId, Cursor, Decider, DelegationId, DocumentId, DomainId, EventId, Id, Key, MailboxId,
    PlanId, Position, Recorded, ServiceId, SessionId, StreamId, TicketId, UserId, WebhookId,
};

use super::change::{Change, Fields};
use super::object::HistoryEntry;
use crate::error::Fault;
use crate::limit::{FEED_COUNT_DEFAULT, FEED_COUNT_MAX, HISTORY_LOOK_BACK_COUNT};
use crate::page::{Page, PageKey, cost};
use crate::request::Asked;
use crate::scalar::{AccountKey, Place};

/// Events of an account, in order, from a position on.
#[derive(Debug, SimpleObject)]
pub struct EventPage {
    /// The events.
    pub nodes: Vec<HistoryEntry>,
    /// Give it as `after` for the next page, now or later; none where there was never an event.
    pub position: Option<Place>,
    /// Whether there are more already.
    pub has_more: bool,
}

/// Queries of the audit trail.
#[derive(Debug, Default)]
pub struct HistoryQuery;

#[Object]
impl HistoryQuery {
    /// What happened to an account, user, session, delegation, webhook, service, domain, mailbox, alias or ticket, newest first;
    /// for operators to a plan or document as well. `id` is the id of any of these; whoever may see the thing may see its history. A page is read from the end of the history, with the 200 events
    /// before it: a `from` that was set longer ago is not told.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "The id of the thing, of any type, for example `mbox_` and 32 digits.")] id: String,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, HistoryEntry>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let stream = seen(ctx, account, &id).await?;
        // Newest first: the key of a page counts backwards.
        let before = page.key_after().map_or(u64::MAX >> 1, |key| key.born.unsigned_abs());
        let (engine, tenant) = (&ctx.platform()?.engine, account.tenant());
        let limit = page.count() + 1 + HISTORY_LOOK_BACK_COUNT;
        // What it keeps in books is a part of its history.
        let books =
            EntryEvent::CATEGORIES.iter().filter(|book| EntryEvent::keeper(**book) == Some(stream.category));
        let books = books.map(|book| StreamId { category: *book, id: stream.id });
        let mut stored = Vec::new();
        for stream in [stream].into_iter().chain(books) {
            let read = engine.history_before((tenant, stream), Position(before), limit).await;
            stored.extend(read.map_err(|error| ctx.failed("reading a history", &error))?);
        }
        stored.sort_by_key(|event| event.cursor.position);
        let stored = of_reader(ctx, stored).await?;
        let mut entries = entries(ctx, stored).await?;
        entries.reverse();
        let keyed = entries.into_iter().map(|entry| {
            let born = i64::try_from(entry.position.0.position.0).unwrap_or(i64::MAX);
            (PageKey { born: -born, id: entry.id.0.uuid() }, entry)
        });
        Ok(page.of(keyed))
    }

    /// All events of an account in order, those after the position `after`: the audit trail for export, and a feed that
    /// programs poll. `first` is 1 to 500 (100 where absent). Needs `event:read` on the whole account.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 500, 100 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this position; absent: from the first event.")] after: Option<Place>,
    ) -> Result<EventPage> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::EventRead, Resource::account(account))?;
        let limit = match first {
            None => FEED_COUNT_DEFAULT,
            Some(first) => {
                usize::try_from(first).ok().filter(|first| (1..=FEED_COUNT_MAX).contains(first)).ok_or_else(
                    || ctx.fault(Fault::BadInput("`first` is 1 to 500", "`first` va de 1 à 500")),
                )?
            }
        };
        let tenant = account.tenant();
        let after = after.map_or(Cursor { tenant, position: Position(0) }, |after| after.0);
        if after.tenant != tenant {
            return Err(ctx.fault(Fault::BadInput(
                "`after` is a position of another account",
                "`after` est une position d'un autre compte",
            )));
        }
        let read = ctx.platform()?.engine.read_tenant(after, limit).await;
        let stored = read.map_err(|error| ctx.failed("reading events", &error))?;
        let has_more = stored.len() == limit;
        let position = stored.last().map_or(after, |last| last.cursor);
        let nodes = entries(ctx, stored).await?;
        Ok(EventPage { nodes, position: (position.position.0 > 0).then_some(Place(position)), has_more })
    }
}

/// The events that the reader may know of: not even that there was one is told of what the support says to itself.
async fn of_reader(ctx: &Context<'_>, stored: Vec<StoredEvent>) -> Result<Vec<StoredEvent>> {
    let is_ticket = |event: &StoredEvent| event.stream.category == Ticket::CATEGORY;
    if !stored.iter().any(is_ticket) || ctx.may(Permission::PlatformWrite, Resource::PLATFORM)? {
        return Ok(stored);
    }
    let decoded = ctx.platform()?.engine.decode::<HostingEvent>(stored.clone()).await;
    let decoded = decoded.map_err(|error: DecodeError| ctx.failed("reading events", &error))?;
    let told: HashSet<EventId> = decoded
        .iter()
        .filter(|recorded| !matches!(&recorded.event, HostingEvent::Ticket(event) if event.is_of_the_desk()))
        .map(|recorded| recorded.id)
        .collect();
    Ok(stored.into_iter().filter(|event| told.contains(&event.id)).collect())
}

/// Every event of one thing.
pub(crate) async fn stored(
    ctx: &Context<'_>,
    account: AccountId,
    stream: StreamId,
) -> Result<Vec<StoredEvent>> {
    let read = ctx.platform()?.engine.history(account.tenant(), stream).await;
    read.map_err(|error| ctx.failed("reading a history", &error))
}

/// The entries of events, in their order.
pub(crate) async fn entries(ctx: &Context<'_>, stored: Vec<StoredEvent>) -> Result<Vec<HistoryEntry>> {
    let decoded = ctx.platform()?.engine.decode::<HostingEvent>(stored.clone()).await;
    let decoded = decoded.map_err(|error: DecodeError| ctx.failed("reading events", &error))?;
    let sees_notes = ctx.may(Permission::PlatformWrite, Resource::PLATFORM)?;
    let changes = changes(&stored, decoded, sees_notes);
    Ok(stored.iter().zip(changes).map(|(event, changes)| HistoryEntry::new(event, changes)).collect())
}

/// What each event changed, in their order.
pub(crate) fn changes(
    stored: &[StoredEvent],
    decoded: Vec<Recorded<HostingEvent>>,
    sees_notes: bool,
) -> Vec<Vec<Change>> {
    let mut fields: HashMap<StreamId, Fields> = HashMap::new();
    let mut decoded = decoded.into_iter().peekable();
    let told = stored.iter().map(|event| {
        // Events of other models are told without what is in them.
        let Some(recorded) = decoded.next_if(|recorded| recorded.id == event.id) else { return Vec::new() };
        // What the support says to itself is told to operators alone.
        let is_note = matches!(&recorded.event, HostingEvent::Ticket(event) if event.is_of_the_desk());
        if is_note && !sees_notes {
            return Vec::new();
        }
        fields.entry(event.stream).or_default().take(&recorded.event, &event.raw.payload)
    });
    told.collect()
}

/// The stream of a thing that the caller may see.
async fn seen(ctx: &Context<'_>, account: AccountId, id: &str) -> Result<StreamId> {
    ctx.standing()?;
    let whole = Resource::account(account);
    let engine = &ctx.platform()?.engine;
    let tenant = account.tenant();
    let failed = |error| ctx.failed("the state of a thing", &error);
    let hidden = || ctx.fault(Fault::NotFound);
    if let Ok(mailbox) = id.parse::<MailboxId>() {
        let record = match engine.load(tenant, &Key::<Mailbox>(mailbox)).await.map_err(failed)? {
            MailboxState::Live(record) | MailboxState::Deleted(record) => record,
            MailboxState::Absent => return Err(hidden()),
        };
        let resource = whole.in_service(record.service).in_domain(record.domain).in_mailbox(mailbox);
        ctx.allow(Permission::MailboxRead, resource)?;
        return Ok(StreamId::new(Mailbox::CATEGORY, mailbox));
    }
    if let Ok(alias) = id.parse::<AliasId>() {
        let record = match engine.load(tenant, &Key::<Alias>(alias)).await.map_err(failed)? {
            AliasState::Live(record) | AliasState::Deleted(record) => record,
            AliasState::Absent => return Err(hidden()),
        };
        ctx.allow(Permission::MailboxRead, whole.in_service(record.service).in_domain(record.domain))?;
        return Ok(StreamId::new(Alias::CATEGORY, alias));
    }
    if let Ok(domain) = id.parse::<DomainId>() {
        let record = match engine.load(tenant, &Key::<Domain>(domain)).await.map_err(failed)? {
            DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
                record
            }
            DomainState::Absent | DomainState::Shared { .. } => return Err(hidden()),
        };
        ctx.allow(Permission::DomainRead, whole.in_service(record.service).in_domain(domain))?;
        return Ok(StreamId::new(Domain::CATEGORY, domain));
    }
    if let Ok(delegation) = id.parse::<DelegationId>() {
        ctx.allow(Permission::DelegationWrite, whole)?;
        return Ok(StreamId::new(Delegation::CATEGORY, delegation));
    }
    if let Ok(webhook) = id.parse::<WebhookId>() {
        ctx.allow(Permission::AccountRead, whole)?;
        return Ok(StreamId::new(Webhook::CATEGORY, webhook));
    }
    if let Ok(service) = id.parse::<ServiceId>() {
        ctx.allow(Permission::ServiceRead, whole.in_service(service))?;
        return Ok(StreamId::new(Service::CATEGORY, service));
    }
    if let Ok(user) = id.parse::<UserId>() {
        if !ctx.standing()?.is_user(user) {
            ctx.allow(Permission::AccountRead, whole)?;
        }
        return Ok(StreamId::new(User::CATEGORY, user));
    }
    if let Ok(ticket) = id.parse::<TicketId>() {
        crate::ticket::query::read(ctx, &(account, ticket)).await?;
        return Ok(StreamId::new(Ticket::CATEGORY, ticket));
    }
    if let Ok(session) = id.parse::<SessionId>() {
        let owner = match engine.load(tenant, &Key::<Session>(session)).await.map_err(failed)? {
            SessionState::Running(record) => record.owner,
            SessionState::Ended { owner, .. } => owner,
            SessionState::Absent => return Err(hidden()),
        };
        if !crate::credential::query::is_own(ctx, (account, owner))? {
            ctx.allow(Permission::AccountRead, whole)?;
        }
        return Ok(StreamId::new(Session::CATEGORY, session));
    }
    // What the platform offers everybody is made by its operators: who did so is theirs to know.
    if account == AccountId::PLATFORM && ctx.may(Permission::PlatformWrite, Resource::PLATFORM)? {
        if let Ok(plan) = id.parse::<PlanId>() {
            return Ok(StreamId::new(Plan::CATEGORY, plan));
        }
        if let Ok(document) = id.parse::<DocumentId>() {
            return Ok(StreamId::new(Document::CATEGORY, document));
        }
    } else if id.parse::<PlanId>().is_ok() || id.parse::<DocumentId>().is_ok() {
        return Err(hidden());
    }
    if let Ok(named) = id.parse::<AccountId>() {
        if named != account {
            return Err(hidden());
        }
        ctx.allow(Permission::AccountRead, whole)?;
        return Ok(StreamId::new(Account::CATEGORY, named));
    }
    Err(ctx.fault(Fault::BadInput(
        "`id` is the id of an account, user, session, delegation, webhook, service, domain, mailbox, alias or ticket",
        "`id` est l'identifiant d'un compte, utilisateur, session, délégation, webhook, service, domaine, boîte, alias ou ticket",
    )))
}
