//! What is kept by day and domain until it was reported: which days are due, and by which node each is told.

use database::{Database, DatabaseError, Statement};
use kernel::{DomainName, Timestamp};

/// Domains in one page of what is due.
const PAGE_COUNT_MAX: usize = 1000;
/// Milliseconds of a day; days begin at midnight UTC (RFC 8460 section 4.1).
pub const DAY_MILLIS: i64 = 86_400_000;

/// The day of a moment, counted from 1970.
pub const fn day_of(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MILLIS)
}

/// Days and domains of which something is kept. All its tables have the columns `day` and `domain`.
#[derive(Clone)]
pub struct Days {
    pub(crate) database: Database,
    /// The table that tells which there are.
    pub(crate) listed: &'static str,
    /// The table of who reports what until when, its column `until`.
    pub(crate) claimed: &'static str,
    /// The statement that claims: `$1` day, `$2` domain, `$3` until, `$4` now.
    pub(crate) claim: &'static str,
    /// The table of what is kept.
    pub(crate) kept: &'static str,
}

impl Days {
    /// Days and domains before `day` of which something is known, oldest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn before(&self, day: i64, limit: usize) -> Result<Vec<(i64, DomainName)>, DatabaseError> {
        let select = format!(
            "SELECT DISTINCT day, domain FROM {} WHERE day < $1 ORDER BY day, domain LIMIT $2",
            self.listed
        );
        let limit = i64::try_from(limit.min(PAGE_COUNT_MAX)).unwrap_or(i64::MAX);
        let rows = self.database.query(Statement::new(select).bind(day).bind(limit)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Ok(domain) = DomainName::parse(row.text(1)?) {
                found.push((row.int(0)?, domain));
            }
        }
        Ok(found)
    }

    /// Takes the report of a domain and day for a while; whether nobody else has it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn claim(
        &self,
        (day, domain): (i64, &DomainName),
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let claim = Statement::new(self.claim).bind(day).bind(domain.as_str());
        let claim = claim.bind(until.millis()).bind(now.millis());
        Ok(self.database.write(vec![claim]).await?.iter().sum::<u64>() > 0)
    }

    /// Forgets what was reported.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget(&self, day: i64, domain: &DomainName) -> Result<(), DatabaseError> {
        let delete = |table: &str| {
            Statement::new(format!("DELETE FROM {table} WHERE day = $1 AND domain = $2"))
                .bind(day)
                .bind(domain.as_str())
        };
        self.database.write(vec![delete(self.kept), delete(self.claimed)]).await?;
        Ok(())
    }

    /// Forgets days before `day`, reported or not.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn purge(&self, day: i64) -> Result<(), DatabaseError> {
        let delete = |table: &str| Statement::new(format!("DELETE FROM {table} WHERE day < $1")).bind(day);
        self.database.write(vec![delete(self.kept), delete(self.claimed)]).await?;
        Ok(())
    }
}
