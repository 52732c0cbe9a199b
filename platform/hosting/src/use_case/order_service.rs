//! Ordering a service.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, Changes, Decider, Foreign, Key, PlanId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::plan::{CustomLimits, Plan};
use crate::service::{Service, ServiceCommand, ServiceOrder};

/// Orders a service of a published plan version. One append: the service with a copy of its limits, its place in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderService {
    /// Whose.
    pub account: AccountId,
    /// Its id.
    pub service: ServiceId,
    /// Of which plan.
    pub plan: PlanId,
    /// In which version.
    pub version: u32,
    /// What it shall have beyond what is included; only for plans made to measure.
    pub custom: Option<CustomLimits>,
}

impl UseCase for OrderService {
    const NAME: &'static str = "order_service";
    type Reads = (Key<Account>, Key<Service>, Foreign<Plan>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.service), Foreign(TenantId::PLATFORM, self.plan))
    }

    fn decide(
        &self,
        (account, service, plan): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let terms = plan.versions.get(&self.version).ok_or(HostingRefusal::PlanVersionNotFound)?;
        let order = ServiceOrder {
            account: self.account,
            plan: self.plan,
            version: self.version,
            limits: terms.limits_with(self.custom.as_ref())?,
        };
        let ordered = Service::decide(service, ServiceCommand::Order(order), &(), now)?;
        if ordered.is_empty() {
            return Ok(Changes::none());
        }
        let counted = Account::decide(account, AccountCommand::AddService(self.service), &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, counted).emit::<Service>(self.service, ordered))
    }
}

impl Guarded for OrderService {
    fn need(&self, (_, service, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
