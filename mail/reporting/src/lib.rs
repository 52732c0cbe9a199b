//! What hosts tell one another about mail. We count by the day what came in a domain's name and how TLS to a destination
//! went, and tell those who ask for it in DNS ([`DailyReports`]); we take in what others tell of our customers' mail
//! ([`TakeReports`]), failures that come later among it ([`ReadBounces`]).

mod bounces;
mod complaint;
mod daily;
mod dmarc;
mod ends;
mod intake;
mod tls;

pub use bounces::{HearBounces, ReadBounces};
pub use daily::DailyReports;
pub use dmarc::DmarcReports;
pub use ends::ends;
pub use intake::{TakeReports, purge};
pub use tls::TlsReports;
