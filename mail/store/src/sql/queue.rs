//! Mail that waits to leave: the queue on a database.
//!
//! A line is written as the tenant's hexadecimal digits and the digit of the lane, so that lines and domains can be stepped
//! through by one index. `due_at` of a leased recipient is the end of its lease, by the clock of the database: then it is due
//! again by itself.

mod clock;
mod lease;
mod list;
mod order;
mod row;
mod settle;
mod site;
mod trace;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use database::Statement;
use kernel::{EmailAddress, Id as _, MailboxId, TenantId, Timestamp};
use uuid::Uuid;

pub(crate) use clock::LeaseClock;
pub(crate) use row::{KEEP, SANDBOX, holder_key, lane_key, line_key, origin_key, state_key, tls_key};
pub(crate) use trace::insert as insert_passage;

use super::SqlStore;
use crate::trace::Passage;
use crate::{
    Depth, DuePage, HeldCount, LeaseRequest, LeaseToken, Leased, Line, Order, Orderer, PassageFilter, Queue,
    QueueEntry, Queued, QueuedHead, QueuedRecipient, RecipientKey, RemoteReply, Selection, Settling,
    StoreError, Suppression, SuppressionCause, Suspension, Taker,
};

/// Entries in one page.
const PAGE_COUNT_MAX: usize = 1000;

fn parse(address: &str) -> Result<EmailAddress, StoreError> {
    EmailAddress::parse(address).map_err(|fault| StoreError::Failed(Box::new(fault)))
}

/// A bound on rows as a parameter.
fn bound(limit: usize, max: usize) -> i64 {
    i64::try_from(limit.min(max)).unwrap_or(i64::MAX)
}

impl SqlStore {
    pub(crate) async fn queue_page(
        &self,
        tenant: Option<TenantId>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let columns = "SELECT id, tenant, sender, size, queued_at FROM queue";
        let rest = "AND closed_at IS NULL AND id > $2 ORDER BY id LIMIT $3";
        let select = match tenant {
            Some(tenant) => Statement::new(format!("{columns} WHERE tenant = $1 {rest}")).bind(tenant.uuid()),
            // The first parameter is there in both forms, so that the numbers stay the same.
            None => Statement::new(format!("{columns} WHERE $1 = 0 {rest}")).bind(0_i64),
        };
        let rows = self.database.query(select.bind(after).bind(bound(limit, PAGE_COUNT_MAX))).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
        let mut recipients = self.recipients(first.int(0)?, last.int(0)?).await?;
        rows.iter()
            .map(|row| {
                Ok(Queued {
                    queue_id: row.int(0)?.unsigned_abs(),
                    tenant: TenantId::new(row.uuid(1)?),
                    sender: row.opt_text(2)?.map(parse).transpose()?,
                    recipients: recipients.remove(&row.int(0)?).unwrap_or_default(),
                    size: u32::try_from(row.int(3)?).unwrap_or(u32::MAX),
                    queued_at: Timestamp::from_millis(row.int(4)?),
                })
            })
            .collect()
    }

    async fn recipients(
        &self,
        first: i64,
        last: i64,
    ) -> Result<HashMap<i64, Vec<QueuedRecipient>>, StoreError> {
        let select = Statement::new(
            "SELECT queue, address, notify, original, given FROM queue_recipient \
             WHERE queue BETWEEN $1 AND $2 AND state < 4 ORDER BY queue, ordinal",
        );
        let mut recipients: HashMap<i64, Vec<QueuedRecipient>> = HashMap::new();
        for row in self.database.query(select.bind(first).bind(last)).await? {
            recipients.entry(row.int(0)?).or_default().push(QueuedRecipient {
                address: parse(row.text(1)?)?,
                notify: row.opt_text(2)?.map(str::to_owned),
                original: row.opt_text(3)?.map(str::to_owned),
                given: row.opt_text(4)?.map(parse).transpose()?,
            });
        }
        Ok(recipients)
    }
}

#[async_trait]
impl Queue for SqlStore {
    async fn lines(&self, after: Option<Line>, limit: usize) -> Result<Vec<Line>, StoreError> {
        self.queue_lines(after, limit).await
    }

    async fn due(
        &self,
        line: Line,
        after: Option<&str>,
        now: Timestamp,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        self.queue_due(line, after, now, limit).await
    }

    async fn lease(&self, request: LeaseRequest) -> Result<Leased, StoreError> {
        self.queue_lease(request).await
    }

    async fn renew(
        &self,
        owner: Uuid,
        tokens: &[LeaseToken],
        lasts: Duration,
    ) -> Result<Vec<u64>, StoreError> {
        self.queue_renew(owner, tokens, lasts).await
    }

    async fn end_leases(&self) -> Result<u64, StoreError> {
        self.queue_end_leases().await
    }

    async fn settle(&self, settling: Settling) -> Result<usize, StoreError> {
        self.queue_settle(settling).await
    }

    async fn content(&self, queue_id: u64) -> Result<Option<Bytes>, StoreError> {
        self.queue_content(queue_id).await
    }

    async fn heads(&self, queue_ids: &[u64]) -> Result<Vec<QueuedHead>, StoreError> {
        self.queue_heads(queue_ids).await
    }

    async fn entries(
        &self,
        selection: &Selection,
        after: Option<RecipientKey>,
        limit: usize,
    ) -> Result<Vec<QueueEntry>, StoreError> {
        self.queue_entries(selection, after, limit).await
    }

    async fn held_counts(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<HashMap<(TenantId, MailboxId), HeldCount>, StoreError> {
        self.queue_held_counts(mailboxes).await
    }

    async fn order_by(
        &self,
        selection: &Selection,
        order: Order,
        by: (Orderer, &str),
    ) -> Result<u64, StoreError> {
        self.queue_order(selection, order, by, "").await
    }

    async fn suspend(&self, suspension: Suspension) -> Result<(), StoreError> {
        self.site_suspend(suspension).await
    }

    async fn resume(&self, site: &str) -> Result<u64, StoreError> {
        self.site_resume(site).await
    }

    async fn rouse(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.queue_rouse(now).await
    }

    async fn suspensions(&self) -> Result<Vec<Suspension>, StoreError> {
        self.site_suspensions().await
    }

    async fn suppressions(
        &self,
        tenant: TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        self.suppression_page(tenant, after, limit).await
    }

    async fn all_suppressions(
        &self,
        address: Option<&str>,
        after: Option<(&str, TenantId)>,
        limit: usize,
    ) -> Result<Vec<(TenantId, Suppression)>, StoreError> {
        self.suppression_page_of_all(address, after, limit).await
    }

    async fn suppress(
        &self,
        tenant: TenantId,
        address: &EmailAddress,
        why: (SuppressionCause, RemoteReply),
    ) -> Result<bool, StoreError> {
        self.suppression_add(tenant, address, why).await
    }

    async fn unsuppress(&self, tenant: TenantId, address: &str) -> Result<bool, StoreError> {
        self.suppression_remove(tenant, address).await
    }

    async fn depth(&self) -> Result<Depth, StoreError> {
        self.queue_depth().await
    }

    async fn record(&self, passages: Vec<Passage>) -> Result<(), StoreError> {
        self.database.write(passages.iter().map(trace::insert).collect()).await?;
        Ok(())
    }

    async fn passages(
        &self,
        tenant: TenantId,
        of: &PassageFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Passage)>, StoreError> {
        self.passage_page(tenant, of, before, limit).await
    }

    async fn forget(&self, tenant: TenantId, mailbox: MailboxId) -> Result<(), StoreError> {
        self.passages_forget(tenant, mailbox).await
    }

    async fn forget_letters(&self, tenant: TenantId, numbers: &[String]) -> Result<(), StoreError> {
        self.letters_forget(tenant, numbers).await
    }

    fn hand_to(&self, taker: Arc<dyn Taker>) {
        self.handover.to(taker);
    }

    async fn rung(&self) {
        self.queue_bell.notified().await;
    }
}
