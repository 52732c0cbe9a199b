//! Mail for other hosts.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use kernel::{DomainName, EmailAddress};
use outbound::limits::BODY_OCTETS_MAX;
use outbound::{Credentials, OwnRelay, Protocol, Relay, Through};
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
