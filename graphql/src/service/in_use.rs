//! What of a plan's features is in use: so that nobody who changes the plan loses something unawares.

use async_graphql::{Context, Result, SimpleObject};
use hosting::plan::Feature;
use kernel::{AccountId, Id, ServiceId};

use crate::page::Query;
use crate::plan::object::PlanFeature;
use crate::request::{Asked, rows};
use crate::scalar::Whole;

/// A feature that would be lost while something uses it.
#[derive(Debug, Clone, SimpleObject)]
pub struct FeatureInUse {
    /// Which.
    pub feature: PlanFeature,
    /// How many use it: catch-alls and address maps that copy in the service; TLS policies and webhooks in the account.
    pub count: Whole,
}

/// Those of `lost` that something uses, with how many do. What cannot be counted (exports, sign-in elsewhere, changes by
/// program) is not told.
pub(super) async fn in_use(
    ctx: &Context<'_>,
    (account, service): (AccountId, ServiceId),
    lost: impl Iterator<Item = Feature>,
) -> Result<Vec<FeatureInUse>> {
    let mut found = Vec::new();
    for feature in lost {
        let Some((projection, query)) = question(feature, (account, service)) else { continue };
        let counted = rows(ctx, projection, query.finish()).await?;
        let counted = counted.first().map_or(Ok(0), |row| row.int(0));
        let counted = counted.map_err(|error| ctx.failed("counting what uses a feature", &error))?;
        if counted > 0 {
            let count = Whole(u64::try_from(counted).unwrap_or_default());
            found.push(FeatureInUse { feature: feature.into(), count });
        }
    }
    Ok(found)
}

/// How many use a feature, and by the rows of which projection; none where nobody can tell.
fn question(feature: Feature, (account, service): (AccountId, ServiceId)) -> Option<(&'static str, Query)> {
    let count = |sql| Query::new("").bind(sql, account.uuid());
    let entries = "SELECT COUNT(*) FROM entry_list_v3 WHERE content IS NOT NULL AND tenant = ";
    match feature {
        Feature::CatchAll => {
            let sql = "SELECT COUNT(*) FROM alias_list_v4 WHERE is_catch_all AND tenant = ";
            Some((crate::alias::query::PROJECTION, count(sql).bind(" AND service_id = ", service.uuid())))
        }
        Feature::BccMaps => {
            let query = count(entries).bind(" AND category = ", "address_map");
            let query = query.bind(" AND service_id = ", service.uuid());
            let copies = " AND (content LIKE '%\"kind\":\"sender_copy\"%' OR content LIKE '%\"kind\":\"recipient_copy\"%')";
            Some((crate::entry::read::PROJECTION, query.with(copies)))
        }
        Feature::TransportTlsMap => {
            let query = count(entries).bind(" AND (category = ", "tls_policy");
            let query = query.bind(" OR category = ", "domain_tls_policy");
            let query = query.bind(" AND service_id = ", service.uuid()).with(")");
            Some((crate::entry::read::PROJECTION, query))
        }
        Feature::Webhooks => {
            let sql = "SELECT COUNT(*) FROM webhook_list_v4 WHERE tenant = ";
            Some((crate::webhook::query::PROJECTION, count(sql)))
        }
        Feature::AuditExport | Feature::SingleSignOn | Feature::ApiWrite | Feature::Reseller => None,
    }
}
