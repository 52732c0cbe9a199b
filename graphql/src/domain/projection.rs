//! Rows behind `domain`, `domains` and `sharedDomains`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::domain::{Challenge, DomainEvent};
use kernel::{Id, Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables, json};

/// One row per domain, removed ones kept.
#[derive(Debug, Clone, Copy)]
pub struct DomainList;

impl Projection for DomainList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 3;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS domain_list_v3 (tenant UUID NOT NULL, domain_id UUID NOT NULL, \
             service_id UUID, name TEXT NOT NULL, status TEXT NOT NULL, is_shared BOOLEAN NOT NULL, \
             challenge_name TEXT, challenge_value TEXT, added_at BIGINT NOT NULL, verified_at BIGINT, \
             purge_after BIGINT, born BIGINT NOT NULL, mirrors UUID, settings TEXT, \
             settings_revision BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (tenant, domain_id))",
            "CREATE INDEX IF NOT EXISTS domain_list_v3_born ON domain_list_v3 (tenant, born, domain_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["domain_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM domain_list_v3 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

const INSERT: &str = "INSERT INTO domain_list_v3 (tenant, domain_id, service_id, name, status, is_shared, \
     challenge_name, challenge_value, added_at, verified_at, purge_after, born, mirrors, settings_revision) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, $11, $12, 0) ON CONFLICT (tenant, domain_id) DO UPDATE SET \
     service_id = excluded.service_id, name = excluded.name, status = excluded.status, \
     is_shared = excluded.is_shared, challenge_name = excluded.challenge_name, \
     challenge_value = excluded.challenge_value, added_at = excluded.added_at, \
     verified_at = excluded.verified_at, purge_after = NULL, mirrors = excluded.mirrors, \
     settings = NULL, settings_revision = 0";

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Domain(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    Some(match event {
        DomainEvent::Added { service, name, token, mirrors, .. } => {
            let challenge = Challenge::new(name, token);
            place
                .statement(INSERT)
                .bind(service.uuid())
                .bind(name.as_str())
                .bind("pending")
                .bind(false)
                .bind(challenge.record_name)
                .bind(challenge.value)
                .bind(place.at)
                .bind(None::<i64>)
                .bind(place.born)
                .bind(mirrors.map(|mirrored| mirrored.uuid()))
        }
        DomainEvent::SharedAdded { name } => place
            .statement(INSERT)
            .bind(None::<uuid::Uuid>)
            .bind(name.as_str())
            .bind("verified")
            .bind(true)
            .bind(None::<String>)
            .bind(None::<String>)
            .bind(place.at)
            .bind(place.at)
            .bind(place.born)
            .bind(None::<uuid::Uuid>),
        DomainEvent::SettingsChanged { settings, .. } => place
            .statement(
                "UPDATE domain_list_v3 SET settings = $3, settings_revision = settings_revision + 1 \
                 WHERE tenant = $1 AND domain_id = $2",
            )
            .bind(json(settings)),
        DomainEvent::Verified { .. } => place
            .statement(
                "UPDATE domain_list_v3 SET status = 'verified', verified_at = $3 WHERE tenant = $1 AND domain_id = $2",
            )
            .bind(place.at),
        DomainEvent::DkimKeyMade { .. }
        | DomainEvent::DkimKeyPublished { .. }
        | DomainEvent::DkimKeyActive { .. }
        | DomainEvent::DkimKeyRetired { .. }
        | DomainEvent::PoolThresholdCrossed { .. } => return None,
        DomainEvent::Restored { .. } => place.statement(
            "UPDATE domain_list_v3 SET status = 'pending', purge_after = NULL, verified_at = NULL \
             WHERE tenant = $1 AND domain_id = $2",
        ),
        DomainEvent::Removed { purge_after } => place
            .statement(
                "UPDATE domain_list_v3 SET status = 'removed', purge_after = $3 WHERE tenant = $1 AND domain_id = $2",
            )
            .bind(purge_after.millis()),
    })
}
