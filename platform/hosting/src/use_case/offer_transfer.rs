//! Offering a customer to another reseller, or to the platform itself.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, TenantId, Timestamp, TransferId, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand, AccountState};
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, Resources};

/// Offers the account of a reseller's customer to another reseller, or gives it back to the platform itself, for which an operator
/// answers. It moves once that one accepts; until then nothing of it is seen there but its name and what its services take. The
/// reseller above offers, not the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferTransfer {
    /// The customer's account.
    pub account: AccountId,
    /// To whom; [`AccountId::PLATFORM`]: to the platform itself.
    pub to: AccountId,
    /// The offer's id.
    pub transfer: TransferId,
}

impl UseCase for OfferTransfer {
    const NAME: &'static str = "offer_transfer";
    type Reads = (Key<Account>, Key<Reseller>, Foreign<Account>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.account), Foreign(self.to.tenant(), self.to))
    }

    fn decide(
        &self,
        (account, reseller, to): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        // Whether somebody is no reseller or is not there is not told apart.
        let takes = match to {
            AccountState::Open(record) => record.sub_account_count_max > 0,
            AccountState::Absent | AccountState::Closed(_) => self.to == AccountId::PLATFORM,
        };
        if !takes || self.to == self.account {
            return Err(ResellerRefusal::TransferTarget.into());
        }
        let resources = reseller.services.values().fold(Resources::NONE, |sum, taken| sum.plus(*taken));
        let offer = AccountCommand::OfferTransfer { transfer: self.transfer, to: self.to, resources };
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, offer, &(), now)?))
    }
}

impl Guarded for OfferTransfer {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::ServiceEntitle, resource: Resource::account(self.account) }
    }
}
