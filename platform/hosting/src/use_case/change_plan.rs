//! Changing the plan of a service.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, Changes, Decider, Foreign, Key, PlanId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::account::Account;
use crate::plan::{CustomLimits, Plan};
use crate::reseller::{Reseller, Resources};
use crate::service::{Service, ServiceCommand, ServiceOrder};

/// Lets a service be one of another plan, or of another version, at once. Nothing is ever deleted by it: where something
/// does not fit it is refused, or by an operator's force everything is kept and nothing can be added. A version that a newer one
/// has replaced is for the service that has it already, and for operators.
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
    type Reads = (Key<Service>, Foreign<Plan>, (Key<Account>, Key<Reseller>));
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let plan = Foreign(TenantId::PLATFORM, self.plan);
        (Key(self.service), plan, (Key(self.account), Key(self.account)))
    }

    fn decide(
        &self,
        (service, plan, (account, reseller)): &<Self::Reads as Reads>::States,
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
            recurring: Some(super::recurring(account, (terms, cycle), self.custom.as_ref())),
        };
        let resources = Resources::of(&order.limits);
        let change = ServiceCommand::ChangePlan { order, is_forced: self.is_forced };
        let changed = Service::decide(service, change, &(), now)?;
        let drawn = match changed.is_empty() {
            true => vec![],
            // Force is against what does not fit the plan, not against what others were given.
            false => super::drawn(account, reseller, (self.service, resources), now)?,
        };
        Ok(Changes::none().emit::<Service>(self.service, changed).emit::<Reseller>(self.account, drawn))
    }
}

impl Guarded for ChangePlan {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (service, _, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: if self.is_forced { Permission::PlatformWrite } else { Permission::ServiceWrite },
            resource: super::service_resource(self.account, self.service, service),
        }
    }
    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let (service, plan, (account, _)) = states;
        let payer = super::payer_need(self.account, account);
        let version = super::version_need(self.account, plan, (self.plan, self.version), service);
        [self.need(states)].into_iter().chain(payer).chain(version).collect()
    }
}
