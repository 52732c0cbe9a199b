//! Not taking a customer from a reseller.

use authority::{Guarded, Need};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::reseller::{Reseller, ResellerCommand};

/// Does not take the customer that another reseller offers; the offer ends because of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclineTransfer {
    /// The reseller to whom it is offered; [`AccountId::PLATFORM`]: the platform itself.
    pub account: AccountId,
    /// The customer's account.
    pub customer: AccountId,
}

impl UseCase for DeclineTransfer {
    const NAME: &'static str = "decline_transfer";
    type Reads = Key<Reseller>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.account)
    }

    fn decide(
        &self,
        reseller: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let decline = ResellerCommand::DeclineTransfer(self.customer);
        Ok(Changes::none().emit::<Reseller>(self.account, Reseller::decide(reseller, decline, &(), now)?))
    }
}

impl Guarded for DeclineTransfer {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        super::transfer_need(self.account)
    }
}
