//! What an account's past among resellers makes of it.

use std::collections::BTreeMap;

use kernel::{AccountId, Sealed, ServiceId, TransferId};

use super::{Brand, Resources};

/// What an account has, and what became of it. Without a pool it hands on and uses as much as it likes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResellerState {
    /// What it may hand on and use; none: without limit.
    pub pool: Option<Resources>,
    /// How often that was changed.
    pub pool_revision: u32,
    /// Who gave it, and which of the giver's allocations was the last.
    pub received: Option<(AccountId, u32)>,
    /// What it handed on.
    pub grants: BTreeMap<AccountId, Grant>,
    /// What its own services take; of an account that stands below no other nothing is kept.
    pub services: BTreeMap<ServiceId, Resources>,
    /// Customers that other resellers offer it, by their accounts.
    pub incoming: BTreeMap<AccountId, Incoming>,
    /// How it presents itself to its customers.
    pub brand: Option<Brand>,
    /// How often that was changed.
    pub brand_revision: u32,
}

/// A customer that another reseller offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The offer.
    pub transfer: TransferId,
    /// What the customer is called.
    pub name: Sealed<String>,
    /// Whether it is for trying things out.
    pub is_sandbox: bool,
    /// What its services take.
    pub resources: Resources,
    /// How far it is.
    pub state: IncomingState,
}

/// How far the offer of a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IncomingState {
    /// It waits for an answer.
    Offered,
    /// It is accepted; the customer is on the way.
    Accepted,
}

/// What was handed on to one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Grant {
    /// Which allocation was the last, counted from 1.
    pub serial: u32,
    /// How much it said.
    pub asked: Resources,
    /// How much is counted: the most that the account may have now.
    pub counted: Resources,
}

impl ResellerState {
    /// What is used of the pool: by those below, and by its own services.
    pub fn used(&self) -> Resources {
        let given = self.grants.values().fold(Resources::NONE, |sum, grant| sum.plus(grant.counted));
        self.services.values().fold(given, |sum, taken| sum.plus(*taken))
    }

    /// Those of `customers` for whom nothing is counted yet.
    pub fn uncounted(&self, customers: impl Iterator<Item = AccountId>) -> Vec<AccountId> {
        customers.filter(|customer| !self.grants.contains_key(customer)).collect()
    }
}
