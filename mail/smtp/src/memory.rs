//! Memory for messages that are being received. Nobody waits for another's: a network holds as long as it has less than
//! what others could still have, and what finds no room is read to its end and put off.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::inbound::network;
use crate::limits::{CONTENT_OCTETS_PER_SEC_MIN, CONTENT_WAIT, DATA_WAIT};

/// What is taken at a time, in octets.
const STEP_OCTETS: usize = 1024 * 1024;

#[derive(Debug)]
struct Shares {
    octets_max: usize,
    octets: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// The memory of one server.
#[derive(Debug, Clone)]
pub(crate) struct Memory(Arc<Mutex<Shares>>);

/// What one message has of it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    memory: Memory,
    network: IpAddr,
    octets: usize,
    begun: Instant,
}

impl Memory {
    pub(crate) fn new(octets_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares { octets_max, octets: 0, by_network: HashMap::new() })))
    }

    /// Nothing yet, for a message of a peer that begins now.
    pub(crate) fn begin(&self, peer: IpAddr) -> Held {
        Held { memory: self.clone(), network: network(peer), octets: 0, begun: Instant::now() }
    }
}

impl Held {
    /// Takes what `octets` need; false where the peer's network has its share, or nothing is left. What is held stays.
    pub(crate) fn reaches(&mut self, octets: usize) -> bool {
        while self.octets < octets {
            let mut shares = self.memory.0.lock();
            let free = shares.octets_max.saturating_sub(shares.octets);
            let own = shares.by_network.entry(self.network).or_default();
            if *own + STEP_OCTETS > free {
                if *own == 0 {
                    shares.by_network.remove(&self.network);
                }
                return false;
            }
            *own += STEP_OCTETS;
            shares.octets += STEP_OCTETS;
            self.octets += STEP_OCTETS;
        }
        true
    }

    /// Gives everything back.
    pub(crate) fn give_back(&mut self) {
        let mut shares = self.memory.0.lock();
        shares.octets -= self.octets;
        if let Some(own) = shares.by_network.get_mut(&self.network) {
            *own -= self.octets;
            if *own == 0 {
                shares.by_network.remove(&self.network);
            }
        }
        self.octets = 0;
    }

    /// How long the next piece may take: who sends drops would hold its share for a day. None where the time is up for a
    /// message of which so many octets have come.
    pub(crate) fn patience(&self, octets: usize) -> Option<Duration> {
        let earned = Duration::from_secs(octets as u64 / CONTENT_OCTETS_PER_SEC_MIN);
        let left = (CONTENT_WAIT + earned).checked_sub(self.begun.elapsed())?;
        Some(left.min(DATA_WAIT))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_leaves_as_much_as_it_has_and_gives_it_back() {
        let memory = Memory::new(100 * STEP_OCTETS);
        let peer = |last| IpAddr::from([192, 0, 2, last]);
        let mut of_one: Vec<Held> = (0..60).map(|last| memory.begin(peer(last))).collect();
        let holding = of_one.iter_mut().filter_map(|held| held.reaches(1).then_some(())).count();
        assert_eq!(holding, 50, "it has as much as it leaves");
        let mut other = memory.begin(IpAddr::from([198, 51, 100, 1]));
        assert!(other.reaches(25 * STEP_OCTETS) && !other.reaches(26 * STEP_OCTETS));
        assert!(other.reaches(25 * STEP_OCTETS), "what is held stays");
        drop(of_one);
        assert!(other.reaches(50 * STEP_OCTETS));
        other.give_back();
        let shares = memory.0.lock();
        assert!(shares.octets == 0 && shares.by_network.is_empty());
    }

    #[test]
    fn a_message_has_the_time_that_its_length_gives() {
        let memory = Memory::new(STEP_OCTETS);
        let mut held = memory.begin(IpAddr::from([192, 0, 2, 1]));
        assert_eq!(held.patience(0), Some(DATA_WAIT));
        held.begun = Instant::now().checked_sub(CONTENT_WAIT).expect("a machine that is up for so long");
        assert_eq!(held.patience(0), None);
        assert!(held.patience(60 * 8192).is_some_and(|left| left <= Duration::from_secs(60)));
    }
}
