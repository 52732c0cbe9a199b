//! Adding signing keys.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, DomainId, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand, FreshDkimKey};

/// Gives a domain new signing keys, to be shown in DNS before they sign. Where an algorithm's next key is on its way
/// already, nothing happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddDkimKeys {
    /// Whose; the platform's for a shared domain.
    pub account: AccountId,
    /// Which domain.
    pub domain: DomainId,
    /// At most one of each algorithm.
    pub keys: Vec<FreshDkimKey>,
}

impl UseCase for AddDkimKeys {
    const NAME: &'static str = "add_dkim_keys";
    type Reads = Key<Domain>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.domain)
    }

    fn decide(
        &self,
        domain: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let command = DomainCommand::AddDkimKeys { account: self.account, keys: self.keys.clone() };
        let events = Domain::decide(domain, command, &(), now)?;
        Ok(Changes::none().emit::<Domain>(self.domain, events))
    }
}

impl Guarded for AddDkimKeys {
    fn need(&self, domain: &<Self::Reads as Reads>::States) -> Need {
        let resource = super::domain_resource(self.account, self.domain, domain);
        Need { permission: Permission::DomainWrite, resource }
    }
}
