//! DomainKeys Identified Mail (RFC 6376, 8301, 8463): whether a domain stands behind a message as it is.

mod canonical;
mod key;
mod message;
mod signature;
mod verify;

pub(crate) use canonical::{Form, put_field};
pub use key::{Key, KeyFault};
pub use message::Message;
pub(crate) use signature::Algorithm;
pub use signature::{Signature, SignatureFault};
pub use verify::verify;
pub(crate) use verify::{Checked, check_parts, check_signed, put_last};

use resolver::Name;

/// Signatures of one message that are looked at, from the top.
pub const SIGNATURE_COUNT_MAX: usize = 10;

/// RFC 8601 section 2.7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DkimResult {
    /// The domain signed the message as it is.
    Pass,
    /// The message or the signature was changed, or the signature's time is over.
    Fail,
    /// Whatever it holds, we do not accept it: it leaves part of the body unsigned.
    Policy,
    /// DNS did not answer: later it may be otherwise.
    Temperror,
    /// The signature or the key cannot be used.
    Permerror,
}

impl DkimResult {
    /// The word of RFC 8601 section 2.7.1.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Policy => "policy",
            Self::Temperror => "temperror",
            Self::Permerror => "permerror",
        }
    }
}

/// What one signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    /// The result.
    pub result: DkimResult,
    /// Why it is not a pass; empty where it is.
    pub reason: String,
    /// The domain that signed; none where the signature does not say.
    pub domain: Option<Name>,
    /// The name of the key below it.
    pub selector: Option<Name>,
    /// The algorithm as written.
    pub algorithm: Option<&'static str>,
    /// The first eight characters of the signature, to tell one from another (RFC 6008).
    pub short: String,
    /// The length of the key.
    pub key_bits: Option<usize>,
    /// Whether the domain says that it is only testing.
    pub is_testing: bool,
}
