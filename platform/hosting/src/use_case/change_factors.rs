//! Changing second factors.

use authority::{Gift, Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Reads, TenantId, Timestamp, UseCase};

use super::of_owner::{self, OwnerReads};
use crate::HostingRefusal;
use crate::factor::FactorCommand;
use crate::mailbox::MailboxCommand;
use crate::session::SessionOwner;
use crate::user::UserCommand;

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
    type Reads = OwnerReads;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        of_owner::reads(self.owner)
    }

    fn decide(
        &self,
        states: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let commands = (
            || UserCommand::ChangeFactors(self.command.clone()),
            || MailboxCommand::ChangeFactors(self.command.clone()),
        );
        of_owner::changes(self.owner, states, commands, now)
    }
}

impl Guarded for ChangeFactors {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, (_, mailbox): &<Self::Reads as Reads>::States) -> Need {
        let resource = of_owner::resource(self.account, self.owner, mailbox.as_ref());
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
