//! What a mailbox holds, for its owner to take along: also of one that is retired, until it is to be destroyed.

use std::collections::HashMap;

use bytes::Bytes;
use database::{Row, Statement};
use kernel::{Id as _, Timestamp};

use super::SqlStore;
use super::read::whole;
use super::row::{MESSAGE_COLUMNS, folder_key, message_row, uid};
use crate::{FolderId, FolderName, MessageId, MessageRow, Owner, StoreError, Uid};

/// Messages of one piece at most.
const PIECE_MESSAGE_COUNT_MAX: usize = 64;
/// Octets of one piece at most; a message that is longer is a piece by itself.
const PIECE_OCTETS_MAX: u64 = 1024 * 1024;

/// A folder as it was when somebody began to take it along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFolder {
    /// Its id.
    pub id: FolderId,
    /// Its name.
    pub name: FolderName,
    /// Messages with a UID from here on came later.
    pub uid_next: Uid,
}

/// A message with its octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// Its place, flags and dates.
    pub row: MessageRow,
    /// The whole message.
    pub octets: Bytes,
}

/// Where a mailbox still is, whether or not it is open: as `x`, of $1 and $2, at $3.
const IS_KEPT: &str = "x.tenant = $1 AND x.mailbox = $2 AND (x.purge_after IS NULL OR x.purge_after > $3)";

impl SqlStore {
    /// The folders of a mailbox by name; none where it was never provisioned or is past its retention at `now`.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn kept_folders(&self, owner: Owner, now: Timestamp) -> Result<Vec<KeptFolder>, StoreError> {
        let select = format!(
            "SELECT f.id, f.name, f.uid_next FROM folder f JOIN mailbox x ON x.id = f.mailbox \
             WHERE {IS_KEPT} AND f.deleted_at IS NULL ORDER BY f.name"
        );
        let select = Statement::new(select).bind(owner.tenant.uuid()).bind(owner.mailbox.uuid());
        let rows = self.database.query(select.bind(now.millis())).await?;
        let folder = |row: &Row| {
            Ok(KeptFolder {
                id: FolderId(row.int(0)?.unsigned_abs()),
                name: FolderName::parse(row.text(1)?)?,
                uid_next: uid(row.int(2)?),
            })
        };
        rows.iter().map(folder).collect()
    }

    /// The messages of a folder that come next after `after`, ascending by UID: at most 64, and no more than 1 MiB but for
    /// a single one that is longer. None: no more stands before `folder.uid_next`, or the mailbox is past its retention.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn kept_messages(
        &self,
        owner: Owner,
        folder: &KeptFolder,
        after: Uid,
        now: Timestamp,
    ) -> Result<Vec<KeptMessage>, StoreError> {
        let select = format!(
            "SELECT {MESSAGE_COLUMNS} FROM entry e JOIN message m ON m.id = e.message \
             JOIN folder f ON f.id = e.folder JOIN mailbox x ON x.id = f.mailbox \
             WHERE {IS_KEPT} AND f.deleted_at IS NULL AND e.folder = $4 AND e.uid > $5 AND e.uid < $6 \
             ORDER BY e.uid LIMIT $7"
        );
        let mut after = after;
        loop {
            let select = Statement::new(select.clone())
                .bind(owner.tenant.uuid())
                .bind(owner.mailbox.uuid())
                .bind(now.millis())
                .bind(folder_key(folder.id))
                .bind(after.0)
                .bind(folder.uid_next.0)
                .bind(i64::try_from(PIECE_MESSAGE_COUNT_MAX).unwrap_or(i64::MAX));
            let rows = self.database.query(select).await?;
            let mut piece: Vec<MessageRow> = Vec::with_capacity(rows.len());
            let mut octets = 0;
            for row in &rows {
                let row = message_row(row)?;
                octets += u64::from(row.size);
                if octets > PIECE_OCTETS_MAX && !piece.is_empty() {
                    break;
                }
                piece.push(row);
            }
            let Some(last) = piece.last() else { return Ok(Vec::new()) };
            after = last.uid;
            let mut bodies = self.kept_bodies(owner, &piece, now).await?;
            let found = piece
                .into_iter()
                .filter_map(|row| Some(KeptMessage { octets: bodies.remove(&row.message)?, row }));
            let found: Vec<KeptMessage> = found.collect();
            // Where all of them went between the two questions, there may be more behind.
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }

    /// The octets of these messages; those that are gone are left out.
    async fn kept_bodies(
        &self,
        owner: Owner,
        piece: &[MessageRow],
        now: Timestamp,
    ) -> Result<HashMap<MessageId, Bytes>, StoreError> {
        let numbers: Vec<String> =
            (4..PIECE_MESSAGE_COUNT_MAX + 4).map(|number| format!("${number}")).collect();
        let select = format!(
            "SELECT m.id, m.prefix, b.octets FROM message m JOIN mailbox x ON x.id = m.mailbox \
             JOIN blob b ON b.id = m.blob WHERE {IS_KEPT} AND m.id IN ({})",
            numbers.join(", ")
        );
        let select = Statement::new(select).bind(owner.tenant.uuid()).bind(owner.mailbox.uuid());
        // Always as many parameters, so that one prepared statement serves all; no message has the number 0.
        let select = (0..PIECE_MESSAGE_COUNT_MAX).fold(select.bind(now.millis()), |select, index| {
            select.bind(piece.get(index).map_or(0, |row| super::row::message_key(row.message)))
        });
        let rows = self.database.query(select).await?;
        Ok(rows.into_iter().map(whole).collect::<Result<_, _>>()?)
    }
}
