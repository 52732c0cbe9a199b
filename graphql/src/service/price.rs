//! What a service would cost, before it is ordered.

use async_graphql::{Context, Object, Result, SimpleObject};
use hosting::plan::{Plan, PlanVersion};
use hosting::service::Recurring;
use kernel::{Key, TenantId};

use super::mutation::CustomLimitsInput;
use super::object::BillingCycle;
use super::projection::currency_code;
use crate::error::Fault;
use crate::payload::{UserError, refusal};
use crate::plan::object::{Limits, StoredLimits};
use crate::plan::query::see_catalogue;
use crate::request::Asked;
use crate::scalar::{PlanKey, Whole};

/// What can be ordered in addition to a plan.
#[derive(Debug, Clone, SimpleObject)]
pub struct Addition {
    /// The field of `CustomLimitsInput` by which it is ordered, for example `mailboxes`.
    pub name: String,
    /// How much the plan includes; of storage in octets.
    pub included: Whole,
    /// It is sold by so much: what is wanted is what is included and a multiple of it.
    pub step: Whole,
    /// The most that there may be in total.
    pub max: Whole,
    /// What a step costs a month in hundredths, without tax.
    pub monthly_cents: u32,
}

/// What a service of a plan would cost.
#[derive(Debug, Clone, SimpleObject)]
pub struct ServicePrice {
    /// How often it would be paid.
    pub cycle: BillingCycle,
    /// ISO 4217.
    pub currency: String,
    /// What the plan alone costs each period in hundredths, without tax.
    pub plan_cents: Whole,
    /// The same with what is wanted in addition; none where that is not on offer.
    pub recurring_cents: Option<Whole>,
    /// What the service would have; none where that is not on offer.
    pub limits: Option<Limits>,
    /// What is on offer in addition; nothing where the plan's limits are fixed.
    pub additions: Vec<Addition>,
    /// Why what is wanted in addition is not on offer: `CUSTOM_LIMITS_NOT_IN_PLAN`, `CUSTOM_LIMIT_STEP`,
    /// `CUSTOM_LIMIT_ABOVE`.
    pub user_errors: Vec<UserError>,
}

/// Queries about prices.
#[derive(Debug, Default)]
pub struct ServicePriceQuery;

#[Object]
impl ServicePriceQuery {
    /// What a service of a plan would cost with `custom` limits, as `serviceOrder` would charge it; nothing is ordered by
    /// asking. For whoever may see the plans.
    #[graphql(complexity = 5)]
    async fn service_price(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which plan.")] plan_id: PlanKey,
        #[graphql(desc = "Which published version of the plan, 1 or more.")] plan_version: u32,
        #[graphql(desc = "What is bought beyond the plan, where it sells that; absent: nothing.")]
        custom: Option<CustomLimitsInput>,
        #[graphql(desc = "How often it is paid for; each year where absent.")] cycle: Option<BillingCycle>,
    ) -> Result<ServicePrice> {
        see_catalogue(ctx)?;
        let plan = ctx.platform()?.engine.load(TenantId::PLATFORM, &Key::<Plan>(plan_id.0)).await;
        let plan = plan.map_err(|error| ctx.failed("the state of a plan", &error))?;
        let terms = plan.versions.get(&plan_version).ok_or_else(|| ctx.fault(Fault::NotFound))?;
        let cycle = cycle.map(Into::into).unwrap_or_default();
        let custom = custom.map(Into::into);
        let alone = Recurring::of(terms, cycle, None);
        let (recurring_cents, limits, user_errors) = match terms.limits_with(custom.as_ref()) {
            Ok(limits) => {
                let cents = Recurring::of(terms, cycle, custom.as_ref()).cents;
                (Some(Whole(cents)), Some(StoredLimits::from(&limits).into()), Vec::new())
            }
            Err(no) => (None, None, refusal::<()>(ctx, &no)?.errors().to_vec()),
        };
        let currency = currency_code(alone.currency).to_owned();
        let plan_cents = Whole(alone.cents);
        Ok(ServicePrice {
            cycle: cycle.into(),
            currency,
            plan_cents,
            recurring_cents,
            limits,
            additions: additions(terms),
            user_errors,
        })
    }
}

fn additions(terms: &PlanVersion) -> Vec<Addition> {
    let Some(add_ons) = terms.add_ons else { return Vec::new() };
    let included = &terms.limits;
    let sends = included.sends.service.unwrap_or_default();
    [
        ("domains", add_ons.domains, u64::from(included.domain_count_max)),
        ("mailboxes", add_ons.mailboxes, u64::from(included.mailbox_count_max)),
        ("aliases", add_ons.aliases, u64::from(included.alias_count_max)),
        ("storageBytes", add_ons.storage, included.storage.octets()),
        ("sendsPerDay", add_ons.sends, u64::from(sends)),
    ]
    .into_iter()
    .map(|(name, add_on, included)| Addition {
        name: name.to_owned(),
        included: Whole(included),
        step: Whole(add_on.step),
        max: Whole(add_on.max),
        monthly_cents: add_on.monthly_cents,
    })
    .collect()
}
