//! A service: one subscription of an account to a plan version, and what it may do now.

mod command;
mod decide;
mod event;
mod fit;
mod people;
mod pool;
mod state;
mod wire;

pub use command::{ServiceCommand, ServiceOrder};
pub use decide::Service;
pub(crate) use decide::may_add;
pub use event::{ServiceEvent, SuspensionReason};
pub use fit::misfits;
pub use state::{DomainShare, DomainUsage, Entitlement, Recurring, ServiceRecord, ServiceState, Usage};
