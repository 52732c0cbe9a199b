//! Rows behind `mailbox` and `mailboxes`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::factor::FactorEvent;
use hosting::mailbox::{Crossing, MailboxEvent, Threshold};
use kernel::{Id, Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables, json, number};

/// One row per mailbox, deleted ones kept.
#[derive(Debug, Clone, Copy)]
pub struct MailboxList;

impl Projection for MailboxList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 5;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS mailbox_list_v5 (tenant UUID NOT NULL, mailbox_id UUID NOT NULL, \
             service_id UUID NOT NULL, domain_id UUID NOT NULL, address TEXT, display_name TEXT, \
             quota_bytes BIGINT NOT NULL, status TEXT NOT NULL, has_password BOOLEAN NOT NULL, \
             threshold_percent BIGINT, created_at BIGINT NOT NULL, purge_after BIGINT, born BIGINT NOT NULL, settings TEXT, \
             settings_revision BIGINT NOT NULL DEFAULT 0, factor_count BIGINT NOT NULL DEFAULT 0, domain_part TEXT NOT NULL, \
             is_disabled BOOLEAN NOT NULL DEFAULT false, revision BIGINT NOT NULL DEFAULT 0, \
             PRIMARY KEY (tenant, mailbox_id))",
            "CREATE INDEX IF NOT EXISTS mailbox_list_v5_born ON mailbox_list_v5 (tenant, born, mailbox_id)",
            "CREATE INDEX IF NOT EXISTS mailbox_list_v5_domain \
             ON mailbox_list_v5 (tenant, domain_id, born, mailbox_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["mailbox_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM mailbox_list_v5 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Mailbox(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    Some(match event {
        MailboxEvent::Created { service, domain, domain_name, local, quota, display_name, password, .. } => place
            .statement(
                "INSERT INTO mailbox_list_v5 (tenant, mailbox_id, service_id, domain_id, address, display_name, \
                 quota_bytes, status, has_password, threshold_percent, created_at, purge_after, born, domain_part) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, NULL, $9, NULL, $10, $11)",
            )
            .bind(service.uuid())
            .bind(domain.uuid())
            .bind(local.plain().map(|local| format!("{local}@{domain_name}")))
            .bind(display_name.as_ref().and_then(|name| name.plain().cloned()))
            .bind(number(quota.octets()))
            .bind(password.is_some())
            .bind(place.at)
            .bind(place.born)
            .bind(format!("@{domain_name}")),
        MailboxEvent::QuotaChanged { to, .. } => place
            .statement(
                "UPDATE mailbox_list_v5 SET quota_bytes = $3, revision = revision + 1 \
                 WHERE tenant = $1 AND mailbox_id = $2",
            )
            .bind(number(to.octets())),
        MailboxEvent::DisplayNameChanged { display_name } => place
            .statement(
                "UPDATE mailbox_list_v5 SET display_name = $3, revision = revision + 1 \
                 WHERE tenant = $1 AND mailbox_id = $2",
            )
            .bind(display_name.as_ref().and_then(|name| name.plain().cloned())),
        MailboxEvent::PasswordSet { .. } => place
            .statement("UPDATE mailbox_list_v5 SET has_password = $3 WHERE tenant = $1 AND mailbox_id = $2")
            .bind(true),
        MailboxEvent::Factor(event) => place
            .statement(
                "UPDATE mailbox_list_v5 SET factor_count = factor_count + $3 \
                 WHERE tenant = $1 AND mailbox_id = $2",
            )
            .bind(match event {
                FactorEvent::TotpAdded { .. }
 | FactorEvent::PasskeyAdded { .. }
 | FactorEvent::YubikeyAdded { .. } => 1_i64,
                FactorEvent::FactorRemoved { .. } => -1,
                FactorEvent::FactorRenamed { .. }
                | FactorEvent::RecoveryCodesSet { .. }
                | FactorEvent::RecoveryCodeUsed { .. } => 0,
            }),
        MailboxEvent::AppPasswordAdded { .. }
        | MailboxEvent::AppPasswordChanged { .. }
        | MailboxEvent::AppPasswordRevoked { .. }
        | MailboxEvent::RecoveryAddressVerified { .. }
        | MailboxEvent::LanguageSet { .. }
        | MailboxEvent::TimeZoneSet { .. }
        | MailboxEvent::TemporaryAliasSet { .. }
        | MailboxEvent::TemporaryAliasDropped { .. } => return None,
        // The domain stands after the `@` already.
        MailboxEvent::Renamed { local } => place
            .statement(
                "UPDATE mailbox_list_v5 SET address = $3 || domain_part, revision = revision + 1 \
                 WHERE tenant = $1 AND mailbox_id = $2",
            )
            .bind(local.plain().map(ToString::to_string)),
        MailboxEvent::Restored => place.statement(
            "UPDATE mailbox_list_v5 SET status = CASE WHEN is_disabled THEN 'disabled' ELSE 'active' END, \
             purge_after = NULL, revision = revision + 1 WHERE tenant = $1 AND mailbox_id = $2",
        ),
        MailboxEvent::SettingsChanged { settings, .. } => place
            .statement(
                "UPDATE mailbox_list_v5 SET settings = $3, settings_revision = settings_revision + 1 \
                 WHERE tenant = $1 AND mailbox_id = $2",
            )
            .bind(json(settings)),
        MailboxEvent::SendingHeld { .. }
        | MailboxEvent::SendingReleased { .. }
        | MailboxEvent::RetentionChanged { .. }
        | MailboxEvent::ComplainedAbout { .. } => return None,
        MailboxEvent::Disabled => status(place, "disabled"),
        MailboxEvent::Enabled => status(place, "active"),
        MailboxEvent::Deleted { purge_after } => place
            .statement(
                "UPDATE mailbox_list_v5 SET status = 'deleted', purge_after = $3, revision = revision + 1 \
                 WHERE tenant = $1 AND mailbox_id = $2",
            )
            .bind(purge_after.millis()),
        MailboxEvent::QuotaThresholdCrossed { threshold, crossing } => place
            .statement("UPDATE mailbox_list_v5 SET threshold_percent = $3 WHERE tenant = $1 AND mailbox_id = $2")
            .bind(highest(*threshold, *crossing).map(|threshold| i64::from(threshold.percent()))),
    })
}

fn status(place: Place, status: &'static str) -> Statement {
    let sql = "UPDATE mailbox_list_v5 SET status = $3, is_disabled = $4, revision = revision + 1 \
         WHERE tenant = $1 AND mailbox_id = $2";
    place.statement(sql).bind(status).bind(status == "disabled")
}

/// The highest threshold that is crossed after a crossing: coming down from one leaves the next lower.
fn highest(threshold: Threshold, crossing: Crossing) -> Option<Threshold> {
    match crossing {
        Crossing::Up => Some(threshold),
        Crossing::Down => Threshold::ALL.into_iter().rev().find(|lower| *lower < threshold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coming_down_from_a_threshold_leaves_the_next_lower() {
        assert_eq!(highest(Threshold::Full, Crossing::Up), Some(Threshold::Full));
        assert_eq!(highest(Threshold::Full, Crossing::Down), Some(Threshold::NinetyFive));
        assert_eq!(highest(Threshold::Eighty, Crossing::Down), None);
    }
}
