//! Rows behind `account` and `accounts`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
use kernel::{Recorded, TenantId};

use crate::projection::{Place, clear, drop_tables};

/// One row per account.
#[derive(Debug, Clone, Copy)]
pub struct AccountList;

impl Projection for AccountList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 5;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS account_list_v5 (tenant UUID NOT NULL PRIMARY KEY, name TEXT, \
             status TEXT NOT NULL, opened_at BIGINT NOT NULL, closed_at BIGINT, requires_factor BOOLEAN NOT NULL DEFAULT false, \
             parent UUID, sub_account_max BIGINT NOT NULL DEFAULT 0, is_sandbox BOOLEAN NOT NULL DEFAULT false, \
             billing TEXT NOT NULL DEFAULT 'direct', revision BIGINT NOT NULL DEFAULT 0)",
            "CREATE INDEX IF NOT EXISTS account_list_v5_parent ON account_list_v5 (parent, opened_at, tenant)",
            "CREATE INDEX IF NOT EXISTS account_list_v5_opened ON account_list_v5 (opened_at, tenant)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["account_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM account_list_v5 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let HostingEvent::Account(event) = &recorded.event else { return None };
    let place = Place::of(recorded);
    match event {
        AccountEvent::Opened { name, parent, is_sandbox } => Some(
            Statement::new(
                "INSERT INTO account_list_v5 (tenant, name, status, opened_at, closed_at, parent, is_sandbox) \
                 VALUES ($1, $2, 'open', $3, NULL, $4, $5) ON CONFLICT (tenant) DO UPDATE SET name = excluded.name, \
                 status = excluded.status, opened_at = excluded.opened_at, closed_at = NULL, parent = excluded.parent",
            )
            .bind(place.tenant)
            .bind(name.plain().cloned())
            .bind(place.at)
            .bind(parent.map(|parent| kernel::Id::uuid(parent.account)))
            .bind(*is_sandbox),
        ),
        AccountEvent::ResellerSet { sub_account_count_max } => Some(
            Statement::new("UPDATE account_list_v5 SET sub_account_max = $2 WHERE tenant = $1")
                .bind(place.tenant)
                .bind(*sub_account_count_max),
        ),
        AccountEvent::BillingModeSet { mode } => Some(
            Statement::new("UPDATE account_list_v5 SET billing = $2 WHERE tenant = $1")
                .bind(place.tenant)
                .bind(mode.name()),
        ),
        AccountEvent::Closed => Some(
            Statement::new("UPDATE account_list_v5 SET status = 'closed', closed_at = $2 WHERE tenant = $1")
                .bind(place.tenant)
                .bind(place.at),
        ),
        AccountEvent::Renamed { name } => Some(
            Statement::new("UPDATE account_list_v5 SET name = $2, revision = revision + 1 WHERE tenant = $1")
                .bind(place.tenant)
                .bind(name.plain().cloned()),
        ),
        AccountEvent::SecondFactorRequired { is_required } => Some(
            Statement::new("UPDATE account_list_v5 SET requires_factor = $2 WHERE tenant = $1")
                .bind(place.tenant)
                .bind(*is_required),
        ),
        AccountEvent::Moved { parent, .. } => Some(
            Statement::new("UPDATE account_list_v5 SET parent = $2, billing = 'direct' WHERE tenant = $1")
                .bind(place.tenant)
                .bind(kernel::Id::uuid(parent.account)),
        ),
        AccountEvent::MovedToPlatform { .. } => Some(
            Statement::new("UPDATE account_list_v5 SET parent = NULL, billing = 'direct' WHERE tenant = $1")
                .bind(place.tenant),
        ),
        AccountEvent::UserAdded { .. }
        | AccountEvent::TransferOffered { .. }
        | AccountEvent::TransferWithdrawn { .. }
        | AccountEvent::SubAccountReleased { .. }
        | AccountEvent::TicketCounted { .. }
        | AccountEvent::TicketUncounted { .. }
        | AccountEvent::WebhookAdded { .. }
        | AccountEvent::WebhookRemoved { .. }
        | AccountEvent::SubAccountAdmitted { .. }
        | AccountEvent::PersonErased { .. }
        | AccountEvent::UserRemoved { .. }
        | AccountEvent::DelegationAdded { .. }
        | AccountEvent::DelegationEnded { .. }
        | AccountEvent::ServiceAdded { .. }
        | AccountEvent::ServiceEnded { .. } => None,
    }
}
