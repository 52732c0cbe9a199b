//! Removing a domain.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, Changes, Claim, Decider, DomainId, Key, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::book::{Book, Entry as _, EntryRecord};
use crate::domain::{Domain, DomainCommand, DomainState};
use crate::resource::Resource;
use crate::service::{Service, ServiceCommand};

/// Serves a domain no more and frees its name, and those of its resources. Refused while mailboxes or aliases live there:
/// the service counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveDomain {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which domain.
    pub domain: DomainId,
    /// When what is left of it may be destroyed.
    pub purge_after: Timestamp,
}

impl UseCase for RemoveDomain {
    const NAME: &'static str = "remove_domain";
    type Reads = (Key<Service>, Key<Domain>, Key<Book<Resource>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.domain), Key(self.domain))
    }

    fn decide(
        &self,
        (service, domain, resources): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        if domain.record().is_some_and(|record| record.service != self.service) {
            return Err(HostingRefusal::DomainNotFound);
        }
        let remove = DomainCommand::Remove { purge_after: self.purge_after };
        let removed = Domain::decide(domain, remove, &(), now)?;
        if removed.is_empty() {
            return Ok(Changes::none());
        }
        let returned = Service::decide(service, ServiceCommand::ReturnDomain(self.domain), &(), now)?;
        let mut changes =
            Changes::none().emit::<Domain>(self.domain, removed).emit::<Service>(self.service, returned);
        let home = Book::<Resource>::home(self.account, self.domain, domain)?;
        for resource in resources.entries.values().filter_map(EntryRecord::plain) {
            if let Some(claim) = resource.claim(&home) {
                changes = changes.release::<Book<Resource>>(self.domain, claim);
            }
        }
        if let Some(record) = domain.record().filter(|record| record.is_claimed) {
            let claim = Claim::added_domain(self.account, &record.name);
            changes = changes.release::<Domain>(self.domain, claim);
        }
        Ok(match domain {
            DomainState::Verified(record) => {
                changes.release::<Domain>(self.domain, Claim::domain(&record.name))
            }
            DomainState::Absent
            | DomainState::Pending(_)
            | DomainState::Shared { .. }
            | DomainState::Removed(_) => changes,
        })
    }
}

impl Guarded for RemoveDomain {
    fn need(&self, (_, domain, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::DomainWrite,
            resource: super::domain_resource(self.account, self.domain, domain),
        }
    }
}
