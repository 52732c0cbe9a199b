//! Activating a service.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::service::{Service, ServiceCommand};

/// Gives an ordered service its entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateService {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl UseCase for ActivateService {
    const NAME: &'static str = "activate_service";
    type Reads = Key<Service>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.service)
    }

    fn decide(
        &self,
        service: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events = Service::decide(service, ServiceCommand::Activate, &(), now)?;
        Ok(Changes::none().emit::<Service>(self.service, events))
    }
}

impl Guarded for ActivateService {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, service: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
