//! How mail clients are set up by an address alone: Thunderbird's autoconfig, Microsoft's autodiscover, Apple's profiles,
//! the MTA-STS policy of a domain, and a page for those who type.
//!
//! Nothing here tells which addresses exist: what is answered depends on the domain, never on the local part. Calendars and
//! contacts are named where the operator runs a server for them elsewhere; there is none here.

pub(crate) mod apple;
mod autoconfig;
mod autodiscover;
pub(crate) mod door;
mod offer;
pub(crate) mod page;
mod place;
mod plist;
mod seal;
mod sts;
mod xml;

use std::sync::Arc;

pub use offer::{Dav, Offer, Service, Socket};
pub use seal::{Seal, SealError};
pub use sts::{OwnSts, StsMode, StsPolicy};

/// Knows the domains whose mail is served here.
pub trait Domains: Send + Sync {
    /// Whether the domain with this name, an A-label in lower case, is served.
    fn serves(&self, name: &str) -> bool;

    /// What the MTA-STS policy of a served domain asks; none where it has no policy.
    fn sts(&self, name: &str) -> Option<OwnSts>;
}

/// What client set-up stands on.
#[derive(Clone)]
pub struct Setup {
    /// What clients are told.
    pub offer: Arc<Offer>,
    /// Whose clients are told it.
    pub domains: Arc<dyn Domains>,
    /// Signs Apple's profiles; none where they go unsigned.
    pub seal: Option<Arc<Seal>>,
}
