//! The addresses of a host.

use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// Most addresses of one host that are looked at.
pub(crate) const ADDRESS_COUNT_MAX: usize = 16;

/// Knows the addresses of hosts.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    /// The addresses of `host`, in the order in which to try them; the caller bounds the time.
    ///
    /// # Errors
    /// There are none, or nobody answered.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Asks as the system does.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).take(ADDRESS_COUNT_MAX).collect())
    }
}
