//! What the checks of incoming mail found, by the domain whose policy spoke and by day, for the reports that domains ask for
//! (RFC 9990). Platform-wide: a report tells nothing of to whom mail was, and no part before an `@` is kept.

use std::collections::BTreeSet;

use database::{Database, DatabaseError, Statement};
use kernel::DomainName;

use crate::days::Days;

/// Rows that are written in one transaction.
const BATCH_COUNT: usize = 500;
/// Rows of one domain and day; messages that went otherwise are not counted.
const ROW_COUNT_MAX: i64 = 2000;
/// Domains of one day; mail of others is not counted.
const DOMAIN_COUNT_MAX: i64 = 10_000;
/// Signatures of a message that are told; the first count.
pub const TOLD_SIGNATURE_COUNT_MAX: usize = 4;

/// One signature, or one check of SPF.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checked {
    /// The domain that was looked at.
    pub domain: String,
    /// The name of the key below it; empty for SPF.
    pub selector: String,
    /// A word of RFC 8601.
    pub result: String,
}

/// Messages that went alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DmarcObservation {
    /// The day, counted from 1970.
    pub day: i64,
    /// The domain at which the policy stands.
    pub domain: DomainName,
    /// Who brought them.
    pub source: String,
    /// What was done: `none`, `pass`, `quarantine` or `reject`.
    pub disposition: String,
    /// Whether a signature of the author's organisation was valid.
    pub is_dkim_aligned: bool,
    /// Whether SPF passed for the author's organisation.
    pub is_spf_aligned: bool,
    /// Why something else was done than the policy asks for, in a word of RFC 9990 section 3.1.6; empty where nothing was.
    pub reason: String,
    /// The domain in From.
    pub header_from: String,
    /// The domain of MAIL FROM, or the name given with EHLO.
    pub envelope_from: String,
    /// Signatures, those of the author's domain first; at most [`TOLD_SIGNATURE_COUNT_MAX`].
    pub signatures: Vec<Checked>,
    /// What SPF came to; none where it was not asked.
    pub spf: Option<Checked>,
}

impl DmarcObservation {
    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let flags = format!("{}{}", self.is_dkim_aligned, self.is_spf_aligned);
        let texts = [&self.source, &self.disposition, &flags, &self.reason, &self.header_from];
        for text in texts.into_iter().chain([&self.envelope_from, &lines(&self.signatures)]) {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(lines(self.spf.as_slice()).as_bytes());
        hasher.finalize().to_hex().to_string()
    }
}

/// One check a line. Names and words hold no blanks.
fn lines(checks: &[Checked]) -> String {
    let line = |check: &Checked| format!("{} {} {}\n", check.domain, check.selector, check.result);
    checks.iter().map(line).collect()
}

fn read_lines(text: &str) -> Vec<Checked> {
    let read = text.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ' ').map(str::to_owned);
        Some(Checked { domain: parts.next()?, selector: parts.next()?, result: parts.next()? })
    });
    read.collect()
}

/// The table of what was found.
#[derive(Clone)]
pub struct DmarcObservations(Days);

impl DmarcObservations {
    /// Over a database, with the tables made where they are not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let rows = "CREATE TABLE IF NOT EXISTS dmarc_observation (day BIGINT NOT NULL, domain TEXT NOT NULL, \
             digest TEXT NOT NULL, source TEXT NOT NULL, disposition TEXT NOT NULL, is_dkim_aligned BIGINT NOT NULL, \
             is_spf_aligned BIGINT NOT NULL, reason TEXT NOT NULL, header_from TEXT NOT NULL, \
             envelope_from TEXT NOT NULL, signatures TEXT NOT NULL, spf TEXT NOT NULL, count BIGINT NOT NULL, \
             PRIMARY KEY (day, domain, digest))";
        let domains = "CREATE TABLE IF NOT EXISTS dmarc_observed (day BIGINT NOT NULL, domain TEXT NOT NULL, \
             until BIGINT NOT NULL, PRIMARY KEY (day, domain))";
        database.write(vec![Statement::new(rows), Statement::new(domains)]).await?;
        Ok(Self(Days {
            database,
            listed: "dmarc_observed",
            kept: "dmarc_observation",
            claimed: "dmarc_observed",
            claim: "UPDATE dmarc_observed SET until = $3 WHERE day = $1 AND domain = $2 AND until <= $4",
        }))
    }

    /// Which days and domains there are.
    pub const fn days(&self) -> &Days {
        &self.0
    }

    /// Adds messages.
    ///
    /// # Errors
    /// [`DatabaseError`]: some of them may be added.
    pub async fn add(&self, observations: &[(DmarcObservation, u64)]) -> Result<(), DatabaseError> {
        for batch in observations.chunks(BATCH_COUNT) {
            let domains: BTreeSet<(i64, &str)> =
                batch.iter().map(|(observation, _)| (observation.day, observation.domain.as_str())).collect();
            let domains = domains.into_iter().map(|(day, domain)| observed(day, domain));
            let rows = batch.iter().map(|(observation, count)| upsert(observation, *count));
            self.0.database.write(domains.chain(rows).collect()).await?;
        }
        Ok(())
    }

    /// What is known of a domain and day, most messages first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn of(
        &self,
        day: i64,
        domain: &DomainName,
    ) -> Result<Vec<(DmarcObservation, u64)>, DatabaseError> {
        let select = Statement::new(
            "SELECT source, disposition, is_dkim_aligned, is_spf_aligned, reason, header_from, envelope_from, \
             signatures, spf, count FROM dmarc_observation WHERE day = $1 AND domain = $2 \
             ORDER BY count DESC, digest",
        );
        let rows = self.0.database.query(select.bind(day).bind(domain.as_str())).await?;
        let read = rows.iter().map(|row| {
            let observation = DmarcObservation {
                day,
                domain: domain.clone(),
                source: row.text(0)?.to_owned(),
                disposition: row.text(1)?.to_owned(),
                is_dkim_aligned: row.int(2)? != 0,
                is_spf_aligned: row.int(3)? != 0,
                reason: row.text(4)?.to_owned(),
                header_from: row.text(5)?.to_owned(),
                envelope_from: row.text(6)?.to_owned(),
                signatures: read_lines(row.text(7)?),
                spf: read_lines(row.text(8)?).pop(),
            };
            Ok((observation, row.int(9)?.unsigned_abs()))
        });
        read.collect()
    }
}

/// A domain is known for a day, as long as there is room for it.
fn observed(day: i64, domain: &str) -> Statement {
    Statement::new(format!(
        "INSERT INTO dmarc_observed (day, domain, until) SELECT $1, $2, 0 \
         WHERE (SELECT COUNT(*) FROM dmarc_observed WHERE day = $1) < {DOMAIN_COUNT_MAX} \
         ON CONFLICT (day, domain) DO NOTHING"
    ))
    .bind(day)
    .bind(domain)
}

fn upsert(observation: &DmarcObservation, count: u64) -> Statement {
    Statement::new(format!(
        "INSERT INTO dmarc_observation (day, domain, digest, source, disposition, is_dkim_aligned, is_spf_aligned, \
         reason, header_from, envelope_from, signatures, spf, count) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
         WHERE EXISTS (SELECT 1 FROM dmarc_observed WHERE day = $1 AND domain = $2) \
         AND ((SELECT COUNT(*) FROM dmarc_observation WHERE day = $1 AND domain = $2) < {ROW_COUNT_MAX} \
         OR EXISTS (SELECT 1 FROM dmarc_observation WHERE day = $1 AND domain = $2 AND digest = $3)) \
         ON CONFLICT (day, domain, digest) DO UPDATE SET count = dmarc_observation.count + excluded.count"
    ))
    .bind(observation.day)
    .bind(observation.domain.as_str())
    .bind(observation.digest().as_str())
    .bind(observation.source.as_str())
    .bind(observation.disposition.as_str())
    .bind(i64::from(observation.is_dkim_aligned))
    .bind(i64::from(observation.is_spf_aligned))
    .bind(observation.reason.as_str())
    .bind(observation.header_from.as_str())
    .bind(observation.envelope_from.as_str())
    .bind(lines(&observation.signatures).as_str())
    .bind(lines(observation.spf.as_slice()).as_str())
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;

    fn observation(domain: &str, source: &str) -> DmarcObservation {
        let checked = |selector: &str, result: &str| Checked {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            result: result.to_owned(),
        };
        DmarcObservation {
            day: 10,
            domain: DomainName::parse(domain).expect("a name"),
            source: source.to_owned(),
            disposition: "pass".to_owned(),
            is_dkim_aligned: true,
            is_spf_aligned: false,
            reason: String::new(),
            header_from: domain.to_owned(),
            envelope_from: String::new(),
            signatures: vec![checked("s1", "pass"), checked("s2", "fail")],
            spf: Some(checked("", "softfail")),
        }
    }

    async fn open() -> Vec<(DmarcObservations, Option<tempfile::TempDir>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let mut all = vec![(DmarcObservations::open(database).await.expect("tables"), Some(folder))];
        if let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") {
            let schema = format!("dmarc_observation_{}", std::process::id());
            let database = Database::connect_postgres_schema(&url, 2, &schema).await.expect("a server");
            all.push((DmarcObservations::open(database).await.expect("tables"), None));
        }
        all
    }

    #[tokio::test]
    async fn messages_add_up_by_domain_day_and_outcome_and_are_reported_by_one() {
        for (observations, _folder) in open().await {
            let (one, other) = (observation("b.example", "192.0.2.1"), observation("b.example", "192.0.2.2"));
            observations.add(&[(one.clone(), 2), (other.clone(), 1)]).await.expect("added");
            observations.add(&[(one.clone(), 3), (observation("c.example", "::1"), 1)]).await.expect("added");
            assert_eq!(observations.of(10, &one.domain).await.expect("rows"), [(one.clone(), 5), (other, 1)]);
            assert_eq!(observations.days().before(10, 10).await.expect("rows"), []);
            assert_eq!(observations.days().before(11, 10).await.expect("rows").len(), 2);
            let at = Timestamp::from_secs;
            let what = (10, &one.domain);
            assert!(observations.days().claim(what, at(1), at(100)).await.expect("asked"));
            assert!(!observations.days().claim(what, at(50), at(200)).await.expect("asked"));
            assert!(observations.days().claim(what, at(100), at(300)).await.expect("asked"));
            observations.days().forget(10, &one.domain).await.expect("forgotten");
            assert_eq!(observations.days().before(11, 10).await.expect("rows").len(), 1);
            observations.days().purge(11).await.expect("purged");
            assert_eq!(observations.days().before(11, 10).await.expect("rows"), []);
        }
    }

    #[tokio::test]
    async fn rows_of_a_domain_and_domains_of_a_day_have_a_bound() {
        for (observations, _folder) in open().await {
            let rows: Vec<(DmarcObservation, u64)> = (0..ROW_COUNT_MAX + 50)
                .map(|number| (observation("b.example", &number.to_string()), 1))
                .collect();
            observations.add(&rows).await.expect("added");
            observations.add(&rows[..1]).await.expect("added");
            let found = observations.of(10, &rows[0].0.domain).await.expect("rows");
            assert_eq!(i64::try_from(found.len()), Ok(ROW_COUNT_MAX));
            assert_eq!(found.iter().map(|(_, count)| count).sum::<u64>(), ROW_COUNT_MAX.unsigned_abs() + 1);
            let room = DOMAIN_COUNT_MAX.unsigned_abs() - 1;
            let fill = format!(
                "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {room}) \
                 INSERT INTO dmarc_observed (day, domain, until) SELECT 10, 'd' || CAST(x AS TEXT) || '.example', 0 FROM n"
            );
            observations.0.database.write(vec![Statement::new(fill)]).await.expect("filled");
            let late = observation("late.example", "192.0.2.1");
            observations.add(&[(late.clone(), 1)]).await.expect("passed over");
            assert_eq!(observations.of(10, &late.domain).await.expect("rows"), []);
            observations.days().purge(11).await.expect("purged");
        }
    }
}
