//! Saying how much a reseller may hand on.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountState};
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, ResellerCommand, Resources};

/// Lets an account hand on so much to those below it. Of an account that stands below another the one above says so: see
/// [`super::AllocatePool`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetPool {
    /// Which account.
    pub account: AccountId,
    /// How much; none: without limit.
    pub pool: Option<Resources>,
}

impl UseCase for SetPool {
    const NAME: &'static str = "set_pool";
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
        if record.parent.is_some() {
            return Err(ResellerRefusal::PoolFromGiver.into());
        }
        let customers = super::uncounted(record, reseller)?;
        let set = ResellerCommand::SetPool { pool: self.pool, customers };
        Ok(Changes::none().emit::<Reseller>(self.account, Reseller::decide(reseller, set, &(), now)?))
    }
}

impl Guarded for SetPool {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
