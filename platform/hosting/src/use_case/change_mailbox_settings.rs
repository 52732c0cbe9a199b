//! Changing a mailbox's settings.

use std::collections::BTreeSet;

use authority::{AdministratorRight, Guarded, Need, Permission, Resource};
use kernel::{
    AccountId, Changes, Decider, DomainId, DomainName, EmailAddress, Key, MailboxId, Reads, ServiceId,
    TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainState};
use crate::limit::SEND_AS_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxEvent, MailboxSettingsPatch, MailboxState};
use crate::plan::SendsOf;
use crate::service::{Service, ServiceState};

/// Sets some of a mailbox's settings otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMailboxSettings {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// What to change.
    pub patch: MailboxSettingsPatch,
    /// The domains of the account that `patch` grants senders of, as the asker knows them: they are read here. Whoever grants
    /// senders of one that is not named needs the permission for the whole account.
    pub sender_domains: Vec<DomainId>,
    /// The revision that the asker saw; none: whatever it is.
    pub revision: Option<u32>,
    /// Whether its owner asks, who may change what its administrators leave to it.
    pub by_owner: bool,
    /// Its service, where recipients a day are set: it is read here, since its plan sells so many.
    pub service: Option<ServiceId>,
}

impl UseCase for ChangeMailboxSettings {
    const NAME: &'static str = "change_mailbox_settings";
    type Reads = (Key<Mailbox>, Vec<Key<Domain>>, Option<Key<Service>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let domains = self.sender_domains.iter().take(SEND_AS_COUNT_MAX).copied().map(Key);
        (Key(self.mailbox), domains.collect(), self.service.map(Key))
    }

    fn decide(
        &self,
        (mailbox, domains, service): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let changed = self.changed((mailbox, domains, service.as_ref()), now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, changed))
    }
}

impl Guarded for ChangeMailboxSettings {
    fn is_kept_from_visitors(&self) -> bool {
        self.patch.locks_out() || matches!(self.patch.recovery_address, Some(Some(_)))
    }

    fn need(&self, (mailbox, ..): &<Self::Reads as Reads>::States) -> Need {
        let permission = if self.by_owner { Permission::MailboxSelfWrite } else { Permission::MailboxWrite };
        Need { permission, resource: super::mailbox_resource(self.account, self.mailbox, mailbox) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        let mut needs = vec![own];
        let (mailbox, domains, _) = states;
        // Whoever administers one domain lets nobody send in the name of another.
        for name in self.granted(mailbox) {
            let resource = match self.served(&name, domains) {
                Some((id, state)) => super::domain_resource(self.account, id, state),
                None => Resource::account(self.account),
            };
            needs.push(Need { permission: Permission::MailboxWrite, resource });
        }
        // A forgotten password is renewed by what goes there.
        if !self.by_owner && self.patch.recovery_address.is_some() {
            needs.push(super::leading(own.resource));
        }
        let demands = mailbox.record().is_some_and(|record| record.settings.requires_second_factor);
        if demands && self.patch.requires_second_factor == Some(false) {
            needs.push(super::lifting(own.resource));
        }
        needs
    }

    fn rights(&self, (mailbox, ..): &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        let mut rights = self.patch.rights();
        if let Some(record) = mailbox.record() {
            rights.extend(self.patch.leaves(&record.settings.self_service));
        }
        rights
    }
}

impl ChangeMailboxSettings {
    /// What happens to the mailbox.
    pub(super) fn changed(
        &self,
        (mailbox, domains, service): (&MailboxState, &[DomainState], Option<&ServiceState>),
        now: Timestamp,
    ) -> Result<Vec<MailboxEvent>, HostingRefusal> {
        let change = MailboxCommand::ChangeSettings {
            patch: Box::new(self.patch.clone()),
            revision: self.revision,
            by_owner: self.by_owner,
        };
        let changed = Mailbox::decide(mailbox, change, &self.mailbox, now)?;
        if self.granted(mailbox).iter().any(|name| self.served(name, domains).is_none()) {
            return Err(HostingRefusal::SendAsElsewhere);
        }
        if !changed.is_empty() {
            self.check_sends(mailbox, service)?;
        }
        Ok(changed)
    }

    /// The domain of the account of that name, among those that were read.
    fn served<'a>(
        &self,
        name: &DomainName,
        domains: &'a [DomainState],
    ) -> Option<(DomainId, &'a DomainState)> {
        let mut known = self.sender_domains.iter().copied().zip(domains);
        known.find(|(_, state)| matches!(state, DomainState::Verified(of) if of.name == *name))
    }

    /// A mailbox may be allowed fewer recipients than the plan sells, never more than it sells and was allowed before.
    fn check_sends(
        &self,
        mailbox: &MailboxState,
        service: Option<&ServiceState>,
    ) -> Result<(), HostingRefusal> {
        let wishes = self.patch.sends();
        if wishes == [None; 3] {
            return Ok(());
        }
        let own = mailbox.record().map(|record| record.service);
        let before = mailbox.record().map(|record| record.settings.sends()).unwrap_or_default();
        let service = service.and_then(ServiceState::record).filter(|_| self.service == own);
        service.ok_or(HostingRefusal::ServiceNotFound)?.limits.check_sends(wishes, before, SendsOf::Mailbox)
    }

    /// The names of the domains, other than the mailbox's own, that it may send in after the change and not before.
    fn granted(&self, mailbox: &MailboxState) -> BTreeSet<DomainName> {
        let (Some(record), Some(wished)) = (mailbox.record(), &self.patch.send_as) else {
            return BTreeSet::new();
        };
        let fresh = wished.difference(&record.settings.send_as);
        let names = fresh.filter_map(|sender| match sender.strip_prefix('@') {
            Some(domain) => DomainName::parse(domain).ok(),
            None => EmailAddress::parse(sender).ok().map(|address| address.domain),
        });
        names.filter(|name| *name != record.domain_name).collect()
    }
}
