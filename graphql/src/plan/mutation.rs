//! Changing the catalogue of plans.

use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use hosting::use_case::PublishPlanVersion;
use kernel::PlanId;

use super::object::Plan;
use super::query::{PROJECTION, read};
use crate::error::Fault;
use crate::payload::{command, payload, run};
use crate::request::Asked;
use crate::scalar::Uid;

payload! {
    /// What a publication came to.
    PlanPayload { plan: Plan, by (PlanId, u32), PROJECTION, read }
}

/// Changes of the catalogue.
#[derive(Debug, Default)]
pub struct PlanMutation;

#[Object]
impl PlanMutation {
    /// Publishes a version of a plan of the built-in catalogue (`basic`, `solo`, `family`, `pro`,
    /// `custom`), as it stands in this release. Publishing it again changes nothing. The operator's alone.
    async fn plan_publish(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan's short name, for example `solo`.")] slug: String,
        command_id: Option<Uid>,
    ) -> Result<PlanPayload> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let offer = hosting::plan::catalogue().into_iter().find(|offer| offer.slug == slug);
        let Some(offer) = offer else { return Err(ctx.fault(Fault::NotFound)) };
        let key = (offer.plan, offer.version);
        let publish = PublishPlanVersion { plan: offer.plan, version: offer.version, terms: offer.terms };
        run(ctx, command(command_id), &publish, key).await.map(PlanPayload)
    }
}
