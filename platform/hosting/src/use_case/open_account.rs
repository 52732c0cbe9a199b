//! Opening an account.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Makes a customer exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAccount {
    /// Its id.
    pub account: AccountId,
    /// What it is called, 1 to 200 characters.
    pub name: String,
}

impl UseCase for OpenAccount {
    const NAME: &'static str = "open_account";
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
        let open = AccountCommand::Open {
            account: self.account,
            name: self.name.clone(),
            parent: None,
            is_sandbox: false,
        };
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, open, &(), now)?))
    }
}

impl Guarded for OpenAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
