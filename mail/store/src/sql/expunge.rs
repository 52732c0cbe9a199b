//! Messages are removed.

use async_trait::async_trait;
use database::{Statement, Transaction, Work};
use kernel::Timestamp;

use super::copy::take_out;
use super::mailbox::{add_usage, lock, own_folder};
use super::retention::{in_scope, leave};
use super::row;
use crate::{ExpungeScope, Expunged, FolderId, Modseq, Owner, StoreError};

/// What EXPUNGE leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stays {
    /// What the mailbox keeps for a time.
    Retained,
    /// Nothing: it is taken back.
    Nothing,
}

/// EXPUNGE.
pub(crate) struct Expunge {
    pub(crate) owner: Owner,
    pub(crate) folder: FolderId,
    pub(crate) scope: ExpungeScope,
    pub(crate) stays: Stays,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl Work for Expunge {
    type Output = (Expunged, Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mailbox = lock(transaction, self.owner).await?;
        let folder = own_folder(transaction, &mailbox, self.folder).await?;
        let mut found = in_scope(transaction, &folder, &self.scope).await?;
        let retained_count = match self.stays {
            Stays::Retained => leave(transaction, &mailbox, &mut found, self.now).await?,
            Stays::Nothing => 0,
        };
        take_out(transaction, &mailbox, &folder, &found).await?;
        let mut size = 0;
        for found in &found {
            size += found.size;
            drop_message(transaction, found.message, self.now).await?;
        }
        let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
        add_usage(transaction, &mailbox, -size, -count).await?;
        let removed = found.iter().map(|found| row::uid(found.uid)).collect();
        Ok((Expunged { removed, retained_count }, mailbox.modseq()))
    }
}

/// Forgets a message that stands in no folder any more; its blob waits for the purge.
pub(crate) async fn drop_message(
    transaction: &mut Transaction<'_>,
    message: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let delete = Statement::new(
        "DELETE FROM message WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM entry WHERE message = $1) RETURNING blob",
    );
    if let Some(row) = transaction.first(delete.bind(message)).await? {
        let signature = Statement::new("DELETE FROM signature WHERE message = $1");
        transaction.execute(signature.bind(message)).await?;
        let touch = Statement::new("UPDATE blob SET used_at = $2 WHERE id = $1");
        transaction.execute(touch.bind(row.int(0)?).bind(now.millis())).await?;
    }
    Ok(())
}
