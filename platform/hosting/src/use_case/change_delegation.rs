//! Changing what a delegation allows.

use authority::{Guarded, Need, OnBox, Permission, Resource};
use kernel::{AccountId, Changes, Decider, DelegationId, Key, Reads, TenantId, Timestamp, UseCase};

use super::Delegated;
use crate::HostingRefusal;
use crate::delegation::{Delegation, DelegationCommand, Terms};

/// Lets a delegation allow more or less, never more than whoever changes it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeDelegation {
    /// Whose account.
    pub account: AccountId,
    /// Which.
    pub delegation: DelegationId,
    /// From now on.
    pub terms: Terms,
}

impl UseCase for ChangeDelegation {
    const NAME: &'static str = "change_delegation";
    type Reads = (Key<Delegation>, Delegated);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.delegation), super::delegated(&self.terms.scope))
    }

    fn decide(
        &self,
        (delegation, things): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        super::check_delegated(things)?;
        let change = DelegationCommand::ChangeTerms(self.terms.clone());
        Ok(Changes::none()
            .emit::<Delegation>(self.delegation, Delegation::decide(delegation, change, &(), now)?))
    }
}

impl Guarded for ChangeDelegation {
    fn on_box(&self, _: &<Self::Reads as Reads>::States) -> OnBox {
        OnBox::Nothing
    }

    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::DelegationWrite, resource: Resource::account(self.account) }
    }

    fn needs(&self, states: &<Self::Reads as Reads>::States) -> Vec<Need> {
        super::delegated_needs(self.account, &self.terms, &states.1)
    }
}
