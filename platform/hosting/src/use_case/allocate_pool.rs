//! Handing on a part of a pool.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountState};
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, ResellerCommand, Resources};

/// Lets an account that stands directly below have so much, out of what the one above has itself. It obeys once it has
/// received it: see [`super::ReceiveAllocation`]. A cut below what is in use comes to what is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocatePool {
    /// Who gives.
    pub account: AccountId,
    /// To whom.
    pub customer: AccountId,
    /// How much in total; what it had before is a part of it.
    pub resources: Resources,
}

impl UseCase for AllocatePool {
    const NAME: &'static str = "allocate_pool";
    type Reads = (Key<Account>, Key<Reseller>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.account))
    }

    fn decide(
        &self,
        (account, reseller): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let record = match account {
            AccountState::Open(record) => record,
            AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
            AccountState::Closed(_) => return Err(HostingRefusal::AccountClosed),
        };
        if !record.sub_accounts.contains_key(&self.customer) {
            return Err(ResellerRefusal::SubAccountNotAdmitted.into());
        }
        let allocate = ResellerCommand::Allocate { account: self.customer, resources: self.resources };
        Ok(Changes::none().emit::<Reseller>(self.account, Reseller::decide(reseller, allocate, &(), now)?))
    }
}

impl Guarded for AllocatePool {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
