//! What sessions ask.
//!
//! Several statements without a transaction: the newest change is read first, so that an answer holds at least
//! everything up to the number that it names, and what it holds beyond is told again by the next one.

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use database::Statement;
use message::Summary;

use super::row::{MESSAGE_COLUMNS, folder_key, message_key, message_row, modseq_key, uid};
use super::{SET_MESSAGE_COUNT_MAX, SqlStore};
use crate::{FolderChange, FolderId, MessageId, MessageRow, Modseq, Owner, StoreError, StoreRefusal, Uid};

/// Summaries in one question.
const SUMMARY_COUNT_MAX: usize = 1000;

impl SqlStore {
    pub(crate) async fn message_rows(
        &self,
        owner: Owner,
        folder: FolderId,
        after: Uid,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.folder_state(owner, folder).await?;
        let select = Statement::new(format!(
            "SELECT {MESSAGE_COLUMNS} FROM entry e JOIN message m ON m.id = e.message \
             WHERE e.folder = $1 AND e.uid > $2 ORDER BY e.uid LIMIT $3"
        ));
        let limit = i64::try_from(limit.min(SET_MESSAGE_COUNT_MAX)).unwrap_or(i64::MAX);
        let rows = self.database.query(select.bind(folder_key(folder)).bind(after.0).bind(limit)).await?;
        Ok(rows.iter().map(message_row).collect::<Result<_, _>>()?)
    }

    pub(crate) async fn folder_changes(
        &self,
        owner: Owner,
        folder: FolderId,
        since: Modseq,
    ) -> Result<FolderChange, StoreError> {
        let (highest, uid_next, log_from) = self.folder_state(owner, folder).await?;
        let mut change = FolderChange {
            highest_modseq: Modseq(highest.unsigned_abs()),
            is_complete: true,
            ..Default::default()
        };
        let since = modseq_key(since);
        if since >= highest {
            return Ok(change);
        }
        let select = Statement::new(format!(
            "SELECT {MESSAGE_COLUMNS} FROM entry e JOIN message m ON m.id = e.message \
             WHERE e.folder = $1 AND e.modseq > $2 ORDER BY e.uid"
        ));
        let rows = self.database.query(select.bind(folder_key(folder)).bind(since)).await?;
        change.changed = rows.iter().map(message_row).collect::<Result<_, _>>()?;
        if since >= log_from {
            let select =
                Statement::new("SELECT uid FROM vanished WHERE folder = $1 AND modseq > $2 ORDER BY uid");
            let rows = self.database.query(select.bind(folder_key(folder)).bind(since)).await?;
            change.vanished =
                rows.iter().map(|row| Ok(uid(row.int(0)?))).collect::<Result<_, StoreError>>()?;
        } else {
            change.is_complete = false;
            change.vanished = self.missing_uids(folder, uid_next).await?;
        }
        Ok(change)
    }

    /// Every UID below UIDNEXT that no message has.
    async fn missing_uids(&self, folder: FolderId, uid_next: i64) -> Result<Vec<Uid>, StoreError> {
        let select = Statement::new("SELECT uid FROM entry WHERE folder = $1 ORDER BY uid");
        let mut missing = Vec::new();
        let mut next = 1_i64;
        for row in self.database.query(select.bind(folder_key(folder))).await? {
            let present = row.int(0)?;
            missing.extend((next..present).map(uid));
            next = present + 1;
        }
        missing.extend((next..uid_next).map(uid));
        Ok(missing)
    }

    pub(crate) async fn message_summaries(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Arc<Summary>)>, StoreError> {
        if messages.len() > SUMMARY_COUNT_MAX {
            return Err(StoreRefusal::Limit("1000 summaries at once").into());
        }
        let mailbox = self.mailbox_key(owner).await?;
        let mut answer = Vec::with_capacity(messages.len());
        for message in messages {
            if let Some(summary) = self.summaries.get(&(owner, *message)) {
                answer.push((*message, summary));
                continue;
            }
            let Some(summary) = self.load_summary(mailbox, *message).await? else { continue };
            let summary = Arc::new(summary);
            self.summaries.insert((owner, *message), Arc::clone(&summary));
            answer.push((*message, summary));
        }
        Ok(answer)
    }

    async fn load_summary(&self, mailbox: i64, message: MessageId) -> Result<Option<Summary>, StoreError> {
        let select = Statement::new(
            "SELECT b.summary, length(m.prefix), b.id FROM message m JOIN blob b ON b.id = m.blob \
             WHERE m.id = $1 AND m.mailbox = $2",
        );
        let rows = self.database.query(select.bind(message_key(message)).bind(mailbox)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let shift = u32::try_from(row.int(1)?).unwrap_or_default();
        if let Ok(summary) = Summary::decode(row.bytes(0)?) {
            return Ok(Some(summary.shifted(shift)));
        }
        // Of a form that this version does not know: derived anew from the message.
        let octets = Statement::new("SELECT octets FROM blob WHERE id = $1").bind(row.int(2)?);
        let rows = self.database.query(octets).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(message::summarize(row.bytes(0)?).shifted(shift)))
    }

    pub(crate) async fn message_body(
        &self,
        owner: Owner,
        message: MessageId,
        range: Range<u32>,
    ) -> Result<Option<Bytes>, StoreError> {
        let mailbox = self.mailbox_key(owner).await?;
        let select = Statement::new(
            "SELECT m.prefix, substr(b.octets, $3, $4) FROM message m JOIN blob b ON b.id = m.blob \
             WHERE m.id = $1 AND m.mailbox = $2",
        );
        // The prefix comes first; SQL counts octets from 1.
        let lengths = self.lengths(mailbox, message).await?;
        let Some((prefix, size)) = lengths else { return Ok(None) };
        let start = i64::from(range.start).min(size);
        let end = i64::from(range.end).clamp(start, size);
        let (from, to) = ((start - prefix).max(0), (end - prefix).max(0));
        let select = select.bind(message_key(message)).bind(mailbox).bind(from + 1).bind(to - from);
        let rows = self.database.query(select).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let stored = row.bytes(1)?;
        if start >= prefix {
            return Ok(Some(Bytes::copy_from_slice(stored)));
        }
        let cut = |at: i64| usize::try_from(at.clamp(0, prefix)).unwrap_or_default();
        let mut octets = BytesMut::from(&row.bytes(0)?[cut(start)..cut(end)]);
        octets.extend_from_slice(stored);
        Ok(Some(octets.freeze()))
    }

    /// Octets of a message's prefix, and of all of it.
    async fn lengths(&self, mailbox: i64, message: MessageId) -> Result<Option<(i64, i64)>, StoreError> {
        let select =
            Statement::new("SELECT length(prefix), size FROM message WHERE id = $1 AND mailbox = $2");
        let rows = self.database.query(select.bind(message_key(message)).bind(mailbox)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((row.int(0)?, row.int(1)?)))
    }
}
