//! Rows behind `tickets`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::ticket::{Side, TicketEvent, TicketFile, TicketKind, TicketPriority};
use kernel::{Id, Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables};

/// One row per ticket.
#[derive(Debug, Clone, Copy)]
pub struct TicketList;

impl Projection for TicketList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 6;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS ticket_list_v6 (tenant UUID NOT NULL, ticket_id UUID NOT NULL, \
             service_id UUID, kind TEXT NOT NULL, subject TEXT, status TEXT NOT NULL, opened_at BIGINT NOT NULL, \
             changed_at BIGINT NOT NULL, born BIGINT NOT NULL, resolved_at BIGINT, priority TEXT NOT NULL, \
             assignee_id UUID, merged_into UUID, stars BIGINT, rating TEXT, \
             revision BIGINT NOT NULL DEFAULT 0, desk_revision BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (tenant, ticket_id))",
            "CREATE INDEX IF NOT EXISTS ticket_list_v6_born ON ticket_list_v6 (tenant, born, ticket_id)",
            "CREATE INDEX IF NOT EXISTS ticket_list_v6_id ON ticket_list_v6 (ticket_id)",
            "CREATE INDEX IF NOT EXISTS ticket_list_v6_status ON ticket_list_v6 (status, changed_at, ticket_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["ticket_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM ticket_list_v6 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().flat_map(|recorded| [statement(recorded), counted(recorded)]).flatten().collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Ticket(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    let status = |status: &'static str, resolved_at: Option<i64>| {
        let sql = "UPDATE ticket_list_v6 SET status = $3, changed_at = $4, resolved_at = $5 WHERE tenant = $1 AND \
                   ticket_id = $2";
        place.statement(sql).bind(status).bind(place.at).bind(resolved_at)
    };
    let touched = || {
        let sql = "UPDATE ticket_list_v6 SET changed_at = $3 WHERE tenant = $1 AND ticket_id = $2";
        place.statement(sql).bind(place.at)
    };
    Some(match event {
        TicketEvent::Opened { service, kind, subject, .. } => place
            .statement(
                "INSERT INTO ticket_list_v6 (tenant, ticket_id, service_id, kind, subject, status, opened_at, \
                 changed_at, born, priority) VALUES ($1, $2, $3, $4, $5, 'awaiting_staff', $6, $7, $8, 'normal')",
            )
            .bind(service.map(|service| service.uuid()))
            .bind(kind_name(*kind))
            .bind(subject.plain().cloned())
            .bind(place.at)
            .bind(place.at)
            .bind(place.born),
        TicketEvent::Said { is_internal: true, .. }
        | TicketEvent::Attached(TicketFile { is_internal: true, .. }) => touched(),
        TicketEvent::Said { side: Side::Customer, .. }
        | TicketEvent::Attached(TicketFile { side: Side::Customer, .. })
        | TicketEvent::Reopened => status("awaiting_staff", None),
        TicketEvent::Said { side: Side::Staff, .. }
        | TicketEvent::Attached(TicketFile { side: Side::Staff, .. }) => status("awaiting_customer", None),
        TicketEvent::Resolved { at } => status("resolved", Some(at.millis())),
        TicketEvent::Assigned { to } => place
            .statement("UPDATE ticket_list_v6 SET assignee_id = $3 WHERE tenant = $1 AND ticket_id = $2")
            .bind(to.map(|user| user.uuid())),
        TicketEvent::Merged { into, at } => place
            .statement(
                "UPDATE ticket_list_v6 SET merged_into = $3, status = 'resolved', changed_at = $4, \
                 resolved_at = COALESCE(resolved_at, $5) WHERE tenant = $1 AND ticket_id = $2",
            )
            .bind(into.uuid())
            .bind(place.at)
            .bind(at.millis()),
        TicketEvent::TookIn { .. } => touched(),
        TicketEvent::Rated { stars, words } => place
            .statement(
                "UPDATE ticket_list_v6 SET stars = $3, rating = $4 WHERE tenant = $1 AND ticket_id = $2",
            )
            .bind(i64::from(*stars))
            .bind(words.as_ref().and_then(|words| words.plain().cloned())),
        TicketEvent::PrioritySet { priority } => place
            .statement("UPDATE ticket_list_v6 SET priority = $3 WHERE tenant = $1 AND ticket_id = $2")
            .bind(priority_name(*priority)),
    })
}

/// One change more, of what both sides see or of what the support alone does.
fn counted(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let sql = match &recorded.event {
        HostingEvent::Ticket(TicketEvent::Opened { .. }) => return None,
        HostingEvent::Ticket(event) if event.is_of_the_desk() => {
            "UPDATE ticket_list_v6 SET desk_revision = desk_revision + 1 WHERE tenant = $1 AND ticket_id = $2"
        }
        HostingEvent::Ticket(_) => {
            "UPDATE ticket_list_v6 SET revision = revision + 1 WHERE tenant = $1 AND ticket_id = $2"
        }
        _ => return None,
    };
    Some(Place::of(recorded).statement(sql))
}

const fn kind_name(kind: TicketKind) -> &'static str {
    match kind {
        TicketKind::Billing => "billing",
        TicketKind::Technical => "technical",
        TicketKind::Abuse => "abuse",
        TicketKind::Security => "security",
        TicketKind::Legal => "legal",
        TicketKind::Sales => "sales",
        TicketKind::Withdrawal => "withdrawal",
    }
}

const fn priority_name(priority: TicketPriority) -> &'static str {
    match priority {
        TicketPriority::Low => "low",
        TicketPriority::Normal => "normal",
        TicketPriority::High => "high",
        TicketPriority::Urgent => "urgent",
    }
}
