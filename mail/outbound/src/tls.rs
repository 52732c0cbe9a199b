//! What is asked of TLS towards other hosts: decided by whoever knows the policies, obeyed here.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use kernel::{DomainName, TenantId};
use resolver::{Name, Security};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use store::TlsWish;
use trust::Basis;

/// A host of a site, as a policy looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyHost {
    /// Its name.
    pub name: Name,
    /// Whether the answer that named it, and its addresses, are proven (RFC 7672 section 2.2).
    pub security: Security,
}

/// What is given to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confidence {
    /// Mail.
    #[default]
    Mail,
    /// A password as well: never without a certificate of the host's name.
    Secret,
}

/// For whom and where TLS is wanted.
#[derive(Debug, Clone, Copy)]
pub struct TlsQuestion<'a> {
    /// Whose mail.
    pub tenant: TenantId,
    /// In the name of which domain; reports have none.
    pub sender: Option<&'a DomainName>,
    /// To which domain, or to which host that takes its mail instead.
    pub domain: &'a DomainName,
    /// By which hosts, in the order in which they are tried.
    pub hosts: &'a [PolicyHost],
    /// The port.
    pub port: u16,
    /// What the message or its sender asks.
    pub wish: TlsWish,
    /// What is given to the host.
    pub trust: Confidence,
}

/// Why nothing is sent to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The sentence that is shown.
    pub reason: String,
    /// Whether it will be so later as well: the mail goes back at once.
    pub is_lasting: bool,
}

/// What one host has to do.
#[derive(Clone)]
pub enum TlsDemand {
    /// TLS is not tried.
    Never,
    /// TLS where it is offered and works; the certificate is not looked at (RFC 7435).
    May,
    /// TLS as this client speaks it, with a certificate that it accepts; else nothing is sent to this host.
    Must(Arc<ClientConfig>),
    /// Nothing is sent to this host: the policy excludes it.
    Excluded(Exclusion),
}

impl TlsDemand {
    /// Whether TLS is wanted at all: how it went says nothing otherwise.
    pub(crate) const fn is_tried(&self) -> bool {
        !matches!(self, Self::Never)
    }
}

impl fmt::Debug for TlsDemand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("Never"),
            Self::May => f.write_str("May"),
            Self::Must(_) => f.write_str("Must"),
            Self::Excluded(exclusion) => f.debug_tuple("Excluded").field(exclusion).finish(),
        }
    }
}

/// What one host has to do, and why.
#[derive(Debug, Clone)]
pub struct TlsVerdict {
    /// What.
    pub demand: TlsDemand,
    /// Why, for reports.
    pub basis: Basis,
}

/// What a domain asks of TLS.
#[derive(Debug, Clone)]
pub struct TlsPolicy {
    /// Names the policy, with everything by which two policies differ: mail under different ones never shares a
    /// connection. Also shown in the message trace.
    pub name: String,
    /// One per host of the question, in order.
    pub verdicts: Vec<TlsVerdict>,
}

/// What was wrong with the TLS of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFault {
    /// In a word of RFC 8460 section 4.3.
    pub kind: &'static str,
    /// In a sentence.
    pub detail: String,
}

/// How TLS went in one session, for those who report it (RFC 8460).
#[derive(Debug, Clone)]
pub struct TlsObservation {
    /// The domain of the recipients.
    pub domain: DomainName,
    /// What stood behind the demand.
    pub basis: Basis,
    /// Which host.
    pub host: String,
    /// From which address, where it is chosen.
    pub source: Option<IpAddr>,
    /// The fault; none where it went as asked.
    pub fault: Option<TlsFault>,
}

/// Who knows what is asked of TLS.
#[async_trait]
pub trait TlsPolicySource: Send + Sync + 'static {
    /// The policy; `None` where it is not known now: the mail waits.
    async fn policy(&self, question: TlsQuestion<'_>) -> Option<TlsPolicy>;

    /// Another number wherever people have ordered something else for mail that a tenant sends in the name of a domain of
    /// it to another: nothing that was found under one holds under the other.
    fn stamp(&self, _sender: (TenantId, Option<&DomainName>), _domain: &DomainName, _port: u16) -> u64 {
        0
    }

    /// Hears how it went; must not wait.
    fn observed(&self, _observation: &TlsObservation) {}
}

/// TLS where it is offered, whatever the certificate, and no more than a message itself asks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opportunistic;

#[async_trait]
impl TlsPolicySource for Opportunistic {
    async fn policy(&self, question: TlsQuestion<'_>) -> Option<TlsPolicy> {
        let (name, demand) = match question.wish {
            _ if question.trust == Confidence::Secret => {
                let reason = "a login is given only to a host that proves its name".to_owned();
                ("secret", TlsDemand::Excluded(Exclusion { reason, is_lasting: false }))
            }
            TlsWish::Usual | TlsWish::Relaxed => ("may", TlsDemand::May),
            TlsWish::Encrypted => ("encrypt", TlsDemand::Must(Arc::clone(&ANYONE))),
            TlsWish::Required => {
                let reason = "REQUIRETLS is demanded and nothing proves this host".to_owned();
                ("requiretls", TlsDemand::Excluded(Exclusion { reason, is_lasting: true }))
            }
        };
        let verdict = TlsVerdict { demand, basis: Basis::Nothing };
        Some(TlsPolicy { name: name.to_owned(), verdicts: vec![verdict; question.hosts.len()] })
    }
}

/// Accepts every certificate whose owner proves to have its key.
#[derive(Debug)]
struct Anyone(CryptoProvider);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The client that accepts everybody. One for all, so that sessions are resumed.
static ANYONE: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider.clone()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        .with_no_client_auth();
    Arc::new(config)
});

/// The client's side of TLS for a demand; none where it is not tried.
pub(crate) fn client_config(demand: &TlsDemand) -> Option<Arc<ClientConfig>> {
    match demand {
        TlsDemand::Never | TlsDemand::Excluded(_) => None,
        TlsDemand::May => Some(Arc::clone(&ANYONE)),
        TlsDemand::Must(config) => Some(Arc::clone(config)),
    }
}
