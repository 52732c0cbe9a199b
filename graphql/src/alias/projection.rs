//! Rows behind `alias` and `aliases`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::alias::AliasEvent;
use kernel::{EmailAddress, Id, Recorded, Sealed, TenantId};

use crate::projection::{Place, clear, drop_tables, json};

/// One row per alias that exists.
#[derive(Debug, Clone, Copy)]
pub struct AliasList;

impl Projection for AliasList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 4;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS alias_list_v4 (tenant UUID NOT NULL, alias_id UUID NOT NULL, \
             service_id UUID NOT NULL, domain_id UUID NOT NULL, address TEXT, is_catch_all BOOLEAN NOT NULL, \
             targets TEXT, created_at BIGINT NOT NULL, born BIGINT NOT NULL, settings TEXT, \
             settings_revision BIGINT NOT NULL DEFAULT 0, mailbox_id UUID, expires_at BIGINT, \
             revision BIGINT NOT NULL DEFAULT 0, \
             PRIMARY KEY (tenant, alias_id))",
            "CREATE INDEX IF NOT EXISTS alias_list_v4_born ON alias_list_v4 (tenant, born, alias_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["alias_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM alias_list_v4 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Alias(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    Some(match event {
        AliasEvent::Created { service, domain, domain_name, local, targets, temporary, .. } => {
            let address = match local {
                None => Some(format!("@{domain_name}")),
                Some(local) => local.plain().map(|local| format!("{local}@{domain_name}")),
            };
            place
                .statement(
                    "INSERT INTO alias_list_v4 (tenant, alias_id, service_id, domain_id, address, is_catch_all, \
                     targets, created_at, born, mailbox_id, expires_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                )
                .bind(service.uuid())
                .bind(domain.uuid())
                .bind(address)
                .bind(local.is_none())
                .bind(lines(targets))
                .bind(place.at)
                .bind(place.born)
                .bind(temporary.map(|temporary| temporary.mailbox.uuid()))
                .bind(temporary.map(|temporary| temporary.expires_at.millis()))
        }
        AliasEvent::ExpiryChanged { expires_at: Some(expires_at) } => place
            .statement(
                "UPDATE alias_list_v4 SET expires_at = $3, revision = revision + 1 \
                 WHERE tenant = $1 AND alias_id = $2",
            )
            .bind(expires_at.millis()),
        AliasEvent::ExpiryChanged { expires_at: None } => place.statement(
            "UPDATE alias_list_v4 SET expires_at = NULL, mailbox_id = NULL, revision = revision + 1 \
             WHERE tenant = $1 AND alias_id = $2",
        ),
        AliasEvent::TargetsChanged { targets } => place
            .statement(
                "UPDATE alias_list_v4 SET targets = $3, revision = revision + 1 \
                 WHERE tenant = $1 AND alias_id = $2",
            )
            .bind(lines(targets)),
        AliasEvent::SettingsChanged { settings, .. } => place
            .statement(
                "UPDATE alias_list_v4 SET settings = $3, settings_revision = settings_revision + 1 \
                 WHERE tenant = $1 AND alias_id = $2",
            )
            .bind(json(settings)),
        AliasEvent::Deleted => {
            place.statement("DELETE FROM alias_list_v4 WHERE tenant = $1 AND alias_id = $2")
        }
    })
}

/// One address a line; addresses hold no line breaks. None once erased.
fn lines(targets: &Sealed<Vec<EmailAddress>>) -> Option<String> {
    let targets = targets.plain()?;
    Some(targets.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
