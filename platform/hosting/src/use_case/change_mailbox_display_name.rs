//! Changing a mailbox's display name.

use authority::{Guarded, Need};
use kernel::{AccountId, Changes, Decider, Key, MailboxId, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::mailbox::{Mailbox, MailboxCommand, SelfService};
use crate::refusal::ValueRefusal;

/// Calls a mailbox otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMailboxDisplayName {
    /// Whose.
    pub account: AccountId,
    /// Which mailbox.
    pub mailbox: MailboxId,
    /// Up to 128 characters; none or empty: nothing but its address.
    pub display_name: Option<String>,
    /// Whether its owner asks, who may where administrators leave it to it.
    pub by_owner: bool,
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
        let settings = mailbox.record().map(|record| &record.settings);
        let is_left = settings.is_none_or(|own| own.self_service.contains(&SelfService::DisplayName));
        if self.by_owner && !is_left {
            return Err(HostingRefusal::from(ValueRefusal::SettingNotSelfService).of("displayName"));
        }
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
        super::self_service_need((self.account, self.mailbox), mailbox, self.by_owner)
    }
}
