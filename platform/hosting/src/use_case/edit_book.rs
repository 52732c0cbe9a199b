//! Changing what is in a book.

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::book::{Book, BookCommand, BookEvent, BookState, Entry, EntryRecord, Home, Hosted};
use crate::service::{Service, ServiceCommand, ServiceEvent, ServiceState};

/// Adds, changes or removes one entry of a book: an address map of a domain, a sync job of a mailbox and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditBook<E: Entry> {
    /// Whose.
    pub account: AccountId,
    /// Who keeps the book: the domain, the mailbox, or the account itself.
    pub owner: <E::Owner as Decider>::Id,
    /// What is to be done.
    pub command: BookCommand<E>,
    /// Whether the owner of a mailbox does it alone.
    pub by_owner: bool,
    /// The service that counts such entries, where one does: it is read here to hold them to its plan.
    pub service: Option<ServiceId>,
}

impl<E: Entry> UseCase for EditBook<E> {
    const NAME: &'static str = E::WORDS.edit;
    type Reads = (Key<E::Owner>, Key<Book<E>>, Option<Key<Service>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.owner), Key(self.owner), self.service.filter(|_| E::IS_COUNTED).map(Key))
    }

    fn decide(
        &self,
        (owner, book, service): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let home = E::Owner::home(self.account, self.owner, owner)?;
        if self.by_owner && !E::SELF_SERVICE.is_some_and(|flag| E::Owner::lets_owner(owner, flag)) {
            return Err(HostingRefusal::kept_from_owner());
        }
        let events = Book::<E>::decide(book, self.command.clone(), &home, now)?;
        if self.by_owner && !events.iter().all(|event| is_owners(book, event)) {
            return Err(HostingRefusal::kept_from_owner());
        }
        let counted = self.counted(&home, (book, &events), (service.as_ref(), now))?;
        let named = claims(self.owner, (book, &events), &home);
        let changes = named.emit::<Book<E>>(self.owner, events);
        Ok(match (home.service, counted.is_empty()) {
            (Some(service), false) => changes.emit::<Service>(service, counted),
            (_, true) | (None, false) => changes,
        })
    }
}

impl<E: Entry> EditBook<E> {
    /// What the service of the mailbox counts from now on.
    fn counted(
        &self,
        home: &Home,
        (book, events): (&BookState<E>, &[BookEvent<E>]),
        (service, now): (Option<&ServiceState>, Timestamp),
    ) -> Result<Vec<ServiceEvent>, HostingRefusal> {
        let Some(mailbox) = home.mailbox.filter(|_| E::IS_COUNTED) else { return Ok(vec![]) };
        let service =
            service.filter(|_| self.service == home.service).ok_or(HostingRefusal::MailboxNotFound)?;
        let is_more = events.iter().any(|event| matches!(event, BookEvent::Added { .. }));
        let after = events.iter().fold(book.clone(), Book::<E>::evolve).entries.len();
        let sync_jobs = u32::try_from(after).unwrap_or(u32::MAX);
        let count = match is_more {
            true => ServiceCommand::TakeSyncJobs { mailbox, sync_jobs },
            false => ServiceCommand::NoteSyncJobs { mailbox, sync_jobs },
        };
        Service::decide(service, count, &(), now)
    }
}

/// The names that entries get, and those that they give back.
fn claims<E: Entry>(
    owner: <E::Owner as Decider>::Id,
    (book, events): (&BookState<E>, &[BookEvent<E>]),
    home: &Home,
) -> Changes {
    let mut changes = Changes::none();
    for event in events {
        let (entry, after) = content(event);
        let before = book.entries.get(entry).and_then(EntryRecord::plain);
        let (before, after) = (before.and_then(|it| it.claim(home)), after.and_then(|it| it.claim(home)));
        if before == after {
            continue;
        }
        if let Some(claim) = before {
            changes = changes.release::<Book<E>>(owner, claim);
        }
        if let Some(claim) = after {
            changes = changes.take::<Book<E>>(owner, claim);
        }
    }
    changes
}

/// The entry of an event, and what it says from now on.
fn content<E: Entry>(event: &BookEvent<E>) -> (&E::Id, Option<&E>) {
    match event {
        BookEvent::Added { entry, content, .. } | BookEvent::Changed { entry, content, .. } => {
            (entry, content.plain().map(AsRef::as_ref))
        }
        BookEvent::Removed { entry } => (entry, None),
    }
}

/// Whether what there was and what there will be is both the owner's to change.
fn is_owners<E: Entry>(book: &BookState<E>, event: &BookEvent<E>) -> bool {
    let (entry, after) = content(event);
    let before = book.entries.get(entry).and_then(EntryRecord::plain);
    before.is_none_or(E::is_owners) && after.is_none_or(|after| after.is_owners())
}

impl<E: Entry> Guarded for EditBook<E> {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        match self.command {
            BookCommand::Add { .. } => OnBox::Adds,
            BookCommand::Change { .. } | BookCommand::Remove { .. } => OnBox::Changes,
        }
    }

    fn is_kept_from_visitors(&self) -> bool {
        E::CALLS_ELSEWHERE
    }

    fn need(&self, (owner, _, _): &<Self::Reads as Reads>::States) -> Need {
        let permission = if self.by_owner {
            Permission::MailboxSelfWrite
        } else {
            E::Owner::permission(self.account, E::PERMISSION)
        };
        Need { permission, resource: E::Owner::resource(self.account, self.owner, owner) }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        E::RIGHT.into_iter().collect()
    }
}
