//! Where a domain's mail goes, how, and under which policy: looked up once and remembered for a while.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::{DomainName, EmailAddress, TenantId};
use moka::sync::Cache;
use parking_lot::Mutex;
use resolver::Dns;
use store::RemoteReply;
use tokio::sync::Semaphore;

use crate::client::{Credentials, Protocol};
use crate::limits::{LOOKUP_COUNT_MAX, SITE_CACHE_COUNT_MAX, SITE_TTL_MAX};
use crate::site::{Guard, Host, Nowhere, find};
use crate::tls::{PolicyHost, TlsDemand, TlsPolicySource, TlsQuestion};

/// A host that takes mail in place of the domain's own.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Its name; its MX records are not asked for.
    pub host: DomainName,
    /// Its port.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
    /// The login there.
    pub credentials: Option<Credentials>,
}

/// Who knows of relays.
pub trait Routes: Send + Sync + 'static {
    /// The host that takes mail for a domain in place of its MX, for example the one that we are the backup of.
    fn host_of(&self, _domain: &DomainName) -> Option<Relay> {
        None
    }

    /// The host through which a sender's mail leaves, whatever the recipient.
    fn relay_of(&self, _tenant: TenantId, _sender: &EmailAddress) -> Option<Relay> {
        None
    }
}

/// Everything goes to the MX of its domain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Direct;

impl Routes for Direct {}

/// Hosts with what each has to do: mail for domains of one destination shares connections.
#[derive(Debug)]
pub(crate) struct Destination {
    /// What makes it different from others: site, policy, port, relay.
    pub key: String,
    /// The site's name, for operators.
    pub site: String,
    /// The hosts, the first first.
    pub hosts: Vec<(Host, TlsDemand)>,
    /// The name of the TLS policy.
    pub policy: String,
    /// The port.
    pub port: u16,
    /// What is spoken.
    pub protocol: Protocol,
    /// The login.
    pub credentials: Option<Credentials>,
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
                let login = relay.credentials.as_ref().map_or("", |credentials| credentials.login.as_str());
                format!("relay {} {} {login}", relay.host, relay.port)
            }
        }
    }
}

type Found = Result<Arc<Destination>, Nowhere>;

/// The destinations that are known.
pub(crate) struct Destinations {
    pub(crate) dns: Arc<dyn Dns>,
    pub(crate) policies: Arc<dyn TlsPolicySource>,
    pub(crate) routes: Arc<dyn Routes>,
    guard: Guard,
    port: u16,
    known: Cache<(TenantId, String), (Found, Instant)>,
    asked: Mutex<HashSet<(TenantId, String)>>,
    permits: Arc<Semaphore>,
}

impl Destinations {
    pub(crate) fn new(
        (dns, policies, routes): (Arc<dyn Dns>, Arc<dyn TlsPolicySource>, Arc<dyn Routes>),
        guard: Guard,
        port: u16,
    ) -> Self {
        let known = Cache::builder().max_capacity(SITE_CACHE_COUNT_MAX).time_to_live(SITE_TTL_MAX).build();
        let permits = Arc::new(Semaphore::new(LOOKUP_COUNT_MAX));
        Self { dns, policies, routes, guard, port, known, asked: Mutex::default(), permits }
    }

    /// What is known; nothing where it has to be looked up first.
    pub(crate) fn known(&self, tenant: TenantId, target: &Target) -> Option<Found> {
        let (found, until) = self.known.get(&(tenant, target.key()))?;
        (Instant::now() < until).then_some(found)
    }

    /// Whether as many are being looked up as may be.
    pub(crate) fn is_busy(&self) -> bool {
        self.permits.available_permits() == 0
    }

    /// Looks it up unless somebody does already or too many are being looked up. `true` where it is known afterwards by
    /// this call.
    pub(crate) async fn look_up(&self, tenant: TenantId, target: Target) -> bool {
        let key = (tenant, target.key());
        let Ok(_permit) = Arc::clone(&self.permits).try_acquire_owned() else { return false };
        if !self.asked.lock().insert(key.clone()) {
            return false;
        }
        let (found, ttl) = self.find(tenant, &target).await;
        self.known.insert(key.clone(), (found, Instant::now() + ttl));
        self.asked.lock().remove(&key);
        true
    }

    async fn find(&self, tenant: TenantId, target: &Target) -> (Found, Duration) {
        let relay = match target {
            Target::Domain(domain) => self.routes.host_of(domain),
            Target::Relay(relay) => Some((**relay).clone()),
        };
        let domain = match (target, &relay) {
            (_, Some(relay)) => &relay.host,
            (Target::Domain(domain), None) => domain,
            (Target::Relay(relay), None) => &relay.host,
        };
        let (site, ttl) = match &relay {
            // The host itself, as a domain without MX.
            Some(relay) => find(&relay.host, &HostOnly(Arc::clone(&self.dns)), &self.guard).await,
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
        let question = TlsQuestion { tenant, domain, hosts: &hosts, port };
        let Some(policy) = self.policies.policy(question).await else {
            let text = format!("the TLS policy of {domain} is not known now");
            let told = RemoteReply { code: 0, enhanced: "4.7.5".to_owned(), text, host: None };
            return (Err(Nowhere::Deferred(told)), ttl);
        };
        let protocol = relay.as_ref().map_or(Protocol::Smtp, |relay| relay.protocol);
        let credentials = relay.and_then(|relay| relay.credentials);
        let login = credentials.as_ref().map_or("", |credentials| credentials.login.as_str());
        let demands = policy.demands.into_iter().chain(std::iter::repeat(TlsDemand::May));
        let destination = Destination {
            key: format!("{}|{}|{port}|{protocol:?}|{login}", site.name, policy.name),
            site: site.name,
            hosts: site.hosts.into_iter().zip(demands).collect(),
            policy: policy.name,
            port,
            protocol,
            credentials,
        };
        (Ok(Arc::new(destination)), ttl)
    }
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
            resolver::Kind::Mx => Err(resolver::DnsError::NoRecords(resolver::Security::Insecure)),
            kind => self.0.ask(name, kind).await,
        }
    }
}
