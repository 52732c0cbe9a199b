//! The noun `mailbox`: how it is shown, read, changed and derived.

pub(crate) mod book;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
pub(crate) mod record;
pub(crate) mod usage;
pub(crate) mod visit;
