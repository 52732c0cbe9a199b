//! Fetching a policy over HTTPS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use resolver::{Dns, Kind, Name, Record};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Longest policy in octets (RFC 8461 section 3.3 advises 64 KiB).
pub const POLICY_OCTETS_MAX: usize = 64 * 1024;
/// Longest time for all of it, in seconds (RFC 8461 section 3.3 advises a minute).
pub const SECONDS_MAX: u64 = 30;
/// Addresses that are tried.
const ADDRESS_COUNT_MAX: usize = 4;

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// It has no address that may be reached.
    #[error("the policy host has no usable address")]
    Address,
    /// Nobody answers there.
    #[error("the policy host cannot be reached")]
    Connect,
    /// Its certificate is not valid for its name, or TLS failed.
    #[error("the certificate of the policy host does not hold")]
    Tls,
    /// The answer is no HTTP.
    #[error("the policy host answered no HTTP")]
    Http,
    /// The answer is another than 200; redirects are not followed (RFC 8461 section 3.3).
    #[error("the policy host answered {0}")]
    Status(u16),
    /// It is no plain text.
    #[error("the policy is no plain text")]
    Kind,
    /// It is longer than [`POLICY_OCTETS_MAX`], or no UTF-8.
    #[error("the policy is too long, broken off or no text")]
    Body,
    /// It took longer than [`SECONDS_MAX`].
    #[error("the policy host is too slow")]
    Slow,
}

/// Fetches policies.
#[async_trait]
pub trait Fetch: Send + Sync + 'static {
    /// What is served for `domain`.
    ///
    /// # Errors
    /// [`FetchFault`].
    async fn policy(&self, domain: &Name) -> Result<String, FetchFault>;
}

/// Where connections may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses alone: nobody makes us ask the neighbours of this machine.
    Public,
    /// Anywhere, for networks and tests that have no public addresses.
    Anywhere,
}

/// HTTPS to `mta-sts.` of the domain, with a certificate that is valid for that name.
pub struct Https {
    dns: Arc<dyn Dns>,
    tls: TlsConnector,
    port: u16,
    reach: Reach,
}

impl Https {
    /// One that trusts `roots`; `port` is 443.
    ///
    /// # Errors
    /// Where rustls has no protocol left.
    pub fn new(
        dns: Arc<dyn Dns>,
        roots: RootCertStore,
        port: u16,
        reach: Reach,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { dns, tls: TlsConnector::from(Arc::new(tls)), port, reach })
    }

    async fn addresses(&self, host: &Name) -> Vec<IpAddr> {
        let mut found = Vec::new();
        for kind in [Kind::A, Kind::Aaaa] {
            let Ok(answer) = self.dns.ask(host, kind).await else { continue };
            found.extend(answer.records.iter().filter_map(|record| match record {
                Record::A(address) => Some(IpAddr::V4(*address)),
                Record::Aaaa(address) => Some(IpAddr::V6(*address)),
                _ => None,
            }));
        }
        found.retain(|address| self.reach == Reach::Anywhere || is_public(*address));
        found.truncate(ADDRESS_COUNT_MAX);
        found
    }

    async fn connect(&self, host: &Name) -> Result<TcpStream, FetchFault> {
        let addresses = self.addresses(host).await;
        if addresses.is_empty() {
            return Err(FetchFault::Address);
        }
        for address in addresses {
            if let Ok(stream) = TcpStream::connect(SocketAddr::new(address, self.port)).await {
                return Ok(stream);
            }
        }
        Err(FetchFault::Connect)
    }

    async fn get(&self, domain: &Name) -> Result<String, FetchFault> {
        let host = Name::parse(&format!("mta-sts.{domain}")).map_err(|_| FetchFault::Address)?;
        let stream = self.connect(&host).await?;
        let name = ServerName::try_from(host.as_str().to_owned()).map_err(|_| FetchFault::Tls)?;
        let stream = self.tls.connect(name, stream).await.map_err(|_| FetchFault::Tls)?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|_| FetchFault::Http)?;
        let request = Request::get("/.well-known/mta-sts.txt")
            .header(HOST, host.as_str())
            .header(USER_AGENT, "Hosterra (MTA-STS)")
            .body(Empty::<Bytes>::new())
            .map_err(|_| FetchFault::Http)?;
        let asking = async {
            let response = sender.send_request(request).await.map_err(|_| FetchFault::Http)?;
            read(response).await
        };
        // Driven here, so that nothing is left when the time is up.
        let mut connection = std::pin::pin!(connection);
        let mut asking = std::pin::pin!(asking);
        tokio::select! {
            answer = &mut asking => answer,
            _ = &mut connection => asking.await,
        }
    }
}

async fn read(response: hyper::Response<hyper::body::Incoming>) -> Result<String, FetchFault> {
    if response.status() != StatusCode::OK {
        return Err(FetchFault::Status(response.status().as_u16()));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/plain") {
        return Err(FetchFault::Kind);
    }
    let body = Limited::new(response.into_body(), POLICY_OCTETS_MAX).collect().await;
    let octets = body.map_err(|_| FetchFault::Body)?.to_bytes();
    String::from_utf8(octets.into()).map_err(|_| FetchFault::Body)
}

#[async_trait]
impl Fetch for Https {
    async fn policy(&self, domain: &Name) -> Result<String, FetchFault> {
        let deadline = Duration::from_secs(SECONDS_MAX);
        tokio::time::timeout(deadline, self.get(domain)).await.unwrap_or(Err(FetchFault::Slow))
    }
}

/// Whether an address is one of the public Internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_broadcast()
                || address.is_documentation()
                || address.is_multicast()
                || first == 0
                || first >= 240
                // Shared by carriers (RFC 6598).
                || (first == 100 && (64..128).contains(&second))
                || (first == 198 && (18..20).contains(&second)))
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public(IpAddr::V4(mapped)),
            // Global unicast without the documentation range (RFC 4291 section 2.4, RFC 3849).
            None => {
                let segments = address.segments();
                segments[0] & 0xe000 == 0x2000 && (segments[0], segments[1]) != (0x2001, 0x0db8)
            }
        },
    }
}
