//! Bringing a deleted mailbox back.

use authority::{Guarded, Need, Permission};
use kernel::{
    AccountId, Changes, Claim, Decider, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use super::HomeReads;
use crate::HostingRefusal;
use crate::domain::DomainRef;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxState};
use crate::service::{Service, ServiceCommand};

/// Brings a deleted mailbox back with everything it held, within the retention. One append: the mailbox, its slot and
/// bytes taken again, the claim on its address, which somebody else may have taken meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreMailbox {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Where it lives.
    pub domain: DomainRef,
    /// Which mailbox.
    pub mailbox: MailboxId,
}

impl UseCase for RestoreMailbox {
    const NAME: &'static str = "restore_mailbox";
    type Reads = (Key<Service>, HomeReads, Key<Mailbox>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), super::home_reads(self.domain), Key(self.mailbox))
    }

    fn decide(
        &self,
        (service, home, mailbox): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let restored = Mailbox::decide(mailbox, MailboxCommand::Restore, &self.mailbox, now)?;
        let MailboxState::Deleted(record) = mailbox else { return Err(HostingRefusal::MailboxNotDeleted) };
        if record.service != self.service || record.domain != self.domain.id() {
            return Err(HostingRefusal::MailboxNotFound);
        }
        // The domain may be gone as well.
        super::home((self.service, service), (self.domain, home))?;
        let address = record.address().ok_or(HostingRefusal::MailboxErased)?;
        let take = ServiceCommand::TakeMailboxes { domain: record.domain, quotas: vec![record.quota] };
        Ok(Changes::none()
            .emit::<Service>(self.service, Service::decide(service, take, &(), now)?)
            .emit::<Mailbox>(self.mailbox, restored)
            .take::<Mailbox>(self.mailbox, Claim::address(&address)))
    }
}

impl Guarded for RestoreMailbox {
    fn need(&self, (_, _, mailbox): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
