//! Taking note of what an account below has.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::reseller::{Reseller, ResellerCommand, Resources};

/// Counts what an account below has received, told by that event: the platform does this by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleAllocation {
    /// The account above.
    pub giver: AccountId,
    /// The one below.
    pub account: AccountId,
    /// Which of the allocations to it.
    pub serial: u32,
    /// What it has.
    pub resources: Resources,
}

impl UseCase for SettleAllocation {
    const NAME: &'static str = "settle_allocation";
    type Reads = Key<Reseller>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.giver.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.giver)
    }

    fn decide(
        &self,
        reseller: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let settle =
            ResellerCommand::Settle { account: self.account, serial: self.serial, resources: self.resources };
        Ok(Changes::none().emit::<Reseller>(self.giver, Reseller::decide(reseller, settle, &(), now)?))
    }
}

impl Guarded for SettleAllocation {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.giver) }
    }
}
