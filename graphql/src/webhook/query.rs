//! Reading webhooks.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use database::{DatabaseError, Row};
use kernel::{AccountId, Id, Timestamp, WebhookId};

use super::object::{Webhook, WebhookPause, WebhookStatus, moment};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, Place, WebhookKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "webhook_list";

const SELECT: &str = "SELECT tenant, webhook_id, url, kinds, description, pause, previous_until, registered_at, \
     changed_at, born, revision FROM webhook_list_v4 WHERE tenant = ";

/// Queries about webhooks.
#[derive(Debug, Default)]
pub struct WebhookQuery;

#[Object]
impl WebhookQuery {
    /// One webhook. `accountId` is the caller's own where it is absent.
    async fn webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which webhook.")] webhook_id: WebhookKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<Webhook>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, webhook_id.0)).await.map(Some)
    }

    /// The webhooks of an account, oldest first; 20 at most.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn webhooks(
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
    ) -> Result<Connection<PageKey, Webhook>> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::AccountRead, authority::Resource::account(account))?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let query = Query::new("").bind(SELECT, account.uuid());
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "webhook_id")).await?;
        page.connection(found, webhook).map_err(|error| ctx.failed("a row of webhooks", &error))
    }
}

/// One webhook, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, WebhookId)) -> Result<Webhook> {
    ctx.allow(Permission::AccountRead, authority::Resource::account(account))?;
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND webhook_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    webhook(row).map(|(_, webhook)| webhook).map_err(|error| ctx.failed("a row of webhooks", &error))
}

fn webhook(row: &Row) -> Result<(PageKey, Webhook), DatabaseError> {
    let id = row.uuid(1)?;
    let pause = match row.opt_text(5)? {
        None => None,
        Some("wanted") => Some(WebhookPause::Wanted),
        Some("gone") => Some(WebhookPause::Gone),
        Some(_) => Some(WebhookPause::Failing),
    };
    let webhook = Webhook {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: WebhookKey(WebhookId::new(id)),
        url: row.opt_text(2)?.map(str::to_owned),
        kinds: row.text(3)?.split(' ').map(str::to_owned).collect(),
        description: row.opt_text(4)?.map(str::to_owned),
        status: if pause.is_some() { WebhookStatus::Paused } else { WebhookStatus::Active },
        pause,
        previous_secret_until: moment(row.opt_int(6)?),
        revision: i32::try_from(row.int(10)?).unwrap_or(i32::MAX),
        registered_at: Timestamp::from_millis(row.int(7)?).into(),
        changed_at: Timestamp::from_millis(row.int(8)?).into(),
    };
    Ok((PageKey { born: row.int(9)?, id }, webhook))
}
