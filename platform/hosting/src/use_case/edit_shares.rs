//! Changing who else works in a mailbox.

use authority::{AdministratorRight, Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::book::{Book, BookCommand, Entry as _, EntryRecord, Words};
use crate::mailbox::{Mailbox, MailboxState};
use crate::refusal::BoxRefusal;
use crate::share::{Share, ShareRole};

/// Adds, changes or removes a member of a shared mailbox. A member that is added exists in the same account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditShares {
    /// Whose.
    pub account: AccountId,
    /// The shared mailbox.
    pub mailbox: MailboxId,
    /// What is to be done; the member of a share is never changed.
    pub command: BookCommand<Share>,
}

impl EditShares {
    /// The mailbox that becomes a member, where one does.
    fn member(&self) -> Option<MailboxId> {
        match &self.command {
            BookCommand::Add { patch, .. } | BookCommand::Change { patch, .. } => {
                patch.member.as_ref().and_then(|member| member.parse().ok())
            }
            BookCommand::Remove { .. } => None,
        }
    }
}

impl UseCase for EditShares {
    const NAME: &'static str = EDIT.edit;
    type Reads = (Key<Mailbox>, Key<Book<Share>>, Option<Key<Mailbox>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.mailbox), Key(self.mailbox), self.member().map(Key))
    }

    fn decide(
        &self,
        (mailbox, book, member): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let home = Book::<Share>::home(self.account, self.mailbox, mailbox)?;
        if member.as_ref().is_some_and(|member| !matches!(member, MailboxState::Live(_))) {
            return Err(HostingRefusal::Box(BoxRefusal::ShareMember));
        }
        let events = Book::<Share>::decide(book, self.command.clone(), &home, now)?;
        Ok(Changes::none().emit::<Book<Share>>(self.mailbox, events))
    }
}

const EDIT: Words = Share::WORDS;

impl Guarded for EditShares {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        match self.command {
            BookCommand::Add { .. } => OnBox::Adds,
            BookCommand::Change { .. } | BookCommand::Remove { .. } => OnBox::Changes,
        }
    }

    fn need(&self, (mailbox, ..): &<Self::Reads as Reads>::States) -> Need {
        let resource = super::mailbox_resource(self.account, self.mailbox, mailbox);
        Need { permission: Permission::CredentialWrite, resource }
    }

    fn rights(&self, (_, book, _): &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        let (entry, wished) = match &self.command {
            BookCommand::Add { entry, patch } | BookCommand::Change { entry, patch, .. } => {
                (entry, patch.roles.as_ref())
            }
            BookCommand::Remove { .. } => return vec![],
        };
        let known = book.entries.get(entry).and_then(EntryRecord::plain).map(|share| &share.roles);
        let is_new = |role: &&ShareRole| known.is_none_or(|known| !known.contains(*role));
        let sends = wished.into_iter().flatten().filter(is_new).any(|role| role.sends());
        if sends { vec![AdministratorRight::SendAs] } else { vec![] }
    }
}
