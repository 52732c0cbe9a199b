//! Reading services.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::Row;
use hosting::HostingRefusal;
use hosting::plan::{Plan, PlanLimits};
use hosting::service as model;
use kernel::{AccountId, ByteSize, Id, Key, PlanId, ServiceId, TenantId, Timestamp};

use super::beside::beside;
use super::in_use::in_use;
use super::mutation::CustomLimitsInput;
use super::object::{Allocation, BillingCycle, Entitlement, PlanChangePreview, Service, Suspension};
use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::history::past;
use crate::page::{Page, PageKey, Query, cost};
use crate::payload::Limit;
use crate::plan::object::{PlanFeature, StoredLimits};
use crate::platform::DataCentre;
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, Moment, Place, PlanKey, ServiceKey, Whole};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "service_list";

const SELECT: &str = "SELECT tenant, service_id, plan_id, plan_version, entitlement, suspension, limits, \
     used_domains, used_mailboxes, used_aliases, used_bytes + COALESCE((SELECT CAST(SUM(d.pool - d.quotas) AS BIGINT) \
     FROM service_domain_v6 d WHERE d.tenant = service_list_v6.tenant \
     AND d.service_id = service_list_v6.service_id AND d.pool IS NOT NULL), 0), ordered_at, purge_after, cycle, currency, \
     recurring_cents, first_domain, born, revision FROM service_list_v6 WHERE tenant = ";

const COLUMNS: Columns = Columns { service: Some("service_id"), domain: None, mailbox: None };

/// Queries about services.
#[derive(Debug, Default)]
pub struct ServiceQuery;

#[Object]
impl ServiceQuery {
    /// One service. `accountId` is the caller's own where it is absent. `asOf`: as it was at that moment, from its
    /// events, `used` and `overLimits` among it; `username`, `server`, `dataCentre`, `dueOn` and `paymentMethod` are of now
    /// all the same.
    #[graphql(complexity = "past::cost(&as_of, child_complexity)")]
    async fn service(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
        #[graphql(
            desc = "As it was at this moment, from its events, for example 2030-01-31T08:00:00Z; absent: as it is."
        )]
        as_of: Option<Moment>,
    ) -> Result<Option<Service>> {
        let account = ctx.account(account_id)?;
        if let Some(moment) = as_of {
            let now = read(ctx, &(account, service_id.0)).await;
            past::may_ask(ctx, Permission::ServiceRead, account, now.as_ref().err())?;
            let past = past::service(ctx, (account, service_id.0), moment).await?;
            ctx.allow(Permission::ServiceRead, past.resource())?;
            let first_domain = now?.first_domain;
            return Ok(Some(Service { first_domain, ..past }));
        }
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, service_id.0)).await.map(Some)
    }

    /// What a change of plan would come to: everything that does not fit is named, with how much of it is in use.
    #[graphql(complexity = 20)]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn plan_change_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(desc = "Which plan.")] plan_id: PlanKey,
        #[graphql(desc = "Which published version of the plan, 1 or more.")] plan_version: u32,
        #[graphql(desc = "What is bought beyond the plan, where it sells that; absent: nothing.")]
        custom: Option<CustomLimitsInput>,
    ) -> Result<Option<PlanChangePreview>> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        ctx.allow(Permission::ServiceRead, Resource::account(account).in_service(service))?;
        let engine = &ctx.platform()?.engine;
        let state = engine.load(account.tenant(), &Key::<model::Service>(service)).await;
        let state = state.map_err(|error| ctx.failed("the state of a service", &error))?;
        let record = state.record().ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let plan = engine.load(TenantId::PLATFORM, &Key::<Plan>(plan_id.0)).await;
        let plan = plan.map_err(|error| ctx.failed("the state of a plan", &error))?;
        let unknown = || ctx.fault(Fault::Unfit(HostingRefusal::PlanVersionNotFound));
        let terms = plan.versions.get(&plan_version).ok_or_else(unknown)?;
        let after = terms.limits_with(custom.map(Into::into).as_ref());
        let after = after.map_err(|no| ctx.fault(Fault::Unfit(no)))?;
        let misfits: Vec<Limit> = model::misfits(record, &after).into_iter().map(Into::into).collect();
        let beside = beside(ctx, (account, service), &after).await?;
        let lost = record.limits.features.difference(&after.features).copied();
        let features_lost_in_use = in_use(ctx, (account, service), lost).await?;
        Ok(Some(PlanChangePreview {
            fits: misfits.is_empty(),
            misfits,
            mailboxes_above_quota: beside.mailboxes_above_quota,
            temporary_aliases: beside.temporary_aliases,
            domains_above_sends: beside.domains_above_sends,
            mailboxes_above_sends: beside.mailboxes_above_sends,
            features_lost: features(&record.limits, &after),
            features_lost_in_use,
            features_gained: features(&after, &record.limits),
            limits_before: StoredLimits::from(&record.limits).into(),
            limits_after: StoredLimits::from(&after).into(),
            monthly_cents: terms.price.monthly_cents,
            annual_cents: terms.price.annual_cents,
        }))
    }

    /// Where the servers stand, as the operator tells it. For whoever is signed in.
    async fn data_centre(&self, ctx: &Context<'_>) -> Result<Option<DataCentre>> {
        ctx.standing()?;
        Ok(ctx.platform()?.facts.data_centre.clone())
    }

    /// The services of an account that the caller may see, ended ones as well, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn services(
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
    ) -> Result<Connection<PageKey, Service>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let seen =
            reach(ctx.principal()?, Permission::ServiceRead, account).map_err(|no| ctx.fault(no.into()))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let query = seen.narrow(Query::new("").bind(SELECT, account.uuid()), COLUMNS);
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "service_id")).await?;
        page.connection(found, service).map_err(|error| ctx.failed("a row of services", &*error))
    }
}

/// One service, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, ServiceId)) -> Result<Service> {
    ctx.standing()?;
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND service_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let (_, service) = service(row).map_err(|error| ctx.failed("a row of services", &*error))?;
    ctx.allow(Permission::ServiceRead, service.resource())?;
    Ok(service)
}

/// What `of` has and `other` has not.
fn features(of: &PlanLimits, other: &PlanLimits) -> Vec<PlanFeature> {
    of.features.difference(&other.features).map(|feature| (*feature).into()).collect()
}

type RowError = Box<dyn std::error::Error + Send + Sync>;

fn service(row: &Row) -> Result<(PageKey, Service), RowError> {
    let id = row.uuid(1)?;
    let service = Service {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: ServiceKey(ServiceId::new(id)),
        plan_id: PlanKey(PlanId::new(row.uuid(2)?)),
        plan_version: u32::try_from(row.int(3)?)?,
        entitlement: match row.text(4)? {
            "ordered" => Entitlement::Ordered,
            "active" => Entitlement::Active,
            "restricted" => Entitlement::Restricted,
            "suspended" => Entitlement::Suspended,
            "purged" => Entitlement::Purged,
            _ => Entitlement::Ended,
        },
        suspension: row.opt_text(5)?.and_then(suspension),
        limits: serde_json::from_str::<StoredLimits>(row.text(6)?)?.into(),
        used: Allocation {
            domains: u32::try_from(row.int(7)?)?,
            mailboxes: u32::try_from(row.int(8)?)?,
            aliases: u32::try_from(row.int(9)?)?,
            bytes: ByteSize::new(u64::try_from(row.int(10)?)?).into(),
        },
        ordered_at: Timestamp::from_millis(row.int(11)?).into(),
        purge_after: row.opt_int(12)?.map(|moment| Timestamp::from_millis(moment).into()),
        cycle: row.opt_text(13)?.map(|name| match name {
            "monthly" => BillingCycle::Monthly,
            _ => BillingCycle::Annual,
        }),
        currency: row.opt_text(14)?.map(str::to_owned),
        recurring_cents: row.opt_int(15)?.and_then(|cents| u64::try_from(cents).ok()).map(Whole),
        first_domain: row.opt_text(16)?.map(str::to_owned),
        revision: i32::try_from(row.int(18)?).unwrap_or(i32::MAX),
        misfits: None,
    };
    Ok((PageKey { born: row.int(17)?, id }, service))
}

fn suspension(name: &str) -> Option<Suspension> {
    match name {
        "non_payment" => Some(Suspension::NonPayment),
        "abuse" => Some(Suspension::Abuse),
        "legal" => Some(Suspension::Legal),
        "security" => Some(Suspension::Security),
        _ => None,
    }
}
