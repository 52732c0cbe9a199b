//! Letting a mailbox send again.

use authority::{AdministratorRight, Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{HeldMail, Mailbox, MailboxCommand};

/// Lets a mailbox send again, and what was held leave or be destroyed. For its administrators, not for its owner: whoever
/// took the mailbox over has the owner's login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSending {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// What becomes of what was held.
    pub outcome: HeldMail,
}

impl UseCase for ReleaseSending {
    const NAME: &'static str = "release_sending";
    type Reads = Key<Mailbox>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.mailbox)
    }

    fn decide(
        &self,
        mailbox: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let events =
            Mailbox::decide(mailbox, MailboxCommand::ReleaseSending(self.outcome), &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for ReleaseSending {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }

    fn rights(&self, _: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        vec![AdministratorRight::HeldMail]
    }
}
