//! Feedback in the Abuse Reporting Format (RFC 5965, 6650): a recipient calls a message unwanted.

use crate::Malformed;
use crate::field::{bare, lines};
use crate::limit::FIELD_COUNT_MAX;

/// What a provider tells of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Feedback {
    /// `Feedback-Type`, in lower case: `abuse`, `fraud`, `virus`, `not-spam`, `auth-failure`, `other`.
    pub kind: String,
    /// `Original-Mail-From`: the reverse-path, often with our own token in it.
    pub original_sender: Option<String>,
    /// `Original-Rcpt-To`: who complains; often left out.
    pub original_recipients: Vec<String>,
    /// `Reported-Domain`.
    pub reported_domain: Option<String>,
    /// `Source-IP`.
    pub source: Option<std::net::IpAddr>,
    /// `Message-ID` of the message, out of its header where that came along.
    pub message_id: Option<String>,
    /// The domain of From of the message, out of its header where that came along.
    pub author_domain: Option<String>,
    /// `d=` of the message's DKIM signatures, out of its header where that came along.
    pub signers: Vec<String>,
    /// `Feedback-ID` of the message, out of its header where that came along.
    pub feedback_id: Option<String>,
}

/// Reads the machine-readable part (`message/feedback-report`) and the header of the message that it is about, which may be
/// empty.
///
/// # Errors
/// [`Malformed::Missing`]: there is no `Feedback-Type` (RFC 5965 section 3.1 demands it).
pub fn read(fields: &[u8], original: &[u8]) -> Result<Feedback, Malformed> {
    let mut feedback = Feedback::default();
    for (name, value) in lines(fields).take(FIELD_COUNT_MAX) {
        match name.as_str() {
            "feedback-type" => feedback.kind = value.to_ascii_lowercase(),
            "original-mail-from" => feedback.original_sender = Some(bare(&value)),
            "original-rcpt-to" => feedback.original_recipients.push(bare(&value)),
            "reported-domain" => feedback.reported_domain = Some(value.to_ascii_lowercase()),
            "source-ip" => feedback.source = value.parse().ok(),
            _ => {}
        }
    }
    for (name, value) in lines(original).take(FIELD_COUNT_MAX) {
        match name.as_str() {
            "message-id" => feedback.message_id = Some(value),
            "feedback-id" => feedback.feedback_id = Some(value),
            "from" => feedback.author_domain = domain_in(&value),
            "dkim-signature" => feedback.signers.extend(signer(&value)),
            _ => {}
        }
    }
    match feedback.kind.is_empty() {
        true => Err(Malformed::Missing("Feedback-Type")),
        false => Ok(feedback),
    }
}

/// The domain of the last address in a From field, in lower case.
fn domain_in(value: &str) -> Option<String> {
    let (_, domain) = value.rsplit_once('@')?;
    let end =
        domain.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').unwrap_or(domain.len());
    (end > 0).then(|| domain[..end].to_ascii_lowercase())
}

/// `d=` of a DKIM signature (RFC 6376 section 3.5), in lower case.
fn signer(value: &str) -> Option<String> {
    let mut tags = value.split(';').filter_map(|tag| tag.split_once('='));
    let (_, domain) = tags.find(|(name, _)| name.trim() == "d")?;
    Some(domain.trim().to_ascii_lowercase())
}
