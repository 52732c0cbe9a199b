//! What can be asked of an account as a reseller.

use kernel::{AccountId, Sealed, ServiceId, TransferId};

use super::{Brand, Resources};

/// An intention about one account among resellers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResellerCommand {
    /// Let it hand on so much.
    SetPool {
        /// How much; none: without limit.
        pool: Option<Resources>,
        /// Accounts that stand directly below it now: what they have is counted from now on.
        customers: Vec<AccountId>,
    },
    /// Let an account below it have so much.
    Allocate {
        /// Which.
        account: AccountId,
        /// How much.
        resources: Resources,
    },
    /// Take note that an account below has what it was given.
    Settle {
        /// Which.
        account: AccountId,
        /// Which of the allocations to it, counted from 1.
        serial: u32,
        /// What it has now.
        resources: Resources,
    },
    /// Have what the account above gave.
    Receive {
        /// Who gave it.
        giver: AccountId,
        /// Which of its allocations, counted from 1.
        serial: u32,
        /// How much it gave; what is used already is kept.
        resources: Resources,
        /// As in [`ResellerCommand::SetPool`].
        customers: Vec<AccountId>,
    },
    /// Note that another reseller offers it a customer.
    ReceiveTransfer {
        /// The offer.
        transfer: TransferId,
        /// The customer's account.
        account: AccountId,
        /// What it is called.
        name: Sealed<String>,
        /// Whether it is for trying things out.
        is_sandbox: bool,
        /// What its services take.
        resources: Resources,
    },
    /// Take the customer that was offered: what its services take is given at once.
    AcceptTransfer {
        /// The customer's account.
        account: AccountId,
        /// What it uses now, which may be more than when it was offered. None of the platform itself, which counts nothing.
        used: Option<Resources>,
    },
    /// Do not take it.
    DeclineTransfer(AccountId),
    /// Nothing has to be done about that offer any more.
    CloseTransfer {
        /// The offer.
        transfer: TransferId,
        /// The customer's account.
        account: AccountId,
    },
    /// Give nothing to an account that stands below it no more.
    Drop(AccountId),
    /// Stand below no reseller any more, and hand on so much; none: without limit.
    Free(Option<Resources>),
    /// Present itself so; none: in no way of its own.
    SetBrand(Option<Brand>),
    /// Let a service of its own take so much.
    Draw {
        /// Which.
        service: ServiceId,
        /// How much it takes from now on.
        resources: Resources,
    },
    /// A service of its own takes nothing any more.
    Return(ServiceId),
}
