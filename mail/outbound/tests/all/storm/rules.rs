//! What a run asks for: which mail demands TLS of whom, whose leaves through a relay, and from where mail leaves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use directory::Directory;
use hosting::tls_policy::{TlsLevel, TlsPolicy};
use kernel::{DomainName, TenantId};
use outbound::{
    Chance, Credentials, LocalAddress, OwnRelay, Pool, Protocol, Relay, Source, Sources, Through, Trusted,
};
use parking_lot::Mutex;
use resolver::{Name, Zone};
use rustls::RootCertStore;
use trust::{Fetch, FetchFault, Shop, Trust};
use uuid::Uuid;

use super::truth::Truth;
use super::world::{Names, RELAY, RELAYED, TROUBLED, every_domain, host_of};
use crate::farm::Certificate;
use crate::tls::order_of;

/// Tenants whose mail goes to domains with trouble.
pub(super) const TENANTS: [u128; 2] = [1, 2];
/// Addresses of the pool, where a run has one.
const POOL: [&str; 3] = ["198.51.100.1", "198.51.100.2", "198.51.100.3"];

/// What is demanded of the host that takes a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Needs {
    #[default]
    Nothing,
    /// TLS, whoever it is.
    Encrypted,
    /// TLS with a host that proves its name.
    Proven,
}

/// The rules of one run.
#[derive(Debug, Default)]
pub(super) struct Rules {
    orders: BTreeMap<(u128, &'static str), TlsLevel>,
    /// Domains with a policy at HTTPS that is enforced.
    pub enforcing: BTreeSet<&'static str>,
    /// Domains with one that is not.
    pub testing: BTreeSet<&'static str>,
    /// The tenant whose mail leaves through the relay.
    pub relayed: Option<u128>,
    pub has_pool: bool,
    /// Whether the ill one of two hosts is as good as the other by its record, or better.
    pub has_equals: bool,
}

impl Rules {
    /// Drawn: every second run has some.
    pub(super) fn drawn(chance: &Chance) -> Self {
        let mut rules =
            Self { has_pool: chance.below(2) == 0, has_equals: chance.below(2) == 0, ..Self::default() };
        if chance.below(2) == 0 {
            return rules;
        }
        rules.relayed = (chance.below(2) == 0).then_some(2);
        for domain in TROUBLED {
            match chance.below(6) {
                0 | 1 => drop(rules.enforcing.insert(domain)),
                2 => drop(rules.testing.insert(domain)),
                _ => {}
            }
            for tenant in TENANTS {
                let level = match chance.below(8) {
                    0 => TlsLevel::May,
                    1 => TlsLevel::Encrypt,
                    2 => TlsLevel::Verify,
                    _ => continue,
                };
                rules.orders.insert((tenant, domain), level);
            }
        }
        rules
    }

    /// What is demanded for a tenant's mail to a domain, beside what a message asks.
    pub(super) fn needs(&self, tenant: u128, domain: &str) -> Needs {
        if self.relayed == Some(tenant) {
            // It takes a password.
            return Needs::Proven;
        }
        let ordered = self.orders.iter().find(|((of, to), _)| *of == tenant && *to == domain);
        match ordered.map(|(_, level)| level) {
            Some(TlsLevel::Encrypt) => Needs::Encrypted,
            Some(TlsLevel::Verify) => Needs::Proven,
            Some(_) => Needs::Nothing,
            None if self.enforcing.contains(domain) => Needs::Proven,
            None => Needs::Nothing,
        }
    }

    /// Whether a domain's host speaks TLS in this run: handshakes are most of what a run costs.
    pub(super) fn speaks_tls(&self, domain: &str) -> bool {
        let is_asked = |tenant: &u128| self.orders.keys().any(|(of, to)| of == tenant && *to == domain);
        let has_policy = self.enforcing.contains(domain) || self.testing.contains(domain);
        domain == RELAY && self.relayed.is_some() || has_policy || TENANTS.iter().any(is_asked)
    }

    /// The directory with the orders.
    pub(super) fn directory(&self) -> Directory {
        let directory = Directory::new();
        for (number, ((tenant, domain), level)) in (100..).zip(&self.orders) {
            let policy =
                TlsPolicy { destination: (*domain).to_owned(), level: *level, ..TlsPolicy::default() };
            order_of(&directory, TenantId::new(Uuid::from_u128(*tenant)), number, policy);
        }
        directory
    }

    pub(super) fn relays(&self) -> Vec<OwnRelay> {
        let relay = Relay {
            through: Through::RelayOfPlatform,
            host: domain(&host_of(RELAY)),
            port: 25,
            protocol: Protocol::Smtp,
            credentials: Some(Credentials { login: "us".to_owned(), password: "secret".into() }),
        };
        let own = OwnRelay { domains: vec![domain(RELAYED)], relay };
        if self.relayed.is_some() { vec![own] } else { Vec::new() }
    }

    pub(super) fn sources(&self) -> Sources {
        let hello = domain("us.example");
        if !self.has_pool {
            return Sources::of_all(Source::free(hello, None));
        }
        let local = |text: &&str| LocalAddress {
            address: text.parse().expect("an address"),
            hello: domain("out.us.example"),
        };
        let addresses = POOL.iter().map(local).collect();
        let pool = Pool { name: "shared".to_owned(), plans: Vec::new(), addresses };
        Sources::of_pools(vec![pool], hello)
    }

    /// What is known of destinations: kept over lives of nodes, as it is kept in the database.
    pub(super) fn trust(truth: &Arc<Truth>, zone: Zone) -> Arc<Trust> {
        let mut roots = RootCertStore::empty();
        for certificate in CERTIFICATES.values() {
            roots.add(certificate.root.clone()).expect("a root");
        }
        let shop = Shop::new(roots).expect("protocols");
        let dns = Arc::new(Names { truth: Arc::clone(truth), zone });
        Arc::new(Trust::new(dns, Arc::new(Https(Arc::clone(truth))), shop))
    }

    /// Who asks `trust` in one life of a node, by its clock.
    pub(super) fn policies(trust: &Arc<Trust>, directory: &Arc<Directory>, now: outbound::Now) -> Trusted {
        Trusted::new(Arc::clone(trust), Arc::clone(directory), now)
    }
}

fn domain(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

/// The certificates of all hosts, and one of somebody else.
pub(super) static CERTIFICATES: LazyLock<BTreeMap<String, Certificate>> = LazyLock::new(|| {
    let names = every_domain().map(host_of).chain([STRANGER.to_owned()]);
    names.map(|name| (name.clone(), Certificate::of(&name, 2100))).collect()
});
/// Somebody whose certificate fits no host.
pub(super) const STRANGER: &str = "stranger.example";

/// What was fetched before may be withheld: it is known, and holds.
#[derive(Debug, Default)]
pub(super) struct Fetched(Mutex<BTreeSet<String>>);

impl Fetched {
    pub(super) fn has(&self, domain: &str) -> bool {
        self.0.lock().contains(domain)
    }
}

/// The hosts at which policies are fetched.
struct Https(Arc<Truth>);

#[async_trait]
impl Fetch for Https {
    async fn policy(&self, of: &Name) -> Result<String, FetchFault> {
        let (truth, of) = (&self.0, of.to_string());
        if truth.fetched.has(&of) && !truth.is_calm() && truth.one_in(3) {
            truth.note(format!("the policy of {of} is withheld"));
            return Err(FetchFault::Connect);
        }
        let mode = if truth.rules.enforcing.contains(of.as_str()) { "enforce" } else { "testing" };
        truth.fetched.0.lock().insert(of.clone());
        Ok(format!("version: STSv1\nmode: {mode}\nmx: {}\nmax_age: 31557600\n", host_of(&of)))
    }
}
