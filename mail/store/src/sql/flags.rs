//! Flags of messages are changed.

use async_trait::async_trait;
use database::{Statement, Transaction, Work};
use kernel::Timestamp;

use super::copy::{Found, select};
use super::folder::{Delta, touch};
use super::mailbox::{lock, own_folder};
use super::row;
use crate::{
    FlagChange, FlagOutcome, FolderId, MessageId, MessageRow, MessageSet, Modseq, Owner, StoreError,
};

/// STORE.
pub(crate) struct ChangeFlags {
    pub(crate) owner: Owner,
    pub(crate) folder: FolderId,
    pub(crate) set: MessageSet,
    pub(crate) change: FlagChange,
    pub(crate) unchanged_since: Option<Modseq>,
}

#[async_trait]
impl Work for ChangeFlags {
    type Output = (FlagOutcome, Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mailbox = lock(transaction, self.owner).await?;
        let folder = own_folder(transaction, &mailbox, self.folder).await?;
        let mut outcome = FlagOutcome::default();
        let (mut delta, mut changed_count) = (Delta::default(), 0_u32);
        for found in select(transaction, folder.id, &self.set).await? {
            if self.unchanged_since.is_some_and(|since| found.modseq.unsigned_abs() > since.0) {
                outcome.modified.push(row::uid(found.uid));
                continue;
            }
            let mut now = message_row(&found);
            let before = now.flags.clone();
            now.flags = before.changed(&self.change);
            if now.flags != before {
                let after = i64::from(now.flags.system);
                let moved = Delta::of(after, 0).plus(Delta::of(found.system, 0).negated());
                delta = delta.plus(moved);
                changed_count += 1;
                now.modseq = mailbox.modseq();
                let update = Statement::new(
                    "UPDATE entry SET flags = $3, keywords = $4, modseq = $5 WHERE folder = $1 AND uid = $2",
                );
                let update =
                    update.bind(folder.id).bind(found.uid).bind(after).bind(row::keywords(&now.flags));
                transaction.execute(update.bind(mailbox.modseq)).await?;
            }
            outcome.rows.push(now);
        }
        if changed_count > 0 {
            touch(transaction, &folder, mailbox.modseq, delta).await?;
        }
        Ok((outcome, mailbox.modseq()))
    }
}

fn message_row(found: &Found) -> MessageRow {
    MessageRow {
        uid: row::uid(found.uid),
        message: MessageId(found.message.unsigned_abs()),
        flags: row::flags(found.system, found.keywords.as_deref()),
        modseq: Modseq(found.modseq.unsigned_abs()),
        size: u32::try_from(found.size).unwrap_or(u32::MAX),
        internal_date: Timestamp::from_millis(found.internal_date),
        saved_at: Timestamp::from_millis(found.saved_at),
    }
}
