//! Reading the audit trail.

use std::collections::{HashMap, HashSet};

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use engine::DecodeError;
use hosting::HostingEvent;
use hosting::book::EntryEvent;
use hosting::ticket::Ticket;
use journal::StoredEvent;
use kernel::{AccountId, Cursor, Decider, EventId, Id as _, Position, Recorded, StreamId};

use super::change::{Change, Fields};
use super::object::HistoryEntry;
use super::seen::{Told, told};
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
    /// What happened to an account, user, session, API token, delegation, webhook, service, domain, mailbox, alias or ticket,
    /// newest first; to a single entry that a mailbox, a domain or an account keeps: a filter, sync job, address map, push
    /// destination, share, resource, sending relay, TLS policy or app password, also once it is removed; for operators to a
    /// plan or document as well. `id` is the id of any of these; whoever may see the thing may see its history. An entry of a
    /// spam list has no id: it stands in the history of its mailbox or domain. A page is read from the end of the history,
    /// with the 200 events before it: a `from` that was set longer ago is not told. Secrets are told as changed alone.
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
        let Told { stream, part } = told(ctx, account, &id).await?;
        // Newest first: the key of a page counts backwards.
        let before = page.key_after().map_or(u64::MAX >> 1, |key| key.born.unsigned_abs());
        let (engine, tenant) = (&ctx.platform()?.engine, account.tenant());
        let limit = page.count() + 1 + HISTORY_LOOK_BACK_COUNT;
        let failed = |error| ctx.failed("reading a history", &error);
        let mut stored = Vec::new();
        if let Some((field, name)) = part {
            let of = (tenant, stream);
            let read = engine.history_of_part(of, (field, &name), Position(before), limit).await;
            stored.extend(read.map_err(failed)?);
        } else {
            // What it keeps in books is a part of its history.
            let books = EntryEvent::CATEGORIES
                .iter()
                .filter(|book| EntryEvent::keeper(**book) == Some(stream.category));
            let books = books.map(|book| StreamId { category: *book, id: stream.id });
            for stream in [stream].into_iter().chain(books) {
                let read = engine.history_before((tenant, stream), Position(before), limit).await;
                stored.extend(read.map_err(failed)?);
            }
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
