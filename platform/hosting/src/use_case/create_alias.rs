//! Creating an alias.

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, AliasId, Changes, Claim, Decider, EmailAddress, Key, LocalPart, Reads, ServiceId, TenantId,
    Timestamp, UseCase,
};

use super::HomeReads;
use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasCreation, AliasSettingsPatch};
use crate::domain::DomainRef;
use crate::plan::Feature;
use crate::service::{Service, ServiceCommand, ServiceRecord};

/// Makes an address lead to others. One append: the slot, the alias, the claim on its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAlias {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
    /// Where it lives; an own domain must be verified.
    pub domain: DomainRef,
    /// Its id.
    pub alias: AliasId,
    /// Before the `@`; none: the catch-all of the domain.
    pub local: Option<LocalPart>,
    /// Where its mail goes: 1 to 1000 addresses, here or elsewhere; none where its settings have it go nowhere.
    pub targets: Vec<EmailAddress>,
    /// Whether a catch-all takes what is addressed to nobody in the domain, as the asker knows: an address that is new then
    /// leads some of its mail elsewhere.
    pub is_under_catch_all: bool,
    /// What is set for it otherwise than by default. Who may not let others send in the name of addresses makes it without.
    pub settings: AliasSettingsPatch,
}

impl UseCase for CreateAlias {
    const NAME: &'static str = "create_alias";
    type Reads = (Key<Service>, HomeReads, Key<Alias>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), super::home_reads(self.domain), Key(self.alias))
    }

    fn decide(
        &self,
        (service, home, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let domain_name = super::home((self.service, service), (self.domain, home))?;
        let claim = match &self.local {
            Some(local) => Claim::address(&EmailAddress::new(local.clone(), domain_name.clone())),
            None => Claim::catch_all(&domain_name),
        };
        let create = AliasCommand::Create(AliasCreation {
            account: self.account,
            service: self.service,
            domain: self.domain.id(),
            domain_name,
            alias: self.alias,
            local: self.local.clone(),
            targets: self.targets.clone(),
            temporary: None,
            settings: Box::new(self.settings.clone()),
        });
        let created = Alias::decide(alias, create, &self.alias, now)?;
        if created.is_empty() {
            return Ok(Changes::none());
        }
        if let Some(local) = &self.local {
            super::check_local_part(self.domain, local, false)?;
        }
        self.check_catch_all(super::check_present(service)?)?;
        let take = ServiceCommand::TakeAlias {
            domain: self.domain.id(),
            uncounted: super::uncounted_alias(self.alias, self.local.as_ref()),
        };
        let taken = Service::decide(service, take, &(), now)?;
        Ok(Changes::none()
            .emit::<Service>(self.service, taken)
            .emit::<Alias>(self.alias, created)
            .take::<Alias>(self.alias, claim))
    }
}

impl Guarded for CreateAlias {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
    }

    fn need(&self, (service, home, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::home_resource(self.account, (self.service, service), (self.domain, home)),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        let (_, home, _) = states;
        let takes_from_others = self.is_under_catch_all
            || super::is_passed_on(home)
            || self.local.as_ref().is_none_or(super::is_detailed);
        if takes_from_others { vec![own, super::leading(own.resource)] } else { vec![own] }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        if self.settings.lets_targets_send != Some(false) { vec![AdministratorRight::SendAs] } else { vec![] }
    }
}

impl CreateAlias {
    fn check_catch_all(&self, service: &ServiceRecord) -> Result<(), HostingRefusal> {
        match (&self.local, self.domain) {
            (Some(_), DomainRef::Own(_) | DomainRef::Shared(_)) => Ok(()),
            (None, DomainRef::Shared(_)) => Err(HostingRefusal::CatchAllOnSharedDomain),
            (None, DomainRef::Own(_)) if service.limits.features.contains(&Feature::CatchAll) => Ok(()),
            (None, DomainRef::Own(_)) => Err(HostingRefusal::CatchAllNotInPlan),
        }
    }
}
