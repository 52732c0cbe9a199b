//! Enabling a mailbox.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};

/// Takes mail and logins of a mailbox again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnableMailbox {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
}

impl UseCase for EnableMailbox {
    const NAME: &'static str = "enable_mailbox";
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
        let events = Mailbox::decide(mailbox, MailboxCommand::Enable, &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for EnableMailbox {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
