//! Calling an account otherwise.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Calls an account otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameAccount {
    /// Which account.
    pub account: AccountId,
    /// What it is called from now on, 1 to 200 characters.
    pub name: String,
}

impl UseCase for RenameAccount {
    const NAME: &'static str = "rename_account";
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
        let rename = AccountCommand::Rename(self.name.clone());
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, rename, &(), now)?))
    }
}

impl Guarded for RenameAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
