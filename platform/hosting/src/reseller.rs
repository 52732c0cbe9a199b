//! How an account stands among resellers: what it may hand on, what it handed on, what its services take, which customers
//! others offer it, and how it presents itself.
//!
//! Handing on is decided in the giver's tenant, which counts what was given from that moment; the taker obeys once it has
//! received it, and says so. A cut frees nothing before the taker has made room: nothing is ever given twice.

mod brand;
mod command;
mod decide;
mod event;
mod resources;
mod state;
pub(crate) mod wire;

pub use brand::{Brand, BrandHost, Colour, Logo};
pub use command::ResellerCommand;
pub use decide::Reseller;
pub use event::ResellerEvent;
pub use resources::Resources;
pub use state::{Grant, Incoming, IncomingState, ResellerState};
