//! Moves events and names no concrete one: runs use cases, feeds projections, followers, policies and effects.

mod consumer;
mod outcome;

pub use consumer::{Effect, EffectError, Follower, Policy, Projection, ProjectionError, Reaction};
pub use outcome::{Outcome, RunError};

/// The engine: see `run`.
pub struct Engine {}
