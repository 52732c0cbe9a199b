//! Where the mail of a domain goes: its hosts and their addresses (RFC 5321 section 5.1), or why it goes nowhere.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use kernel::DomainName;
use resolver::{Dns, DnsError, Kind, Name, Record, Security};
use store::RemoteReply;

use crate::limits::{ADDRESS_COUNT_MAX, FAILED_TTL, HOST_COUNT_MAX, SITE_TTL_MAX, SITE_TTL_MIN, UNASKED_TTL};

/// Hosts that take mail for a domain, the first first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Site {
    /// The names of all its hosts in alphabetical order, one blank between: domains of one provider have one name,
    /// by which operators know it. In which order they are asked is another matter.
    pub name: String,
    /// The hosts by preference; each connection mixes those of one.
    pub hosts: Vec<Host>,
}

impl Site {
    /// Its hosts in the order in which they are asked: `a b/c` where `a` and `b` are each as good as the other and `c` comes
    /// after them. Domains that name the same hosts in another order are another destination: whoever lists somebody's hosts
    /// the other way round leads nobody else's mail to the last of them.
    pub(crate) fn order(&self) -> String {
        let groups = self.hosts.chunk_by(|one, next| one.preference == next.preference);
        let groups = groups.map(|hosts| {
            let mut names: Vec<String> = hosts.iter().map(|host| host.name.to_string()).collect();
            names.sort_unstable();
            names.join(" ")
        });
        groups.collect::<Vec<_>>().join("/")
    }
}

/// A host with its addresses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host {
    /// Its name.
    pub name: Name,
    /// Its addresses, those of IPv4 first: fewer sites treat them harshly.
    pub addresses: Vec<IpAddr>,
    /// Whether what named it is proven.
    pub security: Security,
    /// Its preference: those of one are each as good as the other (RFC 5321 section 5.1).
    pub preference: u16,
}

/// A host as MX names it.
struct Exchange {
    name: Name,
    security: Security,
    preference: u16,
}

/// Why mail goes nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nowhere {
    /// For ever.
    Refused(RemoteReply),
    /// For now.
    Deferred(RemoteReply),
    /// Nobody knows: DNS was not asked, because it answers nothing. That is no attempt.
    Unasked(RemoteReply),
}

impl Nowhere {
    /// How long it is remembered.
    const fn ttl(&self) -> Duration {
        match self {
            Self::Refused(_) => SITE_TTL_MIN,
            Self::Deferred(_) => FAILED_TTL,
            Self::Unasked(_) => UNASKED_TTL,
        }
    }

    fn untold(error: DnsError, text: String) -> Self {
        match error {
            DnsError::Unasked => Self::Unasked(told("4.4.3", text)),
            _ => Self::Deferred(told("4.4.3", text)),
        }
    }
}

/// Which targets are not refused.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Our own names: a site that has one of them leads back to us.
    pub own_names: Vec<DomainName>,
    /// Our own addresses that others reach us by.
    pub own_addresses: Vec<IpAddr>,
    /// Whether loopback addresses may be targets: for development and tests.
    pub allows_loopback: bool,
    /// Whether private addresses may be targets.
    pub allows_private: bool,
}

impl Guard {
    /// Whether nothing is sent to an address.
    pub fn refuses(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if self.own_addresses.contains(&address) {
            return true;
        }
        match address {
            IpAddr::V4(v4) if v4.is_loopback() => !self.allows_loopback,
            IpAddr::V6(v6) if v6.is_loopback() => !self.allows_loopback,
            IpAddr::V4(v4) => refuses_v4(v4) || is_private_v4(v4) && !self.allows_private,
            IpAddr::V6(v6) => match embedded(v6) {
                Some(v4) => self.refuses(IpAddr::V4(v4)),
                None if is_private_v6(v6) => !self.allows_private,
                None => refuses_v6(v6),
            },
        }
    }
}

/// Private (RFC 1918), or set aside for uses within networks: protocol assignments (RFC 6890), benchmarks (RFC 2544).
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_private() || (first, second, third) == (192, 0, 0) || first == 198 && second & 0xfe == 18
}

/// Unique local (RFC 4193), site-local as it was before (RFC 3879), or translated within a network (RFC 8215).
fn is_private_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    address.is_unique_local() || segments[0] & 0xffc0 == 0xfec0 || segments[..3] == [0x64, 0xff9b, 1]
}

/// The IPv4 address that packets to this one end at: translated (RFC 6052), in a tunnel (RFC 3056), or in the form that
/// was given up (RFC 4291 section 2.5.5.1).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => of(high, low),
        [0x2002, high, low, ..] => of(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => of(high, low),
        _ => None,
    }
}

fn refuses_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    address.is_unspecified()
        || first == 0
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        // Shared by carriers (RFC 6598), reserved.
        || first == 100 && (64..128).contains(&second)
        // What was the anycast address of 6to4 relays (RFC 7526).
        || (first, second, third) == (192, 88, 99)
        || first >= 240
}

/// What is not global unicast (2000::/3, RFC 4291 section 2.4), and of that what is assigned for other uses: Teredo and the rest of
/// 2001::/23 (RFC 2928), documentation (RFC 3849, RFC 9637).
fn refuses_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    match (first, second) {
        (0x2001, 0..0x200 | 0xdb8) | (0x3fff, 0..0x1000) => true,
        (0x2000..0x4000, _) => false,
        _ => true,
    }
}

fn told(enhanced: &str, text: String) -> RemoteReply {
    RemoteReply { code: 0, enhanced: enhanced.to_owned(), text, host: None }
}

fn refused<T>(enhanced: &str, text: String) -> Result<T, Nowhere> {
    Err(Nowhere::Refused(told(enhanced, text)))
}

/// Finds the site of a domain, with how long that may be remembered.
pub(crate) async fn find(
    domain: &DomainName,
    dns: &dyn Dns,
    guard: &Guard,
) -> (Result<Site, Nowhere>, Duration) {
    let Ok(name) = Name::parse(domain.as_str()) else {
        return (refused("5.1.2", format!("{domain} is no name of DNS")), SITE_TTL_MAX);
    };
    let (exchanges, ttl) = match exchanges(&name, dns, guard).await {
        Ok(found) => found,
        Err(nowhere) => {
            let ttl = nowhere.ttl();
            return (Err(nowhere), ttl);
        }
    };
    let site = addresses(&name, exchanges, dns, guard).await;
    let ttl = site.as_ref().map_or_else(Nowhere::ttl, |_| ttl.clamp(SITE_TTL_MIN, SITE_TTL_MAX));
    (site, ttl)
}

/// The hosts of a domain, the best first, without ourselves and what stands behind us.
async fn exchanges(name: &Name, dns: &dyn Dns, guard: &Guard) -> Result<(Vec<Exchange>, Duration), Nowhere> {
    let answer = match dns.ask(name, Kind::Mx).await {
        Ok(answer) => answer,
        Err(DnsError::NoRecords(_)) if guard.own_names.iter().any(|own| own.as_str() == name.as_str()) => {
            return refused("5.4.6", format!("mail of {name} leads back to this server"));
        }
        // No MX: the domain itself is the host (RFC 5321 section 5.1).
        Err(DnsError::NoRecords(security)) => {
            let itself = Exchange { name: name.clone(), security, preference: 0 };
            return Ok((vec![itself], SITE_TTL_MIN));
        }
        Err(DnsError::NoName(_)) => return refused("5.1.2", format!("the domain {name} does not exist")),
        Err(error) => {
            let text = format!("DNS does not tell where mail of {name} goes: {error}");
            return Err(Nowhere::untold(error, text));
        }
    };
    let mut by_preference: BTreeMap<u16, Vec<Name>> = BTreeMap::new();
    let mut is_null = false;
    for record in &answer.records {
        if let Record::Mx { preference, exchange } = record {
            match exchange {
                Some(exchange) => by_preference.entry(*preference).or_default().push(exchange.clone()),
                None => is_null = true,
            }
        }
    }
    if is_null && by_preference.is_empty() {
        return refused("5.1.10", format!("{name} takes no mail: it says so by a null MX"));
    }
    let mut hosts = Vec::new();
    for (preference, mut names) in by_preference {
        names.sort();
        names.dedup();
        // Behind our own name stand those that would bring it to us (RFC 5321 section 5.1).
        if names.iter().any(|host| guard.own_names.iter().any(|own| own.as_str() == host.as_str())) {
            break;
        }
        let security = answer.security;
        hosts.extend(names.into_iter().map(|name| Exchange { name, security, preference }));
    }
    if hosts.is_empty() {
        return refused("5.4.6", format!("mail of {name} leads back to this server"));
    }
    hosts.truncate(HOST_COUNT_MAX);
    Ok((hosts, answer.ttl))
}

async fn addresses(
    domain: &Name,
    exchanges: Vec<Exchange>,
    dns: &dyn Dns,
    guard: &Guard,
) -> Result<Site, Nowhere> {
    let mut hosts: Vec<Host> = Vec::new();
    let (mut failed, mut forbidden) = (None, None);
    let mut names: Vec<String> = exchanges.iter().map(|exchange| exchange.name.to_string()).collect();
    for Exchange { name, mut security, preference } in exchanges {
        let mut addresses = Vec::new();
        for kind in [Kind::A, Kind::Aaaa] {
            match dns.ask(&name, kind).await {
                Ok(answer) => {
                    if answer.security == Security::Insecure {
                        security = Security::Insecure;
                    }
                    addresses.extend(answer.records.iter().filter_map(|record| match record {
                        Record::A(address) => Some(IpAddr::V4(*address)),
                        Record::Aaaa(address) => Some(IpAddr::V6(*address)),
                        _ => None,
                    }));
                }
                Err(error) if error.is_absence() => {}
                Err(error) => {
                    failed = Some((error, format!("DNS does not tell the address of {name}: {error}")));
                }
            }
        }
        let all = addresses.len();
        addresses.retain(|address| !guard.refuses(*address));
        if all > 0 && addresses.is_empty() {
            forbidden = Some(format!("{name} has only addresses to which no mail is sent"));
        }
        addresses.truncate(ADDRESS_COUNT_MAX);
        if !addresses.is_empty() {
            hosts.push(Host { name, addresses, security, preference });
        }
    }
    if hosts.is_empty() {
        return match (failed, forbidden) {
            (Some((error, text)), _) => Err(Nowhere::untold(error, text)),
            (None, Some(text)) => refused("5.4.4", text),
            (None, None) => refused("5.4.4", format!("no host of {domain} has an address")),
        };
    }
    names.sort();
    Ok(Site { name: names.join(" "), hosts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use resolver::Zone;

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn zone() -> Zone {
        let mut zone = Zone::new();
        let mut mx = |domain: &str, preference, exchange: Option<&str>| {
            zone.add(name(domain), Record::Mx { preference, exchange: exchange.map(name) });
        };
        mx("two.example", 20, Some("b.mx.example"));
        mx("two.example", 10, Some("a.mx.example"));
        mx("far.example", 1, Some("a.mx.example"));
        mx("far.example", 500, Some("b.mx.example"));
        mx("reversed.example", 10, Some("b.mx.example"));
        mx("reversed.example", 20, Some("a.mx.example"));
        mx("same.example", 5, Some("b.mx.example"));
        mx("same.example", 5, Some("a.mx.example"));
        mx("null.example", 0, None);
        mx("us.example", 10, Some("mail.us.example"));
        mx("us.example", 20, Some("a.mx.example"));
        mx("behind.example", 5, Some("a.mx.example"));
        mx("behind.example", 10, Some("mail.us.example"));
        mx("loopback.example", 10, Some("l.mx.example"));
        mx("private.example", 10, Some("p.mx.example"));
        mx("mapped.example", 10, Some("m.mx.example"));
        mx("mixed.example", 10, Some("l.mx.example"));
        mx("mixed.example", 20, Some("a.mx.example"));
        mx("empty.example", 10, Some("none.mx.example"));
        for (host, address) in [
            ("a.mx.example", [198, 51, 99, 1]),
            ("b.mx.example", [198, 51, 99, 2]),
            ("mail.us.example", [198, 51, 99, 3]),
            ("plain.example", [198, 51, 99, 4]),
            ("l.mx.example", [127, 0, 0, 2]),
            ("p.mx.example", [10, 0, 0, 1]),
        ] {
            zone.add(name(host), Record::A(address.into()));
        }
        zone.add(name("m.mx.example"), Record::Aaaa("::ffff:127.0.0.1".parse().expect("an address")));
        zone.add(name("alias.example"), Record::Cname(name("two.example")));
        zone.add(name("loop.example"), Record::Cname(name("loop.example")));
        zone.fail(name("slow.example"), Kind::Mx, DnsError::Timeout);
        zone
    }

    async fn found(domain: &str, guard: &Guard) -> Result<Site, Nowhere> {
        find(&DomainName::parse(domain).expect("a name"), &zone(), guard).await.0
    }

    fn guard() -> Guard {
        Guard { own_names: vec![DomainName::parse("mail.us.example").expect("a name")], ..Guard::default() }
    }

    #[test]
    fn nothing_is_sent_to_what_is_no_address_of_the_internet() {
        let allowed = Guard { allows_private: true, ..Guard::default() };
        for (text, refused, refused_where_private_is_allowed) in [
            ("9.9.9.9", false, false),
            ("10.0.0.1", true, false),
            ("192.88.99.1", true, true),
            ("192.0.2.1", true, true),
            ("2606:2800:21f:cb07::1", false, false),
            ("2001:4860::1", false, false),
            ("fd00::1", true, false),
            ("64:ff9b::909:909", false, false),
            ("64:ff9b::a00:1", true, false),
            ("64:ff9b:1::a00:1", true, false),
            ("2002:a00:1::", true, false),
            ("2001::1", true, true),
            ("2001:db8::1", true, true),
            ("3fff:1::1", true, true),
            ("4000::1", true, true),
            ("100::1", true, true),
            ("fe80::1", true, true),
            ("ff02::1", true, true),
            ("::", true, true),
        ] {
            let address = text.parse().expect("an address");
            assert_eq!(guard().refuses(address), refused, "{text}");
            assert_eq!(allowed.refuses(address), refused_where_private_is_allowed, "{text}");
        }
    }

    #[tokio::test]
    async fn hosts_are_tried_by_preference_and_sites_are_named_by_their_hosts() {
        for (domain, first) in [
            ("two.example", "a.mx.example"),
            ("same.example", "a.mx.example"),
            ("alias.example", "a.mx.example"),
            ("plain.example", "plain.example"),
            ("behind.example", "a.mx.example"),
            ("mixed.example", "a.mx.example"),
        ] {
            let site = found(domain, &guard()).await.expect(domain);
            assert_eq!(site.hosts[0].name, name(first), "{domain}");
        }
        let names = [
            found("two.example", &guard()).await.expect("a site").name,
            found("same.example", &guard()).await.expect("a site").name,
        ];
        assert_eq!(names, ["a.mx.example b.mx.example"; 2]);
    }

    #[tokio::test]
    async fn the_order_of_hosts_is_part_of_where_mail_goes_and_their_numbers_are_not() {
        let mut orders = Vec::new();
        for domain in ["two.example", "far.example", "same.example", "reversed.example"] {
            orders.push(found(domain, &guard()).await.expect(domain).order());
        }
        let (a, b) = ("a.mx.example", "b.mx.example");
        assert_eq!(orders, [format!("{a}/{b}"), format!("{a}/{b}"), format!("{a} {b}"), format!("{b}/{a}")]);
    }

    #[tokio::test]
    async fn null_loops_private_and_absent_targets_are_refused_and_dns_trouble_waits() {
        for (domain, code) in [
            ("null.example", "5.1.10"),
            ("absent.example", "5.1.2"),
            ("us.example", "5.4.6"),
            ("mail.us.example", "5.4.6"),
            ("loopback.example", "5.4.4"),
            ("private.example", "5.4.4"),
            ("mapped.example", "5.4.4"),
            ("empty.example", "5.4.4"),
            ("slow.example", "4.4.3"),
            ("loop.example", "4.4.3"),
        ] {
            let told = match found(domain, &guard()).await {
                Err(Nowhere::Refused(told) | Nowhere::Deferred(told) | Nowhere::Unasked(told)) => told,
                Ok(site) => panic!("{domain} goes to {site:?}"),
            };
            assert_eq!(told.enhanced, code, "{domain}");
        }
        let allowing = Guard { allows_loopback: true, ..guard() };
        assert!(found("loopback.example", &allowing).await.is_ok());
        assert!(found("private.example", &allowing).await.is_err());
    }
}
