//! Adding a domain.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, Changes, Claim, Decider, DomainId, DomainName, Key, Reads, ServiceId, TenantId, Timestamp,
    UseCase,
};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand};
use crate::service::{Service, ServiceCommand};

/// Notes that a service shall have a domain. It is served once its ownership is shown; until then other accounts may add it
/// too. One account has it once: the name is claimed within the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddDomain {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
    /// Its id; the challenge is derived from it and the account.
    pub domain: DomainId,
    /// Its name.
    pub name: DomainName,
    /// The own domain of the service whose addresses exist in it as well: then it is an alias domain.
    pub mirrors: Option<DomainId>,
}

impl UseCase for AddDomain {
    const NAME: &'static str = "add_domain";
    type Reads = (Key<Service>, Key<Domain>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.domain))
    }

    fn decide(
        &self,
        (service, domain): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let add = DomainCommand::Add {
            account: self.account,
            service: self.service,
            domain: self.domain,
            name: self.name.clone(),
            mirrors: self.mirrors,
        };
        super::check_present(service)?;
        let added = Domain::decide(domain, add, &(), now)?;
        if added.is_empty() {
            return Ok(Changes::none());
        }
        let taken = Service::decide(
            service,
            ServiceCommand::TakeDomain { domain: self.domain, mirrors: self.mirrors },
            &(),
            now,
        )?;
        let changes = Changes::none().emit::<Service>(self.service, taken).emit::<Domain>(self.domain, added);
        Ok(changes.take::<Domain>(self.domain, Claim::added_domain(self.account, &self.name)))
    }
}

impl Guarded for AddDomain {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
    }

    fn need(&self, (service, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::DomainWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}
