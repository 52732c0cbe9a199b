//! Retiring a signing key.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, DomainId, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::domain::{DkimSelector, Domain, DomainCommand};

/// Lets a key sign no more, at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetireDkimKey {
    /// Whose; the platform's for a shared domain.
    pub account: AccountId,
    /// Which domain.
    pub domain: DomainId,
    /// Which key.
    pub selector: DkimSelector,
}

impl UseCase for RetireDkimKey {
    const NAME: &'static str = "retire_dkim_key";
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
        let command = DomainCommand::RetireDkimKey(self.selector.clone());
        let events = Domain::decide(domain, command, &(), now)?;
        Ok(Changes::none().emit::<Domain>(self.domain, events))
    }
}

impl Guarded for RetireDkimKey {
    fn need(&self, domain: &<Self::Reads as Reads>::States) -> Need {
        let resource = super::domain_resource(self.account, self.domain, domain);
        Need { permission: Permission::DomainWrite, resource }
    }
}
