//! Tells endpoints elsewhere what happens in an account.
//!
//! An endpoint has one place in its account's events. What lies behind it is told one by one, in order, signed, until a
//! 2xx says that it was taken; then the place moves, in the transaction that logs the delivery. So each event is told at
//! least once and never before an earlier one, also after a crash; its id is the key by which the receiver knows a repeat.
//! What is not taken is tried again with growing pauses, then the webhook pauses itself by an event of its own.
//!
//! | | |
//! |---|---|
//! | who is told what | [`Endpoints`], a follower of the events of webhooks |
//! | where each stands, and the log | [`Deliveries`], two tables |
//! | the call | [`Teller`], by the project's one HTTP client |
//!
//! What is told is the caller's: see [`Body`]. Knows no GraphQL.

mod deliver;
mod endpoint;
mod pace;
mod signature;
mod table;
mod teller;

pub use endpoint::Endpoints;
pub use pace::Pace;
pub use signature::{SIGNATURE_HEADER, sign, signature};
pub use table::{Deliveries, Delivery, Fault, Outcome};
pub use teller::{Body, BodyError, Teller};
