//! Reading who works in which mailbox.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use kernel::{AccountId, Actor, ShareId};

use super::object::{Share, SharedAccess};
use crate::entry::read::{PROJECTION, Wanted, list, one};
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, MailboxKey, Place, ShareKey};

/// Queries about shared mailboxes.
#[derive(Debug, Default)]
pub struct ShareQuery;

#[Object]
impl ShareQuery {
    /// One member of a shared mailbox. `accountId` is the caller's own where it is absent.
    async fn share(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which share.")] share_id: ShareKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<Share>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, share_id.0)).await.map(Some)
    }

    /// The members of a shared mailbox, or of all that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn shares(
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
    ) -> Result<Connection<PageKey, Share>> {
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

    /// The mailboxes in which the signed-in mailbox works beside others, by address; empty for who is no mailbox. At most
    /// 1000.
    #[graphql(complexity = "50 + child_complexity")]
    async fn shared_with_me(&self, ctx: &Context<'_>) -> Result<Vec<SharedAccess>> {
        let account = ctx.account(None)?;
        let Actor::Mailbox(member) = ctx.principal()?.actor else { return Ok(Vec::new()) };
        let shared = ctx.platform()?.directory.shared_with(account.tenant(), member);
        Ok(shared.into_iter().map(Into::into).collect())
    }
}

/// One member, if the caller may see the mailbox.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, ShareId)) -> Result<Share> {
    one(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}
