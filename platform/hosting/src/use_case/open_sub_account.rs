//! Opening an account that was admitted.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, TenantId, Timestamp, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand, AccountState, Parent};
use crate::refusal::ResellerRefusal;
use crate::reseller::{Reseller, ResellerCommand};

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
    type Reads = ((Key<Account>, Key<Reseller>), (Foreign<Account>, Foreign<Reseller>));
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let above = self.parent.tenant();
        ((Key(self.account), Key(self.account)), (Foreign(above, self.parent), Foreign(above, self.parent)))
    }

    fn decide(
        &self,
        ((account, reseller), (parent, giver)): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let above = match parent {
            AccountState::Open(record) | AccountState::Closed(record) => record,
            AccountState::Absent => return Err(HostingRefusal::AccountNotFound),
        };
        let admitted = above.sub_accounts.get(&self.account).ok_or(ResellerRefusal::SubAccountNotAdmitted)?;
        if !matches!(account, AccountState::Absent) {
            return Ok(Changes::none());
        }
        let depth = above.parent.map_or(0, |parent| parent.depth).saturating_add(1);
        let open = AccountCommand::Open {
            account: self.account,
            name: admitted.name.plain().ok_or(HostingRefusal::AccountNotFound)?.clone(),
            parent: Some(Parent { account: self.parent, depth }),
            is_sandbox: admitted.is_sandbox,
        };
        let opened = Account::decide(account, open, &(), now)?;
        // Admitted and allocated in one append: from its first moment it has no more than it was given.
        let received = match giver.grants.get(&self.account) {
            Some(grant) => {
                let receive = ResellerCommand::Receive {
                    giver: self.parent,
                    serial: grant.serial,
                    resources: grant.asked,
                    customers: vec![],
                };
                Reseller::decide(reseller, receive, &(), now)?
            }
            None => vec![],
        };
        Ok(Changes::none().emit::<Account>(self.account, opened).emit::<Reseller>(self.account, received))
    }
}

impl Guarded for OpenSubAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::AccountWrite, resource: Resource::account(self.parent) }
    }
}
