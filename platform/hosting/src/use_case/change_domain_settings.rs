//! Changing a domain's settings.

use authority::{AdministratorRight, Guarded, Need, Permission};
use kernel::{
    AccountId, ByteSize, Changes, Decider, DomainId, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp,
    UseCase,
};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand, DomainSettingsPatch, DomainState};
use crate::mailbox::{Mailbox, MailboxState};
use crate::refusal::{BoxRefusal, Limit};
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
    /// Its mailbox with the largest quota, as the asker knows it, where that is about to be limited: it is read here. A smaller
    /// limit is refused.
    pub largest: Option<MailboxId>,
}

impl UseCase for ChangeDomainSettings {
    const NAME: &'static str = "change_domain_settings";
    type Reads = (Key<Service>, Key<Domain>, Option<Key<Mailbox>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.domain), self.largest.map(Key))
    }

    fn decide(
        &self,
        (service, domain, largest): &<Self::Reads as Reads>::States,
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
        self.check_largest(domain, (share, largest.as_ref()))?;
        let note = ServiceCommand::SetShare { domain: self.domain, share, stored: self.stored };
        let noted = Service::decide(service, note, &(), now)?;
        Ok(Changes::none().emit::<Domain>(self.domain, changed).emit::<Service>(self.service, noted))
    }
}

impl ChangeDomainSettings {
    /// A limit of quotas that a domain gets holds the largest there. One that was below it stays where other settings change.
    fn check_largest(
        &self,
        domain: &DomainState,
        (share, largest): (DomainShare, Option<&MailboxState>),
    ) -> Result<(), HostingRefusal> {
        let known = domain.record().and_then(|record| record.settings.mailbox_quota_octets_max);
        let wish = share.mailbox_quota_octets_max.filter(|wish| Some(*wish) != known).map(ByteSize::new);
        let largest = largest.and_then(MailboxState::record).filter(|record| record.domain == self.domain);
        match (wish, largest) {
            (Some(allowed), Some(record)) if record.quota > allowed => {
                Err(BoxRefusal::DomainQuotaBelowUse(Limit::bytes(allowed, record.quota)).into())
            }
            (Some(_), Some(_)) | (Some(_), None) | (None, _) => Ok(()),
        }
    }
}

impl Guarded for ChangeDomainSettings {
    fn is_kept_from_visitors(&self) -> bool {
        self.patch.locks_out() || matches!(self.patch.relay_host, Some(Some(_)))
    }

    fn need(&self, (_, domain, _): &<Self::Reads as Reads>::States) -> Need {
        // What an administrator of the domain may set and what costs the service's limits are told apart here.
        let permission =
            if self.patch.is_administrative() { Permission::DomainWrite } else { Permission::MailboxWrite };
        Need { permission, resource: super::domain_resource(self.account, self.domain, domain) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        let demands = states.1.record().is_some_and(|record| record.settings.requires_second_factor);
        let lifts = demands && self.patch.requires_second_factor == Some(false);
        let leads = self.patch.leads_elsewhere().then(|| super::leading(own.resource));
        [own].into_iter().chain(leads).chain(lifts.then(|| super::lifting(own.resource))).collect()
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        self.patch.rights()
    }
}
