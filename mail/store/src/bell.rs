//! Tells sessions that a mailbox changed.

use std::collections::{HashMap, HashSet};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{Change, Modseq, Owner};

/// Watched mailboxes before the first look for those that nobody watches any more.
const SWEEP_COUNT_MIN: usize = 1024;

/// Changed mailboxes that are remembered where nobody takes the list.
const CHANGED_COUNT_MAX: usize = 1_000_000;

/// One bell per mailbox that somebody watches.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    bells: Mutex<Registry>,
    /// Mailboxes that changed since somebody last took the list.
    changed: Mutex<HashSet<Owner>>,
}

#[derive(Debug, Default)]
struct Registry {
    by_owner: HashMap<Owner, watch::Sender<Change>>,
    sweep_at: usize,
}

impl Bells {
    pub(crate) fn watch(&self, owner: Owner) -> watch::Receiver<Change> {
        let mut registry = self.bells.lock();
        if registry.by_owner.len() >= registry.sweep_at.max(SWEEP_COUNT_MIN) {
            registry.by_owner.retain(|_, bell| bell.receiver_count() > 0);
            registry.sweep_at = registry.by_owner.len() * 2;
        }
        registry.by_owner.entry(owner).or_default().subscribe()
    }

    /// A change is durable: whoever watches is told. Changes may arrive out of order; the number never falls.
    pub(crate) fn ring(&self, owner: Owner, modseq: Modseq) {
        let mut changed = self.changed.lock();
        if changed.len() < CHANGED_COUNT_MAX {
            changed.insert(owner);
        }
        drop(changed);
        self.ring_watched(owner, modseq);
    }

    /// The same for a change that another node made: who watches quotas hears of it there.
    pub(crate) fn ring_watched(&self, owner: Owner, modseq: Modseq) {
        let registry = self.bells.lock();
        let Some(bell) = registry.by_owner.get(&owner) else { return };
        bell.send_if_modified(|change| {
            let is_newer = modseq > change.modseq;
            change.modseq = change.modseq.max(modseq);
            is_newer
        });
    }

    /// The mailboxes that changed since the last call.
    pub(crate) fn take_changed(&self) -> Vec<Owner> {
        std::mem::take(&mut *self.changed.lock()).into_iter().collect()
    }

    /// Mailboxes that somebody watches.
    pub(crate) fn watched(&self) -> Vec<Owner> {
        let registry = self.bells.lock();
        registry
            .by_owner
            .iter()
            .filter(|(_, bell)| bell.receiver_count() > 0)
            .map(|(owner, _)| *owner)
            .collect()
    }
}
