//! What a mailbox itself has sent and is held: shown to its owner, whose it is; letting it go is its administrators' to decide.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use kernel::{Actor, Timestamp};
use store::{QueueEntry, QueuedHead, RecipientKey, RecipientState, Selection, StateSelection};
use uuid::Uuid;

use crate::error::Fault;
use crate::page::{Page, PageKey, cost};
use crate::request::Asked;
use crate::scalar::{Moment, Octets};

/// Recipients of one message that are named.
const NAMED_COUNT_MAX: usize = 20;
/// Recipients that are read at a time.
const READ_COUNT: usize = 500;
/// How often they are read for one page: the rest of a message to very many is not counted then.
const READ_TIMES_MAX: usize = 10;

/// A message that waits until somebody lets it go.
#[derive(Debug, Clone, SimpleObject)]
pub struct OwnHeldMessage {
    /// Its number in the queue.
    pub id: String,
    /// The number under which it was taken: for `messageTrace`.
    pub message: String,
    /// Its subject; none where it has none.
    pub subject: Option<String>,
    /// The date that it bears; none where it bears none.
    pub sent_at: Option<Moment>,
    /// Where it is to go elsewhere; the first 20.
    pub recipients: Vec<String>,
    /// How many recipients wait.
    pub recipient_count: u32,
    /// Its size.
    pub bytes: Octets,
    /// Since when it waits.
    pub queued_at: Moment,
}

/// Queries of a mailbox about its own held mail.
#[derive(Debug, Default)]
pub struct OwnHeldQuery;

#[Object]
impl OwnHeldQuery {
    /// What the caller, a mailbox, has sent to hosts elsewhere and is held, oldest first, with subject and date: nobody else
    /// sees these. `mailboxSendingRelease` and `mailboxSendingPurge` are its administrators'. The error `NOT_FOUND`: the
    /// caller is no mailbox.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn own_held_mail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, OwnHeldMessage>> {
        let standing = ctx.standing()?;
        let Actor::Mailbox(mailbox) = standing.principal.actor else {
            return Err(ctx.fault(Fault::NotFound));
        };
        let account = standing.home;
        ctx.allow(Permission::TraceRead, Resource::account(account).in_mailbox(mailbox))?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let selection = Selection {
            tenant: Some(account.tenant()),
            mailbox: Some(mailbox),
            state: StateSelection::Only(RecipientState::Held),
            ..Selection::default()
        };
        let messages = messages(ctx, &selection, page).await?;
        let ids: Vec<u64> =
            messages.iter().take(page.count()).map(|message| message.0.key.queue_id).collect();
        let heads = ctx.platform()?.queue.heads(&ids).await;
        let heads = heads.map_err(|error| ctx.failed("the queue", &error))?;
        let nodes = messages.into_iter().map(|(entry, recipients, count)| {
            let head = heads.iter().find(|head| head.queue_id == entry.key.queue_id);
            let born = i64::try_from(entry.key.queue_id).unwrap_or(i64::MAX);
            (PageKey { born, id: Uuid::nil() }, shown((entry, recipients, count), head))
        });
        Ok(page.found(nodes.collect()))
    }
}

/// One more message than the page has: its first recipient, those that are named, and how many there are.
async fn messages(
    ctx: &Context<'_>,
    selection: &Selection,
    page: Page,
) -> Result<Vec<(QueueEntry, Vec<String>, u32)>> {
    let mut messages: Vec<(QueueEntry, Vec<String>, u32)> = Vec::new();
    let mut after =
        page.key_after().map(|key| RecipientKey { queue_id: key.born.unsigned_abs(), ordinal: u32::MAX });
    for _ in 0..READ_TIMES_MAX {
        let read = ctx.platform()?.queue.entries(selection, after, READ_COUNT).await;
        let read = read.map_err(|error| ctx.failed("the queue", &error))?;
        let is_last = read.len() < READ_COUNT;
        after = read.last().map_or(after, |last| Some(last.key));
        for entry in read {
            let address = entry.address.to_string();
            match messages.last_mut().filter(|last| last.0.key.queue_id == entry.key.queue_id) {
                Some((_, named, count)) => {
                    *count = count.saturating_add(1);
                    if named.len() < NAMED_COUNT_MAX {
                        named.push(address);
                    }
                }
                None => messages.push((entry, vec![address], 1)),
            }
        }
        if is_last || messages.len() > page.count() + 1 {
            break;
        }
    }
    messages.truncate(page.count() + 1);
    Ok(messages)
}

fn shown(
    (entry, recipients, recipient_count): (QueueEntry, Vec<String>, u32),
    head: Option<&QueuedHead>,
) -> OwnHeldMessage {
    let sent_at: Option<Timestamp> = head.and_then(|head| head.sent_at);
    OwnHeldMessage {
        id: entry.key.queue_id.to_string(),
        message: entry.message,
        subject: head.and_then(|head| head.subject.clone()),
        sent_at: sent_at.map(Moment),
        recipients,
        recipient_count,
        bytes: kernel::ByteSize::new(u64::from(entry.size)).into(),
        queued_at: entry.queued_at.into(),
    }
}
