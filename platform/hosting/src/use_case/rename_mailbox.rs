//! Renaming a mailbox.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, AliasId, Changes, Claim, Decider, EmailAddress, Key, LocalPart, MailboxId, Reads, ServiceId,
    TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasCreation};
use crate::domain::DomainRef;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::plan::DomainMode;
use crate::service::{Service, ServiceCommand};

/// Lets a mailbox live at another address of its domain, with everything it holds. One append: the mailbox, the claim on
/// the new address, and either the old address freed or, with a slot of the plan, an alias there that leads to the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameMailbox {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Before the `@` from now on.
    pub local: LocalPart,
    /// The id of the alias that keeps the old address; none: it is free.
    pub alias: Option<AliasId>,
}

impl UseCase for RenameMailbox {
    const NAME: &'static str = "rename_mailbox";
    type Reads = (Key<Service>, Key<Mailbox>, Option<Key<Alias>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.mailbox), self.alias.map(Key))
    }

    fn decide(
        &self,
        (service, mailbox, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = mailbox
            .record()
            .filter(|record| record.service == self.service)
            .ok_or(HostingRefusal::MailboxNotFound)?;
        let domain = match super::check_present(service)?.limits.domain_mode {
            DomainMode::Own => DomainRef::Own(record.domain),
            DomainMode::Shared => DomainRef::Shared(record.domain),
        };
        super::check_local_part(domain, &self.local)?;
        let old = record.address().ok_or(HostingRefusal::MailboxErased)?;
        let new = EmailAddress::new(self.local.clone(), record.domain_name.clone());
        let renamed =
            Mailbox::decide(mailbox, MailboxCommand::Rename(self.local.clone()), &self.mailbox, now)?;
        let mut changes = Changes::none().emit::<Mailbox>(self.mailbox, renamed);
        // Another writing of the same address is no other address: there is nothing to keep and nothing to free.
        if Claim::address(&old) == Claim::address(&new) {
            return Ok(changes);
        }
        changes = changes
            .release::<Mailbox>(self.mailbox, Claim::address(&old))
            .take::<Mailbox>(self.mailbox, Claim::address(&new));
        let (Some(id), Some(alias)) = (self.alias, alias) else { return Ok(changes) };
        let create = AliasCommand::Create(AliasCreation {
            account: self.account,
            service: self.service,
            domain: record.domain,
            domain_name: record.domain_name.clone(),
            alias: id,
            local: Some(old.local.clone()),
            targets: vec![new],
            temporary: None,
        });
        let take = ServiceCommand::TakeAlias { domain: record.domain };
        Ok(changes
            .emit::<Service>(self.service, Service::decide(service, take, &(), now)?)
            .emit::<Alias>(id, Alias::decide(alias, create, &id, now)?)
            .take::<Alias>(id, Claim::address(&old)))
    }
}

impl Guarded for RenameMailbox {
    fn need(&self, (_, mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        // The old address is anybody's then; a new one with a detail takes what another mailbox got by it.
        let is_free = self.alias.is_none();
        if is_free || super::is_detailed(&self.local) {
            vec![own, super::leading(own.resource)]
        } else {
            vec![own]
        }
    }
}
