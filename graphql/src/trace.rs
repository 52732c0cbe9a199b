//! The message trace: what happened to messages on their way, for 30 days.

pub(crate) mod object;
pub(crate) mod query;
mod reason;
mod words;
