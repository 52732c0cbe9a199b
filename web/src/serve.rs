//! Accepts connections, serves them, and drains: no request that was read is dropped while there is time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use graphql::network_of;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use listener::Peers;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use crate::client::Proxies;
use crate::limit::{
    CONNECTION_COUNT_MAX, CONNECTIONS_OF_NETWORK_MAX, DRAIN_TIME_MAX, HANDSHAKE_TIME_MAX, HEAD_OCTETS_MAX,
    HEAD_TIME_MAX, HEADER_COUNT_MAX, REFUSAL_TIME_MAX, REFUSED_COUNT_MAX, STREAM_COUNT_MAX,
};

/// A pause after a failed accept: out of descriptors, most often, and these come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a connection is told whose network has its share.
const SHARE_TAKEN: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 10\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 74\r\n\r\n\
    Your network has as many connections open as it may have, try again later\n";

/// Makes a stream of bytes out of a connection: as it is ([`Plain`]), or under TLS.
pub trait Handshake: Clone + Send + Sync + 'static {
    /// Whether HTTP is spoken at once, so that a refusal can be told before any handshake.
    const IS_PLAIN: bool;

    /// What carries HTTP.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Shakes hands.
    ///
    /// # Errors
    /// The peer does not speak as it should.
    fn handshake(&self, stream: TcpStream) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// HTTP in the clear.
#[derive(Debug, Clone, Copy)]
pub struct Plain;

impl Handshake for Plain {
    const IS_PLAIN: bool = true;

    type Stream = TcpStream;

    async fn handshake(&self, stream: TcpStream) -> io::Result<TcpStream> {
        Ok(stream)
    }
}

/// The listener cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It has no address.
    #[error("the address of the HTTP listener")]
    Address(#[source] io::Error),
}

/// A running server.
#[derive(Debug)]
pub struct Serving {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Serving {
    /// Waits until the server has drained after its token was cancelled.
    pub async fn drained(self) {
        if let Err(error) = self.task.await {
            tracing::error!(error = %error, "the HTTP server ended badly");
        }
    }
}

/// Serves `router` on `listener` until `drain` is cancelled; then no connection is accepted any more and open requests
/// have 20 s to end. A network has a share of the connections; `proxies` have none, and speak for others.
///
/// # Errors
/// [`ServeError`] before anything is served.
pub fn serve<H: Handshake>(
    listener: TcpListener,
    handshake: H,
    (router, proxies): (Router, Proxies),
    drain: CancellationToken,
) -> Result<Serving, ServeError> {
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let task = tokio::spawn(accept(listener, handshake, (router, proxies), drain));
    Ok(Serving { address, task })
}

async fn accept<H: Handshake>(
    listener: TcpListener,
    handshake: H,
    (router, proxies): (Router, Proxies),
    drain: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let connections = tokio_util::task::TaskTracker::new();
    let room = Arc::new(Semaphore::new(CONNECTION_COUNT_MAX));
    let refusals = Arc::new(Semaphore::new(REFUSED_COUNT_MAX));
    let peers = Peers::default();
    loop {
        let accepted = tokio::select! {
            () = drain.cancelled() => break,
            accepted = admitted(&listener, &room) => accepted,
        };
        let (stream, peer, permit) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(error = %error, "accepting an HTTP connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let network = network_of(peer.ip());
        let seat = peers.seat(network, CONNECTIONS_OF_NETWORK_MAX);
        if seat.is_none() && !proxies.are_trusted(peer.ip()) {
            if let (true, Ok(telling)) = (H::IS_PLAIN, refusals.clone().try_acquire_owned()) {
                connections.spawn(refuse(stream, telling));
            }
            continue;
        }
        let (handshake, router, watcher) = (handshake.clone(), router.clone(), graceful.watcher());
        connections.spawn(async move {
            let _held = (permit, seat);
            if let Ok(Ok(stream)) =
                tokio::time::timeout(HANDSHAKE_TIME_MAX, handshake.handshake(stream)).await
            {
                connection(stream, peer, router, watcher).await;
            }
        });
    }
    drop(listener);
    connections.close();
    let ended = async {
        graceful.shutdown().await;
        connections.wait().await;
    };
    if tokio::time::timeout(DRAIN_TIME_MAX, ended).await.is_err() {
        tracing::warn!("some HTTP requests did not end in time");
    }
}

async fn admitted(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, permit))
}

/// Says why, and closes.
async fn refuse(mut stream: TcpStream, _telling: OwnedSemaphorePermit) {
    let told = async {
        stream.write_all(SHARE_TAKEN).await?;
        stream.shutdown().await?;
        // What was sent meanwhile is read: unread, it would take the answer away from the peer (RFC 9112 section 9.6).
        tokio::io::copy(&mut stream.take(HEAD_OCTETS_MAX as u64), &mut tokio::io::sink()).await
    };
    // Whoever does not take it goes without.
    drop(tokio::time::timeout(REFUSAL_TIME_MAX, told).await);
}

async fn connection<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let begun = CancellationToken::new();
    let begins = begun.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        begins.cancel();
        let mut router = router.clone();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move { Service::call(&mut router, request).await }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_OCTETS_MAX)
        .max_headers(HEADER_COUNT_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAM_COUNT_MAX)
        .max_header_list_size(HEAD_OCTETS_MAX as u32)
        .keep_alive_interval(Some(Duration::from_secs(60)));
    let serving = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    // Until it is known which HTTP is spoken no limit of hyper's holds.
    let silent = async {
        if let Ok(()) = tokio::time::timeout(HEAD_TIME_MAX, begun.cancelled()).await {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        // How a peer ends its connection is no failure of ours.
        ended = watcher.watch(serving) => if let Err(error) = ended {
            tracing::trace!(error = %error, "an HTTP connection ended");
        },
        () = silent => tracing::trace!("an HTTP connection brought no request"),
    }
}
