//! Mail that waits to leave.

use std::collections::HashMap;

use database::Statement;
use kernel::{EmailAddress, Id as _, TenantId, Timestamp};

use super::SqlStore;
use crate::{Queued, QueuedRecipient, StoreError};

/// Entries in one page.
const PAGE_COUNT_MAX: usize = 1000;

fn parse(address: &str) -> Result<EmailAddress, StoreError> {
    EmailAddress::parse(address).map_err(|fault| StoreError::Failed(Box::new(fault)))
}

impl SqlStore {
    pub(crate) async fn queue_page(
        &self,
        tenant: Option<TenantId>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit.min(PAGE_COUNT_MAX)).unwrap_or(i64::MAX);
        let columns = "SELECT id, tenant, sender, size, queued_at FROM queue";
        let select = match tenant {
            Some(tenant) => {
                Statement::new(format!("{columns} WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3"))
                    .bind(tenant.uuid())
            }
            // The first parameter is there in both forms, so that the numbers stay the same.
            None => {
                Statement::new(format!("{columns} WHERE $1 = 0 AND id > $2 ORDER BY id LIMIT $3")).bind(0_i64)
            }
        };
        let rows = self.database.query(select.bind(after).bind(limit)).await?;
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
            "SELECT queue, address, notify, original FROM queue_recipient \
             WHERE queue BETWEEN $1 AND $2 ORDER BY queue, ordinal",
        );
        let mut recipients: HashMap<i64, Vec<QueuedRecipient>> = HashMap::new();
        for row in self.database.query(select.bind(first).bind(last)).await? {
            recipients.entry(row.int(0)?).or_default().push(QueuedRecipient {
                address: parse(row.text(1)?)?,
                notify: row.opt_text(2)?.map(str::to_owned),
                original: row.opt_text(3)?.map(str::to_owned),
            });
        }
        Ok(recipients)
    }
}
