//! Whether an SPF record allows our hosts, and what it costs to find out (RFC 7208). Only what allows is looked at: this
//! judges a customer's record, not a sender.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use ipnet::IpNet;
use resolver::{Dns, Kind, Name, Record};

use crate::judge::texts;

/// Most look-ups that a record may need (RFC 7208 section 4.6.4).
pub const LOOKUP_COUNT_MAX: usize = 10;
/// Most look-ups that are followed here, to tell how far beyond ten a record is.
const FOLLOWED_COUNT_MAX: usize = 32;
/// Deepest chain of `include` and `redirect`.
const DEPTH_MAX: usize = 10;
/// Most terms of a record that are read.
const TERM_COUNT_MAX: usize = 128;

/// What a record came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Walked {
    /// Look-ups, ours included.
    pub(crate) lookup_count: usize,
    /// Whether it allows everybody.
    pub(crate) allows_all: bool,
    /// Whether it names our own record.
    pub(crate) names_ours: bool,
    /// Networks that it allows.
    pub(crate) networks: Vec<IpNet>,
    /// Whether a record on the way was missing, double or no SPF.
    pub(crate) is_broken: bool,
}

impl Walked {
    /// Whether all `addresses` may send. Where we have no IPv6 address, none is asked for.
    pub(crate) fn allows(&self, addresses: &[IpAddr]) -> bool {
        let is_in = |address: &IpAddr| self.networks.iter().any(|network| network.contains(address));
        self.names_ours || (!addresses.is_empty() && addresses.iter().all(is_in))
    }
}

/// Follows a record.
pub(crate) async fn walk(dns: &dyn Dns, (domain, text): (&Name, &str), ours: Option<&Name>) -> Walked {
    let mut walked = Walked::default();
    follow(dns, (domain.clone(), text.to_owned()), (ours, 0), &mut walked).await;
    walked
}

fn follow<'a>(
    dns: &'a dyn Dns,
    (domain, text): (Name, String),
    (ours, depth): (Option<&'a Name>, usize),
    walked: &'a mut Walked,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    Box::pin(async move {
        if depth > DEPTH_MAX {
            walked.is_broken = true;
            return;
        }
        for term in text.split_ascii_whitespace().skip(1).take(TERM_COUNT_MAX) {
            if walked.lookup_count >= FOLLOWED_COUNT_MAX {
                return;
            }
            let term = term.to_ascii_lowercase();
            if let Some(elsewhere) = term.strip_prefix("redirect=") {
                walked.lookup_count += 1;
                enter(dns, elsewhere, (ours, depth), walked).await;
                continue;
            }
            let is_allowing = !term.starts_with(['-', '~', '?']);
            let mechanism = term.trim_start_matches(['+', '-', '~', '?']);
            let (name, value) = mechanism.split_once(':').unwrap_or((mechanism, ""));
            let name = name.split('/').next().unwrap_or_default();
            match name {
                "all" => walked.allows_all |= is_allowing && depth == 0,
                "ip4" | "ip6" => network(value, is_allowing, walked),
                "include" => {
                    walked.lookup_count += 1;
                    if is_allowing {
                        enter(dns, value, (ours, depth), walked).await;
                    }
                }
                "a" | "mx" => {
                    walked.lookup_count += 1;
                    let host = value.split('/').next().filter(|host| !host.is_empty());
                    let host = host.map_or_else(|| Some(domain.clone()), |host| Name::parse(host).ok());
                    if let (Some(host), true) = (host, is_allowing) {
                        hosts(dns, (name == "mx", &host), walked).await;
                    }
                }
                "ptr" | "exists" => walked.lookup_count += 1,
                // Other modifiers (RFC 7208 section 6) change nothing; other mechanisms are none.
                other => walked.is_broken |= !other.contains('='),
            }
        }
    })
}

async fn enter(dns: &dyn Dns, elsewhere: &str, (ours, depth): (Option<&Name>, usize), walked: &mut Walked) {
    // A name with macros depends on the mail: it is followed by nobody but a receiver.
    let Ok(name) = Name::parse(elsewhere) else { return };
    walked.names_ours |= ours == Some(&name);
    let found = dns.ask(&name, Kind::Txt).await;
    let records = found.map(|answer| answer.records).unwrap_or_default();
    let policies: Vec<String> = texts(&records).filter(|text| is_spf(text)).collect();
    match <[String; 1]>::try_from(policies) {
        Ok([text]) => follow(dns, (name, text), (ours, depth + 1), walked).await,
        Err(_) => walked.is_broken = true,
    }
}

fn network(value: &str, is_allowing: bool, walked: &mut Walked) {
    let network = value.parse::<IpNet>().ok().or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from));
    match network {
        Some(network) if is_allowing => walked.networks.push(network),
        Some(_) => {}
        None => walked.is_broken = true,
    }
}

/// The addresses of a host, or of the hosts that take its mail, ten at most (RFC 7208 section 4.6.4).
async fn hosts(dns: &dyn Dns, (is_mx, host): (bool, &Name), walked: &mut Walked) {
    let mut names = vec![host.clone()];
    if is_mx {
        let found = dns.ask(host, Kind::Mx).await.map(|answer| answer.records).unwrap_or_default();
        names = found
            .into_iter()
            .filter_map(|record| match record {
                Record::Mx { exchange, .. } => exchange,
                _ => None,
            })
            .take(LOOKUP_COUNT_MAX)
            .collect();
    }
    for name in names {
        walked.networks.extend(addresses(dns, &name).await.into_iter().map(IpNet::from));
    }
}

/// The addresses of a host, of both kinds.
pub(crate) async fn addresses(dns: &dyn Dns, name: &Name) -> Vec<IpAddr> {
    let (four, six) = futures_util::join!(dns.ask(name, Kind::A), dns.ask(name, Kind::Aaaa));
    let records = [four, six].into_iter().flatten().flat_map(|answer| answer.records);
    records
        .filter_map(|record| match record {
            Record::A(address) => Some(IpAddr::V4(address)),
            Record::Aaaa(address) => Some(IpAddr::V6(address)),
            _ => None,
        })
        .collect()
}

/// Whether a text is an SPF record (RFC 7208 section 4.5).
pub(crate) fn is_spf(text: &str) -> bool {
    text.split(' ').next().is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"))
}
