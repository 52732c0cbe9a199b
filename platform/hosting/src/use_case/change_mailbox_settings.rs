//! Changing a mailbox's settings.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand, MailboxSettingsPatch};

/// Sets some of a mailbox's settings otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMailboxSettings {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// What to change.
    pub patch: MailboxSettingsPatch,
    /// The revision that the asker saw; none: whatever it is.
    pub revision: Option<u32>,
    /// Whether its owner asks, who may change what its administrators leave to it.
    pub by_owner: bool,
}

impl UseCase for ChangeMailboxSettings {
    const NAME: &'static str = "change_mailbox_settings";
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
        let change = MailboxCommand::ChangeSettings {
            patch: Box::new(self.patch.clone()),
            revision: self.revision,
            by_owner: self.by_owner,
        };
        let changed = Mailbox::decide(mailbox, change, &self.mailbox, now)?;
        Ok(Changes::none().emit::<Mailbox>(self.mailbox, changed))
    }
}

impl Guarded for ChangeMailboxSettings {
    fn need(&self, mailbox: &<Self::Reads as Reads>::States) -> Need {
        let permission = if self.by_owner { Permission::MailboxSelfWrite } else { Permission::MailboxWrite };
        Need { permission, resource: super::mailbox_resource(self.account, self.mailbox, mailbox) }
    }
}
