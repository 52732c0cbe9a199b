//! MTA-STS policies that were fetched: kept over a restart, so that nobody in between can make us forget them by withholding
//! them just then (RFC 8461 section 5.1). Platform-wide, since they are what destinations say to everybody.

use database::{Database, DatabaseError, Statement};
use kernel::Timestamp;

/// Rows that are written in one transaction.
const BATCH_COUNT: usize = 500;
/// Most rows that are read.
const ROW_COUNT_MAX: usize = 100_000;

/// A policy as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsPolicy {
    /// The destination.
    pub domain: String,
    /// The id in DNS when it was fetched.
    pub id: String,
    /// What it says, in the form in which it is served.
    pub text: String,
    /// When.
    pub fetched_at: Timestamp,
}

/// The table of fetched policies.
#[derive(Clone)]
pub struct StsPolicies(Database);

impl StsPolicies {
    /// Over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let create = "CREATE TABLE IF NOT EXISTS sts_policy (domain TEXT NOT NULL PRIMARY KEY, id TEXT NOT NULL, \
             text TEXT NOT NULL, fetched_at BIGINT NOT NULL)";
        database.write(vec![Statement::new(create)]).await?;
        Ok(Self(database))
    }

    /// Keeps policies; of several of one domain the last fetched.
    ///
    /// # Errors
    /// [`DatabaseError`]: some of them may be kept.
    pub async fn keep(&self, policies: &[StsPolicy]) -> Result<(), DatabaseError> {
        for batch in policies.chunks(BATCH_COUNT) {
            self.0.write(batch.iter().map(upsert).collect()).await?;
        }
        Ok(())
    }

    /// Forgets what was fetched before.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget(&self, before: Timestamp) -> Result<(), DatabaseError> {
        let delete = Statement::new("DELETE FROM sts_policy WHERE fetched_at < $1").bind(before.millis());
        self.0.write(vec![delete]).await?;
        Ok(())
    }

    /// What was fetched, the last fetched first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn all(&self) -> Result<Vec<StsPolicy>, DatabaseError> {
        let select = "SELECT domain, id, text, fetched_at FROM sts_policy ORDER BY fetched_at DESC, domain";
        let rows = self.0.query(Statement::new(format!("{select} LIMIT {ROW_COUNT_MAX}"))).await?;
        let read = rows.iter().map(|row| {
            Ok(StsPolicy {
                domain: row.text(0)?.to_owned(),
                id: row.text(1)?.to_owned(),
                text: row.text(2)?.to_owned(),
                fetched_at: Timestamp::from_millis(row.int(3)?),
            })
        });
        read.collect()
    }
}

fn upsert(policy: &StsPolicy) -> Statement {
    Statement::new(
        "INSERT INTO sts_policy (domain, id, text, fetched_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (domain) DO UPDATE SET id = excluded.id, text = excluded.text, fetched_at = excluded.fetched_at \
         WHERE sts_policy.fetched_at < excluded.fetched_at",
    )
    .bind(policy.domain.as_str())
    .bind(policy.id.as_str())
    .bind(policy.text.as_str())
    .bind(policy.fetched_at.millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_fetched_policy_of_each_domain_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let policies = StsPolicies::open(database).await.expect("a table");
        let one = |domain: &str, id: &str, secs| StsPolicy {
            domain: domain.to_owned(),
            id: id.to_owned(),
            text: "version: STSv1".to_owned(),
            fetched_at: Timestamp::from_secs(secs),
        };
        policies.keep(&[one("a.example", "1", 10), one("b.example", "1", 30)]).await.expect("kept");
        policies.keep(&[one("a.example", "2", 20), one("b.example", "0", 5)]).await.expect("kept");
        assert_eq!(
            policies.all().await.expect("rows"),
            [one("b.example", "1", 30), one("a.example", "2", 20)]
        );
        policies.forget(Timestamp::from_secs(30)).await.expect("forgotten");
        assert_eq!(policies.all().await.expect("rows"), [one("b.example", "1", 30)]);
    }
}
