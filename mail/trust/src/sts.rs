//! MTA-STS (RFC 8461): what a destination says about its hosts over HTTPS, remembered for as long as it says.

mod cache;
mod fetch;
mod policy;

pub(crate) use cache::Known;
pub use cache::{Cached, StsCache};
pub use fetch::{Addresses, Fetch, FetchFault, Https, POLICY_OCTETS_MAX, SECONDS_MAX};
pub use policy::{Mode, Policy, PolicyFault};
