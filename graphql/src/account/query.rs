//! Reading accounts.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Need, Permission, Resource, Scope};
use database::{DatabaseError, Row};
use kernel::{AccountId, Id, Timestamp};

use super::object::{Account, AccountStatus};
use crate::error::Fault;
use crate::limit::GRANT_FILTER_COUNT_MAX;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, Place};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "account_list";

const SELECT: &str =
    "SELECT tenant, name, status, opened_at, closed_at, requires_factor FROM account_list_v3 WHERE ";

/// Queries about accounts.
#[derive(Debug, Default)]
pub struct AccountQuery;

#[Object]
impl AccountQuery {
    /// One account: the caller's own where `accountId` is absent.
    async fn account(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        #[graphql(name = "atLeast")] place: Option<Place>,
    ) -> Result<Option<Account>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &account).await.map(Some)
    }

    /// The accounts that the caller may see, in the order in which they were opened: every one for an operator, the
    /// own one for others.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<PageKey, Account>> {
        let principal = ctx.principal()?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let mut query = Query::new(SELECT).with("1 = 1");
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
            query = query.among("tenant", &seen);
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
    };
    Ok((PageKey { born: opened_at, id }, account))
}
