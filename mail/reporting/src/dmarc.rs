//! Tells domains what came in their name (RFC 9990): counted as it comes, reported once a day to whom they name in DNS.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use database::DatabaseError;
use directory::Directory;
use kernel::{DomainName, EmailAddress, TenantId, Timestamp};
use report::aggregate::{Alignment, Disposition, DkimResult, PublishedPolicy, Row, SpfResult};
use report::{AggregateReport, Carriage};
use resolver::{Dns, Name};
use smtp::{DmarcTally, Intake, Proven, ReportIntake, ReportLetter, Signers};
use store::{Acceptance, Days, DmarcObservation, DmarcObservations, Lane, Origin, Queueing, Store};
use verify::dmarc::{self, Place, Policies, Policy};

use crate::daily::{ADDRESS_COUNT_MAX, DailyReports, period, signed};
use crate::ends;

/// Writes down what is counted, and sends the reports.
pub struct DmarcReports {
    /// What is counted.
    pub tally: Arc<DmarcTally>,
    /// Where it is written down.
    pub observations: DmarcObservations,
    /// Knows to whom reports go.
    pub dns: Arc<dyn Dns>,
    /// Takes the reports that leave, and those for mailboxes here.
    pub store: Arc<dyn Store>,
    /// Knows who is here.
    pub directory: Arc<Directory>,
    /// Takes those about domains that are served here.
    pub intake: Arc<dyn ReportIntake>,
    /// Signs them.
    pub signers: Arc<dyn Signers>,
    /// From whom they are.
    pub from: EmailAddress,
    /// Who reports, in words.
    pub organization: String,
}

#[async_trait]
impl DailyReports for DmarcReports {
    const NAME: &'static str = "DMARC";

    fn days(&self) -> &Days {
        self.observations.days()
    }

    async fn write(&self) -> Result<(), DatabaseError> {
        let counted = self.tally.take();
        let written = self.observations.add(&counted).await;
        if written.is_err() {
            self.tally.give_back(counted);
        }
        written
    }

    async fn tell(&self, (day, domain): (i64, &DomainName), now: Timestamp) -> anyhow::Result<bool> {
        let Some((policies, places)) = self.wanted(domain).await else { return Ok(false) };
        let observations = self.observations.of(day, domain).await?;
        if let Some(policies) = policies
            && !observations.is_empty()
        {
            let report = self.compose((day, domain), &policies, &observations);
            for place in places.iter().take(ADDRESS_COUNT_MAX) {
                self.send(&report, place, now).await?;
            }
        }
        Ok(true)
    }
}

impl DmarcReports {
    /// The policy as it stands now, and who wants to know; none where DNS did not tell.
    async fn wanted(&self, domain: &DomainName) -> Option<(Option<Policies>, Vec<Place>)> {
        let Ok(name) = Name::parse(domain.as_str()) else { return Some((None, Vec::new())) };
        let Some(policies) = dmarc::published(&*self.dns, &name).await.ok()? else {
            return Some((None, Vec::new()));
        };
        let places = dmarc::report_places(&*self.dns, &name, &policies).await.ok()?;
        Some((Some(policies), places))
    }

    fn compose(
        &self,
        (day, domain): (i64, &DomainName),
        policies: &Policies,
        observations: &[(DmarcObservation, u64)],
    ) -> AggregateReport {
        let (begin, end) = period(day);
        AggregateReport {
            reporter: self.organization.clone(),
            contact: self.from.to_string(),
            id: format!("{}.{domain}@{}", begin.secs(), self.from.domain),
            begin,
            end,
            policy: published(domain, policies),
            rows: observations.iter().filter_map(|(observation, count)| row(observation, *count)).collect(),
        }
    }

    async fn send(&self, report: &AggregateReport, place: &Place, now: Timestamp) -> anyhow::Result<()> {
        let Ok(to) = EmailAddress::parse(&place.address) else { return Ok(()) };
        let message = self.message(report, &to, now).await;
        // As it travels, packed and encoded (RFC 9990 section 3.5).
        if place.octets_max.is_some_and(|max| message.len() as u64 > max) {
            tracing::info!(domain = %report.policy.domain, "a report of DMARC is larger than is wanted");
            return Ok(());
        }
        if let Some(inbox) = self.intake.inbox(&to) {
            let proven = Proven::default();
            let letter = ReportLetter {
                inbox,
                mail_from: Some(&self.from),
                to: &to,
                message: &message,
                proven: &proven,
                network: None,
            };
            return match self.intake.take(letter).await {
                Intake::Kept(_) | Intake::Dropped(_) | Intake::Refused(_) => Ok(()),
                Intake::Later | Intake::TooMany => anyhow::bail!("it cannot be kept now"),
            };
        }
        let Some((deposits, mut queued)) = ends(&self.directory, &self.from, &to) else {
            return Ok(());
        };
        for recipient in &mut queued {
            recipient.notify = Some("NEVER".to_owned());
        }
        let acceptance = Acceptance {
            message,
            deposits,
            queued,
            sender: Some(self.from.clone()),
            tenant: TenantId::PLATFORM,
            dsn: (None, None),
            queueing: Queueing { lane: Lane::Report, origin: Origin::Report, ..Queueing::default() },
        };
        self.store.accept(acceptance).await?;
        Ok(())
    }

    async fn message(&self, report: &AggregateReport, to: &EmailAddress, now: Timestamp) -> Bytes {
        let (from, recipient) = (self.from.to_string(), to.to_string());
        let carriage = Carriage {
            from: &from,
            to: &recipient,
            submitter: self.from.domain.as_str(),
            message_id: &report.id,
            date: now,
        };
        let message = report::carry_aggregate(report, &carriage);
        signed(&*self.signers, &self.from.domain, &message, now).await
    }
}

fn published(domain: &DomainName, policies: &Policies) -> PublishedPolicy {
    let alignment = |is_strict: bool| if is_strict { Alignment::Strict } else { Alignment::Relaxed };
    PublishedPolicy {
        domain: domain.clone(),
        policy: asked(policies.own()),
        subdomain_policy: policies.below().map(asked),
        absent_policy: policies.absent().map(asked),
        dkim_alignment: alignment(policies.is_dkim_strict()),
        spf_alignment: alignment(policies.is_spf_strict()),
        is_testing: policies.is_testing(),
    }
}

const fn asked(policy: Policy) -> Disposition {
    match policy {
        Policy::None => Disposition::None,
        Policy::Quarantine => Disposition::Quarantine,
        Policy::Reject => Disposition::Reject,
    }
}

fn row(observation: &DmarcObservation, count: u64) -> Option<Row> {
    let spf = observation.spf.iter().map(|spf| SpfResult {
        domain: spf.domain.clone(),
        scope: "mfrom".to_owned(),
        result: spf.result.clone(),
    });
    let dkim = observation.signatures.iter().map(|signature| DkimResult {
        domain: signature.domain.clone(),
        selector: signature.selector.clone(),
        result: signature.result.clone(),
    });
    let reason = Some(&observation.reason).filter(|reason| !reason.is_empty());
    Some(Row {
        source: observation.source.parse().ok()?,
        count,
        disposition: match observation.disposition.as_str() {
            "pass" => Disposition::Pass,
            "quarantine" => Disposition::Quarantine,
            "reject" => Disposition::Reject,
            _ => Disposition::None,
        },
        is_dkim_aligned: observation.is_dkim_aligned,
        is_spf_aligned: observation.is_spf_aligned,
        reasons: reason.map(|reason| (reason.clone(), String::new())).into_iter().collect(),
        header_from: observation.header_from.clone(),
        envelope_from: observation.envelope_from.clone(),
        dkim: dkim.collect(),
        spf: spf.collect(),
    })
}

#[cfg(test)]
mod tests {
    use database::Database;
    use kernel::DomainId;
    use parking_lot::Mutex;
    use smtp::ReportInbox;
    use store::{Checked, DAY_MILLIS, Queue as _, Retention, Selection, SqlStore, StateSelection};
    use tokio_util::sync::CancellationToken;
    use uuid::Uuid;

    use super::*;

    /// Signs by one key.
    struct OneKey(Arc<Vec<sign::Signer>>);

    #[async_trait]
    impl Signers for OneKey {
        async fn signers(&self, _: &DomainName) -> Arc<Vec<sign::Signer>> {
            Arc::clone(&self.0)
        }
    }

    /// Takes what comes for `dmarc-reports@here.example`.
    #[derive(Default)]
    struct Here(Mutex<Vec<report::Report>>);

    #[async_trait]
    impl ReportIntake for Here {
        fn inbox(&self, to: &EmailAddress) -> Option<ReportInbox> {
            let tenant = TenantId::new(Uuid::from_u128(1));
            let domain = Some(DomainId::new(Uuid::from_u128(2)));
            (to.to_string() == "dmarc-reports@here.example").then_some(ReportInbox { tenant, domain })
        }

        async fn take(&self, letter: ReportLetter<'_>) -> Intake {
            self.0.lock().push(report::find(letter.message).expect("a report"));
            Intake::Kept("dmarc_report_kept")
        }
    }

    const DAY: i64 = 20_000;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    fn signer() -> sign::Signer {
        let private = sign::generate(sign::Algorithm::Ed25519).expect("a key");
        let key = sign::SigningKey::from_pkcs8(sign::Algorithm::Ed25519, &private).expect("a key");
        sign::Signer { domain: name("us.example"), selector: "h1e".to_owned(), key, lifetime: None }
    }

    fn seen(domain: &str, source: &str) -> DmarcObservation {
        let checked = |selector: &str, result: &str| Checked {
            domain: domain.to_owned(),
            selector: selector.to_owned(),
            result: result.to_owned(),
        };
        DmarcObservation {
            day: DAY,
            domain: name(domain),
            source: source.to_owned(),
            disposition: "reject".to_owned(),
            is_dkim_aligned: false,
            is_spf_aligned: false,
            reason: String::new(),
            header_from: format!("news.{domain}"),
            envelope_from: domain.to_owned(),
            signatures: vec![checked("s1", "fail")],
            spf: Some(checked("", "softfail")),
        }
    }

    const ZONE: &str = "\
_dmarc.b.example. TXT \"v=DMARC1; p=reject; sp=none; aspf=s; t=y; rua=mailto:d@b.example!10m,mailto:d@silent.test\"
_dmarc.small.example. TXT \"v=DMARC1; p=none; rua=mailto:d@small.example!100\"
_dmarc.here.example. TXT \"v=DMARC1; p=none; rua=mailto:dmarc-reports@here.example\"
_dmarc.quiet.example. TXT \"v=DMARC1; p=none\"
";

    async fn reports(zone: Zone) -> (DmarcReports, Arc<SqlStore>, Arc<Here>, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a database");
        let at = Timestamp::from_millis(DAY * DAY_MILLIS);
        let store = SqlStore::open(database.clone(), Arc::new(move || at), Retention::days(30)).await;
        let (store, here) = (Arc::new(store.expect("a store")), Arc::<Here>::default());
        let reports = DmarcReports {
            tally: Arc::default(),
            observations: DmarcObservations::open(database).await.expect("tables"),
            dns: Arc::new(zone),
            store: Arc::clone(&store) as Arc<dyn Store>,
            directory: Arc::new(Directory::new()),
            intake: Arc::clone(&here) as Arc<dyn ReportIntake>,
            signers: Arc::new(OneKey(Arc::new(vec![signer()]))),
            from: EmailAddress::parse("dmarc-noreply@us.example").expect("an address"),
            organization: "Us".to_owned(),
        };
        (reports, store, here, folder)
    }

    use resolver::Zone;

    #[tokio::test]
    async fn what_came_on_a_day_is_told_once_signed_and_read_by_our_own_intake() {
        let (reports, store, here, _folder) = reports(Zone::parse(ZONE).expect("a zone")).await;
        for domain in ["b.example", "small.example", "here.example", "quiet.example"] {
            for source in ["192.0.2.1", "192.0.2.1", "2001:db8::1"] {
                reports.tally.count(seen(domain, source));
            }
        }
        reports.observations.add(&reports.tally.take()).await.expect("written");
        let stop = CancellationToken::new();
        for later in [1, DAY_MILLIS + 5 * 3_600_000, DAY_MILLIS + 6 * 3_600_000] {
            reports.look(Timestamp::from_millis(DAY * DAY_MILLIS + later), &stop).await;
        }
        let of = Selection { state: StateSelection::Any, ..Selection::default() };
        let entries = store.entries(&of, None, 10).await.expect("entries");
        let told: Vec<String> = entries.iter().map(|entry| entry.address.to_string()).collect();
        assert_eq!(told, ["d@b.example"], "one that agrees, for whom it is not too large");
        let message = store.content(entries[0].key.queue_id).await.expect("read").expect("a message");
        let text = String::from_utf8_lossy(&message);
        assert!(text.starts_with("DKIM-Signature:"), "{text}");
        assert!(text.contains("Subject: Report Domain: b.example Submitter: us.example Report-ID: <"));
        let Ok(report::Report::Aggregate(read)) = report::find(&message) else { panic!("none: {text}") };
        assert_eq!((read.begin.secs(), read.end.secs()), (DAY * 86_400, DAY * 86_400 + 86_399));
        assert_eq!((read.policy.policy, read.policy.is_testing), (Disposition::Reject, true));
        assert_eq!(read.policy.subdomain_policy, Some(Disposition::None));
        assert_eq!(read.policy.spf_alignment, Alignment::Strict);
        let counts: Vec<(String, u64)> =
            read.rows.iter().map(|row| (row.source.to_string(), row.count)).collect();
        assert_eq!(counts, [("192.0.2.1".to_owned(), 2), ("2001:db8::1".to_owned(), 1)]);
        assert_eq!(read.rows[0].disposition, Disposition::Reject);
        assert_eq!(read.rows[0].header_from, "news.b.example");
        assert_eq!(read.rows[0].dkim[0].selector, "s1");
        assert_eq!(
            (read.rows[0].spf[0].scope.as_str(), read.rows[0].spf[0].result.as_str()),
            ("mfrom", "softfail")
        );
        let kept = here.0.lock().clone();
        let [report::Report::Aggregate(own)] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!(own.policy.domain, name("here.example"), "a domain of ours reads its own");
        let left = reports.observations.days().before(i64::MAX, 10).await.expect("rows");
        assert_eq!(left, [], "everybody was told, or does not want to be");
    }

    #[tokio::test]
    async fn while_dns_is_away_a_report_waits_and_then_bears_the_same_name() {
        let mut zone = Zone::parse(ZONE).expect("a zone");
        let asked = Name::parse("b.example._report._dmarc.silent.test").expect("a name");
        zone.fail(asked, resolver::Kind::Txt, resolver::DnsError::Timeout);
        let (mut reports, store, _here, _folder) = reports(zone).await;
        reports.tally.count(seen("b.example", "192.0.2.1"));
        reports.observations.add(&reports.tally.take()).await.expect("written");
        let stop = CancellationToken::new();
        let at = |hours: i64| Timestamp::from_millis((DAY + 1) * DAY_MILLIS + hours * 3_600_000);
        reports.look(at(5), &stop).await;
        let of = Selection { state: StateSelection::Any, ..Selection::default() };
        assert!(store.entries(&of, None, 10).await.expect("entries").is_empty());
        reports.dns = Arc::new(Zone::parse(ZONE).expect("a zone"));
        reports.look(at(6), &stop).await;
        let entries = store.entries(&of, None, 10).await.expect("entries");
        let message = store.content(entries[0].key.queue_id).await.expect("read").expect("a message");
        let id = format!("Message-ID: <{}.b.example@us.example>", DAY * 86_400);
        assert!(String::from_utf8_lossy(&message).contains(&id));
    }
}
