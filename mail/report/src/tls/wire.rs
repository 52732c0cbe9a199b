//! The JSON of TLS reports (RFC 8460 section 4.4). Senders differ in what they leave out: only what names the report is
//! demanded.

use kernel::{DomainName, Timestamp};
use serde::{Deserialize, Serialize};

use super::{PolicyKind, PolicyOutcome, TlsFailure, TlsReport};
use crate::Malformed;
use crate::limit::{ROW_ITEM_COUNT_MAX, TEXT_OCTETS_MAX};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Report {
    organization_name: String,
    date_range: DateRange,
    #[serde(default)]
    contact_info: String,
    report_id: String,
    pub(super) policies: Vec<PolicyResult>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct DateRange {
    start_datetime: String,
    end_datetime: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PolicyResult {
    policy: Policy,
    summary: Summary,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) failure_details: Vec<FailureDetail>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Policy {
    policy_type: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    policy_string: Vec<String>,
    policy_domain: String,
    #[serde(default, skip_serializing_if = "Hosts::is_empty")]
    mx_host: Hosts,
}

/// One pattern or several: both are written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Hosts {
    Many(Vec<String>),
    One(String),
}

impl Hosts {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Many(hosts) if hosts.is_empty())
    }
}

impl Default for Hosts {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Summary {
    total_successful_session_count: u64,
    total_failure_session_count: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct FailureDetail {
    result_type: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sending_mta_ip: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    receiving_mx_hostname: String,
    #[serde(default)]
    failed_session_count: u64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    failure_reason_code: String,
}

impl TryFrom<Report> for TlsReport {
    type Error = Malformed;

    fn try_from(wire: Report) -> Result<Self, Malformed> {
        if wire.organization_name.is_empty() || wire.report_id.is_empty() {
            return Err(Malformed::Missing("organization-name"));
        }
        Ok(Self {
            reporter: cut(wire.organization_name),
            contact: cut(wire.contact_info),
            id: cut(wire.report_id),
            begin: moment(&wire.date_range.start_datetime, "start-datetime")?,
            end: moment(&wire.date_range.end_datetime, "end-datetime")?,
            policies: wire.policies.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl TryFrom<PolicyResult> for PolicyOutcome {
    type Error = Malformed;

    fn try_from(wire: PolicyResult) -> Result<Self, Malformed> {
        let hosts = match wire.policy.mx_host {
            Hosts::Many(hosts) => hosts,
            Hosts::One(host) => vec![host],
        };
        let failures = wire.failure_details.into_iter().map(|detail| TlsFailure {
            kind: cut(detail.result_type),
            sending_address: cut(detail.sending_mta_ip),
            receiving_host: cut(detail.receiving_mx_hostname),
            count: detail.failed_session_count,
            detail: cut(detail.failure_reason_code),
        });
        Ok(Self {
            kind: match wire.policy.policy_type.to_ascii_lowercase().as_str() {
                "tlsa" => PolicyKind::Tlsa,
                "sts" => PolicyKind::Sts,
                "no-policy-found" => PolicyKind::NoPolicyFound,
                _ => return Err(Malformed::Missing("policy-type")),
            },
            lines: wire.policy.policy_string.into_iter().take(ROW_ITEM_COUNT_MAX).map(cut).collect(),
            domain: DomainName::parse(&wire.policy.policy_domain)
                .map_err(|_| Malformed::Missing("policy-domain"))?,
            hosts: hosts.into_iter().take(ROW_ITEM_COUNT_MAX).map(cut).collect(),
            succeeded_count: wire.summary.total_successful_session_count,
            failed_count: wire.summary.total_failure_session_count,
            failures: failures.collect(),
        })
    }
}

impl From<&TlsReport> for Report {
    fn from(report: &TlsReport) -> Self {
        Self {
            organization_name: report.reporter.clone(),
            date_range: DateRange {
                start_datetime: written(report.begin),
                end_datetime: written(report.end),
            },
            contact_info: report.contact.clone(),
            report_id: report.id.clone(),
            policies: report.policies.iter().map(PolicyResult::from).collect(),
        }
    }
}

impl From<&PolicyOutcome> for PolicyResult {
    fn from(outcome: &PolicyOutcome) -> Self {
        let failure_details = outcome.failures.iter().map(|failure| FailureDetail {
            result_type: failure.kind.clone(),
            sending_mta_ip: failure.sending_address.clone(),
            receiving_mx_hostname: failure.receiving_host.clone(),
            failed_session_count: failure.count,
            failure_reason_code: failure.detail.clone(),
        });
        Self {
            policy: Policy {
                policy_type: match outcome.kind {
                    PolicyKind::Tlsa => "tlsa",
                    PolicyKind::Sts => "sts",
                    PolicyKind::NoPolicyFound => "no-policy-found",
                }
                .to_owned(),
                policy_string: outcome.lines.clone(),
                policy_domain: outcome.domain.to_string(),
                mx_host: Hosts::Many(outcome.hosts.clone()),
            },
            summary: Summary {
                total_successful_session_count: outcome.succeeded_count,
                total_failure_session_count: outcome.failed_count,
            },
            failure_details: failure_details.collect(),
        }
    }
}

fn cut(text: String) -> String {
    match text.len() > TEXT_OCTETS_MAX {
        true => text[..text.floor_char_boundary(TEXT_OCTETS_MAX)].to_owned(),
        false => text,
    }
}

fn moment(text: &str, name: &'static str) -> Result<Timestamp, Malformed> {
    let moment: jiff::Timestamp = text.parse().map_err(|_| Malformed::Missing(name))?;
    Ok(Timestamp::from_millis(moment.as_millisecond()))
}

fn written(moment: Timestamp) -> String {
    jiff::Timestamp::from_second(moment.secs()).unwrap_or_default().to_string()
}
