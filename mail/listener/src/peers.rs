//! What is open at a time, by the network that it comes from, or by whom it is for.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// What is open of each network, or of each `K`: connections, requests, or whatever else has a share. Holds as many entries
/// as there are some with something open.
#[derive(Debug, Clone)]
pub struct Peers<K = IpAddr>(Arc<Mutex<HashMap<K, usize>>>);

impl<K> Default for Peers<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// One place; given back when dropped.
#[derive(Debug)]
pub struct Seat<K: Eq + Hash = IpAddr> {
    peers: Peers<K>,
    whose: K,
}

impl<K: Eq + Hash + Clone> Peers<K> {
    /// Takes a place for `whose`: a network, which is who is counted as one (`kernel::network_of`, as a rule), or whoever it
    /// is for; none where it has `max` already.
    pub fn seat(&self, whose: K, max: usize) -> Option<Seat<K>> {
        let mut counts = self.0.lock();
        let count = counts.entry(whose.clone()).or_default();
        if *count >= max {
            if *count == 0 {
                counts.remove(&whose);
            }
            return None;
        }
        *count += 1;
        Some(Seat { peers: self.clone(), whose })
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut counts = self.peers.0.lock();
        if let Some(count) = counts.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.whose);
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
