//! Changing a mailbox's quota.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, ByteSize, Changes, Decider, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::service::{Service, ServiceCommand};

/// Allows a mailbox more or less. A raise needs an active service and room within its limits; a cut is always allowed and
/// deletes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMailboxQuota {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// From now on; above zero.
    pub quota: ByteSize,
}

impl UseCase for ChangeMailboxQuota {
    const NAME: &'static str = "change_mailbox_quota";
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
        let record = mailbox
            .record()
            .filter(|record| record.service == self.service)
            .ok_or(HostingRefusal::MailboxNotFound)?;
        let change = MailboxCommand::ChangeQuota { to: self.quota };
        let changed = Mailbox::decide(mailbox, change, &self.mailbox, now)?;
        let reallocate =
            ServiceCommand::Reallocate { domain: record.domain, from: record.quota, to: self.quota };
        let reallocated = Service::decide(service, reallocate, &(), now)?;
        Ok(Changes::none().emit::<Service>(self.service, reallocated).emit::<Mailbox>(self.mailbox, changed))
    }
}

impl Guarded for ChangeMailboxQuota {
    fn need(&self, (_, mailbox): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
