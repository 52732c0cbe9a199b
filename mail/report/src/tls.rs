//! TLS reports (RFC 8460): how hosts that send to a domain fared with its TLS policies. JSON.

mod wire;

use kernel::{DomainName, Timestamp};

use crate::Malformed;
use crate::limit::ROW_COUNT_MAX;

/// What a sender saw of the TLS of one domain's hosts, over one span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsReport {
    /// Who reports.
    pub reporter: String,
    /// Where the reporter is reached.
    pub contact: String,
    /// The reporter's name of this report.
    pub id: String,
    /// From when, included.
    pub begin: Timestamp,
    /// Until when, included.
    pub end: Timestamp,
    /// What was seen under each policy.
    pub policies: Vec<PolicyOutcome>,
}

impl TlsReport {
    /// Sessions that failed under any policy.
    pub fn failed_count(&self) -> u64 {
        self.policies.iter().fold(0, |sum, policy| sum.saturating_add(policy.failed_count))
    }
}

/// Which kind of policy stood (RFC 8460 section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PolicyKind {
    /// DANE (RFC 7672).
    Tlsa,
    /// MTA-STS (RFC 8461).
    Sts,
    /// Neither.
    NoPolicyFound,
}

/// Sessions under one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyOutcome {
    /// Which.
    pub kind: PolicyKind,
    /// Its text, line by line.
    pub lines: Vec<String>,
    /// The domain it belongs to.
    pub domain: DomainName,
    /// Hosts that it names, as patterns.
    pub hosts: Vec<String>,
    /// Sessions that went as it asks.
    pub succeeded_count: u64,
    /// Sessions that did not.
    pub failed_count: u64,
    /// Why they did not.
    pub failures: Vec<TlsFailure>,
}

/// Sessions that failed in one way (RFC 8460 section 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFailure {
    /// A word of RFC 8460 section 4.3, such as `certificate-expired`.
    pub kind: String,
    /// Where the sender stood.
    pub sending_address: String,
    /// The host that was tried.
    pub receiving_host: String,
    /// Sessions.
    pub count: u64,
    /// More about it.
    pub detail: String,
}

/// Reads a report out of JSON.
///
/// # Errors
/// [`Malformed`]: the JSON is none, or lacks what every report has.
pub fn read(json: &[u8]) -> Result<TlsReport, Malformed> {
    let wire: wire::Report = serde_json::from_slice(json).map_err(|_| Malformed::Syntax)?;
    let rows: usize = wire.policies.iter().map(|policy| 1 + policy.failure_details.len()).sum();
    if rows > ROW_COUNT_MAX {
        return Err(Malformed::TooManyRows { count_max: ROW_COUNT_MAX });
    }
    wire.try_into()
}

/// The report as JSON.
pub fn write(report: &TlsReport) -> Vec<u8> {
    // Texts and numbers always serialize.
    serde_json::to_vec(&wire::Report::from(report)).unwrap_or_default()
}
