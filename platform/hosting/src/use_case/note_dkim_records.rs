//! Seeing signing keys in DNS.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, DomainId, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand, SeenDkimRecord};

/// Takes note of what DNS shows of a domain's signing keys: they come to sign by it. Looked up by the platform itself,
/// never told by the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteDkimRecords {
    /// Whose; the platform's for a shared domain.
    pub account: AccountId,
    /// Which domain.
    pub domain: DomainId,
    /// What was found, one for each selector.
    pub seen: Vec<SeenDkimRecord>,
}

impl UseCase for NoteDkimRecords {
    const NAME: &'static str = "note_dkim_records";
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
        let command = DomainCommand::NoteDkimRecords(self.seen.clone());
        let events = Domain::decide(domain, command, &(), now)?;
        Ok(Changes::none().emit::<Domain>(self.domain, events))
    }
}

impl Guarded for NoteDkimRecords {
    fn need(&self, domain: &<Self::Reads as Reads>::States) -> Need {
        let resource = super::domain_resource(self.account, self.domain, domain);
        Need { permission: Permission::DomainWrite, resource }
    }
}
