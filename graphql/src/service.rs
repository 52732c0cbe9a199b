//! The noun `service`: how it is shown, read, changed and derived.

mod beside;
mod in_use;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod price;
pub(crate) mod projection;
pub(crate) mod query;
