//! Changing an alias's targets.

use std::collections::BTreeSet;

use authority::{AdministratorRight, Guarded, Need, Permission};
use kernel::{AccountId, AliasId, Changes, Decider, EmailAddress, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand, AliasState};

/// Makes an alias lead elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAliasTargets {
    /// Whose.
    pub account: AccountId,
    /// Which alias.
    pub alias: AliasId,
    /// Where its mail goes: 1 to 1000 addresses, here or elsewhere.
    pub targets: Vec<EmailAddress>,
}

impl UseCase for ChangeAliasTargets {
    const NAME: &'static str = "change_alias_targets";
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
        let events =
            Alias::decide(alias, AliasCommand::ChangeTargets(self.targets.clone()), &self.alias, now)?;
        Ok(Changes::none().emit::<Alias>(self.alias, events))
    }
}

impl Guarded for ChangeAliasTargets {
    fn need(&self, alias: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::MailboxWrite, resource: super::alias_resource(self.account, alias) }
    }

    fn needs(&self, alias: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(alias);
        if self.is_narrower(alias) { vec![own] } else { vec![own, super::leading(own.resource)] }
    }

    fn rights(&self, alias: &<Self::Reads as Reads>::States) -> Vec<AdministratorRight> {
        let lets_send = alias.record().is_some_and(|record| record.settings.lets_targets_send);
        if lets_send && !self.is_narrower(alias) { vec![AdministratorRight::SendAs] } else { vec![] }
    }
}

impl ChangeAliasTargets {
    /// Whether all targets are among those so far.
    fn is_narrower(&self, alias: &AliasState) -> bool {
        let known = alias.record().and_then(|record| record.targets.plain());
        known.is_some_and(|known| {
            let known: BTreeSet<String> = known.iter().map(EmailAddress::canonical).collect();
            self.targets.iter().all(|target| known.contains(&target.canonical()))
        })
    }
}
