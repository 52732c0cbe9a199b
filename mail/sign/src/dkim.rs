//! DKIM signatures (RFC 6376, 8463), relaxed in header and body.

use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::{DomainName, Timestamp};
use message::{Field, fields, split_header};

use crate::key::KeyFault;
use crate::{SigningKey, canonical, fold};

/// Fields that are signed once more than they stand in the message: adding one breaks the signature
/// (RFC 6376 section 8.15).
pub const OVERSIGNED: &[&str] = &[
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

/// Fields that are signed where they are; hosts on the way may add them (RFC 6376 section 5.4.1). Those of TLS reports are
/// what a report is about (RFC 8460 section 5.3).
pub const SIGNED_WHERE_PRESENT: &[&str] = &[
    "Sender",
    "Content-Transfer-Encoding",
    "List-Id",
    "Feedback-ID",
    "Autocrypt",
    "TLS-Report-Domain",
    "TLS-Report-Submitter",
];

/// Most fields of one name that are signed; no valid message has more than one of each.
const SAME_FIELD_COUNT_MAX: usize = 8;

/// A message as all its signatures see it: hashed once, however many sign.
pub struct Prepared<'a> {
    body_hash: String,
    fields: Vec<Field<'a>>,
}

impl<'a> Prepared<'a> {
    /// Reads a message, whose lines end in CRLF.
    pub fn new(message: &'a [u8]) -> Self {
        let (header_end, body_start) = split_header(message);
        Self {
            body_hash: STANDARD.encode(canonical::body_hash(&message[body_start..])),
            fields: fields(&message[..header_end]).collect(),
        }
    }

    pub(crate) fn body_hash(&self) -> &str {
        &self.body_hash
    }

    pub(crate) fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// The names for the tag `h=` and the relaxed forms of what they name, each with its line end.
    pub(crate) fn select<'n>(&self, oversigned: &[&'n str], present: &[&'n str]) -> (Vec<&'n str>, Vec<u8>) {
        let (mut names, mut forms) = (Vec::new(), Vec::new());
        let all = oversigned.iter().map(|name| (*name, 1)).chain(present.iter().map(|name| (*name, 0)));
        for (name, more) in all {
            // Of fields with one name, the last comes first (RFC 6376 section 5.4.2).
            let same = self.fields.iter().rev().filter(|field| field.is(name)).take(SAME_FIELD_COUNT_MAX);
            let before = names.len();
            for field in same {
                names.push(name);
                canonical::field(field.name, field.value, &mut forms);
                forms.extend_from_slice(b"\r\n");
            }
            if names.len() - before < SAME_FIELD_COUNT_MAX {
                names.extend(std::iter::repeat_n(name, more));
            }
        }
        (names, forms)
    }
}

/// Signs for one domain by one key.
#[derive(Debug)]
pub struct Signer {
    /// The signing domain (`d=`).
    pub domain: DomainName,
    /// Where below `_domainkey.` the key stands (`s=`).
    pub selector: String,
    /// The key.
    pub key: SigningKey,
    /// How long a signature holds (`x=`); none: for ever. Bounds how long a message can be replayed.
    pub lifetime: Option<Duration>,
}

impl Signer {
    /// The field that signs `message`, with its line end, to stand before its header.
    ///
    /// # Errors
    /// [`KeyFault::Signing`].
    pub fn sign(&self, message: &Prepared<'_>, now: Timestamp) -> Result<String, KeyFault> {
        let (names, mut forms) = message.select(OVERSIGNED, SIGNED_WHERE_PRESENT);
        let mut value = String::with_capacity(1024);
        // Writing into a String cannot fail.
        let _ = write!(
            value,
            " v=1; a={}; c=relaxed/relaxed;\r\n\td={}; s={};\r\n\t",
            self.key.algorithm().tag(),
            self.domain,
            self.selector,
        );
        let at = now.millis().div_euclid(1000);
        let _ = write!(value, "t={at}; ");
        if let Some(lifetime) = self.lifetime {
            let end = at.saturating_add_unsigned(lifetime.as_secs());
            let _ = write!(value, "x={end}; ");
        }
        value.push_str("h=");
        fold::words(names, ':', &mut value);
        let _ = write!(value, ";\r\n\tbh={};\r\n\tb=", message.body_hash());
        canonical::field("DKIM-Signature", value.as_bytes(), &mut forms);
        fold::base64(&self.key.sign(&forms)?, &mut value);
        Ok(format!("DKIM-Signature:{value}\r\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Algorithm, generate};

    const MESSAGE: &[u8] = b"From: a@x.example\r\nTo: b@y.example\r\nSubject: s\r\n\r\nbody\r\n";

    fn signer(algorithm: Algorithm) -> Signer {
        let key = SigningKey::from_pkcs8(algorithm, &generate(algorithm).expect("a key")).expect("a key");
        Signer {
            domain: DomainName::parse("x.example").expect("a domain"),
            selector: "h1".to_owned(),
            key,
            lifetime: Some(Duration::from_secs(7 * 86_400)),
        }
    }

    #[test]
    fn what_is_there_is_signed_and_may_not_be_added() {
        let twice = [b"From: evil@x.example\r\n".as_slice(), MESSAGE].concat();
        let prepared = Prepared::new(&twice);
        let (names, forms) = prepared.select(&["From", "Cc"], &["Sender"]);
        assert_eq!(names, ["From", "From", "From", "Cc"]);
        assert_eq!(forms, b"from:a@x.example\r\nfrom:evil@x.example\r\n");
    }

    #[test]
    fn a_signature_says_what_was_signed_and_until_when_it_holds() {
        let now = Timestamp::from_secs(1_000);
        let field = signer(Algorithm::Ed25519).sign(&Prepared::new(MESSAGE), now).expect("a signature");
        for tag in
            ["a=ed25519-sha256;", "d=x.example;", "s=h1;", "t=1000;", "x=605800;", "h=From:From:To:To:"]
        {
            assert!(field.contains(tag), "{tag} is missing in {field}");
        }
        assert!(field.ends_with("\r\n"));
        assert!(field.lines().all(|line| line.len() <= 80), "{field}");
    }

    #[test]
    fn many_fields_of_one_name_do_not_make_a_signature_long() {
        let many = [b"Cc: a@x.example\r\n".repeat(10_000), MESSAGE.to_vec()].concat();
        let field = signer(Algorithm::Ed25519)
            .sign(&Prepared::new(&many), Timestamp::from_secs(0))
            .expect("a signature");
        assert!(field.len() < 2_000);
    }
}
