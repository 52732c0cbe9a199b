//! DKIM-Signature fields (RFC 6376 section 3.5).

use ::message::Field;
use resolver::Name;

use super::canonical::Form;
use crate::tag::{Tags, base64, without_blanks};

/// Names in `h=` that are looked at.
const SIGNED_NAME_COUNT_MAX: usize = 200;

/// How something was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    RsaSha256,
    Ed25519Sha256,
}

impl Algorithm {
    /// None for those that are unknown or must not be used any more (RFC 8301 section 3.1: `rsa-sha1`).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "rsa-sha256" => Some(Self::RsaSha256),
            "ed25519-sha256" => Some(Self::Ed25519Sha256),
            _ => None,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }
}

/// One signature, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub(crate) algorithm: Algorithm,
    pub(crate) signature: Vec<u8>,
    pub(crate) body_hash: Vec<u8>,
    pub(crate) header_form: Form,
    pub(crate) body_form: Form,
    pub(crate) domain: Name,
    pub(crate) selector: Name,
    pub(crate) signed_names: Vec<String>,
    /// The domain of the identity.
    pub(crate) identity: Option<Name>,
    pub(crate) body_length: Option<u64>,
    pub(crate) expires_secs: Option<u64>,
    pub(crate) short: String,
}

/// Why a signature cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// It is no list of tags.
    #[error("the signature is no list of tags")]
    Syntax,
    /// A tag that must be there is not, or has a value that it may not have.
    #[error("the tag {0} is missing or wrong")]
    Tag(&'static str),
    /// An algorithm that nobody knows or that must not be used any more.
    #[error("the algorithm is unknown or no longer accepted")]
    Algorithm,
    /// From is not signed.
    #[error("the From field is not signed")]
    From,
}

/// Which kind of field it is: they share most of their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Dkim,
    /// ARC-Message-Signature (RFC 8617 section 4.1.2): no version, and `i=` is something else.
    Arc,
}

impl Signature {
    /// Reads a DKIM-Signature field.
    ///
    /// # Errors
    /// [`SignatureFault`].
    pub fn parse(field: &Field<'_>) -> Result<Self, SignatureFault> {
        Self::read(field, Purpose::Dkim)
    }

    /// Reads an ARC-Message-Signature field.
    pub(crate) fn read_arc(field: &Field<'_>) -> Result<Self, SignatureFault> {
        Self::read(field, Purpose::Arc)
    }

    fn read(field: &Field<'_>, purpose: Purpose) -> Result<Self, SignatureFault> {
        let text = std::str::from_utf8(field.value).map_err(|_| SignatureFault::Syntax)?;
        let tags = Tags::parse(text).ok_or(SignatureFault::Syntax)?;
        let tag = |name| tags.get(name).filter(|value| !value.is_empty()).ok_or(SignatureFault::Tag(name));
        if purpose == Purpose::Dkim && tag("v")? != "1" {
            return Err(SignatureFault::Tag("v"));
        }
        let algorithm = Algorithm::parse(tag("a")?).ok_or(SignatureFault::Algorithm)?;
        let written = without_blanks(tag("b")?);
        let signature = base64(&written).ok_or(SignatureFault::Tag("b"))?;
        let body_hash = base64(tag("bh")?).ok_or(SignatureFault::Tag("bh"))?;
        // Sealers that say nothing mean relaxed, whatever signers mean.
        let unsaid = if purpose == Purpose::Arc { Form::Relaxed } else { Form::Simple };
        let (header_form, body_form) = forms(tags.get("c"), unsaid).ok_or(SignatureFault::Tag("c"))?;
        let domain = crate::domain(&without_blanks(tag("d")?)).ok_or(SignatureFault::Tag("d"))?;
        let selector = Name::parse(&without_blanks(tag("s")?)).map_err(|_| SignatureFault::Tag("s"))?;
        let signed_names: Vec<String> = tag("h")?
            .split(':')
            .take(SIGNED_NAME_COUNT_MAX)
            .map(|name| name.trim_ascii().to_ascii_lowercase())
            .collect();
        if !signed_names.iter().any(|name| name == "from") {
            return Err(SignatureFault::From);
        }
        // A seal covers the message signature, not the other way round (RFC 8617 section 4.1.2).
        if purpose == Purpose::Arc && signed_names.iter().any(|name| name == "arc-seal") {
            return Err(SignatureFault::Tag("h"));
        }
        if tags.get("q").is_some_and(|ways| !ways.split(':').any(|way| way.trim_ascii() == "dns/txt")) {
            return Err(SignatureFault::Tag("q"));
        }
        let identity = match tags.get("i").filter(|_| purpose == Purpose::Dkim) {
            Some(identity) => {
                let (_, place) = identity.rsplit_once('@').ok_or(SignatureFault::Tag("i"))?;
                let place = crate::domain(&without_blanks(place)).ok_or(SignatureFault::Tag("i"))?;
                if !place.is_within(&domain) {
                    return Err(SignatureFault::Tag("i"));
                }
                Some(place)
            }
            None => None,
        };
        let number = |name| match tags.get(name) {
            Some(digits) => digits.parse::<u64>().map(Some).map_err(|_| SignatureFault::Tag(name)),
            None => Ok(None),
        };
        let (signed_secs, expires_secs) = (number("t")?, number("x")?);
        if signed_secs.zip(expires_secs).is_some_and(|(signed, expires)| expires <= signed) {
            return Err(SignatureFault::Tag("x"));
        }
        let short = written.chars().take(8).collect();
        let body_length = number("l")?;
        Ok(Self {
            algorithm,
            signature,
            body_hash,
            header_form,
            body_form,
            domain,
            selector,
            signed_names,
            identity,
            body_length,
            expires_secs,
            short,
        })
    }
}

/// `header/body`; the body's is simple where only one is named.
fn forms(text: Option<&str>, unsaid: Form) -> Option<(Form, Form)> {
    let form = |text: &str| match text.trim_ascii() {
        "simple" => Some(Form::Simple),
        "relaxed" => Some(Form::Relaxed),
        _ => None,
    };
    match text.map(|text| text.split_once('/').map_or((text, "simple"), |both| both)) {
        None => Some((unsaid, unsaid)),
        Some((header, body)) => Some((form(header)?, form(body)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Signature, SignatureFault> {
        let header = format!("DKIM-Signature: {text}\r\n");
        let field = ::message::fields(header.as_bytes()).next().expect("a field");
        Signature::parse(&field)
    }

    #[test]
    fn signatures_are_read_and_what_they_lack_is_named() {
        let good = "v=1; a=rsa-sha256; d=example.org; s=s; h=from : to; bh=AA==; b=QU\r\n JD";
        assert_eq!(read(good).map(|signature| signature.signature), Ok(b"ABC".to_vec()));
        for (old, new, fault) in [
            ("v=1", "v=2", SignatureFault::Tag("v")),
            ("v=1; ", "", SignatureFault::Tag("v")),
            ("rsa-sha256", "rsa-sha1", SignatureFault::Algorithm),
            ("d=example.org; ", "", SignatureFault::Tag("d")),
            ("from : to", "to", SignatureFault::From),
            ("s=s", "s=s; i=a@example.net", SignatureFault::Tag("i")),
            ("s=s", "s=s; i=a@badexample.org", SignatureFault::Tag("i")),
            ("s=s", "s=s; c=strict", SignatureFault::Tag("c")),
            ("s=s", "s=s; t=9; x=8", SignatureFault::Tag("x")),
            ("s=s", "s=s; l=-1", SignatureFault::Tag("l")),
            ("s=s", "s=s; q=http", SignatureFault::Tag("q")),
            ("s=s", "s=s; s=t", SignatureFault::Syntax),
        ] {
            assert_eq!(read(&good.replace(old, new)).err(), Some(fault), "{new}");
        }
        assert!(read(&good.replace("s=s", "s=s; i=@mail.example.org; q=dns/txt")).is_ok());
    }
}
