//! Pools: what resellers may hand on, and what they handed on.

pub(crate) mod dress;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod query;
