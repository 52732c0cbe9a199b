//! Rows behind `service` and `services`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::calendar::Cycle;
use hosting::domain::DomainEvent;
use hosting::plan::Currency;
use hosting::service::{Recurring, ServiceEvent, SuspensionReason};
use kernel::{ByteSize, DomainId, Id, Recorded, ServiceId, TenantId};

use crate::plan::projection::stored;
use crate::projection::{Place, clear, drop_tables, number};

/// One row per service, ended ones kept, with what it has given out; and one per domain with what is given out there.
#[derive(Debug, Clone, Copy)]
pub struct ServiceList;

impl Projection for ServiceList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 6;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS service_list_v6 (tenant UUID NOT NULL, service_id UUID NOT NULL, \
             plan_id UUID NOT NULL, plan_version BIGINT NOT NULL, entitlement TEXT NOT NULL, suspension TEXT, \
             limits TEXT NOT NULL, used_domains BIGINT NOT NULL, used_mailboxes BIGINT NOT NULL, \
             used_aliases BIGINT NOT NULL, used_bytes BIGINT NOT NULL, ordered_at BIGINT NOT NULL, \
             purge_after BIGINT, cycle TEXT, currency TEXT, recurring_cents BIGINT, first_domain TEXT, \
             revision BIGINT NOT NULL DEFAULT 0, born BIGINT NOT NULL, PRIMARY KEY (tenant, service_id))",
            "CREATE TABLE IF NOT EXISTS service_domain_v6 (tenant UUID NOT NULL, service_id UUID NOT NULL, \
             domain_id UUID NOT NULL, quotas BIGINT NOT NULL, pool BIGINT, \
             PRIMARY KEY (tenant, service_id, domain_id))",
            "CREATE INDEX IF NOT EXISTS service_list_v6_born ON service_list_v6 (tenant, born, service_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["service_list", "service_domain"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        [
            clear("DELETE FROM service_list_v6 WHERE tenant = $1", tenant),
            clear("DELETE FROM service_domain_v6 WHERE tenant = $1", tenant),
        ]
        .concat()
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        let statements: Result<Vec<_>, _> = page.iter().map(statements).collect();
        Ok(statements?.concat())
    }
}

fn statements(recorded: &Recorded<HostingEvent>) -> Result<Vec<Statement>, ProjectionError> {
    let of_domain = match &recorded.event {
        HostingEvent::Service(event) => in_domain(Place::of(recorded), event),
        _ => None,
    };
    let counted = match &recorded.event {
        HostingEvent::Service(event) if event.is_revision() => {
            let sql =
                "UPDATE service_list_v6 SET revision = revision + 1 WHERE tenant = $1 AND service_id = $2";
            Some(Place::of(recorded).statement(sql))
        }
        _ => None,
    };
    Ok(statement(recorded)?.into_iter().chain(of_domain).chain(counted).collect())
}

/// What an event says of what is given out in one domain.
fn in_domain(place: Place, event: &ServiceEvent) -> Option<Statement> {
    let quotas = |domain: DomainId, change: i64| {
        let sql = "INSERT INTO service_domain_v6 (tenant, service_id, domain_id, quotas) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant, service_id, domain_id) DO UPDATE SET quotas = service_domain_v6.quotas + $4";
        Some(place.statement(sql).bind(domain.uuid()).bind(change))
    };
    match event {
        ServiceEvent::SlotsTaken { domain, bytes, .. } => quotas(*domain, signed(*bytes)),
        ServiceEvent::SlotsReturned { domain, bytes, .. } => quotas(*domain, -signed(*bytes)),
        ServiceEvent::AllocationChanged { domain, from, to } => {
            domain.and_then(|domain| quotas(domain, signed(*to) - signed(*from)))
        }
        ServiceEvent::DomainShareSet { domain, share } => {
            let sql = "INSERT INTO service_domain_v6 (tenant, service_id, domain_id, quotas, pool) \
                 VALUES ($1, $2, $3, 0, $4) ON CONFLICT (tenant, service_id, domain_id) DO UPDATE SET pool = $4";
            Some(place.statement(sql).bind(domain.uuid()).bind(share.pool().map(signed)))
        }
        ServiceEvent::DomainSlotReturned { domain } => {
            let sql =
                "DELETE FROM service_domain_v6 WHERE tenant = $1 AND service_id = $2 AND domain_id = $3";
            Some(place.statement(sql).bind(domain.uuid()))
        }
        ServiceEvent::Ordered { .. }
        | ServiceEvent::PlanChanged { .. }
        | ServiceEvent::Priced { .. }
        | ServiceEvent::Activated
        | ServiceEvent::Resumed
        | ServiceEvent::Reactivated
        | ServiceEvent::Restricted
        | ServiceEvent::Suspended { .. }
        | ServiceEvent::Ended { .. }
        | ServiceEvent::Purged
        | ServiceEvent::AliasSlotTaken { .. }
        | ServiceEvent::AliasSlotReturned { .. }
        | ServiceEvent::SyncJobsCounted { .. }
        | ServiceEvent::AdministratorAdded { .. }
        | ServiceEvent::AdministratorRemoved { .. }
        | ServiceEvent::DomainSlotTaken { .. } => None,
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Result<Option<Statement>, ProjectionError> {
    let place = Place::of(recorded);
    let event = match &recorded.event {
        HostingEvent::Service(event) => event,
        HostingEvent::Domain(DomainEvent::Added { service, name, .. }) => {
            return Ok(Some(first_domain(place, *service, name.as_str())));
        }
        _ => return Ok(None),
    };
    Ok(Some(match event {
        ServiceEvent::DomainShareSet { .. }
        | ServiceEvent::SyncJobsCounted { .. }
        | ServiceEvent::AdministratorAdded { .. }
        | ServiceEvent::AdministratorRemoved { .. }
        // Nor does the plan count it.
        | ServiceEvent::AliasSlotTaken { uncounted: Some(_), .. }
        | ServiceEvent::AliasSlotReturned { uncounted: Some(_), .. } => return Ok(None),
        ServiceEvent::Ordered { plan, version, limits, .. } => place
            .statement(
                "INSERT INTO service_list_v6 (tenant, service_id, plan_id, plan_version, entitlement, suspension, \
                 limits, used_domains, used_mailboxes, used_aliases, used_bytes, ordered_at, purge_after, born) \
                 VALUES ($1, $2, $3, $4, 'ordered', NULL, $5, 0, 0, 0, 0, $6, NULL, $7)",
            )
            .bind(plan.uuid())
            .bind(*version)
            .bind(stored(limits)?)
            .bind(place.at)
            .bind(place.born),
        ServiceEvent::PlanChanged { plan, version, limits } => place
            .statement(
                "UPDATE service_list_v6 SET plan_id = $3, plan_version = $4, limits = $5 \
                 WHERE tenant = $1 AND service_id = $2",
            )
            .bind(plan.uuid())
            .bind(*version)
            .bind(stored(limits)?),
        ServiceEvent::Priced { recurring } => priced(place, *recurring),
        ServiceEvent::Activated | ServiceEvent::Resumed => entitlement(place, "active", None),
        ServiceEvent::Reactivated => place.statement(
            "UPDATE service_list_v6 SET entitlement = 'active', suspension = NULL, purge_after = NULL \
             WHERE tenant = $1 AND service_id = $2",
        ),
        ServiceEvent::Restricted => entitlement(place, "restricted", None),
        ServiceEvent::Suspended { reason } => entitlement(place, "suspended", Some(reason_name(*reason))),
        ServiceEvent::Ended { purge_after } => place
            .statement(
                "UPDATE service_list_v6 SET entitlement = 'ended', suspension = NULL, purge_after = $3 \
                 WHERE tenant = $1 AND service_id = $2",
            )
            .bind(purge_after.millis()),
        ServiceEvent::Purged => entitlement(place, "purged", None),
        ServiceEvent::SlotsTaken { mailboxes, bytes, .. } => mailbox_slots(place, i64::from(*mailboxes), signed(*bytes)),
        ServiceEvent::SlotsReturned { mailboxes, bytes, .. } => {
            mailbox_slots(place, -i64::from(*mailboxes), -signed(*bytes))
        }
        ServiceEvent::AllocationChanged { from, to, .. } => mailbox_slots(place, 0, signed(*to) - signed(*from)),
        ServiceEvent::AliasSlotTaken { uncounted: None, .. } => slot(place, ALIASES, 1),
        ServiceEvent::AliasSlotReturned { uncounted: None, .. } => slot(place, ALIASES, -1),
        ServiceEvent::DomainSlotTaken { .. } => slot(place, DOMAINS, 1),
        ServiceEvent::DomainSlotReturned { .. } => slot(place, DOMAINS, -1),
    }))
}

const ALIASES: &str =
    "UPDATE service_list_v6 SET used_aliases = used_aliases + $3 WHERE tenant = $1 AND service_id = $2";
const DOMAINS: &str =
    "UPDATE service_list_v6 SET used_domains = used_domains + $3 WHERE tenant = $1 AND service_id = $2";

fn slot(place: Place, sql: &'static str, change: i64) -> Statement {
    place.statement(sql).bind(change)
}

/// The domain after which its first login is called: the oldest one.
fn first_domain(place: Place, service: ServiceId, name: &str) -> Statement {
    Statement::new(
        "UPDATE service_list_v6 SET first_domain = $3 WHERE tenant = $1 AND service_id = $2 AND first_domain IS NULL",
    )
    .bind(place.tenant)
    .bind(service.uuid())
    .bind(name)
}

fn priced(place: Place, recurring: Recurring) -> Statement {
    let cycle = match recurring.cycle {
        Cycle::Monthly => "monthly",
        Cycle::Annual => "annual",
    };
    place
        .statement(
            "UPDATE service_list_v6 SET cycle = $3, currency = $4, recurring_cents = $5 \
             WHERE tenant = $1 AND service_id = $2",
        )
        .bind(cycle)
        .bind(currency_code(recurring.currency))
        .bind(number(recurring.cents))
}

/// The code of a currency by ISO 4217.
pub(super) const fn currency_code(currency: Currency) -> &'static str {
    match currency {
        Currency::Eur => "EUR",
    }
}

fn mailbox_slots(place: Place, count: i64, bytes: i64) -> Statement {
    place
        .statement(
            "UPDATE service_list_v6 SET used_mailboxes = used_mailboxes + $3, used_bytes = used_bytes + $4 \
             WHERE tenant = $1 AND service_id = $2",
        )
        .bind(count)
        .bind(bytes)
}

fn entitlement(place: Place, name: &'static str, suspension: Option<&'static str>) -> Statement {
    place
        .statement(
            "UPDATE service_list_v6 SET entitlement = $3, suspension = $4 WHERE tenant = $1 AND service_id = $2",
        )
        .bind(name)
        .bind(suspension)
}

fn signed(bytes: ByteSize) -> i64 {
    number(bytes.octets())
}

const fn reason_name(reason: SuspensionReason) -> &'static str {
    match reason {
        SuspensionReason::NonPayment => "non_payment",
        SuspensionReason::Abuse => "abuse",
        SuspensionReason::Legal => "legal",
        SuspensionReason::Security => "security",
    }
}
