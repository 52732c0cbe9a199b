//! Choosing a language.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Reads, TenantId, Timestamp, UseCase};

use super::of_owner::{self, OwnerReads};
use crate::mailbox::MailboxCommand;
use crate::session::SessionOwner;
use crate::user::UserCommand;
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
        let commands =
            (|| UserCommand::SetLanguage(self.language), || MailboxCommand::SetLanguage(self.language));
        of_owner::changes(self.owner, states, commands, now)
    }
}

impl Guarded for SetLanguage {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (_, mailbox): &<Self::Reads as Reads>::States) -> Need {
        let permission = match (self.owner, mailbox) {
            (SessionOwner::Mailbox(_), Some(_)) => Permission::CredentialWrite,
            _ => Permission::AccountWrite,
        };
        Need { permission, resource: of_owner::resource(self.account, self.owner, mailbox.as_ref()) }
    }
}
