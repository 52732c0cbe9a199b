//! DNS as the mail servers ask it: a port ([`Dns`]), so that the same code runs over real servers ([`Servers`]) and over a
//! [`Zone`] in memory, in tests, in simulations and in `hosterra check`.
//!
//! Knows no mail: what MX and TXT records mean is for those who ask.

mod anchors;
mod breaker;
mod master_file;
mod name;
mod port;
mod servers;
mod translate;
mod zone;

pub use anchors::{ANCHOR_FILE_OCTETS_MAX, AnchorFault, Anchors};
pub use master_file::MasterFileFault;
pub use name::{Name, NameFault};
pub use port::{Answer, Dns, DnsError, Kind, Record, Security, reverse_name};
pub use servers::{QUESTION_COUNT_MAX, QUESTION_WAIT, Servers, Validation};
pub use zone::Zone;
