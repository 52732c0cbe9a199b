//! What is counted: no address, no domain, no tenant.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};
use store::Depth;

/// Counters of delivery.
#[derive(Debug, Clone)]
pub struct Metrics {
    outcomes: IntCounterVec,
    reports: IntCounterVec,
    depth: IntGaugeVec,
    connections: IntGauge,
    leased: IntGauge,
    body_octets: IntGauge,
    reconnections: IntCounter,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// They are registered already.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            outcomes: IntCounterVec::new(
                Opts::new("mail_outbound_recipients_total", "Attempts at recipients by what became of them."),
                &["outcome"],
            )?,
            reports: IntCounterVec::new(
                Opts::new("mail_outbound_reports_total", "Delivery status reports by what became of them."),
                &["outcome"],
            )?,
            depth: IntGaugeVec::new(
                Opts::new("mail_outbound_queue_recipients", "Recipients in the queue by their state."),
                &["state"],
            )?,
            connections: IntGauge::new("mail_outbound_connections", "Connections to other hosts.")?,
            leased: IntGauge::new(
                "mail_outbound_leased_recipients",
                "Recipients that this node has leases of.",
            )?,
            body_octets: IntGauge::new(
                "mail_outbound_body_octets",
                "Octets of messages that are in memory to leave, or about to be.",
            )?,
            reconnections: IntCounter::new(
                "mail_outbound_reconnections_total",
                "Messages put back at once since the other side had closed a connection that was idle.",
            )?,
        };
        registry.register(Box::new(metrics.outcomes.clone()))?;
        registry.register(Box::new(metrics.reports.clone()))?;
        registry.register(Box::new(metrics.depth.clone()))?;
        registry.register(Box::new(metrics.connections.clone()))?;
        registry.register(Box::new(metrics.leased.clone()))?;
        registry.register(Box::new(metrics.body_octets.clone()))?;
        registry.register(Box::new(metrics.reconnections.clone()))?;
        Ok(metrics)
    }

    pub(crate) fn outcome(&self, word: &'static str) {
        self.outcomes.with_label_values(&[word]).inc();
    }

    pub(crate) fn report(&self, word: &'static str) {
        self.reports.with_label_values(&[word]).inc();
    }

    pub(crate) fn connected(&self, by: i64) {
        self.connections.add(by);
    }

    pub(crate) fn body_octets(&self, by: i64) {
        self.body_octets.add(by);
    }

    pub(crate) fn reconnected(&self) {
        self.reconnections.inc();
    }

    pub(crate) fn leased(&self, count: usize) {
        self.leased.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub(crate) fn depth(&self, depth: Depth) {
        for (state, count) in [
            ("waiting", depth.waiting_count),
            ("held", depth.held_count),
            ("suspended", depth.suspended_count),
        ] {
            self.depth.with_label_values(&[state]).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
