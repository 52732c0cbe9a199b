//! Counters of connections, by protocol; never by peer.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// Connections of all mail servers of a node.
#[derive(Debug, Clone)]
pub struct Metrics {
    open: IntGaugeVec,
    accepted: IntCounterVec,
    refused: IntCounterVec,
}

impl Metrics {
    /// Counters, registered with the exporter's registry.
    ///
    /// # Errors
    /// Where the names are taken.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| Opts::new(name, help);
        let metrics = Self {
            open: IntGaugeVec::new(opts("hosterra_connections", "Open connections"), &["protocol"])?,
            accepted: IntCounterVec::new(
                opts("hosterra_connections_accepted_total", "Connections that were accepted"),
                &["protocol"],
            )?,
            refused: IntCounterVec::new(
                opts("hosterra_connections_refused_total", "Connections refused for a limit"),
                &["protocol", "limit"],
            )?,
        };
        registry.register(Box::new(metrics.open.clone()))?;
        registry.register(Box::new(metrics.accepted.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        Ok(metrics)
    }

    pub(crate) fn opened(&self, protocol: &str) {
        self.accepted.with_label_values(&[protocol]).inc();
        self.open.with_label_values(&[protocol]).inc();
    }

    pub(crate) fn closed(&self, protocol: &str) {
        self.open.with_label_values(&[protocol]).dec();
    }

    pub(crate) fn refused(&self, protocol: &str, limit: &str) {
        self.refused.with_label_values(&[protocol, limit]).inc();
    }
}
