//! The noun `plan`: how it is shown, read, changed and derived.

pub(crate) mod bought;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
