//! What the engine counts. Register a clone with the exporter's registry: it is a `Collector`.

use std::time::Duration;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts};

/// Seconds; a command is mostly one or two flushes of the disk.
const COMMAND_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The engine's metrics; clones count together.
#[derive(Clone)]
pub struct Metrics {
    commands: IntCounterVec,
    command_seconds: HistogramVec,
    events: IntCounterVec,
    failures: IntCounterVec,
    halts: IntCounterVec,
    lagging: IntGaugeVec,
    lag: IntGaugeVec,
    age: IntGaugeVec,
    halted: IntGaugeVec,
}

/// How far a consumer is behind, as of a sweep.
pub(crate) struct Lag {
    pub(crate) tenants: usize,
    pub(crate) events: u64,
    pub(crate) age_seconds: u64,
    pub(crate) halted_tenants: usize,
}

fn counter(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, help), labels).expect("the names are constants and valid")
}

fn gauge(name: &str, help: &str) -> IntGaugeVec {
    IntGaugeVec::new(Opts::new(name, help), &["subscription"]).expect("the names are constants and valid")
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = HistogramOpts::new("engine_command_seconds", "Time from intention to answer.")
            .buckets(COMMAND_BUCKETS.to_vec());
        let by = &["subscription"];
        Self {
            commands: counter("engine_commands_total", "Commands by outcome.", &["use_case", "outcome"]),
            command_seconds: HistogramVec::new(seconds, &["use_case"])
                .expect("the names are constants and valid"),
            events: counter("engine_subscription_events_total", "Events that consumers went past.", by),
            failures: counter("engine_subscription_failures_total", "Pages that failed.", by),
            halts: counter("engine_subscription_halts_total", "Tenants that a consumer halted for.", by),
            lagging: gauge("engine_subscription_lagging_tenants", "Tenants in which a consumer is behind."),
            lag: gauge("engine_subscription_lag_events", "Events that a consumer has not seen."),
            age: gauge(
                "engine_subscription_age_seconds",
                "How long a consumer has stood still while behind.",
            ),
            halted: gauge("engine_subscription_halted_tenants", "Tenants that wait for a repair."),
        }
    }
}

impl Metrics {
    pub(crate) fn ran(&self, use_case: &str, outcome: &str, took: Duration) {
        self.commands.with_label_values(&[use_case, outcome]).inc();
        self.command_seconds.with_label_values(&[use_case]).observe(took.as_secs_f64());
    }

    pub(crate) fn passed(&self, subscription: &str, event_count: u64) {
        self.events.with_label_values(&[subscription]).inc_by(event_count);
    }

    pub(crate) fn failed(&self, subscription: &str) {
        self.failures.with_label_values(&[subscription]).inc();
    }

    pub(crate) fn halted(&self, subscription: &str) {
        self.halts.with_label_values(&[subscription]).inc();
    }

    pub(crate) fn stands(&self, subscription: &str, lag: &Lag) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.lagging.with_label_values(&[subscription]).set(number(lag.tenants as u64));
        self.lag.with_label_values(&[subscription]).set(number(lag.events));
        self.age.with_label_values(&[subscription]).set(number(lag.age_seconds));
        self.halted.with_label_values(&[subscription]).set(number(lag.halted_tenants as u64));
    }

    fn all(&self) -> [&dyn Collector; 9] {
        [
            &self.commands,
            &self.command_seconds,
            &self.events,
            &self.failures,
            &self.halts,
            &self.lagging,
            &self.lag,
            &self.age,
            &self.halted,
        ]
    }
}

impl Collector for Metrics {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
