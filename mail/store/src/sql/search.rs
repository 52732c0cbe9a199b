//! Text is found.

use async_trait::async_trait;
use database::{Statement, Transaction, Work};

use super::SqlStore;
use super::row::{folder_key, uid};
use crate::signature::{folded, may_hold, signature};
use crate::{FolderId, Owner, StoreError, TextField, Uid};

/// Signatures read at a time.
const PAGE_COUNT: i64 = 1000;

struct Index(Vec<(i64, Vec<u8>)>);

#[async_trait]
impl Work for Index {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        for (message, octets) in &self.0 {
            // The message may have gone meanwhile.
            let insert = Statement::new(
                "INSERT INTO signature (message, octets) SELECT id, $2 FROM message WHERE id = $1 \
                 ON CONFLICT DO NOTHING",
            );
            transaction.execute(insert.bind(*message).bind(octets.as_slice())).await?;
        }
        Ok(())
    }
}

/// The text that searches look at, folded: header, then body.
fn text_of(message: &[u8], field: TextField) -> String {
    let text = message::search_text(message, &message::summarize(message));
    match field {
        TextField::Body => folded(&text.body),
        TextField::Text => folded(&format!("{}\n{}", text.header, text.body)),
    }
}

impl SqlStore {
    pub(crate) async fn find_text(
        &self,
        owner: Owner,
        folder: FolderId,
        field: TextField,
        needle: &str,
    ) -> Result<Vec<Uid>, StoreError> {
        self.folder_state(owner, folder).await?;
        let needle = folded(needle);
        let mut found = Vec::new();
        let mut after = 0_i64;
        loop {
            let select = Statement::new(
                "SELECT e.uid, m.blob, s.octets, m.prefix FROM entry e JOIN message m ON m.id = e.message \
                 LEFT JOIN signature s ON s.message = e.message \
                 WHERE e.folder = $1 AND e.uid > $2 ORDER BY e.uid LIMIT $3",
            );
            let rows =
                self.database.query(select.bind(folder_key(folder)).bind(after).bind(PAGE_COUNT)).await?;
            for row in &rows {
                after = row.int(0)?;
                let is_possible = row.opt_bytes(2)?.is_none_or(|octets| may_hold(octets, &needle));
                let is_in_prefix = field == TextField::Text && holds(row.bytes(3)?, &needle);
                if !is_possible && !is_in_prefix {
                    continue;
                }
                if self.holds_text(row.int(1)?, row.bytes(3)?, field, &needle).await? {
                    found.push(uid(after));
                }
            }
            if rows.len() < usize::try_from(PAGE_COUNT).unwrap_or_default() {
                return Ok(found);
            }
        }
    }

    async fn holds_text(
        &self,
        blob: i64,
        prefix: &[u8],
        field: TextField,
        needle: &str,
    ) -> Result<bool, StoreError> {
        if field == TextField::Text && holds(prefix, needle) {
            return Ok(true);
        }
        let select = Statement::new("SELECT octets FROM blob WHERE id = $1").bind(blob);
        let rows = self.database.query(select).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(false) };
        let needle = needle.to_owned();
        let looking =
            move || -> Result<bool, StoreError> { Ok(text_of(row.bytes(0)?, field).contains(&needle)) };
        tokio::task::spawn_blocking(looking).await.unwrap_or(Ok(false))
    }

    pub(crate) async fn index_messages(&self, limit: usize) -> Result<usize, StoreError> {
        let select = Statement::new(
            "SELECT m.id, b.octets FROM message m JOIN blob b ON b.id = m.blob \
             WHERE m.id > (SELECT COALESCE(MAX(message), 0) FROM signature) ORDER BY m.id LIMIT $1",
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.database.query(select.bind(limit)).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let count = rows.len();
        let making = move || -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
            rows.iter()
                .map(|row| Ok((row.int(0)?, signature(&text_of(row.bytes(1)?, TextField::Text)))))
                .collect()
        };
        let signatures = tokio::task::spawn_blocking(making)
            .await
            .map_err(|error| StoreError::Failed(Box::new(error)))??;
        self.database.transact(Index(signatures)).await?;
        Ok(count)
    }
}

/// Whether the octets before a copy hold it; they are few.
fn holds(prefix: &[u8], needle: &str) -> bool {
    !prefix.is_empty() && folded(&String::from_utf8_lossy(prefix)).contains(needle)
}
