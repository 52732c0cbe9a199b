use std::net::{IpAddr, Ipv6Addr};

/// The network that a peer stands for where peers are counted: one address of IPv4, a /64 of IPv6, which is one customer's
/// as a rule and has more addresses than anybody can count. An IPv4 address that came as IPv6 is what it is.
pub fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_of_a_64_are_one_and_neighbours_of_ipv4_are_not() {
        for (peer, network) in [
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            let parsed = |text: &str| text.parse::<IpAddr>().expect("an address");
            assert_eq!(network_of(parsed(peer)), parsed(network), "{peer}");
        }
    }
}
