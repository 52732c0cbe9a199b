//! Deleting a mailbox.

use std::collections::BTreeSet;

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, AliasId, Changes, Claim, Decider, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp,
    UseCase,
};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasRecord};
use crate::limit::TEMPORARY_ALIAS_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::refusal::BoxRefusal;
use crate::service::{Service, ServiceCommand};

/// Ends a mailbox. One append: the mailbox, its slot and bytes given back, its address freed, its temporary aliases
/// ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteMailbox {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// When its contents may be destroyed.
    pub purge_after: Timestamp,
    /// All its temporary aliases, as the asker knows them: they are read here to free their addresses.
    pub temporary_aliases: Vec<AliasId>,
}

impl UseCase for DeleteMailbox {
    const NAME: &'static str = "delete_mailbox";
    type Reads = (Key<Service>, Key<Mailbox>, Vec<Key<Alias>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let aliases = self.temporary_aliases.iter().take(TEMPORARY_ALIAS_COUNT_MAX).copied().map(Key);
        (Key(self.service), Key(self.mailbox), aliases.collect())
    }

    fn decide(
        &self,
        (service, mailbox, aliases): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let delete = MailboxCommand::Delete { purge_after: self.purge_after };
        let deleted = Mailbox::decide(mailbox, delete, &self.mailbox, now)?;
        let Some(record) = mailbox.record() else { return Ok(Changes::none()) };
        if record.service != self.service {
            return Err(HostingRefusal::MailboxNotFound);
        }
        // What must be kept goes with its service alone; before, whoever deletes it says openly that it is kept no more.
        if record.settings.retains_days.is_some() && !service.has_ended() {
            return Err(BoxRefusal::MailboxRetains.into());
        }
        if !record.temporary_aliases.keys().eq(self.temporary_aliases.iter().collect::<BTreeSet<_>>()) {
            return Err(HostingRefusal::MailboxChangedMeanwhile);
        }
        let give_back = ServiceCommand::ReturnMailbox { domain: record.domain, quota: record.quota };
        let mut returned = Service::decide(service, give_back, &(), now)?;
        let none = ServiceCommand::NoteSyncJobs { mailbox: self.mailbox, sync_jobs: 0 };
        returned.extend(Service::decide(service, none, &(), now)?);
        let mut changes =
            Changes::none().emit::<Mailbox>(self.mailbox, deleted).emit::<Service>(self.service, returned);
        for (id, alias) in self.temporary_aliases.iter().zip(aliases) {
            changes = changes.emit::<Alias>(*id, Alias::decide(alias, AliasCommand::Delete, id, now)?);
            if let Some(claim) = alias.record().and_then(AliasRecord::claim) {
                changes = changes.release::<Alias>(*id, claim);
            }
        }
        // The address of an erased person is known to nobody, so its claim stays.
        Ok(match record.address() {
            Some(address) => changes.release::<Mailbox>(self.mailbox, Claim::address(&address)),
            None => changes,
        })
    }
}

impl Guarded for DeleteMailbox {
    fn need(&self, (_, mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        // Its addresses are anybody's then.
        vec![own, super::leading(own.resource)]
    }
}
