//! Connections to other hosts as a port: over TCP, or through whatever a simulation gives.

use std::io;
use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;

/// Both ways of a connection, plain or under TLS.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// Why there is no connection.
#[derive(Debug)]
pub enum CallError {
    /// This machine does not have the address that it should begin at.
    Source(io::Error),
    /// The other side cannot be reached.
    Host(io::Error),
}

impl From<io::Error> for CallError {
    fn from(error: io::Error) -> Self {
        Self::Host(error)
    }
}

/// Opens connections. Whoever calls bounds the time.
#[async_trait]
pub trait Network: std::fmt::Debug + Send + Sync + 'static {
    /// A connection to `at`, from `source` where one is given and of the same family.
    ///
    /// # Errors
    /// As the system says it.
    async fn connect(&self, at: SocketAddr, source: Option<IpAddr>) -> Result<Box<dyn Duplex>, CallError>;
}

/// The network of the machine.
#[derive(Debug, Clone, Copy)]
pub struct Tcp;

#[async_trait]
impl Network for Tcp {
    async fn connect(&self, at: SocketAddr, source: Option<IpAddr>) -> Result<Box<dyn Duplex>, CallError> {
        let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if let Some(source) = source.filter(|source| source.is_ipv4() == at.is_ipv4()) {
            socket.bind(SocketAddr::new(source, 0)).map_err(CallError::Source)?;
        }
        let stream = socket.connect(at).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}
