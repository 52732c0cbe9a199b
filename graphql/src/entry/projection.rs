//! Rows behind the lists of all kinds of entries.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::book::Told;
use hosting::domain::DomainEvent;
use kernel::{Id, Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables};

/// One row per entry that exists, of any kind. Holds no secrets: see [`hosting::book::Entry::shown`].
#[derive(Debug, Clone, Copy)]
pub struct EntryList;

impl Projection for EntryList {
    type Event = HostingEvent;

    const NAME: &'static str = super::read::PROJECTION;
    const REVISION: u16 = 3;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS entry_list_v3 (tenant UUID NOT NULL, entry_id UUID NOT NULL, \
             category TEXT NOT NULL, owner_id UUID NOT NULL, service_id UUID, domain_id UUID, mailbox_id UUID, \
             content TEXT, revision BIGINT NOT NULL, created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, \
             born BIGINT NOT NULL, PRIMARY KEY (tenant, category, entry_id))",
            "CREATE INDEX IF NOT EXISTS entry_list_v3_born ON entry_list_v3 (tenant, category, born, entry_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["entry_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM entry_list_v3 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let place = Place::of(recorded);
    let event = match &recorded.event {
        HostingEvent::Entry(event) => event,
        // What was set up for a domain goes with it; a mailbox may come back.
        HostingEvent::Domain(DomainEvent::Removed { .. }) => {
            let sql = "DELETE FROM entry_list_v3 WHERE tenant = $1 AND owner_id = $2";
            return Some(place.statement(sql));
        }
        _ => return None,
    };
    let change = event.change();
    let keyed = |sql| {
        Statement::new(sql).bind(recorded.cursor.tenant.uuid()).bind(change.category.0).bind(change.entry)
    };
    Some(match change.told {
        Told::Added { service, domain, mailbox, json, .. } => keyed(
            "INSERT INTO entry_list_v3 (tenant, category, entry_id, owner_id, service_id, domain_id, mailbox_id, \
             content, revision, created_at, changed_at, born) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11)",
        )
        .bind(place.id)
        .bind(service)
        .bind(domain)
        .bind(mailbox)
        .bind(json)
        .bind(place.at)
        .bind(place.at)
        .bind(place.born),
        Told::Changed { json } => keyed(
            "UPDATE entry_list_v3 SET content = $4, changed_at = $5, revision = revision + 1 \
             WHERE tenant = $1 AND category = $2 AND entry_id = $3",
        )
        .bind(json)
        .bind(place.at),
        Told::Removed => {
            keyed("DELETE FROM entry_list_v3 WHERE tenant = $1 AND category = $2 AND entry_id = $3")
        }
    })
}
