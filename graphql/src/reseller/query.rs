//! Reading pools. They are folded from their events: nobody asks for many at once.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use hosting::reseller::{Reseller, ResellerState};
use kernel::{AccountId, Id as _, Key};

use super::object::{Brand, Pool, PoolShare, Transfer};
use crate::page::{Page, PageKey, cost};
use crate::request::Asked;
use crate::scalar::AccountKey;

/// Queries about pools.
#[derive(Debug, Default)]
pub struct ResellerQuery;

#[Object]
impl ResellerQuery {
    /// What an account may hand on and, where it stands below a reseller, order itself: the caller's own where `accountId`
    /// is absent.
    #[graphql(complexity = 10)]
    async fn pool(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
    ) -> Result<Option<Pool>> {
        let account = ctx.account(account_id)?;
        read(ctx, &account).await.map(Some)
    }

    /// How a reseller presents itself to its customers, or for a customer: how whoever serves it does. None: as the
    /// platform itself.
    async fn brand(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
    ) -> Result<Option<Brand>> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::AccountRead, Resource::account(account))?;
        Ok(ctx.platform()?.people.brand_of(account).map(|brand| Brand::from(&*brand)))
    }

    /// How often the brand of an account was changed, also where it has none now: for `brandSet`.
    async fn brand_revision(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
    ) -> Result<i32> {
        let account = ctx.account(account_id)?;
        Ok(i32::try_from(state(ctx, account).await?.brand_revision).unwrap_or(i32::MAX))
    }

    /// Customers that other resellers offer to this account: see `accountTransferAccept`. Of an operator: those that resellers give
    /// back to the platform.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn account_transfers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, Transfer>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let state = state(ctx, account).await?;
        let offers = state.incoming.iter().map(|(customer, offer)| {
            let transfer = Transfer {
                id: AccountKey(*customer),
                name: offer.name.plain().cloned(),
                is_sandbox: offer.is_sandbox,
                resources: offer.resources.into(),
                state: offer.state.into(),
            };
            (PageKey { born: 0, id: customer.uuid() }, transfer)
        });
        Ok(page.of(offers))
    }

    /// What the customers of a reseller have of its pool, those for whom something is counted.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn pool_shares(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, PoolShare>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let state = state(ctx, account).await?;
        let shares = state.grants.iter().map(|(customer, grant)| {
            let share = PoolShare {
                id: AccountKey(*customer),
                revision: i32::try_from(grant.serial).unwrap_or(i32::MAX),
                allocated: grant.asked.into(),
                counted: grant.counted.into(),
            };
            (PageKey { born: 0, id: customer.uuid() }, share)
        });
        Ok(page.of(shares))
    }
}

/// The pool of an account, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, account: &AccountId) -> Result<Pool> {
    let state = state(ctx, *account).await?;
    let used = state.used();
    Ok(Pool {
        id: AccountKey(*account),
        revision: i32::try_from(state.pool_revision).unwrap_or(i32::MAX),
        total: state.pool.map(Into::into),
        used: used.into(),
        free: state.pool.map(|pool| pool.minus(used).into()),
    })
}

/// How an account presents itself, if the caller may see it.
pub(crate) async fn read_brand(ctx: &Context<'_>, account: &AccountId) -> Result<Option<Brand>> {
    Ok(state(ctx, *account).await?.brand.as_ref().map(Into::into))
}

pub(crate) async fn state(ctx: &Context<'_>, account: AccountId) -> Result<ResellerState> {
    ctx.allow(Permission::AccountRead, Resource::account(account))?;
    let loaded = ctx.platform()?.engine.load(account.tenant(), &Key::<Reseller>(account)).await;
    loaded.map_err(|error| ctx.failed("the state of a pool", &error))
}
