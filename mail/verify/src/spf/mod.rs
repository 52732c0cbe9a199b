//! Sender Policy Framework (RFC 7208): whether a host may send in the name of a domain.

mod evaluate;
mod expand;
mod record;

use std::net::IpAddr;

pub use evaluate::check;
pub use record::{Record, SyntaxFault};
use resolver::Name;

/// Terms of all records together that ask DNS (RFC 7208 section 4.6.4).
pub const LOOKUP_COUNT_MAX: usize = 10;
/// Questions without any record as the answer (RFC 7208 section 4.6.4).
pub const VOID_LOOKUP_COUNT_MAX: usize = 2;
/// Hosts of one `mx`, names of one `ptr` (RFC 7208 section 4.6.4).
pub(crate) const HOST_COUNT_MAX: usize = 10;

/// Who brings a message in whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<'a> {
    /// The host that brings it.
    pub address: IpAddr,
    /// The domain that is asked: of MAIL FROM, or the name given with EHLO.
    pub domain: &'a str,
    /// The part before the `@`; `postmaster` where there is none (RFC 7208 section 4.3).
    pub local_part: &'a str,
    /// The name given with EHLO, for explanations.
    pub helo: &'a str,
    /// Our name, for explanations.
    pub receiver: &'a str,
    /// Seconds since 1970, for explanations.
    pub now_secs: i64,
}

/// RFC 7208 section 2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpfResult {
    /// The domain says nothing, or is none.
    None,
    /// The domain says that it says nothing.
    Neutral,
    /// It may.
    Pass,
    /// It may not.
    Fail,
    /// It probably may not.
    Softfail,
    /// DNS did not answer: later it may be otherwise.
    Temperror,
    /// The records cannot be followed.
    Permerror,
}

impl SpfResult {
    /// The word of RFC 8601 section 2.7.2.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Neutral => "neutral",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Softfail => "softfail",
            Self::Temperror => "temperror",
            Self::Permerror => "permerror",
        }
    }
}

/// What SPF says, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spf {
    /// The result.
    pub result: SpfResult,
    /// What the domain says to those who fail (RFC 7208 section 6.2); foreign text, printable ASCII.
    pub explanation: Option<String>,
    /// Why: a fault, or the term that decided.
    pub reason: String,
    /// The domain that was asked, where it is one.
    pub domain: Option<Name>,
}
