//! Saying what a temporary alias is for.

use authority::{Guarded, Need};
use kernel::{
    AccountId, AliasId, Changes, Decider, Key, MailboxId, Reads, ServiceId, TenantId, Timestamp, UseCase,
};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasSettingsPatch};
use crate::mailbox::Mailbox;

/// The owner of a mailbox says what one of its temporary aliases is for. Nothing else of its settings is theirs to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribeTemporaryAlias {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Whose temporary alias it is, and who asks.
    pub mailbox: MailboxId,
    /// Which.
    pub alias: AliasId,
    /// What it is for: at most 160 characters.
    pub description: String,
    /// The revision of the settings that the asker saw; none: whatever it is.
    pub revision: Option<u32>,
}

impl UseCase for DescribeTemporaryAlias {
    const NAME: &'static str = "describe_temporary_alias";
    type Reads = (Key<Mailbox>, Key<Alias>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.mailbox), Key(self.alias))
    }

    fn decide(
        &self,
        (mailbox, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_self_service(mailbox, self.service, true)?;
        super::check_temporary(alias, self.mailbox)?;
        let patch = AliasSettingsPatch {
            description: Some(self.description.clone()),
            ..AliasSettingsPatch::default()
        };
        let change = AliasCommand::ChangeSettings { patch: Box::new(patch), revision: self.revision };
        let changed = Alias::decide(alias, change, &self.alias, now)?;
        Ok(Changes::none().emit::<Alias>(self.alias, changed))
    }
}

impl Guarded for DescribeTemporaryAlias {
    fn need(&self, (mailbox, _): &<Self::Reads as Reads>::States) -> Need {
        super::self_service_need((self.account, self.mailbox), mailbox, true)
    }
}
