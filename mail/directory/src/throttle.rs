//! How many wrong passwords are borne.
//!
//! Counted per peer network and per (login, peer network): a stranger who guesses at a login does not lock its owner
//! out, who comes from elsewhere. The same wrong password again and again (a forgotten phone) counts once.

use std::time::{Duration, Instant};

use moka::sync::Cache;

/// Wrong passwords for one login from one network before it has to wait.
const LOGIN_FAILURE_COUNT_MAX: u32 = 10;
/// Wrong passwords from one network before it has to wait.
const PEER_FAILURE_COUNT_MAX: u32 = 60;
/// How long a failure counts after the last one.
const MEMORY: Duration = Duration::from_secs(600);
/// Counters kept at most; the least used go first.
const COUNTER_COUNT_MAX: u64 = 200_000;

/// A hash of what is counted: no login stands in memory in clear longer than it must.
pub(crate) type Key = [u8; 32];

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last_password: Key,
    last_at: Instant,
}

/// The counters.
#[derive(Debug)]
pub(crate) struct Throttle {
    failures: Cache<Key, Failures>,
}

/// What one attempt is counted under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) login_from_peer: Key,
    pub(crate) peer: Key,
    pub(crate) password: Key,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self { failures: Cache::builder().max_capacity(COUNTER_COUNT_MAX).time_to_idle(MEMORY).build() }
    }

    /// Seconds to wait, if this attempt may not be made now.
    pub(crate) fn wait_secs(&self, attempt: &Attempt) -> Option<u32> {
        let wait = |key: &Key, max: u32| {
            let failures = self.failures.get(key).filter(|failures| failures.count >= max)?;
            // The first surplus failure waits a little, the next ones longer, at most as long as it is remembered.
            let pause = Duration::from_secs(1 << (2 + (failures.count - max) / 5).min(9)).min(MEMORY);
            let left = pause.saturating_sub(failures.last_at.elapsed());
            (!left.is_zero()).then(|| u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1))
        };
        wait(&attempt.login_from_peer, LOGIN_FAILURE_COUNT_MAX)
            .or_else(|| wait(&attempt.peer, PEER_FAILURE_COUNT_MAX))
    }

    pub(crate) fn failed(&self, attempt: &Attempt) {
        let known = self.failures.get(&attempt.login_from_peer);
        if known.is_some_and(|failures| failures.last_password == attempt.password) {
            return;
        }
        for key in [attempt.login_from_peer, attempt.peer] {
            let count = self.failures.get(&key).map_or(0, |failures| failures.count).saturating_add(1);
            let failures = Failures { count, last_password: attempt.password, last_at: Instant::now() };
            self.failures.insert(key, failures);
        }
    }

    pub(crate) fn succeeded(&self, attempt: &Attempt) {
        self.failures.invalidate(&attempt.login_from_peer);
    }
}
