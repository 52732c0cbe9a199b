//! How many operations a caller may ask for: counted per API token, per person and per network of the peer, in windows of a minute, and
//! told in the headers of each answer.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use kernel::{Actor, TokenId, network_of};
use parking_lot::Mutex;

use crate::limit::{
    OPERATION_WINDOW_SECS, OPERATIONS_OF_PEER_MAX, OPERATIONS_OF_PERSON_MAX, OPERATIONS_OF_TOKEN_MAX,
};

/// Most callers that are counted; beyond, those whose window is over are forgotten, then all of them.
const CALLER_COUNT_MAX: usize = 100_000;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Counted {
    /// A program.
    Token(TokenId),
    /// A person.
    Person(Actor),
    /// Somebody who has proved nothing: their network.
    Peer(IpAddr),
}

impl Counted {
    /// Whoever speaks from there without a credential.
    pub(crate) fn peer(peer: IpAddr) -> Self {
        Self::Peer(network_of(peer))
    }

    const fn allowed(self) -> u32 {
        match self {
            Self::Token(_) => OPERATIONS_OF_TOKEN_MAX,
            Self::Person(_) => OPERATIONS_OF_PERSON_MAX,
            Self::Peer(_) => OPERATIONS_OF_PEER_MAX,
        }
    }
}

/// What is left to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Operations in a window.
    pub limit: u32,
    /// Those that are left in this one.
    pub remaining: u32,
    /// Seconds until the next window.
    pub reset_secs: u32,
    /// Whether these operations are answered.
    pub is_granted: bool,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    since: Instant,
    used: u32,
}

/// The counters of this node.
#[derive(Debug, Default)]
pub(crate) struct Allowances(Mutex<HashMap<Counted, Window>>);

impl Allowances {
    /// Counts `operations` of a caller; those of a batch together, all or none.
    pub(crate) fn take(&self, caller: Counted, operations: u32, now: Instant) -> Allowance {
        let mut windows = self.0.lock();
        if windows.len() >= CALLER_COUNT_MAX && !windows.contains_key(&caller) {
            windows.retain(|_, window| secs_left(window, now) > 0);
            if windows.len() >= CALLER_COUNT_MAX {
                windows.clear();
            }
        }
        let window = windows.entry(caller).or_insert(Window { since: now, used: 0 });
        if secs_left(window, now) == 0 {
            *window = Window { since: now, used: 0 };
        }
        let limit = caller.allowed();
        let wanted = window.used.saturating_add(operations);
        let is_granted = wanted <= limit;
        if is_granted {
            window.used = wanted;
        }
        Allowance { limit, remaining: limit - window.used, reset_secs: secs_left(window, now), is_granted }
    }
}

fn secs_left(window: &Window, now: Instant) -> u32 {
    let gone = now.saturating_duration_since(window.since).as_secs();
    OPERATION_WINDOW_SECS.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    #[test]
    fn a_caller_has_so_many_operations_a_minute_and_others_have_theirs() {
        let (allowances, start) = (Allowances::default(), Instant::now());
        let peer = Counted::Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for used in 1..=OPERATIONS_OF_PEER_MAX {
            let allowance = allowances.take(peer, 1, start);
            assert!(allowance.is_granted);
            assert_eq!(allowance.remaining, OPERATIONS_OF_PEER_MAX - used);
        }
        let refused = allowances.take(peer, 1, start + Duration::from_secs(20));
        assert_eq!((refused.is_granted, refused.remaining, refused.reset_secs), (false, 0, 40));
        let person = Counted::Person(Actor::Operator);
        assert!(allowances.take(person, 1, start).is_granted);
        assert!(allowances.take(peer, 1, start + Duration::from_secs(60)).is_granted);
    }

    #[test]
    fn who_has_proved_nothing_has_no_more_by_changing_address_within_a_64() {
        let (allowances, start) = (Allowances::default(), Instant::now());
        let peer = |text: &str| Counted::peer(text.parse().expect("an address"));
        assert!(allowances.take(peer("2001:db8:1:2::1"), OPERATIONS_OF_PEER_MAX, start).is_granted);
        assert!(!allowances.take(peer("2001:db8:1:2::2"), 1, start).is_granted);
        assert!(allowances.take(peer("2001:db8:1:3::1"), 1, start).is_granted);
    }

    #[test]
    fn a_batch_is_counted_whole_and_refused_whole() {
        let (allowances, start) = (Allowances::default(), Instant::now());
        let peer = Counted::Peer(IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert!(!allowances.take(peer, OPERATIONS_OF_PEER_MAX + 1, start).is_granted);
        assert_eq!(allowances.take(peer, 10, start).remaining, OPERATIONS_OF_PEER_MAX - 10);
    }
}
