//! Reports about mail that hosts send one another: DMARC aggregate reports (RFC 9990), TLS reports (RFC 8460) and
//! feedback (RFC 5965), delivery status (RFC 3464), read within bounds; the first two are written as well.
//!
//! Pure: bytes in, values out. Everything here comes from anybody: what is packed is unpacked to a limit, XML with a
//! document type is refused so that no entity can be declared, depths, rows and texts are bounded (`limit`). Knows no
//! domain of ours and no store: who may report about what is for those who ask.

pub mod aggregate;
pub mod delivery;
mod fault;
pub mod feedback;
mod field;
pub mod limit;
mod mail;
pub mod tls;
mod unpack;
mod xml;

pub use aggregate::AggregateReport;
pub use delivery::DeliveryStatus;
pub use fault::Malformed;
pub use feedback::Feedback;
pub use mail::{Carriage, Report, carry_aggregate, carry_tls, find, find_delivery};
pub use tls::TlsReport;
pub use unpack::unpack;
