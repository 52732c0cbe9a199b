//! What is leased and waits for a connection: per site, by deficit round-robin between tenants, by lanes within a tenant.
//!
//! Pure: knows no clock and no network; a site's connections ask for the next job.

use std::collections::{HashMap, VecDeque};

use kernel::TenantId;
use store::Lane;

use crate::limits::QUANTUM_OCTETS;

/// Every so many takes of a tenant the lanes are looked at from the last: what waits behind people comes on too.
const BACKWARDS_EVERY: u32 = 8;

/// What the order of work needs to know of a job.
pub trait Weighed {
    /// Whose.
    fn tenant(&self) -> TenantId;
    /// Which mail.
    fn lane(&self) -> Lane;
    /// Octets that it costs.
    fn cost(&self) -> u64;
    /// Recipients.
    fn recipient_count(&self) -> usize;
}

#[derive(Debug)]
struct Waiting<J> {
    lanes: [VecDeque<J>; 4],
    deficit: u64,
    take_count: u32,
    recipient_count: usize,
}

impl<J> Default for Waiting<J> {
    fn default() -> Self {
        Self {
            lanes: [VecDeque::new(), VecDeque::new(), VecDeque::new(), VecDeque::new()],
            deficit: 0,
            take_count: 0,
            recipient_count: 0,
        }
    }
}

impl<J: Weighed> Waiting<J> {
    fn lane(&self) -> Option<usize> {
        let is_backwards = self.take_count % BACKWARDS_EVERY == BACKWARDS_EVERY - 1;
        let filled = |index: &usize| !self.lanes[*index].is_empty();
        if is_backwards { (0..4).rev().find(filled) } else { (0..4).find(filled) }
    }

    fn next_cost(&self) -> Option<u64> {
        self.lane().and_then(|lane| self.lanes[lane].front()).map(Weighed::cost)
    }

    fn take(&mut self) -> Option<J> {
        let lane = self.lane()?;
        let job = self.lanes[lane].pop_front()?;
        self.take_count = self.take_count.wrapping_add(1);
        self.deficit = self.deficit.saturating_sub(job.cost());
        self.recipient_count -= job.recipient_count();
        Some(job)
    }
}

/// The jobs of one site.
#[derive(Debug)]
pub struct ReadyQueue<J> {
    tenants: HashMap<TenantId, Waiting<J>>,
    /// Tenants with jobs, the next one first.
    ring: VecDeque<TenantId>,
    /// Connections that are at a tenant's job.
    busy: HashMap<TenantId, u32>,
    recipient_count: usize,
}

impl<J> Default for ReadyQueue<J> {
    fn default() -> Self {
        Self { tenants: HashMap::new(), ring: VecDeque::new(), busy: HashMap::new(), recipient_count: 0 }
    }
}

impl<J: Weighed> ReadyQueue<J> {
    /// Adds a job at the end of its tenant's lane.
    pub fn push(&mut self, job: J) {
        let tenant = job.tenant();
        let waiting = self.tenants.entry(tenant).or_insert_with(|| {
            self.ring.push_back(tenant);
            Waiting::default()
        });
        waiting.recipient_count += job.recipient_count();
        self.recipient_count += job.recipient_count();
        waiting.lanes[job.lane() as usize].push_back(job);
    }

    /// Puts a job back whose connection was of no use: before everything else of its tenant's lane.
    pub fn put_back(&mut self, job: J) {
        let tenant = job.tenant();
        let waiting = self.tenants.entry(tenant).or_insert_with(|| {
            self.ring.push_front(tenant);
            Waiting::default()
        });
        waiting.recipient_count += job.recipient_count();
        self.recipient_count += job.recipient_count();
        waiting.deficit = waiting.deficit.saturating_add(job.cost());
        waiting.lanes[job.lane() as usize].push_front(job);
    }

    /// The next job. A tenant that has `share` connections at work is passed over: the others wait for a message, never
    /// for a mailing.
    pub fn next(&mut self, share: u32) -> Option<J> {
        self.next_of(share, |_| true)
    }

    /// The same among tenants that may have one.
    pub fn next_of(&mut self, share: u32, is_allowed: impl Fn(TenantId) -> bool) -> Option<J> {
        let may = |tenant: &TenantId, busy: &HashMap<TenantId, u32>| {
            busy.get(tenant).copied().unwrap_or_default() < share.max(1) && is_allowed(*tenant)
        };
        if !self.ring.iter().any(|tenant| may(tenant, &self.busy)) {
            return None;
        }
        // Each round gives every tenant a quantum; a job of any size is reached in a bounded count of rounds.
        loop {
            let tenant = *self.ring.front()?;
            let waiting = self.tenants.get_mut(&tenant)?;
            let cost = waiting.next_cost()?;
            if !may(&tenant, &self.busy) {
                self.ring.rotate_left(1);
                continue;
            }
            if waiting.deficit < cost {
                waiting.deficit = waiting.deficit.saturating_add(QUANTUM_OCTETS);
                self.ring.rotate_left(1);
                continue;
            }
            let job = waiting.take()?;
            self.recipient_count -= job.recipient_count();
            if waiting.next_cost().is_none() {
                self.tenants.remove(&tenant);
                self.ring.pop_front();
            }
            *self.busy.entry(tenant).or_default() += 1;
            return Some(job);
        }
    }

    /// A connection is done with a tenant's job.
    pub fn done(&mut self, tenant: TenantId) {
        if let Some(count) = self.busy.get_mut(&tenant) {
            *count -= 1;
            if *count == 0 {
                self.busy.remove(&tenant);
            }
        }
    }

    /// Everything that waits, taken out: the site is not asked now.
    pub fn drain(&mut self) -> Vec<J> {
        self.ring.clear();
        self.recipient_count = 0;
        let mut all: Vec<_> = self.tenants.drain().collect();
        // The same order on every run, for those who repeat one.
        all.sort_unstable_by_key(|(tenant, _)| *tenant);
        all.into_iter().flat_map(|(_, waiting)| waiting.lanes.into_iter().flatten()).collect()
    }

    /// Recipients that wait, of all tenants.
    pub const fn recipient_count(&self) -> usize {
        self.recipient_count
    }

    /// Recipients of a tenant that wait.
    pub fn recipient_count_of(&self, tenant: TenantId) -> usize {
        self.tenants.get(&tenant).map_or(0, |waiting| waiting.recipient_count)
    }

    /// Whether a connection that asks now would get something.
    pub fn has_next(&self, share: u32) -> bool {
        self.ring.iter().any(|tenant| self.busy.get(tenant).copied().unwrap_or_default() < share.max(1))
    }

    /// The tenant whose turn is next.
    pub fn first(&self) -> Option<TenantId> {
        self.ring.front().copied()
    }

    /// Whether nothing waits and nobody is at work.
    pub fn is_idle(&self) -> bool {
        self.ring.is_empty() && self.busy.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Job(u128, Lane, u64);

    impl Weighed for Job {
        fn tenant(&self) -> TenantId {
            TenantId::new(Uuid::from_u128(self.0))
        }
        fn lane(&self) -> Lane {
            self.1
        }
        fn cost(&self) -> u64 {
            self.2
        }
        fn recipient_count(&self) -> usize {
            1
        }
    }

    #[test]
    fn a_tenant_with_a_mailing_does_not_delay_another() {
        let mut ready = ReadyQueue::default();
        for _ in 0..10_000 {
            ready.push(Job(1, Lane::Bulk, QUANTUM_OCTETS / 2));
        }
        ready.push(Job(2, Lane::Interactive, 2000));
        let position = (0..).find(|_| {
            ready.next(9).is_none_or(|job| {
                ready.done(job.tenant());
                job.0 == 2
            })
        });
        assert!(position.is_some_and(|position| position <= 4), "{position:?}");
    }

    #[test]
    fn large_messages_cost_their_tenant_its_turn() {
        let mut ready = ReadyQueue::default();
        for _ in 0..100 {
            ready.push(Job(1, Lane::Interactive, QUANTUM_OCTETS * 4));
            ready.push(Job(2, Lane::Interactive, QUANTUM_OCTETS));
        }
        let mut counts = [0; 3];
        for _ in 0..50 {
            let job = ready.next(9).expect("a job");
            ready.done(job.tenant());
            counts[job.0 as usize] += 1;
        }
        assert!(counts[2] >= counts[1] * 3, "{counts:?}");
    }

    #[test]
    fn a_tenant_has_its_share_of_connections_and_no_more() {
        let mut ready = ReadyQueue::default();
        for _ in 0..5 {
            ready.push(Job(1, Lane::Interactive, 1));
        }
        assert!(ready.next(2).is_some() && ready.next(2).is_some());
        assert!(ready.next(2).is_none() && !ready.has_next(2));
        ready.push(Job(2, Lane::Bulk, 1));
        assert_eq!(ready.next(2), Some(Job(2, Lane::Bulk, 1)));
        ready.done(Job(1, Lane::Bulk, 1).tenant());
        assert!(ready.next(2).is_some());
    }

    #[test]
    fn who_may_have_none_is_passed_over_and_keeps_its_place() {
        let mut ready = ReadyQueue::default();
        ready.push(Job(1, Lane::Interactive, 1));
        ready.push(Job(2, Lane::Bulk, 1));
        let not_the_first = |tenant| tenant != Job(1, Lane::Bulk, 1).tenant();
        assert_eq!(ready.next_of(9, not_the_first), Some(Job(2, Lane::Bulk, 1)));
        assert_eq!(ready.next_of(9, not_the_first), None);
        assert_eq!(ready.next(9), Some(Job(1, Lane::Interactive, 1)));
    }

    #[test]
    fn people_go_first_and_the_rest_is_not_forgotten() {
        let mut ready = ReadyQueue::default();
        for _ in 0..20 {
            ready.push(Job(1, Lane::Bulk, 1));
            ready.push(Job(1, Lane::Interactive, 1));
        }
        let lanes: Vec<Lane> = (0..16).map(|_| ready.next(99).expect("a job").1).collect();
        assert_eq!(lanes.iter().filter(|lane| **lane == Lane::Bulk).count(), 2);
        assert_eq!(ready.recipient_count(), 24);
        assert_eq!(ready.drain().len(), 24);
        assert_eq!(ready.recipient_count(), 0);
    }
}
