//! Mail from outside: what an operator sets for it, and its stages made of that.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use kernel::EmailAddress;
use resolver::{Dns, Name};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use smtp::{Inbound, InboundSettings, OnListing};
use store::Retries;

/// The section `[inbound]`. What is not set lets a platform on loopback work without DNS.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboundConfig {
    /// Peers that are not checked; loopback where nothing is said.
    #[serde(deserialize_with = "parsed")]
    pub trusted_networks: Vec<IpNet>,
    /// Peers that pass on mail of others: it is not refused for DMARC.
    #[serde(deserialize_with = "parsed")]
    pub trusted_forwarders: Vec<IpNet>,
    /// Domains whose seals (ARC) count against a failure of DMARC.
    #[serde(deserialize_with = "domains")]
    pub trusted_sealers: Vec<Name>,
    /// Authors' domains whose mail is not refused for DMARC.
    #[serde(deserialize_with = "domains")]
    pub dmarc_exempt_domains: Vec<Name>,
    /// Whether what an author's domain wants done with forgeries is done.
    pub honours_dmarc: bool,
    /// Lists to ask about peers.
    pub dnsbl: Vec<DnsblConfig>,
    /// Whether mail that aliases lead elsewhere is sealed with what was found when it came (ARC, RFC 8617), by the domain
    /// that leads it there.
    pub seals_forwards: bool,
    /// Whether suspicious peers have to come again.
    pub greylisting: bool,
    /// How long before they may.
    #[serde(deserialize_with = "greylisting_wait")]
    pub greylisting_wait_secs: u64,
    /// How long suspicious peers wait for the greeting.
    #[serde(deserialize_with = "greeting_wait")]
    pub greeting_wait_ms: u64,
    /// Connections at a time from one network: a /24 of IPv4, a /64 of IPv6.
    pub connections_per_network: usize,
    /// Who reads what is written to `postmaster` and `abuse` of the host, and of domains where no address of that name exists
    /// and nobody who looks after them has a mailbox here. Absent: it is refused.
    #[serde(deserialize_with = "crate::config::address")]
    pub postmaster: Option<EmailAddress>,
    /// Whether domains are told what came in their name.
    pub dmarc_reports: DmarcReportConfig,
}

/// Reports about DMARC (RFC 9990), to domains that ask for them in DNS.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DmarcReportConfig {
    /// From whom they are, in a domain that is served here, so that they are signed. Absent: nothing is counted or sent.
    #[serde(deserialize_with = "crate::config::address")]
    pub from: Option<EmailAddress>,
    /// Who reports, in words; the host name where absent.
    pub organization: Option<String>,
}

/// One list.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsblConfig {
    /// Its zone, such as `bl.example.org`.
    #[serde(deserialize_with = "domain")]
    pub zone: Name,
    /// What follows from being on it.
    pub on_listing: OnListingConfig,
}

/// What follows from being on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnListingConfig {
    /// Mail is refused.
    Refuse,
    /// The peer has to come again.
    Suspect,
}

impl Default for InboundConfig {
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"];
        Self {
            trusted_networks: loopback.iter().filter_map(|network| network.parse().ok()).collect(),
            trusted_forwarders: Vec::new(),
            trusted_sealers: Vec::new(),
            dmarc_exempt_domains: Vec::new(),
            honours_dmarc: true,
            dnsbl: Vec::new(),
            seals_forwards: false,
            greylisting: true,
            greylisting_wait_secs: 60,
            greeting_wait_ms: 2000,
            connections_per_network: 256,
            postmaster: None,
            dmarc_reports: DmarcReportConfig::default(),
        }
    }
}

impl InboundConfig {
    /// The stages that it asks for.
    pub fn stages(&self, dns: Arc<dyn Dns>, retries: Retries) -> Inbound {
        let dnsbls = self.dnsbl.iter().map(|list| {
            let on_listing = match list.on_listing {
                OnListingConfig::Refuse => OnListing::Refuse,
                OnListingConfig::Suspect => OnListing::Suspect,
            };
            (list.zone.clone(), on_listing)
        });
        let settings = InboundSettings {
            trusted_networks: self.trusted_networks.clone(),
            trusted_forwarders: self.trusted_forwarders.clone(),
            trusted_sealers: self.trusted_sealers.clone(),
            dmarc_exempt_domains: self.dmarc_exempt_domains.clone(),
            dnsbls: dnsbls.collect(),
            honours_dmarc: self.honours_dmarc,
            greylisting_wait: self.greylisting.then(|| Duration::from_secs(self.greylisting_wait_secs)),
            greeting_wait: Duration::from_millis(self.greeting_wait_ms),
            connections_per_network_max: self.connections_per_network,
        };
        Inbound::new(settings, dns, retries)
    }
}

fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: &String| {
        let single = || text.parse::<std::net::IpAddr>().ok().map(IpNet::from);
        let network = text.parse::<IpNet>().ok().or_else(single);
        network
            .ok_or_else(|| D::Error::custom(format!("expected a network such as `192.0.2.0/24`: `{text}`")))
    };
    texts.iter().map(network).collect()
}

fn name<E: serde::de::Error>(text: &str) -> Result<Name, E> {
    verify::domain(text)
        .ok_or_else(|| E::custom(format!("expected a domain such as `example.org`: `{text}`")))
}

fn domain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    name(&String::deserialize(deserializer)?)
}

fn domains<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Name>, D::Error> {
    Vec::<String>::deserialize(deserializer)?.iter().map(|text| name(text)).collect()
}

fn greylisting_wait<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(deserializer, 1, 3600, "expected 1 to 3600 seconds")
}

fn greeting_wait<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(deserializer, 0, 30_000, "expected 0 to 30000 milliseconds")
}

fn within<'de, D: Deserializer<'de>, T: DeserializeOwned + PartialOrd>(
    deserializer: D,
    min: T,
    max: T,
    expected: &str,
) -> Result<T, D::Error> {
    let value = T::deserialize(deserializer)?;
    if value < min || value > max { Err(D::Error::custom(expected)) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_trusts_loopback_and_asks_no_list() {
        let config: InboundConfig = toml::from_str("").expect("empty is valid");
        assert!(config.dnsbl.is_empty());
        assert!(config.trusted_networks.iter().all(|network| network.addr().is_loopback()));
    }

    #[test]
    fn what_is_set_is_read_and_what_is_wrong_is_told() {
        let text = "trusted_networks = [\"192.0.2.1\", \"2001:db8::/32\"]\ntrusted_sealers = [\"lists.example\"]\n\
                    [[dnsbl]]\nzone = \"bl.example\"\non_listing = \"suspect\"\n";
        let config: InboundConfig = toml::from_str(text).expect("a section");
        assert_eq!(config.trusted_networks.len(), 2);
        let reports = "[dmarc_reports]\nfrom = \"dmarc@us.example\"\n";
        let reporting: InboundConfig = toml::from_str(reports).expect("a section");
        assert!(reporting.dmarc_reports.from.is_some() && config.dmarc_reports.from.is_none());
        assert_eq!(config.dnsbl[0].on_listing, OnListingConfig::Suspect);
        for (text, expected) in [
            ("trusted_networks = [\"all\"]", "a network such as"),
            ("trusted_sealers = [\"a b\"]", "a domain such as"),
            ("greylisting_wait_secs = 0", "1 to 3600 seconds"),
            ("dmarc_reports = { from = \"us.example\" }", "an address such as"),
            ("honors_dmarc = true", "unknown field"),
        ] {
            let fault = toml::from_str::<InboundConfig>(text).expect_err(text).to_string();
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
