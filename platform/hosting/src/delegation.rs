//! A delegation: somebody's access to an account that is not theirs. Invited, accepted, ended.

mod command;
mod decide;
mod event;
mod state;
mod wire;

pub use command::{Answer, DelegationCommand, Invitation, Terms};
pub use decide::Delegation;
pub use event::{DelegationEvent, DelegationScope};
pub use state::{AcceptedBy, DelegationRecord, DelegationState, Stage};
