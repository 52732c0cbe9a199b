//! Bringing a removed domain back.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{
    AccountId, Changes, Claim, Decider, DomainId, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp,
    UseCase,
};

use crate::HostingRefusal;
use crate::address_map::AddressMap;
use crate::book::{Book, BookEvent, BookState, Entry, EntryRecord, Home};
use crate::domain::{Domain, DomainCommand, DomainState, Proof};
use crate::filter::DomainFilter;
use crate::limit::MAILBOX_BATCH_COUNT_MAX;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxRecord, MailboxState};
use crate::resource::Resource;
use crate::sender_relay::SenderRelay;
use crate::service::{DomainShare, Service, ServiceCommand, ServiceState};
use crate::sync_job::SyncJob;
use crate::tls_policy::DomainTlsPolicy;

/// Brings a removed domain back within the retention, with its settings, its address maps, relay, resources, filters and TLS
/// policies. Where its ownership is still shown in DNS it is served at once, under its name, which somebody else may have taken meanwhile, and
/// its deleted mailboxes are back with everything they held. Otherwise it waits for the proof as a new one does, and its
/// mailboxes stay deleted until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreDomain {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which domain.
    pub domain: DomainId,
    /// What DNS shows now.
    pub proof: Proof,
    /// Deleted mailboxes of it that are to be back with it, as the asker knows them, up to [`MAILBOX_BATCH_COUNT_MAX`]. Those
    /// whose retention is over stay away.
    pub mailboxes: Vec<MailboxId>,
}

type Books = (
    Key<Book<AddressMap>>,
    Key<Book<SenderRelay>>,
    Key<Book<Resource>>,
    (Key<Book<DomainFilter>>, Key<Book<DomainTlsPolicy>>),
);
type Mailboxes = (Vec<Key<Mailbox>>, Vec<Key<Book<SyncJob>>>);

impl UseCase for RestoreDomain {
    const NAME: &'static str = "restore_domain";
    type Reads = (Key<Service>, Key<Domain>, Books, Mailboxes);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let two = (Key(self.domain), Key(self.domain));
        let books = (Key(self.domain), Key(self.domain), Key(self.domain), two);
        let mailboxes = || self.mailboxes.iter().take(MAILBOX_BATCH_COUNT_MAX).copied();
        let mailboxes = (mailboxes().map(Key).collect(), mailboxes().map(Key).collect());
        (Key(self.service), Key(self.domain), books, mailboxes)
    }

    fn decide(
        &self,
        (service, domain, books, mailboxes): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let restored = Domain::decide(domain, DomainCommand::Restore(self.proof.clone()), &(), now)?;
        let after = restored.iter().fold(domain.clone(), Domain::evolve);
        let record = after.record().filter(|record| record.service == self.service);
        let record = record.ok_or(HostingRefusal::DomainNotFound)?;
        let take = ServiceCommand::TakeDomain { domain: self.domain, mirrors: record.mirrors };
        let mut taken = Service::decide(service, take, &(), now)?;
        let share = DomainShare::of(&record.settings);
        let so_far = taken.iter().fold(service.clone(), Service::evolve);
        let set = ServiceCommand::SetShare { domain: self.domain, share, stored: None };
        taken.extend(Service::decide(&so_far, set, &(), now)?);
        let so_far = taken.iter().fold(service.clone(), Service::evolve);

        let home = Book::<Resource>::home(self.account, self.domain, &after)?;
        let (maps, relays, resources, (filters, policies)) = books;
        let mut changes = Changes::none().emit::<Domain>(self.domain, restored);
        changes = changes.emit::<Book<AddressMap>>(self.domain, again(maps, &home));
        changes = changes.emit::<Book<SenderRelay>>(self.domain, again(relays, &home));
        changes = changes.emit::<Book<Resource>>(self.domain, again(resources, &home));
        changes = changes.emit::<Book<DomainFilter>>(self.domain, again(filters, &home));
        changes = changes.emit::<Book<DomainTlsPolicy>>(self.domain, again(policies, &home));
        for resource in resources.entries.values().filter_map(EntryRecord::plain) {
            if let Some(claim) = resource.claim(&home) {
                changes = changes.take::<Book<Resource>>(self.domain, claim);
            }
        }
        let changes = changes.emit::<Service>(self.service, taken);
        let changes = changes.take::<Domain>(self.domain, Claim::added_domain(self.account, &record.name));
        if !matches!(after, DomainState::Verified(_)) {
            return Ok(changes);
        }
        let changes = changes.take::<Domain>(self.domain, Claim::domain(&record.name));
        self.with_mailboxes(changes, mailboxes, (&so_far, now))
    }
}

impl RestoreDomain {
    /// The same with the mailboxes that can still be brought back.
    fn with_mailboxes(
        &self,
        mut changes: Changes,
        (mailboxes, jobs): &<Mailboxes as Reads>::States,
        (service, now): (&ServiceState, Timestamp),
    ) -> Result<Changes, HostingRefusal> {
        let found = self.mailboxes.iter().zip(mailboxes.iter().zip(jobs));
        let back: Vec<_> = found
            .filter_map(|(id, (state, jobs))| Some((id, state, self.returning(state, now)?, jobs)))
            .collect();
        let quotas = back.iter().map(|(_, _, record, _)| record.quota).collect();
        let take = ServiceCommand::TakeMailboxes { domain: self.domain, quotas };
        let mut taken = Service::decide(service, take, &(), now)?;
        for (id, state, record, jobs) in back {
            let restored = Mailbox::decide(state, MailboxCommand::Restore(None), id, now)?;
            let address = record.address().ok_or(HostingRefusal::MailboxErased)?;
            changes = changes.emit::<Mailbox>(*id, restored).take::<Mailbox>(*id, Claim::address(&address));
            let sync_jobs = u32::try_from(jobs.entries.len()).unwrap_or(u32::MAX);
            let note = ServiceCommand::NoteSyncJobs { mailbox: *id, sync_jobs };
            taken.extend(Service::decide(service, note, &(), now)?);
        }
        Ok(changes.emit::<Service>(self.service, taken))
    }

    /// What is known of a deleted mailbox of the domain whose contents and address are still there.
    fn returning<'a>(&self, state: &'a MailboxState, now: Timestamp) -> Option<&'a MailboxRecord> {
        let MailboxState::Deleted(record) = state else { return None };
        let is_of_it = record.domain == self.domain && record.service == self.service;
        let is_there = record.purge_after.is_some_and(|purge_after| now < purge_after);
        (is_of_it && is_there && record.address().is_some()).then_some(record)
    }
}

/// The entries of a book told again: whoever follows the domain forgot them with its removal.
fn again<E: Entry>(book: &BookState<E>, home: &Home) -> Vec<BookEvent<E>> {
    let told = |(entry, record): (&E::Id, &EntryRecord<E>)| {
        Some(BookEvent::added(*entry, home, record.plain()?.clone()))
    };
    book.entries.iter().filter_map(told).collect()
}

impl Guarded for RestoreDomain {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
    }

    fn need(&self, (_, domain, _, _): &<Self::Reads as Reads>::States) -> Need {
        let resource = super::domain_resource(self.account, self.domain, domain);
        Need { permission: Permission::DomainWrite, resource }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        let mailboxes = Need { permission: Permission::MailboxWrite, ..own };
        if self.mailboxes.is_empty() { vec![own] } else { vec![own, mailboxes] }
    }
}
