//! The leases that this node has: how much of them is whose, and until when they are good.
//!
//! Several nodes share a database, and its clock says when a lease ends. What is known here is a time that is not later than
//! that, by two clocks: the one of this node, which may be set, and the one that only runs, which stands while the machine
//! sleeps.

use std::collections::HashMap;

use kernel::{TenantId, Timestamp};
use parking_lot::Mutex;
use store::LeaseToken;
use tokio::time::Instant;

use crate::limits::{LEASE, LEASED_RECIPIENT_COUNT_MAX};

/// What a tenant may lease is one of so many parts of what is free.
const FREE_PARTS: usize = 4;

/// Until when a lease is good: reckoned from before it was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    until: Timestamp,
    ends: Instant,
}

impl Term {
    /// Of a lease that is about to be asked for.
    pub(crate) fn from(now: Timestamp) -> Self {
        Self { until: now.plus(LEASE), ends: Instant::now() + LEASE }
    }
}

#[derive(Debug)]
struct Held {
    tenant: TenantId,
    /// Recipients that are not settled.
    count: usize,
    term: Term,
    /// What it is for is not queued yet: what is not there cannot be renewed.
    is_offered: bool,
}

#[derive(Debug, Default)]
struct State {
    /// No other node has the queue, so that no lease of this one is ever anybody else's.
    is_alone: bool,
    held: HashMap<LeaseToken, Held>,
    of_tenants: HashMap<TenantId, usize>,
    count: usize,
}

impl State {
    fn is_ours(&self, held: &Held, (now, at): (Timestamp, Instant)) -> bool {
        self.is_alone || now < held.term.until && at < held.term.ends
    }
}

/// Recipients that are leased and not settled.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<State>);

impl Leases {
    /// A lease was got. How many recipients are leased now.
    pub(crate) fn took(&self, token: LeaseToken, (tenant, count): (TenantId, usize), term: Term) -> usize {
        self.hold(token, Held { tenant, count, term, is_offered: false })
    }

    /// A lease is offered for recipients that are about to be queued. How many are leased now.
    pub(crate) fn offered(&self, token: LeaseToken, (tenant, count): (TenantId, usize), term: Term) -> usize {
        self.hold(token, Held { tenant, count, term, is_offered: true })
    }

    /// What a lease was offered for is queued under it.
    pub(crate) fn accepted(&self, token: LeaseToken) {
        if let Some(held) = self.0.lock().held.get_mut(&token) {
            held.is_offered = false;
        }
    }

    fn hold(&self, token: LeaseToken, held: Held) -> usize {
        let mut state = self.0.lock();
        if held.count > 0 {
            *state.of_tenants.entry(held.tenant).or_default() += held.count;
            state.count += held.count;
            state.held.insert(token, held);
        }
        state.count
    }

    /// So many recipients of a lease are not this node's business any more. How many are leased now.
    pub(crate) fn released(&self, token: LeaseToken, count: usize) -> usize {
        let mut state = self.0.lock();
        let Some(held) = state.held.get_mut(&token) else { return state.count };
        let count = count.min(held.count);
        held.count -= count;
        let (tenant, is_over) = (held.tenant, held.count == 0);
        if is_over {
            state.held.remove(&token);
        }
        state.count -= count;
        if let Some(of_tenant) = state.of_tenants.get_mut(&tenant) {
            *of_tenant -= count;
            if *of_tenant == 0 {
                state.of_tenants.remove(&tenant);
            }
        }
        state.count
    }

    /// How many more a tenant may lease: as long as it has less than a quarter of what is free, so that of many tenants
    /// with mail for hosts that stall each next one finds room.
    pub(crate) fn room_of(&self, tenant: TenantId) -> usize {
        let state = self.0.lock();
        let free = LEASED_RECIPIENT_COUNT_MAX.saturating_sub(state.count);
        let own = state.of_tenants.get(&tenant).copied().unwrap_or_default();
        free.saturating_sub(own.saturating_mul(FREE_PARTS)) / (FREE_PARTS + 1)
    }

    /// From now on no other node has the queue.
    pub(crate) fn are_alone(&self) {
        self.0.lock().is_alone = true;
    }

    /// Whether some seem to have run out that nobody else can have.
    pub(crate) fn are_to_be_kept(&self, now: Timestamp) -> bool {
        let state = self.0.lock();
        state.is_alone && state.held.values().any(|held| held.term.until <= now && !held.is_offered)
    }

    /// Whether nobody else can have what is leased, by both clocks.
    pub(crate) fn is_good(&self, token: LeaseToken, now: (Timestamp, Instant)) -> bool {
        let state = self.0.lock();
        state.held.get(&token).is_some_and(|held| state.is_ours(held, now))
    }

    /// All that are renewed, those that seem to have run out among them: the database knows what another node has by now.
    pub(crate) fn tokens(&self) -> Vec<LeaseToken> {
        let state = self.0.lock();
        state.held.iter().filter(|(_, held)| !held.is_offered).map(|(token, _)| *token).collect()
    }

    /// Leases were renewed, of so many recipients each. One of which the database has less than is held here is another
    /// node's in part: it is good no longer than it was.
    pub(crate) fn renewed(&self, renewed: impl Iterator<Item = (LeaseToken, u64)>, term: Term) {
        let mut state = self.0.lock();
        let is_alone = state.is_alone;
        for (token, count) in renewed {
            let is_whole =
                |held: &&mut Held| is_alone || usize::try_from(count).is_ok_and(|c| c >= held.count);
            if let Some(held) = state.held.get_mut(&token).filter(is_whole) {
                held.term = term;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;

    fn tenant(number: u128) -> TenantId {
        TenantId::new(Uuid::from_u128(number))
    }

    fn token(number: u128) -> LeaseToken {
        LeaseToken(Uuid::from_u128(number))
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    /// A term that ends after so many seconds by each of the clocks, of which one began at 0 and the other at `begun`.
    fn term(begun: Instant, until: i64, ends: u64) -> Term {
        Term { until: at(until), ends: begun + Duration::from_secs(ends) }
    }

    #[test]
    fn of_many_tenants_that_take_all_they_may_each_next_one_finds_room() {
        let (leases, begun) = (Leases::default(), Instant::now());
        for number in 0..30 {
            let mut rounds = 0;
            loop {
                let room = leases.room_of(tenant(number));
                if room == 0 {
                    break;
                }
                leases.took(token(number * 1000 + rounds), (tenant(number), room), term(begun, 300, 300));
                rounds += 1;
            }
            assert!(rounds > 0, "tenant {number} finds no room");
        }
        assert!(leases.took(token(0), (tenant(0), 0), term(begun, 0, 0)) <= LEASED_RECIPIENT_COUNT_MAX);
    }

    #[test]
    fn what_is_offered_counts_and_is_renewed_once_it_is_queued() {
        let (leases, begun) = (Leases::default(), Instant::now());
        leases.are_alone();
        let room = leases.room_of(tenant(1));
        assert_eq!(leases.offered(token(1), (tenant(1), 3), term(begun, 300, 300)), 3);
        assert!(leases.room_of(tenant(1)) < room);
        assert_eq!(leases.tokens(), []);
        assert!(!leases.are_to_be_kept(at(400)));
        leases.accepted(token(1));
        assert_eq!(leases.tokens(), [token(1)]);
        assert!(leases.are_to_be_kept(at(400)));
        leases.offered(token(2), (tenant(1), 2), term(begun, 300, 300));
        assert_eq!(leases.released(token(2), usize::MAX), 3, "what is withdrawn is let go, all of it");
    }

    #[test]
    fn a_lease_is_good_by_both_clocks_and_renewed_where_the_database_has_it_whole() {
        let (leases, begun) = (Leases::default(), Instant::now());
        let after = |secs| begun + Duration::from_secs(secs);
        leases.took(token(1), (tenant(1), 2), term(begun, 300, 300));
        leases.took(token(2), (tenant(1), 2), term(begun, 300, 300));
        let is_good = |number, secs, runs| leases.is_good(token(number), (at(secs), after(runs)));
        assert!(is_good(1, 299, 299) && !is_good(1, 300, 299) && !is_good(1, 299, 300));
        // Our clock was set back, by far: what has run out has run out.
        assert!(!is_good(1, -9000, 301));
        // Another node has a recipient of the first one by now, and the second one is ours though our clock was set ahead.
        leases.renewed([(token(1), 1), (token(2), 2)].into_iter(), term(begun, 9300, 600));
        assert!(!is_good(1, 9000, 301) && is_good(2, 9000, 301));
        assert_eq!(leases.released(token(2), 2), 2);
        assert_eq!(leases.released(token(2), 2), 2, "what is over is counted once");
        assert_eq!(leases.released(token(1), 1), 1);
    }
}
