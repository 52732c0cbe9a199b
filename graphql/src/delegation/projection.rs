//! Rows behind `delegations`.

use authority::{Permission, Permissions};
use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::delegation::{DelegationEvent, DelegationScope};
use kernel::{Id, Recorded, TenantId, Timestamp};

use crate::projection::{Place, clear, drop_tables};

/// One row per delegation, also of those that are over.
#[derive(Debug, Clone, Copy)]
pub struct DelegationList;

impl Projection for DelegationList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 5;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS delegation_list_v5 (tenant UUID NOT NULL, delegation_id UUID NOT NULL, \
             email TEXT, user_id UUID, status TEXT NOT NULL, permissions TEXT NOT NULL, services TEXT NOT NULL, \
             domains TEXT NOT NULL, requires_factor BOOLEAN NOT NULL, expires_at BIGINT, \
             answer_until BIGINT NOT NULL, invited_at BIGINT NOT NULL, answered_at BIGINT, ended_at BIGINT, \
             born BIGINT NOT NULL, revision BIGINT NOT NULL DEFAULT 0, home_id UUID, is_invited BOOLEAN, PRIMARY KEY (tenant, delegation_id))",
            "CREATE INDEX IF NOT EXISTS delegation_list_v5_born ON delegation_list_v5 (tenant, born, delegation_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["delegation_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM delegation_list_v5 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Delegation(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    Some(match event {
        DelegationEvent::Invited {
            email,
            permissions,
            scope,
            expires_at,
            requires_second_factor,
            answer_until,
            ..
        } => {
            let (services, domains) = scope_columns(scope);
            place
                .statement(
                    "INSERT INTO delegation_list_v5 (tenant, delegation_id, email, status, permissions, services, \
                     domains, requires_factor, expires_at, answer_until, invited_at, born) \
                     VALUES ($1, $2, $3, 'invited', $4, $5, $6, $7, $8, $9, $10, $11)",
                )
                .bind(email.plain().map(ToString::to_string))
                .bind(names(*permissions))
                .bind(services)
                .bind(domains)
                .bind(*requires_second_factor)
                .bind(expires_at.map(Timestamp::millis))
                .bind(answer_until.millis())
                .bind(place.at)
                .bind(place.born)
        }
        DelegationEvent::Accepted { user, home, is_invited } => place
            .statement(
                "UPDATE delegation_list_v5 SET status = 'accepted', user_id = $3, answered_at = $4, home_id = $5, \
                 is_invited = $6 WHERE tenant = $1 AND delegation_id = $2",
            )
            .bind(user.uuid())
            .bind(place.at)
            .bind(home.uuid())
            .bind(*is_invited),
        DelegationEvent::TermsChanged { permissions, scope, expires_at, requires_second_factor } => {
            let (services, domains) = scope_columns(scope);
            place
                .statement(
                    "UPDATE delegation_list_v5 SET permissions = $3, services = $4, domains = $5, \
                     requires_factor = $6, expires_at = $7, revision = revision + 1 WHERE tenant = $1 AND delegation_id = $2",
                )
                .bind(names(*permissions))
                .bind(services)
                .bind(domains)
                .bind(*requires_second_factor)
                .bind(expires_at.map(Timestamp::millis))
        }
        DelegationEvent::Declined => ended(place, "declined"),
        DelegationEvent::Revoked => ended(place, "revoked"),
        DelegationEvent::Left => ended(place, "left"),
    })
}

fn ended(place: Place, status: &'static str) -> Statement {
    place
        .statement(
            "UPDATE delegation_list_v5 SET status = $3, ended_at = $4 WHERE tenant = $1 AND delegation_id = $2",
        )
        .bind(status)
        .bind(place.at)
}

fn names(permissions: Permissions) -> String {
    permissions.iter().map(Permission::name).collect::<Vec<_>>().join(" ")
}

/// Ids with a space between.
fn scope_columns(scope: &DelegationScope) -> (String, String) {
    fn joined<T: ToString>(ids: &[T]) -> String {
        ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
    match scope {
        DelegationScope::Account => (String::new(), String::new()),
        DelegationScope::Services(services) => (joined(services), String::new()),
        DelegationScope::Domains(domains) => (String::new(), joined(domains)),
    }
}
