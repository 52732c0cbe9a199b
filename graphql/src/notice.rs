//! Signing up, addresses, passwords that were forgotten, and the notices by which people are told.

pub(crate) mod held;
mod link;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
