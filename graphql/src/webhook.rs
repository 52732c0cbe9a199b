//! Webhooks: endpoints elsewhere that are told what happens.

pub(crate) mod body;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod projection;
pub(crate) mod query;
