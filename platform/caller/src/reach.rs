//! Where calls may lead.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Where calls may lead besides the public Internet.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    networks: Vec<IpNet>,
}

impl Reach {
    /// The public Internet and `networks`.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self { networks }
    }

    /// The same, with this machine: for an engineer who tries things out.
    #[must_use]
    pub fn with_loopback(mut self) -> Self {
        self.networks.push(IpNet::from(IpAddr::V4(Ipv4Addr::LOCALHOST)).supernet_of(8));
        self.networks.push(IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        self
    }

    /// Whether a call may lead there.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(&address))
    }
}

trait Widened {
    fn supernet_of(self, prefix: u8) -> IpNet;
}

impl Widened for IpNet {
    fn supernet_of(self, prefix: u8) -> IpNet {
        IpNet::new(self.addr(), prefix).map_or(self, |network| network.trunc())
    }
}

/// Whether an address is of the public Internet, by the special-purpose registries (RFC 6890). An IPv6 address that
/// carries an IPv4 one is as public as that.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        // Shared address space (RFC 6598), protocol assignments, 6to4 relays, benchmarking (RFC 2544), reserved.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let carried = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // NAT64 (RFC 6052) and 6to4 (RFC 3056) carry an IPv4 address.
        (0x64, 0xff9b) if c == 0 && d == 0 && e == 0 && f == 0 => carried(g, h),
        (0x64, 0xff9b) => false,
        (0x2002, _) => carried(b, c),
        // Teredo, documentation, and other assignments within 2001::/23.
        (0x2001, 0..0x200 | 0xdb8) | (0x3fff, 0..0x1000) => false,
        // Global unicast; everything else is unspecified, loopback, local, multicast or not given out.
        (0x2000..0x4000, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_our_own_networks_are_told_from_public_ones() {
        for (text, expected) in [
            ("93.184.215.14", true),
            ("9.9.9.9", true),
            ("127.0.0.1", false),
            ("127.8.8.8", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:2800:21f:cb07::1", true),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:9.9.9.9", true),
            ("64:ff9b::a00:1", false),
            ("64:ff9b::909:909", true),
            ("64:ff9b:1::1", false),
            ("2002:7f00:1::", false),
            ("2002:909:909::", true),
        ] {
            assert_eq!(is_public(text.parse().expect("an address")), expected, "{text}");
        }
    }

    #[test]
    fn networks_are_reached_where_the_operator_allows_them() {
        let at = |text: &str| text.parse().expect("an address");
        let reach = Reach::new(vec!["10.1.0.0/16".parse().expect("a network")]);
        assert!(reach.allows(at("10.1.2.3")) && reach.allows(at("::ffff:10.1.2.3")));
        assert!(!reach.allows(at("10.2.0.1")) && !reach.allows(at("127.0.0.1")));
        let reach = reach.with_loopback();
        assert!(reach.allows(at("127.0.0.9")) && reach.allows(at("::1")));
    }
}
