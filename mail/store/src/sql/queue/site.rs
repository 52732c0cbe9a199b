//! Suspended sites and suppressed addresses.

use database::{Row, Statement};
use kernel::{EmailAddress, Id as _, TenantId, Timestamp};
use uuid::Uuid;

use super::{bound, row};
use crate::sql::SqlStore;
use crate::{
    DUE_AHEAD_MAX, QUEUE_PAGE_COUNT_MAX, RemoteReply, SUPPRESSION_COUNT_MAX, StoreError, StoreRefusal,
    Suppression, SuppressionCause, Suspension,
};

/// Recipients that are resumed or roused in one transaction.
const RESUME_BATCH_COUNT: u64 = 5000;

/// What becomes of an address that is on the list already: one that is past its time begins anew, and what would be forgotten
/// is kept for a cause that is not.
pub(super) const ON_LIST: &str = "ON CONFLICT (tenant, address) DO UPDATE SET code = excluded.code, \
     enhanced = excluded.enhanced, text = excluded.text, host = excluded.host, since = excluded.since, \
     cause = excluded.cause, expires_at = excluded.expires_at WHERE suppression.expires_at IS NOT NULL \
     AND (suppression.expires_at <= excluded.since OR excluded.expires_at IS NULL)";

impl SqlStore {
    pub(crate) async fn site_suspend(&self, suspension: Suspension) -> Result<(), StoreError> {
        let insert = Statement::new(
            "INSERT INTO suspension (site, reason, since) VALUES ($1, $2, $3) \
             ON CONFLICT (site) DO UPDATE SET reason = excluded.reason",
        );
        let insert = insert.bind(suspension.site).bind(suspension.reason).bind(suspension.since.millis());
        self.database.write(vec![insert]).await?;
        Ok(())
    }

    pub(crate) async fn site_resume(&self, site: &str) -> Result<u64, StoreError> {
        let delete = Statement::new("DELETE FROM suspension WHERE site = $1").bind(site);
        self.database.write(vec![delete]).await?;
        let mut resumed = 0;
        loop {
            let update = Statement::new(format!(
                "UPDATE queue_recipient SET state = 0, due_at = $2 WHERE (queue, ordinal) IN \
                 (SELECT queue, ordinal FROM queue_recipient WHERE state = 3 AND (site = $1 OR domain = $1) \
                 LIMIT {RESUME_BATCH_COUNT}) AND state = 3"
            ));
            let update = update.bind(site).bind(self.now().millis());
            let touched: u64 = self.database.write(vec![update]).await?.iter().sum();
            resumed += touched;
            if touched < RESUME_BATCH_COUNT {
                self.queue_bell.notify_one();
                return Ok(resumed);
            }
        }
    }

    pub(crate) async fn queue_rouse(&self, now: Timestamp) -> Result<u64, StoreError> {
        let due = |is_due: &str, parameters: [Timestamp; 2]| {
            let update = Statement::new(format!(
                "UPDATE queue_recipient SET state = 0, due_at = $1 WHERE (queue, ordinal) IN \
                 (SELECT queue, ordinal FROM queue_recipient WHERE state = 3 AND {is_due} $2 \
                 LIMIT {RESUME_BATCH_COUNT}) AND state = 3"
            ));
            parameters.into_iter().fold(update, |update, parameter| update.bind(parameter.millis()))
        };
        // What is due later than anybody puts off was put off by a clock that was wrong.
        let updates = vec![due("due_at <=", [now, now]), due("due_at >", [now, now.plus(DUE_AHEAD_MAX)])];
        let roused = self.database.write(updates).await?.iter().sum();
        if roused > 0 {
            self.queue_bell.notify_one();
        }
        Ok(roused)
    }

    pub(crate) async fn site_suspensions(&self) -> Result<Vec<Suspension>, StoreError> {
        let select = Statement::new("SELECT site, reason, since FROM suspension ORDER BY site LIMIT $1");
        let rows =
            self.database.query(select.bind(bound(QUEUE_PAGE_COUNT_MAX, QUEUE_PAGE_COUNT_MAX))).await?;
        rows.iter()
            .map(|found| {
                Ok(Suspension {
                    site: found.text(0)?.to_owned(),
                    reason: found.text(1)?.to_owned(),
                    since: Timestamp::from_millis(found.int(2)?),
                })
            })
            .collect()
    }

    pub(crate) async fn suppression_page(
        &self,
        tenant: TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        let select = Statement::new(
            "SELECT address, code, enhanced, text, host, since, cause, expires_at FROM suppression \
             WHERE tenant = $1 AND address > $2 AND (expires_at IS NULL OR expires_at > $4) \
             ORDER BY address LIMIT $3",
        );
        let select = select
            .bind(tenant.uuid())
            .bind(after.unwrap_or_default())
            .bind(bound(limit, QUEUE_PAGE_COUNT_MAX))
            .bind(self.now().millis());
        let rows = self.database.query(select).await?;
        rows.iter().map(suppression).collect()
    }

    pub(crate) async fn suppression_page_of_all(
        &self,
        address: Option<&str>,
        after: Option<(&str, TenantId)>,
        limit: usize,
    ) -> Result<Vec<(TenantId, Suppression)>, StoreError> {
        let of = if address.is_some() { "address = $5 AND " } else { "" };
        let select = Statement::new(format!(
            "SELECT address, code, enhanced, text, host, since, cause, expires_at, tenant FROM suppression \
             WHERE {of}(address, tenant) > ($1, $2) AND (expires_at IS NULL OR expires_at > $4) \
             ORDER BY address, tenant LIMIT $3",
        ));
        let (after_address, after_tenant) = after.unwrap_or(("", TenantId::new(Uuid::nil())));
        let select = select
            .bind(after_address)
            .bind(after_tenant.uuid())
            .bind(bound(limit, QUEUE_PAGE_COUNT_MAX))
            .bind(self.now().millis());
        let select = match address {
            Some(address) => select.bind(address),
            None => select,
        };
        let rows = self.database.query(select).await?;
        rows.iter().map(|found| Ok((TenantId::new(found.uuid(8)?), suppression(found)?))).collect()
    }

    pub(crate) async fn suppression_add(
        &self,
        tenant: TenantId,
        address: &EmailAddress,
        (cause, reply): (SuppressionCause, RemoteReply),
    ) -> Result<bool, StoreError> {
        if cause == SuppressionCause::Ordered {
            self.check_suppression_room(tenant).await?;
        }
        let now = self.now();
        let insert = Statement::new(format!(
            "INSERT INTO suppression (tenant, address, code, enhanced, text, host, since, cause, expires_at) \
             VALUES ($1, lower($2), $3, $4, $5, $6, $7, $8, $9) {ON_LIST}"
        ));
        let insert = insert
            .bind(tenant.uuid())
            .bind(address.to_string())
            .bind(reply.code)
            .bind(reply.enhanced)
            .bind(reply.text)
            .bind(reply.host)
            .bind(now.millis())
            .bind(cause.as_str())
            .bind(cause.expires_at(now));
        let touched = self.database.write(vec![insert]).await?;
        Ok(touched.iter().sum::<u64>() > 0)
    }

    async fn check_suppression_room(&self, tenant: TenantId) -> Result<(), StoreError> {
        let count = Statement::new("SELECT COUNT(*) FROM suppression WHERE tenant = $1 AND cause = $2");
        let count = count.bind(tenant.uuid()).bind(SuppressionCause::Ordered.as_str());
        let rows = self.database.query(count).await?;
        let count = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
        match usize::try_from(count).unwrap_or_default() >= SUPPRESSION_COUNT_MAX {
            true => {
                Err(StoreRefusal::Limit("100000 suppressed addresses that people put on the list").into())
            }
            false => Ok(()),
        }
    }

    pub(crate) async fn suppression_remove(
        &self,
        tenant: TenantId,
        address: &str,
    ) -> Result<bool, StoreError> {
        let delete = Statement::new("DELETE FROM suppression WHERE tenant = $1 AND address = lower($2)");
        let touched = self.database.write(vec![delete.bind(tenant.uuid()).bind(address)]).await?;
        Ok(touched.iter().sum::<u64>() > 0)
    }
}

/// Address, four columns of the reply, since, cause, end.
fn suppression(found: &Row) -> Result<Suppression, StoreError> {
    let word = found.text(6)?;
    let cause = SuppressionCause::ALL.into_iter().find(|cause| cause.as_str() == word);
    Ok(Suppression {
        address: found.text(0)?.to_owned(),
        cause: cause.ok_or_else(|| StoreError::Failed("a cause that is not known".into()))?,
        reply: row::reply(found, 1)?,
        since: Timestamp::from_millis(found.int(5)?),
        expires_at: found.opt_int(7)?.map(Timestamp::from_millis),
    })
}
