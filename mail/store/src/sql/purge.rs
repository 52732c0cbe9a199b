//! What is past its retention is destroyed, a bounded piece per call.

use async_trait::async_trait;
use database::{Statement, Transaction, Work};
use kernel::Timestamp;

use super::SqlStore;
use super::expunge::drop_message;
use crate::days::DAY_MILLIS;
use crate::{CLOSED_DAY_COUNT, PurgeReport, StoreError};

/// Entries destroyed in one transaction.
const ENTRY_COUNT: i64 = 2000;
/// Mailboxes and folders looked at in one call.
const ROOM_COUNT: i64 = 50;
/// Blobs destroyed in one call.
const BLOB_COUNT: i64 = 1000;
/// Entries in the change log of one folder; half of them stay. Clients that know less compare everything anew.
const LOG_ENTRY_COUNT_MAX: i64 = 50_000;
/// Closed records of the queue, passages and suppressed addresses removed in one call, of each.
const RECORD_COUNT: i64 = 1000;
/// A blob that nothing refers to is kept that long: an acceptance that is under way may have found it.
const BLOB_GRACE_MILLIS: i64 = 3_600_000;

/// Destroys entries of folders, and folders and mailboxes that are empty then.
struct Rooms {
    now: Timestamp,
    folders_before: i64,
}

#[async_trait]
impl Work for Rooms {
    type Output = PurgeReport;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<PurgeReport, StoreError> {
        let mut report = PurgeReport::default();
        let select = Statement::new(
            "SELECT f.id FROM folder f JOIN mailbox b ON b.id = f.mailbox \
             WHERE (f.deleted_at <= $1 OR b.purge_after <= $2) AND (b.retained_days = 0 OR NOT EXISTS (\
             SELECT 1 FROM entry e WHERE e.folder = f.id AND e.saved_at > $2 - b.retained_days * $4)) \
             ORDER BY f.id LIMIT $3",
        );
        let select = select.bind(self.folders_before).bind(self.now.millis()).bind(ROOM_COUNT);
        let select = select.bind(DAY_MILLIS);
        let folders = transaction.query(select).await?;
        report.is_unfinished = folders.len() >= usize::try_from(ROOM_COUNT).unwrap_or_default();
        for row in folders {
            if !self.folder(transaction, row.int(0)?).await? {
                report.is_unfinished = true;
                return Ok(report);
            }
            report.folder_count += 1;
        }
        let empty = Statement::new(
            "SELECT id FROM mailbox b WHERE purge_after <= $1 \
             AND NOT EXISTS (SELECT 1 FROM folder WHERE mailbox = b.id) \
             AND (message_count <> 0 OR EXISTS (SELECT 1 FROM subscription WHERE mailbox = b.id)) LIMIT $2",
        );
        for row in transaction.query(empty.bind(self.now.millis()).bind(ROOM_COUNT)).await? {
            let id = row.int(0)?;
            let names = Statement::new("DELETE FROM subscription WHERE mailbox = $1");
            transaction.execute(names.bind(id)).await?;
            // The row stays: its id must never be provisioned again by mail that comes late.
            let empty = Statement::new("UPDATE mailbox SET size = 0, message_count = 0 WHERE id = $1");
            transaction.execute(empty.bind(id)).await?;
            report.mailbox_count += 1;
        }
        Ok(report)
    }
}

impl Rooms {
    /// Destroys a folder; whether it is gone.
    async fn folder(&self, transaction: &mut Transaction<'_>, folder: i64) -> Result<bool, StoreError> {
        let select = Statement::new("SELECT uid, message FROM entry WHERE folder = $1 ORDER BY uid LIMIT $2");
        let entries = transaction.query(select.bind(folder).bind(ENTRY_COUNT)).await?;
        for row in &entries {
            let delete = Statement::new("DELETE FROM entry WHERE folder = $1 AND uid = $2");
            transaction.execute(delete.bind(folder).bind(row.int(0)?)).await?;
            drop_message(transaction, row.int(1)?, self.now).await?;
        }
        if entries.len() >= usize::try_from(ENTRY_COUNT).unwrap_or_default() {
            return Ok(false);
        }
        transaction.execute(Statement::new("DELETE FROM vanished WHERE folder = $1").bind(folder)).await?;
        transaction.execute(Statement::new("DELETE FROM folder WHERE id = $1").bind(folder)).await?;
        Ok(true)
    }
}

/// Destroys blobs that nothing refers to.
struct Blobs {
    before: i64,
}

#[async_trait]
impl Work for Blobs {
    type Output = u64;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, StoreError> {
        let delete = Statement::new(
            "DELETE FROM blob WHERE id IN (SELECT id FROM blob b WHERE used_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM message WHERE blob = b.id) \
             AND NOT EXISTS (SELECT 1 FROM queue WHERE blob = b.id) LIMIT $2) AND used_at < $1",
        );
        Ok(transaction.execute(delete.bind(self.before).bind(BLOB_COUNT)).await?)
    }
}

/// Removes closed records of the queue, passages of the trace, and suppressed addresses that are past their time.
struct Records {
    before: i64,
    now: Timestamp,
}

#[async_trait]
impl Work for Records {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let select = Statement::new("SELECT id FROM queue WHERE closed_at < $1 LIMIT $2");
        let closed = transaction.query(select.bind(self.before).bind(RECORD_COUNT)).await?;
        for row in &closed {
            let recipients = Statement::new("DELETE FROM queue_recipient WHERE queue = $1");
            transaction.execute(recipients.bind(row.int(0)?)).await?;
            let message = Statement::new("DELETE FROM queue WHERE id = $1");
            transaction.execute(message.bind(row.int(0)?)).await?;
        }
        let passages = Statement::new(
            "DELETE FROM passage WHERE id IN (SELECT id FROM passage WHERE at < $1 ORDER BY at LIMIT $2)",
        );
        let passages = transaction.execute(passages.bind(self.before).bind(RECORD_COUNT)).await?;
        let expired = Statement::new(
            "DELETE FROM suppression WHERE (tenant, address) IN \
             (SELECT tenant, address FROM suppression WHERE expires_at <= $1 LIMIT $2) AND expires_at <= $1",
        );
        let expired = transaction.execute(expired.bind(self.now.millis()).bind(RECORD_COUNT)).await?;
        let full = usize::try_from(RECORD_COUNT).unwrap_or_default();
        Ok(closed.len() >= full || passages.max(expired) >= full as u64)
    }
}

/// Shortens change logs that are too long.
struct Logs;

#[async_trait]
impl Work for Logs {
    type Output = bool;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, StoreError> {
        let select = Statement::new(
            "SELECT folder FROM vanished GROUP BY folder HAVING COUNT(*) > $1 ORDER BY folder LIMIT $2",
        );
        let folders = transaction.query(select.bind(LOG_ENTRY_COUNT_MAX).bind(ROOM_COUNT)).await?;
        for row in &folders {
            let cut = Statement::new(
                "SELECT modseq FROM vanished WHERE folder = $1 ORDER BY modseq DESC, uid DESC LIMIT 1 OFFSET $2",
            );
            let cut = transaction.first(cut.bind(row.int(0)?).bind(LOG_ENTRY_COUNT_MAX / 2)).await?;
            let Some(cut) = cut else { continue };
            let delete = Statement::new("DELETE FROM vanished WHERE folder = $1 AND modseq <= $2");
            transaction.execute(delete.bind(row.int(0)?).bind(cut.int(0)?)).await?;
            let update = Statement::new("UPDATE folder SET log_from = $2 WHERE id = $1");
            transaction.execute(update.bind(row.int(0)?).bind(cut.int(0)?)).await?;
        }
        Ok(folders.len() >= usize::try_from(ROOM_COUNT).unwrap_or_default())
    }
}

impl SqlStore {
    pub(crate) async fn purge_all(&self, now: Timestamp) -> Result<PurgeReport, StoreError> {
        let folders_before = now.millis().saturating_sub(self.retention.millis());
        let mut report = self.database.transact(Rooms { now, folders_before }).await?;
        let before = now.millis().saturating_sub(BLOB_GRACE_MILLIS);
        report.blob_count = self.database.transact(Blobs { before }).await?;
        report.is_unfinished |= report.blob_count >= BLOB_COUNT.unsigned_abs();
        report.is_unfinished |= self.database.transact(Logs).await?;
        let before = now.millis().saturating_sub(CLOSED_DAY_COUNT * DAY_MILLIS);
        report.is_unfinished |= self.database.transact(Records { before, now }).await?;
        Ok(report)
    }
}
