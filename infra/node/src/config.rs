//! The configuration file: read completely, or refused with file, line and what was expected, before a port opens.

mod dns;
mod outbound;
mod report;
mod storage;
mod yubico;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hosting::Language;
use ipnet::IpNet;
use kernel::{ByteSize, DomainName, EmailAddress};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use web::Dav;

use crate::inbound::InboundConfig;
use crate::policy::key_zone::Apex;
pub use dns::DnsConfig;
pub use outbound::OutboundConfig;
pub use report::ReportConfig;
pub use storage::StorageConfig;
pub use yubico::YubicoConfig;

/// Everything that the operator can set. The default is a whole platform on this machine alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folder of the embedded databases, the master key and the self-signed certificate.
    pub data: PathBuf,
    /// The name that the servers give themselves.
    #[serde(deserialize_with = "domain_name")]
    pub hostname: DomainName,
    /// Development shows GraphiQL and answers introspection; production does not.
    pub mode: Mode,
    /// Where events, projections and messages are kept.
    pub database: DatabaseConfig,
    /// Who answers questions to DNS.
    pub dns: DnsConfig,
    /// Where the servers stand: shown to customers.
    pub data_centre: Option<DataCentre>,
    /// Whom the platform calls.
    pub outgoing: Outgoing,
    /// Mail from outside.
    pub inbound: InboundConfig,
    /// Reports of other hosts.
    pub report: ReportConfig,
    /// How outgoing mail is signed.
    pub dkim: DkimConfig,
    /// Where the servers listen; an empty list turns a server off.
    pub listen: Listen,
    /// What mail clients and other servers are told.
    pub public: Public,
    /// How mail for other hosts leaves.
    pub outbound: OutboundConfig,
    /// The pages for browsers.
    pub web: WebConfig,
    /// Who knows YubiKeys; nobody where absent, and none can be added.
    pub yubico: Option<YubicoConfig>,
    /// Messages of the platform to people.
    pub notice: NoticeConfig,
    /// The certificate; self-signed in `data` where absent.
    pub tls: Option<TlsFiles>,
    /// The demo account.
    pub demo: Demo,
    /// Named limits.
    pub limits: Limits,
    /// Room on the disks.
    pub storage: StorageConfig,
    /// Text of the log.
    pub log: Log,
    /// Days for which deleted mailboxes and folders can be brought back.
    #[serde(deserialize_with = "retention_days")]
    pub retention_days: u16,
}

/// Who the platform is shown to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// An engineer at this machine.
    Development,
    /// Customers.
    Production,
}

/// Which engine keeps the data.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite` (files in `data`) or `postgres://user:password@host:port/database`. On another machine it is reached over
    /// TLS, and proves its name by a certificate of a public authority or of `?sslrootcert=/path/ca.pem`.
    pub url: DatabaseUrl,
    /// Connections to PostgreSQL at most, for control plane and messages each.
    #[serde(deserialize_with = "connection_count")]
    pub connection_count_max: usize,
}

/// The place of the data. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// Files in the data folder.
    Sqlite,
    /// A PostgreSQL server.
    Postgres(String),
}

/// Where the servers stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataCentre {
    /// What it is called, for example `PAR1`.
    pub name: String,
    /// Where it is, for example `Saint-Ouen l'Aumône, Paris, France`.
    pub place: String,
    /// Its postal address.
    #[serde(default)]
    pub address: Option<String>,
    /// What it is certified for.
    #[serde(default)]
    pub certifications: Vec<String>,
    /// How it is supplied with power.
    #[serde(default)]
    pub power: Option<String>,
    /// How it is connected.
    #[serde(default)]
    pub network: Option<String>,
}

/// Whom the platform calls over HTTP, for example where webhooks lead.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outgoing {
    /// Networks that are called although they are not of the public Internet, for example `10.20.0.0/16`. In development
    /// this machine is called as well.
    pub networks: Vec<IpNet>,
}

/// How outgoing mail is signed.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DkimConfig {
    /// The zone below which the operator's DNS shows the keys of all domains, for CNAME records of customers to lead
    /// to; none where customers publish the keys themselves.
    #[serde(deserialize_with = "optional_domain_name")]
    pub zone: Option<DomainName>,
    /// Where that zone is kept as a file for a DNS server, which is to read it again when it changes; in a folder where the
    /// node may write. None: `hosterra dkim-zone` prints it.
    pub zone_file: Option<PathBuf>,
    /// The servers that answer for the zone, the primary first: the file is a whole zone then. None: it holds the keys alone,
    /// to be included in a zone.
    #[serde(deserialize_with = "domain_names")]
    pub name_servers: Vec<DomainName>,
    /// Days for which a key signs before the next one is made; 0: until somebody asks for it.
    pub rotation_days: u16,
    /// Days for which a signature holds, so that a message cannot be sent again and again later; 0: for ever.
    pub signature_days: u16,
}

/// Addresses per server.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Panel, GraphQL, health.
    pub http: Vec<SocketAddr>,
    /// Metrics, where they are not to be on `http`; only loopback peers may read them there.
    pub metrics: Vec<SocketAddr>,
    /// Mail from other hosts (RFC 5321).
    pub smtp: Vec<SocketAddr>,
    /// Mail that a foreign MX in front has checked (RFC 2033); for its address only, never for the Internet.
    pub lmtp: Vec<SocketAddr>,
    /// Submission with STARTTLS (RFC 6409).
    pub submission: Vec<SocketAddr>,
    /// Submission under TLS (RFC 8314).
    pub submissions: Vec<SocketAddr>,
    /// IMAP with STARTTLS (RFC 9051).
    pub imap: Vec<SocketAddr>,
    /// IMAP under TLS (RFC 8314).
    pub imaps: Vec<SocketAddr>,
}

/// The pages for browsers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebConfig {
    /// Where browsers find them, for example `https://panel.example.com`. Where it is absent, people sign in on loopback
    /// alone.
    #[serde(deserialize_with = "origin")]
    pub origin: Option<String>,
    /// Networks of proxies in front, for example `10.0.0.0/8`: whom they name in `X-Forwarded-For` is who asks. Without it
    /// limits count all people behind a proxy as one.
    pub trusted_proxies: Vec<IpNet>,
}

/// Names and ports as they are reached from outside, where these are not what is bound here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    /// What people call the platform; `Hosterra` where absent.
    pub name: Option<String>,
    /// The host of IMAP and submission; `hostname` where absent.
    #[serde(deserialize_with = "optional_domain_name")]
    pub host: Option<DomainName>,
    /// Hosts that take mail from elsewhere (MX), the preferred first; `hostname` where none is named.
    #[serde(deserialize_with = "domain_names")]
    pub mx: Vec<DomainName>,
    /// IMAP with STARTTLS; the bound port where absent.
    pub imap: Option<u16>,
    /// IMAP under TLS; the bound port where absent.
    pub imaps: Option<u16>,
    /// Submission with STARTTLS; the bound port where absent.
    pub submission: Option<u16>,
    /// Submission under TLS; the bound port where absent.
    pub submissions: Option<u16>,
    /// Where a server of CalDAV and CardDAV that the operator runs elsewhere is reached, for example
    /// `https://dav.example.com/SOGo/dav/`; absent: calendars and contacts are not offered. It recognises people by asking
    /// IMAP here.
    #[serde(deserialize_with = "dav")]
    pub dav: Option<Dav>,
    /// What the MTA-STS policy of the domains demands: `none` (there is no policy), `testing` or `enforce`.
    pub mta_sts: MtaSts,
    /// A name whose SPF record allows all hosts that send, to be included by the domains, for example `_spf.example.com`.
    #[serde(deserialize_with = "optional_domain_name")]
    pub spf: Option<DomainName>,
}

/// See RFC 8461 section 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MtaSts {
    /// No policy is published.
    #[default]
    None,
    /// Failures are reported and mail is delivered all the same.
    Testing,
    /// Mail is not delivered where TLS fails.
    Enforce,
}

/// Messages of the platform to people, and whether they may come by themselves.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeConfig {
    /// From whom they are; `no-reply@` the host name where absent.
    #[serde(deserialize_with = "address")]
    pub from: Option<EmailAddress>,
    /// For whoever has chosen no language: `fr` or `en`.
    #[serde(deserialize_with = "language")]
    pub language: Language,
    /// Whether anybody may open an account, at `/signup`. Not where nothing is said: customers are opened by whoever runs it.
    pub sign_up: bool,
    /// Whether answers to notices about tickets are taken by mail, at addresses in the domain of `from`: mail to that domain
    /// must lead here.
    pub tickets_by_mail: bool,
}

impl Default for NoticeConfig {
    fn default() -> Self {
        Self { from: None, language: Language::Fr, sign_up: false, tickets_by_mail: true }
    }
}

/// A certificate and its key, PEM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The demo account, made at the first start.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Demo {
    /// Whether it is made. Its password is public knowledge.
    pub enabled: bool,
    /// Whether everybody may come by its logins, also where a listener is reachable from other machines: then it is a
    /// sandbox, visitors are kept from what would outlast their visit, and it begins anew again and again.
    pub public_logins: bool,
    /// After how many minutes a public one begins anew.
    #[serde(deserialize_with = "reset_minutes")]
    pub reset_minutes: u16,
}

/// Limits that an operator may want to change; the rest are constants beside the code that they bound.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest message.
    #[serde(deserialize_with = "byte_size")]
    pub message_size: ByteSize,
    /// Messages that are being received at a time, of each mail server by itself; more are put off. Never less than four of
    /// the longest.
    #[serde(deserialize_with = "byte_size")]
    pub message_memory: ByteSize,
    /// Connections per listener.
    pub connections: usize,
    /// Connections per listener from one address.
    pub connections_per_peer: usize,
}

/// How the log is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people, or JSON for machines.
    pub format: LogFormat,
    /// A filter such as `info` or `info,imap=debug`.
    pub filter: String,
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./data"),
            hostname: DomainName::parse("localhost").expect("a constant name"),
            mode: Mode::Development,
            database: DatabaseConfig::default(),
            dns: DnsConfig::default(),
            data_centre: None,
            outgoing: Outgoing::default(),
            inbound: InboundConfig::default(),
            report: ReportConfig::default(),
            dkim: DkimConfig::default(),
            listen: Listen::default(),
            public: Public::default(),
            outbound: OutboundConfig::default(),
            yubico: None,
            web: WebConfig::default(),
            notice: NoticeConfig::default(),
            tls: None,
            demo: Demo::default(),
            limits: Limits::default(),
            storage: StorageConfig::default(),
            log: Log::default(),
            retention_days: 30,
        }
    }
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: DatabaseUrl::Sqlite, connection_count_max: 16 }
    }
}

impl Default for DkimConfig {
    fn default() -> Self {
        let (zone, zone_file, name_servers) = (None, None, Vec::new());
        Self { zone, zone_file, name_servers, rotation_days: 180, signature_days: 7 }
    }
}

impl DkimConfig {
    /// What stands before the keys in the operator's zone; none where there is no such zone.
    pub fn apex(&self) -> Option<Apex> {
        Some(Apex { zone: self.zone.clone()?, name_servers: self.name_servers.clone() })
    }
}

impl Default for Listen {
    fn default() -> Self {
        let local = |port: u16| vec![SocketAddr::from(([127, 0, 0, 1], port))];
        Self {
            http: local(8080),
            metrics: Vec::new(),
            smtp: local(2525),
            lmtp: Vec::new(),
            submission: local(2587),
            submissions: local(2465),
            imap: local(2143),
            imaps: local(2993),
        }
    }
}

impl Default for Demo {
    fn default() -> Self {
        Self { enabled: true, public_logins: false, reset_minutes: 60 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let (message_size, message_memory) = (ByteSize::mib(50), ByteSize::mib(1024));
        Self { message_size, message_memory, connections: 16_384, connections_per_peer: 1024 }
    }
}

impl Limits {
    /// Octets of messages that one mail server receives at a time: one mailbox has at most a third, a network a half.
    pub fn memory_octets_max(&self) -> usize {
        let least = self.message_size.octets().saturating_mul(4);
        usize::try_from(self.message_memory.octets().max(least)).unwrap_or(usize::MAX)
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info,engine::run=warn,tokio_postgres=warn".to_owned() }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres(_) => "postgres://...",
        })
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.split_once("://") {
            None if text == "sqlite" => Ok(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text)),
            _ => Err(D::Error::custom("expected `sqlite` or `postgres://user:password@host:port/database`")),
        }
    }
}

/// An origin as browsers write it (RFC 6454): a scheme, a host in lower case, a port where it is not the usual one.
fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let host = text.strip_prefix("https://").unwrap_or_default();
    let (name, port) = host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let has_usual_port = port.is_some_and(|port| port == "443" || port.parse::<u16>().is_err());
    if DomainName::parse(name).is_err()
        || name.bytes().any(|octet| octet.is_ascii_uppercase())
        || has_usual_port
    {
        return Err(D::Error::custom(
            "expected an origin such as `https://panel.example.com`, without a path",
        ));
    }
    Ok(Some(text))
}

/// An address of a host's own under TLS: a host in lower case, a port where it is not the usual one, a path.
fn dav<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Dav>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_dav(&text).map(Some).ok_or_else(|| {
        D::Error::custom("expected an address such as `https://dav.example.com/dav/`, without a query")
    })
}

/// Longest path of such an address: with `path=` before it, it is one string of a TXT record (RFC 6764 section 4).
const DAV_PATH_OCTETS_MAX: usize = 250;

fn parse_dav(text: &str) -> Option<Dav> {
    let rest = text.strip_prefix("https://")?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (host, port) = match authority.rsplit_once(':') {
        None => (authority, 443),
        Some((host, port)) => (host, port.parse().ok().filter(|port| *port != 0)?),
    };
    // What stands unencoded in a path (RFC 3986 section 3.3), and what encodes the rest.
    let is_of_path = |octet: u8| octet.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&octet);
    let is_host = DomainName::parse(host).is_ok() && !host.bytes().any(|octet| octet.is_ascii_uppercase());
    let is_path = path.len() <= DAV_PATH_OCTETS_MAX && path.bytes().all(is_of_path);
    (is_host && is_path).then(|| Dav { host: host.to_owned(), port, path: path.to_owned() })
}

pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EmailAddress>, D::Error> {
    let text = String::deserialize(deserializer)?;
    EmailAddress::parse(&text).map(Some).map_err(|fault| {
        D::Error::custom(format!("expected an address such as `no-reply@example.com`: {fault}"))
    })
}

fn language<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Language, D::Error> {
    let text = String::deserialize(deserializer)?;
    Language::tagged(&text).ok_or_else(|| D::Error::custom("expected `fr` or `en`"))
}

fn domain_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DomainName, D::Error> {
    let text = String::deserialize(deserializer)?;
    DomainName::parse(&text).map_err(|fault| {
        D::Error::custom(format!("expected a host name such as `mail.example.com`: {fault}"))
    })
}

fn optional_domain_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DomainName>, D::Error> {
    domain_name(deserializer).map(Some)
}

fn domain_names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<DomainName>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| DomainName::parse(text)).collect::<Result<Vec<_>, _>>();
    parsed
        .map_err(|fault| D::Error::custom(format!("expected host names such as `mx1.example.com`: {fault}")))
}

fn connection_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    match usize::deserialize(deserializer)? {
        count @ 2..=1000 => Ok(count),
        _ => Err(D::Error::custom("expected 2 to 1000 connections")),
    }
}

fn retention_days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::deserialize(deserializer)? {
        days @ 1..=3650 => Ok(days),
        _ => Err(D::Error::custom("expected 1 to 3650 days")),
    }
}

fn reset_minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    match u16::deserialize(deserializer)? {
        minutes @ 1..=1440 => Ok(minutes),
        _ => Err(D::Error::custom("expected 1 to 1440 minutes")),
    }
}

fn byte_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ByteSize, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_size(&text)
        .ok_or_else(|| D::Error::custom("expected a size such as `50 MiB`, `2 GiB` or `512 KiB`"))
}

/// Reads `50 MiB`, `2GiB`, `512 KiB` or a plain count of octets.
pub fn parse_size(text: &str) -> Option<ByteSize> {
    let digits_end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let count: u64 = text[..digits_end].parse().ok()?;
    let factor: u64 = match text[digits_end..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    count.checked_mul(factor).map(ByteSize::new)
}

/// Why a configuration is refused: shown to the operator as it is.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key or value is wrong.
    #[error("{}:{line}: {expected}", .path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What was found and what was expected.
        expected: String,
    },
    /// Every line is right by itself and the whole is not safe.
    #[error("{}: {reason}", .path.display())]
    Unsafe {
        /// Which file.
        path: PathBuf,
        /// What is not allowed and what to write instead.
        reason: String,
    },
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line and what was expected.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let config: Self = parse_toml(path, &text)?;
        config.check().map_err(|reason| ConfigError::Unsafe { path: path.to_owned(), reason })?;
        Ok(config)
    }

    /// What no single line can tell.
    ///
    /// # Errors
    /// A sentence that says what is not allowed and what to write instead.
    pub fn check(&self) -> Result<(), String> {
        let reachable: Vec<String> = self
            .listen
            .all()
            .filter(|address| !address.ip().is_loopback())
            .map(|address| address.to_string())
            .collect();
        if self.demo.enabled && !self.demo.public_logins && !reachable.is_empty() {
            return Err(format!(
                "the demo logins have a public password and {} can be reached from other machines; expected \
                 `demo.enabled = false`, or `demo.public_logins = true` to have them all the same",
                reachable.join(", ")
            ));
        }
        if self.dkim.zone.is_none() && (self.dkim.zone_file.is_some() || !self.dkim.name_servers.is_empty()) {
            return Err("`dkim.zone_file` and `dkim.name_servers` need the zone; expected \
                        `dkim.zone = \"dkim.example.com\"`"
                .to_owned());
        }
        if self.inbound.postmaster.as_ref().is_some_and(|address| address.domain == self.hostname) {
            return Err(format!(
                "`inbound.postmaster` reads what comes for `postmaster@{0}`, and {0} has no mailboxes; expected the \
                 address of a mailbox in a domain that is served here, or elsewhere",
                self.hostname
            ));
        }
        if self.mode == Mode::Production && self.hostname.as_str() == "localhost" {
            return Err("in production the servers need a name; expected `hostname = \"mail.example.com\"`"
                .to_owned());
        }
        Ok(())
    }
}

impl Config {
    /// Where the servers stand, as it is shown; the demo has one of its own.
    pub fn data_centre(&self) -> Option<graphql::DataCentre> {
        match &self.data_centre {
            Some(told) => Some(graphql::DataCentre {
                name: told.name.clone(),
                place: told.place.clone(),
                address: told.address.clone(),
                certifications: told.certifications.clone(),
                power: told.power.clone(),
                network: told.network.clone(),
            }),
            None if self.demo.enabled => Some(graphql::DataCentre {
                name: "PAR1".to_owned(),
                place: "Saint-Ouen l'Aumône, Paris, France".to_owned(),
                address: None,
                certifications: Vec::new(),
                power: None,
                network: None,
            }),
            None => None,
        }
    }
}

impl Listen {
    /// Every address.
    pub fn all(&self) -> impl Iterator<Item = &SocketAddr> {
        [
            &self.http,
            &self.metrics,
            &self.smtp,
            &self.lmtp,
            &self.submission,
            &self.submissions,
            &self.imap,
            &self.imaps,
        ]
        .into_iter()
        .flatten()
    }
}

/// Reads TOML so that a fault names file and line.
///
/// # Errors
/// [`ConfigError::Wrong`].
pub fn parse_toml<T: for<'de> Deserialize<'de>>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|fault: toml::de::Error| {
        let offset = fault.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..offset].iter().filter(|octet| **octet == b'\n').count() + 1;
        ConfigError::Wrong { path: path.to_owned(), line, expected: fault.message().to_owned() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse_toml::<Config>(Path::new("h.toml"), text).expect_err(text).to_string()
    }

    #[test]
    fn nothing_set_is_a_whole_platform_on_loopback() {
        let config: Config = parse_toml(Path::new("h.toml"), "").expect("empty is valid");
        assert!(config.listen.all().all(|address| address.ip().is_loopback()));
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn a_wrong_line_is_refused_with_file_line_and_expectation() {
        assert_eq!(
            refused("hostname = \"mail.example\"\n\n[listen]\nsmpt = []\n"),
            "h.toml:4: unknown field `smpt`, expected one of `http`, `metrics`, `smtp`, `lmtp`, `submission`, `submissions`, `imap`, `imaps`"
        );
        assert!(refused("[listen]\nsmtp = [\"all:25\"]\n").starts_with("h.toml:2: "));
        assert_eq!(
            refused("[limits]\nmessage_size = \"50 MB\"\n"),
            "h.toml:2: expected a size such as `50 MiB`, `2 GiB` or `512 KiB`"
        );
        assert_eq!(
            refused("\n[database]\nurl = \"mysql://x\"\n"),
            "h.toml:3: expected `sqlite` or `postgres://user:password@host:port/database`"
        );
        assert!(refused("mode = \"test\"\n").contains("expected `development` or `production`"));
        assert_eq!(refused("retention_days = 0\n"), "h.toml:1: expected 1 to 3650 days");
        assert_eq!(refused("[demo]\nreset_minutes = 0\n"), "h.toml:2: expected 1 to 1440 minutes");
    }

    #[test]
    fn a_file_of_signing_keys_needs_their_zone() {
        let mut config: Config =
            parse_toml(Path::new("h.toml"), "[dkim]\nzone_file = \"k\"\n").expect("read");
        assert!(config.check().is_err_and(|reason| reason.contains("dkim.zone")));
        config.dkim.zone = Some(DomainName::parse("dkim.example.com").expect("a name"));
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn demo_logins_are_refused_beyond_loopback_unless_asked_for() {
        let mut config = Config::default();
        config.listen.imaps = vec!["0.0.0.0:993".parse().expect("an address")];
        assert!(config.check().is_err_and(|reason| reason.contains("0.0.0.0:993")));
        config.demo.public_logins = true;
        assert_eq!(config.check(), Ok(()));
        config.demo = Demo { enabled: false, ..Demo::default() };
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn a_postmaster_at_the_host_itself_would_lead_to_itself() {
        let with = |address| format!("hostname = \"mx.x.example\"\n[inbound]\npostmaster = \"{address}\"\n");
        let check =
            |address| parse_toml::<Config>(Path::new("h.toml"), &with(address)).expect("valid").check();
        assert!(check("chief@mx.x.example").is_err_and(|reason| reason.contains("postmaster@mx.x.example")));
        assert_eq!(check("chief@x.example"), Ok(()));
        assert!(refused("[inbound]\npostmaster = \"chief\"\n").starts_with("h.toml:2: "));
    }

    #[test]
    fn a_server_of_calendars_is_an_address_under_tls() {
        let dav =
            |host: &str, port, path: &str| Some(Dav { host: host.to_owned(), port, path: path.to_owned() });
        for (text, parsed) in [
            ("https://dav.example.com", dav("dav.example.com", 443, "/")),
            ("https://dav.example.com/SOGo/dav/", dav("dav.example.com", 443, "/SOGo/dav/")),
            ("https://dav.example.com:8443/a%20b/", dav("dav.example.com", 8443, "/a%20b/")),
            ("http://dav.example.com/", None),
            ("https://dav.example.com:0/", None),
            ("https://dav.example.com:x/", None),
            ("https://user@dav.example.com/", None),
            ("https://Dav.example.com/", None),
            ("https://dav.example.com/?a=b", None),
            ("https://dav.example.com/#a", None),
            ("https://dav.example.com/a b", None),
            ("https://dav.example.com/\u{e9}", None),
            ("https:///dav/", None),
        ] {
            assert_eq!(parse_dav(text), parsed, "{text}");
        }
        let long = format!("https://dav.example.com/{}", "a".repeat(DAV_PATH_OCTETS_MAX));
        assert_eq!(parse_dav(&long), None);
        assert_eq!(
            refused("[public]\ndav = \"dav.example.com\"\n"),
            "h.toml:2: expected an address such as `https://dav.example.com/dav/`, without a query"
        );
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("50 MiB", Some(ByteSize::mib(50))),
            ("2GiB", Some(ByteSize::gib(2))),
            ("10", Some(ByteSize::new(10))),
            ("5 MB", None),
            ("", None),
        ] {
            assert_eq!(parse_size(text), size, "{text}");
        }
    }
}
