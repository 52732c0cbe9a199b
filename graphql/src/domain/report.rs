//! Reports that other hosts sent about a domain.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::connection::Connection;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Result, SimpleObject};
use authority::Permission;
use database::DatabaseError;
use engine::Engine;
use kernel::{DomainId, TenantId, Timestamp};
use store::{ReportKey, ReportOwner, Reports, SourceSummary};

use super::object::Domain;
use crate::error::Fault;
use crate::page::{Page, PageKey};
use crate::platform::Platform;
use crate::request::Asked;
use crate::scalar::{Moment, Whole};

/// Sources, or failures, that are shown of a report.
const SHOWN_ROW_COUNT: usize = 50;
/// Days that a summary is of where nothing is said.
const SUMMARY_DAYS_DEFAULT: u32 = 30;
/// Days that a summary may be of.
const SUMMARY_DAYS_MAX: u32 = 180;

/// What another host saw of the mail that bears the domain in From, over one span of time (RFC 9990).
#[derive(Debug, Clone, SimpleObject)]
pub struct DmarcReport {
    /// The report's number.
    pub id: String,
    /// Who reports, in its own words.
    pub reporter: String,
    /// The reporter's name of this report.
    pub report_id: String,
    /// From when, included.
    pub begin: Moment,
    /// Until when, included.
    pub end: Moment,
    /// When it came.
    pub received_at: Moment,
    /// The policy that the reporter found: `none`, `quarantine`, `reject`.
    pub policy: String,
    /// Messages that were seen.
    pub messages: Whole,
    /// Of these, messages that passed: SPF or DKIM stands behind the domain.
    pub passed: Whole,
    /// Whether the message that carried it was proven to be of its author; anybody may send reports.
    pub is_authenticated: bool,
    /// Where messages came from, those with the most first; 50 at most.
    pub sources: Vec<DmarcSource>,
}

/// Messages of one source with one outcome.
#[derive(Debug, Clone, SimpleObject)]
pub struct DmarcSource {
    /// The IP address that they came from.
    pub source: String,
    /// How many messages.
    pub messages: Whole,
    /// What was done with them: `none`, `pass`, `quarantine`, `reject`.
    pub disposition: String,
    /// Whether a DKIM signature of the domain was valid.
    pub is_dkim_aligned: bool,
    /// Whether SPF passed for the domain.
    pub is_spf_aligned: bool,
    /// The domain in From.
    pub header_from: String,
    /// The domain of the DKIM signature that says most.
    pub dkim_domain: Option<String>,
    /// What it came to, for example `pass`.
    pub dkim_result: Option<String>,
    /// The domain that SPF was checked for.
    pub spf_domain: Option<String>,
    /// What it came to, for example `softfail`.
    pub spf_result: Option<String>,
}

/// What one source did in the domain's name, over all reports of some days.
#[derive(Debug, Clone, SimpleObject)]
pub struct DmarcSourceSummary {
    /// The IP address.
    pub source: String,
    /// Messages.
    pub messages: Whole,
    /// Of these, messages that passed.
    pub passed: Whole,
    /// Of these, messages with a valid DKIM signature of the domain.
    pub dkim_aligned: Whole,
    /// Of these, messages for which SPF passed for the domain.
    pub spf_aligned: Whole,
    /// Of these, messages that were set aside.
    pub quarantined: Whole,
    /// Of these, messages that were refused.
    pub rejected: Whole,
}

/// How hosts that send to the domain fared with the TLS of its servers, over one span of time (RFC 8460).
#[derive(Debug, Clone, SimpleObject)]
pub struct TlsReport {
    /// The report's number.
    pub id: String,
    /// Who reports, in its own words.
    pub reporter: String,
    /// The reporter's name of this report.
    pub report_id: String,
    /// From when, included.
    pub begin: Moment,
    /// Until when, included.
    pub end: Moment,
    /// When it came.
    pub received_at: Moment,
    /// Sessions that went as the policy asks.
    pub succeeded: Whole,
    /// Sessions that did not.
    pub failed: Whole,
    /// Why they did not, the most frequent first; 50 at most.
    pub failures: Vec<TlsReportFailure>,
}

/// Sessions that failed in one way.
#[derive(Debug, Clone, SimpleObject)]
pub struct TlsReportFailure {
    /// The kind of the policy: `tlsa` (DANE), `sts` (MTA-STS), `no-policy-found`.
    pub policy: String,
    /// A word of RFC 8460 section 4.3, for example `certificate-expired`.
    pub kind: String,
    /// The server that was tried.
    pub host: String,
    /// Sessions.
    pub sessions: Whole,
    /// More about it, in the reporter's words.
    pub detail: String,
}

fn owner(ctx: &Context<'_>, domain: &Domain) -> Result<ReportOwner> {
    ctx.allow(Permission::DomainRead, domain.resource())?;
    Ok(ReportOwner { tenant: domain.account_id.0.tenant(), domain: domain.id.0 })
}

/// A page of reports of a domain, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    owner: ReportOwner,
    /// Behind which report it begins.
    behind: Option<ReportKey>,
    /// How many there are in it, with the one that shows whether there are more.
    count: usize,
}

impl Wanted {
    fn new(owner: ReportOwner, page: Page) -> Self {
        let behind = page.key_after();
        let behind = behind.map(|key| (Timestamp::from_millis(key.born.saturating_neg()), key.id));
        Self { owner, behind, count: page.count() + 1 }
    }

    /// What is asked for alike, with the domains of which it is.
    fn alike(
        wanted: impl Iterator<Item = Self>,
    ) -> HashMap<(TenantId, Option<ReportKey>, usize), Vec<DomainId>> {
        let mut alike: HashMap<_, Vec<DomainId>> = HashMap::new();
        for Self { owner: ReportOwner { tenant, domain }, behind, count } in wanted {
            alike.entry((tenant, behind, count)).or_default().push(domain);
        }
        alike
    }
}

/// A page of DMARC reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DmarcPage(Wanted);

/// A page of TLS reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TlsPage(Wanted);

/// Gathers the domains of which it is asked in the same moment what others report.
pub(crate) struct ReportPages(pub(crate) Reports);

macro_rules! pages {
    ($($page:ident, $read:ident => $report:ty;)*) => {$(
        impl Loader<$page> for ReportPages {
            type Value = Vec<(ReportKey, $report)>;
            type Error = Arc<DatabaseError>;

            async fn load(
                &self,
                keys: &[$page],
            ) -> std::result::Result<HashMap<$page, Self::Value>, Arc<DatabaseError>> {
                let mut told = HashMap::with_capacity(keys.len());
                for ((tenant, behind, count), domains) in Wanted::alike(keys.iter().map(|page| page.0)) {
                    let limits = (count, SHOWN_ROW_COUNT);
                    let found = self.0.$read((tenant, &domains), behind, limits).await.map_err(Arc::new)?;
                    told.extend(found.into_iter().map(|(domain, page)| {
                        ($page(Wanted { owner: ReportOwner { tenant, domain }, behind, count }), page)
                    }));
                }
                Ok(told)
            }
        }
    )*};
}

pages! {
    DmarcPage, dmarc => store::DmarcReport;
    TlsPage, tls => store::TlsReport;
}

/// The key of a report in its list: the newest first.
fn key((at, id): ReportKey) -> PageKey {
    PageKey { born: at.millis().saturating_neg(), id }
}

fn told((domain, result): (String, String)) -> (Option<String>, Option<String>) {
    ((!domain.is_empty()).then_some(domain), (!result.is_empty()).then_some(result))
}

/// A page of DMARC reports.
pub(super) async fn dmarc(
    ctx: &Context<'_>,
    domain: &Domain,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Connection<PageKey, DmarcReport>> {
    let owner = owner(ctx, domain)?;
    let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
    let found = ctx.data::<DataLoader<ReportPages>>()?.load_one(DmarcPage(Wanted::new(owner, page))).await;
    let found = found.map_err(|error| ctx.failed("DMARC reports", &*error))?;
    let nodes = found.unwrap_or_default().into_iter().map(|(place, report)| {
        let sources = report.sources.into_iter().map(|source| {
            let (dkim_domain, dkim_result) = told(source.dkim);
            let (spf_domain, spf_result) = told(source.spf);
            DmarcSource {
                source: source.source,
                messages: Whole(source.message_count),
                disposition: source.disposition,
                is_dkim_aligned: source.is_dkim_aligned,
                is_spf_aligned: source.is_spf_aligned,
                header_from: source.header_from,
                dkim_domain,
                dkim_result,
                spf_domain,
                spf_result,
            }
        });
        let node = DmarcReport {
            id: place.1.simple().to_string(),
            sources: sources.collect(),
            reporter: report.head.reporter,
            report_id: report.head.report,
            begin: report.head.begin.into(),
            end: report.head.end.into(),
            received_at: report.head.received_at.into(),
            policy: report.policy,
            messages: Whole(report.message_count),
            passed: Whole(report.passed_count),
            is_authenticated: report.is_proven,
        };
        (key(place), node)
    });
    Ok(page.found(nodes.collect()))
}

/// Gathers the domains of which it is asked in the same moment what sources did in so many days.
pub(crate) struct Sources {
    reports: Reports,
    engine: Arc<Engine>,
}

impl Sources {
    pub(crate) fn new(platform: &Platform) -> Self {
        Self { reports: platform.reports.clone(), engine: Arc::clone(&platform.engine) }
    }
}

impl Loader<(ReportOwner, u32)> for Sources {
    type Value = Vec<SourceSummary>;
    type Error = Arc<DatabaseError>;

    async fn load(
        &self,
        keys: &[(ReportOwner, u32)],
    ) -> std::result::Result<HashMap<(ReportOwner, u32), Vec<SourceSummary>>, Arc<DatabaseError>> {
        let mut alike: HashMap<(TenantId, u32), Vec<DomainId>> = HashMap::new();
        for (owner, days) in keys {
            alike.entry((owner.tenant, *days)).or_default().push(owner.domain);
        }
        let mut told = HashMap::with_capacity(keys.len());
        for ((tenant, days), domains) in alike {
            let span = Duration::from_secs(u64::from(days) * 86_400);
            let since = self.engine.now().millis() - i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
            let found = self.reports.sources(tenant, &domains, Timestamp::from_millis(since)).await;
            let found = found.map_err(Arc::new)?;
            told.extend(found.into_iter().map(|(domain, one)| ((ReportOwner { tenant, domain }, days), one)));
        }
        Ok(told)
    }
}

/// What sources did in the last days.
pub(super) async fn sources(
    ctx: &Context<'_>,
    domain: &Domain,
    days: Option<u32>,
) -> Result<Vec<DmarcSourceSummary>> {
    let owner = owner(ctx, domain)?;
    let days = days.unwrap_or(SUMMARY_DAYS_DEFAULT);
    if !(1..=SUMMARY_DAYS_MAX).contains(&days) {
        return Err(ctx.fault(Fault::BadInput("`days` is 1 to 180", "`days` va de 1 à 180")));
    }
    let found = ctx.data::<DataLoader<Sources>>()?.load_one((owner, days)).await;
    let found = found.map_err(|error| ctx.failed("sources of DMARC reports", &*error))?;
    let told = found.unwrap_or_default().into_iter().map(|one| DmarcSourceSummary {
        source: one.source,
        messages: Whole(one.message_count),
        passed: Whole(one.passed_count),
        dkim_aligned: Whole(one.dkim_aligned_count),
        spf_aligned: Whole(one.spf_aligned_count),
        quarantined: Whole(one.quarantined_count),
        rejected: Whole(one.rejected_count),
    });
    Ok(told.collect())
}

/// A page of TLS reports.
pub(super) async fn tls(
    ctx: &Context<'_>,
    domain: &Domain,
    (first, after): (Option<i32>, Option<String>),
) -> Result<Connection<PageKey, TlsReport>> {
    let owner = owner(ctx, domain)?;
    let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
    let found = ctx.data::<DataLoader<ReportPages>>()?.load_one(TlsPage(Wanted::new(owner, page))).await;
    let found = found.map_err(|error| ctx.failed("TLS reports", &*error))?;
    let nodes = found.unwrap_or_default().into_iter().map(|(place, report)| {
        let failures = report.failures.into_iter().map(|failure| TlsReportFailure {
            policy: failure.policy,
            kind: failure.kind,
            host: failure.host,
            sessions: Whole(failure.session_count),
            detail: failure.detail,
        });
        let node = TlsReport {
            id: place.1.simple().to_string(),
            failures: failures.collect(),
            reporter: report.head.reporter,
            report_id: report.head.report,
            begin: report.head.begin.into(),
            end: report.head.end.into(),
            received_at: report.head.received_at.into(),
            succeeded: Whole(report.succeeded_count),
            failed: Whole(report.failed_count),
        };
        (key(place), node)
    });
    Ok(page.found(nodes.collect()))
}
