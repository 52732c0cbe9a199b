//! Accepting documents for a service that exists.

use authority::{Guarded, Need, OnBox, Permission};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, ServiceId, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::contract::{Acceptance, Contract};
use crate::document::{Document, all_series};
use crate::service::Service;

/// Accepts versions of documents for a service: revised ones, or those that were to follow its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptContract {
    /// Whose.
    pub account: AccountId,
    /// For which service.
    pub service: ServiceId,
    /// What is accepted.
    pub acceptance: Acceptance,
}

impl UseCase for AcceptContract {
    const NAME: &'static str = "accept_contract";
    type Reads = (Key<Service>, Vec<Foreign<Document>>, Key<Contract>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.service), library(), Key(self.service))
    }

    fn decide(
        &self,
        (service, library, contract): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_present(service)?;
        if self.acceptance.documents.is_empty() {
            return Err(HostingRefusal::AcceptanceEmpty);
        }
        let accepted = Contract::decide(contract, (self.account, self.acceptance.clone()), library, now)
            .map_err(|refusal| refusal.of("input.documents"))?;
        Ok(Changes::none().emit::<Contract>(self.service, accepted))
    }
}

impl Guarded for AcceptContract {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, (service, _, _): &<Self::Reads as Reads>::States) -> Need {
        Need {
            permission: Permission::ServiceWrite,
            resource: super::service_resource(self.account, self.service, service),
        }
    }
}

/// Every series of documents: published versions never change, so that reading them from another tenant is safe.
pub(super) fn library() -> Vec<Foreign<Document>> {
    all_series().map(|document| Foreign(TenantId::PLATFORM, document)).collect()
}
