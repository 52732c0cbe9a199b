//! What is demanded of one host, and what is done where it does not give it.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore, version};

use crate::check::{Check, Verifier};
use crate::{Policy, Tlsa};

/// What stands behind a demand: for replies, traces and TLS reports (RFC 8460 section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// Nobody demands anything (`no-policy-found`).
    Nothing,
    /// The destination's MTA-STS policy (`sts`); in testing mode failures are reported and delivered all the same.
    Sts(Arc<Policy>),
    /// The host's TLSA records (`tlsa`).
    Dane(Arc<[Tlsa]>),
    /// The operator or the account.
    Order,
}

/// What to do next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Go on without TLS.
    Clear,
    /// STARTTLS with this.
    Handshake(Arc<ClientConfig>),
    /// Try the next host; where there is none, try again later (RFC 7672 section 2.2, RFC 8461 section 5).
    GiveUp,
}

/// TLS as one demand wants it: a whole configuration, or its verifier for a client that makes its own.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// The client's side.
    pub config: Arc<ClientConfig>,
    /// What looks at the certificate, and at the version where TLS 1.2 is too old.
    pub verifier: Arc<dyn ServerCertVerifier>,
}

/// What is demanded of one host.
#[derive(Clone)]
pub enum Demand {
    /// TLS is not even tried.
    Clear,
    /// TLS where it is offered; in the clear where it is not, or where the handshake fails.
    Offered(Handshake),
    /// TLS that passes the check, or nothing.
    Required(Handshake),
}

impl fmt::Debug for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "Clear",
            Self::Offered(_) => "Offered",
            Self::Required(_) => "Required",
        })
    }
}

impl Demand {
    /// What to do with a host that offers STARTTLS.
    pub fn with_tls(&self) -> Step {
        match self {
            Self::Clear => Step::Clear,
            Self::Offered(tls) | Self::Required(tls) => Step::Handshake(Arc::clone(&tls.config)),
        }
    }

    /// What to do with a host that does not offer STARTTLS, or refuses it.
    pub fn without_tls(&self) -> Step {
        match self {
            Self::Clear | Self::Offered(_) => Step::Clear,
            Self::Required(_) => Step::GiveUp,
        }
    }

    /// What to do, on a new connection, after a handshake failed.
    pub fn after_failure(&self) -> Step {
        self.without_tls()
    }
}

/// The judgement on one host.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What is demanded.
    pub demand: Demand,
    /// Why.
    pub basis: Basis,
    /// Whether the host must offer REQUIRETLS as well, and be told it with MAIL (RFC 8689 section 4.2.1).
    pub requires_keyword: bool,
}

/// Makes TLS configurations. Those that check nothing or the public authorities are made once: sessions of theirs can be
/// resumed, and one that was not checked is never resumed by one that checks.
pub struct Shop {
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    unchecked: Handshake,
}

impl Shop {
    /// One that trusts `roots`.
    ///
    /// # Errors
    /// Where rustls has no protocol left.
    pub fn new(roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let unchecked = config(&provider, Check::Nothing, false)?;
        Ok(Self { provider, roots: Arc::new(roots), unchecked })
    }

    pub(crate) fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.roots)
    }

    pub(crate) fn make(&self, check: Check, only_tls13: bool) -> Result<Handshake, rustls::Error> {
        match check {
            Check::Nothing if !only_tls13 => Ok(self.unchecked.clone()),
            check => config(&self.provider, check, only_tls13),
        }
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    check: Check,
    only_tls13: bool,
) -> Result<Handshake, rustls::Error> {
    let algorithms = provider.signature_verification_algorithms;
    let versions: &[_] = if only_tls13 { &[&version::TLS13] } else { &[&version::TLS13, &version::TLS12] };
    let verifier: Arc<dyn ServerCertVerifier> = Arc::new(Verifier { check, algorithms, only_tls13 });
    let made = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier))
        .with_no_client_auth();
    Ok(Handshake { config: Arc::new(made), verifier })
}
