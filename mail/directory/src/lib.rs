//! What the mail servers know about addresses and logins, in memory: built from events at start, kept current by
//! them, asked without I/O.

mod entry;

pub use entry::{
    AuthRefusal, Destinations, DirectoryChange, Entitlement, Login, LoginAttempt, Protocol, Resolution,
};
