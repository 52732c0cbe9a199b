//! Counters of connections, logins and messages, by protocol; never by peer or login.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// What the mail servers of a node have done.
#[derive(Debug, Clone)]
pub struct Metrics {
    open: IntGaugeVec,
    accepted: IntCounterVec,
    refused: IntCounterVec,
    logins: IntCounterVec,
    messages: IntCounterVec,
    octets: IntCounterVec,
    verdicts: IntCounterVec,
    untold: IntCounterVec,
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
            logins: IntCounterVec::new(
                opts("hosterra_logins_total", "Mail logins, by what came of them"),
                &["protocol", "outcome"],
            )?,
            messages: IntCounterVec::new(
                opts("hosterra_messages_total", "Messages that were offered, by what came of them"),
                &["protocol", "outcome"],
            )?,
            octets: IntCounterVec::new(
                opts("hosterra_message_octets_total", "Octets of the messages that were taken"),
                &["protocol"],
            )?,
            verdicts: IntCounterVec::new(
                opts("hosterra_verdicts_total", "What stages thought of mail from outside"),
                &["protocol", "stage", "action"],
            )?,
            untold: IntCounterVec::new(
                opts("hosterra_passages_untold_total", "Steps that the message trace does not hold, by why"),
                &["protocol", "reason"],
            )?,
        };
        registry.register(Box::new(metrics.open.clone()))?;
        registry.register(Box::new(metrics.accepted.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.logins.clone()))?;
        registry.register(Box::new(metrics.messages.clone()))?;
        registry.register(Box::new(metrics.octets.clone()))?;
        registry.register(Box::new(metrics.verdicts.clone()))?;
        registry.register(Box::new(metrics.untold.clone()))?;
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

/// How a server tells what came of a login or message on one connection.
#[derive(Debug, Clone)]
pub struct Counters {
    metrics: Metrics,
    protocol: &'static str,
}

impl Counters {
    /// Counters of `protocol` among `metrics`.
    pub const fn new(metrics: Metrics, protocol: &'static str) -> Self {
        Self { metrics, protocol }
    }

    /// Counts a login: `ok`, or the word for why not.
    pub fn login(&self, outcome: &'static str) {
        self.metrics.logins.with_label_values(&[self.protocol, outcome]).inc();
    }

    /// Counts a message of `octets` that was taken and is on disk.
    pub fn message_taken(&self, octets: usize) {
        self.metrics.messages.with_label_values(&[self.protocol, "taken"]).inc();
        self.metrics.octets.with_label_values(&[self.protocol]).inc_by(octets as u64);
    }

    /// Counts what a stage thought of mail from outside.
    pub fn verdict(&self, stage: &'static str, action: &'static str) {
        self.metrics.verdicts.with_label_values(&[self.protocol, stage, action]).inc();
    }

    /// Counts a step that the message trace will not show: `backlog` or `flood`.
    pub fn passage_untold(&self, reason: &'static str) {
        self.metrics.untold.with_label_values(&[self.protocol, reason]).inc();
    }

    /// Counts a message that was not taken: `refused` for good, `deferred` for now, or `no_room` before it was sent.
    pub fn message_refused(&self, outcome: &'static str) {
        self.metrics.messages.with_label_values(&[self.protocol, outcome]).inc();
    }
}
