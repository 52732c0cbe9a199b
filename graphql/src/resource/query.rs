//! Reading resources.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use kernel::{AccountId, ResourceId};

use super::object::Resource;
use crate::entry::read::{PROJECTION, Wanted, list, one};
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, DomainKey, Place, ResourceKey};

/// Queries about resources.
#[derive(Debug, Default)]
pub struct ResourceQuery;

#[Object]
impl ResourceQuery {
    /// One resource. `accountId` is the caller's own where it is absent.
    async fn resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which resource.")] resource_id: ResourceKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<Resource>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, resource_id.0)).await.map(Some)
    }

    /// The resources of a domain, or of all domains that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn resources(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this domain alone; absent: of all that the caller may see.")] domain_id: Option<
            DomainKey,
        >,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Resource>> {
        let wanted = Wanted {
            account: ctx.account(account_id)?,
            owner: domain_id.map(|domain| domain.0),
            permission: Permission::MailboxRead,
            first,
            after: after.as_deref(),
            at_least: place,
        };
        list(ctx, wanted, Into::into).await
    }
}

/// One resource, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, ResourceId)) -> Result<Resource> {
    one(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}
