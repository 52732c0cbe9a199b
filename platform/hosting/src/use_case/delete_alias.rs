//! Deleting an alias.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, AliasId, Changes, Decider, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::alias::{Alias, AliasCommand};
use crate::service::{Service, ServiceCommand};

/// Ends an alias. One append: the alias, its slot given back, its address freed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteAlias {
    /// Whose.
    pub account: AccountId,
    /// Its service.
    pub service: ServiceId,
    /// Which alias.
    pub alias: AliasId,
}

impl UseCase for DeleteAlias {
    const NAME: &'static str = "delete_alias";
    type Reads = (Key<Service>, Key<Alias>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), Key(self.alias))
    }

    fn decide(
        &self,
        (service, alias): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let deleted = Alias::decide(alias, AliasCommand::Delete, &self.alias, now)?;
        let Some(record) = alias.record() else { return Ok(Changes::none()) };
        if record.service != self.service {
            return Err(HostingRefusal::AliasNotFound);
        }
        if record.temporary.is_some() {
            return Err(HostingRefusal::AliasNotTemporary);
        }
        let give_back = ServiceCommand::ReturnAlias { domain: record.domain, alias: self.alias };
        let returned = Service::decide(service, give_back, &(), now)?;
        let changes =
            Changes::none().emit::<Alias>(self.alias, deleted).emit::<Service>(self.service, returned);
        // The address of an erased person is known to nobody, so its claim stays.
        Ok(match record.claim() {
            Some(claim) => changes.release::<Alias>(self.alias, claim),
            None => changes,
        })
    }
}

impl Guarded for DeleteAlias {
    fn need(&self, (_, alias): &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::MailboxWrite, resource: super::alias_resource(self.account, alias) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        let own = self.need(states);
        // The address is anybody's then.
        vec![own, super::leading(own.resource)]
    }
}
