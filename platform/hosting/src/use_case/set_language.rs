//! Choosing a language.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::mailbox::{Mailbox, MailboxCommand};
use crate::session::SessionOwner;
use crate::user::{User, UserCommand};
use crate::{HostingRefusal, Language};

/// Says in which language a user or the owner of a mailbox is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetLanguage {
    /// Whose account.
    pub account: AccountId,
    /// Who.
    pub owner: SessionOwner,
    /// From now on.
    pub language: Language,
}

impl UseCase for SetLanguage {
    const NAME: &'static str = "set_language";
    type Reads = (Option<Key<User>>, Option<Key<Mailbox>>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        match self.owner {
            SessionOwner::User(user) => (Some(Key(user)), None),
            SessionOwner::Mailbox(mailbox) => (None, Some(Key(mailbox))),
        }
    }

    fn decide(
        &self,
        (user_state, mailbox_state): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        match self.owner {
            SessionOwner::User(user) => {
                let state = user_state.as_ref().ok_or(HostingRefusal::UserNotFound)?;
                let set = User::decide(state, UserCommand::SetLanguage(self.language), &user, now)?;
                Ok(Changes::none().emit::<User>(user, set))
            }
            SessionOwner::Mailbox(mailbox) => {
                let state = mailbox_state.as_ref().ok_or(HostingRefusal::MailboxNotFound)?;
                let set = Mailbox::decide(state, MailboxCommand::SetLanguage(self.language), &mailbox, now)?;
                Ok(Changes::none().emit::<Mailbox>(mailbox, set))
            }
        }
    }
}

impl Guarded for SetLanguage {
    fn need(&self, (_, mailbox_state): &<Self::Reads as Reads>::States) -> Need {
        let (permission, resource) = match (self.owner, mailbox_state) {
            (SessionOwner::Mailbox(mailbox), Some(state)) => {
                (Permission::CredentialWrite, super::mailbox_resource(self.account, mailbox, state))
            }
            (owner, _) => (Permission::AccountWrite, super::owner_resource(self.account, owner)),
        };
        Need { permission, resource }
    }
}
