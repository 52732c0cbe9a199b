//! Opening an account for trying things out.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Makes an account exist in which everything can be tried: its mail leaves nowhere, and nothing is billed, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSandbox {
    /// Its id.
    pub account: AccountId,
    /// What it is called, 1 to 200 characters.
    pub name: String,
}

impl UseCase for OpenSandbox {
    const NAME: &'static str = "open_sandbox";
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
            is_sandbox: true,
        };
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, open, &(), now)?))
    }
}

impl Guarded for OpenSandbox {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
