//! Memory for messages that are being received. Nobody waits for another's: whoever holds some of it leaves as much for the
//! others, and what finds no room is put off.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;

/// What is taken at a time, in octets.
const STEP_OCTETS: usize = 1024 * 1024;

#[derive(Debug)]
struct Shares<K> {
    octets_max: usize,
    octets: usize,
    by_holder: HashMap<K, usize>,
}

/// The memory of one server, held by networks, accounts, mailboxes: whatever `K` tells apart.
#[derive(Debug)]
pub struct Memory<K>(Arc<Mutex<Shares<K>>>);

impl<K> Clone for Memory<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What one message has of it, until it is dropped.
#[derive(Debug)]
pub struct Held<K: Eq + Hash> {
    memory: Memory<K>,
    holders: Vec<K>,
    octets: usize,
}

impl<K: Eq + Hash + Clone> Memory<K> {
    /// So many octets.
    pub fn new(octets_max: usize) -> Self {
        Self(Arc::new(Mutex::new(Shares { octets_max, octets: 0, by_holder: HashMap::new() })))
    }

    /// Nothing yet, for a message that begins now. `holders` are those whose it is, the widest first: an account, and its
    /// mailbox.
    pub fn begin(&self, holders: Vec<K>) -> Held<K> {
        Held { memory: self.clone(), holders, octets: 0 }
    }
}

impl<K: Eq + Hash + Clone> Shares<K> {
    /// Whether each of the holders leaves as much as it has: the widest of what is free, the next of what is left by that.
    fn has_room(&self, holders: &[K]) -> bool {
        let mut free = self.octets_max.saturating_sub(self.octets);
        holders.iter().all(|holder| {
            let own = self.by_holder.get(holder).copied().unwrap_or_default();
            let fits = own + STEP_OCTETS <= free;
            free = free.saturating_sub(own);
            fits
        })
    }
}

impl<K: Eq + Hash + Clone> Held<K> {
    /// Takes what `octets` need in all; false where one of the holders has its share, or nothing is left. What is held stays.
    pub fn reaches(&mut self, octets: usize) -> bool {
        let mut shares = self.memory.0.lock();
        while self.octets < octets {
            if !shares.has_room(&self.holders) {
                return false;
            }
            for holder in &self.holders {
                *shares.by_holder.entry(holder.clone()).or_default() += STEP_OCTETS;
            }
            shares.octets += STEP_OCTETS;
            self.octets += STEP_OCTETS;
        }
        true
    }
}

impl<K: Eq + Hash> Held<K> {
    /// Gives everything back.
    pub fn give_back(&mut self) {
        let mut shares = self.memory.0.lock();
        shares.octets -= self.octets;
        for holder in &self.holders {
            if let Some(own) = shares.by_holder.get_mut(holder) {
                *own -= self.octets;
                if *own == 0 {
                    shares.by_holder.remove(holder);
                }
            }
        }
        self.octets = 0;
    }
}

impl<K: Eq + Hash> Drop for Held<K> {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_at_once(held: &mut [Held<&'static str>]) -> usize {
        held.iter_mut().filter_map(|held| held.reaches(1).then_some(())).count()
    }

    #[test]
    fn a_holder_leaves_as_much_as_it_has_and_gives_it_back() {
        let memory = Memory::new(100 * STEP_OCTETS);
        let mut of_one: Vec<_> = (0..60).map(|_| memory.begin(vec!["one"])).collect();
        assert_eq!(held_at_once(&mut of_one), 50, "it has as much as it leaves");
        let mut other = memory.begin(vec!["other"]);
        assert!(other.reaches(25 * STEP_OCTETS) && !other.reaches(26 * STEP_OCTETS));
        assert!(other.reaches(25 * STEP_OCTETS), "what is held stays");
        drop(of_one);
        assert!(other.reaches(50 * STEP_OCTETS));
        other.give_back();
        let shares = memory.0.lock();
        assert!(shares.octets == 0 && shares.by_holder.is_empty());
    }

    #[test]
    fn a_mailbox_leaves_as_much_to_the_others_of_its_account_and_all_of_these_to_other_accounts() {
        let memory = Memory::new(100 * STEP_OCTETS);
        let of =
            |account, mailbox| -> Vec<_> { (0..60).map(|_| memory.begin(vec![account, mailbox])).collect() };
        let (mut alice, mut bob) = (of("account", "alice"), of("account", "bob"));
        assert_eq!(held_at_once(&mut alice), 34, "as much as it leaves of what its account may have");
        assert_eq!(held_at_once(&mut bob), 11);
        let mut others = of("other", "zoe");
        assert_eq!(
            held_at_once(&mut others),
            19,
            "another account is asked of what is left, as the first was"
        );
        drop((alice, bob, others));
        assert!(memory.0.lock().by_holder.is_empty());
    }
}
