//! The noun `sender_relay`: how it is shown, read and changed. Its rows are those of all entries.

pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod query;
