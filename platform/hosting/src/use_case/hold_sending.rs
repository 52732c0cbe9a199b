//! Holding what a mailbox sends.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{HoldReason, Mailbox, MailboxCommand};

/// Holds what a mailbox sends to other hosts: somebody else may be sending in its name. What is held already stays so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldSending {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// What was seen.
    pub reason: HoldReason,
}

impl UseCase for HoldSending {
    const NAME: &'static str = "hold_sending";
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
        let events = Mailbox::decide(mailbox, MailboxCommand::HoldSending(self.reason), &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for HoldSending {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
