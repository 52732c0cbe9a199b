//! Writing an aggregate report as RFC 9990 has it.

use std::fmt::Write as _;

use super::{AggregateReport, Alignment, PublishedPolicy, Row};
use crate::xml::element;

/// The report as XML, elements in the order of the schema (RFC 9990 appendix A).
pub fn write(report: &AggregateReport) -> Vec<u8> {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\">\n",
    );
    element(&mut xml, "version", "1.0");
    xml.push_str("<report_metadata>\n");
    element(&mut xml, "org_name", &report.reporter);
    element(&mut xml, "email", &report.contact);
    element(&mut xml, "report_id", &report.id);
    let (begin, end) = (report.begin.secs(), report.end.secs());
    // Writing into a string cannot fail.
    let _ = writeln!(xml, "<date_range><begin>{begin}</begin><end>{end}</end></date_range>");
    element(&mut xml, "generator", concat!("Hosterra ", env!("CARGO_PKG_VERSION")));
    xml.push_str("</report_metadata>\n");
    policy(&mut xml, &report.policy);
    for row in &report.rows {
        record(&mut xml, row);
    }
    xml.push_str("</feedback>\n");
    xml.into_bytes()
}

fn policy(xml: &mut String, policy: &PublishedPolicy) {
    xml.push_str("<policy_published>\n");
    element(xml, "domain", policy.domain.as_str());
    element(xml, "p", policy.policy.as_str());
    for (name, asked) in [("sp", policy.subdomain_policy), ("np", policy.absent_policy)] {
        if let Some(asked) = asked {
            element(xml, name, asked.as_str());
        }
    }
    for (name, alignment) in [("adkim", policy.dkim_alignment), ("aspf", policy.spf_alignment)] {
        element(xml, name, if alignment == Alignment::Strict { "s" } else { "r" });
    }
    element(xml, "testing", if policy.is_testing { "y" } else { "n" });
    element(xml, "discovery_method", "treewalk");
    xml.push_str("</policy_published>\n");
}

fn record(xml: &mut String, row: &Row) {
    let word = |passed: bool| if passed { "pass" } else { "fail" };
    xml.push_str("<record>\n<row>\n");
    element(xml, "source_ip", &row.source.to_string());
    element(xml, "count", &row.count.to_string());
    xml.push_str("<policy_evaluated>\n");
    element(xml, "disposition", row.disposition.as_str());
    element(xml, "dkim", word(row.is_dkim_aligned));
    element(xml, "spf", word(row.is_spf_aligned));
    for (kind, comment) in &row.reasons {
        xml.push_str("<reason>\n");
        element(xml, "type", kind);
        if !comment.is_empty() {
            element(xml, "comment", comment);
        }
        xml.push_str("</reason>\n");
    }
    xml.push_str("</policy_evaluated>\n</row>\n<identifiers>\n");
    element(xml, "header_from", &row.header_from);
    element(xml, "envelope_from", &row.envelope_from);
    xml.push_str("</identifiers>\n<auth_results>\n");
    for dkim in &row.dkim {
        xml.push_str("<dkim>\n");
        element(xml, "domain", &dkim.domain);
        element(xml, "selector", &dkim.selector);
        element(xml, "result", &dkim.result);
        xml.push_str("</dkim>\n");
    }
    for spf in &row.spf {
        xml.push_str("<spf>\n");
        element(xml, "domain", &spf.domain);
        element(xml, "scope", &spf.scope);
        element(xml, "result", &spf.result);
        xml.push_str("</spf>\n");
    }
    xml.push_str("</auth_results>\n</record>\n");
}

/// The subject of the message that carries the report (RFC 9990 section 3.5.1).
pub fn subject(report: &AggregateReport, submitter: &str) -> String {
    format!("Report Domain: {} Submitter: {submitter} Report-ID: <{}>", report.policy.domain, report.id)
}
