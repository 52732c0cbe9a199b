//! Moves events and names no concrete one: runs use cases, feeds projections, followers, policies and effects.
//!
//! | consumer | keeps its place in | promise |
//! |---|---|---|
//! | [`Projection`] | a row, moved in the transaction of its rows | exactly once |
//! | [`Policy`] | a row | at least once; its commands' ids are derived from the event, so once |
//! | [`Effect`] | a row | at least once; the event's id is the idempotency key |
//! | [`Follower`] | memory, from the first event at every start | at most once per start |
//! | [`Engine::subscribe`] | the session that watches | at most once |
//!
//! Each registered consumer has one scheduler task: the doorbell wakes it, a sweep is the guarantee, several tenants
//! are worked on at a time, each by one task. A page that fails is taken one event at a time; the event at fault halts
//! the pair (consumer, tenant), loudly, and everything else goes on. Nothing is spawned that [`Engine::shutdown`] does
//! not join.

mod case;
mod checkpoint;
mod checkpointed;
mod consumer;
mod decode;
mod engine;
mod feed;
mod folds;
mod follower;
mod metrics;
mod outcome;
mod pace;
mod progress;
mod queue;
mod rebuild;
mod revision;
mod run;
mod scheduler;
mod standstill;
mod status;
mod work;

pub use case::{Case, Verdict};
pub use consumer::{Cause, Effect, EffectError, Follower, Policy, Projection, ProjectionError, Reaction};
pub use decode::DecodeError;
pub use engine::{Engine, Freshness, Subscription};
pub use metrics::Metrics;
pub use outcome::{EngineError, Outcome, RunError};
pub use pace::Pace;
pub use rebuild::{RebuildError, Rebuilt, Rederived};
pub use run::{
    ATTEMPT_COUNT_MAX, Circumstances, OWN_EVENT_COUNT_MAX, PEOPLE_EVENT_COUNT_MAX, PLATFORM_EVENT_COUNT_MAX,
    RUN_WAIT_MAX, Runner,
};
pub use status::{Halt, SubscriptionStatus};
