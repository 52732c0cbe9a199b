//! DNS with a time for all questions of one check: what one check waits for in vain is no other's loss.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use resolver::{Answer, Dns, DnsError, Kind, Name};
use tokio::time::Instant;

/// Asks until a moment; from then on every question fails with [`DnsError::Timeout`], those on their way as well.
pub(super) struct Patient {
    dns: Arc<dyn Dns>,
    until: Instant,
}

impl Patient {
    /// Asks `dns` for as long as `wait`, from now on.
    pub(super) fn new(dns: &Arc<dyn Dns>, wait: Duration) -> Self {
        Self { dns: Arc::clone(dns), until: Instant::now() + wait }
    }
}

#[async_trait]
impl Dns for Patient {
    async fn ask(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let answer = tokio::time::timeout_at(self.until, self.dns.ask(name, kind)).await;
        answer.unwrap_or(Err(DnsError::Timeout))
    }
}
