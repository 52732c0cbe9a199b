//! Creating mailboxes with settings.

use std::collections::BTreeMap;

use authority::{AdministratorRight, Guarded, Need, OnBox};
use kernel::{Changes, Decider, DomainId, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use super::{ChangeMailboxSettings, CreateMailboxes};
use crate::HostingRefusal;
use crate::domain::Domain;
use crate::limit::SEND_AS_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxSettingsPatch, MailboxState};

/// Gives a service more mailboxes that are set up from the beginning: all of it or nothing, in one append. Whoever may not set
/// them so afterwards may not create them so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EquipMailboxes {
    /// The mailboxes.
    pub create: CreateMailboxes,
    /// What is to be otherwise than by default, of those of which anything is.
    pub settings: BTreeMap<MailboxId, MailboxSettingsPatch>,
    /// As in [`ChangeMailboxSettings::sender_domains`].
    pub sender_domains: Vec<DomainId>,
}

/// What is looked at for it.
type Seen = <<EquipMailboxes as UseCase>::Reads as Reads>::States;

impl UseCase for EquipMailboxes {
    const NAME: &'static str = <CreateMailboxes as UseCase>::NAME;
    type Reads = (<CreateMailboxes as UseCase>::Reads, Vec<Key<Domain>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.create.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let domains = self.sender_domains.iter().take(SEND_AS_COUNT_MAX).copied().map(Key);
        (self.create.reads(), domains.collect())
    }

    fn decide(
        &self,
        states: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let (created @ (service, ..), domains) = states;
        let mut changes = self.create.decide(created, now)?;
        for (change, mailbox) in self.made(states, now)? {
            let changed = change.changed((&mailbox, domains, Some(service)), now)?;
            changes = changes.emit::<Mailbox>(change.mailbox, changed);
        }
        Ok(changes)
    }
}

impl Guarded for EquipMailboxes {
    fn is_kept_from_visitors(&self) -> bool {
        self.changes().any(|change| change.is_kept_from_visitors())
    }

    fn on_box(&self, (created, _): &<Self::Reads as Reads>::States) -> OnBox {
        self.create.on_box(created)
    }

    fn need(&self, (created, _): &<Self::Reads as Reads>::States) -> Need {
        self.create.need(created)
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let (created, domains) = states;
        let set = self.judged(states).into_iter();
        let set = set.flat_map(|(change, mailbox)| change.needs(&(mailbox, domains.clone(), None)));
        self.create.needs(created).into_iter().chain(set).collect()
    }

    fn rights(&self, states: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        let set = self.judged(states).into_iter();
        set.flat_map(|(change, mailbox)| change.rights(&(mailbox, vec![], None))).collect()
    }
}

impl EquipMailboxes {
    fn changes(&self) -> impl Iterator<Item = ChangeMailboxSettings> {
        self.settings.iter().map(|(mailbox, patch)| ChangeMailboxSettings {
            account: self.create.account,
            mailbox: *mailbox,
            patch: patch.clone(),
            sender_domains: self.sender_domains.clone(),
            revision: None,
            by_owner: false,
            service: Some(self.create.service),
        })
    }

    /// What is set, each with its mailbox as it is once it is created; those that are there already stay as they are.
    fn made(
        &self,
        ((service, home, mailboxes), _): &Seen,
        now: Timestamp,
    ) -> Result<Vec<(ChangeMailboxSettings, MailboxState)>, HostingRefusal> {
        let domain_name = super::home((self.create.service, service), (self.create.domain, home))?;
        let mut made = Vec::with_capacity(self.settings.len());
        for change in self.changes() {
            let all = self.create.mailboxes.iter().zip(mailboxes);
            let Some((new, mailbox)) = all.into_iter().find(|(new, _)| new.mailbox == change.mailbox) else {
                continue;
            };
            let create = MailboxCommand::Create(self.create.creation(new, &domain_name));
            let created = Mailbox::decide(mailbox, create, &new.mailbox, now)?;
            if !created.is_empty() {
                made.push((change, created.iter().fold(mailbox.clone(), Mailbox::evolve)));
            }
        }
        Ok(made)
    }

    /// The same before it is decided: what cannot be made needs nothing of its own, and is refused.
    fn judged(&self, states: &Seen) -> Vec<(ChangeMailboxSettings, MailboxState)> {
        self.made(states, Timestamp::from_millis(0)).unwrap_or_default()
    }
}
