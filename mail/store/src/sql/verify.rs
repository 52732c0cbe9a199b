//! The whole store is checked: counters against rows, sizes against octets, octets against hashes.

use database::{Row, Statement};

use super::SqlStore;
use crate::{StoreError, Verification};

/// Faults told at most.
const FAULT_COUNT_MAX: usize = 1000;
/// Blobs read at a time.
const BLOB_PAGE_COUNT: i64 = 32;

/// What is counted for people.
const COUNTS: [(&str, &str); 7] = [
    ("mailboxes", "SELECT COUNT(*) FROM mailbox WHERE purge_after IS NULL"),
    ("folders", "SELECT COUNT(*) FROM folder WHERE deleted_at IS NULL"),
    ("messages in folders", "SELECT COUNT(*) FROM entry"),
    ("messages", "SELECT COUNT(*) FROM message"),
    ("change log entries", "SELECT COUNT(*) FROM vanished"),
    ("queued messages", "SELECT COUNT(*) FROM queue WHERE closed_at IS NULL"),
    ("search signatures", "SELECT COUNT(*) FROM signature"),
];

/// Each answers with the number of what is wrong; nothing is good.
const CHECKS: [(&str, &str); 16] = [
    (
        "the counters of folder {} are not what it holds",
        "SELECT f.id FROM folder f LEFT JOIN (SELECT e.folder AS folder, COUNT(*) AS messages, \
         SUM(CASE WHEN (e.flags & 1) = 0 THEN 1 ELSE 0 END) AS unseen, \
         SUM(CASE WHEN (e.flags & 8) <> 0 THEN 1 ELSE 0 END) AS deleted, SUM(m.size) AS size \
         FROM entry e JOIN message m ON m.id = e.message GROUP BY e.folder) h ON h.folder = f.id \
         WHERE f.deleted_at IS NULL AND (f.message_count <> COALESCE(h.messages, 0) \
         OR f.unseen_count <> COALESCE(h.unseen, 0) OR f.deleted_count <> COALESCE(h.deleted, 0) \
         OR f.size <> COALESCE(h.size, 0)) LIMIT 1000",
    ),
    (
        "the usage of mailbox {} is not the sum of its folders",
        "SELECT b.id FROM mailbox b LEFT JOIN (SELECT mailbox, SUM(size) AS size, SUM(message_count) AS messages \
         FROM folder WHERE deleted_at IS NULL GROUP BY mailbox) f ON f.mailbox = b.id \
         WHERE b.purge_after IS NULL AND (b.size <> COALESCE(f.size, 0) \
         OR b.message_count <> COALESCE(f.messages, 0)) LIMIT 1000",
    ),
    (
        "the usage of pool {} is not the sum of its mailboxes",
        "SELECT p.id FROM pool p LEFT JOIN (SELECT pool, SUM(size) AS size, SUM(message_count) AS messages \
         FROM mailbox WHERE purge_after IS NULL AND pool IS NOT NULL GROUP BY pool) b ON b.pool = p.id \
         WHERE p.size <> COALESCE(b.size, 0) OR p.message_count <> COALESCE(b.messages, 0) LIMIT 1000",
    ),
    (
        "mailbox {} counts in a pool that is not there",
        "SELECT b.id FROM mailbox b LEFT JOIN pool p ON p.id = b.pool \
         WHERE b.pool IS NOT NULL AND p.id IS NULL LIMIT 1000",
    ),
    (
        "folder {} holds a UID that is not below its next one",
        "SELECT DISTINCT f.id FROM folder f JOIN entry e ON e.folder = f.id WHERE e.uid >= f.uid_next LIMIT 1000",
    ),
    (
        "folder {} holds a change that is newer than it says",
        "SELECT DISTINCT f.id FROM folder f JOIN entry e ON e.folder = f.id WHERE e.modseq > f.highest_modseq \
         LIMIT 1000",
    ),
    (
        "folder {} has a newer change than its mailbox",
        "SELECT f.id FROM folder f JOIN mailbox b ON b.id = f.mailbox WHERE f.highest_modseq > b.modseq LIMIT 1000",
    ),
    (
        "folder {} logs a message as gone that is there",
        "SELECT DISTINCT v.folder FROM vanished v JOIN entry e ON e.folder = v.folder AND e.uid = v.uid LIMIT 1000",
    ),
    (
        "folder {} holds a message that does not exist",
        "SELECT DISTINCT e.folder FROM entry e LEFT JOIN message m ON m.id = e.message WHERE m.id IS NULL LIMIT 1000",
    ),
    (
        "folder {} holds a message of another mailbox",
        "SELECT DISTINCT f.id FROM entry e JOIN folder f ON f.id = e.folder JOIN message m ON m.id = e.message \
         WHERE m.mailbox <> f.mailbox LIMIT 1000",
    ),
    (
        "message {} stands in no folder",
        "SELECT m.id FROM message m WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.message = m.id) LIMIT 1000",
    ),
    (
        "message {} has no octets",
        "SELECT m.id FROM message m LEFT JOIN blob b ON b.id = m.blob WHERE b.id IS NULL LIMIT 1000",
    ),
    (
        "the size of message {} is not the count of its octets",
        "SELECT m.id FROM message m JOIN blob b ON b.id = m.blob WHERE m.size <> length(m.prefix) + b.size LIMIT 1000",
    ),
    (
        "queued message {} has no octets or no recipient",
        "SELECT q.id FROM queue q LEFT JOIN blob b ON b.id = q.blob \
         WHERE q.closed_at IS NULL AND b.id IS NULL \
         OR NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.queue = q.id) LIMIT 1000",
    ),
    (
        "queued message {} counts other recipients than it has",
        "SELECT q.id FROM queue q WHERE q.open_count <> \
         (SELECT COUNT(*) FROM queue_recipient r WHERE r.queue = q.id AND r.state < 4) LIMIT 1000",
    ),
    (
        "queued message {} is closed with recipients that did not end, or open with none",
        "SELECT q.id FROM queue q WHERE (q.closed_at IS NULL) <> (q.open_count > 0) LIMIT 1000",
    ),
];

impl SqlStore {
    pub(crate) async fn verify_all(&self) -> Result<Verification, StoreError> {
        let mut verification = Verification::default();
        for (name, sql) in COUNTS {
            let rows = self.database.query(Statement::new(sql)).await?;
            let count = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
            verification.checked.push((name, count.unsigned_abs()));
        }
        for (sentence, sql) in CHECKS {
            for row in self.database.query(Statement::new(sql)).await? {
                fault(&mut verification, sentence.replace("{}", &row.int(0)?.to_string()));
            }
        }
        let blob_count = self.verify_blobs(&mut verification).await?;
        verification.checked.push(("blobs with their hashes", blob_count));
        Ok(verification)
    }

    async fn verify_blobs(&self, verification: &mut Verification) -> Result<u64, StoreError> {
        let (mut after, mut count) = (0_i64, 0_u64);
        loop {
            let select =
                Statement::new("SELECT id, hash, size, octets FROM blob WHERE id > $1 ORDER BY id LIMIT $2");
            let rows = self.database.query(select.bind(after).bind(BLOB_PAGE_COUNT)).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            after = last.int(0)?;
            count += rows.len() as u64;
            let hashing = move || rows.iter().map(check_blob).collect::<Result<Vec<_>, StoreError>>();
            let faults = tokio::task::spawn_blocking(hashing)
                .await
                .map_err(|error| StoreError::Failed(Box::new(error)))??;
            faults.into_iter().flatten().for_each(|sentence| fault(verification, sentence));
        }
    }
}

fn check_blob(row: &Row) -> Result<Option<String>, StoreError> {
    let octets = row.bytes(3)?;
    let is_right = blake3::hash(octets).as_bytes() == row.bytes(1)?
        && i64::try_from(octets.len()).is_ok_and(|length| row.int(2).is_ok_and(|size| size == length));
    Ok((!is_right)
        .then(|| format!("blob {} is not what its hash and size say", row.int(0).unwrap_or_default())))
}

fn fault(verification: &mut Verification, sentence: String) {
    if verification.faults.len() < FAULT_COUNT_MAX {
        verification.faults.push(sentence);
    }
}
