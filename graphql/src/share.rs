//! The noun `share`: who else works in a mailbox; how it is shown, read and changed. Its rows are those of all entries.

pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod query;
