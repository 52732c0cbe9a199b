//! Choosing who is asked to pay for an account.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand, BillingMode};

/// Lets a reseller's customer, or the reseller, be asked to pay for the customer's services. The account above says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetBillingMode {
    /// Which account.
    pub account: AccountId,
    /// Who.
    pub mode: BillingMode,
}

impl UseCase for SetBillingMode {
    const NAME: &'static str = "set_billing_mode";
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
        let set = AccountCommand::SetBillingMode(self.mode);
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, set, &(), now)?))
    }
}

impl Guarded for SetBillingMode {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        // As for entitlements: nobody about themselves.
        Need { permission: Permission::ServiceEntitle, resource: Resource::account(self.account) }
    }
}
