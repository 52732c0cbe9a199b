//! Domain-based Message Authentication, Reporting and Conformance (RFC 9989): what the domain of the author wants done
//! with messages that nobody stands behind.
//!
//! The organisation of a domain is found by walking the tree of DNS, not by a list. Records of RFC 7489 are accepted;
//! `pct`, `rf` and `ri` are passed over.

mod evaluate;
mod record;
mod report;
mod walk;

pub use evaluate::{Identifiers, evaluate};
pub use record::{Policies, Policy, ReportUri};
pub use report::{Aligned, Place, aligned, published, report_places};
use resolver::Name;

/// RFC 8601 section 2.7, RFC 9989 section 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DmarcResult {
    /// No policy is published, or the message has no author that can be asked.
    None,
    /// Somebody who belongs to the author stands behind it.
    Pass,
    /// Nobody does.
    Fail,
    /// DNS did not answer: later it may be otherwise.
    Temperror,
    /// The message has authors that cannot be judged.
    Permerror,
}

impl DmarcResult {
    /// The word of RFC 8601.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Temperror => "temperror",
            Self::Permerror => "permerror",
        }
    }
}

/// What is found for one author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dmarc {
    /// The result.
    pub result: DmarcResult,
    /// Why, in a few words.
    pub reason: String,
    /// The author.
    pub author: Option<Name>,
    /// Where the policy stands; none where there is none.
    pub policy_domain: Option<Name>,
    /// The domain of the author's organisation; none where it did not matter.
    pub organization: Option<Name>,
    /// What the author's domain wants done: the policy that applies, already one step milder in test mode (`t=y`).
    pub policy: Policy,
    /// Whether the domain says that it only tests.
    pub is_testing: bool,
    /// The record at `policy_domain`.
    pub record: Option<Policies>,
}
