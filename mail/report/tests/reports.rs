//! Reports as hosts write them, reports of ours read again, and reports that mean harm.

use std::net::IpAddr;

use kernel::{DomainName, Timestamp};
use report::aggregate::{self, Alignment, Disposition, DkimResult, PublishedPolicy, Row, SpfResult};
use report::tls::{self, PolicyKind, PolicyOutcome, TlsFailure};
use report::{AggregateReport, Carriage, Malformed, Report, TlsReport, carry_aggregate, carry_tls, find};

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).expect("a domain")
}

/// As it was written before RFC 9990: no namespace, elements in another order, `pct`.
const LEGACY: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <report_metadata><org_name>big.example</org_name><email>noreply@big.example</email>
    <extra_contact_info>https://big.example/dmarc</extra_contact_info><report_id>123</report_id>
    <date_range><begin>1700000000</begin><end>1700086399</end></date_range></report_metadata>
  <policy_published><domain>Customer.example</domain><adkim>r</adkim><aspf>s</aspf><p>quarantine</p><sp>reject</sp>
    <pct>100</pct></policy_published>
  <record><row><source_ip>2001:db8::7</source_ip><count>3</count>
    <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>
      <reason><type>forwarded</type><comment>a &amp; b</comment></reason></policy_evaluated></row>
    <identifiers><header_from>customer.example</header_from></identifiers>
    <auth_results><dkim><domain>customer.example</domain><result>pass</result><selector>s1</selector></dkim>
      <spf><domain>list.example</domain><result>pass</result></spf></auth_results></record>
</feedback>"#;

#[test]
fn a_report_of_the_old_kind_is_read() {
    let report = aggregate::read(LEGACY.as_bytes()).expect("a report");
    assert_eq!((report.reporter.as_str(), report.id.as_str()), ("big.example", "123"));
    assert_eq!((report.begin.secs(), report.end.secs()), (1_700_000_000, 1_700_086_399));
    assert_eq!(report.policy.domain, domain("customer.example"));
    assert_eq!(report.policy.policy, Disposition::Quarantine);
    assert_eq!(report.policy.subdomain_policy, Some(Disposition::Reject));
    assert_eq!(report.policy.spf_alignment, Alignment::Strict);
    let row = &report.rows[0];
    assert_eq!((row.source, row.count), ("2001:db8::7".parse::<IpAddr>().expect("an address"), 3));
    assert!(row.is_dkim_aligned && !row.is_spf_aligned);
    assert_eq!(row.reasons, [("forwarded".to_owned(), "a & b".to_owned())]);
    assert_eq!(row.dkim[0].selector, "s1");
    assert_eq!((report.message_count(), report.passed_count()), (3, 3));
}

fn sample() -> AggregateReport {
    AggregateReport {
        reporter: "Hosterra <& Co>".to_owned(),
        contact: "reports@mx.example".to_owned(),
        id: "r1".to_owned(),
        begin: Timestamp::from_secs(1_700_000_000),
        end: Timestamp::from_secs(1_700_086_399),
        policy: PublishedPolicy {
            domain: domain("elsewhere.example"),
            policy: Disposition::Reject,
            subdomain_policy: None,
            absent_policy: Some(Disposition::Quarantine),
            dkim_alignment: Alignment::Strict,
            spf_alignment: Alignment::Relaxed,
            is_testing: true,
        },
        rows: vec![Row {
            source: "192.0.2.9".parse().expect("an address"),
            count: 2,
            disposition: Disposition::Pass,
            is_dkim_aligned: false,
            is_spf_aligned: true,
            reasons: vec![("local_policy".to_owned(), "]]> <!-- \u{1}x".to_owned())],
            header_from: "elsewhere.example".to_owned(),
            envelope_from: String::new(),
            dkim: vec![DkimResult {
                domain: "elsewhere.example".to_owned(),
                selector: "s".to_owned(),
                result: "fail".to_owned(),
            }],
            spf: vec![SpfResult {
                domain: "elsewhere.example".to_owned(),
                scope: "mfrom".to_owned(),
                result: "pass".to_owned(),
            }],
        }],
    }
}

#[test]
fn what_we_write_of_dmarc_is_read_again_also_out_of_its_message() {
    let mut report = sample();
    let read = aggregate::read(&aggregate::write(&report)).expect("a report");
    // What XML cannot hold is left out.
    report.rows[0].reasons[0].1 = "]]> <!-- x".to_owned();
    assert_eq!(read, report);
    let message = carry_aggregate(&report, &carriage());
    assert_eq!(find(&message), Ok(Report::Aggregate(report)));
    assert!(message.split(|octet| *octet == b'\n').all(|line| line.len() < 200), "lines are short");
}

fn carriage() -> Carriage<'static> {
    Carriage {
        from: "reports@mx.example",
        to: "rua@elsewhere.example",
        submitter: "mx.example",
        message_id: "r1@mx.example",
        date: Timestamp::from_secs(1_700_090_000),
    }
}

#[test]
fn what_we_write_of_tls_is_read_again_also_out_of_its_message() {
    let report = TlsReport {
        reporter: "Hosterra".to_owned(),
        contact: "reports@mx.example".to_owned(),
        id: "t1".to_owned(),
        begin: Timestamp::from_secs(1_700_000_000),
        end: Timestamp::from_secs(1_700_086_399),
        policies: vec![PolicyOutcome {
            kind: PolicyKind::Sts,
            lines: vec!["version: STSv1".to_owned(), "mode: testing".to_owned()],
            domain: domain("elsewhere.example"),
            hosts: vec!["*.mail.elsewhere.example".to_owned()],
            succeeded_count: 5_326,
            failed_count: 303,
            failures: vec![TlsFailure {
                kind: "certificate-expired".to_owned(),
                sending_address: "2001:db8:abcd:13::1".to_owned(),
                receiving_host: "mx1.mail.elsewhere.example".to_owned(),
                count: 100,
                detail: String::new(),
            }],
        }],
    };
    assert_eq!(tls::read(&tls::write(&report)), Ok(report.clone()));
    assert_eq!(report.failed_count(), 303);
    let message = carry_tls(&report, "elsewhere.example", &carriage());
    assert_eq!(find(&message), Ok(Report::Tls(report)));
}

#[test]
fn mx_host_may_be_one_text_and_optional_things_may_be_left_out() {
    let json = br#"{"organization-name":"o","date-range":{"start-datetime":"2026-04-01T00:00:00Z",
        "end-datetime":"2026-04-01T23:59:59Z"},"report-id":"i","policies":[{"policy":{"policy-type":"sts",
        "policy-domain":"c.example","mx-host":"*.c.example"},"summary":{"total-successful-session-count":1,
        "total-failure-session-count":0}}]}"#;
    let report = tls::read(json).expect("a report");
    assert_eq!(report.policies[0].hosts, ["*.c.example"]);
    assert_eq!(tls::read(b"{}"), Err(Malformed::Syntax));
    assert_eq!(tls::read("[".repeat(100_000).as_bytes()), Err(Malformed::Syntax));
}

#[test]
fn reports_that_mean_harm_are_refused_with_the_reason() {
    let laughs = r#"<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><feedback>&b;</feedback>"#;
    let deep = "<feedback>".to_owned() + &"<a>".repeat(40);
    let rows = "<feedback>".to_owned() + &"<record></record>".repeat(50_001);
    for (xml, fault) in [
        (laughs, Malformed::DocumentType),
        (r#"<!DOCTYPE f SYSTEM "file:///etc/passwd"><feedback/>"#, Malformed::DocumentType),
        (deep.as_str(), Malformed::TooDeep),
        (rows.as_str(), Malformed::TooManyRows { count_max: 50_000 }),
        ("<feedback><record></feedback>", Malformed::Syntax),
        ("<feedback>", Malformed::Syntax),
        ("<html/>", Malformed::Missing("feedback")),
        ("", Malformed::Missing("feedback")),
        (&LEGACY.replace(">3<", ">-3<"), Malformed::Missing("count")),
        (&LEGACY.replace("2001:db8::7", "nowhere"), Malformed::Missing("source_ip")),
        (&LEGACY.replace("1700000000", "99999999999999"), Malformed::Missing("begin")),
    ] {
        assert_eq!(aggregate::read(xml.as_bytes()), Err(fault), "{}", &xml[..xml.len().min(80)]);
    }
    let long = LEGACY.replace("big.example<", &format!("{}<", "x".repeat(5000)));
    assert_eq!(aggregate::read(long.as_bytes()).map(|report| report.reporter.len()), Ok(1000));
}

#[test]
fn a_message_without_a_report_is_told_from_one_with_a_broken_report() {
    assert_eq!(find(b"Subject: hello\r\n\r\nhello\r\n"), Err(Malformed::NoReport));
    assert_eq!(find(b""), Err(Malformed::NoReport));
    let broken = b"Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\nH4sIaaaa\r\n";
    assert_eq!(find(broken), Err(Malformed::Packing));
}

#[test]
fn a_complaint_is_read_with_the_header_of_the_message() {
    let message = b"From: <fbl@big.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report;\r\n\
        \treport-type=feedback-report; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n\
        --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: Abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n\
        Original-Mail-From: <a+tok@c.example>\r\nOriginal-Rcpt-To: <u@big.example>\r\nSource-IP: 192.0.2.1\r\n\
        Reported-Domain: C.example\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: <a@c.example>\r\n\
        Message-ID:\r\n <m1@c.example>\r\nFeedback-ID: f1\r\n\r\nbuy\r\n--b--\r\n";
    let Ok(Report::Feedback(feedback)) = find(message) else { panic!("feedback") };
    assert_eq!(feedback.kind, "abuse");
    assert_eq!(feedback.original_sender.as_deref(), Some("a+tok@c.example"));
    assert_eq!(feedback.original_recipients, ["u@big.example"]);
    assert_eq!(feedback.reported_domain.as_deref(), Some("c.example"));
    assert_eq!(feedback.source, "192.0.2.1".parse().ok());
    assert_eq!(feedback.message_id.as_deref().map(str::trim), Some("<m1@c.example>"));
    assert_eq!(feedback.feedback_id.as_deref(), Some("f1"));
    let missing = report::feedback::read(b"Version: 1\r\n", b"");
    assert_eq!(missing, Err(Malformed::Missing("Feedback-Type")));
}
