//! The noun `domain`: how it is shown, read, changed and derived.

pub(crate) mod dkim;
pub(crate) mod dns;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
pub(crate) mod report;
pub(crate) mod room;
pub(crate) mod standing;
pub(crate) mod storage;
