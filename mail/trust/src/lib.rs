//! Which TLS is demanded of the host that mail is handed to: what the operator or the account ordered, else DANE
//! (RFC 7672), else MTA-STS (RFC 8461), else what is offered; and never less than the message asks (RFC 8689).
//!
//! Knows no SMTP: whoever delivers asks for each host ([`Trust::host`]), does the handshake with what it is given and
//! obeys [`Demand::without_tls`] and [`Demand::after_failure`]. What is demanded never becomes less because something
//! fails: where DNS is silent or lies, mail waits.

mod check;
mod dane;
mod demand;
mod order;
mod sts;
mod trust;

pub use dane::{TLSA_COUNT_MAX, Tlsa};
pub use demand::{Basis, Demand, Handshake, Shop, Step, Verdict};
pub use order::{Level, NameRule, Order, Wish};
pub use sts::{
    Addresses, Cached, Fetch, FetchFault, Https, Mode, POLICY_OCTETS_MAX, Policy, PolicyFault, SECONDS_MAX,
    StsCache,
};
pub use trust::{Destination, Trust, TrustFault};
