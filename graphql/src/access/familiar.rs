//! From where people usually come: a device in a network, both taken coarsely.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;

use hosting::session::SessionOwner;
use kernel::AccountId;

/// Devices in networks that are remembered of one login; beyond, it is begun anew.
const PLACE_COUNT_MAX: usize = 64;

/// What each login was seen from.
#[derive(Debug, Default)]
pub(crate) struct Familiar(HashMap<(AccountId, SessionOwner), HashSet<u64>>);

impl Familiar {
    /// Whether a login was seen before, and not from there. `device` is the line that a session is started with.
    pub(crate) fn is_unfamiliar(&self, owner: (AccountId, SessionOwner), device: &str) -> bool {
        self.0.get(&owner).is_some_and(|places| !places.contains(&mark(device)))
    }

    /// A login was seen from there.
    pub(crate) fn see(&mut self, owner: (AccountId, SessionOwner), device: &str) {
        let places = self.0.entry(owner).or_default();
        if places.len() >= PLACE_COUNT_MAX {
            places.clear();
        }
        places.insert(mark(device));
    }

    /// Nobody comes by this login any more.
    pub(crate) fn forget(&mut self, owner: (AccountId, SessionOwner)) {
        self.0.remove(&owner);
    }
}

/// Versions of a program, and places in a network, are not told apart.
fn mark(device: &str) -> u64 {
    let (agent, peer) = device.rsplit_once(" (").unwrap_or((device, ""));
    let mut hasher = DefaultHasher::new();
    agent.chars().filter(|character| character.is_alphabetic()).collect::<String>().hash(&mut hasher);
    match peer.trim_end_matches(')').parse() {
        Ok(IpAddr::V4(peer)) => peer.octets()[..2].hash(&mut hasher),
        Ok(IpAddr::V6(peer)) => peer.octets()[..4].hash(&mut hasher),
        Err(_) => {}
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::UserId;
    use uuid::Uuid;

    #[test]
    fn another_browser_or_network_is_unfamiliar_and_another_version_is_not() {
        let (mut familiar, one) = (Familiar::default(), Uuid::from_u128(1));
        let owner = (AccountId::new(one), SessionOwner::User(UserId::new(one)));
        assert!(!familiar.is_unfamiliar(owner, "Firefox/1 (192.0.2.7)"), "the first time is not told");
        familiar.see(owner, "Firefox/1 (192.0.2.7)");
        assert!(!familiar.is_unfamiliar(owner, "Firefox/2 (192.0.99.1)"));
        assert!(familiar.is_unfamiliar(owner, "Safari/1 (192.0.2.7)"));
        assert!(familiar.is_unfamiliar(owner, "Firefox/1 (198.51.100.1)"));
        familiar.forget(owner);
        assert!(!familiar.is_unfamiliar(owner, "Safari/1 (192.0.2.7)"));
    }
}
