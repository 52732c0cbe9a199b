//! Reports that other hosts sent about domains here: DMARC aggregate (RFC 9990) and TLS (RFC 8460), bounded by domain and
//! by age. A report that comes again is the same row.

use std::collections::HashMap;

use database::{Database, DatabaseError, Row, Statement};
use kernel::{DomainId, Id as _, TenantId, Timestamp};
use uuid::Uuid;

use crate::days::DAY_MILLIS;

/// Days for which a report is kept after it came.
pub const REPORT_DAY_COUNT: i64 = 180;
/// Reports of a kind that are kept for a domain; the oldest go first.
pub const DOMAIN_REPORT_COUNT_MAX: u32 = 5000;
/// Sources, or failures, of one report that are kept: those with the most messages.
pub const REPORT_ROW_COUNT_MAX: usize = 500;
/// Sources that a summary names.
pub const SUMMARY_SOURCE_COUNT_MAX: usize = 100;
/// Domains in one question for summaries.
pub const SUMMARY_DOMAIN_COUNT_MAX: usize = 500;
/// Reports in one page.
const PAGE_COUNT_MAX: usize = 1000;
/// Domains whose pages are read in one statement: fewer parts than SQLite and PostgreSQL join.
const PAGED_DOMAIN_COUNT_MAX: usize = 100;
/// Reports whose rows are read in one statement: fewer than SQLite and PostgreSQL take parameters.
const ROWED_REPORT_COUNT_MAX: usize = 10_000;

/// Whose a report is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReportOwner {
    /// The tenant of the domain.
    pub tenant: TenantId,
    /// The domain that it is about.
    pub domain: DomainId,
}

/// What all reports have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportHead {
    /// Who reports.
    pub reporter: String,
    /// The reporter's name of this report.
    pub report: String,
    /// From when, included.
    pub begin: Timestamp,
    /// Until when, included.
    pub end: Timestamp,
    /// When it came.
    pub received_at: Timestamp,
}

/// A DMARC aggregate report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmarcReport {
    /// See [`ReportHead`].
    pub head: ReportHead,
    /// The policy that the reporter found: `none`, `quarantine`, `reject`.
    pub policy: String,
    /// Messages that were seen.
    pub message_count: u64,
    /// Messages that passed.
    pub passed_count: u64,
    /// Whether the message that carried it was proven to be of its author.
    pub is_proven: bool,
    /// Where messages came from, the most first.
    pub sources: Vec<DmarcSource>,
}

/// Messages of one source with one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmarcSource {
    /// An IP address.
    pub source: String,
    /// How many.
    pub message_count: u64,
    /// What was done with them: `none`, `pass`, `quarantine`, `reject`.
    pub disposition: String,
    /// Whether an aligned DKIM signature was valid.
    pub is_dkim_aligned: bool,
    /// Whether SPF passed for an aligned domain.
    pub is_spf_aligned: bool,
    /// The domain in From.
    pub header_from: String,
    /// Domain and result of the DKIM signature that says most; empty where there is none.
    pub dkim: (String, String),
    /// Domain and result of SPF; empty where it is not told.
    pub spf: (String, String),
}

/// What one source did over many reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSummary {
    /// An IP address.
    pub source: String,
    /// Messages.
    pub message_count: u64,
    /// Of these, with an aligned DKIM signature.
    pub dkim_aligned_count: u64,
    /// Of these, with aligned SPF.
    pub spf_aligned_count: u64,
    /// Of these, with either: they passed.
    pub passed_count: u64,
    /// Of these, set aside.
    pub quarantined_count: u64,
    /// Of these, refused.
    pub rejected_count: u64,
}

/// A TLS report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsReport {
    /// See [`ReportHead`].
    pub head: ReportHead,
    /// Sessions that went as the policy asks.
    pub succeeded_count: u64,
    /// Sessions that did not.
    pub failed_count: u64,
    /// Why they did not, the most frequent first.
    pub failures: Vec<TlsFailure>,
}

/// Sessions that failed in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFailure {
    /// The kind of the policy: `tlsa`, `sts`, `no-policy-found`.
    pub policy: String,
    /// A word of RFC 8460 section 4.3, such as `certificate-expired`.
    pub kind: String,
    /// The host that was tried.
    pub host: String,
    /// Sessions.
    pub session_count: u64,
    /// More about it.
    pub detail: String,
}

/// Where a page begins: behind this moment of coming and this id.
pub type ReportKey = (Timestamp, Uuid);
/// The pages of some domains: the reports of each, the newest first.
pub type ReportPages<R> = HashMap<DomainId, Vec<(ReportKey, R)>>;

/// The tables of reports.
#[derive(Clone)]
pub struct Reports(Database);

impl std::fmt::Debug for Reports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}

const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS dmarc_report (id UUID NOT NULL PRIMARY KEY, tenant UUID NOT NULL, \
     domain UUID NOT NULL, reporter TEXT NOT NULL, report TEXT NOT NULL, begin_at BIGINT NOT NULL, \
     end_at BIGINT NOT NULL, received_at BIGINT NOT NULL, policy TEXT NOT NULL, messages BIGINT NOT NULL, \
     passed BIGINT NOT NULL, is_proven BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS dmarc_report_domain ON dmarc_report (tenant, domain, received_at, id)",
    "CREATE TABLE IF NOT EXISTS dmarc_source (report UUID NOT NULL, ordinal BIGINT NOT NULL, source TEXT NOT NULL, \
     messages BIGINT NOT NULL, disposition TEXT NOT NULL, dkim BIGINT NOT NULL, spf BIGINT NOT NULL, \
     header_from TEXT NOT NULL, dkim_domain TEXT NOT NULL, dkim_result TEXT NOT NULL, spf_domain TEXT NOT NULL, \
     spf_result TEXT NOT NULL, PRIMARY KEY (report, ordinal))",
    "CREATE TABLE IF NOT EXISTS tls_report (id UUID NOT NULL PRIMARY KEY, tenant UUID NOT NULL, \
     domain UUID NOT NULL, reporter TEXT NOT NULL, report TEXT NOT NULL, begin_at BIGINT NOT NULL, \
     end_at BIGINT NOT NULL, received_at BIGINT NOT NULL, succeeded BIGINT NOT NULL, failed BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS tls_report_domain ON tls_report (tenant, domain, received_at, id)",
    "CREATE TABLE IF NOT EXISTS tls_failure (report UUID NOT NULL, ordinal BIGINT NOT NULL, policy TEXT NOT NULL, \
     kind TEXT NOT NULL, host TEXT NOT NULL, sessions BIGINT NOT NULL, detail TEXT NOT NULL, \
     PRIMARY KEY (report, ordinal))",
];

/// A kind of report: its table, and that of its rows.
#[derive(Debug, Clone, Copy)]
struct Kind {
    table: &'static str,
    rows: &'static str,
}

const DMARC: Kind = Kind { table: "dmarc_report", rows: "dmarc_source" };
const TLS: Kind = Kind { table: "tls_report", rows: "tls_failure" };

impl Reports {
    /// Over a database, with the tables made where they are not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        database.write(TABLES.map(Statement::new).into()).await?;
        Ok(Self(database))
    }

    /// Keeps a DMARC report; the same again changes nothing.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn keep_dmarc(&self, owner: ReportOwner, report: &DmarcReport) -> Result<(), DatabaseError> {
        let id = id_of(owner, &report.head);
        let insert = head(
            DMARC,
            "policy, messages, passed, is_proven) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12",
            owner,
            (id, &report.head),
        )
        .bind(report.policy.as_str())
        .bind(counted(report.message_count))
        .bind(counted(report.passed_count))
        .bind(i64::from(report.is_proven));
        let mut writes = vec![insert];
        for (ordinal, source) in (0_i64..).zip(report.sources.iter().take(REPORT_ROW_COUNT_MAX)) {
            let insert = "INSERT INTO dmarc_source (report, ordinal, source, messages, disposition, dkim, spf, \
                 header_from, dkim_domain, dkim_result, spf_domain, spf_result) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (report, ordinal) DO NOTHING";
            let insert = Statement::new(insert)
                .bind(id)
                .bind(ordinal)
                .bind(source.source.as_str())
                .bind(counted(source.message_count))
                .bind(source.disposition.as_str())
                .bind(i64::from(source.is_dkim_aligned))
                .bind(i64::from(source.is_spf_aligned))
                .bind(source.header_from.as_str())
                .bind(source.dkim.0.as_str())
                .bind(source.dkim.1.as_str())
                .bind(source.spf.0.as_str())
                .bind(source.spf.1.as_str());
            writes.push(insert);
        }
        writes.extend(beyond(DMARC, owner));
        self.0.write(writes).await.map(drop)
    }

    /// Keeps a TLS report; the same again changes nothing.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn keep_tls(&self, owner: ReportOwner, report: &TlsReport) -> Result<(), DatabaseError> {
        let id = id_of(owner, &report.head);
        let insert = head(
            TLS,
            "succeeded, failed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
            owner,
            (id, &report.head),
        )
        .bind(counted(report.succeeded_count))
        .bind(counted(report.failed_count));
        let mut writes = vec![insert];
        for (ordinal, failure) in (0_i64..).zip(report.failures.iter().take(REPORT_ROW_COUNT_MAX)) {
            let insert = "INSERT INTO tls_failure (report, ordinal, policy, kind, host, sessions, detail) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (report, ordinal) DO NOTHING";
            let insert = Statement::new(insert)
                .bind(id)
                .bind(ordinal)
                .bind(failure.policy.as_str())
                .bind(failure.kind.as_str())
                .bind(failure.host.as_str())
                .bind(counted(failure.session_count))
                .bind(failure.detail.as_str());
            writes.push(insert);
        }
        writes.extend(beyond(TLS, owner));
        self.0.write(writes).await.map(drop)
    }

    /// At most `limit` DMARC reports of each of some domains that came before `after`, the newest first, each with its first
    /// `source_count` sources. Domains without are left out.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn dmarc(
        &self,
        (tenant, domains): (TenantId, &[DomainId]),
        after: Option<ReportKey>,
        (limit, source_count): (usize, usize),
    ) -> Result<ReportPages<DmarcReport>, DatabaseError> {
        let columns = "policy, messages, passed, is_proven";
        let rows = self.pages(DMARC, columns, (tenant, domains), (after, limit)).await?;
        let source = "source, messages, disposition, dkim, spf, header_from, dkim_domain, dkim_result, spf_domain, spf_result";
        let mut sources: HashMap<Uuid, Vec<DmarcSource>> = HashMap::new();
        for row in self.rows_of(DMARC, source, &ids(&rows)?, source_count).await? {
            let source = DmarcSource {
                source: row.text(1)?.to_owned(),
                message_count: row.int(2)?.unsigned_abs(),
                disposition: row.text(3)?.to_owned(),
                is_dkim_aligned: row.int(4)? == 1,
                is_spf_aligned: row.int(5)? == 1,
                header_from: row.text(6)?.to_owned(),
                dkim: (row.text(7)?.to_owned(), row.text(8)?.to_owned()),
                spf: (row.text(9)?.to_owned(), row.text(10)?.to_owned()),
            };
            sources.entry(row.uuid(0)?).or_default().push(source);
        }
        let mut pages: ReportPages<DmarcReport> = HashMap::new();
        for row in &rows {
            let (key, domain, head) = head_of(row)?;
            let report = DmarcReport {
                head,
                policy: row.text(7)?.to_owned(),
                message_count: row.int(8)?.unsigned_abs(),
                passed_count: row.int(9)?.unsigned_abs(),
                is_proven: row.int(10)? == 1,
                sources: sources.remove(&key.1).unwrap_or_default(),
            };
            pages.entry(domain).or_default().push((key, report));
        }
        Ok(pages)
    }

    /// At most `limit` TLS reports of each of some domains that came before `after`, the newest first, each with its first
    /// `failure_count` failures. Domains without are left out.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn tls(
        &self,
        (tenant, domains): (TenantId, &[DomainId]),
        after: Option<ReportKey>,
        (limit, failure_count): (usize, usize),
    ) -> Result<ReportPages<TlsReport>, DatabaseError> {
        let rows = self.pages(TLS, "succeeded, failed", (tenant, domains), (after, limit)).await?;
        let failure = "policy, kind, host, sessions, detail";
        let mut failures: HashMap<Uuid, Vec<TlsFailure>> = HashMap::new();
        for row in self.rows_of(TLS, failure, &ids(&rows)?, failure_count).await? {
            let failure = TlsFailure {
                policy: row.text(1)?.to_owned(),
                kind: row.text(2)?.to_owned(),
                host: row.text(3)?.to_owned(),
                session_count: row.int(4)?.unsigned_abs(),
                detail: row.text(5)?.to_owned(),
            };
            failures.entry(row.uuid(0)?).or_default().push(failure);
        }
        let mut pages: ReportPages<TlsReport> = HashMap::new();
        for row in &rows {
            let (key, domain, head) = head_of(row)?;
            let report = TlsReport {
                head,
                succeeded_count: row.int(7)?.unsigned_abs(),
                failed_count: row.int(8)?.unsigned_abs(),
                failures: failures.remove(&key.1).unwrap_or_default(),
            };
            pages.entry(domain).or_default().push((key, report));
        }
        Ok(pages)
    }

    /// What sources did in the name of each of some domains (up to [`SUMMARY_DOMAIN_COUNT_MAX`]) in reports that end at
    /// `since` or later, those with the most messages first; at most [`SUMMARY_SOURCE_COUNT_MAX`] of each. Domains without
    /// reports are left out.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn sources(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
        since: Timestamp,
    ) -> Result<HashMap<DomainId, Vec<SourceSummary>>, DatabaseError> {
        let domains = domains.get(..SUMMARY_DOMAIN_COUNT_MAX).unwrap_or(domains);
        if domains.is_empty() {
            return Ok(HashMap::new());
        }
        let names: Vec<String> = (3..=domains.len() + 2).map(|number| format!("${number}")).collect();
        let sum = |when: &str| format!("CAST(SUM(CASE WHEN {when} THEN s.messages ELSE 0 END) AS BIGINT)");
        let select = format!(
            "SELECT source, messages, dkim, spf, passed, quarantined, rejected, domain FROM (SELECT r.domain AS domain, \
             s.source AS source, {} AS messages, {} AS dkim, {} AS spf, {} AS passed, {} AS quarantined, {} AS rejected, \
             ROW_NUMBER() OVER (PARTITION BY r.domain ORDER BY SUM(s.messages) DESC, s.source) AS place \
             FROM dmarc_report r JOIN dmarc_source s ON s.report = r.id \
             WHERE r.tenant = $1 AND r.end_at >= $2 AND r.domain IN ({}) GROUP BY r.domain, s.source) AS summed \
             WHERE place <= {SUMMARY_SOURCE_COUNT_MAX} ORDER BY domain, place",
            sum("1 = 1"),
            sum("s.dkim = 1"),
            sum("s.spf = 1"),
            sum("s.dkim = 1 OR s.spf = 1"),
            sum("s.disposition = 'quarantine'"),
            sum("s.disposition = 'reject'"),
            names.join(", "),
        );
        let select = Statement::new(select).bind(tenant.uuid()).bind(since.millis());
        let select = domains.iter().fold(select, |select, domain| select.bind(domain.uuid()));
        let mut summaries: HashMap<DomainId, Vec<SourceSummary>> = HashMap::new();
        for row in self.0.query(select).await? {
            let count = |column| row.int(column).map(i64::unsigned_abs);
            let summary = SourceSummary {
                source: row.text(0)?.to_owned(),
                message_count: count(1)?,
                dkim_aligned_count: count(2)?,
                spf_aligned_count: count(3)?,
                passed_count: count(4)?,
                quarantined_count: count(5)?,
                rejected_count: count(6)?,
            };
            summaries.entry(DomainId::new(row.uuid(7)?)).or_default().push(summary);
        }
        Ok(summaries)
    }

    /// Removes what is older than [`REPORT_DAY_COUNT`].
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn purge(&self, now: Timestamp) -> Result<(), DatabaseError> {
        let before = now.millis() - REPORT_DAY_COUNT * DAY_MILLIS;
        let mut writes = Vec::new();
        for Kind { table, rows } in [DMARC, TLS] {
            let old = format!("SELECT id FROM {table} WHERE received_at < $1");
            writes.push(Statement::new(format!("DELETE FROM {rows} WHERE report IN ({old})")).bind(before));
            writes.push(Statement::new(format!("DELETE FROM {table} WHERE received_at < $1")).bind(before));
        }
        self.0.write(writes).await.map(drop)
    }

    /// Rows of reports, those of one report in their order: the id of the report, then `columns`.
    async fn rows_of(
        &self,
        kind: Kind,
        columns: &str,
        ids: &[Uuid],
        count: usize,
    ) -> Result<Vec<Row>, DatabaseError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        for ids in ids.chunks(ROWED_REPORT_COUNT_MAX) {
            let names: Vec<String> = (2..=ids.len() + 1).map(|number| format!("${number}")).collect();
            let select = format!(
                "SELECT report, {columns} FROM {} WHERE ordinal < $1 AND report IN ({}) ORDER BY report, ordinal",
                kind.rows,
                names.join(", ")
            );
            let select = Statement::new(select).bind(i64::try_from(count).unwrap_or(i64::MAX));
            rows.extend(self.0.query(ids.iter().fold(select, |select, id| select.bind(*id))).await?);
        }
        Ok(rows)
    }

    /// A page of each of some domains, one after another.
    async fn pages(
        &self,
        kind: Kind,
        columns: &str,
        (tenant, domains): (TenantId, &[DomainId]),
        from: (Option<ReportKey>, usize),
    ) -> Result<Vec<Row>, DatabaseError> {
        let mut rows = Vec::new();
        for domains in domains.chunks(PAGED_DOMAIN_COUNT_MAX) {
            rows.extend(self.0.query(pages(kind, columns, (tenant, domains), from)).await?);
        }
        Ok(rows)
    }
}

/// The ids of reports, first in their rows.
fn ids(rows: &[Row]) -> Result<Vec<Uuid>, DatabaseError> {
    rows.iter().map(|row| row.uuid(0)).collect()
}

fn counted(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The id of a report: the same for the same report.
fn id_of(owner: ReportOwner, head: &ReportHead) -> Uuid {
    let mut hasher = blake3::Hasher::new();
    for part in [owner.tenant.uuid().as_bytes(), owner.domain.uuid().as_bytes()] {
        hasher.update(part);
    }
    for text in [&head.reporter, &head.report] {
        hasher.update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes());
    }
    let mut octets = [0; 16];
    octets.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Uuid::from_bytes(octets)
}

/// The insertion of a report; `rest` names the columns and parameters behind the first eight.
fn head(kind: Kind, rest: &str, owner: ReportOwner, (id, head): (Uuid, &ReportHead)) -> Statement {
    let insert = format!(
        "INSERT INTO {} (id, tenant, domain, reporter, report, begin_at, end_at, received_at, {rest}) \
         ON CONFLICT (id) DO NOTHING",
        kind.table
    );
    Statement::new(insert)
        .bind(id)
        .bind(owner.tenant.uuid())
        .bind(owner.domain.uuid())
        .bind(head.reporter.as_str())
        .bind(head.report.as_str())
        .bind(head.begin.millis())
        .bind(head.end.millis())
        .bind(head.received_at.millis())
}

/// Removes the oldest reports of a domain that are too many.
fn beyond(kind: Kind, owner: ReportOwner) -> [Statement; 2] {
    let Kind { table, rows } = kind;
    let old = format!(
        "SELECT id FROM {table} WHERE tenant = $1 AND domain = $2 \
         ORDER BY received_at DESC, id LIMIT 100 OFFSET {DOMAIN_REPORT_COUNT_MAX}"
    );
    [
        format!("DELETE FROM {rows} WHERE report IN ({old})"),
        format!("DELETE FROM {table} WHERE id IN ({old})"),
    ]
    .map(|delete| Statement::new(delete).bind(owner.tenant.uuid()).bind(owner.domain.uuid()))
}

/// Each domain's page is limited by itself, so that its index is read no further.
fn pages(
    kind: Kind,
    columns: &str,
    (tenant, domains): (TenantId, &[DomainId]),
    (after, limit): (Option<ReportKey>, usize),
) -> Statement {
    let (at, id) = after.map_or((i64::MAX, Uuid::nil()), |(at, id)| (at.millis(), id));
    let part = |number: usize| {
        format!(
            "SELECT * FROM (SELECT id, received_at, reporter, report, begin_at, end_at, domain, {columns} FROM {} \
             WHERE tenant = $1 AND domain = ${} AND (received_at < $2 OR (received_at = $2 AND id > $3)) \
             ORDER BY received_at DESC, id LIMIT $4) AS part_{number}",
            kind.table,
            number + 5
        )
    };
    let parts: Vec<String> = (0..domains.len()).map(part).collect();
    let select = format!("{} ORDER BY 2 DESC, 1", parts.join(" UNION ALL "));
    let limit = i64::try_from(limit.min(PAGE_COUNT_MAX)).unwrap_or(i64::MAX);
    let select = Statement::new(select).bind(tenant.uuid()).bind(at).bind(id).bind(limit);
    domains.iter().fold(select, |select, domain| select.bind(domain.uuid()))
}

fn head_of(row: &Row) -> Result<(ReportKey, DomainId, ReportHead), DatabaseError> {
    let received_at = Timestamp::from_millis(row.int(1)?);
    let head = ReportHead {
        reporter: row.text(2)?.to_owned(),
        report: row.text(3)?.to_owned(),
        begin: Timestamp::from_millis(row.int(4)?),
        end: Timestamp::from_millis(row.int(5)?),
        received_at,
    };
    Ok(((received_at, row.uuid(0)?), DomainId::new(row.uuid(6)?), head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(number: u128) -> ReportOwner {
        let id = Uuid::from_u128(number);
        ReportOwner { tenant: TenantId::new(id), domain: DomainId::new(id) }
    }

    fn head(report: &str, secs: i64) -> ReportHead {
        ReportHead {
            reporter: "r.example".to_owned(),
            report: report.to_owned(),
            begin: Timestamp::from_secs(0),
            end: Timestamp::from_secs(86_399),
            received_at: Timestamp::from_secs(secs),
        }
    }

    fn dmarc(report: &str, secs: i64) -> DmarcReport {
        let source = |source: &str, count, is_aligned, disposition: &str| DmarcSource {
            source: source.to_owned(),
            message_count: count,
            disposition: disposition.to_owned(),
            is_dkim_aligned: is_aligned,
            is_spf_aligned: false,
            header_from: "x.example".to_owned(),
            dkim: ("x.example".to_owned(), "pass".to_owned()),
            spf: (String::new(), String::new()),
        };
        let sources = vec![source("192.0.2.1", 5, true, "none"), source("198.51.100.1", 2, false, "reject")];
        DmarcReport {
            head: head(report, secs),
            policy: "reject".to_owned(),
            message_count: 7,
            passed_count: 5,
            is_proven: true,
            sources,
        }
    }

    #[tokio::test]
    async fn a_report_is_kept_once_for_whose_it_is_and_summed_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let reports = Reports::open(database).await.expect("tables");
        for report in [dmarc("1", 10), dmarc("2", 20), dmarc("1", 30)] {
            reports.keep_dmarc(owner(1), &report).await.expect("kept");
        }
        let page = async |number, after, limits| {
            let ReportOwner { tenant, domain } = owner(number);
            let found = reports.dmarc((tenant, &[domain]), after, limits).await;
            found.expect("rows").remove(&domain).unwrap_or_default()
        };
        let found = page(1, None, (10, 10)).await;
        let ids: Vec<&str> = found.iter().map(|(_, report)| report.head.report.as_str()).collect();
        assert_eq!(ids, ["2", "1"], "the newest first, each once");
        assert_eq!(found[0].1, dmarc("2", 20));
        let second = page(1, Some(found[0].0), (10, 1)).await;
        assert_eq!((second.len(), second[0].1.sources.len()), (1, 1));
        assert!(page(2, None, (10, 10)).await.is_empty());
        let ReportOwner { tenant, domain } = owner(1);
        let sources = async |since| {
            let asked = [domain, owner(2).domain];
            let found = reports.sources(tenant, &asked, Timestamp::from_secs(since)).await;
            found.expect("rows").remove(&domain).unwrap_or_default()
        };
        let summary = sources(0).await;
        assert_eq!(
            (summary[0].source.as_str(), summary[0].message_count, summary[0].passed_count),
            ("192.0.2.1", 10, 10)
        );
        assert_eq!((summary[1].passed_count, summary[1].rejected_count), (0, 4));
        assert!(sources(86_400).await.is_empty());
        let late = Timestamp::from_secs(REPORT_DAY_COUNT * 86_400 + 11);
        reports.purge(late).await.expect("purged");
        assert_eq!(page(1, None, (10, 10)).await.len(), 1);
    }

    #[tokio::test]
    async fn a_tls_report_keeps_why_sessions_failed() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let reports = Reports::open(database).await.expect("tables");
        let failure = TlsFailure {
            policy: "sts".to_owned(),
            kind: "certificate-expired".to_owned(),
            host: "mx.x.example".to_owned(),
            session_count: 3,
            detail: String::new(),
        };
        let report =
            TlsReport { head: head("1", 10), succeeded_count: 9, failed_count: 3, failures: vec![failure] };
        reports.keep_tls(owner(1), &report).await.expect("kept");
        let ReportOwner { tenant, domain } = owner(1);
        let found = reports.tls((tenant, &[domain]), None, (10, 10)).await.expect("rows");
        assert_eq!(found[&domain][0].1, report);
    }

    #[tokio::test]
    async fn each_domain_has_a_page_of_its_own_however_many_are_asked_about() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let reports = Reports::open(database.clone()).await.expect("tables");
        let tenant = owner(1).tenant;
        let of = |number| ReportOwner { tenant, ..owner(number) };
        for (number, count) in [(1, 3), (2, 1), (150, 2)] {
            for report in 0..count {
                let report = dmarc(&report.to_string(), 10 + i64::from(report));
                reports.keep_dmarc(of(number), &report).await.expect("kept");
            }
        }
        reports.keep_dmarc(owner(2), &dmarc("theirs", 10)).await.expect("kept");
        let domains: Vec<DomainId> = (1..=150).map(|number| of(number).domain).collect();
        let before = database.question_count();
        let found = reports.dmarc((tenant, &domains), None, (2, 10)).await.expect("rows");
        assert_eq!(database.question_count() - before, 3, "two for the domains, one for the sources");
        let shown: Vec<(u128, Vec<&str>)> = [1, 2, 3, 150]
            .into_iter()
            .map(|number| {
                let page = found.get(&of(number).domain).map_or(&[][..], Vec::as_slice);
                (number, page.iter().map(|(_, report)| report.head.report.as_str()).collect())
            })
            .collect();
        let expected = [(1, vec!["2", "1"]), (2, vec!["0"]), (3, vec![]), (150, vec!["1", "0"])];
        assert_eq!(shown, expected);
        assert!(found.values().flatten().all(|(_, report)| report.sources.len() == 2));
    }
}
