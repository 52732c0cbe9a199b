//! Slows down whoever guesses: failed sign-ins are counted per login and per
//! network of the peer.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use kernel::network_of;
use parking_lot::Mutex;

/// Failures in a row that a login may have before it must wait.
const LOGIN_FAILURE_COUNT_MAX: u32 = 5;
/// Failures in a row that a network may have: several people may sit behind one address.
const PEER_FAILURE_COUNT_MAX: u32 = 20;
/// The first wait; each further failure doubles it.
const WAIT_MIN: Duration = Duration::from_secs(2);
/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(300);
/// After so long without failure all is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(3_600);
/// Most logins and peers that are remembered; beyond, the oldest are forgotten.
const ENTRY_COUNT_MAX: usize = 50_000;

/// Who is counted: peers by [`network_of`]. Logins are remembered by hash only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Login(u64),
    Peer(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

/// Counts failed sign-ins.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<HashMap<Who, Failures>>,
}

impl Throttle {
    /// How long `login` from `peer` must still wait; none when it may try now.
    pub fn wait(&self, login: &str, peer: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock();
        whos(login, peer)
            .into_iter()
            .filter_map(|(who, allowed)| {
                failures.get(&who).and_then(|failed| remaining(*failed, allowed, now))
            })
            .max()
    }

    /// Counts a failure.
    pub fn failed(&self, login: &str, peer: IpAddr, now: Instant) {
        let mut failures = self.failures.lock();
        if failures.len() + 2 > ENTRY_COUNT_MAX {
            make_room(&mut failures, now);
        }
        for (who, _) in whos(login, peer) {
            let failed = failures.entry(who).or_insert(Failures { count: 0, last: now });
            if now.duration_since(failed.last) > FORGET_AFTER {
                failed.count = 0;
            }
            failed.count = failed.count.saturating_add(1);
            failed.last = now;
        }
    }

    /// Forgets the failures of a login that has proved who it is, and takes back what was counted for its peer before the
    /// answer was known; the failures of others behind the same address stay.
    pub fn succeeded(&self, login: &str, peer: IpAddr) {
        let [(login, _), (peer, _)] = whos(login, peer);
        let mut failures = self.failures.lock();
        failures.remove(&login);
        if let Some(failed) = failures.get_mut(&peer) {
            failed.count = failed.count.saturating_sub(1);
        }
    }

    /// Takes back what was counted before it was known that nobody can say whether it was right.
    pub fn undecided(&self, login: &str, peer: IpAddr) {
        let mut failures = self.failures.lock();
        for (who, _) in whos(login, peer) {
            if let Some(failed) = failures.get_mut(&who) {
                failed.count = failed.count.saturating_sub(1);
            }
        }
    }
}

fn whos(login: &str, peer: IpAddr) -> [(Who, u32); 2] {
    let mut hasher = DefaultHasher::new();
    login.to_lowercase().hash(&mut hasher);
    let network = Who::Peer(network_of(peer));
    [(Who::Login(hasher.finish()), LOGIN_FAILURE_COUNT_MAX), (network, PEER_FAILURE_COUNT_MAX)]
}

fn remaining(failed: Failures, allowed: u32, now: Instant) -> Option<Duration> {
    let beyond = failed.count.checked_sub(allowed)?;
    let wait = WAIT_MIN.saturating_mul(1 << beyond.min(16)).min(WAIT_MAX);
    wait.checked_sub(now.duration_since(failed.last)).filter(|left| !left.is_zero())
}

/// Forgets what is old; where all is young, half of it.
fn make_room(failures: &mut HashMap<Who, Failures>, now: Instant) {
    failures.retain(|_, failed| now.duration_since(failed.last) < WAIT_MAX);
    if failures.len() + 2 > ENTRY_COUNT_MAX {
        let mut times: Vec<Instant> = failures.values().map(|failed| failed.last).collect();
        let (_, median, _) = times.select_nth_unstable(ENTRY_COUNT_MAX / 2);
        let median = *median;
        failures.retain(|_, failed| failed.last > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn a_guesser_waits_longer_and_longer() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for _ in 0..4 {
            throttle.failed("Alice", PEER, start);
        }
        assert_eq!(throttle.wait("alice", PEER, start), None);
        throttle.failed("alice", PEER, start);
        assert_eq!(throttle.wait("ALICE", PEER, start), Some(WAIT_MIN));
        throttle.failed("alice", PEER, start);
        assert_eq!(throttle.wait("alice", PEER, start), Some(WAIT_MIN * 2));
        assert_eq!(throttle.wait("alice", PEER, start + WAIT_MIN * 2), None);
        assert_eq!(throttle.wait("bob", PEER, start), None);
    }

    #[test]
    fn a_peer_that_guesses_many_logins_waits_too() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..PEER_FAILURE_COUNT_MAX {
            throttle.failed(&number.to_string(), PEER, start);
        }
        assert!(throttle.wait("someone else", PEER, start).is_some());
    }

    #[test]
    fn a_guesser_with_a_64_of_addresses_is_one() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let neighbour = |host: u32| format!("2001:db8:1:2::{host:x}").parse::<IpAddr>().expect("an address");
        for number in 0..PEER_FAILURE_COUNT_MAX {
            throttle.failed(&number.to_string(), neighbour(number), start);
        }
        assert!(throttle.wait("someone else", neighbour(9_999), start).is_some());
        let stranger = "2001:db8:1:3::1".parse().expect("an address");
        assert_eq!(throttle.wait("someone else", stranger, start), None);
    }

    #[test]
    fn an_office_behind_one_address_signs_in_as_often_as_it_likes_and_covers_no_guesser() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..PEER_FAILURE_COUNT_MAX * 3 {
            assert_eq!(throttle.wait(&number.to_string(), PEER, start), None);
            throttle.failed(&number.to_string(), PEER, start);
            throttle.succeeded(&number.to_string(), PEER);
        }
        for number in 0..PEER_FAILURE_COUNT_MAX {
            throttle.failed("insider", PEER, start);
            throttle.succeeded("insider", PEER);
            throttle.failed(&format!("guessed {number}"), PEER, start);
        }
        assert!(throttle.wait("someone else", PEER, start).is_some());
    }

    #[test]
    fn memory_is_bounded_however_many_guess() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..ENTRY_COUNT_MAX as u32 + 10 {
            throttle.failed(&number.to_string(), IpAddr::V4(Ipv4Addr::from_bits(number)), start);
        }
        assert!(throttle.failures.lock().len() <= ENTRY_COUNT_MAX);
    }
}
