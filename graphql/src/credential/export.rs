//! Everything that is kept about a person, as they take it along.

use std::sync::Arc;

use async_graphql::{Context, Result, ScalarType as _};
use door::SignInRow;
use hosting::HostingEvent;
use hosting::address_map::AddressMap;
use hosting::book::{Entry, EntryEvent};
use hosting::filter::MailboxFilter;
use hosting::mailbox::{Mailbox, MailboxState};
use hosting::push::Push;
use hosting::session::SessionOwner;
use hosting::share::Share;
use hosting::sync_job::SyncJob;
use hosting::ticket::{Ticket, TicketEvent};
use hosting::user::User;
use kernel::{AccountId, Actor, Decider, DomainId, Key, MailboxId, Recorded, Sealed, StreamId, UserId};
use serde_json::{Value, json};

use super::object::SignIn;
use super::query::{protocol, sign_ins_of, uses};
use crate::entry::read::of_owners;
use crate::error::Fault;
use crate::loader::Tables;
use crate::request::{Asked, boxed};
use crate::scalar::Moment;

/// Tickets whose events are read at once.
const TICKET_BATCH_COUNT: usize = 50;
/// Fields of entries that tables do not hold either.
const SECRETS: [&str; 3] = ["password", "token", "key"];

/// All that there is, as JSON; the caller has asked the authority. Delegations of other accounts are told to whoever holds them
/// alone: they are no business of those who administer their login.
#[boxed]
pub(super) async fn whole(
    ctx: &Context<'_>,
    (account, owner): (AccountId, SessionOwner),
    is_own: bool,
) -> Result<String> {
    let facts = facts(ctx, account, owner).await?;
    let sessions = crate::user::query::sessions_of(ctx, account, owner).await?;
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|session| {
            json!({
                "startedAt": rfc3339(session.started_at),
                "endedAt": session.ended_at.map(rfc3339),
                "device": session.device,
                "hasSecondFactor": session.has_second_factor,
            })
        })
        .collect();
    let notices = notices(ctx, account, owner).await?;
    let sign_ins = sign_ins_of(ctx, (account, owner), usize::MAX).await?;
    let sign_ins: Vec<Value> = sign_ins.into_iter().map(exported).collect();
    let mut whole = json!({
        "id": subject(owner), "facts": facts, "sessions": sessions, "notices": notices, "signIns": sign_ins,
    });
    let more = match owner {
        SessionOwner::User(user) => of_user(ctx, (account, user), is_own).await?,
        SessionOwner::Mailbox(mailbox) => of_mailbox(ctx, account, mailbox).await?,
    };
    if let (Some(whole), Value::Object(more)) = (whole.as_object_mut(), more) {
        whole.extend(more);
    }
    Ok(whole.to_string())
}

/// What happened to somebody, and to what their mailbox keeps.
async fn facts(ctx: &Context<'_>, account: AccountId, owner: SessionOwner) -> Result<Vec<Value>> {
    let streams = match owner {
        SessionOwner::User(user) => vec![StreamId::new(User::CATEGORY, user)],
        SessionOwner::Mailbox(mailbox) => {
            let books = EntryEvent::CATEGORIES.iter().copied();
            let books = books.filter(|book| EntryEvent::keeper(*book) == Some(Mailbox::CATEGORY));
            [Mailbox::CATEGORY].into_iter().chain(books).map(|kept| StreamId::new(kept, mailbox)).collect()
        }
    };
    let streams: Vec<_> = streams.into_iter().map(|stream| (account.tenant(), stream)).collect();
    let read = ctx.platform()?.engine.histories(&streams).await;
    let mut stored = read.map_err(|error| ctx.failed("reading a history", &error))?;
    if stored.first().is_none_or(Vec::is_empty) {
        return Err(ctx.fault(Fault::NotFound));
    }
    let mut stored: Vec<_> = stored.drain(..).flatten().collect();
    stored.sort_by_key(|event| event.cursor.position);
    let facts = crate::history::query::entries(ctx, stored).await?;
    let fact = |fact: &crate::history::object::HistoryEntry| {
        let changes: serde_json::Map<_, _> =
            fact.changes.iter().map(|change| (change.field.clone(), json!(change.to))).collect();
        json!({ "kind": fact.kind, "at": rfc3339(fact.at), "by": fact.actor_id, "changes": changes })
    };
    Ok(facts.iter().map(fact).collect())
}

/// What a mailbox keeps, what leads to it, and when it was opened.
async fn of_mailbox(ctx: &Context<'_>, account: AccountId, mailbox: MailboxId) -> Result<Value> {
    let logins = uses(ctx, account, mailbox).await?;
    let logins: Vec<Value> = logins
        .iter()
        .map(|one| json!({ "protocol": protocol(one.protocol), "at": rfc3339(Moment(one.at)) }))
        .collect();
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Mailbox>(mailbox)).await;
    let state = state.map_err(|error| ctx.failed("reading a mailbox", &error))?;
    let (domain, address) = match state {
        MailboxState::Live(record) | MailboxState::Deleted(record) => (record.domain, record.address()),
        MailboxState::Absent => return Err(ctx.fault(Fault::NotFound)),
    };
    let temporary = crate::alias::query::made_for(ctx, account, mailbox).await?;
    let temporary: Vec<Value> = temporary
        .iter()
        .map(|alias| {
            json!({
                "id": alias.id.0.to_string(),
                "address": alias.address,
                "createdAt": rfc3339(alias.created_at),
                "expiresAt": alias.expires_at.map(rfc3339),
            })
        })
        .collect();
    let maps = match address {
        Some(address) => maps(ctx, (account, domain), &address.canonical()).await?,
        None => Vec::new(),
    };
    Ok(json!({
        "lastLogins": logins,
        "filters": entries::<MailboxFilter>(ctx, (account, mailbox)).await?,
        "syncJobs": entries::<SyncJob>(ctx, (account, mailbox)).await?,
        "pushDestinations": entries::<Push>(ctx, (account, mailbox)).await?,
        "shares": entries::<Share>(ctx, (account, mailbox)).await?,
        "temporaryAliases": temporary,
        "addressMaps": maps,
    }))
}

/// The entries of one kind that somebody keeps, without secrets.
async fn entries<E: Entry>(
    ctx: &Context<'_>,
    (account, owner): (AccountId, <E::Owner as Decider>::Id),
) -> Result<Vec<Value>> {
    let tables = Tables(Arc::clone(&ctx.platform()?.engine));
    let rows = of_owners::<E>(&tables, (account, &[owner])).await;
    let rows = rows.map_err(|unread| ctx.unread(&unread))?;
    let shown = rows.iter().map(|row| {
        let mut settings = serde_json::to_value(row.content.shown()).unwrap_or_default();
        if let Some(settings) = settings.as_object_mut() {
            settings.retain(|name, _| !SECRETS.contains(&name.as_str()));
        }
        let (created, changed) = (rfc3339(row.created_at), rfc3339(row.changed_at));
        json!({ "id": row.id.to_string(), "createdAt": created, "changedAt": changed, "settings": settings })
    });
    Ok(shown.collect())
}

/// The rules of a domain by which mail from or to an address goes elsewhere as well, or mail of others comes to it.
async fn maps(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
    address: &str,
) -> Result<Vec<Value>> {
    let of_all = address.rsplit_once('@').map_or_else(String::new, |(_, domain)| format!("@{domain}"));
    let maps = entries::<AddressMap>(ctx, (account, domain)).await?;
    let is_about = |map: &Value| {
        let named = |field: &str| map["settings"][field].as_str().unwrap_or_default().to_owned();
        [named("from"), named("to")].iter().any(|name| name == address) || named("from") == of_all
    };
    Ok(maps.into_iter().filter(is_about).collect())
}

/// What a user wrote to the support, whom they let in, and where they were let in.
async fn of_user(ctx: &Context<'_>, (account, user): (AccountId, UserId), is_own: bool) -> Result<Value> {
    let mut of_them = json!({
        "tickets": written(ctx, account, user).await?,
        "delegationsGiven": crate::delegation::query::given_by(ctx, account, user).await?,
    });
    if is_own {
        let held = crate::delegation::query::held_by(ctx, user).await?;
        of_them["delegationsHeld"] = held.into();
    }
    Ok(of_them)
}

/// What a user wrote in the tickets of their account.
async fn written(ctx: &Context<'_>, account: AccountId, user: UserId) -> Result<Vec<Value>> {
    let (engine, tenant) = (&ctx.platform()?.engine, account.tenant());
    let tickets = crate::ticket::query::all(ctx, account).await?;
    let mut written = Vec::new();
    for tickets in tickets.chunks(TICKET_BATCH_COUNT) {
        let streams: Vec<_> =
            tickets.iter().map(|ticket| (tenant, StreamId::new(Ticket::CATEGORY, *ticket))).collect();
        let stored = engine.histories(&streams).await;
        let stored = stored.map_err(|error| ctx.failed("reading a history", &error))?;
        let theirs = stored.into_iter().flatten();
        let theirs = theirs.filter(|event| event.metadata.actor == Actor::User(user)).collect();
        let theirs = engine.decode::<HostingEvent>(theirs).await;
        let theirs = theirs.map_err(|error| ctx.failed("reading events", &error))?;
        written.extend(theirs.iter().filter_map(said));
    }
    Ok(written)
}

/// One thing that somebody wrote; none where nothing of it is in words.
fn said(recorded: &Recorded<HostingEvent>) -> Option<Value> {
    let HostingEvent::Ticket(event) = &recorded.event else { return None };
    let said = match event {
        TicketEvent::Opened { subject, text, .. } => {
            json!({ "subject": Sealed::plain(subject), "text": Sealed::plain(text) })
        }
        TicketEvent::Said { text, .. } => json!({ "text": Sealed::plain(text) }),
        TicketEvent::Attached(file) => json!({ "file": Sealed::plain(&file.name), "octets": file.octets }),
        TicketEvent::Rated { stars, words } => {
            json!({ "stars": stars, "text": words.as_ref().and_then(Sealed::plain) })
        }
        TicketEvent::Assigned { .. }
        | TicketEvent::PrioritySet { .. }
        | TicketEvent::Resolved { .. }
        | TicketEvent::Reopened
        | TicketEvent::Merged { .. }
        | TicketEvent::TookIn { .. } => return None,
    };
    let mut said = said;
    said["ticketId"] = kernel::TicketId::new(recorded.stream.id).to_string().into();
    said["at"] = rfc3339(recorded.recorded_at.into());
    Some(said)
}

/// A sign-in as it is exported.
fn exported(row: SignInRow) -> Value {
    let (protocol, outcome) = (row.note.protocol.name(), row.note.outcome.name());
    let one = SignIn::from(row);
    json!({
        "protocol": protocol,
        "outcome": outcome,
        "network": one.network, "device": one.device, "count": one.count, "lastAt": rfc3339(one.last_at),
    })
}

/// What somebody was written, as it is exported.
async fn notices(ctx: &Context<'_>, account: AccountId, owner: SessionOwner) -> Result<Vec<Value>> {
    let person = crate::notice::query::person_of(owner);
    let notices = crate::notice::query::of_person(ctx, account, person).await?;
    let one = |notice: &crate::notice::object::Notice| json!({ "kind": notice.kind, "address": notice.address, "at": rfc3339(notice.at) });
    Ok(notices.iter().map(one).collect())
}

fn subject(owner: SessionOwner) -> String {
    match owner {
        SessionOwner::User(user) => user.to_string(),
        SessionOwner::Mailbox(mailbox) => mailbox.to_string(),
    }
}

fn rfc3339(moment: Moment) -> Value {
    moment.to_value().into_json().unwrap_or_default()
}
