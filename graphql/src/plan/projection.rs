//! Rows behind `plan` and `plans`.

use database::Statement;
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::plan::{Currency, PlanEvent};
use kernel::{Recorded, TenantId};

use super::object::{StoredAddOns, StoredLimits};
use crate::projection::{Place, clear, drop_tables};

/// One row per published version.
#[derive(Debug, Clone, Copy)]
pub struct PlanList;

impl Projection for PlanList {
    type Event = HostingEvent;

    const NAME: &'static str = super::query::PROJECTION;
    const REVISION: u16 = 5;

    fn tables(&self) -> Vec<Statement> {
        [
            "CREATE TABLE IF NOT EXISTS plan_list_v5 (tenant UUID NOT NULL, plan_id UUID NOT NULL, \
             version BIGINT NOT NULL, name TEXT NOT NULL, limits TEXT NOT NULL, is_customizable BOOLEAN NOT NULL, \
             currency TEXT NOT NULL, monthly_cents BIGINT NOT NULL, annual_cents BIGINT NOT NULL, \
             published_at BIGINT NOT NULL, born BIGINT NOT NULL, french TEXT, add_ons TEXT, PRIMARY KEY (tenant, plan_id, version))",
            "CREATE INDEX IF NOT EXISTS plan_list_v5_born ON plan_list_v5 (tenant, born, plan_id)",
        ]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["plan_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM plan_list_v5 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        page.iter().filter_map(statement).collect()
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Result<Statement, ProjectionError>> {
    let HostingEvent::Plan(PlanEvent::VersionPublished { version, terms }) = &recorded.event else {
        return None;
    };
    let place = Place::of(recorded);
    let currency = match terms.price.currency {
        Currency::Eur => "EUR",
    };
    let add_ons = terms.add_ons.as_ref().map(|it| serde_json::to_string(&StoredAddOns::from(it))).transpose();
    let add_ons = match add_ons {
        Ok(add_ons) => add_ons,
        Err(error) => return Some(Err(ProjectionError(error.to_string()))),
    };
    Some(stored(&terms.limits).map(|limits| {
        place
            .statement(
                "INSERT INTO plan_list_v5 (tenant, plan_id, version, name, limits, is_customizable, currency, \
                 monthly_cents, annual_cents, published_at, born, french, add_ons) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            )
            .bind(*version)
            .bind(terms.name.as_str())
            .bind(limits)
            .bind(terms.add_ons.is_some())
            .bind(currency)
            .bind(terms.price.monthly_cents)
            .bind(terms.price.annual_cents)
            .bind(place.at)
            .bind(place.born)
            .bind(terms.french.as_ref().map(ToString::to_string))
            .bind(add_ons)
    }))
}

/// Limits as a column holds them.
pub(crate) fn stored(limits: &hosting::plan::PlanLimits) -> Result<String, ProjectionError> {
    serde_json::to_string(&StoredLimits::from(limits)).map_err(|error| ProjectionError(error.to_string()))
}
