//! Slows down whoever guesses: failed sign-ins are counted per login and network of the peer, and per network. A stranger who
//! guesses at a login does not lock its owner out, who comes from elsewhere.

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

/// What is guessed at.
#[derive(Debug, Clone, Copy)]
pub enum Guess<'a> {
    /// What anybody may try: a login, whether or not there is one. Counted for each network by itself.
    Login(&'a str),
    /// What only those come to who have proved the rest: counted wherever they come from.
    Factor(&'a str),
}

/// Who is counted: peers by [`network_of`]. What is guessed at is remembered by hash only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Guess(u64),
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
    /// How long `guess` from `peer` must still wait; none when it may try now.
    pub fn wait(&self, guess: Guess<'_>, peer: IpAddr, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock();
        whos(guess, peer)
            .into_iter()
            .filter_map(|(who, allowed)| {
                failures.get(&who).and_then(|failed| remaining(*failed, allowed, now))
            })
            .max()
    }

    /// Counts a failure.
    pub fn failed(&self, guess: Guess<'_>, peer: IpAddr, now: Instant) {
        let mut failures = self.failures.lock();
        if failures.len() + 2 > ENTRY_COUNT_MAX {
            make_room(&mut failures, now);
        }
        for (who, _) in whos(guess, peer) {
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
    pub fn succeeded(&self, guess: Guess<'_>, peer: IpAddr) {
        let [(guess, _), (peer, _)] = whos(guess, peer);
        let mut failures = self.failures.lock();
        failures.remove(&guess);
        if let Some(failed) = failures.get_mut(&peer) {
            failed.count = failed.count.saturating_sub(1);
        }
    }

    /// Takes back what was counted before it was known that nobody can say whether it was right.
    pub fn undecided(&self, guess: Guess<'_>, peer: IpAddr) {
        let mut failures = self.failures.lock();
        for (who, _) in whos(guess, peer) {
            if let Some(failed) = failures.get_mut(&who) {
                failed.count = failed.count.saturating_sub(1);
            }
        }
    }
}

fn whos(guess: Guess<'_>, peer: IpAddr) -> [(Who, u32); 2] {
    let (network, mut hasher) = (network_of(peer), DefaultHasher::new());
    match guess {
        Guess::Login(login) => (login.trim().to_lowercase(), Some(network)).hash(&mut hasher),
        Guess::Factor(factor) => (factor, None::<IpAddr>).hash(&mut hasher),
    }
    [(Who::Guess(hasher.finish()), LOGIN_FAILURE_COUNT_MAX), (Who::Peer(network), PEER_FAILURE_COUNT_MAX)]
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
            throttle.failed(Guess::Login("Alice"), PEER, start);
        }
        assert_eq!(throttle.wait(Guess::Login("alice"), PEER, start), None);
        throttle.failed(Guess::Login("alice"), PEER, start);
        assert_eq!(throttle.wait(Guess::Login("ALICE"), PEER, start), Some(WAIT_MIN));
        throttle.failed(Guess::Login("alice"), PEER, start);
        assert_eq!(throttle.wait(Guess::Login("alice"), PEER, start), Some(WAIT_MIN * 2));
        assert_eq!(throttle.wait(Guess::Login("alice"), PEER, start + WAIT_MIN * 2), None);
        assert_eq!(throttle.wait(Guess::Login("bob"), PEER, start), None);
    }

    #[test]
    fn a_peer_that_guesses_many_logins_waits_too() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..PEER_FAILURE_COUNT_MAX {
            throttle.failed(Guess::Login(&number.to_string()), PEER, start);
        }
        assert!(throttle.wait(Guess::Login("someone else"), PEER, start).is_some());
    }

    #[test]
    fn a_guesser_with_a_64_of_addresses_is_one() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let neighbour = |host: u32| format!("2001:db8:1:2::{host:x}").parse::<IpAddr>().expect("an address");
        for number in 0..PEER_FAILURE_COUNT_MAX {
            throttle.failed(Guess::Login(&number.to_string()), neighbour(number), start);
        }
        assert!(throttle.wait(Guess::Login("someone else"), neighbour(9_999), start).is_some());
        let stranger = "2001:db8:1:3::1".parse().expect("an address");
        assert_eq!(throttle.wait(Guess::Login("someone else"), stranger, start), None);
    }

    #[test]
    fn an_office_behind_one_address_signs_in_as_often_as_it_likes_and_covers_no_guesser() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..PEER_FAILURE_COUNT_MAX * 3 {
            assert_eq!(throttle.wait(Guess::Login(&number.to_string()), PEER, start), None);
            throttle.failed(Guess::Login(&number.to_string()), PEER, start);
            throttle.succeeded(Guess::Login(&number.to_string()), PEER);
        }
        for number in 0..PEER_FAILURE_COUNT_MAX {
            throttle.failed(Guess::Login("insider"), PEER, start);
            throttle.succeeded(Guess::Login("insider"), PEER);
            throttle.failed(Guess::Login(&format!("guessed {number}")), PEER, start);
        }
        assert!(throttle.wait(Guess::Login("someone else"), PEER, start).is_some());
    }

    #[test]
    fn who_is_guessed_at_from_elsewhere_does_not_wait_but_a_factor_is_guessed_at_from_anywhere() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let elsewhere = "198.51.100.7".parse().expect("an address");
        for _ in 0..10 {
            throttle.failed(Guess::Login("alice"), PEER, start);
            throttle.failed(Guess::Factor("alice's"), PEER, start);
        }
        assert!(throttle.wait(Guess::Login("alice"), PEER, start).is_some());
        assert_eq!(throttle.wait(Guess::Login("alice"), elsewhere, start), None);
        assert!(throttle.wait(Guess::Factor("alice's"), elsewhere, start).is_some());
    }

    #[test]
    fn memory_is_bounded_however_many_guess() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for number in 0..ENTRY_COUNT_MAX as u32 + 10 {
            throttle.failed(
                Guess::Login(&number.to_string()),
                IpAddr::V4(Ipv4Addr::from_bits(number)),
                start,
            );
        }
        assert!(throttle.failures.lock().len() <= ENTRY_COUNT_MAX);
    }
}
