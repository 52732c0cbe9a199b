//! Access to accounts that are not one's own: given, answered, taken back.

pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
