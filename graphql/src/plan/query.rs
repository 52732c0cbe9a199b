//! Reading the catalogue of plans.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::Row;
use kernel::{AccountId, Id, PlanId, Timestamp};

use super::object::{Plan, PlanFeature, StoredAddOns, StoredLimits};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, rows};
use crate::scalar::{AccountKey, PlanKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "plan_list";

const SELECT: &str = "SELECT plan_id, version, name, limits, is_customizable, currency, monthly_cents, annual_cents, \
     published_at, born, french, add_ons, (SELECT MAX(newest.version) FROM plan_list_v5 newest \
     WHERE newest.tenant = plan_list_v5.tenant AND newest.plan_id = plan_list_v5.plan_id) \
     FROM plan_list_v5 WHERE tenant = ";

/// Queries about plans.
#[derive(Debug, Default)]
pub struct PlanQuery;

#[Object]
impl PlanQuery {
    /// One plan in one version; in its newest where `version` is absent.
    async fn plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plan.")] plan_id: PlanKey,
        #[graphql(desc = "Which version, 1 or more.")] version: Option<u32>,
    ) -> Result<Option<Plan>> {
        see_catalogue(ctx)?;
        find(ctx, plan_id.0, version).await.map(Some)
    }

    /// What an account's plans have besides their limits, together: more of what is not among it is refused. For whoever may
    /// see the account or its events.
    #[graphql(complexity = 10)]
    async fn account_features(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
    ) -> Result<Vec<PlanFeature>> {
        let account = ctx.account(account_id)?;
        if !ctx.may(Permission::EventRead, Resource::account(account))? {
            ctx.allow(Permission::AccountRead, Resource::account(account))?;
        }
        super::bought::features(ctx, account).await
    }

    /// Every published version of every plan, in the order of publication.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn plans(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, Plan>> {
        see_catalogue(ctx)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let query = Query::new("").bind(SELECT, AccountId::PLATFORM.uuid());
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "plan_id")).await?;
        page.connection(found, plan).map_err(|error| ctx.failed("a row of plans", &*error))
    }
}

/// Whoever may see the services of an account may see what can be ordered.
pub(crate) fn see_catalogue(ctx: &Context<'_>) -> Result<()> {
    ctx.allow(Permission::ServiceRead, Resource::account(ctx.standing()?.home))
}

/// For the payload of a publication.
pub(crate) async fn read(ctx: &Context<'_>, &(id, version): &(PlanId, u32)) -> Result<Plan> {
    see_catalogue(ctx)?;
    find(ctx, id, Some(version)).await
}

async fn find(ctx: &Context<'_>, id: PlanId, version: Option<u32>) -> Result<Plan> {
    let mut query =
        Query::new("").bind(SELECT, AccountId::PLATFORM.uuid()).bind(" AND plan_id = ", id.uuid());
    if let Some(version) = version {
        query = query.bind(" AND version = ", i64::from(version));
    }
    let found = rows(ctx, PROJECTION, query.with(" ORDER BY version DESC LIMIT 1").finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    plan(row).map(|(_, plan)| plan).map_err(|error| ctx.failed("a row of plans", &*error))
}

type RowError = Box<dyn std::error::Error + Send + Sync>;

fn plan(row: &Row) -> Result<(PageKey, Plan), RowError> {
    let id = row.uuid(0)?;
    let plan = Plan {
        id: PlanKey(PlanId::new(id)),
        version: u32::try_from(row.int(1)?)?,
        name: row.text(2)?.to_owned(),
        french_name: row.opt_text(10)?.map(str::to_owned),
        limits: serde_json::from_str::<StoredLimits>(row.text(3)?)?.into(),
        is_customizable: row.bool(4)?,
        add_ons: row.opt_text(11)?.map(serde_json::from_str::<StoredAddOns>).transpose()?.map(Into::into),
        currency: row.text(5)?.to_owned(),
        monthly_cents: u32::try_from(row.int(6)?)?,
        annual_cents: u32::try_from(row.int(7)?)?,
        published_at: Timestamp::from_millis(row.int(8)?).into(),
        is_newest: row.int(12)? == row.int(1)?,
    };
    Ok((PageKey { born: row.int(9)?, id }, plan))
}
