//! Counting a customer no more who has moved.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::reseller::{Reseller, ResellerCommand};

/// Frees the place, and what was given, of a customer who has moved elsewhere: the platform does this by
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSubAccount {
    /// The reseller below whom it stood.
    pub account: AccountId,
    /// The customer's account.
    pub customer: AccountId,
}

impl UseCase for ReleaseSubAccount {
    const NAME: &'static str = "release_sub_account";
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
        let release = AccountCommand::ReleaseSubAccount(self.customer);
        let released = Account::decide(account, release, &(), now)?;
        let dropped = Reseller::decide(reseller, ResellerCommand::Drop(self.customer), &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, released).emit::<Reseller>(self.account, dropped))
    }
}

impl Guarded for ReleaseSubAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
