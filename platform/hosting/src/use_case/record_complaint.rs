//! Recording that somebody called a mailbox's mail unwanted.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};

/// Counts a complaint to the mailbox that sent the message. Who complained is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordComplaint {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
}

impl UseCase for RecordComplaint {
    const NAME: &'static str = "record_complaint";
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
        let events = Mailbox::decide(mailbox, MailboxCommand::RecordComplaint, &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for RecordComplaint {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
