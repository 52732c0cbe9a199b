//! Changing an alias's settings.

use authority::{AdministratorRight, Guarded, Need, Permission};
use kernel::{AccountId, AliasId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasSettingsPatch};

/// Sets some of an alias's settings otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAliasSettings {
    /// Whose.
    pub account: AccountId,
    /// Which alias.
    pub alias: AliasId,
    /// What to change.
    pub patch: AliasSettingsPatch,
    /// The revision that the asker saw; none: whatever it is.
    pub revision: Option<u32>,
}

impl UseCase for ChangeAliasSettings {
    const NAME: &'static str = "change_alias_settings";
    type Reads = Key<Alias>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.alias)
    }

    fn decide(
        &self,
        alias: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let change =
            AliasCommand::ChangeSettings { patch: Box::new(self.patch.clone()), revision: self.revision };
        let changed = Alias::decide(alias, change, &self.alias, now)?;
        Ok(Changes::none().emit::<Alias>(self.alias, changed))
    }
}

impl Guarded for ChangeAliasSettings {
    fn need(&self, alias: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::MailboxWrite, resource: super::alias_resource(self.account, alias) }
    }

    fn rights(&self, alias: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        let lets_send = alias.record().is_some_and(|record| record.settings.lets_targets_send);
        let is_given = self.patch.lets_targets_send == Some(true) && !lets_send;
        if is_given { vec![AdministratorRight::SendAs] } else { vec![] }
    }
}
