//! Closing an account.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Closes an account whose services have all ended: nobody signs in to it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseAccount {
    /// Which.
    pub account: AccountId,
}

impl UseCase for CloseAccount {
    const NAME: &'static str = "close_account";
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
        Ok(Changes::none()
            .emit::<Account>(self.account, Account::decide(account, AccountCommand::Close, &(), now)?))
    }
}

impl Guarded for CloseAccount {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
