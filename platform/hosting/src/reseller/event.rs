//! What can happen to an account as a reseller.

use kernel::{AccountId, Sealed, ServiceId, TransferId};

use super::{Brand, Resources};

/// What happened to one account among resellers. Stream `reseller/{AccountId}`, in the tenant of that account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResellerEvent {
    /// It may hand on so much: the operator says so.
    PoolSet {
        /// How much; none: without limit.
        pool: Option<Resources>,
        /// Accounts directly below it that nothing was counted for before; they have nothing of the pool yet.
        customers: Vec<AccountId>,
    },
    /// An account below it shall have so much. Counted from now on; the account obeys once it has received it.
    Allocated {
        /// Which.
        account: AccountId,
        /// Which of the allocations to that account, counted from 1.
        serial: u32,
        /// How much.
        resources: Resources,
    },
    /// An account below it has what it was last given, or more where more was in use: so much is counted.
    Settled {
        /// Which.
        account: AccountId,
        /// Which of the allocations to that account.
        serial: u32,
        /// How much it has.
        resources: Resources,
    },
    /// It has so much for its own services and for the accounts below it.
    Received {
        /// The account above that gave it.
        giver: AccountId,
        /// Which of the giver's allocations.
        serial: u32,
        /// How much: what was given, and at least what was in use.
        resources: Resources,
        /// As in [`ResellerEvent::PoolSet`].
        customers: Vec<AccountId>,
    },
    /// Another reseller offers it a customer.
    TransferReceived {
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
    /// It takes the customer. The customer moves because of this, unless the offer was withdrawn meanwhile.
    TransferAccepted {
        /// The offer.
        transfer: TransferId,
        /// The customer's account.
        account: AccountId,
    },
    /// It does not take the customer.
    TransferDeclined {
        /// The offer.
        transfer: TransferId,
        /// The customer's account.
        account: AccountId,
    },
    /// Nothing has to be done about an offer any more.
    TransferClosed {
        /// The offer.
        transfer: TransferId,
        /// The customer's account.
        account: AccountId,
    },
    /// An account stands below it no more: what it was given is free.
    Dropped {
        /// Which.
        account: AccountId,
    },
    /// It stands below no reseller any more, and buys from the platform: nothing is counted of what its services take.
    Freed {
        /// What it may hand on; none: without limit.
        pool: Option<Resources>,
    },
    /// It presents itself to its customers so.
    Branded(Brand),
    /// It presents itself in no way of its own.
    Unbranded,
    /// A service of its own takes so much of what it has.
    Drawn {
        /// Which.
        service: ServiceId,
        /// How much.
        resources: Resources,
    },
    /// A service of its own takes nothing any more.
    Returned {
        /// Which.
        service: ServiceId,
    },
}
