//! What happened to a thing, who did it and why; what a thing was at a moment of the past.

pub(crate) mod actor;
pub(crate) mod change;
pub(crate) mod object;
pub(crate) mod part_projection;
pub(crate) mod past;
pub(crate) mod query;
mod seen;
mod telling;
