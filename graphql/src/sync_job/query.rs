//! Reading sync jobs.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use kernel::{AccountId, SyncJobId};

use super::object::SyncJob;
use crate::entry::read::{PROJECTION, Wanted, list, one};
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, MailboxKey, Place, SyncJobKey};

/// Queries about sync jobs.
#[derive(Debug, Default)]
pub struct SyncJobQuery;

#[Object]
impl SyncJobQuery {
    /// One sync job. `accountId` is the caller's own where it is absent.
    async fn sync_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which sync job.")] sync_job_id: SyncJobKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<SyncJob>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, sync_job_id.0)).await.map(Some)
    }

    /// The sync jobs of a mailbox, or of all mailboxes that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn sync_jobs(
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
    ) -> Result<Connection<PageKey, SyncJob>> {
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

/// One sync job, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, SyncJobId)) -> Result<SyncJob> {
    one(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}
