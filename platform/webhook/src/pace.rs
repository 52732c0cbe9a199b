//! How long things take and how often they are tried.

use std::time::Duration;

/// The pace of deliveries; the default is what runs, tests are quicker.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Longest time of one attempt, from the look-up of the host to the answer.
    pub attempt_wait_max: Duration,
    /// The pause after the first attempt that failed; each further one doubles it.
    pub pause_first: Duration,
    /// The longest pause between two attempts.
    pub pause_max: Duration,
    /// Attempts for one event; then the webhook pauses itself. By default about a day.
    pub attempt_count_max: u32,
    /// For how long a node holds an endpoint that it tells: longer than two attempts, and the longest wait after a crash.
    pub hold: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            attempt_wait_max: Duration::from_secs(10),
            pause_first: Duration::from_secs(5),
            pause_max: Duration::from_secs(3600),
            attempt_count_max: 32,
            hold: Duration::from_secs(25),
        }
    }
}

impl Pace {
    /// The pause after so many attempts that failed.
    pub(crate) fn pause(&self, attempt_count: u32) -> Duration {
        let doublings = attempt_count.saturating_sub(1).min(31);
        self.pause_first.saturating_mul(1 << doublings).min(self.pause_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_end_after_a_day() {
        let pace = Pace::default();
        let secs: Vec<u64> = [1, 2, 3, 10, 11, 31].map(|count| pace.pause(count).as_secs()).into();
        assert_eq!(secs, [5, 10, 20, 2560, 3600, 3600]);
        let all: Duration = (1..pace.attempt_count_max).map(|count| pace.pause(count)).sum();
        assert!((20 * 3600..26 * 3600).contains(&all.as_secs()), "{all:?}");
        assert!(pace.hold > 2 * pace.attempt_wait_max);
    }
}
