//! Ending a delegation.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, DelegationId, Key, Reads, TenantId, Timestamp, UseCase, UserId};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::delegation::{Delegation, DelegationCommand};

/// Takes a delegation or an invitation back, or gives it back: from now on it opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndDelegation {
    /// Whose account.
    pub account: AccountId,
    /// Which.
    pub delegation: DelegationId,
    /// The user who gives it back; none: it is taken back.
    pub left_by: Option<UserId>,
}

impl UseCase for EndDelegation {
    const NAME: &'static str = "end_delegation";
    type Reads = (Key<Account>, Key<Delegation>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.delegation))
    }

    fn decide(
        &self,
        (account, delegation): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let end = self.left_by.map_or(DelegationCommand::Revoke, DelegationCommand::Leave);
        let ended = Delegation::decide(delegation, end, &(), now)?;
        let counted = Account::decide(account, AccountCommand::EndDelegation(self.delegation), &(), now)?;
        Ok(Changes::none().emit::<Delegation>(self.delegation, ended).emit::<Account>(self.account, counted))
    }
}

impl Guarded for EndDelegation {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::DelegationWrite, resource: Resource::account(self.account) }
    }
}
