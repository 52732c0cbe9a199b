//! What all mail servers share: accepting, TLS, limits per peer, lines, drain.

mod accept;
mod connection;
mod metrics;
mod wire;

pub use accept::{BACKLOG, DRAIN_WAIT, Limits, Listener, Protocol, Security, TLS_HANDSHAKE_WAIT, bind};
pub use connection::{Connection, Encryption, Stream};
pub use metrics::{Counters, Metrics};
pub use wire::{Line, Wire, WireError};
