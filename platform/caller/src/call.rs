//! One request and its answer.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::lookup::ADDRESS_COUNT_MAX;
use crate::{Lookup, Reach};

/// Longest wait for one connection: the others of the host are tried then.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Longest head of an answer, in octets.
const HEAD_OCTETS_MAX: usize = 32 * 1024;
/// Most header fields of an answer.
const HEADER_COUNT_MAX: usize = 100;

/// What is asked of somebody else's server.
#[derive(Debug, Clone)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Of what: `https://host[:port]/path`, or `http` where the host is this machine and [`Reach`] allows it.
    pub url: String,
    /// Header fields besides `Host`, `Connection`, `User-Agent` and `Content-Length`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What is sent.
    pub body: Bytes,
    /// Most octets of the answer's body that are read.
    pub answer_octets_max: usize,
    /// Longest time for all of it.
    pub deadline: Duration,
}

impl Call {
    /// Adds a header field.
    ///
    /// # Errors
    /// [`CallError::Header`] where it holds what no header may.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, CallError> {
        let value = HeaderValue::from_str(value).map_err(|_| CallError::Header(name))?;
        self.headers.push((HeaderName::from_static(name), value));
        Ok(self)
    }
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code; redirects are answers like any other.
    pub status: u16,
    /// Of the body.
    pub content_type: Option<String>,
    /// The body, as far as it was wanted.
    pub body: Bytes,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// Why there is no answer. Says no address: the caller knows whom it called.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Not an address that can be called.
    #[error("the address cannot be called")]
    Url,
    /// A header field that cannot be sent.
    #[error("the header field {0} cannot be sent")]
    Header(&'static str),
    /// The host has no addresses.
    #[error("the host name has no address")]
    Lookup(#[source] io::Error),
    /// The host is in a network that is not called.
    #[error("the host is in a network that is not called")]
    Forbidden,
    /// In the clear to another machine.
    #[error("only this machine is called without TLS")]
    Clear,
    /// Nobody listens.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// The certificate is not good, or TLS fails otherwise.
    #[error("TLS failed")]
    Tls(#[source] io::Error),
    /// What was answered is not HTTP, or broke off.
    #[error("the answer is not HTTP")]
    Http(#[source] hyper::Error),
    /// It took too long.
    #[error("no answer in time")]
    Late,
}

/// Calls. A cheap handle.
#[derive(Clone)]
pub struct Caller {
    tls: TlsConnector,
    reach: Arc<Reach>,
    lookup: Arc<dyn Lookup>,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller").field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// The parts of an address.
struct Target {
    is_tls: bool,
    host: String,
    port: u16,
    uri: Uri,
}

impl Caller {
    /// Calls what `reach` allows. Certificates are judged by Mozilla's list and by `roots`.
    ///
    /// # Errors
    /// [`rustls::Error`] where one of `roots` is no certificate.
    pub fn new(
        reach: Reach,
        lookup: Arc<dyn Lookup>,
        roots: Vec<CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in roots {
            trusted.add(root)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { tls: TlsConnector::from(Arc::new(config)), reach: Arc::new(reach), lookup })
    }

    /// Calls once.
    ///
    /// # Errors
    /// [`CallError`]; whether the server has taken the request is not known then.
    pub async fn call(&self, call: Call) -> Result<Answer, CallError> {
        let deadline = call.deadline;
        tokio::time::timeout(deadline, self.exchange(call)).await.unwrap_or(Err(CallError::Late))
    }

    async fn exchange(&self, call: Call) -> Result<Answer, CallError> {
        let target = target(&call.url)?;
        let addresses = self.addresses(&target.host).await?;
        if !target.is_tls && !addresses.iter().all(IpAddr::is_loopback) {
            return Err(CallError::Clear);
        }
        let stream = connect(&addresses, target.port).await?;
        let limit = call.answer_octets_max;
        let request = request(call, &target)?;
        if !target.is_tls {
            return speak(stream, request, limit).await;
        }
        let name = ServerName::try_from(target.host).map_err(|_| CallError::Url)?;
        let stream = self.tls.connect(name, stream).await.map_err(CallError::Tls)?;
        speak(stream, request, limit).await
    }

    /// The addresses of a host, if all of them may be called.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, CallError> {
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![address],
            Err(_) => self.lookup.addresses(host).await.map_err(CallError::Lookup)?,
        };
        if addresses.is_empty() {
            return Err(CallError::Lookup(io::ErrorKind::NotFound.into()));
        }
        let addresses: Vec<IpAddr> =
            addresses.into_iter().take(ADDRESS_COUNT_MAX).map(|address| address.to_canonical()).collect();
        // One that is not allowed spoils the rest: whoever mixes them tries something.
        if addresses.iter().all(|address| self.reach.allows(*address)) {
            Ok(addresses)
        } else {
            Err(CallError::Forbidden)
        }
    }
}

fn target(url: &str) -> Result<Target, CallError> {
    let uri: Uri = url.parse().map_err(|_| CallError::Url)?;
    let is_tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(CallError::Url),
    };
    let authority = uri.authority().ok_or(CallError::Url)?;
    if authority.as_str().contains('@') {
        return Err(CallError::Url);
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    Ok(Target { is_tls, host, port, uri })
}

async fn connect(addresses: &[IpAddr], port: u16) -> Result<TcpStream, CallError> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in addresses {
        let connecting = TcpStream::connect(SocketAddr::new(*address, port));
        match tokio::time::timeout(CONNECT_WAIT_MAX, connecting).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(CallError::Connect(last))
}

fn request(call: Call, target: &Target) -> Result<Request<Full<Bytes>>, CallError> {
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = target.uri.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::builder()
        .method(call.method)
        .uri(path)
        .header(HOST, authority)
        .header(USER_AGENT, concat!("Hosterra/", env!("CARGO_PKG_VERSION")))
        .header(CONNECTION, "close");
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(call.body)).map_err(|_| CallError::Url)
}

/// Asks over an open connection, which lives no longer than the answer.
async fn speak<S>(stream: S, request: Request<Full<Bytes>>, limit: usize) -> Result<Answer, CallError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_OCTETS_MAX).max_headers(HEADER_COUNT_MAX);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(CallError::Http)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(CallError::Http)?;
        read(response, limit).await
    };
    // The connection is driven until the answer is there; how it ends after that is nobody's concern.
    let driving = async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        answer = asking => answer,
        () = driving => Err(CallError::Late),
    }
}

async fn read(response: Response<Incoming>, limit: usize) -> Result<Answer, CallError> {
    let status = response.status().as_u16();
    let content_type = response.headers().get(hyper::header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = response.into_body();
    let (mut read, mut is_whole) = (Vec::new(), true);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(CallError::Http)?.into_data() else { continue };
        let room = limit - read.len();
        read.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            is_whole = false;
            break;
        }
    }
    Ok(Answer { status, content_type, body: read.into(), is_whole })
}
