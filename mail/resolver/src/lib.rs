//! DNS as the mail servers ask it: a port ([`Dns`]), so that the same code runs over real servers and over a [`Zone`] in
//! memory, in tests and in simulations.
//!
//! Knows no mail: what MX and TXT records mean is for those who ask.

mod name;
mod port;
mod zone;

pub use name::{Name, NameFault};
pub use port::{Answer, Dns, DnsError, Kind, Record, Security, reverse_name};
pub use zone::Zone;
