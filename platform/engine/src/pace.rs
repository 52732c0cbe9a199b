//! How often and how long the engine waits, and how much it does at once. The defaults are the platform's; tests are in more of a hurry.

use std::time::Duration;

/// Every period, pause and portion of the engine.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Between two sweeps of a checkpointed consumer: the guarantee behind the doorbell.
    pub sweep: Duration,
    /// Between two sweeps of a follower: a change is in force on all nodes within 5 s.
    pub follow_sweep: Duration,
    /// After the first, second, ... failure of an outside call; after the last one the tenant halts.
    pub effect_pauses: Vec<Duration>,
    /// After the first, second, ... failure of the machine; the last one repeats for ever.
    pub failure_pauses: Vec<Duration>,
    /// How long the tables of a replaced revision are kept: readers and older nodes may still be at them.
    pub drop_grace: Duration,
    /// Longest history of a tenant, in events, of which a rebuild writes all rows in one transaction; a longer one is
    /// followed again from its beginning, page by page.
    pub rebuild_at_once: u64,
    /// The same for rows that are derived anew on the way, by an effect that must have done with them soon.
    pub rederive_at_once: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            sweep: Duration::from_secs(10),
            follow_sweep: Duration::from_secs(2),
            effect_pauses: [1, 5, 30, 120, 600].map(Duration::from_secs).into(),
            failure_pauses: [100, 1_000, 5_000, 30_000, 60_000].map(Duration::from_millis).into(),
            drop_grace: Duration::from_secs(15 * 60),
            rebuild_at_once: 250_000,
            rederive_at_once: 10_000,
        }
    }
}

impl Pace {
    /// The pause after the `count`-th failure of the machine, from 1.
    pub(crate) fn failure_pause(&self, count: u32) -> Duration {
        let index = usize::try_from(count.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.failure_pauses.get(index).or(self.failure_pauses.last());
        pause.copied().unwrap_or(Duration::from_secs(1))
    }

    /// The pause after the `count`-th failure of an outside call, from 1; none when it is enough.
    pub(crate) fn effect_pause(&self, count: u32) -> Option<Duration> {
        self.effect_pauses.get(usize::try_from(count.saturating_sub(1)).ok()?).copied()
    }
}
