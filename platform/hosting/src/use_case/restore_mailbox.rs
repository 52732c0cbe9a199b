//! Bringing a deleted mailbox back.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, Changes, Claim, Decider, EmailAddress, Key, LocalPart, MailboxId, Reads, ServiceId, TenantId,
    Timestamp, UseCase,
};

use super::HomeReads;
use crate::HostingRefusal;
use crate::book::Book;
use crate::domain::DomainRef;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxState};
use crate::service::{Service, ServiceCommand};
use crate::sync_job::SyncJob;

/// Brings a deleted mailbox back with everything it held, within the retention. One append: the mailbox, its slot and
/// bytes taken again, the claim on its address. Where somebody else has taken that meanwhile, it comes back at another one of
/// the same domain.
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
    /// Before the `@` from now on; none: as before.
    pub local: Option<LocalPart>,
}

impl UseCase for RestoreMailbox {
    const NAME: &'static str = "restore_mailbox";
    type Reads = (Key<Service>, HomeReads, Key<Mailbox>, Key<Book<SyncJob>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), super::home_reads(self.domain), Key(self.mailbox), Key(self.mailbox))
    }

    fn decide(
        &self,
        (service, home, mailbox, jobs): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let restored =
            Mailbox::decide(mailbox, MailboxCommand::Restore(self.local.clone()), &self.mailbox, now)?;
        let MailboxState::Deleted(record) = mailbox else { return Err(HostingRefusal::MailboxNotDeleted) };
        if record.service != self.service || record.domain != self.domain.id() {
            return Err(HostingRefusal::MailboxNotFound);
        }
        // The domain may be gone as well.
        super::home((self.service, service), (self.domain, home))?;
        let before = record.address().ok_or(HostingRefusal::MailboxErased)?;
        let address = match &self.local {
            Some(local) => {
                super::check_local_part(self.domain, local, false)?;
                EmailAddress::new(local.clone(), before.domain)
            }
            None => before,
        };
        let take = ServiceCommand::TakeMailboxes { domain: record.domain, quotas: vec![record.quota] };
        let mut taken = Service::decide(service, take, &(), now)?;
        // It comes back with all it had: where that is more than is sold, nothing can be added until it fits again.
        let sync_jobs = u32::try_from(jobs.entries.len()).unwrap_or(u32::MAX);
        let note = ServiceCommand::NoteSyncJobs { mailbox: self.mailbox, sync_jobs };
        taken.extend(Service::decide(service, note, &(), now)?);
        Ok(Changes::none()
            .emit::<Service>(self.service, taken)
            .emit::<Mailbox>(self.mailbox, restored)
            .take::<Mailbox>(self.mailbox, Claim::address(&address)))
    }
}

impl Guarded for RestoreMailbox {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
    }

    fn need(&self, (_, _, mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        // A new address with a detail takes what another mailbox got by it.
        if self.local.as_ref().is_some_and(super::is_detailed) {
            vec![own, super::leading(own.resource)]
        } else {
            vec![own]
        }
    }
}
