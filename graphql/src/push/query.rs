//! Reading push destinations.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use kernel::{AccountId, PushId};

use super::object::PushDestination;
use crate::entry::read::{PROJECTION, Wanted, list, one};
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, MailboxKey, Place, PushKey};

/// Queries about push destinations.
#[derive(Debug, Default)]
pub struct PushQuery;

#[Object]
impl PushQuery {
    /// One push destination. `accountId` is the caller's own where it is absent.
    async fn push_destination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which destination.")] push_id: PushKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<PushDestination>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, push_id.0)).await.map(Some)
    }

    /// The push destinations of a mailbox, or of all mailboxes that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn push_destinations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this mailbox alone; absent: of all that the caller may see.")]
        mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, PushDestination>> {
        let wanted = Wanted {
            account: ctx.account(account_id)?,
            owner: mailbox_id.map(|mailbox| mailbox.0),
            permission: Permission::MailboxRead,
            first,
            after: after.as_deref(),
            at_least: place,
        };
        list(ctx, wanted, Into::into).await
    }
}

/// One push destination, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, PushId)) -> Result<PushDestination> {
    one(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}
