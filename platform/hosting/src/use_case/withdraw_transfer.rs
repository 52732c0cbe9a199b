//! Taking the offer of a customer back.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, TransferId, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};

/// Ends the offer of a customer, unless the customer has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawTransfer {
    /// The customer's account.
    pub account: AccountId,
    /// Which offer; none: the one that stands.
    pub transfer: Option<TransferId>,
}

impl UseCase for WithdrawTransfer {
    const NAME: &'static str = "withdraw_transfer";
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
        let standing = super::account_record(account).and_then(|record| record.offered);
        if self.transfer.is_some_and(|transfer| standing.is_none_or(|(known, _)| known != transfer)) {
            return Ok(Changes::none());
        }
        let withdrawn = Account::decide(account, AccountCommand::WithdrawTransfer, &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, withdrawn))
    }
}

impl Guarded for WithdrawTransfer {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::ServiceEntitle, resource: Resource::account(self.account) }
    }
}
