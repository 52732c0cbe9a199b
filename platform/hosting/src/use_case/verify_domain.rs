//! Verifying a domain.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Claim, Decider, DomainId, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::domain::{Domain, DomainCommand, Proof};

/// Accepts a proof that the account owns a domain. One append: the domain, the claim on its name; the first account that
/// proves it has it.
///
/// The TXT records come from the platform's own look-up, never from the asker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyDomain {
    /// Whose.
    pub account: AccountId,
    /// Which domain.
    pub domain: DomainId,
    /// How the ownership is shown.
    pub proof: Proof,
}

impl UseCase for VerifyDomain {
    const NAME: &'static str = "verify_domain";
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
        let verified = Domain::decide(domain, DomainCommand::Verify(self.proof.clone()), &(), now)?;
        match domain.record() {
            Some(record) if !verified.is_empty() => Ok(Changes::none()
                .emit::<Domain>(self.domain, verified)
                .take::<Domain>(self.domain, Claim::domain(&record.name))),
            Some(_) | None => Ok(Changes::none()),
        }
    }
}

impl Guarded for VerifyDomain {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Adds
    }

    fn need(&self, domain: &<Self::Reads as Reads>::States) -> Need {
        let permission = match self.proof {
            Proof::Txt(_) => Permission::DomainWrite,
            Proof::AssertedByOperator => Permission::PlatformWrite,
        };
        Need { permission, resource: super::domain_resource(self.account, self.domain, domain) }
    }
}
