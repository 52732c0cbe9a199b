//! Questions to the platform's support, with their answers.

pub(crate) mod file;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
