//! Choosing a time zone.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Reads, TenantId, Timestamp, UseCase};

use super::of_owner::{self, OwnerReads};
use crate::HostingRefusal;
use crate::mailbox::MailboxCommand;
use crate::session::SessionOwner;
use crate::user::UserCommand;

/// Says where a user or the owner of a mailbox wants times to be shown as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTimeZone {
    /// Whose account.
    pub account: AccountId,
    /// Who.
    pub owner: SessionOwner,
    /// The name of a time zone; none: wherever the reader is.
    pub zone: Option<String>,
}

impl UseCase for SetTimeZone {
    const NAME: &'static str = "set_time_zone";
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
            || UserCommand::SetTimeZone(self.zone.clone()),
            || MailboxCommand::SetTimeZone(self.zone.clone()),
        );
        of_owner::changes(self.owner, states, commands, now)
    }
}

impl Guarded for SetTimeZone {
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
