//! How one thing decides.

use crate::{Category, Event, Id, Timestamp};

/// A noun of the model: its history is folded by `evolve`, its rules are `decide`.
///
/// Both are pure: the same arguments give the same answer, for ever.
pub trait Decider: 'static {
    /// The category of its streams.
    const CATEGORY: Category;
    /// Names one of them.
    type Id: Id;
    /// What its past makes of it; the default is "does not exist".
    type State: Default + Clone + Send + Sync;
    /// What can happen to it.
    type Event: Event;
    /// What can be asked of it.
    type Command;
    /// What it must know that is not its own, for example the limits of a plan.
    type Facts;
    /// Why it says no.
    type Refusal;

    /// The state after `event`. Total over every history that `decide` can produce.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;

    /// The events that `command` causes in `state`; empty where it is so already.
    ///
    /// # Errors
    /// The refusal: expected, shown to the asker, never logged as a failure.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        facts: &Self::Facts,
        now: Timestamp,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// The state that a whole history gives.
    fn fold<'a>(events: impl IntoIterator<Item = &'a Self::Event>) -> Self::State {
        events.into_iter().fold(Self::State::default(), Self::evolve)
    }
}
