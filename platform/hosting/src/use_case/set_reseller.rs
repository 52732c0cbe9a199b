//! Making an account a reseller's.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Lets an account have accounts of its own customers below it. Of the platform's customers the operator says so, of a
/// reseller's customers the reseller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetReseller {
    /// Which account.
    pub account: AccountId,
    /// How many may stand directly below it; 0: it is no reseller any more, and those that are there stay.
    pub sub_account_count_max: u32,
}

impl UseCase for SetReseller {
    const NAME: &'static str = "set_reseller";
    type Reads = Key<Account>;
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        Key(self.account)
    }

    fn decide(
        &self,
        account: &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let set = AccountCommand::SetReseller { sub_account_count_max: self.sub_account_count_max };
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, set, &(), now)?))
    }
}

impl Guarded for SetReseller {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        // Whoever may say what its services are entitled to: nobody about themselves.
        Need { permission: Permission::ServiceEntitle, resource: Resource::account(self.account) }
    }
}
