//! Changing the catalogue of plans.

use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use hosting::plan::{Currency, Plan as Model, PlanName, PlanVersion, Price, is_slug, plan_id};
use hosting::use_case::PublishPlanVersion;
use kernel::{CommandId, Key, PlanId, TenantId};

use super::object::{Plan, PlanTermsInput};
use super::query::{PROJECTION, read};
use crate::error::Fault;
use crate::payload::{Faults, command, payload, refused_by, run};
use crate::request::Asked;
use crate::scalar::{PlanKey, Uid};

payload! {
    /// What a publication came to.
    PlanPayload { plan: Plan, by (PlanId, u32), PROJECTION, read }
}

/// Changes of the catalogue.
#[derive(Debug, Default)]
pub struct PlanMutation;

#[Object]
impl PlanMutation {
    /// Publishes the next version of a plan with `terms`, or without them a version of the built-in catalogue (`basic`, `solo`,
    /// `family`, `pro`, `custom`) as it stands in this release, where publishing it again changes nothing. Services keep the
    /// version that they have until they are moved. The plan is named by `slug`, where one that nobody used before is a new
    /// plan, or by `planId`. With `version`, the newest that was looked at, nothing is published where there is another by
    /// now. The operator's alone. `userErrors`, among others: `PLAN_LIMITS_INCONSISTENT`, `PLAN_VERSION_DIFFERS` where
    /// somebody was faster.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn plan_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan's short name, for example `solo`: 1 to 32 of `a-z 0-9 -`.")] slug: Option<
            String,
        >,
        #[graphql(desc = "A plan that is there, in place of its short name; with `terms`.")] plan_id: Option<
            PlanKey,
        >,
        #[graphql(desc = "What the version offers; absent: what the built-in plan of `slug` does.")]
        terms: Option<PlanTermsInput>,
        #[graphql(desc = "The newest version that was looked at; 0: there was none.")] version: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PlanPayload> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let named = match (slug, plan_id) {
            (Some(slug), None) => Named::Slug(slug),
            (None, Some(PlanKey(plan))) => Named::Plan(plan),
            (None, None) | (Some(_), Some(_)) => {
                return Err(ctx.fault(Fault::BadInput(
                    "name the plan by `slug` or by `planId`",
                    "nommez la formule par `slug` ou par `planId`",
                )));
            }
        };
        if let Some(terms) = terms {
            return next_version(ctx, (named, version), terms, command(ctx, command_id)).await;
        }
        let offer = hosting::plan::catalogue().into_iter().find(|offer| match &named {
            Named::Slug(slug) => offer.slug == slug.as_str(),
            Named::Plan(plan) => offer.plan == *plan,
        });
        let Some(offer) = offer else { return Err(ctx.fault(Fault::NotFound)) };
        let key = (offer.plan, offer.version);
        let publish = PublishPlanVersion { plan: offer.plan, version: offer.version, terms: offer.terms };
        run(ctx, command(ctx, command_id), &publish, key).await.map(PlanPayload)
    }
}

/// How a plan is meant.
enum Named {
    Slug(String),
    Plan(PlanId),
}

/// Publishes the version after the newest one.
async fn next_version(
    ctx: &Context<'_>,
    (named, looked_at): (Named, Option<u32>),
    input: PlanTermsInput,
    command: CommandId,
) -> Result<PlanPayload> {
    let mut faults = Faults::new(ctx)?;
    if matches!(&named, Named::Slug(slug) if !is_slug(slug)) {
        faults.add(
            "slug",
            "expected 1 to 32 of `a-z 0-9 -`",
            "de 1 à 32 caractères parmi `a-z 0-9 -` attendus",
        );
    }
    let add_ons: Option<hosting::plan::AddOns> = input.add_ons.map(Into::into);
    let steps = add_ons.iter().flat_map(|it| [it.domains, it.mailboxes, it.aliases, it.storage, it.sends]);
    if steps.into_iter().any(|add_on| add_on.step == 0) {
        faults.add("terms.addOns", "a step is at least 1", "un pas vaut au moins 1");
    }
    if !faults.is_empty() {
        return Ok(PlanPayload(faults.refused()));
    }
    let names = PlanName::parse(&input.name).and_then(|name| {
        let french = input.french_name.as_deref().map(PlanName::parse).transpose()?;
        Ok((name, french))
    });
    let (name, french) = match names {
        Ok(names) => names,
        Err(refusal) => return Ok(PlanPayload(refused_by(&refusal, ctx.caller()?.language))),
    };
    let currency = Currency::Eur;
    let plan = match &named {
        Named::Slug(slug) => plan_id(slug),
        Named::Plan(plan) => *plan,
    };
    let state = ctx.platform()?.engine.load(TenantId::PLATFORM, &Key::<Model>(plan)).await;
    let state = state.map_err(|error| ctx.failed("the state of a plan", &error))?;
    let newest = state.versions.last_key_value().map_or(0, |(version, _)| *version);
    if newest == 0 && matches!(named, Named::Plan(_)) {
        return Err(ctx.fault(Fault::NotFound));
    }
    // Sent once more after a lost answer, the version after the one that was looked at is there already, as it was wanted.
    let version = looked_at.unwrap_or(newest).saturating_add(1);
    if version > newest.saturating_add(1) {
        let differs = hosting::HostingRefusal::PlanVersionDiffers;
        return Ok(PlanPayload(refused_by(&differs, ctx.caller()?.language)));
    }
    let price = Price { currency, monthly_cents: input.monthly_cents, annual_cents: input.annual_cents };
    let terms = PlanVersion { name, french, limits: input.limits.into(), add_ons, price };
    let publish = PublishPlanVersion { plan, version, terms };
    run(ctx, command, &publish, (plan, version)).await.map(PlanPayload)
}
