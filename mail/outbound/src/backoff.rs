//! When a recipient is tried again, and when not any more. Pure: time and chance are arguments.

use kernel::Timestamp;
use parking_lot::Mutex;
use store::{LeasedMessage, LeasedRecipient, Origin};

use crate::limits::{
    ATTEMPT_COUNT_MIN, DELAY_MILLIS, EXPIRY_MILLIS, REPORT_EXPIRY_MILLIS, RETRY_MILLIS_MAX, RETRY_MILLIS_MIN,
};

/// Chance that can be given a seed: a run with the same seed is the same run. Not for secrets.
#[derive(Debug)]
pub struct Chance(Mutex<u64>);

impl Chance {
    /// A sequence by its seed.
    pub const fn seeded(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// A sequence that nobody knows before.
    pub fn fresh() -> Self {
        let mut seed = [0; 8];
        // Without entropy jitter is the same on every node: worse, and no reason to stand still.
        let _ = getrandom::fill(&mut seed);
        Self::seeded(u64::from_le_bytes(seed))
    }

    /// The next number (SplitMix64).
    pub fn number(&self) -> u64 {
        let mut state = self.0.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to and without `end`; 0 where `end` is 0.
    pub fn below(&self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or_default()
    }

    /// `millis` more or less a fifth.
    pub fn jittered(&self, millis: i64) -> i64 {
        let span = (millis / 5).max(0).unsigned_abs();
        let offset = self.below(2 * span + 1);
        millis - i64::try_from(span).unwrap_or_default() + i64::try_from(offset).unwrap_or_default()
    }
}

/// What follows on a failure that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt.
    Retry {
        /// Not before.
        due_at: Timestamp,
        /// Whether the sender is to be told now that it takes long.
        is_late: bool,
    },
    /// It is too old: given up.
    Expired,
}

/// The pause before attempt number `attempt_count + 1`, without jitter: 5, 10, 20 ... minutes, at most 4 hours.
pub(crate) fn pause_millis(attempt_count: u32) -> i64 {
    RETRY_MILLIS_MIN.saturating_mul(1 << attempt_count.saturating_sub(1).min(16)).min(RETRY_MILLIS_MAX)
}

/// What follows after an attempt that failed for now.
pub(crate) fn after_failure(
    message: &LeasedMessage,
    recipient: &LeasedRecipient,
    now: Timestamp,
    chance: &Chance,
) -> Next {
    let age = now.millis().saturating_sub(message.queued_at.millis());
    let expiry = if message.origin == Origin::Report { REPORT_EXPIRY_MILLIS } else { EXPIRY_MILLIS };
    let attempt_count = recipient.attempt_count.saturating_add(1);
    if age >= expiry && attempt_count >= ATTEMPT_COUNT_MIN {
        return Next::Expired;
    }
    let due = now.millis().saturating_add(chance.jittered(pause_millis(attempt_count)));
    // The last attempt is at the end of the time, not a pause after it.
    let end = message.queued_at.millis().saturating_add(expiry);
    let due = if age >= expiry { due } else { due.min(end) };
    Next::Retry {
        due_at: Timestamp::from_millis(due.max(now.millis() + 1)),
        is_late: age >= DELAY_MILLIS && !recipient.is_delay_told && message.origin == Origin::Submitted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_five_minutes_to_four_hours() {
        let minutes: Vec<i64> = (1..=9).map(|count| pause_millis(count) / 60_000).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 80, 160, 240, 240, 240]);
        assert_eq!(pause_millis(u32::MAX), RETRY_MILLIS_MAX);
    }

    #[test]
    fn no_pause_is_taken_for_that_of_a_clock_that_was_wrong() {
        assert!(u128::from(RETRY_MILLIS_MAX.unsigned_abs() / 5 * 6) < store::DUE_AHEAD_MAX.as_millis());
    }

    #[test]
    fn old_mail_is_given_up_after_some_attempts_and_not_before() {
        let (message, recipient) = crate::report::leased_for_tests();
        let chance = Chance::seeded(7);
        let at = |millis: i64| Timestamp::from_millis(message.queued_at.millis() + millis);
        let tried = |attempt_count| LeasedRecipient { attempt_count, ..recipient.clone() };
        // A clock that is ten days ahead for a moment, or ten days on hold.
        for attempt_count in 0..ATTEMPT_COUNT_MIN - 1 {
            let now = at(10 * 86_400_000);
            let next = after_failure(&message, &tried(attempt_count), now, &chance);
            let Next::Retry { due_at, .. } = next else { panic!("given up after {attempt_count}") };
            let pause = due_at.millis() - now.millis();
            assert!(pause >= pause_millis(attempt_count + 1) / 5 * 4, "{pause} after {attempt_count}");
        }
        for (age, attempt_count, expected) in [
            (10 * 86_400_000, ATTEMPT_COUNT_MIN - 1, true),
            (EXPIRY_MILLIS, ATTEMPT_COUNT_MIN, true),
            (EXPIRY_MILLIS - 1, 100, false),
        ] {
            let next = after_failure(&message, &tried(attempt_count), at(age), &chance);
            assert_eq!(next == Next::Expired, expected, "{age} {attempt_count}: {next:?}");
        }
    }

    #[test]
    fn jitter_is_a_fifth_and_the_same_seed_is_the_same_run() {
        let (one, other) = (Chance::seeded(7), Chance::seeded(7));
        for _ in 0..1000 {
            let millis = one.jittered(1000);
            assert!((800..=1200).contains(&millis), "{millis}");
            assert_eq!(millis, other.jittered(1000));
        }
        assert_eq!(one.jittered(0), 0);
    }
}
