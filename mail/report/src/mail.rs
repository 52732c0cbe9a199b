//! Reports in messages: finding the one that a message carries, and making the message that carries one.

use jiff::tz::TimeZone;
use kernel::Timestamp;
use mail_parser::{MessagePart, MimeHeaders as _};
use message::Whole;

use crate::limit::{DELIVERY_OCTETS_MAX, PART_COUNT_MAX};
use crate::unpack::{pack, unpack};
use crate::{
    AggregateReport, DeliveryStatus, Feedback, Malformed, TlsReport, aggregate, delivery, feedback, tls,
};

/// A report of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// DMARC, aggregate.
    Aggregate(AggregateReport),
    /// TLS.
    Tls(TlsReport),
    /// A complaint.
    Feedback(Feedback),
}

/// The report that a message carries: the first part that is one.
///
/// # Errors
/// [`Malformed::NoReport`] where no part looks like one; otherwise what is wrong with the last that did.
pub fn find(message: &[u8]) -> Result<Report, Malformed> {
    let parsed = Whole::read(message).ok_or(Malformed::NoReport)?;
    let mut fault = Malformed::NoReport;
    for (index, part) in parsed.parts.iter().take(PART_COUNT_MAX).enumerate() {
        let found = match media_type(part).as_str() {
            "message/feedback-report" => {
                let original = parsed.parts.get(index + 1).map(|next| original_header(next, message));
                feedback::read(part.contents(), original.unwrap_or_default()).map(Report::Feedback)
            }
            "application/tlsrpt+json" | "application/tlsrpt+gzip" | "application/json" => {
                unpack(part.contents()).and_then(|json| tls::read(&json)).map(Report::Tls)
            }
            "application/gzip"
            | "application/x-gzip"
            | "application/zip"
            | "application/x-zip-compressed"
            | "text/xml"
            | "application/xml"
            | "application/octet-stream" => either(part.contents()),
            _ => continue,
        };
        match found {
            Ok(report) => return Ok(report),
            Err(found) => fault = found,
        }
    }
    Err(fault)
}

/// The delivery status that a message carries; only a `multipart/report` carries one (RFC 6522 section 3).
///
/// # Errors
/// [`Malformed::TooLarge`] beyond [`DELIVERY_OCTETS_MAX`]; [`Malformed::NoReport`] where no part is one; otherwise what is
/// wrong with it.
pub fn find_delivery(message: &[u8]) -> Result<DeliveryStatus, Malformed> {
    if message.len() > DELIVERY_OCTETS_MAX {
        return Err(Malformed::TooLarge { octets_max: DELIVERY_OCTETS_MAX });
    }
    let parsed = Whole::read(message).ok_or(Malformed::NoReport)?;
    let is_report = parsed.parts.first().is_some_and(|root| media_type(root) == "multipart/report");
    let mut parts = parsed.parts.iter().take(PART_COUNT_MAX).enumerate();
    let found = parts.find(|(_, part)| {
        matches!(media_type(part).as_str(), "message/delivery-status" | "message/global-delivery-status")
    });
    let (index, part) = found.filter(|_| is_report).ok_or(Malformed::NoReport)?;
    let original = parsed.parts.get(index + 1).map(|next| original_header(next, message));
    delivery::read(part.contents(), original.unwrap_or_default())
}

/// What a packed part of no telling type holds.
fn either(packed: &[u8]) -> Result<Report, Malformed> {
    let unpacked = unpack(packed)?;
    let first = unpacked.iter().find(|octet| !octet.is_ascii_whitespace());
    match first {
        Some(b'{') => tls::read(&unpacked).map(Report::Tls),
        _ => aggregate::read(&unpacked).map(Report::Aggregate),
    }
}

fn media_type(part: &MessagePart<'_>) -> String {
    let Some(kind) = part.content_type() else { return String::new() };
    format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_ascii_lowercase()
}

/// The header of the message that feedback is about, whether it came whole or alone.
fn original_header<'a>(part: &'a MessagePart<'_>, message: &'a [u8]) -> &'a [u8] {
    let (start, end) = (part.raw_body_offset() as usize, part.raw_end_offset() as usize);
    message.get(start..end).unwrap_or_default()
}

/// Who sends a report to whom.
#[derive(Debug, Clone)]
pub struct Carriage<'a> {
    /// From: an address of ours, of a domain that signs.
    pub from: &'a str,
    /// The address that asks for reports.
    pub to: &'a str,
    /// The domain that reports.
    pub submitter: &'a str,
    /// The Message-ID, without brackets.
    pub message_id: &'a str,
    /// When it is written.
    pub date: Timestamp,
}

/// The message that carries an aggregate report (RFC 9990 section 3.5).
pub fn carry_aggregate(report: &AggregateReport, carriage: &Carriage<'_>) -> Vec<u8> {
    let name = format!(
        "{}!{}!{}!{}.xml.gz",
        carriage.submitter,
        report.policy.domain,
        report.begin.secs(),
        report.end.secs()
    );
    let subject = aggregate::subject(report, carriage.submitter);
    let intro = format!("DMARC aggregate report for {} from {}.", report.policy.domain, carriage.submitter);
    let attachment = Attachment { kind: "application/gzip", name: &name, octets: &aggregate::write(report) };
    carry(carriage, (&subject, "multipart/mixed", ""), &intro, &attachment)
}

/// The message that carries a TLS report about `domain` (RFC 8460 section 5.3).
pub fn carry_tls(report: &TlsReport, domain: &str, carriage: &Carriage<'_>) -> Vec<u8> {
    let name = format!(
        "{}!{domain}!{}!{}!{}.json.gz",
        carriage.submitter,
        report.begin.secs(),
        report.end.secs(),
        report.id
    );
    let subject =
        format!("Report Domain: {domain} Submitter: {} Report-ID: <{}>", carriage.submitter, report.id);
    let intro = format!("TLS report for {domain} from {}.", carriage.submitter);
    let fields = format!(
        "TLS-Report-Domain: {domain}\r\nTLS-Report-Submitter: {}\r\nTLS-Required: No\r\n",
        carriage.submitter
    );
    let attachment = Attachment { kind: "application/tlsrpt+gzip", name: &name, octets: &tls::write(report) };
    carry(carriage, (&subject, "multipart/report; report-type=\"tlsrpt\"", &fields), &intro, &attachment)
}

struct Attachment<'a> {
    kind: &'a str,
    name: &'a str,
    octets: &'a [u8],
}

fn carry(
    carriage: &Carriage<'_>,
    (subject, kind, fields): (&str, &str, &str),
    intro: &str,
    attachment: &Attachment<'_>,
) -> Vec<u8> {
    let boundary = format!(
        "report-{}",
        carriage.message_id.chars().filter(char::is_ascii_alphanumeric).take(40).collect::<String>()
    );
    let date = jiff::Timestamp::from_second(carriage.date.secs()).unwrap_or_default().to_zoned(TimeZone::UTC);
    let date = jiff::fmt::rfc2822::to_string(&date).unwrap_or_default();
    let (Carriage { from, to, message_id, .. }, Attachment { kind: attached, name, octets }) =
        (carriage, attachment);
    let head = format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {date}\r\nMessage-ID: <{message_id}>\r\n\
         Auto-Submitted: auto-generated\r\n{fields}MIME-Version: 1.0\r\n\
         Content-Type: {kind};\r\n\tboundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{intro}\r\n\r\n\
         --{boundary}\r\nContent-Type: {attached}; name=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment;\r\n\tfilename=\"{name}\"\r\n\r\n"
    );
    let mut message = head.into_bytes();
    base64_lines(&pack(octets), &mut message);
    message.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    message
}

/// Base64 in lines of 76 characters (RFC 2045 section 6.8).
fn base64_lines(octets: &[u8], out: &mut Vec<u8>) {
    use base64::Engine as _;
    const LINE_OCTETS: usize = 57;
    for line in octets.chunks(LINE_OCTETS) {
        out.extend_from_slice(base64::engine::general_purpose::STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}
