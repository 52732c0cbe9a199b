//! Changing a mailbox's display name.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand};

/// Calls a mailbox otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMailboxDisplayName {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Up to 128 characters; none or empty: nothing but its address.
    pub display_name: Option<String>,
}

impl UseCase for ChangeMailboxDisplayName {
    const NAME: &'static str = "change_mailbox_display_name";
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
        let events = Mailbox::decide(
            mailbox,
            MailboxCommand::ChangeDisplayName(self.display_name.clone()),
            &self.mailbox,
            now,
        )?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, events))
    }
}

impl Guarded for ChangeMailboxDisplayName {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::mailbox_resource(self.account, self.mailbox, mailbox),
        }
    }
}
