//! Mail that waits to leave: listed, and ordered about. That an order is given is an event; what becomes of each recipient is told
//! by the message trace.

pub(crate) mod held;
pub(crate) mod mutation;
pub(crate) mod object;
pub(crate) mod own;
pub(crate) mod query;
mod told;

pub use told::order_told;
