//! What all mail servers share: accepting, TLS, limits per peer, drain.

mod connection;

pub use connection::{Connection, Encryption, Stream};
