//! Reports of other hosts about our customers' mail: read within bounds, kept for whose domain they are about.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authority::Principal;
use directory::Directory;
use engine::Engine;
use hosting::use_case::RecordComplaint;
use journal::{Clock as _, SystemClock};
use kernel::{CommandId, CorrelationId, DomainId, DomainName, EmailAddress, Id as _, TenantId, Timestamp};
use parking_lot::Mutex;
use report::tls::PolicyKind;
use report::{AggregateReport, Feedback, Malformed, Report, TlsReport};
use smtp::{Intake, Proven, ReportInbox, ReportIntake, ReportLetter};
use store::{
    Direction, DmarcSource, Passage, PassageFilter, Queue as _, RemoteReply, ReportHead, ReportOwner,
    Reports, SqlStore, Stage, SuppressionCause,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::bounces::is_within;
use crate::complaint::{self, Complaint};

/// Before the `@` of the addresses that our DNS page recommends.
const LOCAL_PARTS: [&str; 2] = [dnscheck::DMARC_REPORTS, dnscheck::TLS_REPORTS];
/// Reports that one author may bring to a domain in an hour; who brings more comes again.
const REPORTS_PER_HOUR_MAX: u32 = 300;
/// Reports that one author may bring in an hour where complaints come; who brings more comes again.
const FEEDBACK_PER_HOUR_MAX: u32 = 3_000;
/// Complaints that count in an hour of those behind whom one domain stands; who brings more comes again.
const COMPLAINTS_OF_REPORTER_PER_HOUR_MAX: u32 = 300;
/// Messages of one author that are read in an hour and turn out to be no report; who brings more comes again, unread.
const JUNK_PER_HOUR_MAX: u32 = 300;
/// Of how many is counted at a time; where there are more, all begin anew.
const COUNTED_COUNT_MAX: usize = 100_000;
/// Reports that are unpacked at a time.
const READ_COUNT_MAX: usize = 2;
/// Longest time to wait until one is unpacked, and then to unpack and read it.
const READ_WAIT: Duration = Duration::from_secs(20);
/// How far in the future a report may end: clocks differ.
const AHEAD: Duration = Duration::from_secs(86_400);
/// Kinds of feedback that say that mail is unwanted.
const COMPLAINTS: [&str; 3] = ["abuse", "fraud", "virus"];
/// Steps of a message that are looked at to find who complains.
const PASSAGE_COUNT_MAX: usize = 1000;
/// How often old reports are removed.
const PURGE_PAUSE: Duration = Duration::from_secs(3600);

/// Reports of the hour that runs.
#[derive(Debug, Default)]
struct Hour {
    number: i64,
    counts: HashMap<Counted, u32>,
}

/// Who brings reports. What strangers bring silences nobody but themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Bringer {
    /// The author's domain, where it stands behind what it writes.
    Author(String),
    /// The network from which it came, where nobody stands behind it; none: it was brought by ourselves.
    Network(Option<IpAddr>),
}

impl Bringer {
    fn of(letter: &ReportLetter<'_>) -> Self {
        let proven = letter.proven;
        let is_proven = proven.is_checked && (proven.passes_dmarc || is_signed_by_author(proven));
        match proven.author.as_ref().filter(|_| is_proven) {
            Some(author) => Self::Author(author.to_ascii_lowercase()),
            None => Self::Network(letter.network),
        }
    }
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Counted {
    /// Reports that somebody brings to the addresses of a domain.
    Domain(TenantId, DomainId, Bringer),
    /// Those that somebody brings where complaints come.
    Feedback(Bringer),
    /// Complaints that somebody brings behind which that domain stands; none: nobody.
    Reporter(Option<String>, Bringer),
    /// What somebody brings that is no report.
    Junk(Bringer),
}

impl Counted {
    fn of(inbox: ReportInbox, bringer: Bringer) -> Self {
        match inbox.domain {
            Some(domain) => Self::Domain(inbox.tenant, domain, bringer),
            None => Self::Feedback(bringer),
        }
    }

    const fn per_hour_max(&self) -> u32 {
        match self {
            Self::Domain(..) => REPORTS_PER_HOUR_MAX,
            Self::Feedback(_) => FEEDBACK_PER_HOUR_MAX,
            Self::Reporter(..) => COMPLAINTS_OF_REPORTER_PER_HOUR_MAX,
            Self::Junk(_) => JUNK_PER_HOUR_MAX,
        }
    }
}

impl Hour {
    fn at(&mut self, now: Timestamp) -> &mut Self {
        let number = now.secs().div_euclid(3600);
        if self.number != number || self.counts.len() >= COUNTED_COUNT_MAX {
            *self = Self { number, counts: HashMap::new() };
        }
        self
    }

    /// Whether there is no room for one more.
    fn is_full(&mut self, counted: &Counted, now: Timestamp) -> bool {
        let count = self.at(now).counts.get(counted).copied().unwrap_or_default();
        count >= counted.per_hour_max()
    }

    /// Counts one more, unless there is no room for it.
    fn is_too_many(&mut self, counted: Counted, now: Timestamp) -> bool {
        let is_full = self.is_full(&counted, now);
        if !is_full {
            *self.counts.entry(counted).or_default() += 1;
        }
        is_full
    }
}

/// Takes reports in.
pub struct TakeReports {
    /// Knows whose domains are.
    directory: Arc<Directory>,
    /// Keeps reports.
    reports: Reports,
    /// Knows who sent what to whom, and whom nothing is sent to.
    store: Arc<SqlStore>,
    /// Records complaints.
    engine: Arc<Engine>,
    /// Where complaints of other hosts come.
    feedback: Option<EmailAddress>,
    /// Domains that may complain for whomever they like.
    feedback_loops: Vec<DomainName>,
    gate: Arc<Semaphore>,
    hour: Mutex<Hour>,
}

impl TakeReports {
    /// Over what it keeps them in.
    pub fn new(
        (directory, engine): (Arc<Directory>, Arc<Engine>),
        (reports, store): (Reports, Arc<SqlStore>),
        (feedback, feedback_loops): (Option<EmailAddress>, Vec<DomainName>),
    ) -> Self {
        let gate = Arc::new(Semaphore::new(READ_COUNT_MAX));
        Self { directory, reports, store, engine, feedback, feedback_loops, gate, hour: Mutex::default() }
    }

    fn is_too_many(&self, counted: Counted, now: Timestamp) -> bool {
        self.hour.lock().is_too_many(counted, now)
    }

    /// Reads on a thread of its own: what is packed may be large. None where others are read for too long.
    async fn read(&self, message: &[u8]) -> Option<Result<Report, &'static str>> {
        let turn = tokio::time::timeout(READ_WAIT, Arc::clone(&self.gate).acquire_owned()).await;
        let _permit = turn.ok()?.ok()?;
        Some(self.read_now(message).await)
    }

    async fn read_now(&self, message: &[u8]) -> Result<Report, &'static str> {
        let message = message.to_vec();
        let reading = tokio::task::spawn_blocking(move || report::find(&message));
        match tokio::time::timeout(READ_WAIT, reading).await {
            Ok(Ok(Ok(report))) => Ok(report),
            Ok(Ok(Err(fault))) => Err(word(&fault)),
            Ok(Err(_)) | Err(_) => Err("report_broken"),
        }
    }

    /// The domain of ours that `name` is or lies below, if it is the tenant's.
    fn own(&self, tenant: TenantId, name: &str) -> Option<ReportOwner> {
        let mut name = name;
        loop {
            if let Some((owner, domain)) = self.directory.domain_named(name) {
                return (owner == tenant).then_some(ReportOwner { tenant, domain });
            }
            name = name.split_once('.')?.1;
        }
    }

    async fn aggregate(&self, letter: &ReportLetter<'_>, report: AggregateReport, now: Timestamp) -> Intake {
        let Some(owner) = self.own(letter.inbox.tenant, report.policy.domain.as_str()) else {
            return Intake::Dropped("report_of_other_domain");
        };
        if report.begin > report.end || report.end > now.plus(AHEAD) {
            return Intake::Dropped("report_broken");
        }
        let (message_count, passed_count) = (report.message_count(), report.passed_count());
        let mut rows = report.rows;
        rows.sort_by_key(|row| std::cmp::Reverse(row.count));
        let kept = store::DmarcReport {
            head: ReportHead {
                reporter: report.reporter,
                report: report.id,
                begin: report.begin,
                end: report.end,
                received_at: now,
            },
            policy: report.policy.policy.as_str().to_owned(),
            message_count,
            passed_count,
            is_proven: !letter.proven.is_checked || letter.proven.passes_dmarc,
            sources: rows.iter().take(store::REPORT_ROW_COUNT_MAX).map(source).collect(),
        };
        kept_or_later(self.reports.keep_dmarc(owner, &kept).await, "dmarc_report_kept")
    }

    async fn tls(&self, letter: &ReportLetter<'_>, report: TlsReport, now: Timestamp) -> Intake {
        // Reports are signed (RFC 8460 section 3); by anybody is by nobody.
        if !is_signed_by_author(letter.proven) {
            return Intake::Dropped("report_not_proven");
        }
        if report.begin > report.end || report.end > now.plus(AHEAD) {
            return Intake::Dropped("report_broken");
        }
        let mut owners: Vec<(ReportOwner, store::TlsReport)> = Vec::new();
        for policy in report.policies {
            let Some(owner) = self.own(letter.inbox.tenant, policy.domain.as_str()) else { continue };
            let index = owners.iter().position(|(known, _)| *known == owner).unwrap_or_else(|| {
                let head = ReportHead {
                    reporter: report.reporter.clone(),
                    report: report.id.clone(),
                    begin: report.begin,
                    end: report.end,
                    received_at: now,
                };
                let kept =
                    store::TlsReport { head, succeeded_count: 0, failed_count: 0, failures: Vec::new() };
                owners.push((owner, kept));
                owners.len() - 1
            });
            let kept = &mut owners[index].1;
            kept.succeeded_count = kept.succeeded_count.saturating_add(policy.succeeded_count);
            kept.failed_count = kept.failed_count.saturating_add(policy.failed_count);
            let kind = kind_word(policy.kind);
            kept.failures.extend(policy.failures.into_iter().map(|failure| store::TlsFailure {
                policy: kind.to_owned(),
                kind: failure.kind,
                host: failure.receiving_host,
                session_count: failure.count,
                detail: failure.detail,
            }));
        }
        if owners.is_empty() {
            return Intake::Dropped("report_of_other_domain");
        }
        for (owner, mut kept) in owners {
            kept.failures.sort_by_key(|failure| std::cmp::Reverse(failure.session_count));
            if let Err(error) = self.reports.keep_tls(owner, &kept).await {
                return kept_or_later(Err(error), "tls_report_kept");
            }
        }
        Intake::Kept("tls_report_kept")
    }

    /// A complaint: where somebody stands behind it, it is counted to the mailbox that sent the message, and nothing is sent to
    /// the complainer any more; else it is noted beside the message, and nothing comes of it.
    async fn feedback(&self, letter: &ReportLetter<'_>, feedback: Feedback, now: Timestamp) -> Intake {
        if !COMPLAINTS.contains(&feedback.kind.as_str()) {
            return Intake::Dropped("feedback_other");
        }
        let proven = letter.proven;
        if proven.is_checked && !proven.passes_dmarc && proven.signers.is_empty() {
            return Intake::Dropped("report_not_proven");
        }
        let steps = match self.steps(&feedback).await {
            Ok(steps) => steps,
            Err(error) => {
                tracing::warn!(%error, "whose message a complaint is about is not known");
                return Intake::Later;
            }
        };
        if steps.is_empty() {
            return Intake::Dropped("feedback_unknown_message");
        }
        let judged = complaint::judge(&feedback, &steps, (proven, letter.mail_from), &self.feedback_loops);
        let Some(complaint) = judged else { return Intake::Kept("feedback_kept") };
        // Those behind whom nobody stands have one share of each network, whatever they call themselves.
        let reporter = complaint.is_proven.then(|| complaint.reporter.clone());
        if self.is_too_many(Counted::Reporter(reporter, Bringer::of(letter)), now) {
            return Intake::TooMany;
        }
        let (word, done) = match complaint.is_proven {
            true => ("feedback_kept", self.count(&feedback, &complaint).await),
            false => (complaint::NOT_PROVEN, self.note(&complaint).await.map_err(Into::into)),
        };
        match done {
            Ok(()) if complaint.is_proven => Intake::Kept(word),
            Ok(()) => Intake::Dropped(word),
            Err(error) => {
                tracing::warn!(%error, "a complaint was not recorded");
                Intake::Later
            }
        }
    }

    /// The steps of the message that feedback is about, which left here.
    async fn steps(&self, feedback: &Feedback) -> Result<Vec<Passage>, store::StoreError> {
        let Some(message_id) = &feedback.message_id else { return Ok(Vec::new()) };
        let sender = feedback.original_sender.as_deref().and_then(|sender| sender.rsplit_once('@'));
        let names = feedback.signers.iter().map(String::as_str).chain(feedback.author_domain.as_deref());
        let names = names.chain(feedback.reported_domain.as_deref()).chain(sender.map(|(_, domain)| domain));
        let mut tenants: Vec<TenantId> = Vec::new();
        for name in names {
            let known = self.directory.domain_named(&name.to_ascii_lowercase());
            tenants.extend(known.map(|(tenant, _)| tenant).filter(|tenant| !tenants.contains(tenant)));
        }
        for tenant in tenants {
            let of = PassageFilter {
                message_id: Some(message_id.clone()),
                direction: Some(Direction::Out),
                ..PassageFilter::default()
            };
            let found = self.store.passages(tenant, &of, None, PASSAGE_COUNT_MAX).await?;
            if !found.is_empty() {
                return Ok(found.into_iter().map(|(_, passage)| passage).collect());
            }
        }
        Ok(Vec::new())
    }

    async fn count(&self, feedback: &Feedback, complaint: &Complaint<'_>) -> anyhow::Result<()> {
        let Complaint { step, complainer, reporter, .. } = complaint;
        if let Some(mailbox) = step.mailbox {
            let record = RecordComplaint { account: step.tenant.account(), mailbox };
            // The same complaint that comes twice at once is one command.
            let whose = complainer.as_ref().map(ToString::to_string).unwrap_or_default();
            let name = format!("{}\n{whose}\n{reporter}", step.message);
            let command = CommandId::new(Uuid::new_v5(&mailbox.uuid(), name.as_bytes()));
            let correlation = CorrelationId::new(Uuid::now_v7());
            self.engine.run(&Principal::platform("reports"), command, correlation, &record).await?;
        }
        if let Some(complainer) = complainer {
            let said =
                RemoteReply { text: format!("complaint: {}", feedback.kind), ..RemoteReply::default() };
            self.store.suppress(step.tenant, complainer, (SuppressionCause::Complaint, said)).await?;
        }
        // Last: once it stands in the trace it is not told again.
        self.note(complaint).await?;
        Ok(())
    }

    /// Tells the trace of the message.
    async fn note(&self, complaint: &Complaint<'_>) -> Result<(), store::StoreError> {
        let Complaint { step, complainer, reporter, is_proven } = complaint;
        let unproven = (!is_proven).then(|| complaint::NOT_PROVEN.to_owned());
        let passage = Passage {
            at: SystemClock.now(),
            stage: Stage::Complained,
            recipient: complainer.as_ref().map(ToString::to_string),
            reply: Some(RemoteReply { text: reporter.clone(), ..RemoteReply::default() }),
            next_at: None,
            message_id: None,
            source: None,
            reasons: unproven.into_iter().collect(),
            ..(*step).clone()
        };
        self.store.record(vec![passage]).await
    }
}

#[async_trait]
impl ReportIntake for TakeReports {
    fn inbox(&self, to: &EmailAddress) -> Option<ReportInbox> {
        if self.feedback.as_ref() == Some(to) {
            return Some(ReportInbox { tenant: TenantId::PLATFORM, domain: None });
        }
        let is_ours = LOCAL_PARTS.iter().any(|local| to.local.as_str().eq_ignore_ascii_case(local));
        if !is_ours || self.directory.is_taken(to) {
            return None;
        }
        let (tenant, domain) = self.directory.domain_named(to.domain.as_str())?;
        Some(ReportInbox { tenant, domain: Some(domain) })
    }

    async fn take(&self, letter: ReportLetter<'_>) -> Intake {
        let now = SystemClock.now();
        let bringer = Bringer::of(&letter);
        let junk = Counted::Junk(bringer.clone());
        if self.hour.lock().is_full(&junk, now) {
            return Intake::TooMany;
        }
        let Some(read) = self.read(letter.message).await else { return Intake::Later };
        // What is no report counts as none.
        if read.is_ok() && self.is_too_many(Counted::of(letter.inbox, bringer), now) {
            return Intake::TooMany;
        }
        match read {
            Err(word) => {
                self.is_too_many(junk, now);
                Intake::Dropped(word)
            }
            Ok(Report::Feedback(feedback)) => self.feedback(&letter, feedback, now).await,
            Ok(Report::Aggregate(report)) => self.aggregate(&letter, report, now).await,
            Ok(Report::Tls(report)) => self.tls(&letter, report, now).await,
        }
    }
}

/// Removes old reports, until `stop`.
pub async fn purge(reports: Reports, stop: tokio_util::sync::CancellationToken) {
    loop {
        if let Err(error) = reports.purge(SystemClock.now()).await {
            tracing::warn!(%error, "old reports were not removed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PURGE_PAUSE) => {}
        }
    }
}

fn kept_or_later(kept: Result<(), database::DatabaseError>, word: &'static str) -> Intake {
    match kept {
        Ok(()) => Intake::Kept(word),
        Err(error) => {
            tracing::warn!(%error, "a report was not kept");
            Intake::Later
        }
    }
}

/// Whether the domain of its author, or one above or below it, signed a message.
fn is_signed_by_author(proven: &Proven) -> bool {
    let Some(author) = &proven.author else { return !proven.is_checked };
    !proven.is_checked
        || proven.signers.iter().any(|signer| is_within(author, signer) || is_within(signer, author))
}

fn source(row: &report::aggregate::Row) -> DmarcSource {
    let dkim = row.dkim.iter().find(|dkim| dkim.result == "pass").or(row.dkim.first());
    DmarcSource {
        source: row.source.to_string(),
        message_count: row.count,
        disposition: row.disposition.as_str().to_owned(),
        is_dkim_aligned: row.is_dkim_aligned,
        is_spf_aligned: row.is_spf_aligned,
        header_from: row.header_from.clone(),
        dkim: dkim.map(|dkim| (dkim.domain.clone(), dkim.result.clone())).unwrap_or_default(),
        spf: row.spf.first().map(|spf| (spf.domain.clone(), spf.result.clone())).unwrap_or_default(),
    }
}

const fn kind_word(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Tlsa => "tlsa",
        PolicyKind::Sts => "sts",
        PolicyKind::NoPolicyFound => "no-policy-found",
    }
}

const fn word(fault: &Malformed) -> &'static str {
    match fault {
        Malformed::NoReport => "report_absent",
        Malformed::TooLarge { .. } | Malformed::TooManyRows { .. } | Malformed::TooDeep => "report_too_large",
        Malformed::Packing | Malformed::Syntax | Malformed::DocumentType | Malformed::Missing(_) => {
            "report_broken"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::LocalPart;

    fn proven(author: &str, signers: &[&str]) -> Proven {
        Proven {
            is_checked: true,
            author: Some(author.to_owned()),
            passes_dmarc: false,
            signers: signers.iter().map(|signer| (*signer).to_owned()).collect(),
        }
    }

    fn letter<'a>(
        proven: &'a Proven,
        network: [u8; 4],
        (to, inbox): (&'a EmailAddress, ReportInbox),
    ) -> ReportLetter<'a> {
        let network = Some(IpAddr::from(network));
        ReportLetter { inbox, to, mail_from: None, message: b"", proven, network }
    }

    #[test]
    fn nobody_on_a_shared_domain_has_an_address_that_our_records_name_or_that_we_answer_at() {
        let name = |text: &str| resolver::Name::parse(text).expect("a name");
        let platform = dnscheck::Platform {
            exchanges: vec![name("mx.host.example")],
            host: name("mail.host.example"),
            pages: name("panel.host.example"),
            https: 443,
            imaps: Some(993),
            submissions: Some(465),
            submission: Some(587),
            dav: None,
            spf: None,
            sts_id: Some("1".to_owned()),
            sts_hosts: vec![],
        };
        let recommended = dnscheck::expected(&platform, &name("c.example"), &[]).into_iter();
        let texts: Vec<String> = recommended.map(|record| record.data.to_string()).collect();
        let named = texts.iter().flat_map(|text| text.split("mailto:").skip(1));
        let named: Vec<&str> = named.filter_map(|address| address.split('@').next()).collect();
        assert_eq!(named, LOCAL_PARTS);
        for local in named.into_iter().chain(LOCAL_PARTS).chain(["postmaster", "abuse", "feedback"]) {
            let local = LocalPart::parse(local).expect("a local part");
            assert!(hosting::is_reserved(&local), "{local}");
        }
    }

    #[test]
    fn what_one_brings_silences_nobody_else() {
        let to = EmailAddress::parse("dmarc-reports@x.example").expect("an address");
        let inbox = ReportInbox { tenant: TenantId::PLATFORM, domain: None };
        let place = (&to, inbox);
        let (signed, other) = (proven("r.example", &["r.example"]), proven("s.example", &["s.example"]));
        let stranger = proven("r.example", &["evil.example"]);
        let of = |proven: &Proven, network| Counted::of(inbox, Bringer::of(&letter(proven, network, place)));
        let (now, mut hour) = (Timestamp::from_secs(7200), Hour::default());
        // From wherever it comes, what its author stands behind is counted to the author.
        assert_eq!(of(&signed, [192, 0, 2, 0]), of(&signed, [198, 51, 100, 0]));
        // Who only says so is counted by network, and not to the author.
        let strangers = of(&stranger, [192, 0, 2, 0]);
        for _ in 0..FEEDBACK_PER_HOUR_MAX {
            assert!(!hour.is_too_many(strangers.clone(), now));
        }
        assert!(hour.is_too_many(strangers.clone(), now));
        for free in
            [of(&signed, [192, 0, 2, 0]), of(&other, [192, 0, 2, 0]), of(&stranger, [198, 51, 100, 0])]
        {
            assert!(!hour.is_too_many(free, now));
        }
        assert!(!hour.is_too_many(strangers, now.plus(Duration::from_secs(3600))), "an hour later");
    }

    #[test]
    fn a_tls_report_counts_where_its_author_signed_it() {
        for (author, signers, counts) in [
            ("r.example", &["r.example"][..], true),
            ("mail.r.example", &["r.example"], true),
            ("r.example", &["evil.example"], false),
            ("r.example", &[], false),
            ("r.example", &["notr.example"], false),
        ] {
            assert_eq!(is_signed_by_author(&proven(author, signers)), counts, "{author} {signers:?}");
        }
        assert!(is_signed_by_author(&Proven::default()), "our own network is believed");
    }
}
