//! Ordering a service.

use authority::{Guarded, Need, OnBox, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, Foreign, Key, PlanId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::calendar::Cycle;
use crate::contract::{Agreement, Contract, check_complete, is_demanded};
use crate::document::Document;
use crate::plan::{CustomLimits, Plan};
use crate::reseller::{Reseller, Resources};
use crate::service::{Service, ServiceCommand, ServiceOrder};

/// Orders a service of a published plan version: the newest, unless an operator orders. One append: the service with a copy of
/// its limits, its place in the account, and what was accepted with it. Documents that are in force must be accepted, unless the
/// operator knows that this follows.
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
    /// How often it is paid for.
    pub cycle: Cycle,
    /// What is accepted with it.
    pub agreement: Agreement,
}

impl UseCase for OrderService {
    const NAME: &'static str = "order_service";
    type Reads =
        ((Key<Account>, Key<Reseller>), Key<Service>, Foreign<Plan>, (Vec<Foreign<Document>>, Key<Contract>));
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let contract = (super::accept_contract::library(), Key(self.service));
        let account = (Key(self.account), Key(self.account));
        (account, Key(self.service), Foreign(TenantId::PLATFORM, self.plan), contract)
    }

    fn decide(
        &self,
        ((account, reseller), service, plan, (library, contract)): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let terms = plan.versions.get(&self.version).ok_or(HostingRefusal::PlanVersionNotFound)?;
        let order = ServiceOrder {
            account: self.account,
            plan: self.plan,
            version: self.version,
            limits: terms.limits_with(self.custom.as_ref())?,
            recurring: Some(super::recurring(account, (terms, self.cycle), self.custom.as_ref())),
        };
        let resources = Resources::of(&order.limits);
        let ordered = Service::decide(service, ServiceCommand::Order(order), &(), now)?;
        if ordered.is_empty() {
            return Ok(Changes::none());
        }
        let accepted = match &self.agreement {
            Agreement::ToFollow => vec![],
            Agreement::Given(acceptance) => {
                let accepted = Contract::decide(contract, (self.account, acceptance.clone()), library, now)?;
                let after = accepted.iter().fold(contract.clone(), Contract::evolve);
                check_complete(&after, library, now)?;
                accepted
            }
        };
        let counted = Account::decide(account, AccountCommand::AddService(self.service), &(), now)?;
        let drawn = super::drawn(account, reseller, (self.service, resources), now)?;
        Ok(Changes::none()
            .emit::<Account>(self.account, counted)
            .emit::<Reseller>(self.account, drawn)
            .emit::<Service>(self.service, ordered)
            .emit::<Contract>(self.service, accepted))
    }
}

impl Guarded for OrderService {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (_, service, _, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let mut needs = vec![self.need(states)];
        let ((account, _), service, plan, (library, _)) = states;
        needs.extend(super::payer_need(self.account, account));
        needs.extend(super::version_need(self.account, plan, (self.plan, self.version), service));
        if self.agreement == Agreement::ToFollow && is_demanded(library) {
            let resource = Resource::account(self.account);
            needs.push(Need { permission: Permission::PlatformWrite, resource });
        }
        needs
    }
}
