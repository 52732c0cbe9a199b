//! Faults per network: who has many addresses, or connects again, has no more of our attention for it.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use kernel::network_of;
use parking_lot::Mutex;

/// After how long one fault of a network is forgiven.
const FAULT_KEPT: Duration = Duration::from_secs(60);
/// Faults of one kind that are kept of a network: after an hour of quiet all are forgiven.
const FAULTS_OF_NETWORK_MAX: u32 = 60;
/// Networks whose faults are kept at a time; where there are more that have any, all begin anew.
const FAULTY_NETWORK_COUNT_MAX: usize = 100_000;

/// The network of an address: the /24 of IPv4, the /64 of IPv6, which are one customer's as a rule.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(_) => network_of(address),
    }
}

/// What a peer does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It said something that is none, or wrote to somebody who does not exist.
    Any,
    /// The second of these, by itself.
    UnknownRecipient,
}

/// Faults of networks, in memory: what a peer did wrong on one connection counts on its next.
///
/// They are forgiven one by one with time, and one for each message that is taken: large senders err as well, and do not
/// pay for it as long as most of what they bring is wanted.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<HashMap<IpAddr, Forgiveness>>);

/// When the last fault of each kind is forgiven.
#[derive(Debug, Clone, Copy)]
struct Forgiveness {
    any_at: Instant,
    unknown_recipient_at: Instant,
}

impl Forgiveness {
    fn of(&mut self, fault: Fault) -> &mut Instant {
        match fault {
            Fault::Any => &mut self.any_at,
            Fault::UnknownRecipient => &mut self.unknown_recipient_at,
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        self.any_at <= now && self.unknown_recipient_at <= now
    }
}

impl Faults {
    /// Counts a fault; how many of its kind are kept of that network, this one among them.
    pub(crate) fn count(&self, address: IpAddr, fault: Fault, now: Instant) -> u32 {
        let network = network(address);
        let mut networks = self.0.lock();
        if networks.len() >= FAULTY_NETWORK_COUNT_MAX && !networks.contains_key(&network) {
            networks.retain(|_, forgiveness| !forgiveness.is_over(now));
            if networks.len() >= FAULTY_NETWORK_COUNT_MAX {
                networks.clear();
            }
        }
        let fresh = Forgiveness { any_at: now, unknown_recipient_at: now };
        let at = networks.entry(network).or_insert(fresh).of(fault);
        *at = ((*at).max(now) + FAULT_KEPT).min(now + FAULT_KEPT * FAULTS_OF_NETWORK_MAX);
        kept(*at, now)
    }

    /// Forgives one fault of each kind.
    pub(crate) fn forgive(&self, address: IpAddr, now: Instant) {
        let network = network(address);
        let mut networks = self.0.lock();
        let Some(forgiveness) = networks.get_mut(&network) else { return };
        for fault in [Fault::Any, Fault::UnknownRecipient] {
            let at = forgiveness.of(fault);
            *at = at.checked_sub(FAULT_KEPT).unwrap_or(now);
        }
        if forgiveness.is_over(now) {
            networks.remove(&network);
        }
    }
}

/// How many faults are not forgiven yet, of which the last is at `at`.
fn kept(at: Instant, now: Instant) -> u32 {
    let left = at.saturating_duration_since(now).as_millis().div_ceil(FAULT_KEPT.as_millis());
    u32::try_from(left).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_network() {
        for (one, other) in [
            ("192.0.2.1", "192.0.2.0"),
            ("::ffff:192.0.2.200", "192.0.2.0"),
            ("192.0.3.7", "192.0.3.0"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ] {
            let address = |text: &str| text.parse::<IpAddr>().expect("an address");
            assert_eq!(network(address(one)), address(other));
        }
    }

    #[test]
    fn faults_are_kept_of_a_network_and_forgiven_with_time_and_by_what_is_taken() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let (faults, now) = (Faults::default(), Instant::now());
        let unknown = |text: &str, now| faults.count(address(text), Fault::UnknownRecipient, now);
        assert_eq!((1..=3).map(|host| unknown(&format!("192.0.2.{host}"), now)).max(), Some(3));
        assert_eq!(unknown("192.0.3.1", now), 1, "another network");
        assert_eq!(faults.count(address("192.0.2.1"), Fault::Any, now), 1, "another kind");
        assert_eq!(unknown("192.0.2.1", now + FAULT_KEPT * 2), 2, "two are forgiven");
        faults.forgive(address("192.0.2.9"), now + FAULT_KEPT * 2);
        assert_eq!(unknown("192.0.2.1", now + FAULT_KEPT * 2), 2, "one is made good for");
        let many = (0..500).map(|_| unknown("192.0.2.1", now)).max();
        assert_eq!(many, Some(FAULTS_OF_NETWORK_MAX));
        assert_eq!(unknown("192.0.2.1", now + FAULT_KEPT * FAULTS_OF_NETWORK_MAX), 1, "an hour later");
        faults.forgive(address("192.0.3.1"), now);
        assert_eq!(faults.0.lock().len(), 1, "who has none is not kept");
    }

    #[test]
    fn many_faulty_networks_take_no_more_room_than_is_set() {
        let (faults, now) = (Faults::default(), Instant::now());
        for number in 0..u32::try_from(FAULTY_NETWORK_COUNT_MAX).expect("a number") + 10 {
            faults.count(IpAddr::V4(Ipv4Addr::from_bits(number << 8)), Fault::Any, now);
        }
        assert!(faults.0.lock().len() <= FAULTY_NETWORK_COUNT_MAX);
    }
}
