//! A contract: the exact documents that an account accepted for one service, as they were.

mod decide;
mod event;
mod wire;

pub use decide::{Contract, ContractState};
pub(crate) use decide::{check_complete, is_demanded};
pub use event::{Acceptance, AcceptedDocument, Agreement, ContractEvent, Method};
