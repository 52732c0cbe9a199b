//! What sessions ask.
//!
//! Several statements without a transaction: the newest change is read first, so that an answer holds at least
//! everything up to the number that it names, and what it holds beyond is told again by the next one.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use bytes::{Bytes, BytesMut};
use database::{DatabaseError, Row, Statement, Value};
use kernel::Id as _;
use message::Summary;

use super::row::{MESSAGE_COLUMNS, folder_key, message_key, message_row, modseq_key, uid};
use super::{SET_MESSAGE_COUNT_MAX, SqlStore};
use crate::{FolderChange, FolderId, MessageId, MessageRow, Modseq, Owner, StoreError, StoreRefusal, Uid};

/// Summaries in one question.
const SUMMARY_COUNT_MAX: usize = 1000;
/// Messages in one statement.
const BATCH_COUNT: usize = 64;

/// Message, summary, length of the prefix, blob; of a mailbox that is not retired.
static SELECT_SUMMARIES: LazyLock<String> =
    LazyLock::new(|| select_many("m.id, b.summary, length(m.prefix), b.id"));

/// Message, prefix, octets; of a mailbox that is not retired.
static SELECT_BODIES: LazyLock<String> = LazyLock::new(|| select_many("m.id, m.prefix, b.octets"));

/// Always as many parameters, so that one prepared statement serves all.
fn select_many(columns: &str) -> String {
    let numbers: Vec<String> = (3..BATCH_COUNT + 3).map(|number| format!("${number}")).collect();
    format!(
        "SELECT {columns} FROM message m JOIN mailbox x ON x.id = m.mailbox JOIN blob b ON b.id = m.blob \
         WHERE x.tenant = $1 AND x.mailbox = $2 AND x.purge_after IS NULL AND m.id IN ({})",
        numbers.join(", ")
    )
}

/// Binds what [`select_many`] asks for; places that are left over name no message.
fn bind_many(sql: &'static str, owner: Owner, messages: &[MessageId]) -> Statement {
    let mut select = Statement::new(sql).bind(owner.tenant.uuid()).bind(owner.mailbox.uuid());
    for index in 0..BATCH_COUNT {
        select = select.bind(messages.get(index).map_or(0, |message| message_key(*message)));
    }
    select
}

const SELECT_WHOLE: &str = "SELECT m.prefix, b.octets FROM message m JOIN mailbox x ON x.id = m.mailbox \
     JOIN blob b ON b.id = m.blob WHERE m.id = $1 AND x.tenant = $2 AND x.mailbox = $3 \
     AND x.purge_after IS NULL";

/// The octets from $4 to $5 of prefix and message together, without those of the prefix.
const SELECT_PIECE: &str = "SELECT m.prefix, substr(b.octets, \
     CAST(CASE WHEN $4 > length(m.prefix) THEN $4 - length(m.prefix) ELSE 0 END AS INTEGER) + 1, \
     CAST(CASE WHEN $5 > length(m.prefix) THEN $5 - length(m.prefix) ELSE 0 END \
     - CASE WHEN $4 > length(m.prefix) THEN $4 - length(m.prefix) ELSE 0 END AS INTEGER)) \
     FROM message m JOIN mailbox x ON x.id = m.mailbox \
     JOIN blob b ON b.id = m.blob WHERE m.id = $1 AND x.tenant = $2 AND x.mailbox = $3 \
     AND x.purge_after IS NULL";

/// A message with all of its octets, of a row with its number, its prefix and its blob.
pub(crate) fn whole(row: Row) -> Result<(MessageId, Bytes), DatabaseError> {
    let message = MessageId(row.int(0)?.unsigned_abs());
    let prefix = row.bytes(1)?;
    if !prefix.is_empty() {
        return Ok((message, Bytes::from([prefix, row.bytes(2)?].concat())));
    }
    match row.0.into_iter().nth(2) {
        Some(Value::Bytes(octets)) => Ok((message, Bytes::from(octets))),
        Some(_) | None => Ok((message, Bytes::new())),
    }
}

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
        let mut known: HashMap<MessageId, Arc<Summary>> = HashMap::with_capacity(messages.len());
        let mut unknown = Vec::new();
        for message in messages {
            match self.summaries.get(&(owner, *message)) {
                Some(summary) => drop(known.insert(*message, summary)),
                None => unknown.push(*message),
            }
        }
        for batch in unknown.chunks(BATCH_COUNT) {
            for (message, summary) in self.load_summaries(owner, batch).await? {
                let summary = Arc::new(summary);
                self.summaries.insert((owner, message), Arc::clone(&summary));
                known.insert(message, summary);
            }
        }
        Ok(messages.iter().filter_map(|message| Some((*message, Arc::clone(known.get(message)?)))).collect())
    }

    async fn load_summaries(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Summary)>, StoreError> {
        let rows = self.database.query(bind_many(SELECT_SUMMARIES.as_str(), owner, messages)).await?;
        let mut summaries = Vec::with_capacity(rows.len());
        for row in &rows {
            let message = MessageId(row.int(0)?.unsigned_abs());
            let shift = u32::try_from(row.int(2)?).unwrap_or_default();
            let summary = match Summary::decode(row.bytes(1)?) {
                Ok(summary) => summary,
                // Of a form that this version does not know: derived anew from the message.
                Err(_) => {
                    let octets = Statement::new("SELECT octets FROM blob WHERE id = $1").bind(row.int(3)?);
                    let rows = self.database.query(octets).await?;
                    let Some(row) = rows.first() else { continue };
                    message::summarize(row.bytes(0)?)
                }
            };
            summaries.push((message, summary.shifted(shift)));
        }
        Ok(summaries)
    }

    pub(crate) async fn message_bodies(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Bytes)>, StoreError> {
        if messages.len() > BATCH_COUNT {
            return Err(StoreRefusal::Limit("64 messages at once").into());
        }
        let rows = self.database.query(bind_many(SELECT_BODIES.as_str(), owner, messages)).await?;
        Ok(rows.into_iter().map(whole).collect::<Result<_, _>>()?)
    }

    pub(crate) async fn message_body(
        &self,
        owner: Owner,
        message: MessageId,
        range: Range<u32>,
    ) -> Result<Option<Bytes>, StoreError> {
        // The prefix comes first; SQL counts octets from 1.
        let select = if range.start == 0 && range.end == u32::MAX { SELECT_WHOLE } else { SELECT_PIECE };
        let mut select = Statement::new(select)
            .bind(message_key(message))
            .bind(owner.tenant.uuid())
            .bind(owner.mailbox.uuid());
        let (start, end) = (i64::from(range.start), i64::from(range.end.max(range.start)));
        if select.sql == SELECT_PIECE {
            // The server's substr counts in 31 bits.
            let longest = i64::from(i32::MAX);
            select = select.bind(start.min(longest)).bind(end.min(longest));
        }
        let rows = self.database.query(select).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let prefix = row.bytes(0)?;
        let length = i64::try_from(prefix.len()).unwrap_or(i64::MAX);
        if start < length {
            let cut = |at: i64| usize::try_from(at.clamp(0, length)).unwrap_or_default();
            let mut octets = BytesMut::from(&prefix[cut(start)..cut(end)]);
            octets.extend_from_slice(row.bytes(1)?);
            return Ok(Some(octets.freeze()));
        }
        match row.0.into_iter().nth(1) {
            Some(Value::Bytes(octets)) => Ok(Some(Bytes::from(octets))),
            Some(_) | None => Ok(Some(Bytes::new())),
        }
    }
}
