//! Who has been in a mailbox's settings without being its owner: what was changed stands in events, who only looked is kept
//! by hours.

use std::collections::BTreeSet;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Result, SimpleObject};
use door::VisitNote;
use hosting::HostingEvent;
use hosting::book::EntryEvent;
use hosting::mailbox::Mailbox as Model;
use hosting::session::SessionOwner;
use journal::StoredEvent;
use kernel::{AccountId, Actor, Decider as _, MailboxId, StreamId, UserId, Via};

use crate::access::now;
use crate::loader::{Histories, Looks};
use crate::request::Asked;
use crate::scalar::{Moment, UserKey};

/// Visits that are told, the latest.
pub(crate) const VISIT_COUNT_MAX: usize = 100;

/// That somebody who is not its owner was in the settings of a mailbox.
#[derive(Debug, Clone, SimpleObject)]
pub struct MailboxVisit {
    /// What they sign in with; none where they are gone, or where the machine's operator acted at its command line.
    pub login: Option<String>,
    /// Who; none as for `login`.
    pub user_id: Option<UserKey>,
    /// Whether they belong to the platform rather than to the account.
    pub is_operator: bool,
    /// Whether a program did it by an API token.
    pub is_by_token: bool,
    /// When, or when first within the hour where they only looked.
    pub first_at: Moment,
    /// The same, or when last within the hour.
    pub last_at: Moment,
    /// What they did, for example `mailbox.settings_changed`; none: they only looked.
    pub kind: Option<String>,
    /// Which settings they changed, for example `settings.imap`.
    pub changed: Vec<String>,
}

/// Notes that the caller looks into a mailbox which is not their own.
pub(crate) fn note(ctx: &Context<'_>, (account, mailbox): (AccountId, MailboxId)) -> Result<()> {
    let principal = ctx.principal()?;
    let is_by_token = matches!(principal.via, Via::Token(_));
    if let Actor::User(visitor) = principal.actor {
        let note = VisitNote { tenant: account.tenant(), mailbox, visitor, is_by_token };
        ctx.platform()?.door.note_visit(note, now());
    }
    Ok(())
}

/// The same of whoever is meant: users have no visits.
pub(crate) fn note_owner(ctx: &Context<'_>, (account, owner): (AccountId, SessionOwner)) -> Result<()> {
    match owner {
        SessionOwner::Mailbox(mailbox) => note(ctx, (account, mailbox)),
        SessionOwner::User(_) => Ok(()),
    }
}

/// The visits to a mailbox, the latest first; the caller has judged who may see them.
pub(crate) async fn visits(
    ctx: &Context<'_>,
    (account, mailbox): (AccountId, MailboxId),
) -> Result<Vec<MailboxVisit>> {
    let mut visits = changes(ctx, (account, mailbox)).await?;
    let looked = ctx.data::<DataLoader<Looks>>()?.load_one((account.tenant(), mailbox)).await;
    let looked = looked.map_err(|error| ctx.failed("who looked into a mailbox", &*error))?;
    for row in looked.unwrap_or_default() {
        let mut visit = visit(ctx, (Actor::User(row.note.visitor), row.note.is_by_token))?;
        (visit.first_at, visit.last_at) = (row.first_at.into(), row.last_at.into());
        visits.push(visit);
    }
    visits.sort_by_key(|visit| std::cmp::Reverse(visit.last_at.0));
    visits.truncate(VISIT_COUNT_MAX);
    Ok(visits)
}

/// What others changed, from events: of the mailbox itself and of the books that it keeps.
async fn changes(ctx: &Context<'_>, (account, mailbox): (AccountId, MailboxId)) -> Result<Vec<MailboxVisit>> {
    let stream = StreamId::new(Model::CATEGORY, mailbox);
    let books =
        EntryEvent::CATEGORIES.iter().filter(|book| EntryEvent::keeper(**book) == Some(stream.category));
    let books = books.map(|book| StreamId { category: *book, id: stream.id });
    let streams = [stream].into_iter().chain(books).map(|stream| (account.tenant(), stream));
    let histories = ctx.data::<DataLoader<Histories>>()?.load_many(streams).await;
    let histories = histories.map_err(|error| ctx.failed("reading a history", &*error))?;
    let mut stored: Vec<StoredEvent> = histories.values().flat_map(|events| events.iter().cloned()).collect();
    stored.sort_by_key(|event| event.cursor.position);
    let decoded = ctx.platform()?.engine.decode::<HostingEvent>(stored.clone()).await;
    let decoded = decoded.map_err(|error| ctx.failed("reading events", &error))?;
    let told = crate::history::query::changes(&stored, decoded, false);
    let by_others = stored.iter().zip(told).filter(|(event, _)| is_another(event, mailbox));
    let newest: Vec<_> = by_others.collect();
    let skipped = newest.len().saturating_sub(VISIT_COUNT_MAX);
    let visits = newest.into_iter().skip(skipped).map(|(event, changes)| {
        let is_by_token = matches!(event.metadata.via, Via::Token(_));
        let fields: BTreeSet<String> = changes.into_iter().map(|change| change.field).collect();
        Ok(MailboxVisit {
            first_at: event.recorded_at.into(),
            last_at: event.recorded_at.into(),
            kind: Some(event.raw.kind.clone().into_owned()),
            changed: fields.into_iter().collect(),
            ..visit(ctx, (event.metadata.actor, is_by_token))?
        })
    });
    visits.collect()
}

/// What the platform does by itself is nobody's visit.
fn is_another(event: &StoredEvent, mailbox: MailboxId) -> bool {
    match event.metadata.actor {
        Actor::User(_) | Actor::Operator => true,
        Actor::Mailbox(actor) => actor != mailbox,
        Actor::Platform(_) => false,
    }
}

fn visit(ctx: &Context<'_>, (actor, is_by_token): (Actor, bool)) -> Result<MailboxVisit> {
    let people = &ctx.platform()?.people;
    let user: Option<UserId> = match actor {
        Actor::User(user) => Some(user),
        Actor::Operator | Actor::Mailbox(_) | Actor::Platform(_) => None,
    };
    let is_of_platform = |user| people.user(user).is_some_and(|person| person.account == AccountId::PLATFORM);
    Ok(MailboxVisit {
        login: user.and_then(|user| people.login(user)),
        user_id: user.map(UserKey),
        is_operator: user.map_or(actor == Actor::Operator, is_of_platform),
        is_by_token,
        first_at: now().into(),
        last_at: now().into(),
        kind: None,
        changed: Vec::new(),
    })
}
