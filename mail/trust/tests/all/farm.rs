//! Hosts on loopback that take mail, or lie, or fall silent; and whoever delivers, obeying what is demanded.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use trust::{Demand, Step};

/// Certificates with what signed them.
pub(crate) struct Chain {
    pub(crate) leaf: CertificateDer<'static>,
    pub(crate) root: CertificateDer<'static>,
    key: Vec<u8>,
}

/// A certificate for `name` from an authority of its own.
pub(crate) fn chain(name: &str) -> Chain {
    let root_key = KeyPair::generate().expect("a key");
    let mut root = CertificateParams::new(vec![]).expect("parameters");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_certificate = root.self_signed(&root_key).expect("a root");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    let leaf = params.signed_by(&key, &Issuer::new(root, root_key)).expect("a certificate");
    Chain { leaf: leaf.der().clone(), root: root_certificate.der().clone(), key: key.serialize_der() }
}

impl Chain {
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).expect("a root");
        roots
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(self.key.clone()).expect("a key");
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("protocols")
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf.clone(), self.root.clone()], key)
            .expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What a host does about STARTTLS.
#[derive(Clone)]
pub(crate) enum Offer {
    /// It, or somebody between, does not offer it.
    Stripped,
    /// It is offered, and then garbage comes.
    Garbage,
    /// It is offered and works.
    Tls(TlsAcceptor),
}

/// How a message arrived, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Clear,
    Encrypted,
    Nothing,
}

/// A host that answers `STARTTLS` and `MAIL`, one line each.
pub(crate) async fn host(offer: Offer) -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            tokio::spawn(serve(stream, offer.clone()));
        }
    });
    address
}

async fn serve(stream: TcpStream, offer: Offer) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|count| count > 0) {
        match (line.as_str(), &offer) {
            ("STARTTLS\n", Offer::Tls(acceptor)) => {
                if stream.write_all(b"220\n").await.is_err() {
                    return;
                }
                let Ok(mut inner) = acceptor.accept(stream.into_inner()).await else { return };
                let mut word = [0; 5];
                if inner.read_exact(&mut word).await.is_ok() && &word == b"MAIL\n" {
                    let _ = inner.write_all(b"250\n").await;
                    let _ = inner.shutdown().await;
                }
                return;
            }
            ("STARTTLS\n", Offer::Garbage) => {
                let _ = stream.write_all(b"220\nthis is no TLS at all, whatever it says\n").await;
                return;
            }
            ("STARTTLS\n", Offer::Stripped) => drop(stream.write_all(b"502\n").await),
            _ => drop(stream.write_all(b"250\n").await),
        }
        line.clear();
    }
}

/// Delivers as a client does that obeys each step.
pub(crate) async fn deliver(demand: &Demand, address: SocketAddr) -> Delivery {
    let mut step = demand.with_tls();
    loop {
        step = match step {
            Step::GiveUp => return Delivery::Nothing,
            Step::Clear => {
                let mut stream = TcpStream::connect(address).await.expect("a connection");
                return if say(&mut stream, "MAIL\n").await { Delivery::Clear } else { Delivery::Nothing };
            }
            Step::Handshake(config) => {
                let mut stream = TcpStream::connect(address).await.expect("a connection");
                if !say(&mut stream, "STARTTLS\n").await {
                    demand.without_tls()
                } else {
                    let name = ServerName::try_from("mx.dest.example").expect("a name");
                    let Ok(mut stream) = TlsConnector::from(config).connect(name, stream).await else {
                        step = demand.after_failure();
                        continue;
                    };
                    if say(&mut stream, "MAIL\n").await {
                        return Delivery::Encrypted;
                    }
                    demand.after_failure()
                }
            }
        };
    }
}

/// Whether a word is answered with 2xx.
async fn say<S>(stream: &mut S, word: &str) -> bool
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if stream.write_all(word.as_bytes()).await.is_err() {
        return false;
    }
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.is_ok() && answer[0] == b'2'
}
