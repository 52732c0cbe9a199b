//! Documents that customers accept or are to know, and the contracts that come of it.

pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
pub(crate) mod serve;
