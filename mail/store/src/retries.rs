//! Who was asked to come again with their mail, and did: for greylisting, and for mail that could not be judged at first.
//!
//! Keys are hashes: the table tells nobody who wrote to whom. Costs one commit for each time that somebody is asked.

use std::time::Duration;

use database::{Database, DatabaseError, Statement};
use kernel::{Id as _, TenantId, Timestamp};
use uuid::Uuid;

/// How long somebody may take to come again.
pub const RETRY_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// How long those who came again are let in at once, from the last time.
pub const REMEMBERED: Duration = Duration::from_secs(36 * 86_400);

/// What is remembered of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing, or it was too long ago.
    First,
    /// They come again too soon.
    Early,
    /// They came again.
    Again,
}

/// The table of those who were asked to come again.
#[derive(Debug, Clone)]
pub struct Retries(Database);

impl Retries {
    /// Over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let create = "CREATE TABLE IF NOT EXISTS retry (tenant UUID NOT NULL, id UUID NOT NULL, \
             first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, is_known BIGINT NOT NULL, PRIMARY KEY (tenant, id))";
        database.write(vec![Statement::new(create)]).await?;
        Ok(Self(database))
    }

    /// Whether this was seen at least `wait` ago; remembers that it is seen now.
    ///
    /// # Errors
    /// [`DatabaseError`]: nothing is remembered.
    pub async fn seen(
        &self,
        tenant: TenantId,
        key: &[String],
        wait: Duration,
        now: Timestamp,
    ) -> Result<Seen, DatabaseError> {
        // A row counts while it is known and was seen lately, or while it waits for its first return. Of a clock that was ahead
        // it would wait until that time comes.
        let counts = "((retry.is_known = 1 AND retry.last_at >= $4) \
             OR (retry.is_known = 0 AND retry.first_at >= $5 AND retry.first_at <= $3))";
        let upsert = format!(
            "INSERT INTO retry (tenant, id, first_at, last_at, is_known) VALUES ($1, $2, $3, $3, 0) \
             ON CONFLICT (tenant, id) DO UPDATE SET last_at = $3, \
             first_at = CASE WHEN {counts} THEN retry.first_at ELSE $3 END, \
             is_known = CASE WHEN {counts} AND (retry.is_known = 1 OR retry.first_at <= $6) THEN 1 ELSE 0 END \
             RETURNING first_at, is_known"
        );
        let before =
            |age: Duration| now.millis().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let upsert = Statement::new(upsert).bind(tenant.uuid()).bind(hashed(key)).bind(now.millis());
        let upsert = upsert.bind(before(REMEMBERED)).bind(before(RETRY_WITHIN)).bind(before(wait));
        let row = self.0.on_behalf_of(tenant.uuid()).transact(First(upsert)).await?;
        Ok(match row {
            Some((_, 1)) => Seen::Again,
            Some((first_at, _)) if first_at < now.millis() => Seen::Early,
            _ => Seen::First,
        })
    }

    /// Forgets those who do not count any more. How many.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn purge(&self, now: Timestamp) -> Result<u64, DatabaseError> {
        let before =
            |age: Duration| now.millis().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let delete = "DELETE FROM retry WHERE (is_known = 1 AND last_at < $1) OR (is_known = 0 AND (first_at < $2 OR first_at > $3))";
        let delete = Statement::new(delete).bind(before(REMEMBERED)).bind(before(RETRY_WITHIN));
        let delete = delete.bind(now.plus(RETRY_WITHIN).millis());
        let counts = self.0.write(vec![delete]).await?;
        Ok(counts.into_iter().sum())
    }
}

struct First(Statement);

#[async_trait::async_trait]
impl database::Work for First {
    type Output = Option<(i64, i64)>;
    type Error = DatabaseError;

    async fn run(&self, transaction: &mut database::Transaction<'_>) -> Result<Self::Output, DatabaseError> {
        let row = transaction.first(self.0.clone()).await?;
        row.map(|row| Ok((row.int(0)?, row.int(1)?))).transpose()
    }
}

/// Half of a hash: 128 bits tell everybody apart.
fn hashed(key: &[String]) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("hosterra retries 1");
    for part in key {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut octets = [0; 16];
    hasher.finalize_xof().fill(&mut octets);
    Uuid::from_bytes(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_again_in_time_is_let_in_and_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("retries.db")).expect("a database");
        let retries = Retries::open(database).await.expect("a table");
        let tenant = TenantId::new(Uuid::from_u128(1));
        let wait = Duration::from_secs(60);
        let seen = async |key: &str, secs: i64| {
            retries
                .seen(tenant, &[key.to_owned()], wait, Timestamp::from_secs(secs))
                .await
                .expect("an answer")
        };
        let day = 86_400;
        let start = 1000 * day;
        assert_eq!(seen("a", start).await, Seen::First);
        assert_eq!(seen("a", start + 59).await, Seen::Early);
        assert_eq!(seen("b", start + 60).await, Seen::First, "others are others");
        assert_eq!(seen("a", start + 60).await, Seen::Again);
        assert_eq!(seen("a", start + 61).await, Seen::Again);
        assert_eq!(seen("a", start + 30 * day).await, Seen::Again);
        assert_eq!(seen("a", start + 60 * day).await, Seen::Again, "from the last time");
        assert_eq!(seen("b", start + 3 * day).await, Seen::First, "too late to count");
        assert_eq!(seen("a", start + 97 * day).await, Seen::First, "forgotten");
        assert_eq!(retries.purge(Timestamp::from_secs(start + 200 * day)).await.expect("a purge"), 2);
        // A clock was 30 days ahead for a moment: nobody waits for that time.
        assert_eq!(seen("c", start + 30 * day).await, Seen::First);
        assert_eq!(seen("c", start).await, Seen::First);
        assert_eq!(seen("c", start + 59).await, Seen::Early);
        assert_eq!(seen("c", start + 60).await, Seen::Again);
        assert_eq!(seen("d", start + 30 * day).await, Seen::First);
        assert_eq!(retries.purge(Timestamp::from_secs(start + 61)).await.expect("a purge"), 1);
    }
}
