//! A plan: an offer (the Boxes) with its published versions.

mod catalogue;
mod command;
mod decide;
mod event;
mod limits;
mod state;
pub(crate) mod wire;

pub use catalogue::{CatalogueEntry, SLUG_CHARACTER_COUNT_MAX, catalogue, is_slug, plan_id};
pub use command::PlanCommand;
pub use decide::Plan;
pub use event::PlanEvent;
pub use limits::{
    AddOn, AddOns, Currency, CustomLimits, DomainMode, Feature, PlanLimits, PlanName, PlanVersion, Price,
    SendLimits, SendsOf,
};
pub use state::PlanState;
