//! Being offered a customer.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, TenantId, Timestamp, TransferId, UseCase};

use crate::HostingRefusal;
use crate::account::Account;
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, ResellerCommand, Resources};

/// Lets a reseller know that it is offered a customer: the platform does this by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiveTransfer {
    /// The reseller.
    pub to: AccountId,
    /// The customer's account.
    pub account: AccountId,
    /// The offer.
    pub transfer: TransferId,
    /// What the customer's services take.
    pub resources: Resources,
}

impl UseCase for ReceiveTransfer {
    const NAME: &'static str = "receive_transfer";
    type Reads = (Key<Reseller>, Foreign<Account>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.to.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.to), Foreign(self.account.tenant(), self.account))
    }

    fn decide(
        &self,
        (reseller, account): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = super::account_record(account).ok_or(HostingRefusal::AccountNotFound)?;
        if record.offered != Some((self.transfer, self.to)) {
            return Err(ResellerRefusal::TransferNotOffered.into());
        }
        let receive = ResellerCommand::ReceiveTransfer {
            transfer: self.transfer,
            account: self.account,
            name: record.name.clone(),
            is_sandbox: record.is_sandbox,
            resources: self.resources,
        };
        Ok(Changes::none().emit::<Reseller>(self.to, Reseller::decide(reseller, receive, &(), now)?))
    }
}

impl Guarded for ReceiveTransfer {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.to) }
    }
}
