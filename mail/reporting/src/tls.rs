//! Tells destinations how TLS towards their hosts went (RFC 8460): counted as it happens, reported once a day to whom they
//! name in DNS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caller::{Call, Caller, Method};
use database::DatabaseError;
use kernel::{DomainName, EmailAddress, TenantId, Timestamp};
use outbound::Tally;
use report::tls::{PolicyKind, PolicyOutcome, TlsFailure};
use report::{Carriage, TlsReport};
use resolver::{Dns, Kind, Name, Record};
use smtp::Signers;
use store::{
    Acceptance, Days, Lane, Origin, QueuedRecipient, Queueing, Store, TlsResult, TlsResults, TlsWish,
};

use crate::daily::{ADDRESS_COUNT_MAX, DailyReports, period, signed};

/// Longest wait for somebody's HTTPS.
const POST_WAIT: Duration = Duration::from_secs(30);

/// Writes down what is counted, and sends the reports.
pub struct TlsReports {
    /// What is counted.
    pub tally: Arc<Tally>,
    /// Where it is written down.
    pub results: TlsResults,
    /// Knows to whom reports go.
    pub dns: Arc<dyn Dns>,
    /// Takes the reports.
    pub store: Arc<dyn Store>,
    /// Signs them.
    pub signers: Arc<dyn Signers>,
    /// Posts those that go by HTTPS.
    pub caller: Caller,
    /// From whom they are.
    pub from: EmailAddress,
    /// Who reports, in words.
    pub organization: String,
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rua {
    Mail(EmailAddress),
    Https(String),
}

#[async_trait]
impl DailyReports for TlsReports {
    const NAME: &'static str = "TLS";

    fn days(&self) -> &Days {
        self.results.days()
    }

    async fn write(&self) -> Result<(), DatabaseError> {
        let counted = self.tally.take();
        let written = self.results.add(&counted).await;
        if written.is_err() {
            self.tally.give_back(counted);
        }
        written
    }

    async fn tell(&self, (day, domain): (i64, &DomainName), now: Timestamp) -> anyhow::Result<bool> {
        let Some(addresses) = self.addresses(domain).await else { return Ok(false) };
        if !addresses.is_empty() {
            let results = self.results.of(day, domain).await?;
            let report = self.compose((day, domain), &results);
            for address in addresses {
                self.send(&report, domain, &address, now).await?;
            }
        }
        Ok(true)
    }
}

impl TlsReports {
    /// Who wants to know; none where DNS did not tell.
    async fn addresses(&self, domain: &DomainName) -> Option<Vec<Rua>> {
        let Ok(name) = Name::parse(&format!("_smtp._tls.{domain}")) else { return Some(Vec::new()) };
        match self.dns.ask(&name, Kind::Txt).await {
            Ok(answer) => {
                let texts = answer.records.iter().filter_map(|record| match record {
                    Record::Txt(text) => Some(String::from_utf8_lossy(text).into_owned()),
                    _ => None,
                });
                Some(ruas(&texts.collect::<Vec<_>>()))
            }
            Err(error) if error.is_absence() => Some(Vec::new()),
            Err(_) => None,
        }
    }

    fn compose(&self, (day, domain): (i64, &DomainName), results: &[(TlsResult, u64)]) -> TlsReport {
        let (begin, end) = period(day);
        TlsReport {
            reporter: self.organization.clone(),
            contact: self.from.to_string(),
            id: format!("{}.{domain}@{}", begin.secs(), self.from.domain),
            begin,
            end,
            policies: outcomes(results),
        }
    }

    async fn send(
        &self,
        report: &TlsReport,
        domain: &DomainName,
        address: &Rua,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        match address {
            Rua::Mail(to) => self.mail(report, domain, to, now).await,
            Rua::Https(url) => {
                let call = Call {
                    method: Method::POST,
                    url: url.clone(),
                    headers: Vec::new(),
                    body: report::tls::write(report).into(),
                    answer_octets_max: 0,
                    deadline: POST_WAIT,
                };
                // Whoever cannot be reached, or does not want it, misses it; it is no mail.
                match self.caller.call(call.header("content-type", "application/tlsrpt+json")?).await {
                    Ok(answer) if answer.status < 300 => {}
                    Ok(answer) => tracing::info!(%domain, answer.status, "a report of TLS was not wanted"),
                    Err(error) => tracing::info!(%domain, %error, "a report of TLS could not be posted"),
                }
                Ok(())
            }
        }
    }

    async fn mail(
        &self,
        report: &TlsReport,
        domain: &DomainName,
        to: &EmailAddress,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let (from, recipient) = (self.from.to_string(), to.to_string());
        let carriage = Carriage {
            from: &from,
            to: &recipient,
            submitter: self.from.domain.as_str(),
            message_id: &report.id,
            date: now,
        };
        let message = report::carry_tls(report, domain.as_str(), &carriage);
        let acceptance = Acceptance {
            message: signed(&*self.signers, &self.from.domain, &message, now).await,
            deposits: Vec::new(),
            queued: vec![QueuedRecipient {
                notify: Some("NEVER".to_owned()),
                ..QueuedRecipient::new(to.clone())
            }],
            sender: Some(self.from.clone()),
            tenant: TenantId::PLATFORM,
            dsn: (None, None),
            queueing: Queueing {
                lane: Lane::Report,
                origin: Origin::Report,
                // It tells of TLS that does not work: it is to come all the same (RFC 8460 section 3).
                tls: TlsWish::Relaxed,
                ..Queueing::default()
            },
        };
        self.store.accept(acceptance).await?;
        Ok(())
    }
}

/// The addresses of the one record (RFC 8460 section 3); none where there is none, or more than one.
fn ruas(texts: &[String]) -> Vec<Rua> {
    let mut records = texts.iter().filter_map(|text| text.strip_prefix("v=TLSRPTv1"));
    let (Some(record), None) = (records.next(), records.next()) else { return Vec::new() };
    let tags = record.split(';').filter_map(|tag| tag.split_once('='));
    let rua = tags.into_iter().find(|(name, _)| name.trim() == "rua").map_or("", |(_, value)| value);
    let address = |text: &str| {
        let text = text.trim();
        match text.strip_prefix("mailto:") {
            Some(address) => EmailAddress::parse(address).ok().map(Rua::Mail),
            None => text.starts_with("https://").then(|| Rua::Https(text.to_owned())),
        }
    };
    rua.split(',').filter_map(address).take(ADDRESS_COUNT_MAX).collect()
}

/// Sessions by policy, with what went wrong under each.
fn outcomes(results: &[(TlsResult, u64)]) -> Vec<PolicyOutcome> {
    let mut outcomes: BTreeMap<(&str, &str, &[String]), PolicyOutcome> = BTreeMap::new();
    for (result, count) in results {
        let key = (result.kind.as_str(), result.policy_domain.as_str(), result.lines.as_slice());
        let outcome = outcomes.entry(key).or_insert_with(|| PolicyOutcome {
            kind: match result.kind.as_str() {
                "tlsa" => PolicyKind::Tlsa,
                "sts" => PolicyKind::Sts,
                _ => PolicyKind::NoPolicyFound,
            },
            lines: result.lines.clone(),
            domain: DomainName::parse(&result.policy_domain).unwrap_or_else(|_| result.domain.clone()),
            hosts: result.hosts.clone(),
            succeeded_count: 0,
            failed_count: 0,
            failures: Vec::new(),
        });
        if result.fault.is_empty() {
            outcome.succeeded_count += count;
            continue;
        }
        outcome.failed_count += count;
        outcome.failures.push(TlsFailure {
            kind: result.fault.clone(),
            sending_address: result.sending_address.clone(),
            receiving_host: result.receiving_host.clone(),
            count: *count,
            detail: result.detail.clone(),
        });
    }
    outcomes.into_values().collect()
}

#[cfg(test)]
mod tests {
    use caller::{Reach, SystemLookup};
    use database::Database;
    use outbound::{TlsFault, TlsObservation};
    use resolver::Zone;
    use store::{DAY_MILLIS, Queue as _, Retention, Selection, SqlStore, StateSelection};
    use tokio_util::sync::CancellationToken;
    use trust::{Basis, Policy};

    use super::*;

    /// Signs by one key.
    struct OneKey(Arc<Vec<sign::Signer>>);

    #[async_trait]
    impl Signers for OneKey {
        async fn signers(&self, _: &DomainName) -> Arc<Vec<sign::Signer>> {
            Arc::clone(&self.0)
        }
    }

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    fn signer() -> sign::Signer {
        let private = sign::generate(sign::Algorithm::Ed25519).expect("a key");
        let key = sign::SigningKey::from_pkcs8(sign::Algorithm::Ed25519, &private).expect("a key");
        sign::Signer { domain: name("us.example"), selector: "h1e".to_owned(), key, lifetime: None }
    }

    fn seen(basis: Basis, fault: Option<TlsFault>) -> TlsObservation {
        TlsObservation {
            domain: name("b.example"),
            basis,
            host: "mx.b.example".to_owned(),
            source: None,
            fault,
        }
    }

    #[test]
    fn addresses_are_read_from_the_one_record() {
        let read = |texts: &[&str]| ruas(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let mail = |text: &str| Rua::Mail(EmailAddress::parse(text).expect("an address"));
        let https = Rua::Https("https://b.example/r".to_owned());
        let both = "v=TLSRPTv1; rua=mailto:a@b.example, https://b.example/r";
        assert_eq!(read(&[both]), [mail("a@b.example"), https]);
        assert_eq!(read(&["v=spf1 -all", "v=TLSRPTv1;rua=mailto:a@b.example;"]), [mail("a@b.example")]);
        assert_eq!(read(&[both, both]), []);
        assert_eq!(read(&["v=TLSRPTv1; rua=ftp://b.example"]), []);
        assert_eq!(read(&["v=TLSRPTv1"]), []);
    }

    #[tokio::test]
    async fn what_was_seen_of_a_day_is_told_once_signed_and_whatever_tls_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a database");
        let day = Timestamp::from_millis(20_000 * DAY_MILLIS);
        let store = SqlStore::open(database.clone(), Arc::new(move || day), Retention::days(30)).await;
        let store = Arc::new(store.expect("a store"));
        let mut zone = Zone::new();
        let rua = b"v=TLSRPTv1; rua=mailto:tls@b.example".to_vec();
        zone.add(Name::parse("_smtp._tls.b.example").expect("a name"), Record::Txt(rua));
        let reports = TlsReports {
            tally: Arc::default(),
            results: TlsResults::open(database).await.expect("tables"),
            dns: Arc::new(zone),
            store: Arc::clone(&store) as Arc<dyn Store>,
            signers: Arc::new(OneKey(Arc::new(vec![signer()]))),
            caller: Caller::new(Reach::default(), Arc::new(SystemLookup), Vec::new()).expect("TLS"),
            from: EmailAddress::parse("tls-reports@us.example").expect("an address"),
            organization: "Us".to_owned(),
        };
        let policy = Policy::parse("version: STSv1\nmode: enforce\nmx: mx.b.example\nmax_age: 86400\n");
        let policy = Arc::new(policy.expect("a policy"));
        let fault = TlsFault { kind: "starttls-not-supported", detail: String::new() };
        for _ in 0..3 {
            reports.tally.count(&seen(Basis::Sts(Arc::clone(&policy)), None), day);
        }
        reports.tally.count(&seen(Basis::Sts(policy), Some(fault)), day);
        reports.results.add(&reports.tally.take()).await.expect("written");
        let stop = CancellationToken::new();
        for later in [1, DAY_MILLIS + 5 * 3_600_000, DAY_MILLIS + 6 * 3_600_000] {
            reports.look(Timestamp::from_millis(day.millis() + later), &stop).await;
        }
        let of = Selection { state: StateSelection::Any, ..Selection::default() };
        let entries = store.entries(&of, None, 10).await.expect("entries");
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].address.to_string(), "tls@b.example");
        let message = store.content(entries[0].key.queue_id).await.expect("read").expect("a message");
        let text = String::from_utf8_lossy(&message);
        assert!(text.starts_with("DKIM-Signature:"), "{text}");
        assert!(text.contains("TLS-Report-Domain: b.example\r\nTLS-Report-Submitter: us.example\r\n"));
        assert!(text.contains("TLS-Required: No\r\n"), "{text}");
        let Ok(report::Report::Tls(read)) = report::find(&message) else { panic!("no report: {text}") };
        assert_eq!((read.begin, read.policies.len()), (day, 1));
        assert_eq!((read.policies[0].succeeded_count, read.policies[0].failed_count), (3, 1));
        assert_eq!(read.policies[0].failures[0].kind, "starttls-not-supported");
        assert_eq!(read.policies[0].lines[1], "mode: enforce");
    }
}
