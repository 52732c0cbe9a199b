//! Moving a customer below another reseller, or from below one.

use authority::{Guarded, Need, Permission, Resource};
use kernel::{AccountId, Changes, Decider, Foreign, Key, Reads, TenantId, Timestamp, TransferId, UseCase};

use super::WithdrawTransfer;
use crate::HostingRefusal;
use crate::account::{Account, AccountCommand, AccountState, Parent};
use crate::refusal::ResellerRefusal;
use crate::reseller::{IncomingState, Reseller, ResellerCommand, ResellerState, Resources};

/// Lets an account stand below the reseller who accepted it: the platform does this by itself. Here it is decided whether an
/// acceptance or a withdrawal came first. Where the account has grown beyond what the reseller counted for it, its offer ends
/// instead: nobody has more than a pool holds. Where the platform itself accepted it, it stands below nobody from then on: it buys
/// from the platform, and hands on nothing of what its reseller had given it until an operator says how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveAccount {
    /// The customer's account.
    pub account: AccountId,
    /// The reseller who accepted it; [`AccountId::PLATFORM`]: the platform itself.
    pub to: AccountId,
    /// The offer.
    pub transfer: TransferId,
}

impl UseCase for MoveAccount {
    const NAME: &'static str = "move_account";
    type Reads = ((Key<Account>, Key<Reseller>), (Foreign<Account>, Foreign<Reseller>));
    type Refusal = HostingRefusal;

    fn tenant(&self) -> TenantId {
        self.account.tenant()
    }

    fn reads(&self) -> Self::Reads {
        let there = self.to.tenant();
        ((Key(self.account), Key(self.account)), (Foreign(there, self.to), Foreign(there, self.to)))
    }

    fn decide(
        &self,
        ((account, reseller), (to, taker)): &<Self::Reads as Reads>::States,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let accepted = taker.incoming.get(&self.account).filter(|incoming| {
            incoming.transfer == self.transfer && incoming.state == IncomingState::Accepted
        });
        if self.to == AccountId::PLATFORM {
            return match accepted {
                Some(_) => self.to_platform(account, reseller, now),
                None => Err(ResellerRefusal::TransferNotOffered.into()),
            };
        }
        let above = super::account_record(to).ok_or(HostingRefusal::AccountNotFound)?;
        let (Some(_), Some(grant)) = (accepted, taker.grants.get(&self.account)) else {
            return Err(ResellerRefusal::TransferNotOffered.into());
        };
        let depth = above.parent.map_or(0, |parent| parent.depth).saturating_add(1);
        let go = AccountCommand::Move { transfer: self.transfer, parent: Parent { account: self.to, depth } };
        if !reseller.used().fits(grant.counted) {
            let end = WithdrawTransfer { account: self.account, transfer: Some(self.transfer) };
            return end.decide(account, now);
        }
        let moved = Account::decide(account, go, &(), now)?;
        let receive = ResellerCommand::Receive {
            giver: self.to,
            serial: grant.serial,
            resources: grant.asked,
            customers: vec![],
        };
        let received = Reseller::decide(reseller, receive, &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, moved).emit::<Reseller>(self.account, received))
    }
}

impl MoveAccount {
    fn to_platform(
        &self,
        account: &AccountState,
        reseller: &ResellerState,
        now: Timestamp,
    ) -> Result<Changes, HostingRefusal> {
        let moved = Account::decide(account, AccountCommand::MoveToPlatform(self.transfer), &(), now)?;
        if moved.is_empty() {
            return Ok(Changes::none());
        }
        // Who hands nothing on is as all who buy from the platform are.
        let is_reseller =
            super::account_record(account).is_some_and(|record| record.sub_account_count_max > 0);
        let free = ResellerCommand::Free(is_reseller.then_some(Resources::NONE));
        let freed = Reseller::decide(reseller, free, &(), now)?;
        Ok(Changes::none().emit::<Account>(self.account, moved).emit::<Reseller>(self.account, freed))
    }
}

impl Guarded for MoveAccount {
    fn need(&self, _: &<Self::Reads as Reads>::States) -> Need {
        Need { permission: Permission::PlatformWrite, resource: Resource::account(self.account) }
    }
}
