//! What all mail servers share: accepting, TLS, limits per peer, room on the disk, lines, drain.

mod accept;
mod connection;
mod metrics;
mod room;
mod wire;

pub use accept::{BACKLOG, DRAIN_WAIT, Limits, Listener, Protocol, Security, TLS_HANDSHAKE_WAIT, bind};
pub use connection::{Connection, Encryption, Stream};
pub use metrics::{Counters, Metrics};
pub use room::DiskRoom;
pub use wire::{Line, Wire, WireError};
