//! Demanding a second factor of an account's users.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Demands a second factor of everybody who signs in to the account, or demands it no more. Whoever has none can add
/// one and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireSecondFactor {
    /// Which account.
    pub account: AccountId,
    /// Whether it is demanded.
    pub is_required: bool,
}

impl UseCase for RequireSecondFactor {
    const NAME: &'static str = "require_second_factor";
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
        let require = AccountCommand::RequireSecondFactor(self.is_required);
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, require, &(), now)?))
    }
}

impl Guarded for RequireSecondFactor {
    fn is_kept_from_visitors(&self) -> bool {
        true
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.account) }
    }
}
