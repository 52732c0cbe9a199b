//! Having what the account above gave.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountState};
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, ResellerCommand, Resources};

/// Lets an account have what the one above allocated to it, told by that event: the platform does this by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiveAllocation {
    /// The account above.
    pub giver: AccountId,
    /// Which account.
    pub account: AccountId,
    /// Which of the allocations to it.
    pub serial: u32,
    /// How much was given.
    pub resources: Resources,
}

impl UseCase for ReceiveAllocation {
    const NAME: &'static str = "receive_allocation";
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
            AccountState::Open(record) | AccountState::Closed(record) => record,
            AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
        };
        if record.parent.is_none_or(|parent| parent.account != self.giver) {
            return Err(ResellerRefusal::SubAccountNotAdmitted.into());
        }
        let receive = ResellerCommand::Receive {
            giver: self.giver,
            serial: self.serial,
            resources: self.resources,
            customers: super::uncounted(record, reseller)?,
        };
        Ok(Changes::none().emit::<Reseller>(self.account, Reseller::decide(reseller, receive, &(), now)?))
    }
}

impl Guarded for ReceiveAllocation {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
