//! What all mail servers share: accepting, TLS, limits per peer, room in memory and on the disk, lines, drain.

mod accept;
mod connection;
mod memory;
mod metrics;
mod pace;
mod peers;
mod room;
mod wire;

pub use accept::{BACKLOG, DRAIN_WAIT, Limits, Listener, Protocol, Security, TLS_HANDSHAKE_WAIT, bind};
pub use connection::{Connection, Encryption, Stream};
pub use memory::{Held, Memory};
pub use metrics::{Counters, Metrics};
pub use pace::{CONTENT_OCTETS_PER_SEC_MIN, CONTENT_WAIT, DATA_WAIT, Pace};
pub use peers::{Peers, Seat};
pub use room::DiskRoom;
pub use wire::{Line, Wire, WireError};
