//! Recording that what the mailboxes of a domain share is used up to a fraction.

use authority::{Guarded, Need, Permission};
use kernel::{AccountId, Changes, Decider, DomainId, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand};
use crate::mailbox::{Crossing, Threshold};

/// Notes what the message store saw; noting it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPoolThreshold {
    /// Whose.
    pub account: AccountId,
    /// Which domain.
    pub domain: DomainId,
    /// Which fraction.
    pub threshold: Threshold,
    /// Which way.
    pub crossing: Crossing,
}

impl UseCase for RecordPoolThreshold {
    const NAME: &'static str = "record_pool_threshold";
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
        let record = DomainCommand::RecordThreshold { threshold: self.threshold, crossing: self.crossing };
        let events = Domain::decide(domain, record, &(), now)?;
        Ok(Changes::none().emit::<Domain>(self.domain, events))
    }
}

impl Guarded for RecordPoolThreshold {
    fn need(&self, domain: &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::MailboxWrite,
            resource: super::domain_resource(self.account, self.domain, domain),
        }
    }
}
