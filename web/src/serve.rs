//! Accepts connections, serves them, and drains: no request that was read is dropped while there is time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use crate::limit::{
    CONNECTION_COUNT_MAX, DRAIN_TIME_MAX, HANDSHAKE_TIME_MAX, HEAD_OCTETS_MAX, HEAD_TIME_MAX,
    HEADER_COUNT_MAX, STREAM_COUNT_MAX,
};

/// A pause after a failed accept: out of descriptors, most often, and these come back.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Makes a stream of bytes out of a connection: as it is ([`Plain`]), or under TLS.
pub trait Handshake: Clone + Send + Sync + 'static {
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
/// have 20 s to end.
///
/// # Errors
/// [`ServeError`] before anything is served.
pub fn serve<H: Handshake>(
    listener: TcpListener,
    handshake: H,
    router: Router,
    drain: CancellationToken,
) -> Result<Serving, ServeError> {
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let task = tokio::spawn(accept(listener, handshake, router, drain));
    Ok(Serving { address, task })
}

async fn accept<H: Handshake>(listener: TcpListener, handshake: H, router: Router, drain: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let connections = tokio_util::task::TaskTracker::new();
    let room = Arc::new(Semaphore::new(CONNECTION_COUNT_MAX));
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
        let (handshake, router, watcher) = (handshake.clone(), router.clone(), graceful.watcher());
        connections.spawn(async move {
            let _permit = permit;
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
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let permit = room.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, permit))
}

async fn connection<S>(
    stream: S,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
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
    // How a peer ends its connection is no failure of ours.
    if let Err(error) = watcher.watch(serving).await {
        tracing::trace!(error = %error, "an HTTP connection ended");
    }
}
