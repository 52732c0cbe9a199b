//! Creating mailboxes.

use std::collections::BTreeSet;

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, ByteSize, Changes, Claim, Decider, DomainName, EmailAddress, Key, LocalPart, MailboxId, Reads,
    ServiceId, TenantId, Timestamp, UseCase,
};

use super::HomeReads;
use crate::domain::DomainRef;
use crate::limit::MAILBOX_BATCH_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxCreation};
use crate::refusal::Limit;
use crate::service::{Service, ServiceCommand};
use crate::{HostingRefusal, PasswordHash};

/// Gives a service 1 to 250 more mailboxes, all or none. One append: the slots, the mailboxes, the claims on their addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateMailboxes {
    /// Whose.
    pub account: AccountId,
    /// Which service.
    pub service: ServiceId,
    /// Where they live; an own domain must be verified.
    pub domain: DomainRef,
    /// What to create.
    pub mailboxes: Vec<NewMailbox>,
}

impl UseCase for CreateMailboxes {
    const NAME: &'static str = "create_mailboxes";
    type Reads = (Key<Service>, HomeReads, Vec<Key<Mailbox>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let mailboxes =
            self.mailboxes.iter().take(MAILBOX_BATCH_COUNT_MAX).map(|new| Key(new.mailbox)).collect();
        (Key(self.service), super::home_reads(self.domain), mailboxes)
    }

    fn decide(
        &self,
        (service, home, mailboxes): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        self.check_batch()?;
        let domain_name = super::home((self.service, service), (self.domain, home))?;
        let mut changes = Changes::none();
        let mut quotas = Vec::with_capacity(self.mailboxes.len());
        for (new, mailbox) in self.mailboxes.iter().zip(mailboxes) {
            let create = MailboxCommand::Create(self.creation(new, &domain_name));
            let created = Mailbox::decide(mailbox, create, &new.mailbox, now)?;
            // What is there already stays as it is.
            if !created.is_empty() {
                super::check_local_part(self.domain, &new.local, false)?;
                quotas.push(new.quota);
                let address = EmailAddress::new(new.local.clone(), domain_name.clone());
                changes = changes
                    .emit::<Mailbox>(new.mailbox, created)
                    .take::<Mailbox>(new.mailbox, Claim::address(&address));
            }
        }
        let take = ServiceCommand::TakeMailboxes { domain: self.domain.id(), quotas };
        let taken = Service::decide(service, take, &(), now)?;
        Ok(changes.emit::<Service>(self.service, taken))
    }
}

impl Guarded for CreateMailboxes {
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
        // Whoever chooses the password reads what comes, and goes on doing so when somebody else has the mailbox.
        let is_leading = |new: &NewMailbox| new.password.is_some() || super::is_detailed(&new.local);
        if self.mailboxes.iter().any(is_leading) {
            vec![own, super::leading(own.resource)]
        } else {
            vec![own]
        }
    }
}

/// A mailbox of a [`CreateMailboxes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMailbox {
    /// Its id.
    pub mailbox: MailboxId,
    /// Before the `@`.
    pub local: LocalPart,
    /// The most it may hold; above zero, at most what the plan allows one mailbox.
    pub quota: ByteSize,
    /// What it is called, up to 128 characters.
    pub display_name: Option<String>,
    /// None: nobody can sign in until one is set.
    pub password: Option<PasswordHash>,
}

impl CreateMailboxes {
    fn check_batch(&self) -> Result<(), HostingRefusal> {
        let count = self.mailboxes.len();
        if count == 0 {
            return Err(HostingRefusal::MailboxBatchEmpty);
        }
        if count > MAILBOX_BATCH_COUNT_MAX {
            return Err(HostingRefusal::MailboxBatchTooLarge(Limit::count(MAILBOX_BATCH_COUNT_MAX, count)));
        }
        let ids: BTreeSet<MailboxId> = self.mailboxes.iter().map(|new| new.mailbox).collect();
        let locals: BTreeSet<String> = self.mailboxes.iter().map(|new| new.local.canonical()).collect();
        if ids.len() < count || locals.len() < count {
            return Err(HostingRefusal::AddressRepeated);
        }
        Ok(())
    }

    pub(super) fn creation(&self, new: &NewMailbox, domain_name: &DomainName) -> MailboxCreation {
        MailboxCreation {
            account: self.account,
            service: self.service,
            domain: self.domain.id(),
            domain_name: domain_name.clone(),
            mailbox: new.mailbox,
            local: new.local.clone(),
            quota: new.quota,
            display_name: new.display_name.clone(),
            password: new.password.clone(),
        }
    }
}
