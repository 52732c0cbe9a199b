//! Deleting a mailbox.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, Changes, Claim, Decider, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::service::{Service, ServiceCommand};

/// Ends a mailbox. One append: the mailbox, its slot and bytes given back, its address freed.
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
}

impl UseCase for DeleteMailbox {
    const NAME: &'static str = "delete_mailbox";
    type Reads = (Key<Service>, Key<Mailbox>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.mailbox))
    }

    fn decide(
        &self,
        (service, mailbox): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let delete = MailboxCommand::Delete { purge_after: self.purge_after };
        let deleted = Mailbox::decide(mailbox, delete, &self.mailbox, now)?;
        let Some(record) = mailbox.record() else { return Ok(Changes::none()) };
        if record.service != self.service {
            return Err(HostingRefusal::MailboxNotFound);
        }
        let give_back = ServiceCommand::ReturnMailbox { domain: record.domain, quota: record.quota };
        let returned = Service::decide(service, give_back, &(), now)?;
        let changes =
            Changes::none().emit::<Mailbox>(self.mailbox, deleted).emit::<Service>(self.service, returned);
        // The address of an erased person is known to nobody, so its claim stays.
        Ok(match record.address() {
            Some(address) => changes.release::<Mailbox>(self.mailbox, Claim::address(&address)),
            None => changes,
        })
    }
}

impl Guarded for DeleteMailbox {
    fn need(&self, (_, mailbox): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
