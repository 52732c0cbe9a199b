//! Rows behind `users`, `apiTokens` and `sessions`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::factor::FactorEvent;
use hosting::session::{SessionEvent, SessionOwner};
use hosting::user::{UserEvent, UserRole};
use kernel::{Id, Recorded, TenantId};

use crate::projection::{Place, drop_tables};

/// Tables of users, API tokens and sessions, in one projection: removing a user touches all three.
#[derive(Debug, Clone, Copy)]
pub struct UserList;

impl Projection for UserList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 5;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS user_list_v5 (tenant UUID NOT NULL, user_id UUID NOT NULL, login TEXT, \
             name TEXT, role TEXT NOT NULL, domains TEXT NOT NULL, is_disabled BOOLEAN NOT NULL, \
             has_password BOOLEAN NOT NULL, registered_at BIGINT NOT NULL, born BIGINT NOT NULL, \
             must_change BOOLEAN NOT NULL, factor_count BIGINT NOT NULL DEFAULT 0, revision BIGINT NOT NULL DEFAULT 0, \
             withheld TEXT NOT NULL DEFAULT '', PRIMARY KEY (tenant, user_id))",
            "CREATE INDEX IF NOT EXISTS user_list_v5_born ON user_list_v5 (tenant, born, user_id)",
            "CREATE TABLE IF NOT EXISTS token_list_v5 (tenant UUID NOT NULL, token_id UUID NOT NULL, \
             user_id UUID NOT NULL, name TEXT, permissions TEXT NOT NULL, issued_at BIGINT NOT NULL, \
             expires_at BIGINT, revoked_at BIGINT, born BIGINT NOT NULL, networks TEXT NOT NULL, revision BIGINT NOT NULL DEFAULT 0, \
             PRIMARY KEY (tenant, token_id))",
            "CREATE INDEX IF NOT EXISTS token_list_v5_born ON token_list_v5 (tenant, born, token_id)",
            "CREATE TABLE IF NOT EXISTS session_list_v5 (tenant UUID NOT NULL, session_id UUID NOT NULL, \
             user_id UUID, mailbox_id UUID, started_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, \
             ended_at BIGINT, born BIGINT NOT NULL, has_factor BOOLEAN NOT NULL, device TEXT, \
             PRIMARY KEY (tenant, session_id))",
            "CREATE INDEX IF NOT EXISTS session_list_v5_born ON session_list_v5 (tenant, born, session_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["user_list", "token_list", "session_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        [
            "DELETE FROM user_list_v5 WHERE tenant = $1",
            "DELETE FROM token_list_v5 WHERE tenant = $1",
            "DELETE FROM session_list_v5 WHERE tenant = $1",
        ]
        .map(|sql| Statement::new(sql).bind(tenant.uuid()))
        .into()
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().flat_map(statements).collect())
    }
}

fn statements(recorded: &Recorded<HostingEvent>) -> Vec<Statement> {
    let place = Place::of(recorded);
    match &recorded.event {
        HostingEvent::User(event) => of_user(place, event),
        HostingEvent::Session(event) => vec![of_session(place, event)],
        HostingEvent::Account(_)
        | HostingEvent::Reseller(_)
        | HostingEvent::Plan(_)
        | HostingEvent::Service(_)
        | HostingEvent::Domain(_)
        | HostingEvent::Mailbox(_)
        | HostingEvent::Alias(_)
        | HostingEvent::Delegation(_)
        | HostingEvent::Ticket(_)
        | HostingEvent::Notice(_)
        | HostingEvent::Entry(_)
        | HostingEvent::Document(_)
        | HostingEvent::Contract(_)
        | HostingEvent::MailOrder(_)
        | HostingEvent::Webhook(_) => Vec::new(),
    }
}

fn of_user(place: Place, event: &UserEvent) -> Vec<Statement> {
    match event {
        UserEvent::Registered { login, name, password, role, must_change_password, .. } => {
            let (role, domains) = role_columns(role);
            vec![
                place
                    .statement(
                        "INSERT INTO user_list_v5 (tenant, user_id, login, name, role, domains, is_disabled, \
                         has_password, registered_at, born, must_change) \
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    )
                    .bind(login.plain().map(|login| login.as_str().to_owned()))
                    .bind(name.as_ref().and_then(|name| name.plain().cloned()))
                    .bind(role)
                    .bind(domains)
                    .bind(false)
                    .bind(password.is_some())
                    .bind(place.at)
                    .bind(place.born)
                    .bind(*must_change_password),
            ]
        }
        UserEvent::EmailGiven { .. }
        | UserEvent::EmailVerified { .. }
        | UserEvent::LanguageSet { .. }
        | UserEvent::TimeZoneSet { .. } => {
            vec![]
        }
        UserEvent::Factor(event) => factors(place, event),
        UserEvent::PasswordSet { must_change, .. } => vec![
            place
                .statement(
                    "UPDATE user_list_v5 SET has_password = $3, must_change = $4 \
                     WHERE tenant = $1 AND user_id = $2",
                )
                .bind(true)
                .bind(*must_change),
            end_all(
                place,
                "UPDATE session_list_v5 SET ended_at = $3 WHERE tenant = $1 AND user_id = $2 AND ended_at IS NULL",
            ),
        ],
        UserEvent::Disabled => vec![disabled(place, true)],
        UserEvent::Enabled => vec![disabled(place, false)],
        UserEvent::Removed => [
            "DELETE FROM user_list_v5 WHERE tenant = $1 AND user_id = $2",
            "DELETE FROM token_list_v5 WHERE tenant = $1 AND user_id = $2",
            "DELETE FROM session_list_v5 WHERE tenant = $1 AND user_id = $2",
        ]
        .map(|sql| place.statement(sql))
        .into(),
        UserEvent::TokenIssued { token, name, permissions, expires_at, networks, .. } => {
            let names: Vec<&str> = permissions.iter().map(authority::Permission::name).collect();
            vec![
                Statement::new(
                    "INSERT INTO token_list_v5 (tenant, token_id, user_id, name, permissions, issued_at, expires_at, \
                     revoked_at, born, networks) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, $9)",
                )
                .bind(place.tenant)
                .bind(token.uuid())
                .bind(place.id)
                .bind(name.plain().cloned())
                .bind(names.join(" "))
                .bind(place.at)
                .bind(expires_at.map(kernel::Timestamp::millis))
                .bind(place.born)
                .bind(networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            ]
        }
        UserEvent::TokenChanged { token, name, permissions, expires_at, networks } => {
            let names: Vec<&str> = permissions.iter().map(authority::Permission::name).collect();
            vec![
                Statement::new(
                    "UPDATE token_list_v5 SET name = $3, permissions = $4, expires_at = $5, networks = $6, \
                     revision = revision + 1 WHERE tenant = $1 AND token_id = $2",
                )
                .bind(place.tenant)
                .bind(token.uuid())
                .bind(name.plain().cloned())
                .bind(names.join(" "))
                .bind(expires_at.map(kernel::Timestamp::millis))
                .bind(networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            ]
        }
        UserEvent::Renamed { name } => {
            let sql = "UPDATE user_list_v5 SET name = $3, revision = revision + 1 WHERE tenant = $1 AND user_id = $2";
            vec![place.statement(sql).bind(name.as_ref().and_then(|name| name.plain().cloned()))]
        }
        UserEvent::RoleSet { role } => {
            let (role, domains) = role_columns(role);
            let sql = "UPDATE user_list_v5 SET role = $3, domains = $4, revision = revision + 1 \
                 WHERE tenant = $1 AND user_id = $2";
            vec![place.statement(sql).bind(role).bind(domains)]
        }
        UserEvent::RightsWithheld { rights } => {
            let names: Vec<&str> = rights.iter().map(authority::AdministratorRight::name).collect();
            let sql = "UPDATE user_list_v5 SET withheld = $3, revision = revision + 1 WHERE tenant = $1 AND user_id = $2";
            vec![place.statement(sql).bind(names.join(" "))]
        }
        UserEvent::TokenRevoked { token } => vec![
            Statement::new("UPDATE token_list_v5 SET revoked_at = $3 WHERE tenant = $1 AND token_id = $2")
                .bind(place.tenant)
                .bind(token.uuid())
                .bind(place.at),
        ],
    }
}

fn factors(place: Place, event: &FactorEvent) -> Vec<Statement> {
    let by = match event {
        FactorEvent::TotpAdded { .. }
        | FactorEvent::PasskeyAdded { .. }
        | FactorEvent::YubikeyAdded { .. } => 1_i64,
        FactorEvent::FactorRemoved { .. } => -1,
        FactorEvent::FactorRenamed { .. }
        | FactorEvent::RecoveryCodesSet { .. }
        | FactorEvent::RecoveryCodeUsed { .. } => return Vec::new(),
    };
    let sql = "UPDATE user_list_v5 SET factor_count = factor_count + $3 WHERE tenant = $1 AND user_id = $2";
    vec![place.statement(sql).bind(by)]
}

fn of_session(place: Place, event: &SessionEvent) -> Statement {
    match event {
        SessionEvent::Started { owner, expires_at, entrance, .. } => {
            let (user, mailbox) = match owner {
                SessionOwner::User(user) => (Some(user.uuid()), None),
                SessionOwner::Mailbox(mailbox) => (None, Some(mailbox.uuid())),
            };
            place
                .statement(
                    "INSERT INTO session_list_v5 (tenant, session_id, user_id, mailbox_id, started_at, expires_at, \
                     ended_at, born, has_factor, device) VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, $9)",
                )
                .bind(user)
                .bind(mailbox)
                .bind(place.at)
                .bind(expires_at.millis())
                .bind(place.born)
                .bind(entrance.has_second_factor)
                .bind(entrance.device.as_ref().and_then(|device| device.plain().cloned()))
        }
        SessionEvent::Rotated { expires_at, .. } => place
            .statement("UPDATE session_list_v5 SET expires_at = $3 WHERE tenant = $1 AND session_id = $2")
            .bind(expires_at.millis()),
        SessionEvent::Ended { .. } => {
            end_all(place, "UPDATE session_list_v5 SET ended_at = $3 WHERE tenant = $1 AND session_id = $2")
        }
    }
}

fn end_all(place: Place, sql: &'static str) -> Statement {
    place.statement(sql).bind(place.at)
}

fn disabled(place: Place, is_disabled: bool) -> Statement {
    place
        .statement("UPDATE user_list_v5 SET is_disabled = $3 WHERE tenant = $1 AND user_id = $2")
        .bind(is_disabled)
}

/// The role's name and its domains, as the columns hold them: ids with a space between.
fn role_columns(role: &UserRole) -> (&'static str, String) {
    match role {
        UserRole::Operator => ("operator", String::new()),
        UserRole::Owner => ("owner", String::new()),
        UserRole::DomainAdministrator(domains) => {
            let ids: Vec<String> = domains.iter().map(ToString::to_string).collect();
            ("domain_administrator", ids.join(" "))
        }
    }
}
