//! Changing the plan of a service.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, Changes, Decider, Foreign, Key, PlanId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::plan::{CustomLimits, Plan};
use crate::service::{Recurring, Service, ServiceCommand, ServiceOrder};

/// Lets a service be one of another plan, or of another version, at once. Nothing is ever deleted by it: where something
/// does not fit it is refused, or by an operator's force everything is kept and nothing can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePlan {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
    /// Of which plan.
    pub plan: PlanId,
    /// In which version.
    pub version: u32,
    /// What it shall have beyond what is included; only for plans made to measure.
    pub custom: Option<CustomLimits>,
    /// Whether also where it does not fit: the operator's alone.
    pub is_forced: bool,
}

impl UseCase for ChangePlan {
    const NAME: &'static str = "change_plan";
    type Reads = (Key<Service>, Foreign<Plan>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Foreign(TenantId::PLATFORM, self.plan))
    }

    fn decide(
        &self,
        (service, plan): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let terms = plan.versions.get(&self.version).ok_or(HostingRefusal::PlanVersionNotFound)?;
        let recurring = service.record().and_then(|record| record.recurring);
        let cycle = recurring.map(|recurring| recurring.cycle).unwrap_or_default();
        let order = ServiceOrder {
            account: self.account,
            plan: self.plan,
            version: self.version,
            limits: terms.limits_with(self.custom.as_ref())?,
            recurring: Some(Recurring::of(terms, cycle, self.custom.as_ref())),
        };
        let change = ServiceCommand::ChangePlan { order, is_forced: self.is_forced };
        Ok(Changes::none().emit::<Service>(self.service, Service::decide(service, change, &(), now)?))
    }
}

impl Guarded for ChangePlan {
    fn need(&self, (service, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: if self.is_forced { Permission::PlatformWrite } else { Permission::ServiceWrite },
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
