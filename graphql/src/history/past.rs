//! Things as they were: their events up to a moment, folded.

use std::time::Duration;

use async_graphql::{Context, Error, Result};
use authority::{Permission, Resource};
use engine::DecodeError;
use hosting::HostingEvent;
use hosting::domain::{self as domain_model, DomainEvent, DomainState};
use hosting::mailbox::{self as mailbox_model, MailboxEvent, MailboxState};
use hosting::service::{self as service_model, ServiceEvent, ServiceState};
use hosting::user::Access;
use kernel::{AccountId, Decider, DomainId, MailboxId, Recorded, ServiceId, StreamId, Timestamp};

use crate::access::now;
use crate::domain::object::{Domain, DomainStatus, TxtRecord};
use crate::error::Fault;
use crate::mailbox::object::{Mailbox, MailboxStatus};
use crate::plan::object::StoredLimits;
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, MailboxKey, Moment, PlanKey, ServiceKey};
use crate::service::object::{Allocation, Entitlement, Service};
use crate::settings::{DomainSettings, MailboxSettings};

/// What asking for the past of one thing counts, as fields: all of its events are read.
const COST: usize = 200;

/// How far the asker's clock may be ahead.
const AHEAD_MAX: Duration = Duration::from_secs(60);

/// What a field costs that may ask for the past.
pub(crate) fn cost(as_of: &Option<Moment>, child_complexity: usize) -> usize {
    as_of.as_ref().map_or(1, |_| COST) + child_complexity
}

/// Passes for those who may read the thing as it is now, or everything of its account where it is not there any more: before
/// any of its events are read. The past itself may have been elsewhere, and is asked about again.
pub(crate) fn may_ask(
    ctx: &Context<'_>,
    permission: Permission,
    account: AccountId,
    fault_now: Option<&Error>,
) -> Result<()> {
    match fault_now {
        Some(fault) if !ctx.may(permission, Resource::account(account))? => Err(fault.clone()),
        Some(_) | None => Ok(()),
    }
}

/// The events of a thing up to `moment`; none of them: it was not there.
pub(crate) async fn until(
    ctx: &Context<'_>,
    account: AccountId,
    stream: StreamId,
    moment: Moment,
) -> Result<Vec<Recorded<HostingEvent>>> {
    ctx.standing()?;
    if moment.0 > now().plus(AHEAD_MAX) {
        return Err(ctx.fault(Fault::BadInput(
            "`asOf` is in the future: what will be is not known",
            "`asOf` est dans le futur : on ignore ce qui sera",
        )));
    }
    let mut stored = super::query::stored(ctx, account, stream).await?;
    stored.retain(|event| event.recorded_at <= moment.0);
    if stored.is_empty() {
        return Err(ctx.fault(Fault::NotFound));
    }
    let decoded = ctx.platform()?.engine.decode(stored).await;
    decoded.map_err(|error: DecodeError| ctx.failed("reading events", &error))
}

/// A mailbox as it was at `moment`. The authority is the caller's to ask, about the resource of what is returned.
pub(crate) async fn mailbox(
    ctx: &Context<'_>,
    (account, id): (AccountId, MailboxId),
    moment: Moment,
) -> Result<Mailbox> {
    let stream = StreamId::new(mailbox_model::Mailbox::CATEGORY, id);
    let events = until(ctx, account, stream, moment).await?;
    let (mut state, mut purge_after) = (MailboxState::Absent, None);
    for recorded in &events {
        let HostingEvent::Mailbox(event) = &recorded.event else { continue };
        if let MailboxEvent::Deleted { purge_after: after } = event {
            purge_after = Some(Moment(*after));
        }
        if matches!(event, MailboxEvent::Restored) {
            purge_after = None;
        }
        state = mailbox_model::Mailbox::evolve(state, event);
    }
    let (record, is_deleted) = match state {
        MailboxState::Live(record) => (record, false),
        MailboxState::Deleted(record) => (record, true),
        MailboxState::Absent => return Err(ctx.fault(Fault::NotFound)),
    };
    Ok(Mailbox {
        id: MailboxKey(id),
        account_id: AccountKey(account),
        service_id: ServiceKey(record.service),
        domain_id: DomainKey(record.domain),
        address: record.address().map(|address| address.to_string()),
        display_name: record.display_name.as_ref().and_then(|name| name.plain().cloned()),
        quota_bytes: record.quota.into(),
        status: match record.access {
            Access::Enabled | Access::Disabled if is_deleted => MailboxStatus::Deleted,
            Access::Enabled => MailboxStatus::Active,
            Access::Disabled => MailboxStatus::Disabled,
        },
        has_password: record.password.is_some(),
        has_second_factor: record.factors.is_demanded(),
        threshold_percent: record.crossed.iter().max().map(|threshold| i32::from(threshold.percent())),
        created_at: since(&events),
        purge_after,
        revision: i32::try_from(record.revision).unwrap_or(i32::MAX),
        settings: MailboxSettings::of(&record.settings, i64::from(record.settings_revision)),
    })
}

/// A domain as it was at `moment`; see [`mailbox`].
pub(crate) async fn domain(
    ctx: &Context<'_>,
    (account, id): (AccountId, DomainId),
    moment: Moment,
) -> Result<Domain> {
    let stream = StreamId::new(domain_model::Domain::CATEGORY, id);
    let events = until(ctx, account, stream, moment).await?;
    let (mut state, mut purge_after, mut verified_at) = (DomainState::Absent, None, None);
    for recorded in &events {
        let HostingEvent::Domain(event) = &recorded.event else { continue };
        match event {
            DomainEvent::Removed { purge_after: after } => purge_after = Some(Moment(*after)),
            DomainEvent::Restored { .. } => (purge_after, verified_at) = (None, None),
            DomainEvent::Verified { .. } | DomainEvent::SharedAdded { .. } => {
                verified_at = Some(Moment(recorded.recorded_at));
            }
            DomainEvent::Added { .. }
            | DomainEvent::SettingsChanged { .. }
            | DomainEvent::DkimKeyMade { .. }
            | DomainEvent::DkimKeyPublished { .. }
            | DomainEvent::DkimKeyActive { .. }
            | DomainEvent::DkimKeyRetired { .. }
            | DomainEvent::PoolThresholdCrossed { .. } => {}
        }
        state = domain_model::Domain::evolve(state, event);
    }
    let added_at = since(&events);
    let (record, status) = match state {
        DomainState::Pending(record) => (record, DomainStatus::Pending),
        DomainState::Verified(record) => (record, DomainStatus::Verified),
        DomainState::Removed(record) => (record, DomainStatus::Removed),
        DomainState::Shared { name, .. } => {
            return Ok(Domain {
                id: DomainKey(id),
                account_id: AccountKey(account),
                service_id: None,
                unicode_name: name.to_unicode(),
                name: name.to_string(),
                status: DomainStatus::Verified,
                is_shared: true,
                challenge: None,
                added_at,
                verified_at,
                purge_after: None,
                mirrors_domain_id: None,
                settings: DomainSettings::of(&domain_model::DomainSettings::default(), 0),
                as_of: Some(moment),
            });
        }
        DomainState::Absent => return Err(ctx.fault(Fault::NotFound)),
    };
    Ok(Domain {
        id: DomainKey(id),
        account_id: AccountKey(account),
        service_id: Some(ServiceKey(record.service)),
        unicode_name: record.name.to_unicode(),
        name: record.name.to_string(),
        status,
        is_shared: false,
        challenge: Some(TxtRecord { name: record.challenge.record_name, value: record.challenge.value }),
        added_at,
        verified_at,
        purge_after,
        mirrors_domain_id: record.mirrors.map(DomainKey),
        settings: DomainSettings::of(&record.settings, i64::from(record.settings_revision)),
        as_of: Some(moment),
    })
}

/// A service as it was at `moment`; see [`mailbox`].
pub(crate) async fn service(
    ctx: &Context<'_>,
    (account, id): (AccountId, ServiceId),
    moment: Moment,
) -> Result<Service> {
    let stream = StreamId::new(service_model::Service::CATEGORY, id);
    let events = until(ctx, account, stream, moment).await?;
    let (mut state, mut purge_after) = (ServiceState::Absent, None);
    for recorded in &events {
        let HostingEvent::Service(event) = &recorded.event else { continue };
        if let ServiceEvent::Ended { purge_after: after } = event {
            purge_after = Some(Moment(*after));
        } else if *event == ServiceEvent::Reactivated {
            purge_after = None;
        }
        state = service_model::Service::evolve(state, event);
    }
    let ServiceState::Present(record) = state else { return Err(ctx.fault(Fault::NotFound)) };
    let (entitlement, suspension) = match record.entitlement {
        service_model::Entitlement::Ordered => (Entitlement::Ordered, None),
        service_model::Entitlement::Active => (Entitlement::Active, None),
        service_model::Entitlement::Restricted => (Entitlement::Restricted, None),
        service_model::Entitlement::Suspended(reason) => (Entitlement::Suspended, Some(reason.into())),
        service_model::Entitlement::Ended { .. } => (Entitlement::Ended, None),
        service_model::Entitlement::Purged => (Entitlement::Purged, None),
    };
    let misfits = Some(service_model::misfits(&record, &record.limits));
    Ok(Service {
        id: ServiceKey(id),
        account_id: AccountKey(account),
        plan_id: PlanKey(record.plan),
        plan_version: record.version,
        entitlement,
        suspension,
        limits: StoredLimits::from(&record.limits).into(),
        used: Allocation {
            domains: u32::try_from(record.own_domains.len()).unwrap_or(u32::MAX),
            mailboxes: record.usage.mailboxes,
            aliases: record.usage.aliases,
            bytes: record.allocated().into(),
        },
        ordered_at: since(&events),
        purge_after,
        cycle: record.recurring.map(|recurring| recurring.cycle.into()),
        currency: record.recurring.map(|recurring| match recurring.currency {
            hosting::plan::Currency::Eur => "EUR".to_owned(),
        }),
        recurring_cents: record.recurring.map(|recurring| crate::scalar::Whole(recurring.cents)),
        revision: i32::try_from(record.revision).unwrap_or(i32::MAX),
        first_domain: None,
        misfits,
    })
}

fn since(events: &[Recorded<HostingEvent>]) -> Moment {
    Moment(events.first().map_or(Timestamp::from_millis(0), |first| first.recorded_at))
}
