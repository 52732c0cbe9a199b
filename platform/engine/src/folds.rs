//! What long streams have come to, kept in memory: the next command reads the events that followed and no others.
//!
//! Nothing here is a truth of its own: a state is kept with the version that it stands for, the append checks the
//! version that was read as it always does, and what is lost is folded again from the first event. What was opened under
//! a key that is destroyed by now is kept for nobody: each state is kept with the number of keys of its tenant that were
//! destroyed when it was folded, and is of no use under another.

use std::collections::HashMap;

use kernel::{Folded, StreamId, TenantId, Version};
use parking_lot::Mutex;

/// States kept in each of the two generations.
const STATE_COUNT_MAX: usize = 2048;

/// Whose stream, and which.
pub(crate) type Place = (TenantId, StreamId);

/// What a stream has come to.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// At this version.
    pub(crate) version: Version,
    /// When so many keys of the tenant were destroyed.
    pub(crate) destroyed_count: u64,
    /// This.
    pub(crate) folded: Folded,
}

/// States by stream, those that were asked for lately: when the young are too many, the old are dropped and the young
/// get old.
#[derive(Debug, Default)]
pub(crate) struct Folds(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Place, Kept>,
    old: HashMap<Place, Kept>,
}

impl Folds {
    /// What is kept of a stream; none where keys were destroyed since.
    pub(crate) fn get(&self, place: &Place, destroyed_count: u64) -> Option<Kept> {
        let mut generations = self.0.lock();
        if let Some(kept) = generations.young.get(place) {
            return Some(kept.clone()).filter(|kept| kept.destroyed_count == destroyed_count);
        }
        let kept = generations.old.remove(place).filter(|kept| kept.destroyed_count == destroyed_count)?;
        generations.put(*place, kept.clone());
        Some(kept)
    }

    /// Keeps what a stream has come to.
    pub(crate) fn put(&self, place: Place, kept: Kept) {
        self.0.lock().put(place, kept);
    }

    /// Keeps nothing of a stream any more.
    pub(crate) fn forget(&self, place: &Place) {
        let mut generations = self.0.lock();
        generations.young.remove(place);
        generations.old.remove(place);
    }
}

impl Generations {
    fn put(&mut self, place: Place, kept: Kept) {
        if self.young.len() >= STATE_COUNT_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(place, kept);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kernel::Category;
    use uuid::Uuid;

    use super::*;

    fn place(number: usize) -> Place {
        let tenant = TenantId::new(Uuid::from_u128(1));
        (tenant, StreamId { category: Category("thing"), id: Uuid::from_u128(number as u128) })
    }

    fn kept(number: usize) -> Kept {
        Kept { version: Version(number as u64), destroyed_count: 0, folded: Arc::new(number) }
    }

    #[test]
    fn the_states_kept_are_bounded_and_those_asked_for_stay() {
        let folds = Folds::default();
        for number in 0..10 * STATE_COUNT_MAX {
            folds.put(place(number), kept(number));
            assert!(folds.get(&place(0), 0).is_some(), "asked for all the time");
        }
        let count =
            (0..10 * STATE_COUNT_MAX).filter(|number| folds.get(&place(*number), 0).is_some()).count();
        assert!(count <= 2 * STATE_COUNT_MAX, "{count} states");
    }

    #[test]
    fn a_state_from_before_a_key_was_destroyed_is_given_to_nobody() {
        let folds = Folds::default();
        folds.put(place(1), kept(1));
        assert!(folds.get(&place(1), 1).is_none());
        folds.put(place(1), Kept { destroyed_count: 1, ..kept(2) });
        assert_eq!(folds.get(&place(1), 1).map(|kept| kept.version), Some(Version(2)));
        folds.forget(&place(1));
        assert!(folds.get(&place(1), 1).is_none());
    }
}
