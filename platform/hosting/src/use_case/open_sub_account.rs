//! Opening an account that was admitted.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand, AccountState, Parent};

/// Makes a reseller's customer exist, in a tenant of its own, once the reseller's account has admitted it. That it was
/// admitted never changes, so that reading it from another tenant is safe. Repeating it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSubAccount {
    /// The reseller's account.
    pub parent: AccountId,
    /// The id of the new one.
    pub account: AccountId,
}

impl UseCase for OpenSubAccount {
    const NAME: &'static str = "open_sub_account";
    type Reads = (Key<Account>, Foreign<Account>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Foreign(self.parent.tenant(), self.parent))
    }

    fn decide(
        &self,
        (account, parent): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let above = match parent {
            AccountState::Open(record) | AccountState::Closed(record) => record,
            AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
        };
        let name = above.sub_accounts.get(&self.account).ok_or(HostingRefusal::SubAccountNotAdmitted)?;
        if !matches!(account, AccountState::Absent) {
            return Ok(Changes::none());
        }
        let depth = above.parent.map_or(0, |parent| parent.depth).saturating_add(1);
        let open = AccountCommand::Open {
            account: self.account,
            name: name.plain().ok_or(HostingRefusal::AccountNotFound)?.clone(),
            parent: Some(Parent { account: self.parent, depth }),
        };
        Ok(Changes::none().emit::<Account>(self.account, Account::decide(account, open, &(), now)?))
    }
}

impl Guarded for OpenSubAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.parent) }
    }
}
