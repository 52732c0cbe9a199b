//! Accepting connections for a protocol, within limits, until the node drains.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use kernel::network_of;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Connection, Counters, Metrics, Peers, Seat, Stream};

/// Longest TLS handshake.
pub const TLS_HANDSHAKE_WAIT: Duration = Duration::from_secs(30);
/// How long sessions may take to end when the node drains; what is left then is cut off.
pub const DRAIN_WAIT: Duration = Duration::from_secs(20);
/// Connections that the system keeps until they are accepted; it may keep fewer (`net.core.somaxconn`). When a node comes back
/// all its clients come at once, and one that finds no room believes that it is connected and waits for a greeting.
pub const BACKLOG: u32 = 4096;
/// The pause after the system refused to accept, for example for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Longest wait for a refused peer to take the reason.
const REFUSAL_WAIT: Duration = Duration::from_secs(2);

/// Whether TLS starts with the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// In clear; the protocol may offer STARTTLS.
    Opportunistic,
    /// TLS from the first octet (RFC 8314).
    Implicit,
}

/// Connections at a time on one listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In all.
    pub connections: usize,
    /// From one address of IPv4, or one /64 of IPv6.
    pub connections_per_peer: usize,
}

/// A protocol server.
pub trait Protocol: Send + Sync + 'static {
    /// Its name in logs and metrics.
    fn name(&self) -> &'static str;

    /// What a connection beyond the limits is told before it is closed, in the words of the protocol.
    fn refusal(&self) -> &'static [u8];

    /// Speaks on a connection until it ends. When `stop` is cancelled, ends after what is under way.
    fn converse(&self, connection: Connection, stop: CancellationToken) -> impl Future<Output = ()> + Send;
}

/// A bound socket with its limits.
pub struct Listener {
    /// Where connections come from.
    pub socket: TcpListener,
    /// How they begin.
    pub security: Security,
    /// For those that begin with TLS.
    pub tls: TlsAcceptor,
    /// How many at a time.
    pub limits: Limits,
    /// Where they are counted.
    pub metrics: Metrics,
}

/// A socket that listens at an address, with room for a crowd.
///
/// # Errors
/// What the system says: the address is taken, is not of this machine, or needs a privilege.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of the last life may still be waiting for their end.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("socket", &self.socket)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// One connection of a peer, as the metrics have it; closed when dropped.
struct Open {
    metrics: Metrics,
    protocol: &'static str,
    _seat: Seat,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.closed(self.protocol);
    }
}

impl Listener {
    /// Accepts until `stop`; then waits for the open sessions, at most [`DRAIN_WAIT`].
    pub async fn serve<P: Protocol>(self, protocol: Arc<P>, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let peers = Peers::default();
        let sessions = TaskTracker::new();
        let cut = CancellationToken::new();
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.socket.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok((stream, address)) => (stream, address.ip().to_canonical()),
                Err(error) => {
                    tracing::warn!(protocol = protocol.name(), %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                self.refuse(&sessions, stream, protocol.as_ref(), "connections");
                continue;
            };
            let Some(open) = self.open(&peers, peer, protocol.name()) else {
                self.refuse(&sessions, stream, protocol.as_ref(), "connections_per_peer");
                continue;
            };
            let (protocol, stop, cut) = (Arc::clone(&protocol), stop.clone(), cut.clone());
            let tls = (self.security == Security::Implicit).then(|| self.tls.clone());
            let counters = Counters::new(self.metrics.clone(), protocol.name());
            sessions.spawn(async move {
                let _held = (place, open);
                let conversation = async {
                    // Answers are small and are waited for.
                    drop(stream.set_nodelay(true));
                    if let Some(stream) = secure(stream, tls).await {
                        protocol.converse(Connection { stream, peer, counters }, stop).await;
                    }
                };
                tokio::select! {
                    () = conversation => {}
                    () = cut.cancelled() => {}
                }
            });
        }
        sessions.close();
        if tokio::time::timeout(DRAIN_WAIT, sessions.wait()).await.is_err() {
            tracing::warn!(protocol = protocol.name(), open = sessions.len(), "sessions did not end in time");
            cut.cancel();
            sessions.wait().await;
        }
    }

    fn open(&self, peers: &Peers, peer: IpAddr, protocol: &'static str) -> Option<Open> {
        let seat = peers.seat(network_of(peer), self.limits.connections_per_peer)?;
        self.metrics.opened(protocol);
        Some(Open { metrics: self.metrics.clone(), protocol, _seat: seat })
    }

    /// Tells why, where it can be told in clear, and closes.
    fn refuse<P: Protocol>(
        &self,
        sessions: &TaskTracker,
        mut stream: TcpStream,
        protocol: &P,
        limit: &'static str,
    ) {
        self.metrics.refused(protocol.name(), limit);
        if self.security == Security::Opportunistic {
            let refusal = protocol.refusal();
            sessions.spawn(async move {
                drop(tokio::time::timeout(REFUSAL_WAIT, stream.write_all(refusal)).await);
            });
        }
    }
}

/// The stream after its TLS handshake, if it has one.
async fn secure(stream: TcpStream, tls: Option<TlsAcceptor>) -> Option<Stream> {
    match tls {
        None => Some(Stream::Plain(stream)),
        Some(tls) => {
            let handshake = tokio::time::timeout(TLS_HANDSHAKE_WAIT, tls.accept(stream)).await;
            Some(Stream::Tls(Box::new(handshake.ok()?.ok()?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_crowd_that_comes_before_anybody_is_accepted_is_kept() {
        let kept = std::fs::read_to_string("/proc/sys/net/core/somaxconn").expect("a limit");
        let kept = kept.trim().parse::<usize>().expect("a number").min(500);
        let socket = bind("127.0.0.1:0".parse().expect("an address")).expect("it listens");
        let address = socket.local_addr().expect("an address");
        let mut crowd = Vec::new();
        for _ in 0..kept {
            let coming = tokio::time::timeout(Duration::from_secs(30), TcpStream::connect(address));
            crowd.push(coming.await.expect("there is room").expect("it connects"));
        }
        for _ in 0..kept {
            let coming = tokio::time::timeout(Duration::from_secs(30), socket.accept());
            coming.await.expect("it is there").expect("it is accepted");
        }
        drop(crowd);
    }
}
