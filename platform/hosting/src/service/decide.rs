//! The rules of a service: what its entitlement allows, and that nothing exceeds its limits.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{AliasId, ByteSize, Category, Decider, DomainId, ServiceId, Timestamp};

use super::{
    DomainShare, DomainUsage, Entitlement, ServiceCommand, ServiceEvent, ServiceOrder, ServiceRecord,
    ServiceState, SuspensionReason, Usage,
};
use crate::HostingRefusal;
use crate::plan::DomainMode;
use crate::refusal::{BoxRefusal, Limit, Measured, ValueRefusal};

/// The noun; its history is the stream `service/{ServiceId}`.
pub struct Service;

impl Decider for Service {
    const CATEGORY: Category = Category("service");
    type Id = ServiceId;
    type State = ServiceState;
    type Event = ServiceEvent;
    type Command = ServiceCommand;
    type Facts = ();
    type Refusal = HostingRefusal;

    fn evolve(state: ServiceState, event: &ServiceEvent) -> ServiceState {
        match (state, event) {
            (_, ServiceEvent::Ordered { account, plan, version, limits }) => {
                ServiceState::Present(Box::new(ServiceRecord {
                    account: *account,
                    plan: *plan,
                    version: *version,
                    limits: limits.clone(),
                    recurring: None,
                    entitlement: Entitlement::Ordered,
                    revision: 0,
                    ended_from: None,
                    usage: Usage::default(),
                    own_domains: BTreeSet::new(),
                    mirrors: BTreeMap::new(),
                    shares: BTreeMap::new(),
                    sync_jobs: BTreeMap::new(),
                    administrators: BTreeSet::new(),
                    domains: BTreeMap::new(),
                    uncounted_aliases: BTreeMap::new(),
                }))
            }
            (ServiceState::Present(mut record), event) => {
                change(&mut record, event);
                ServiceState::Present(record)
            }
            (ServiceState::Absent, _) => ServiceState::Absent,
        }
    }

    fn decide(
        state: &ServiceState,
        command: ServiceCommand,
        (): &(),
        now: Timestamp,
    ) -> Result<Vec<ServiceEvent>, HostingRefusal> {
        use ServiceCommand as C;
        match (state, command) {
            (ServiceState::Absent, C::Order(ServiceOrder { account, plan, version, limits, recurring })) => {
                let ordered = ServiceEvent::Ordered { account, plan, version, limits };
                let priced = recurring.map(|recurring| ServiceEvent::Priced { recurring });
                Ok([ordered].into_iter().chain(priced).collect())
            }
            (
                ServiceState::Absent,
                C::ChangePlan { .. }
                | C::Activate
                | C::Restrict
                | C::Suspend(_)
                | C::Resume
                | C::End { .. }
                | C::Reactivate
                | C::Purge
                | C::TakeMailboxes { .. }
                | C::ReturnMailbox { .. }
                | C::Reallocate { .. }
                | C::TakeAlias { .. }
                | C::ReturnAlias { .. }
                | C::TakeDomain { .. }
                | C::SetShare { .. }
                | C::TakeSyncJobs { .. }
                | C::NoteSyncJobs { .. }
                | C::AddAdministrator(_)
                | C::RemoveAdministrator(_)
                | C::ReturnDomain(_),
            ) => Err(HostingRefusal::ServiceNotFound),
            (ServiceState::Present(record), C::Order(order)) => {
                let is_same = record.plan == order.plan
                    && record.version == order.version
                    && record.limits == order.limits;
                if is_same { Ok(vec![]) } else { Err(HostingRefusal::ServiceExists) }
            }
            (ServiceState::Present(record), C::ChangePlan { order, is_forced }) => {
                change_plan(record, order, is_forced)
            }
            (ServiceState::Present(record), C::Activate) => activate(record.entitlement),
            (ServiceState::Present(record), C::Restrict) => restrict(record.entitlement),
            (ServiceState::Present(record), C::Suspend(reason)) => suspend(record.entitlement, reason),
            (ServiceState::Present(record), C::Resume) => resume(record.entitlement),
            (ServiceState::Present(record), C::End { purge_after }) => Ok(match record.entitlement {
                Entitlement::Ended { .. } | Entitlement::Purged => vec![],
                Entitlement::Ordered
                | Entitlement::Active
                | Entitlement::Restricted
                | Entitlement::Suspended(_) => vec![ServiceEvent::Ended { purge_after }],
            }),
            (ServiceState::Present(record), C::Reactivate) => reactivate(record, now),
            (ServiceState::Present(record), C::Purge) => Ok(match record.entitlement {
                // Not while names are held: others could not have them.
                Entitlement::Ended { purge_after } if purge_after <= now && !record.holds_names() => {
                    vec![ServiceEvent::Purged]
                }
                Entitlement::Ordered
                | Entitlement::Active
                | Entitlement::Restricted
                | Entitlement::Suspended(_)
                | Entitlement::Ended { .. }
                | Entitlement::Purged => vec![],
            }),
            (ServiceState::Present(record), C::TakeMailboxes { domain, quotas }) => {
                take_mailboxes(record, domain, &quotas)
            }
            (ServiceState::Present(_), C::ReturnMailbox { domain, quota }) => {
                Ok(vec![ServiceEvent::SlotsReturned { domain, mailboxes: 1, bytes: quota }])
            }
            (ServiceState::Present(record), C::Reallocate { domain, from, to }) => {
                reallocate(record, domain, from, to)
            }
            (ServiceState::Present(record), C::TakeAlias { domain, uncounted }) => {
                take_alias(record, domain, uncounted)
            }
            (ServiceState::Present(record), C::ReturnAlias { domain, alias }) => {
                let uncounted = record.uncounted_aliases.contains_key(&alias).then_some(alias);
                Ok(vec![ServiceEvent::AliasSlotReturned { domain, uncounted }])
            }
            (ServiceState::Present(record), C::TakeDomain { domain, mirrors }) => {
                take_domain(record, domain, mirrors)
            }
            (ServiceState::Present(record), C::SetShare { domain, share, stored }) => {
                super::pool::check(record, domain, (share, stored))?;
                check_above_use(record, domain, share)?;
                let is_so = record.shares.get(&domain).copied().unwrap_or_default() == share;
                Ok(if is_so { vec![] } else { vec![ServiceEvent::DomainShareSet { domain, share }] })
            }
            (ServiceState::Present(record), C::TakeSyncJobs { mailbox, sync_jobs }) => {
                super::people::take_sync_jobs(record, mailbox, sync_jobs)
            }
            (ServiceState::Present(record), C::NoteSyncJobs { mailbox, sync_jobs }) => {
                Ok(super::people::note_sync_jobs(record, mailbox, sync_jobs))
            }
            (ServiceState::Present(record), C::AddAdministrator(user)) => {
                super::people::add_administrator(record, user)
            }
            (ServiceState::Present(record), C::RemoveAdministrator(user)) => {
                let is_there = record.administrators.contains(&user);
                Ok(is_there.then_some(ServiceEvent::AdministratorRemoved { user }).into_iter().collect())
            }
            (ServiceState::Present(record), C::ReturnDomain(domain)) => {
                if record.is_lived_in(domain) || record.mirrors.values().any(|id| *id == domain) {
                    Err(HostingRefusal::DomainInUse)
                } else if record.own_domains.contains(&domain) {
                    Ok(vec![ServiceEvent::DomainSlotReturned { domain }])
                } else {
                    Ok(vec![])
                }
            }
        }
    }
}

/// A service moves to another plan where all that it has given out fits; by force also where not, and keeps it all.
fn change_plan(
    record: &ServiceRecord,
    order: ServiceOrder,
    is_forced: bool,
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    let ServiceOrder { plan, version, limits, recurring, .. } = order;
    if record.plan == plan && record.version == version && record.limits == limits {
        return Ok(vec![]);
    }
    match record.entitlement {
        Entitlement::Ended { .. } | Entitlement::Purged => return Err(HostingRefusal::ServiceEnded),
        Entitlement::Ordered | Entitlement::Active | Entitlement::Restricted | Entitlement::Suspended(_)
            if is_forced => {}
        Entitlement::Ordered | Entitlement::Active | Entitlement::Restricted | Entitlement::Suspended(_) => {
            may_add(record)?;
        }
    }
    match super::fit::above(record, &limits).next() {
        Some((measure, limit)) if !is_forced => Err(Measured::too_small(measure, limit).into()),
        Some(_) | None => {
            let changed = ServiceEvent::PlanChanged { plan, version, limits };
            let priced = recurring.filter(|_| recurring != record.recurring);
            let priced = priced.map(|recurring| ServiceEvent::Priced { recurring });
            Ok([changed].into_iter().chain(priced).collect())
        }
    }
}

fn activate(entitlement: Entitlement) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    match entitlement {
        Entitlement::Ordered => Ok(vec![ServiceEvent::Activated]),
        Entitlement::Active => Ok(vec![]),
        // Activation is for new services; what was taken away is given back by `Resume`, which needs more rights.
        Entitlement::Restricted => Err(HostingRefusal::ServiceRestricted),
        Entitlement::Suspended(_) => Err(HostingRefusal::ServiceSuspended),
        Entitlement::Ended { .. } | Entitlement::Purged => Err(HostingRefusal::ServiceEnded),
    }
}

fn restrict(entitlement: Entitlement) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    match entitlement {
        Entitlement::Ordered => Err(HostingRefusal::ServiceNotActive),
        Entitlement::Active => Ok(vec![ServiceEvent::Restricted]),
        Entitlement::Restricted => Ok(vec![]),
        // A suspended service is restricted more than that; `Resume` comes first.
        Entitlement::Suspended(_) => Err(HostingRefusal::ServiceSuspended),
        Entitlement::Ended { .. } | Entitlement::Purged => Err(HostingRefusal::ServiceEnded),
    }
}

fn suspend(entitlement: Entitlement, reason: SuspensionReason) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    match entitlement {
        Entitlement::Ordered | Entitlement::Active | Entitlement::Restricted => {
            Ok(vec![ServiceEvent::Suspended { reason }])
        }
        Entitlement::Suspended(known) if known == reason => Ok(vec![]),
        Entitlement::Suspended(_) => Ok(vec![ServiceEvent::Suspended { reason }]),
        Entitlement::Ended { .. } | Entitlement::Purged => Err(HostingRefusal::ServiceEnded),
    }
}

fn resume(entitlement: Entitlement) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    match entitlement {
        Entitlement::Ordered => Err(HostingRefusal::ServiceNotActive),
        Entitlement::Active => Ok(vec![]),
        Entitlement::Restricted | Entitlement::Suspended(_) => Ok(vec![ServiceEvent::Resumed]),
        Entitlement::Ended { .. } | Entitlement::Purged => Err(HostingRefusal::ServiceEnded),
    }
}

/// What was taken away before the end is not had back by it.
fn reactivate(record: &ServiceRecord, now: Timestamp) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    let purge_after = match record.entitlement {
        Entitlement::Active => return Ok(vec![]),
        Entitlement::Ordered | Entitlement::Restricted | Entitlement::Suspended(_) => {
            return Err(BoxRefusal::ServiceNotEnded.into());
        }
        Entitlement::Purged => return Err(BoxRefusal::ServiceRetentionOver.into()),
        Entitlement::Ended { purge_after } => purge_after,
    };
    if purge_after <= now {
        return Err(BoxRefusal::ServiceRetentionOver.into());
    }
    match record.ended_from {
        None | Some(Entitlement::Ordered) => Err(BoxRefusal::ServiceNeverActive.into()),
        Some(Entitlement::Restricted) => Ok(vec![ServiceEvent::Reactivated, ServiceEvent::Restricted]),
        Some(Entitlement::Suspended(reason)) => {
            Ok(vec![ServiceEvent::Reactivated, ServiceEvent::Suspended { reason }])
        }
        Some(Entitlement::Active | Entitlement::Ended { .. } | Entitlement::Purged) => {
            Ok(vec![ServiceEvent::Reactivated])
        }
    }
}

/// Whether anything may be added. Removing is always allowed.
pub(crate) fn may_add(record: &ServiceRecord) -> Result<(), HostingRefusal> {
    match record.entitlement {
        Entitlement::Ordered => Err(HostingRefusal::ServiceNotActive),
        Entitlement::Active => Ok(()),
        Entitlement::Restricted => Err(HostingRefusal::ServiceRestricted),
        Entitlement::Suspended(_) => Err(HostingRefusal::ServiceSuspended),
        Entitlement::Ended { .. } | Entitlement::Purged => Err(HostingRefusal::ServiceEnded),
    }
}

fn take_mailboxes(
    record: &ServiceRecord,
    domain: DomainId,
    quotas: &[ByteSize],
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    if quotas.is_empty() {
        return Ok(vec![]);
    }
    may_add(record)?;
    for quota in quotas {
        check_quota(record, domain, *quota)?;
    }
    let (limits, usage) = (&record.limits, record.usage);
    let mailboxes = u32::try_from(quotas.len()).unwrap_or(u32::MAX);
    if usage.mailboxes.checked_add(mailboxes).is_none_or(|count| count > limits.mailbox_count_max) {
        let limit = Limit { allowed: limits.mailbox_count_max.into(), used: usage.mailboxes.into() };
        return Err(HostingRefusal::MailboxLimitReached(limit));
    }
    let allocated = record.allocated();
    let storage_reached = || HostingRefusal::StorageLimitReached(Limit::bytes(limits.storage, allocated));
    let bytes = quotas
        .iter()
        .try_fold(ByteSize::ZERO, |sum, quota| sum.checked_add(*quota))
        .ok_or_else(storage_reached)?;
    let (share, lives) = (share(record, domain), lives(record, domain));
    if let Some(allowed) = share.mailbox_count_max
        && lives.mailboxes.saturating_add(mailboxes) > allowed
    {
        let limit = Limit { allowed: allowed.into(), used: lives.mailboxes.into() };
        return Err(HostingRefusal::DomainMailboxLimitReached(limit));
    }
    let taken = ServiceEvent::SlotsTaken { domain, mailboxes, bytes };
    if share.pool().is_some() {
        // What they may hold together is given out already.
        return Ok(vec![taken]);
    }
    check_domain_storage(share, lives.bytes, lives.bytes.checked_add(bytes))?;
    match allocated.checked_add(bytes) {
        Some(total) if total <= limits.storage => Ok(vec![taken]),
        Some(_) | None => Err(storage_reached()),
    }
}

/// A raise needs an active service and room; a cut is always allowed, also in a service that is over its limits.
fn reallocate(
    record: &ServiceRecord,
    domain: DomainId,
    from: ByteSize,
    to: ByteSize,
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    if to == from {
        return Ok(vec![]);
    }
    if to > from {
        may_add(record)?;
    }
    if to > from || to == ByteSize::ZERO {
        check_quota(record, domain, to)?;
    }
    if to > from && share(record, domain).pool().is_none() {
        let lives = lives(record, domain);
        let in_domain = lives.bytes.checked_sub(from).unwrap_or(ByteSize::ZERO).checked_add(to);
        check_domain_storage(share(record, domain), lives.bytes, in_domain)?;
        let allocated = record.allocated();
        let others = allocated.checked_sub(from).unwrap_or(ByteSize::ZERO);
        if others.checked_add(to).is_none_or(|total| total > record.limits.storage) {
            let limit = Limit::bytes(record.limits.storage, allocated);
            return Err(HostingRefusal::StorageLimitReached(limit));
        }
    }
    Ok(vec![ServiceEvent::AllocationChanged { domain: Some(domain), from, to }])
}

/// A limit that a domain gets holds what lives there. One that was above it stays where other settings change.
fn check_above_use(
    record: &ServiceRecord,
    domain: DomainId,
    wish: DomainShare,
) -> Result<(), HostingRefusal> {
    let (known, used) = (share(record, domain), record.domains.get(&domain).copied().unwrap_or_default());
    let below = |wish: Option<u32>, known: Option<u32>, used: u32| {
        let wish = wish.filter(|wish| Some(*wish) != known && *wish < used)?;
        Some(Limit { allowed: wish.into(), used: used.into() })
    };
    if let Some(limit) = below(wish.mailbox_count_max, known.mailbox_count_max, used.mailboxes) {
        return Err(BoxRefusal::DomainMailboxesBelowUse(limit).into());
    }
    if let Some(limit) = below(wish.alias_count_max, known.alias_count_max, used.aliases) {
        return Err(BoxRefusal::DomainAliasesBelowUse(limit).into());
    }
    let octets = wish.storage_octets_max.filter(|octets| Some(*octets) != known.storage_octets_max);
    match octets {
        // What a pool holds is asked of the message store.
        Some(octets) if !wish.is_pooled && ByteSize::new(octets) < used.bytes => {
            Err(BoxRefusal::DomainStorageBelowUse(Limit::bytes(ByteSize::new(octets), used.bytes)).into())
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) fn share(record: &ServiceRecord, domain: DomainId) -> DomainShare {
    record.shares.get(&domain).copied().unwrap_or_default()
}

pub(super) fn lives(record: &ServiceRecord, domain: DomainId) -> DomainUsage {
    record.domains.get(&domain).copied().unwrap_or_default()
}

fn check_domain_storage(
    share: DomainShare,
    used: ByteSize,
    total: Option<ByteSize>,
) -> Result<(), HostingRefusal> {
    match share.storage_octets_max.map(ByteSize::new) {
        Some(allowed) if total.is_none_or(|total| total > allowed) => {
            Err(HostingRefusal::DomainStorageLimitReached(Limit::bytes(allowed, used)))
        }
        Some(_) | None => Ok(()),
    }
}

/// A quota fits in what the plan allows for one mailbox, and in what its domain does.
fn check_quota(record: &ServiceRecord, domain: DomainId, quota: ByteSize) -> Result<(), HostingRefusal> {
    let (share, plans) = (share(record, domain), record.limits.mailbox_quota_max);
    let own = share.mailbox_quota_octets_max.map(ByteSize::new).into_iter().chain(share.pool()).min();
    if quota == ByteSize::ZERO {
        let limit = Limit::bytes(own.unwrap_or(plans).min(plans), quota);
        return Err(HostingRefusal::from(ValueRefusal::QuotaZero).within("quotaBytes", limit));
    }
    match own {
        Some(own) if own < plans && quota > own => {
            Err(ValueRefusal::QuotaAboveDomain(Limit::bytes(own, quota)).into())
        }
        _ if quota > plans => Err(ValueRefusal::QuotaAbovePlan(Limit::bytes(plans, quota)).into()),
        Some(_) | None => Ok(()),
    }
}

fn take_alias(
    record: &ServiceRecord,
    domain: DomainId,
    uncounted: Option<AliasId>,
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    may_add(record)?;
    if uncounted.is_some() {
        return Ok(vec![ServiceEvent::AliasSlotTaken { domain, uncounted }]);
    }
    let (allowed, used) = (record.limits.alias_count_max, record.usage.aliases);
    if used >= allowed {
        return Err(HostingRefusal::AliasLimitReached(Limit { allowed: allowed.into(), used: used.into() }));
    }
    let used = lives(record, domain).aliases;
    if let Some(allowed) = share(record, domain).alias_count_max.filter(|allowed| used >= *allowed) {
        let limit = Limit { allowed: allowed.into(), used: used.into() };
        return Err(HostingRefusal::DomainAliasLimitReached(limit));
    }
    Ok(vec![ServiceEvent::AliasSlotTaken { domain, uncounted }])
}

fn take_domain(
    record: &ServiceRecord,
    domain: DomainId,
    mirrors: Option<DomainId>,
) -> Result<Vec<ServiceEvent>, HostingRefusal> {
    if record.own_domains.contains(&domain) {
        return Ok(vec![]);
    }
    may_add(record)?;
    match record.limits.domain_mode {
        DomainMode::Shared => return Err(HostingRefusal::OwnDomainNotInPlan),
        DomainMode::Own => {}
    }
    let alias_domains = record.mirrors.len();
    match mirrors {
        None => {
            let (allowed, used) =
                (record.limits.domain_count_max as usize, record.own_domains.len() - alias_domains);
            if used >= allowed {
                return Err(HostingRefusal::DomainLimitReached(Limit::count(allowed, used)));
            }
        }
        Some(target) if !record.own_domains.contains(&target) || record.mirrors.contains_key(&target) => {
            return Err(HostingRefusal::MirrorTarget);
        }
        Some(_) => {
            let allowed = record.limits.alias_domain_count_max as usize;
            if alias_domains >= allowed {
                return Err(HostingRefusal::AliasDomainLimitReached(Limit::count(allowed, alias_domains)));
            }
        }
    }
    Ok(vec![ServiceEvent::DomainSlotTaken { domain, mirrors }])
}

fn change(record: &mut ServiceRecord, event: &ServiceEvent) {
    if event.is_revision() {
        record.revision = record.revision.saturating_add(1);
    }
    let usage = &mut record.usage;
    match event {
        ServiceEvent::Ordered { .. } => {}
        ServiceEvent::Priced { recurring } => record.recurring = Some(*recurring),
        ServiceEvent::PlanChanged { plan, version, limits } => {
            record.plan = *plan;
            record.version = *version;
            record.limits = limits.clone();
        }
        ServiceEvent::Activated | ServiceEvent::Resumed => record.entitlement = Entitlement::Active,
        ServiceEvent::Restricted => record.entitlement = Entitlement::Restricted,
        ServiceEvent::Suspended { reason } => record.entitlement = Entitlement::Suspended(*reason),
        ServiceEvent::Reactivated => {
            record.entitlement = Entitlement::Active;
            record.ended_from = None;
        }
        ServiceEvent::Ended { purge_after } => {
            record.ended_from.get_or_insert(record.entitlement);
            record.entitlement = Entitlement::Ended { purge_after: *purge_after };
        }
        ServiceEvent::Purged => record.entitlement = Entitlement::Purged,
        ServiceEvent::SlotsTaken { domain, mailboxes, bytes } => {
            usage.mailboxes = usage.mailboxes.saturating_add(*mailboxes);
            usage.bytes = usage.bytes.checked_add(*bytes).unwrap_or(ByteSize::new(u64::MAX));
            live_in(record, *domain, |lives| {
                lives.mailboxes = lives.mailboxes.saturating_add(*mailboxes);
                lives.bytes = lives.bytes.checked_add(*bytes).unwrap_or(ByteSize::new(u64::MAX));
            });
        }
        ServiceEvent::SlotsReturned { domain, mailboxes, bytes } => {
            usage.mailboxes = usage.mailboxes.saturating_sub(*mailboxes);
            usage.bytes = usage.bytes.checked_sub(*bytes).unwrap_or(ByteSize::ZERO);
            live_in(record, *domain, |lives| {
                lives.mailboxes = lives.mailboxes.saturating_sub(*mailboxes);
                lives.bytes = lives.bytes.checked_sub(*bytes).unwrap_or(ByteSize::ZERO);
            });
        }
        ServiceEvent::AllocationChanged { domain, from, to } => {
            let changed = |bytes: ByteSize| {
                let others = bytes.checked_sub(*from).unwrap_or(ByteSize::ZERO);
                others.checked_add(*to).unwrap_or(ByteSize::new(u64::MAX))
            };
            usage.bytes = changed(usage.bytes);
            if let Some(domain) = domain {
                live_in(record, *domain, |lives| lives.bytes = changed(lives.bytes));
            }
        }
        ServiceEvent::AliasSlotTaken { domain, uncounted: Some(alias) } => {
            record.uncounted_aliases.insert(*alias, *domain);
        }
        ServiceEvent::AliasSlotReturned { uncounted: Some(alias), .. } => {
            record.uncounted_aliases.remove(alias);
        }
        ServiceEvent::AliasSlotTaken { domain, uncounted: None } => {
            usage.aliases = usage.aliases.saturating_add(1);
            live_in(record, *domain, |lives| lives.aliases = lives.aliases.saturating_add(1));
        }
        ServiceEvent::AliasSlotReturned { domain, uncounted: None } => {
            usage.aliases = usage.aliases.saturating_sub(1);
            live_in(record, *domain, |lives| lives.aliases = lives.aliases.saturating_sub(1));
        }
        ServiceEvent::DomainSlotTaken { domain, mirrors } => {
            record.own_domains.insert(*domain);
            if let Some(target) = mirrors {
                record.mirrors.insert(*domain, *target);
            }
        }
        ServiceEvent::DomainShareSet { domain, share } => {
            if *share == DomainShare::default() {
                record.shares.remove(domain);
            } else {
                record.shares.insert(*domain, *share);
            }
        }
        ServiceEvent::SyncJobsCounted { mailbox, sync_jobs: 0 } => {
            record.sync_jobs.remove(mailbox);
        }
        ServiceEvent::SyncJobsCounted { mailbox, sync_jobs } => {
            record.sync_jobs.insert(*mailbox, *sync_jobs);
        }
        ServiceEvent::AdministratorAdded { user } => {
            record.administrators.insert(*user);
        }
        ServiceEvent::AdministratorRemoved { user } => {
            record.administrators.remove(user);
        }
        ServiceEvent::DomainSlotReturned { domain } => {
            record.own_domains.remove(domain);
            record.shares.remove(domain);
            record.mirrors.remove(domain);
        }
    }
}

fn live_in(record: &mut ServiceRecord, domain: DomainId, change: impl FnOnce(&mut DomainUsage)) {
    let lives = record.domains.entry(domain).or_default();
    change(lives);
    if *lives == DomainUsage::default() {
        record.domains.remove(&domain);
    }
}
