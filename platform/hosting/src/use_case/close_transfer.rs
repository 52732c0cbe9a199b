//! Ending the offer of a customer.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Key, Reads, TenantId, Timestamp, TransferId, UseCase};

use crate::HostingRefusal;
use crate::account::{Account, AccountCommand};
use crate::reseller::{IncomingState, Reseller, ResellerCommand};

/// Lets a reseller have nothing more to do about an offer: the platform does this by itself. Where the offer was withdrawn
/// before the customer could move, what was counted for it is free again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseTransfer {
    /// The reseller to whom it was made; [`AccountId::PLATFORM`]: the platform itself.
    pub account: AccountId,
    /// The customer's account.
    pub customer: AccountId,
    /// The offer.
    pub transfer: TransferId,
    /// How it ended.
    pub end: TransferEnd,
}

impl UseCase for CloseTransfer {
    const NAME: &'static str = "close_transfer";
    type Reads = (Key<Account>, Key<Reseller>);
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        (Key(self.account), Key(self.account))
    }

    fn decide(
        &self,
        (account, reseller): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let incoming = reseller.incoming.get(&self.customer).filter(|known| known.transfer == self.transfer);
        let Some(incoming) = incoming else { return Ok(Changes::none()) };
        let close = ResellerCommand::CloseTransfer { transfer: self.transfer, account: self.customer };
        let mut changes =
            Changes::none().emit::<Reseller>(self.account, Reseller::decide(reseller, close, &(), now)?);
        let was_counted = incoming.state == IncomingState::Accepted && self.account != AccountId::PLATFORM;
        if self.end == TransferEnd::Withdrawn && was_counted {
            let release = AccountCommand::ReleaseSubAccount(self.customer);
            let dropped = Reseller::decide(reseller, ResellerCommand::Drop(self.customer), &(), now)?;
            changes = changes
                .emit::<Account>(self.account, Account::decide(account, release, &(), now)?)
                .emit::<Reseller>(self.account, dropped);
        }
        Ok(changes)
    }
}

impl Guarded for CloseTransfer {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}

/// How the offer of a customer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferEnd {
    /// The customer has moved.
    Moved,
    /// It was taken back, or declined.
    Withdrawn,
}
