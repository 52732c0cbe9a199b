//! Resuming a service.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::service::{Service, ServiceCommand};

/// Gives a restricted or suspended service its entitlement back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeService {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl UseCase for ResumeService {
    const NAME: &'static str = "resume_service";
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
        let events = Service::decide(service, ServiceCommand::Resume, &(), now)?;
        Ok(Changes::none().emit::<Service>(self.service, events))
    }
}

impl Guarded for ResumeService {
    fn need(&self, service: &<Self::Reads as Reads>::States) -> Need {
        let permission = if super::is_held_by_platform(service, None) {
            Permission::PlatformWrite
        } else {
            Permission::ServiceEntitle
        };
        Need { permission, resource: super::service_resource(self.account, self.service, service) }
    }
}
