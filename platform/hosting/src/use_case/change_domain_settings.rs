//! Changing a domain's settings.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, ByteSize, Changes, Decider, DomainId, Key, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand, DomainSettingsPatch};
use crate::service::{DomainShare, Service, ServiceCommand};

/// Sets some of a domain's settings otherwise. Its share of the service is noted in the service, which counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDomainSettings {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which domain; an own one.
    pub domain: DomainId,
    /// What to change.
    pub patch: DomainSettingsPatch,
    /// The revision that the asker saw; none: whatever it is.
    pub revision: Option<u32>,
    /// What its mailboxes hold together, as the message store said a moment ago; none: not asked. A pool that is smaller is
    /// refused.
    pub stored: Option<ByteSize>,
}

impl UseCase for ChangeDomainSettings {
    const NAME: &'static str = "change_domain_settings";
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
        let limits = &super::check_present(service)?.limits;
        if domain.record().is_some_and(|record| record.service != self.service) {
            return Err(HostingRefusal::DomainNotFound);
        }
        let change = DomainCommand::ChangeSettings {
            patch: Box::new(self.patch.clone()),
            revision: self.revision,
            limits: Box::new(limits.clone()),
        };
        let changed = Domain::decide(domain, change, &(), now)?;
        let after = changed.iter().fold(domain.clone(), Domain::evolve);
        let share = after.record().map(|record| DomainShare::of(&record.settings)).unwrap_or_default();
        let note = ServiceCommand::SetShare { domain: self.domain, share, stored: self.stored };
        let noted = Service::decide(service, note, &(), now)?;
        Ok(Changes::none().emit::<Domain>(self.domain, changed).emit::<Service>(self.service, noted))
    }
}

impl Guarded for ChangeDomainSettings {
    fn need(&self, (_, domain): &<Self::Reads as Reads>::States) -> Need {
        // What an administrator of the domain may set and what costs the service's limits are told apart here.
        let permission =
            if self.patch.is_administrative() { Permission::DomainWrite } else { Permission::MailboxWrite };
        Need { permission, resource: super::domain_resource(self.account, self.domain, domain) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        if self.patch.leads_elsewhere() { vec![own, super::leading(own.resource)] } else { vec![own] }
    }
}
