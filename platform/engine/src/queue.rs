//! Which tenants are to be worked on: each at most once at a time, the longest waiting first.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use kernel::{Cursor, Position, TenantId};
use tokio::time::Instant;

/// Tenants that may wait; beyond, rings are dropped and the next sweep brings them.
const WAITING_TENANT_COUNT_MAX: usize = 1_000_000;

/// Pure: time is an argument.
#[derive(Default)]
pub(crate) struct Queue {
    order: VecDeque<TenantId>,
    /// Everybody in `order`, with the place to be reached.
    waiting: HashMap<TenantId, Position>,
    /// At work, with a place that was asked for meanwhile.
    active: HashMap<TenantId, Option<Position>>,
    delayed: BTreeSet<(Instant, TenantId)>,
    /// Everybody in `delayed`, with its time and the place to be reached.
    pausing: HashMap<TenantId, (Instant, Position)>,
    /// Behind at the first sweep and not there yet; none before that sweep.
    first: Option<HashSet<TenantId>>,
}

impl Queue {
    /// Asks for `target`.
    pub(crate) fn push(&mut self, target: Cursor) {
        let Cursor { tenant, position } = target;
        if let Some(again) = self.active.get_mut(&tenant) {
            *again = (*again).max(Some(position));
        } else if let Some((_, waiting)) = self.pausing.get_mut(&tenant) {
            *waiting = position.max(*waiting);
        } else if let Some(waiting) = self.waiting.get_mut(&tenant) {
            *waiting = position.max(*waiting);
        } else if self.order.len() < WAITING_TENANT_COUNT_MAX {
            self.order.push_back(tenant);
            self.waiting.insert(tenant, position);
        }
    }

    /// What was behind at the first sweep; later ones change nothing.
    pub(crate) fn begin(&mut self, tenants: impl Iterator<Item = TenantId>) {
        if self.first.is_none() {
            self.first = Some(tenants.collect());
        }
    }

    /// Whether everything that was behind at the first sweep is there, or halted.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.first.as_ref().is_some_and(HashSet::is_empty)
    }

    /// Takes the next one to work.
    pub(crate) fn next(&mut self) -> Option<Cursor> {
        let tenant = self.order.pop_front()?;
        let position = self.waiting.remove(&tenant)?;
        self.active.insert(tenant, None);
        Some(Cursor { tenant, position })
    }

    /// The work on a tenant ended: it is there, or halted.
    pub(crate) fn done(&mut self, tenant: TenantId) {
        if let Some(first) = &mut self.first {
            first.remove(&tenant);
        }
        if let Some(Some(position)) = self.active.remove(&tenant) {
            self.push(Cursor { tenant, position });
        }
    }

    /// The work on a tenant failed: again at `at`, and no ring makes it earlier.
    pub(crate) fn again(&mut self, target: Cursor, at: Instant) {
        let asked = self.active.remove(&target.tenant).flatten();
        self.delayed.insert((at, target.tenant));
        self.pausing.insert(target.tenant, (at, target.position.max(asked.unwrap_or_default())));
    }

    /// Ends a tenant's pause.
    pub(crate) fn hurry(&mut self, tenant: TenantId) {
        if let Some((at, position)) = self.pausing.remove(&tenant) {
            self.delayed.remove(&(at, tenant));
            self.push(Cursor { tenant, position });
        }
    }

    /// When the next pause ends.
    pub(crate) fn next_ripe(&self) -> Option<Instant> {
        self.delayed.first().map(|(at, _)| *at)
    }

    /// Ends the pauses that are over.
    pub(crate) fn ripen(&mut self, now: Instant) {
        while let Some((at, tenant)) = self.delayed.first().copied() {
            if at > now {
                break;
            }
            self.hurry(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::Id as _;

    use super::*;

    fn cursor(tenant: u128, position: u64) -> Cursor {
        Cursor { tenant: TenantId::from_uuid(uuid::Uuid::from_u128(tenant)), position: Position(position) }
    }

    #[test]
    fn a_tenant_is_never_worked_on_twice_at_a_time() {
        let mut queue = Queue::default();
        queue.push(cursor(1, 1));
        queue.push(cursor(1, 3));
        assert_eq!(queue.next(), Some(cursor(1, 3)));
        queue.push(cursor(1, 4));
        assert_eq!(queue.next(), None);
        queue.done(cursor(1, 0).tenant);
        assert_eq!(queue.next(), Some(cursor(1, 4)));
        queue.done(cursor(1, 0).tenant);
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn a_ring_does_not_shorten_a_pause() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let later = now + Duration::from_secs(1);
        queue.push(cursor(1, 1));
        queue.next();
        queue.again(cursor(1, 1), later);
        queue.push(cursor(1, 2));
        queue.ripen(now);
        assert_eq!(queue.next(), None);
        queue.ripen(later);
        assert_eq!(queue.next(), Some(cursor(1, 2)));
    }

    #[test]
    fn caught_up_means_everything_that_was_behind_at_the_first_sweep() {
        let mut queue = Queue::default();
        assert!(!queue.is_caught_up());
        queue.begin([cursor(1, 0).tenant].into_iter());
        queue.push(cursor(1, 1));
        queue.push(cursor(2, 1));
        queue.next();
        assert!(!queue.is_caught_up());
        queue.done(cursor(1, 0).tenant);
        assert!(queue.is_caught_up());
    }
}
