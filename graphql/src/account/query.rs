//! Reading accounts.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Need, Permission, Resource, Scope};
use database::{DatabaseError, Row};
use kernel::{AccountId, Id, Timestamp};

use super::object::{Account, AccountStatus, BillingMode};
use crate::error::Fault;
use crate::limit::GRANT_FILTER_COUNT_MAX;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, Place};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "account_list";

const SELECT: &str = "SELECT tenant, name, status, opened_at, closed_at, requires_factor, parent, sub_account_max, is_sandbox, billing, revision FROM account_list_v5 WHERE ";

/// Queries about accounts.
#[derive(Debug, Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// One account: the caller's own where `accountId` is absent.
    async fn account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<Account>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &account).await.map(Some)
    }

    /// The accounts that the caller may see, in the order in which they were opened: every one for an operator; for
    /// others the own one, those that others let them into, and those directly below. With `parentId` those directly
    /// below that account.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The reseller whose customers are listed; absent: all that the caller may see.")]
        parent_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, Account>> {
        let principal = ctx.principal()?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let mut query = Query::new(SELECT).with("1 = 1");
        if let Some(AccountKey(parent)) = parent_id {
            // Whoever reads an account as a whole, reseller or not, sees who stands below it.
            ctx.allow(Permission::AccountRead, Resource::account(parent))?;
            let query = query.bind(" AND parent = ", parent.uuid());
            let found = rows(ctx, PROJECTION, page.finish(query, "opened_at", "tenant")).await?;
            return page.connection(found, account).map_err(|error| ctx.failed("a row of accounts", &error));
        }
        let everywhere = Need { permission: Permission::AccountRead, resource: Resource::PLATFORM };
        if authority::may(principal, &everywhere).is_err() {
            let mut seen = Vec::new();
            for grant in principal.grants.iter().take(GRANT_FILTER_COUNT_MAX) {
                if let Scope::Account(account) = grant.scope
                    && ctx.may(Permission::AccountRead, Resource::account(account))?
                {
                    seen.push(account.uuid());
                }
            }
            let home = ctx.standing()?.home;
            query = if ctx.may(Permission::AccountRead, Resource::account(home))? {
                query.among_or("tenant", &seen, ("parent", home.uuid()))
            } else {
                query.among("tenant", &seen)
            };
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "opened_at", "tenant")).await?;
        page.connection(found, account).map_err(|error| ctx.failed("a row of accounts", &error))
    }
}

/// One account, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, id: &AccountId) -> Result<Account> {
    ctx.allow(Permission::AccountRead, Resource::account(*id))?;
    let found = rows(ctx, PROJECTION, Query::new(SELECT).bind("tenant = ", id.uuid()).finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    account(row).map(|(_, account)| account).map_err(|error| ctx.failed("a row of accounts", &error))
}

/// An account that stands directly below another, for whoever sees that one: the request that opened it was judged before
/// it was there.
pub(crate) async fn read_below(ctx: &Context<'_>, (parent, id): &(AccountId, AccountId)) -> Result<Account> {
    ctx.allow(Permission::AccountRead, Resource::account(*parent))?;
    let query = Query::new(SELECT).bind("tenant = ", id.uuid()).bind(" AND parent = ", parent.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    account(row).map(|(_, account)| account).map_err(|error| ctx.failed("a row of accounts", &error))
}

/// What an account is called, for somebody who was let into it; none once erased.
pub(crate) async fn name(ctx: &Context<'_>, id: AccountId) -> Result<Option<String>> {
    let found = rows(ctx, PROJECTION, Query::new(SELECT).bind("tenant = ", id.uuid()).finish()).await?;
    let name = found.first().map(|row| row.opt_text(1).map(|name| name.map(str::to_owned))).transpose();
    Ok(name.map_err(|error| ctx.failed("a row of accounts", &error))?.flatten())
}

fn account(row: &Row) -> Result<(PageKey, Account), DatabaseError> {
    let (id, opened_at) = (row.uuid(0)?, row.int(3)?);
    let account = Account {
        id: AccountKey(AccountId::new(id)),
        name: row.opt_text(1)?.map(str::to_owned),
        status: match row.text(2)? {
            "open" => AccountStatus::Open,
            _ => AccountStatus::Closed,
        },
        opened_at: Timestamp::from_millis(opened_at).into(),
        closed_at: row.opt_int(4)?.map(|moment| Timestamp::from_millis(moment).into()),
        requires_second_factor: row.bool(5)?,
        parent_id: row.opt_uuid(6)?.map(|parent| AccountKey(AccountId::new(parent))),
        sub_account_count_max: u32::try_from(row.int(7)?).unwrap_or(u32::MAX),
        is_sandbox: row.bool(8)?,
        revision: i32::try_from(row.int(10)?).unwrap_or(i32::MAX),
        billing_mode: match (row.opt_uuid(6)?, row.text(9)?) {
            (None, _) => None,
            (Some(_), "reseller") => Some(BillingMode::Reseller),
            (Some(_), _) => Some(BillingMode::Direct),
        },
    };
    Ok((PageKey { born: opened_at, id }, account))
}
