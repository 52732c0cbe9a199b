//! What is open at a time, by the network that it comes from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// What is open of each network: connections, requests, or whatever else has a share. Holds as many entries as there are
/// networks with something open.
#[derive(Debug, Clone, Default)]
pub struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One place of a network; given back when dropped.
#[derive(Debug)]
pub struct Seat {
    peers: Peers,
    network: IpAddr,
}

impl Peers {
    /// Takes a place for `network`, which is who is counted as one (`kernel::network_of`, as a rule); none where it has `max`
    /// already.
    pub fn seat(&self, network: IpAddr, max: usize) -> Option<Seat> {
        let mut counts = self.0.lock();
        let count = counts.entry(network).or_default();
        if *count >= max {
            if *count == 0 {
                counts.remove(&network);
            }
            return None;
        }
        *count += 1;
        Some(Seat { peers: self.clone(), network })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock();
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
    use std::net::Ipv4Addr;

    #[test]
    fn a_network_has_its_share_and_is_forgotten_when_it_has_left() {
        let (peers, network) = (Peers::default(), |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let first = peers.seat(network(1), 2).expect("room");
        let second = peers.seat(network(1), 2).expect("room");
        assert!(peers.seat(network(1), 2).is_none());
        assert!(peers.seat(network(2), 0).is_none());
        let other = peers.seat(network(2), 2).expect("another network has its own");
        drop(first);
        let third = peers.seat(network(1), 2).expect("one has left");
        drop((second, third, other));
        assert!(peers.0.lock().is_empty());
    }
}
