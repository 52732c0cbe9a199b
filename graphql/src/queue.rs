//! Mail that waits to leave, as the API shows it.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use authority::{Permission, Resource};

use crate::error::Fault;
use crate::limit::PAGE_COUNT_MAX;
use crate::request::Asked;
use crate::scalar::{AccountKey, Moment, Octets, Whole};

/// How far a message for elsewhere has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum QueueState {
    /// It is stored durably and waits. This release does not deliver to other hosts yet.
    Queued,
}

/// A message for elsewhere. Its addresses and contents are not shown.
#[derive(Debug, Clone, SimpleObject)]
pub struct QueuedMessage {
    /// The queue's number: rises with time.
    pub number: Whole,
    /// How far it has come.
    pub state: QueueState,
    /// Its size.
    pub bytes: Octets,
    /// How many recipients elsewhere it has.
    pub recipients: u32,
    /// Since when it waits.
    pub queued_at: Moment,
}

/// Queries about the queue.
#[derive(Debug, Default)]
pub struct QueueQuery;

#[Object]
impl QueueQuery {
    /// Mail of an account that waits to leave, oldest first: at most `first` (1 to 100) messages after the number
    /// `after`.
    #[graphql(complexity = "crate::page::cost(first, child_complexity)")]
    async fn queued_messages(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        first: Option<i32>,
        after: Option<Whole>,
    ) -> Result<Vec<QueuedMessage>> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::MailboxRead, Resource::account(account))?;
        let limit = match first.map(u32::try_from) {
            None => crate::limit::PAGE_COUNT_DEFAULT,
            Some(Ok(first @ 1..=PAGE_COUNT_MAX)) => first,
            Some(_) => return Err(ctx.fault(Fault::BadInput("`first` is 1 to 100", "`first` va de 1 à 100"))),
        };
        let after = after.map_or(0, |number| number.0);
        let waiting = ctx.platform()?.queue.waiting(account.tenant(), after, limit as usize).await;
        let waiting = waiting.map_err(|error| ctx.failed("the queue", &error))?;
        Ok(waiting
            .into_iter()
            .map(|one| QueuedMessage {
                number: Whole(one.number),
                state: QueueState::Queued,
                bytes: one.size.into(),
                recipients: u32::try_from(one.recipient_count).unwrap_or(u32::MAX),
                queued_at: one.queued_at.into(),
            })
            .collect())
    }
}
