//! TLSA records (RFC 6698) as mail uses them (RFC 7672).

use ring::digest::{SHA256, SHA512, digest};
use rustls::server::ParsedCertificate;
use rustls_pki_types::CertificateDer;

/// Most records of one host that are looked at.
pub const TLSA_COUNT_MAX: usize = 32;

/// Whose certificate a record names. Usages 0 and 1 stand for the public certificate authorities and mean nothing in
/// mail (RFC 7672 section 3.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// DANE-TA(2): one above the host's.
    Anchor,
    /// DANE-EE(3): the host's own; neither its names nor its dates matter (RFC 7672 section 3.1.1).
    EndEntity,
}

/// A record, as it stands in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tlsa {
    /// 0 to 3.
    pub usage: u8,
    /// 0 the certificate, 1 its key.
    pub selector: u8,
    /// 0 whole, 1 SHA-256, 2 SHA-512.
    pub matching: u8,
    /// The octets to match.
    pub association: Vec<u8>,
}

impl Tlsa {
    /// Whether it can be used in mail; others are passed over.
    pub fn is_usable(&self) -> bool {
        let length = self.association.len();
        let fits = match self.matching {
            0 => length > 0,
            1 => length == 32,
            2 => length == 64,
            _ => false,
        };
        self.usage().is_some() && self.selector <= 1 && fits
    }

    pub(crate) const fn usage(&self) -> Option<Usage> {
        match self.usage {
            2 => Some(Usage::Anchor),
            3 => Some(Usage::EndEntity),
            _ => None,
        }
    }

    /// Whether it names this certificate.
    pub(crate) fn matches(&self, certificate: &CertificateDer<'_>) -> bool {
        match self.selector {
            0 => self.matches_octets(certificate),
            1 => key_of(certificate).is_some_and(|key| self.matches_octets(&key)),
            _ => false,
        }
    }

    fn matches_octets(&self, octets: &[u8]) -> bool {
        match self.matching {
            0 => self.association == octets,
            1 => self.association == digest(&SHA256, octets).as_ref(),
            2 => self.association == digest(&SHA512, octets).as_ref(),
            _ => false,
        }
    }
}

impl std::fmt::Display for Tlsa {
    /// As a zone file and a TLS report write it (RFC 8460 section 4.2).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} ", self.usage, self.selector, self.matching)?;
        self.association.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// The SubjectPublicKeyInfo of a certificate.
pub(crate) fn key_of(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    ParsedCertificate::try_from(certificate).ok().map(|parsed| parsed.subject_public_key_info().to_vec())
}
