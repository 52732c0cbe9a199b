//! DMARC aggregate reports (RFC 9990, and RFC 7489 appendix C, which most senders still write).

mod read;
mod write;

use std::net::IpAddr;

use kernel::{DomainName, Timestamp};

pub use read::read;
pub use write::{subject, write};

/// What a receiver saw of the mail that bears one domain in From, over one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateReport {
    /// Who reports.
    pub reporter: String,
    /// Where the reporter is reached.
    pub contact: String,
    /// The reporter's name of this report; unique with `reporter`.
    pub id: String,
    /// From when, included.
    pub begin: Timestamp,
    /// Until when, included.
    pub end: Timestamp,
    /// The policy as the reporter found it.
    pub policy: PublishedPolicy,
    /// What was seen, one row for each source and outcome.
    pub rows: Vec<Row>,
}

impl AggregateReport {
    /// Messages of all rows.
    pub fn message_count(&self) -> u64 {
        self.rows.iter().fold(0, |sum, row| sum.saturating_add(row.count))
    }

    /// Messages that passed DMARC: an aligned identifier was proven.
    pub fn passed_count(&self) -> u64 {
        let passed = self.rows.iter().filter(|row| row.is_dkim_aligned || row.is_spf_aligned);
        passed.fold(0, |sum, row| sum.saturating_add(row.count))
    }
}

/// A DMARC policy as it was found in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPolicy {
    /// The domain at which the record was found.
    pub domain: DomainName,
    /// `p`: what is asked for.
    pub policy: Disposition,
    /// `sp`: for names below.
    pub subdomain_policy: Option<Disposition>,
    /// `np`: for names below that do not exist.
    pub absent_policy: Option<Disposition>,
    /// `adkim`.
    pub dkim_alignment: Alignment,
    /// `aspf`.
    pub spf_alignment: Alignment,
    /// `t=y`: the owner only tests.
    pub is_testing: bool,
}

/// How identifiers are compared (RFC 9989 section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Alignment {
    /// The same organizational domain.
    #[default]
    Relaxed,
    /// The same name.
    Strict,
}

/// What a policy asks for, or what was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Nothing special.
    None,
    /// The message passed: nothing had to be done (RFC 9990).
    Pass,
    /// It was set aside.
    Quarantine,
    /// It was refused.
    Reject,
}

impl Disposition {
    pub(crate) const ALL: [(Self, &'static str); 4] = [
        (Self::None, "none"),
        (Self::Pass, "pass"),
        (Self::Quarantine, "quarantine"),
        (Self::Reject, "reject"),
    ];

    /// The word of the schema.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

/// Messages of one source with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where they came from.
    pub source: IpAddr,
    /// How many.
    pub count: u64,
    /// What was done with them.
    pub disposition: Disposition,
    /// Whether a DKIM signature of an aligned domain was valid.
    pub is_dkim_aligned: bool,
    /// Whether SPF passed for an aligned domain.
    pub is_spf_aligned: bool,
    /// Why something else was done than the policy asks for: type and comment.
    pub reasons: Vec<(String, String)>,
    /// The domain in From.
    pub header_from: String,
    /// The domain of MAIL FROM; empty for the null reverse-path or where it is not told.
    pub envelope_from: String,
    /// DKIM signatures that were looked at.
    pub dkim: Vec<DkimResult>,
    /// What SPF came to.
    pub spf: Vec<SpfResult>,
}

/// One DKIM signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimResult {
    /// `d=`.
    pub domain: String,
    /// `s=`; empty where it is not told.
    pub selector: String,
    /// A word of RFC 8601 section 2.7.1.
    pub result: String,
}

/// One SPF check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpfResult {
    /// The domain that was checked.
    pub domain: String,
    /// `mfrom` or `helo`; empty where it is not told.
    pub scope: String,
    /// A word of RFC 8601 section 2.7.2.
    pub result: String,
}
