//! Connections per network: who has many addresses has no more of our attention for it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;

/// The network of an address: the /24 of IPv4, the /64 of IPv6, which are one customer's as a rule.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

/// Open connections by network. Holds as many entries as there are connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Networks(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection that is counted, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    networks: Networks,
    network: IpAddr,
}

impl Networks {
    /// Counts a connection; none where its network has `max` already.
    pub(crate) fn enter(&self, address: IpAddr, max: usize) -> Option<Counted> {
        let network = network(address);
        let mut counts = self.0.lock();
        let count = counts.entry(network).or_default();
        if *count >= max {
            return None;
        }
        *count += 1;
        Some(Counted { networks: self.clone(), network })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.networks.0.lock();
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_counted_as_one_and_forgotten_when_it_has_left() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let networks = Networks::default();
        let first = networks.enter(address("192.0.2.1"), 2).expect("room");
        let _second = networks.enter(address("::ffff:192.0.2.200"), 2).expect("room");
        assert!(networks.enter(address("192.0.2.7"), 2).is_none());
        assert!(networks.enter(address("192.0.3.7"), 2).is_some());
        drop(first);
        assert!(networks.enter(address("192.0.2.7"), 2).is_some());
        assert_eq!(network(address("2001:db8:1:2:3::4")), address("2001:db8:1:2::"));
        assert_eq!(networks.0.lock().len(), 1);
    }
}
