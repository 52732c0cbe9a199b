//! Publishing a version of a plan.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{Changes, Decider, Key, PlanId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::plan::{Plan, PlanCommand, PlanVersion};

/// Makes a version of a plan orderable. Publishing it again changes nothing; a published version never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishPlanVersion {
    /// Which plan.
    pub plan: PlanId,
    /// Its number: 1, 2, 3 without holes.
    pub version: u32,
    /// Its terms.
    pub terms: PlanVersion,
}

impl UseCase for PublishPlanVersion {
    const NAME: &'static str = "publish_plan_version";
    type Reads = Key<Plan>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        TenantId::PLATFORM
    }

    fn reads(&self) -> Self::Reads {
        Key(self.plan)
    }

    fn decide(
        &self,
        plan: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let publish = PlanCommand::Publish { version: self.version, terms: self.terms.clone() };
        Ok(Changes::none().emit::<Plan>(self.plan, Plan::decide(plan, publish, &(), now)?))
    }
}

impl Guarded for PublishPlanVersion {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::PLATFORM }
    }
}
