//! The rules of a plan.

use kernel::{Category, Decider, PlanId, Timestamp};

use super::{PlanCommand, PlanEvent, PlanState};
use crate::HostingRefusal;

/// The noun; its history is the stream `plan/{PlanId}` of the platform's tenant.
pub struct Plan;

impl Decider for Plan {
    const CATEGORY: Category = Category("plan");
    type Id = PlanId;
    type State = PlanState;
    type Event = PlanEvent;
    type Command = PlanCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(mut state: PlanState, event: &PlanEvent) -> PlanState {
        match event {
            PlanEvent::VersionPublished { version, terms } => {
                state.versions.insert(*version, terms.clone());
            }
        }
        state
    }

    fn decide(
        state: &PlanState,
        command: PlanCommand,
        (): &(),
        _: Timestamp,
    ) -> Result<Vec<PlanEvent>, HostingRefusal> {
        match command {
            PlanCommand::Publish { version, terms } => match state.versions.get(&version) {
                Some(published) if *published == terms => Ok(vec![]),
                Some(_) => Err(HostingRefusal::PlanVersionDiffers),
                None if version != next(state) => Err(HostingRefusal::PlanVersionOutOfOrder),
                None if !terms.limits.is_consistent() => Err(HostingRefusal::PlanLimitsInconsistent),
                None => Ok(vec![PlanEvent::VersionPublished { version, terms }]),
            },
        }
    }
}

fn next(state: &PlanState) -> u32 {
    state.versions.last_key_value().map_or(1, |(version, _)| version.saturating_add(1))
}
