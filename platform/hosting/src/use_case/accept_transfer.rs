//! Taking a customer from a reseller.

use authority::{Guarded, Need};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, ResellerCommand};

/// Takes the customer that another reseller offers: its place and what its services take are counted at once, as much as they
/// take now where that is more than when it was offered. The platform itself counts neither. It moves because of this, unless the offer was withdrawn meanwhile or
/// the customer grows in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptTransfer {
    /// The reseller who takes it; [`AccountId::PLATFORM`]: the platform itself.
    pub account: AccountId,
    /// The customer's account.
    pub customer: AccountId,
}

impl UseCase for AcceptTransfer {
    const NAME: &'static str = "accept_transfer";
    type Reads = (Key<Account>, Key<Reseller>, Foreign<Reseller>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.account), Foreign(self.customer.tenant(), self.customer))
    }

    fn decide(
        &self,
        (account, reseller, customer): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let incoming = reseller.incoming.get(&self.customer).ok_or(ResellerRefusal::TransferNotOffered)?;
        if self.account == AccountId::PLATFORM {
            let accept = ResellerCommand::AcceptTransfer { account: self.customer, used: None };
            let accepted = Reseller::decide(reseller, accept, &(), now)?;
            return Ok(Changes::none().emit::<Reseller>(self.account, accepted));
        }
        let admit = AccountCommand::AdmitSubAccount {
            account: self.customer,
            name: incoming.name.plain().ok_or(HostingRefusal::AccountNotFound)?.clone(),
            is_sandbox: incoming.is_sandbox,
        };
        let admitted = Account::decide(account, admit, &(), now)?;
        let accept = ResellerCommand::AcceptTransfer { account: self.customer, used: Some(customer.used()) };
        let accepted = Reseller::decide(reseller, accept, &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, admitted).emit::<Reseller>(self.account, accepted))
    }
}

impl Guarded for AcceptTransfer {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        super::transfer_need(self.account)
    }
}
