//! Mail for other hosts.

use std::net::IpAddr;
use std::path::PathBuf;

use kernel::{DomainName, EmailAddress};
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
    /// Whether other hosts are told how TLS towards them went.
    pub tls_reports: TlsReportConfig,
    /// Connections of this node at most, 1 to 10 000.
    #[serde(deserialize_with = "connections")]
    pub connections: usize,
    /// Connections to one site at most, 1 to 1000. One tenant has at most half of those that are open.
    #[serde(deserialize_with = "site_connections")]
    pub site_connections: u32,
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
            tls_reports: TlsReportConfig::default(),
            connections: 500,
            site_connections: 20,
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

fn site_connections<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        count @ 1..=1000 => Ok(count),
        _ => Err(D::Error::custom("expected 1 to 1000 connections")),
    }
}
