//! Where a domain's mail goes, how, and under which policy: looked up once and remembered for a while.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use kernel::{DomainName, Id as _, TenantId};
use moka::sync::Cache;
use parking_lot::Mutex;
use resolver::Dns;
use store::{RemoteReply, TlsWish};
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;
use trust::Basis;

use crate::client::{Credentials, Protocol};
use crate::limits::{
    ASKED_COUNT_MAX, FAILED_DOUBT, POLICY_TTL_MAX, SITE_CACHE_COUNT_MAX, SITE_TTL_MAX, SITE_TTL_MIN,
};
use crate::routes::{Relay, Routes, Through};
use crate::site::{Guard, Host, Nowhere, find};
use crate::source::Source;
use crate::tls::{
    Confidence, Exclusion, PolicyHost, TlsDemand, TlsFault, TlsObservation, TlsPolicySource, TlsQuestion,
    TlsVerdict,
};

/// Hosts with what each has to do: mail for domains of one destination shares connections.
#[derive(Debug)]
pub(crate) struct Destination {
    /// What makes it different from others: hosts and their order, policy, port, relay, source. Its breaker and connections are its own.
    pub key: String,
    /// The site's name, for operators.
    pub site: String,
    /// Who has set them.
    pub through: Through,
    /// From where they are called.
    pub source: Arc<Source>,
    /// The hosts, the first first.
    pub hosts: Vec<(Host, TlsVerdict)>,
    /// The name of the TLS policy.
    pub policy: String,
    /// What its mail asks of TLS beside that.
    pub wish: TlsWish,
    /// The port.
    pub port: u16,
    /// What is spoken.
    pub protocol: Protocol,
    /// The login.
    pub credentials: Option<Credentials>,
}

/// Where somebody's mail goes, and what it asks of TLS.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) tenant: TenantId,
    /// In the name of which domain, where it is looked up for one message; reports have none.
    pub(crate) sender: Option<DomainName>,
    pub(crate) source: Arc<Source>,
    pub(crate) wish: TlsWish,
    pub(crate) target: Target,
}

/// What is looked up.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Domain(DomainName),
    Relay(Box<Relay>),
}

impl Target {
    fn key(&self) -> String {
        match self {
            Self::Domain(domain) => domain.to_string(),
            // No name of a domain holds a blank.
            Self::Relay(relay) => {
                let login = relay.credentials.as_ref().map_or_else(String::new, Credentials::mark);
                let Relay { through, host, port, protocol, .. } = relay.as_ref();
                format!("{through:?} {host} {port} {protocol:?} {login}")
            }
        }
    }

    /// Who has set it.
    pub(crate) fn through(&self) -> Through {
        match self {
            Self::Domain(_) => Through::Exchangers,
            Self::Relay(relay) => relay.through,
        }
    }
}

type Found = Result<Arc<Destination>, Nowhere>;
/// Whose mail, from where, what it asks of TLS, where it goes, and what people have ordered for it.
type Key = (TenantId, Arc<Source>, TlsWish, String, u64);

/// What was found, and how long it may be remembered.
#[derive(Debug, Clone)]
struct Known {
    found: Found,
    since: Instant,
    until: Instant,
}

/// Who looks something up; however that ends, another one may afterwards.
struct Claim<'a> {
    asked: &'a Asked,
    key: Key,
}

/// What is looked up at this moment, with who waits for it.
type Asked = Mutex<HashMap<Key, Arc<Notify>>>;

impl<'a> Claim<'a> {
    /// The claim, or what ends when somebody else's does.
    fn on(asked: &'a Asked, key: Key) -> Result<Self, OwnedNotified> {
        match asked.lock().entry(key.clone()) {
            // Made under the lock, so that no end is missed.
            Entry::Occupied(other) => Err(Arc::clone(other.get()).notified_owned()),
            Entry::Vacant(free) => {
                free.insert(Arc::default());
                Ok(Self { asked, key })
            }
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let waited_for = self.asked.lock().remove(&self.key);
        if let Some(waited_for) = waited_for {
            waited_for.notify_waiters();
        }
    }
}

/// The destinations that are known.
pub(crate) struct Destinations {
    pub(crate) dns: Arc<dyn Dns>,
    pub(crate) policies: Arc<dyn TlsPolicySource>,
    pub(crate) routes: Arc<dyn Routes>,
    guard: Guard,
    port: u16,
    known: Cache<Key, Known>,
    asked: Asked,
    /// For what is looked up beside the turns: those who wait their turn do not wait for it as well.
    permits: Semaphore,
}

impl Destinations {
    pub(crate) fn new(
        (dns, policies, routes): (Arc<dyn Dns>, Arc<dyn TlsPolicySource>, Arc<dyn Routes>),
        guard: Guard,
        port: u16,
    ) -> Self {
        let known = Cache::builder().max_capacity(SITE_CACHE_COUNT_MAX).time_to_live(SITE_TTL_MAX).build();
        let permits = Semaphore::new(ASKED_COUNT_MAX);
        Self { dns, policies, routes, guard, port, known, asked: Mutex::default(), permits }
    }

    /// What is known; nothing where it has to be looked up first.
    pub(crate) fn known(&self, errand: &Errand) -> Option<Found> {
        let known = self.known.get(&self.key(errand))?;
        (Instant::now() < known.until).then_some(known.found)
    }

    /// Forgets that DNS did not tell, where something has become due since: somebody has ordered another attempt, or mail came
    /// after it. `due_for` is how long it has been due.
    pub(crate) fn doubt(&self, errand: &Errand, due_for: Duration) {
        let key = self.key(errand);
        let Some(known) = self.known.get(&key) else { return };
        let is_failure = matches!(known.found, Err(Nowhere::Deferred(_) | Nowhere::Unasked(_)));
        let age = known.since.elapsed();
        if is_failure && age >= FAILED_DOUBT && due_for < age {
            self.known.invalidate(&key);
        }
    }

    fn key(&self, errand: &Errand) -> Key {
        let stamp = self.stamp(errand, errand.sender.as_ref());
        (errand.tenant, Arc::clone(&errand.source), errand.wish, errand.target.key(), stamp)
    }

    fn stamp(&self, errand: &Errand, sender: Option<&DomainName>) -> u64 {
        let sender = (errand.tenant, sender);
        match &errand.target {
            Target::Domain(domain) => self.policies.stamp(sender, domain, self.port),
            Target::Relay(relay) => self.policies.stamp(sender, &relay.host, relay.port),
        }
    }

    /// Whether what is ordered for the sender's domain is what is ordered for all mail of the tenant.
    pub(crate) fn is_ordered_as_all(&self, errand: &Errand) -> bool {
        errand.sender.is_none() || self.stamp(errand, errand.sender.as_ref()) == self.stamp(errand, None)
    }

    /// What is known, once it is, by somebody who has had their turn; the caller bounds the time. May be dropped at any
    /// time.
    pub(crate) async fn ensure(&self, errand: &Errand) -> Found {
        self.ensure_by(errand, None).await
    }

    /// The same beside the turns: so many at a time.
    pub(crate) async fn ensure_beside(&self, errand: &Errand) -> Found {
        self.ensure_by(errand, Some(&self.permits)).await
    }

    async fn ensure_by(&self, errand: &Errand, permits: Option<&Semaphore>) -> Found {
        loop {
            if let Some(found) = self.known(errand) {
                return found;
            }
            let claim = match Claim::on(&self.asked, self.key(errand)) {
                Ok(claim) => claim,
                Err(other) => {
                    other.await;
                    continue;
                }
            };
            let _permit = match permits {
                Some(permits) => permits.acquire().await.ok(),
                None => None,
            };
            let (found, ttl) = self.find(errand).await;
            // Where something else was ordered meanwhile it is not told which of the two this was found under.
            if claim.key == self.key(errand) {
                let since = Instant::now();
                let known = Known { found: found.clone(), since, until: since + ttl };
                self.known.insert(claim.key.clone(), known);
            }
            return found;
        }
    }

    /// Hosts that the domain's own policy excludes are told to it as well: nobody will call them.
    fn observe_excluded(&self, domain: &DomainName, hosts: &[PolicyHost], verdicts: &[TlsVerdict]) {
        for (host, verdict) in hosts.iter().zip(verdicts) {
            let kind = match verdict.basis {
                Basis::Dane(_) => "dnssec-invalid",
                Basis::Sts(_) => "validation-failure",
                Basis::Nothing | Basis::Order => continue,
            };
            let TlsDemand::Excluded(exclusion) = &verdict.demand else { continue };
            self.policies.observed(&TlsObservation {
                domain: domain.clone(),
                basis: verdict.basis.clone(),
                host: host.name.to_string(),
                source: None,
                fault: Some(TlsFault { kind, detail: exclusion.reason.clone() }),
            });
        }
    }

    /// Customers set relays and hosts of domains by name, and names lead where their owners want: never into the operator's
    /// own networks.
    fn guard_of(&self, through: Through) -> Cow<'_, Guard> {
        match through {
            Through::RelayOfSender | Through::HostOfRecipient => {
                Cow::Owned(Guard { allows_private: false, ..self.guard.clone() })
            }
            Through::Exchangers | Through::RelayOfPlatform => Cow::Borrowed(&self.guard),
        }
    }

    async fn find(&self, errand: &Errand) -> (Found, Duration) {
        let (domain, relay) = match &errand.target {
            Target::Domain(domain) => (domain, None),
            Target::Relay(relay) => (&relay.host, Some((**relay).clone())),
        };
        let through = errand.target.through();
        let (site, ttl) = match &relay {
            // The host itself, as a domain without MX.
            Some(relay) => {
                let guard = self.guard_of(through);
                find(&relay.host, &HostOnly(Arc::clone(&self.dns)), &guard).await
            }
            None => find(domain, &self.dns, &self.guard).await,
        };
        let site = match site {
            Ok(site) => site,
            Err(nowhere) => return (Err(nowhere), ttl),
        };
        let port = relay.as_ref().map_or(self.port, |relay| relay.port);
        let hosts: Vec<PolicyHost> = site
            .hosts
            .iter()
            .map(|host| PolicyHost { name: host.name.clone(), security: host.security })
            .collect();
        let question = TlsQuestion {
            tenant: errand.tenant,
            sender: errand.sender.as_ref(),
            domain,
            hosts: &hosts,
            port,
            wish: errand.wish,
            trust: trust_of(relay.as_ref()),
        };
        let Some(policy) = self.policies.policy(question).await else {
            let text = format!("the TLS policy of {domain} is not known now");
            return (Err(Nowhere::Deferred(refusal("4.7.5", text))), SITE_TTL_MIN);
        };
        if let (None, Target::Domain(domain)) = (&relay, &errand.target) {
            self.observe_excluded(domain, &hosts, &policy.verdicts);
        }
        if let Some(nowhere) = excluded(&policy.verdicts, errand.wish) {
            return (Err(nowhere), SITE_TTL_MIN);
        }
        // Policies are changed more often than hosts: records and certificates are replaced together.
        let is_demanding = policy.verdicts.iter().any(|verdict| !matches!(verdict.demand, TlsDemand::May));
        let ttl = if is_demanding { ttl.min(POLICY_TTL_MAX) } else { ttl };
        let protocol = relay.as_ref().map_or(Protocol::Smtp, |relay| relay.protocol);
        let credentials = relay.and_then(|relay| relay.credentials);
        let login = credentials.as_ref().map_or_else(String::new, Credentials::mark);
        let wish = errand.wish;
        // Where a login was given by somebody, a connection with it carries nobody else's mail.
        let whose = match through {
            Through::RelayOfSender => errand.tenant.uuid().to_string(),
            Through::Exchangers | Through::HostOfRecipient | Through::RelayOfPlatform => String::new(),
        };
        let destination = Destination {
            key: format!(
                "{}|{}|{wish:?}|{port}|{protocol:?}|{login}|{through:?}|{whose}|{}",
                site.order(),
                policy.name,
                errand.source
            ),
            site: site.name,
            through,
            source: Arc::clone(&errand.source),
            hosts: site.hosts.into_iter().zip(policy.verdicts).collect(),
            policy: policy.name,
            wish,
            port,
            protocol,
            credentials,
        };
        (Ok(Arc::new(destination)), ttl)
    }
}

/// Whether a secret is given to the host.
fn trust_of(relay: Option<&Relay>) -> Confidence {
    match relay.is_some_and(|relay| relay.credentials.is_some()) {
        true => Confidence::Secret,
        false => Confidence::Mail,
    }
}

fn refusal(enhanced: &str, text: String) -> RemoteReply {
    RemoteReply { code: 0, enhanced: enhanced.to_owned(), text, host: None }
}

/// Why the policy lets no host take the mail, where it is so: for ever where that will not change for any of them.
fn excluded(verdicts: &[TlsVerdict], wish: TlsWish) -> Option<Nowhere> {
    let exclusion = |verdict: &TlsVerdict| match &verdict.demand {
        TlsDemand::Excluded(exclusion) => Some(exclusion.clone()),
        TlsDemand::Never | TlsDemand::May | TlsDemand::Must(_) => None,
    };
    let exclusions: Vec<Exclusion> = verdicts.iter().map(exclusion).collect::<Option<_>>()?;
    let passing = exclusions.iter().find(|exclusion| !exclusion.is_lasting);
    Some(match (passing, wish) {
        (Some(passing), _) => Nowhere::Deferred(refusal("4.7.5", passing.reason.clone())),
        (None, TlsWish::Required) => Nowhere::Refused(refusal("5.7.30", exclusions.first()?.reason.clone())),
        (None, _) => Nowhere::Refused(refusal("5.7.10", exclusions.first()?.reason.clone())),
    })
}

/// DNS without MX records: a relay is named by its host.
struct HostOnly(Arc<dyn Dns>);

#[async_trait::async_trait]
impl Dns for HostOnly {
    async fn ask(
        &self,
        name: &resolver::Name,
        kind: resolver::Kind,
    ) -> Result<resolver::Answer, resolver::DnsError> {
        match kind {
            // Whoever set the relay named its host: nothing about that is to be proven (RFC 7672 section 2.2.1).
            resolver::Kind::Mx => Err(resolver::DnsError::NoRecords(resolver::Security::Secure)),
            kind => self.0.ask(name, kind).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use uuid::Uuid;

    use super::*;
    use crate::routes::Direct;
    use crate::tls::Opportunistic;

    /// The first question is never answered; the others are: there is nothing.
    #[derive(Default)]
    struct StallsOnce(AtomicBool);

    #[async_trait::async_trait]
    impl Dns for StallsOnce {
        async fn ask(
            &self,
            _: &resolver::Name,
            _: resolver::Kind,
        ) -> Result<resolver::Answer, resolver::DnsError> {
            if !self.0.swap(true, Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            Err(resolver::DnsError::NoName(resolver::Security::Insecure))
        }
    }

    /// Every question takes a second.
    struct Slow;

    #[async_trait::async_trait]
    impl Dns for Slow {
        async fn ask(
            &self,
            _: &resolver::Name,
            _: resolver::Kind,
        ) -> Result<resolver::Answer, resolver::DnsError> {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Err(resolver::DnsError::NoName(resolver::Security::Insecure))
        }
    }

    fn destinations(dns: Arc<dyn Dns>) -> Destinations {
        Destinations::new((dns, Arc::new(Opportunistic), Arc::new(Direct)), Guard::default(), 25)
    }

    fn errand() -> Errand {
        let domain = DomainName::parse("slow.example").expect("a domain");
        let tenant = TenantId::new(Uuid::from_u128(1));
        let hello = DomainName::parse("us.example").expect("a name");
        let source = Arc::new(Source::free(hello, None));
        Errand { tenant, sender: None, source, wish: TlsWish::Usual, target: Target::Domain(domain) }
    }

    /// Nobody answers.
    struct Silent;

    #[async_trait::async_trait]
    impl Dns for Silent {
        async fn ask(
            &self,
            _: &resolver::Name,
            _: resolver::Kind,
        ) -> Result<resolver::Answer, resolver::DnsError> {
            Err(resolver::DnsError::Timeout)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_became_due_after_dns_failed_is_looked_up_again() {
        let (destinations, errand) = (destinations(Arc::new(Silent)), errand());
        let found = destinations.ensure(&errand).await;
        assert!(matches!(found, Err(Nowhere::Deferred(_))), "{found:?}");
        tokio::time::sleep(FAILED_DOUBT - Duration::from_secs(1)).await;
        destinations.doubt(&errand, Duration::ZERO);
        assert!(destinations.known(&errand).is_some(), "it was asked a moment ago");
        tokio::time::sleep(Duration::from_secs(1)).await;
        destinations.doubt(&errand, Duration::from_secs(60));
        assert!(destinations.known(&errand).is_some(), "it was due before, and was told then");
        destinations.doubt(&errand, Duration::from_secs(1));
        assert!(destinations.known(&errand).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_while_another_does_waits_for_the_same_answer() {
        let (destinations, errand) = (destinations(Arc::new(Slow)), errand());
        let begun = Instant::now();
        let all = futures_util::future::join_all((0..5).map(|_| destinations.ensure(&errand)));
        let all = tokio::time::timeout(Duration::from_secs(60), all).await.expect("all are answered");
        assert!(all.iter().all(|found| matches!(found, Err(Nowhere::Refused(_)))), "{all:?}");
        assert!(begun.elapsed() < Duration::from_secs(2), "it is asked once: {:?}", begun.elapsed());
        assert!(destinations.asked.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_up_that_was_given_up_keeps_nobody_from_asking_again() {
        let (destinations, errand) = (destinations(Arc::new(StallsOnce::default())), errand());
        let wait = Duration::from_secs(60);
        assert!(tokio::time::timeout(wait, destinations.ensure(&errand)).await.is_err());
        let found =
            tokio::time::timeout(wait, destinations.ensure(&errand)).await.expect("it is asked again");
        assert!(matches!(found, Err(Nowhere::Refused(_))), "{found:?}");
    }
}
