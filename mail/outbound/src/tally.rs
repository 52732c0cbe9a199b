//! How TLS went, counted until somebody writes it down (RFC 8460).

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kernel::Timestamp;
use parking_lot::Mutex;
use store::{TlsResult, day_of};
use trust::Basis;

use crate::tls::TlsObservation;

/// Kinds of sessions that are counted at a time; more are not counted before these are taken.
const KIND_COUNT_MAX: usize = 20_000;

/// Counts sessions in memory.
#[derive(Debug, Default)]
pub struct Tally(Mutex<HashMap<TlsResult, u64>>);

impl Tally {
    /// Counts one session.
    pub fn count(&self, observation: &TlsObservation, at: Timestamp) {
        let result = result(observation, at);
        let mut counts = self.0.lock();
        let is_full = counts.len() >= KIND_COUNT_MAX;
        match counts.entry(result) {
            Entry::Occupied(mut known) => *known.get_mut() += 1,
            Entry::Vacant(free) if !is_full => drop(free.insert(1)),
            Entry::Vacant(_) => {}
        }
    }

    /// What was counted since it was last taken.
    pub fn take(&self) -> Vec<(TlsResult, u64)> {
        std::mem::take(&mut *self.0.lock()).into_iter().collect()
    }

    /// Gives back what could not be written down.
    pub fn give_back(&self, results: Vec<(TlsResult, u64)>) {
        let mut counts = self.0.lock();
        for (result, count) in results {
            *counts.entry(result).or_default() += count;
        }
    }
}

fn result(observation: &TlsObservation, at: Timestamp) -> TlsResult {
    let domain = observation.domain.to_string();
    let (kind, policy_domain, lines, hosts) = match &observation.basis {
        // Records belong to the host (RFC 8460 section 1.1).
        Basis::Dane(records) => {
            let lines = records.iter().map(ToString::to_string).collect();
            ("tlsa", observation.host.clone(), lines, vec![observation.host.clone()])
        }
        Basis::Sts(policy) => ("sts", domain, policy.lines(), policy.hosts.clone()),
        Basis::Nothing | Basis::Order => ("no-policy-found", domain, Vec::new(), Vec::new()),
    };
    let fault = observation.fault.as_ref();
    let told = |text: &str| if fault.is_some() { text.to_owned() } else { String::new() };
    TlsResult {
        day: day_of(at),
        domain: observation.domain.clone(),
        kind: kind.to_owned(),
        policy_domain,
        lines,
        hosts,
        fault: fault.map(|fault| fault.kind.to_owned()).unwrap_or_default(),
        sending_address: told(&observation.source.map(|source| source.to_string()).unwrap_or_default()),
        receiving_host: told(&observation.host),
        detail: fault.map(|fault| fault.detail.clone()).unwrap_or_default(),
    }
}
