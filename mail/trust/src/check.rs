//! What certificates are looked at for, as rustls asks it.

use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, PeerIncompatible, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::dane::{Tlsa, Usage, key_of};

/// A name that a certificate may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    Exact(ServerName<'static>),
    /// Any below this one, in lower case.
    Below(String),
}

/// What a certificate must show.
#[derive(Debug)]
pub(crate) enum Check {
    /// Nothing: it only encrypts.
    Nothing,
    /// What one of these records names; names are those of the host and of the destination.
    Dane { records: Vec<Tlsa>, names: Vec<Named> },
    /// One of these SHA-256, of itself or of its key.
    Fingerprints(Vec<[u8; 32]>),
    /// A chain to a public authority, and one of these names.
    Public { roots: Arc<RootCertStore>, names: Vec<Named> },
}

/// The check with the algorithms that signatures may have.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) check: Check,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
    /// Whether TLS 1.2 is too old, also for a client that would speak it.
    pub(crate) only_tls13: bool,
}

impl Verifier {
    /// A chain to `roots`, and one of `names`.
    fn public(
        &self,
        roots: &RootCertStore,
        names: &[Named],
        (end_entity, intermediates, now): (&CertificateDer<'_>, &[CertificateDer<'_>], UnixTime),
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        check_names(end_entity, &parsed, names)
    }

    fn dane(
        &self,
        records: &[Tlsa],
        names: &[Named],
        (end_entity, intermediates, now): (&CertificateDer<'_>, &[CertificateDer<'_>], UnixTime),
    ) -> Result<(), Error> {
        let of = |usage| records.iter().filter(move |record| record.usage() == Some(usage));
        if of(Usage::EndEntity).any(|record| record.matches(end_entity)) {
            return Ok(());
        }
        let mut anchors = RootCertStore::empty();
        for certificate in intermediates {
            if of(Usage::Anchor).any(|record| record.matches(certificate)) {
                // One that cannot be an anchor is none.
                let _ = anchors.add(certificate.clone().into_owned());
            }
        }
        // A whole certificate in DNS need not be shown by the host (RFC 7671 section 5.2.3).
        for record in of(Usage::Anchor).filter(|record| (record.selector, record.matching) == (0, 0)) {
            let _ = anchors.add(CertificateDer::from(record.association.clone()));
        }
        if anchors.is_empty() {
            return Err(CertificateError::UnknownIssuer.into());
        }
        self.public(&anchors, names, (end_entity, intermediates, now))
    }
}

fn check_names(
    end_entity: &CertificateDer<'_>,
    parsed: &ParsedCertificate<'_>,
    names: &[Named],
) -> Result<(), Error> {
    let is_named = names.iter().any(|name| match name {
        Named::Exact(name) => verify_server_name(parsed, name).is_ok(),
        Named::Below(parent) => webpki::EndEntityCert::try_from(end_entity)
            .is_ok_and(|certificate| certificate.valid_dns_names().any(|name| is_below(name, parent))),
    });
    if is_named { Ok(()) } else { Err(CertificateError::NotValidForName.into()) }
}

fn is_below(name: &str, parent: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = (end_entity, intermediates, now);
        match &self.check {
            Check::Nothing => {}
            Check::Dane { records, names } => self.dane(records, names, shown)?,
            Check::Fingerprints(prints) => {
                let is_print = |octets: &[u8]| {
                    prints.iter().any(|print| print.as_slice() == digest(&SHA256, octets).as_ref())
                };
                if !is_print(end_entity) && !key_of(end_entity).is_some_and(|key| is_print(&key)) {
                    return Err(CertificateError::ApplicationVerificationFailure.into());
                }
            }
            Check::Public { roots, names } => self.public(roots, names, shown)?,
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.only_tls13 {
            return Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into());
        }
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
