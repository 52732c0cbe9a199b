//! Changing second factors.

use authority::{Gift, Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::factor::FactorCommand;
use crate::mailbox::{Mailbox, MailboxCommand};
use crate::session::SessionOwner;
use crate::user::{User, UserCommand};

/// Changes what a user or the owner of a mailbox proves besides the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeFactors {
    /// Whose account.
    pub account: AccountId,
    /// Who.
    pub owner: SessionOwner,
    /// What is intended.
    pub command: FactorCommand,
}

impl UseCase for ChangeFactors {
    const NAME: &'static str = "change_factors";
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
                let change = UserCommand::ChangeFactors(self.command.clone());
                Ok(Changes::none().emit::<User>(user, User::decide(state, change, &user, now)?))
            }
            SessionOwner::Mailbox(mailbox) => {
                let state = mailbox_state.as_ref().ok_or(HostingRefusal::MailboxNotFound)?;
                let change = MailboxCommand::ChangeFactors(self.command.clone());
                Ok(Changes::none().emit::<Mailbox>(mailbox, Mailbox::decide(state, change, &mailbox, now)?))
            }
        }
    }
}

impl Guarded for ChangeFactors {
    const IS_KEPT_FROM_VISITORS: bool = true;

    fn need(&self, (_, mailbox_state): &<Self::Reads as Reads>::States) -> Need {
        let resource = match (self.owner, mailbox_state) {
            (SessionOwner::Mailbox(mailbox), Some(state)) => {
                super::mailbox_resource(self.account, mailbox, state)
            }
            (owner, _) => super::owner_resource(self.account, owner),
        };
        Need { permission: Permission::CredentialWrite, resource }
    }

    /// Whoever takes away all factors of a user leaves the password alone between themselves and what that user may.
    fn gives(&self, (user_state, _): &<Self::Reads as Reads>::States) -> Option<Gift> {
        match (&self.command, self.owner, user_state) {
            (FactorCommand::Reset, SessionOwner::User(user), Some(state)) => {
                state.record().map(|record| super::sign_in(self.account, user, &record.role))
            }
            _ => None,
        }
    }
}
