//! How TLS went towards each destination, by day, for the reports that destinations ask for (RFC 8460). Platform-wide, since
//! a report tells nothing of whose mail it was.

use database::{Database, DatabaseError, Statement};
use kernel::DomainName;

use crate::days::Days;

/// Rows that are written in one transaction.
const BATCH_COUNT: usize = 500;
/// Kinds of sessions that are told of one domain and day; others are not counted.
const KIND_COUNT_MAX: i64 = 200;
/// Octets of the text of a policy that are kept.
const POLICY_OCTETS_MAX: usize = 4096;

/// Sessions that went alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsResult {
    /// The day, counted from 1970.
    pub day: i64,
    /// The domain of the recipients.
    pub domain: DomainName,
    /// Which kind of policy stood: `tlsa`, `sts` or `no-policy-found`.
    pub kind: String,
    /// The domain that the policy belongs to: the host's where its TLSA records are the policy.
    pub policy_domain: String,
    /// Its text, line by line.
    pub lines: Vec<String>,
    /// Hosts that it names, as patterns.
    pub hosts: Vec<String>,
    /// What was wrong, in a word of RFC 8460 section 4.3; empty where nothing was.
    pub fault: String,
    /// From where; empty where it is not told.
    pub sending_address: String,
    /// Towards which host; empty where nothing was wrong.
    pub receiving_host: String,
    /// More about the fault.
    pub detail: String,
}

impl TlsResult {
    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let lists = self.lines.iter().chain(&self.hosts);
        let texts = [
            &self.kind,
            &self.policy_domain,
            &self.fault,
            &self.sending_address,
            &self.receiving_host,
            &self.detail,
        ];
        for text in texts.into_iter().chain(lists) {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The table of results.
#[derive(Clone)]
pub struct TlsResults(Days);

impl TlsResults {
    /// Over a database, with the tables made where they are not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let results = "CREATE TABLE IF NOT EXISTS tls_result (day BIGINT NOT NULL, domain TEXT NOT NULL, \
             digest TEXT NOT NULL, kind TEXT NOT NULL, policy_domain TEXT NOT NULL, lines TEXT NOT NULL, \
             hosts TEXT NOT NULL, fault TEXT NOT NULL, sending_address TEXT NOT NULL, \
             receiving_host TEXT NOT NULL, detail TEXT NOT NULL, count BIGINT NOT NULL, \
             PRIMARY KEY (day, domain, digest))";
        let claims = "CREATE TABLE IF NOT EXISTS tls_report_claim (day BIGINT NOT NULL, domain TEXT NOT NULL, \
             until BIGINT NOT NULL, PRIMARY KEY (day, domain))";
        database.write(vec![Statement::new(results), Statement::new(claims)]).await?;
        Ok(Self(Days {
            database,
            listed: "tls_result",
            kept: "tls_result",
            claimed: "tls_report_claim",
            claim: "INSERT INTO tls_report_claim (day, domain, until) VALUES ($1, $2, $3) ON CONFLICT (day, domain) \
             DO UPDATE SET until = excluded.until WHERE tls_report_claim.until <= $4",
        }))
    }

    /// Which days and domains there are.
    pub const fn days(&self) -> &Days {
        &self.0
    }

    /// Adds sessions.
    ///
    /// # Errors
    /// [`DatabaseError`]: some of them may be added.
    pub async fn add(&self, results: &[(TlsResult, u64)]) -> Result<(), DatabaseError> {
        for batch in results.chunks(BATCH_COUNT) {
            self.0
                .database
                .write(batch.iter().map(|(result, count)| upsert(result, *count)).collect())
                .await?;
        }
        Ok(())
    }

    /// What is known of a domain and day.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn of(&self, day: i64, domain: &DomainName) -> Result<Vec<(TlsResult, u64)>, DatabaseError> {
        let select = Statement::new(
            "SELECT kind, policy_domain, lines, hosts, fault, sending_address, receiving_host, detail, count \
             FROM tls_result WHERE day = $1 AND domain = $2 ORDER BY kind, policy_domain, fault, digest",
        );
        let rows = self.0.database.query(select.bind(day).bind(domain.as_str())).await?;
        let list = |text: &str| text.lines().map(str::to_owned).collect();
        let read = rows.iter().map(|row| {
            let result = TlsResult {
                day,
                domain: domain.clone(),
                kind: row.text(0)?.to_owned(),
                policy_domain: row.text(1)?.to_owned(),
                lines: list(row.text(2)?),
                hosts: list(row.text(3)?),
                fault: row.text(4)?.to_owned(),
                sending_address: row.text(5)?.to_owned(),
                receiving_host: row.text(6)?.to_owned(),
                detail: row.text(7)?.to_owned(),
            };
            Ok((result, row.int(8)?.unsigned_abs()))
        });
        read.collect()
    }
}

fn upsert(result: &TlsResult, count: u64) -> Statement {
    let digest = result.digest();
    let cut = |text: String| text[..text.floor_char_boundary(POLICY_OCTETS_MAX)].to_owned();
    Statement::new(format!(
        "INSERT INTO tls_result (day, domain, digest, kind, policy_domain, lines, hosts, fault, sending_address, \
         receiving_host, detail, count) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 \
         WHERE (SELECT COUNT(*) FROM tls_result WHERE day = $1 AND domain = $2) < {KIND_COUNT_MAX} \
         OR EXISTS (SELECT 1 FROM tls_result WHERE day = $1 AND domain = $2 AND digest = $3) \
         ON CONFLICT (day, domain, digest) DO UPDATE SET count = tls_result.count + excluded.count"
    ))
    .bind(result.day)
    .bind(result.domain.as_str())
    .bind(digest.as_str())
    .bind(result.kind.as_str())
    .bind(result.policy_domain.as_str())
    .bind(cut(result.lines.join("\n")))
    .bind(cut(result.hosts.join("\n")))
    .bind(result.fault.as_str())
    .bind(result.sending_address.as_str())
    .bind(result.receiving_host.as_str())
    .bind(result.detail.as_str())
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;

    fn result(domain: &str, fault: &str) -> TlsResult {
        TlsResult {
            day: 10,
            domain: DomainName::parse(domain).expect("a name"),
            kind: "sts".to_owned(),
            policy_domain: domain.to_owned(),
            lines: vec!["version: STSv1".to_owned(), "mode: enforce".to_owned()],
            hosts: vec!["mx.b.example".to_owned()],
            fault: fault.to_owned(),
            sending_address: String::new(),
            receiving_host: String::new(),
            detail: String::new(),
        }
    }

    async fn open() -> Vec<(TlsResults, Option<tempfile::TempDir>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let mut all = vec![(TlsResults::open(database).await.expect("tables"), Some(folder))];
        if let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") {
            let schema = format!("tls_result_{}", std::process::id());
            let database = Database::connect_postgres_schema(&url, 2, &schema).await.expect("a server");
            all.push((TlsResults::open(database).await.expect("tables"), None));
        }
        all
    }

    #[tokio::test]
    async fn sessions_add_up_by_domain_day_and_kind_and_are_reported_by_one() {
        for (results, _folder) in open().await {
            let (good, bad) = (result("b.example", ""), result("b.example", "starttls-not-supported"));
            results.add(&[(good.clone(), 2), (bad.clone(), 1)]).await.expect("added");
            results.add(&[(good.clone(), 3), (result("c.example", ""), 1)]).await.expect("added");
            assert_eq!(results.of(10, &good.domain).await.expect("rows"), [(good.clone(), 5), (bad, 1)]);
            assert_eq!(results.days().before(10, 10).await.expect("rows"), []);
            assert_eq!(results.days().before(11, 10).await.expect("rows").len(), 2);
            let at = Timestamp::from_secs;
            let what = (10, &good.domain);
            assert!(results.days().claim(what, at(1), at(100)).await.expect("asked"));
            assert!(!results.days().claim(what, at(50), at(200)).await.expect("asked"));
            assert!(results.days().claim(what, at(100), at(300)).await.expect("asked"));
            results.days().forget(10, &good.domain).await.expect("forgotten");
            assert_eq!(results.days().before(11, 10).await.expect("rows").len(), 1);
            results.days().purge(11).await.expect("purged");
            assert_eq!(results.days().before(11, 10).await.expect("rows"), []);
        }
    }

    #[tokio::test]
    async fn a_domain_with_too_many_kinds_keeps_the_first_and_goes_on_counting_them() {
        for (results, _folder) in open().await {
            let kinds: Vec<(TlsResult, u64)> = (0..KIND_COUNT_MAX + 50)
                .map(|number| (result("b.example", &number.to_string()), 1))
                .collect();
            results.add(&kinds).await.expect("added");
            results.add(&kinds[..1]).await.expect("added");
            let found = results.of(10, &kinds[0].0.domain).await.expect("rows");
            assert_eq!(i64::try_from(found.len()), Ok(KIND_COUNT_MAX));
            assert_eq!(found.iter().map(|(_, count)| count).sum::<u64>(), KIND_COUNT_MAX.unsigned_abs() + 1);
            results.days().purge(11).await.expect("purged");
        }
    }
}
