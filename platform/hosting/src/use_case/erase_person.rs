//! Erasing the data of a person.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::mailbox::{Mailbox, MailboxState};
use crate::session::SessionOwner;
use crate::user::{User, UserState};

/// Makes the data of a removed user, or of the owner of a deleted mailbox, unreadable for ever, in the log and in its
/// backups: the key that opens them is destroyed. What the mailbox held is destroyed with it; nothing comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasePerson {
    /// Whose account.
    pub account: AccountId,
    /// Who.
    pub owner: SessionOwner,
}

impl UseCase for ErasePerson {
    const NAME: &'static str = "erase_person";
    type Reads = (Key<Account>, Option<Key<User>>, Option<Key<Mailbox>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let (user, mailbox) = super::of_owner::reads(self.owner);
        (Key(self.account), user, mailbox)
    }

    fn decide(
        &self,
        (account, user, mailbox): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        match user {
            Some(UserState::Absent) => return Err(HostingRefusal::UserNotFound),
            Some(UserState::Present(_)) => return Err(HostingRefusal::PersonStillThere),
            Some(UserState::Removed) | None => {}
        }
        match mailbox {
            Some(MailboxState::Absent) => return Err(HostingRefusal::MailboxNotFound),
            Some(MailboxState::Live(_)) => return Err(HostingRefusal::PersonStillThere),
            Some(MailboxState::Deleted(_)) | None => {}
        }
        let mailbox = match self.owner {
            SessionOwner::User(_) => None,
            SessionOwner::Mailbox(mailbox) => Some(mailbox),
        };
        let erase = AccountCommand::ErasePerson { subject: self.owner.subject(), mailbox };
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, erase, &(), now)?))
    }
}

impl Guarded for ErasePerson {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
