//! A pool as the API shows it.

use async_graphql::{InputObject, SimpleObject};
use hosting::reseller as model;

use crate::scalar::{AccountKey, Octets};

/// An amount of what resellers hand on: of what services may have, whether they use it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, SimpleObject)]
pub struct Resources {
    /// Services that have not ended.
    pub services: u32,
    /// Own domains of those services.
    pub domains: u32,
    /// Mailboxes of those services.
    pub mailboxes: u32,
    /// Storage of those services.
    pub storage_bytes: Octets,
}

impl From<model::Resources> for Resources {
    fn from(resources: model::Resources) -> Self {
        Self {
            services: resources.services,
            domains: resources.domains,
            mailboxes: resources.mailboxes,
            storage_bytes: resources.storage.into(),
        }
    }
}

/// An amount to hand on; each is 0 where nothing of it is.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct ResourcesInput {
    /// Services that have not ended.
    pub services: u32,
    /// Own domains of those services.
    pub domains: u32,
    /// Mailboxes of those services.
    pub mailboxes: u32,
    /// Storage of those services.
    pub storage_bytes: Octets,
}

impl From<ResourcesInput> for model::Resources {
    fn from(input: ResourcesInput) -> Self {
        Self {
            services: input.services,
            domains: input.domains,
            mailboxes: input.mailboxes,
            storage: input.storage_bytes.0,
        }
    }
}

/// What an account may hand on and, where it stands below a reseller, order itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct Pool {
    /// The account.
    pub id: AccountKey,
    /// How much in all; none: without limit.
    pub total: Option<Resources>,
    /// How much of it is given to accounts below and taken by own services. A cut counts once its holder has made room.
    pub used: Resources,
    /// How much is left; none: without limit.
    pub free: Option<Resources>,
}

/// What one customer of a reseller has of the pool.
#[derive(Debug, Clone, SimpleObject)]
pub struct PoolShare {
    /// The customer's account.
    pub id: AccountKey,
    /// What was allocated last.
    pub allocated: Resources,
    /// What counts: more than that while the customer has not made room yet, or uses more.
    pub counted: Resources,
}
