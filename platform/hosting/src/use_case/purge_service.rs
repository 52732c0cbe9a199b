//! Noting that a service is destroyed.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::service::{Service, ServiceCommand};

/// Notes that what an ended service held is destroyed: its addresses exist no more. The platform does this by itself, once
/// the retention is over. While the service has mailboxes, aliases or domains nothing is noted: their names are freed first,
/// so that others can have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeService {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl UseCase for PurgeService {
    const NAME: &'static str = "purge_service";
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
        let purged = Service::decide(service, ServiceCommand::Purge, &(), now)?;
        Ok(Changes::none().emit::<Service>(self.service, purged))
    }
}

impl Guarded for PurgeService {
    fn need(&self, service: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::PlatformWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
