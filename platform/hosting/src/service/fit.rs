//! What of a service does not fit within limits: after a change of plan, or before one.

use super::ServiceRecord;
use crate::plan::{DomainMode, PlanLimits};
use crate::refusal::{Limit, Measure};
use kernel::LimitFact;

/// Everything that a service has given out beyond `limits`; nothing where it fits. What is beyond stays: nothing can be
/// added until it fits again.
pub fn misfits(record: &ServiceRecord, limits: &PlanLimits) -> Vec<LimitFact> {
    let fact = |(measure, limit): (Measure, Limit)| LimitFact {
        name: measure.name(),
        allowed: limit.allowed,
        used: Some(limit.used),
    };
    above(record, limits).map(fact).collect()
}

/// The same before it is told to anybody.
pub(super) fn above(
    record: &ServiceRecord,
    limits: &PlanLimits,
) -> impl Iterator<Item = (Measure, Limit)> + use<> {
    let alias_domains = record.mirrors.len();
    let own_domains = record.own_domains.len() - alias_domains;
    let shared = record.domains.keys().filter(|domain| !record.own_domains.contains(domain)).count();
    // On the other kind of domain nothing may live.
    let (misplaced, domain_count_max, alias_domain_count_max) = match limits.domain_mode {
        DomainMode::Own => (shared, limits.domain_count_max, limits.alias_domain_count_max),
        DomainMode::Shared => (0, 0, 0),
    };
    let facts = [
        (Measure::SharedDomains, 0, misplaced as u64),
        (Measure::Domains, u64::from(domain_count_max), own_domains as u64),
        (Measure::AliasDomains, u64::from(alias_domain_count_max), alias_domains as u64),
        (Measure::Mailboxes, u64::from(limits.mailbox_count_max), u64::from(record.usage.mailboxes)),
        (Measure::Aliases, u64::from(limits.alias_count_max), u64::from(record.usage.aliases)),
        (Measure::SyncJobs, u64::from(limits.sync_job_count_max), u64::from(record.sync_job_count())),
        (
            Measure::DomainAdministrators,
            u64::from(limits.domain_administrator_count_max),
            record.administrators.len() as u64,
        ),
        (Measure::Storage, limits.storage.octets(), record.allocated().octets()),
    ];
    facts
        .into_iter()
        .filter(|(_, allowed, used)| used > allowed)
        .map(|(measure, allowed, used)| (measure, Limit { allowed, used }))
}
