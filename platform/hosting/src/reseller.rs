//! How an account stands among resellers: what it may hand on, what it handed on, and what its services take.
//!
//! Handing on is decided in the giver's tenant, which counts what was given from that moment; the taker obeys once it has
//! received it, and says so. A cut frees nothing before the taker has made room: nothing is ever given twice.

mod command;
mod decide;
mod event;
mod resources;
mod state;
mod wire;

pub use command::ResellerCommand;
pub use decide::Reseller;
pub use event::ResellerEvent;
pub use resources::Resources;
pub use state::{Grant, ResellerState};
