//! What outgoing mail is given: DKIM signatures (RFC 6376, 8463), ARC seals (RFC 8617), senders rewritten for forwards
//! (SRS).
//!
//! Pure but for the randomness that blinds RSA and makes keys: messages, keys and the time are arguments. Knows no DNS
//! and judges no signature of others.

mod arc;
mod canonical;
mod dkim;
mod fold;
mod footer;
mod key;
mod srs;
mod variable;

pub use arc::{ARC_INSTANCE_COUNT_MAX, ChainState, SealFault, seal};
pub use dkim::{OVERSIGNED, Prepared, SIGNED_WHERE_PRESENT, Signer};
pub use footer::{FOOTED_PART_OCTETS_MAX, Footer, with_footer};
pub use key::{Algorithm, KeyFault, RSA_BITS, SigningKey, generate};
pub use srs::{SRS_AGE_DAYS_MAX, Srs, SrsFault};
pub use variable::Author;
