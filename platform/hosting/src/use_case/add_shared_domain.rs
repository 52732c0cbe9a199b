//! Adding a shared domain.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{Changes, Claim, Decider, DomainId, DomainName, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand};

/// Makes a domain of the platform's own available to services whose plan has mailboxes on shared domains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddSharedDomain {
    /// Its id.
    pub domain: DomainId,
    /// Its name.
    pub name: DomainName,
}

impl UseCase for AddSharedDomain {
    const NAME: &'static str = "add_shared_domain";
    type Reads = Key<Domain>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        TenantId::PLATFORM
    }

    fn reads(&self) -> Self::Reads {
        Key(self.domain)
    }

    fn decide(
        &self,
        domain: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let added = Domain::decide(domain, DomainCommand::AddShared { name: self.name.clone() }, &(), now)?;
        if added.is_empty() {
            return Ok(Changes::none());
        }
        let claim = Claim::domain(&self.name);
        Ok(Changes::none().emit::<Domain>(self.domain, added).take::<Domain>(self.domain, claim))
    }
}

impl Guarded for AddSharedDomain {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::PLATFORM }
    }
}
