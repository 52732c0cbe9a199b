//! The time that a message has to come.

use std::time::Duration;

use tokio::time::Instant;

/// Silence within a message (RFC 5321 section 4.5.3.2.5).
pub const DATA_WAIT: Duration = Duration::from_secs(180);
/// Longest time for all of a message beside what its length gives it.
pub const CONTENT_WAIT: Duration = Duration::from_secs(600);
/// Octets of a message that a peer sends each second, at the least.
pub const CONTENT_OCTETS_PER_SEC_MIN: u64 = 8 * 1024;

/// How long a message has been coming: who sends drops would hold what it takes for a day.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    begun: Instant,
}

impl Pace {
    /// Of a message that begins now.
    pub fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// How long the next piece may take. None where the time is up for a message of which so many octets have come.
    pub fn patience(&self, octets: usize) -> Option<Duration> {
        let earned = Duration::from_secs(octets as u64 / CONTENT_OCTETS_PER_SEC_MIN);
        let left = (CONTENT_WAIT + earned).checked_sub(self.begun.elapsed())?;
        Some(left.min(DATA_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_time_that_its_length_gives() {
        let mut pace = Pace::begin();
        assert_eq!(pace.patience(0), Some(DATA_WAIT));
        pace.begun = Instant::now().checked_sub(CONTENT_WAIT).expect("a machine that is up for so long");
        assert_eq!(pace.patience(0), None);
        assert!(pace.patience(60 * 8192).is_some_and(|left| left <= Duration::from_secs(60)));
    }
}
