//! Mail for other hosts.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use hosting::plan::{SLUG_CHARACTER_COUNT_MAX, is_slug};
use kernel::{DomainName, EmailAddress, PlanId};
use outbound::limits::BODY_OCTETS_MAX;
use outbound::{Credentials, LocalAddress, OwnRelay, Pool, Protocol, Relay, Source, Sources, Through};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error as _};

/// How mail for other hosts leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutboundConfig {
    /// Whether it leaves from this node. What is queued waits otherwise.
    pub enabled: bool,
    /// The name given to other hosts; that of the servers where absent. Its address should lead back to it.
    #[serde(deserialize_with = "optional_name")]
    pub hostname: Option<DomainName>,
    /// The address from which other hosts are called; the system's choice where absent.
    pub source: Option<IpAddr>,
    /// Pools of addresses from which other hosts are called, by plan; in place of `source`. The first is that of everybody
    /// else, and of reports. Several of one name are one pool, whose addresses have different names.
    pub sources: Vec<SourceConfig>,
    /// Addresses by which this platform is reached: no mail is sent to them.
    pub own_addresses: Vec<IpAddr>,
    /// The port of other hosts: 25 but for tests.
    pub port: u16,
    /// Whether loopback addresses may be targets: for development and tests.
    pub allow_loopback: bool,
    /// Whether private addresses may be targets.
    pub allow_private: bool,
    /// Authorities whose certificates are trusted beside the public ones, where a policy wants a trusted one: PEM.
    pub authorities: Option<PathBuf>,
    /// Hosts through which mail leaves in place of going to each domain's own; the first that fits a sender counts. What a
    /// domain here has set for its own senders goes before.
    pub relays: Vec<RelayConfig>,
    /// Whether other hosts are told how TLS towards them went.
    pub tls_reports: TlsReportConfig,
    /// Connections of this node at most, 1 to 10 000.
    #[serde(deserialize_with = "connections")]
    pub connections: usize,
    /// Connections to one site at most, 1 to 1000. One tenant has at most half of those that are open.
    #[serde(deserialize_with = "site_connections")]
    pub site_connections: u32,
    /// Messages in memory at once over all connections, in MiB: 1 to 65 536. A longer message has all of it, alone.
    #[serde(deserialize_with = "body_memory")]
    pub body_memory_mib: usize,
}

/// Addresses from which mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// What the pool is called: up to 32 small letters, digits and hyphens.
    pub name: String,
    /// Its addresses, which this machine has: IPv4, IPv6 or both.
    pub addresses: Vec<IpAddr>,
    /// The name that they give to other hosts: DNS leads from each address to it, and back.
    #[serde(deserialize_with = "super::domain_name")]
    pub ehlo: DomainName,
    /// Services of these plans send from it, by their short names (`pro`).
    #[serde(default)]
    pub plans: Vec<String>,
}

/// Addresses of one pool at most.
const POOL_ADDRESS_COUNT_MAX: usize = 64;

/// A host through which mail leaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    /// Domains of senders whose mail leaves through it; none: everybody's, and reports.
    #[serde(default, deserialize_with = "super::domain_names")]
    pub domains: Vec<DomainName>,
    /// Its name.
    #[serde(deserialize_with = "super::domain_name")]
    pub host: DomainName,
    /// Its port.
    #[serde(default = "submission_port")]
    pub port: u16,
    /// Who signs in there, if anybody: only under TLS with a certificate of its name, by PLAIN or LOGIN.
    pub login: Option<String>,
    /// The file with the password, one line.
    pub password_file: Option<PathBuf>,
}

const fn submission_port() -> u16 {
    587
}

impl OutboundConfig {
    /// The relays with their passwords.
    ///
    /// # Errors
    /// A password cannot be read, or a login has none.
    pub fn relays(&self) -> anyhow::Result<Vec<OwnRelay>> {
        self.relays.iter().map(RelayConfig::opened).collect()
    }
}

impl OutboundConfig {
    /// From where mail leaves; `hostname` is given to other hosts where no pool says otherwise.
    ///
    /// # Errors
    /// What is set contradicts itself, or names a plan that there is not.
    pub fn pools(&self, hostname: &DomainName) -> anyhow::Result<Sources> {
        if self.sources.is_empty() {
            return Ok(Sources::of_all(Source::free(hostname.clone(), self.source)));
        }
        anyhow::ensure!(self.source.is_none(), "outbound.source and outbound.sources exclude each other");
        let mut pools: Vec<Pool> = Vec::new();
        for set in &self.sources {
            set.check()?;
            let known =
                |plan: &PlanId| pools.iter().any(|pool| pool.name != set.name && pool.plans.contains(plan));
            let plans: Vec<PlanId> =
                set.plans.iter().map(|slug| plan(slug)).collect::<anyhow::Result<_>>()?;
            anyhow::ensure!(
                !plans.iter().any(known),
                "a plan of the pool {} has another pool already",
                set.name
            );
            let local = |address: &IpAddr| LocalAddress { address: *address, hello: set.ehlo.clone() };
            let index = pools.iter().position(|pool| pool.name == set.name).unwrap_or_else(|| {
                pools.push(Pool { name: set.name.clone(), plans: Vec::new(), addresses: Vec::new() });
                pools.len() - 1
            });
            let pool = &mut pools[index];
            pool.plans.extend(plans);
            pool.addresses.extend(set.addresses.iter().map(local));
            anyhow::ensure!(
                pool.addresses.len() <= POOL_ADDRESS_COUNT_MAX,
                "the pool {} has more than {POOL_ADDRESS_COUNT_MAX} addresses",
                pool.name
            );
        }
        let mut all: Vec<IpAddr> =
            self.sources.iter().flat_map(|set| set.addresses.iter().copied()).collect();
        all.sort_unstable();
        let twice = all.windows(2).find(|pair| pair[0] == pair[1]);
        anyhow::ensure!(
            twice.is_none(),
            "{} is in outbound.sources twice",
            twice.map_or(all[0], |pair| pair[0])
        );
        Ok(Sources::of_pools(pools, hostname.clone()))
    }
}

impl SourceConfig {
    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            is_slug(&self.name),
            "the name of a pool has 1 to {SLUG_CHARACTER_COUNT_MAX} small letters, digits and hyphens, not `{}`",
            self.name
        );
        anyhow::ensure!(!self.addresses.is_empty(), "the pool {} has no address", self.name);
        let none = self.addresses.iter().find(|address| address.is_unspecified() || address.is_multicast());
        anyhow::ensure!(
            none.is_none(),
            "the pool {} has something that is no address of a machine",
            self.name
        );
        Ok(())
    }
}

/// The plan of a short name: a built-in one, or one that the operator has published or will publish, which is not known before
/// the events are read.
fn plan(slug: &str) -> anyhow::Result<PlanId> {
    anyhow::ensure!(
        is_slug(slug),
        "the short name of a plan has 1 to {SLUG_CHARACTER_COUNT_MAX} small letters, digits and hyphens, not `{slug}`"
    );
    if !hosting::plan::catalogue().iter().any(|entry| entry.slug == slug) {
        tracing::warn!(
            plan = slug,
            "a pool names a plan that is not built in: it counts where one is published under that name"
        );
    }
    Ok(hosting::plan::plan_id(slug))
}

impl RelayConfig {
    fn opened(&self) -> anyhow::Result<OwnRelay> {
        let credentials = match (&self.login, &self.password_file) {
            (None, None) => None,
            (Some(login), Some(path)) => {
                let password =
                    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
                let password = SecretString::from(password.trim_end_matches(['\r', '\n']));
                Some(Credentials { login: login.clone(), password })
            }
            _ => anyhow::bail!("the relay {} needs both login and password_file, or neither", self.host),
        };
        let relay = Relay {
            through: Through::RelayOfPlatform,
            host: self.host.clone(),
            port: self.port,
            protocol: Protocol::Smtp,
            credentials,
        };
        Ok(OwnRelay { domains: self.domains.clone(), relay })
    }
}

/// Reports about TLS (RFC 8460), to those that ask for them in DNS.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsReportConfig {
    /// From whom they are, in a domain that is served here, so that they are signed. Absent: nothing is counted or sent.
    #[serde(deserialize_with = "super::address")]
    pub from: Option<EmailAddress>,
    /// Who reports, in words; the host name where absent.
    pub organization: Option<String>,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            hostname: None,
            source: None,
            sources: Vec::new(),
            own_addresses: Vec::new(),
            port: 25,
            allow_loopback: false,
            allow_private: false,
            authorities: None,
            relays: Vec::new(),
            tls_reports: TlsReportConfig::default(),
            connections: 500,
            site_connections: 20,
            body_memory_mib: BODY_OCTETS_MAX / (1024 * 1024),
        }
    }
}

fn optional_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DomainName>, D::Error> {
    super::domain_name(deserializer).map(Some)
}

fn connections<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        count @ 1..=10_000 => Ok(count),
        _ => Err(D::Error::custom("expected 1 to 10000 connections")),
    }
}

fn body_memory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        mib @ 1..=65_536 => Ok(mib),
        _ => Err(D::Error::custom("expected 1 to 65536 MiB")),
    }
}

fn site_connections<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        count @ 1..=1000 => Ok(count),
        _ => Err(D::Error::custom("expected 1 to 1000 connections")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools(text: &str) -> Result<Sources, String> {
        let config: OutboundConfig = toml::from_str(text).map_err(|error| error.to_string())?;
        config.pools(&DomainName::parse("us.example").expect("a name")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_pools_say_of_addresses_and_plans_does_not_contradict_itself() {
        let good = "[[sources]]\nname = \"shared\"\naddresses = [\"192.0.2.1\", \"2001:db8::1\"]\nehlo = \"one.example\"\n\
                    [[sources]]\nname = \"shared\"\naddresses = [\"192.0.2.2\"]\nehlo = \"two.example\"\n\
                    [[sources]]\nname = \"clean\"\naddresses = [\"192.0.2.3\"]\nehlo = \"three.example\"\nplans = [\"pro\"]\n";
        pools(good).expect("good");
        pools("source = \"192.0.2.1\"").expect("one for all");
        let own = format!(
            "{good}[[sources]]\nname = \"own\"\naddresses = [\"192.0.2.4\"]\nehlo = \"own.example\"\nplans = [\"agency\"]\n"
        );
        pools(&own).expect("a plan that the operator publishes");
        let with = |more: &str| format!("{good}[[sources]]\n{more}\nehlo = \"four.example\"\n");
        for (text, why) in [
            (format!("source = \"192.0.2.9\"\n{good}"), "exclude each other"),
            (with("name = \"a\"\naddresses = [\"192.0.2.1\"]"), "192.0.2.1 is in outbound.sources twice"),
            (with("name = \"a\"\naddresses = []"), "has no address"),
            (with("name = \"a\"\naddresses = [\"0.0.0.0\"]"), "no address of a machine"),
            (with("name = \"A b\"\naddresses = [\"192.0.2.9\"]"), "small letters"),
            (
                with("name = \"a\"\naddresses = [\"192.0.2.9\"]\nplans = [\"No one\"]"),
                "the short name of a plan",
            ),
            (
                with("name = \"a\"\naddresses = [\"192.0.2.9\"]\nplans = [\"pro\"]"),
                "has another pool already",
            ),
        ] {
            let told = pools(&text).expect_err(why);
            assert!(told.contains(why), "{told}");
        }
    }
}
