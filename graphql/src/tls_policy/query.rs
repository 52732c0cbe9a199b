//! Reading TLS policies.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use hosting::tls_policy as model;
use kernel::{AccountId, TlsPolicyId};

use super::object::TlsPolicy;
use crate::entry::read::{PROJECTION, Wanted, list, one};
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, DomainKey, Place, TlsPolicyKey};

/// Queries about TLS policies.
#[derive(Debug, Default)]
pub struct TlsPolicyQuery;

#[Object]
impl TlsPolicyQuery {
    /// One TLS policy of an account. `accountId` is the caller's own where it is absent.
    async fn tls_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which TLS policy.")] tls_policy_id: TlsPolicyKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<TlsPolicy>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, tls_policy_id.0)).await.map(Some)
    }

    /// The TLS policies of an account, oldest first: how mail of its senders to some destinations is encrypted.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn tls_policies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, TlsPolicy>> {
        let wanted = Wanted::<model::TlsPolicy> {
            account: ctx.account(account_id)?,
            owner: None,
            permission: Permission::AccountRead,
            first,
            after: after.as_deref(),
            at_least: place,
        };
        list(ctx, wanted, Into::into).await
    }

    /// One TLS policy of a domain. `accountId` is the caller's own where it is absent.
    async fn domain_tls_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which TLS policy.")] tls_policy_id: TlsPolicyKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<TlsPolicy>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read_of_domain(ctx, &(account, tls_policy_id.0)).await.map(Some)
    }

    /// The TLS policies of a domain, or of all domains that the caller may see, oldest first: how mail of the senders of
    /// each domain to some destinations is encrypted.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domain_tls_policies(
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
    ) -> Result<Connection<PageKey, TlsPolicy>> {
        let wanted = Wanted::<model::DomainTlsPolicy> {
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

/// One TLS policy of an account, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, TlsPolicyId)) -> Result<TlsPolicy> {
    one::<model::TlsPolicy>(ctx, *key, Permission::AccountRead).await.map(Into::into)
}

/// One TLS policy of a domain, if the caller may see it.
pub(crate) async fn read_of_domain(ctx: &Context<'_>, key: &(AccountId, TlsPolicyId)) -> Result<TlsPolicy> {
    one::<model::DomainTlsPolicy>(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}
