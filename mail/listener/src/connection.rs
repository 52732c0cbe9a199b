//! One connection, before a protocol speaks on it.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::Counters;

/// Whether octets are encrypted on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// They are not.
    None,
    /// They are, by TLS.
    Tls,
}

/// A connection as a protocol server takes it over.
#[derive(Debug)]
pub struct Connection {
    /// To read and write.
    pub stream: Stream,
    /// Who is at the other end.
    pub peer: IpAddr,
    /// Where logins and messages are counted.
    pub counters: Counters,
}

/// The octets of a connection: plain, under TLS, or in memory for tests.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
    /// A pipe in memory, with the encryption that it pretends to have.
    Pipe(DuplexStream, Encryption),
}

impl Stream {
    /// Whether octets are encrypted.
    pub const fn encryption(&self) -> Encryption {
        match self {
            Self::Plain(_) => Encryption::None,
            Self::Tls(_) => Encryption::Tls,
            Self::Pipe(_, encryption) => *encryption,
        }
    }

    /// Starts TLS as the server (STARTTLS). The caller has thrown away every octet that it had read ahead, so that
    /// commands injected before the handshake are never executed. A pipe only pretends.
    ///
    /// # Errors
    /// The handshake's; one on an encrypted stream is [`io::ErrorKind::InvalidInput`].
    pub async fn start_tls(self, acceptor: &TlsAcceptor) -> io::Result<Self> {
        match self {
            Self::Plain(stream) => Ok(Self::Tls(Box::new(acceptor.accept(stream).await?))),
            Self::Pipe(pipe, Encryption::None) => Ok(Self::Pipe(pipe, Encryption::Tls)),
            Self::Tls(_) | Self::Pipe(_, Encryption::Tls) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Pipe(stream, _) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, octets),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, octets),
            Self::Pipe(stream, _) => Pin::new(stream).poll_write(cx, octets),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Pipe(stream, _) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Pipe(stream, _) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
