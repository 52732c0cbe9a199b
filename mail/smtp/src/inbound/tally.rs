//! What the checks found, counted until somebody writes it down, for domains that ask for reports (RFC 9990).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use kernel::DomainName;
use parking_lot::Mutex;
use store::{Checked, DmarcObservation, TOLD_SIGNATURE_COUNT_MAX, day_of};
use verify::dkim::{Dkim, DkimResult};
use verify::dmarc::{self, Aligned, Dmarc, DmarcResult, Identifiers, Policy};
use verify::spf::Spf;

use super::Inbound;
use super::content::{Found, Judged};
use super::patient::Patient;
use crate::session::Session;

/// Kinds of messages that are counted at a time; more are not counted before these are taken.
const KIND_COUNT_MAX: usize = 20_000;
/// Longest wait for who belongs to the author: a report is not worth that a peer waits for its answer.
const ALIGNED_WAIT: Duration = Duration::from_secs(10);

/// Counts messages in memory.
#[derive(Debug, Default)]
pub struct DmarcTally(Mutex<HashMap<DmarcObservation, u64>>);

impl DmarcTally {
    /// Counts one message.
    pub fn count(&self, observation: DmarcObservation) {
        let mut counts = self.0.lock();
        let is_full = counts.len() >= KIND_COUNT_MAX;
        match counts.entry(observation) {
            Entry::Occupied(mut known) => *known.get_mut() += 1,
            Entry::Vacant(free) if !is_full => drop(free.insert(1)),
            Entry::Vacant(_) => {}
        }
    }

    /// What was counted since it was last taken.
    pub fn take(&self) -> Vec<(DmarcObservation, u64)> {
        std::mem::take(&mut *self.0.lock()).into_iter().collect()
    }

    /// Gives back what could not be written down.
    pub fn give_back(&self, observations: Vec<(DmarcObservation, u64)>) {
        let mut counts = self.0.lock();
        for (observation, count) in observations {
            *counts.entry(observation).or_default() += count;
        }
    }
}

impl Session<'_> {
    /// Counts a message whose author's domain asks for reports. What DNS left open is not counted: it comes again.
    pub(super) async fn count_dmarc(
        &self,
        inbound: &Inbound,
        (found, identifiers): (&Found, &Identifiers),
        judged: &Judged,
    ) {
        let Some(tally) = &inbound.tally else { return };
        let dmarc = &found.dmarc;
        let is_wanted = dmarc.record.as_ref().is_some_and(|record| !record.report_uris().is_empty());
        if !is_wanted || !matches!(dmarc.result, DmarcResult::Pass | DmarcResult::Fail) {
            return;
        }
        let aligned = dmarc::aligned(&Patient::new(&inbound.dns, ALIGNED_WAIT), dmarc, identifiers).await;
        let Some(domain) = dmarc.policy_domain.as_ref() else { return };
        let Ok(domain) = DomainName::parse(domain.as_str()) else { return };
        let author = dmarc.author.as_ref().map(ToString::to_string).unwrap_or_default();
        let spf = self.facts.spf.as_ref().and_then(checked_spf);
        tally.count(DmarcObservation {
            day: day_of((self.server.now)()),
            domain,
            source: self.peer.to_canonical().to_string(),
            disposition: disposition(dmarc, &judged.verdict.reasons).to_owned(),
            is_dkim_aligned: aligned.dkim,
            is_spf_aligned: aligned.spf,
            reason: reason(dmarc, aligned, &judged.verdict.reasons).to_owned(),
            signatures: signatures(&found.dkim, &author),
            envelope_from: spf.as_ref().map(|spf| spf.domain.clone()).unwrap_or_default(),
            header_from: author,
            spf,
        });
    }
}

/// What was done for DMARC: what other stages think is not told to strangers (RFC 9990 section 8.3).
fn disposition(dmarc: &Dmarc, reasons: &[&str]) -> &'static str {
    match dmarc.result {
        DmarcResult::Pass if dmarc.policy != Policy::None => "pass",
        _ if reasons.contains(&"dmarc_reject") || reasons.contains(&"dmarc_not_passed_on") => "reject",
        _ if reasons.contains(&"dmarc_quarantine") => "quarantine",
        _ => "none",
    }
}

/// Why something else was done than the policy asks for.
fn reason(dmarc: &Dmarc, aligned: Aligned, reasons: &[&str]) -> &'static str {
    if dmarc.result == DmarcResult::Pass || aligned.dkim || aligned.spf {
        return "";
    }
    let has = |word: &str| reasons.contains(&word);
    if has("forwarder_trusted") || has("arc_trusted") {
        "trusted_forwarder"
    } else if has("dmarc_not_honoured") || has("author_exempt") || has("dmarc_not_passed_on") {
        "local_policy"
    } else if dmarc.is_testing {
        "policy_test_mode"
    } else {
        ""
    }
}

/// Those that pass come first, the author's own before others (RFC 9990 section 3.1.4).
fn signatures(dkim: &[Dkim], author: &str) -> Vec<Checked> {
    let mut told: Vec<Checked> = dkim.iter().filter_map(checked_dkim).collect();
    told.sort_by_key(|checked| (checked.result != DkimResult::Pass.word(), checked.domain != author));
    told.dedup();
    told.truncate(TOLD_SIGNATURE_COUNT_MAX);
    told
}

fn checked_dkim(dkim: &Dkim) -> Option<Checked> {
    Some(Checked {
        domain: dkim.domain.as_ref()?.to_string(),
        selector: dkim.selector.as_ref()?.to_string(),
        result: dkim.result.word().to_owned(),
    })
}

fn checked_spf(spf: &Spf) -> Option<Checked> {
    let (domain, result) = (spf.domain.as_ref()?.to_string(), spf.result.word().to_owned());
    Some(Checked { domain, selector: String::new(), result })
}
