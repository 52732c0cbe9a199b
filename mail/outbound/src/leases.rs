//! The leases that this node has: how much of them is whose, and until when they are good.

use std::collections::HashMap;

use kernel::{TenantId, Timestamp};
use parking_lot::Mutex;
use store::LeaseToken;

use crate::limits::LEASED_RECIPIENT_COUNT_MAX;

/// What a tenant may lease is one of so many parts of what is free.
const FREE_PARTS: usize = 4;

#[derive(Debug)]
struct Held {
    tenant: TenantId,
    /// Recipients that are not settled.
    count: usize,
    until: Timestamp,
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
    fn is_ours(&self, held: &Held, now: Timestamp) -> bool {
        self.is_alone || now < held.until
    }
}

/// Recipients that are leased and not settled.
#[derive(Debug, Default)]
pub(crate) struct Leases(Mutex<State>);

impl Leases {
    /// A lease was got. How many recipients are leased now.
    pub(crate) fn took(
        &self,
        token: LeaseToken,
        (tenant, count): (TenantId, usize),
        until: Timestamp,
    ) -> usize {
        self.hold(token, Held { tenant, count, until, is_offered: false })
    }

    /// A lease is offered for recipients that are about to be queued. How many are leased now.
    pub(crate) fn offered(
        &self,
        token: LeaseToken,
        (tenant, count): (TenantId, usize),
        until: Timestamp,
    ) -> usize {
        self.hold(token, Held { tenant, count, until, is_offered: true })
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
        state.is_alone && state.held.values().any(|held| held.until <= now && !held.is_offered)
    }

    /// Whether nobody else can have what is leased.
    pub(crate) fn is_good(&self, token: LeaseToken, now: Timestamp) -> bool {
        let state = self.0.lock();
        state.held.get(&token).is_some_and(|held| state.is_ours(held, now))
    }

    /// Leases that may be renewed. What has run out is not, unless the node is alone: another may have it.
    pub(crate) fn good(&self, now: Timestamp) -> Vec<LeaseToken> {
        let state = self.0.lock();
        let good = state.held.iter().filter(|(_, held)| state.is_ours(held, now) && !held.is_offered);
        good.map(|(token, _)| *token).collect()
    }

    /// Leases were renewed, as one knows at `now`; those that ran out before that was known stay lost.
    pub(crate) fn renewed(&self, tokens: &[LeaseToken], until: Timestamp, now: Timestamp) {
        let mut state = self.0.lock();
        for token in tokens {
            let is_alone = state.is_alone;
            if let Some(held) = state.held.get_mut(token).filter(|held| is_alone || now < held.until) {
                held.until = until;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn of_many_tenants_that_take_all_they_may_each_next_one_finds_room() {
        let leases = Leases::default();
        for number in 0..30 {
            let mut rounds = 0;
            loop {
                let room = leases.room_of(tenant(number));
                if room == 0 {
                    break;
                }
                leases.took(token(number * 1000 + rounds), (tenant(number), room), at(300));
                rounds += 1;
            }
            assert!(rounds > 0, "tenant {number} finds no room");
        }
        assert!(leases.took(token(0), (tenant(0), 0), at(0)) <= LEASED_RECIPIENT_COUNT_MAX);
    }

    #[test]
    fn what_is_offered_counts_and_is_renewed_once_it_is_queued() {
        let leases = Leases::default();
        leases.are_alone();
        let room = leases.room_of(tenant(1));
        assert_eq!(leases.offered(token(1), (tenant(1), 3), at(300)), 3);
        assert!(leases.room_of(tenant(1)) < room);
        assert_eq!(leases.good(at(1)), []);
        assert!(!leases.are_to_be_kept(at(400)));
        leases.accepted(token(1));
        assert_eq!(leases.good(at(1)), [token(1)]);
        assert!(leases.are_to_be_kept(at(400)));
        leases.offered(token(2), (tenant(1), 2), at(300));
        assert_eq!(leases.released(token(2), usize::MAX), 3, "what is withdrawn is let go, all of it");
    }

    #[test]
    fn a_lease_that_ran_out_is_not_renewed() {
        let leases = Leases::default();
        leases.took(token(1), (tenant(1), 2), at(300));
        leases.took(token(2), (tenant(1), 2), at(900));
        assert_eq!(leases.good(at(400)), [token(2)]);
        // It was asked for in time and answered too late: whoever asks meanwhile may have it.
        leases.renewed(&[token(1)], at(1000), at(301));
        assert!(!leases.is_good(token(1), at(301)));
        leases.renewed(&[token(2)], at(1000), at(400));
        assert!(leases.is_good(token(2), at(999)) && !leases.is_good(token(2), at(1000)));
        assert_eq!(leases.released(token(2), 2), 2);
        assert_eq!(leases.released(token(2), 2), 2, "what is over is counted once");
        assert_eq!(leases.released(token(1), 1), 1);
    }
}
