//! Restricting a service.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::service::{Service, ServiceCommand};

/// Stops sending and additions, for example while an invoice is overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictService {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl UseCase for RestrictService {
    const NAME: &'static str = "restrict_service";
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
        let events = Service::decide(service, ServiceCommand::Restrict, &(), now)?;
        Ok(Changes::none().emit::<Service>(self.service, events))
    }
}

impl Guarded for RestrictService {
    fn need(&self, service: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceEntitle,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
