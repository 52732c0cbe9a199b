//! Which DNS records a served domain needs, what stands there now, and what to do about it.
//!
//! Asks through [`resolver::Dns`] alone. Judges the records that a customer publishes; whether mail is trusted is another
//! matter and decided elsewhere.

mod check;
mod expected;
mod file;
mod judge;
mod spf;
mod words;

pub use check::check;
pub use expected::{
    DMARC_REPORTS, Data, Dav, DkimKey, Expected, Need, Platform, Role, TLS_REPORTS, expected,
};
pub use file::{csv, record_lines, zone_file};
pub use judge::{Checked, Reason, State};
pub use spf::LOOKUP_COUNT_MAX;
pub use words::Language;
