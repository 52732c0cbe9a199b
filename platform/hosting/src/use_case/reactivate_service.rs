//! Bringing an ended service back.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::reseller::{Reseller, Resources};
use crate::service::{Service, ServiceCommand};

/// Brings an ended service back while its contents are there: as it was, with the domains and mailboxes that it had, whose
/// names are its own until then. It is counted again, by its account and by whoever pays for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactivateService {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl UseCase for ReactivateService {
    const NAME: &'static str = "reactivate_service";
    type Reads = (Key<Account>, Key<Service>, Key<Reseller>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.service), Key(self.account))
    }

    fn decide(
        &self,
        (account, service, reseller): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let back = Service::decide(service, ServiceCommand::Reactivate, &(), now)?;
        let record = service.record().ok_or(HostingRefusal::ServiceNotFound)?;
        if back.is_empty() {
            return Ok(Changes::none());
        }
        let counted = Account::decide(account, AccountCommand::AddService(self.service), &(), now)?;
        let resources = Resources::of(&record.limits);
        let drawn = super::drawn(account, reseller, (self.service, resources), now)?;
        Ok(Changes::none()
            .emit::<Account>(self.account, counted)
            .emit::<Reseller>(self.account, drawn)
            .emit::<Service>(self.service, back))
    }
}

impl Guarded for ReactivateService {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (_, service, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        [self.need(states)].into_iter().chain(super::payer_need(self.account, &states.0)).collect()
    }
}
