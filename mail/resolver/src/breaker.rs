//! Ceases to wait for servers that are gone.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Questions without an answer, one after the other, after which the servers themselves are doubted.
const SILENCE_COUNT_MAX: u32 = 8;
/// How often a question is let through while the breaker is open.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// Closed: everything passes. Open: one question a second passes.
///
/// Silence about one name does not open it: whoever owns a slow zone could then stop all others. The caller asks for
/// something that always has an answer before it opens.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    silence_count: u32,
    /// When the last question was let through; none while closed.
    open_since_probe: Option<Instant>,
}

/// How a question got through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    Closed,
    Probe,
}

impl Breaker {
    /// How a question passes; none where it must not be asked now.
    pub(crate) fn pass(&self) -> Option<Passage> {
        let mut state = self.state.lock();
        match state.open_since_probe {
            None => Some(Passage::Closed),
            Some(last) if last.elapsed() >= PROBE_EVERY => {
                state.open_since_probe = Some(Instant::now());
                Some(Passage::Probe)
            }
            Some(_) => None,
        }
    }

    /// Nobody answered. Whether the servers are to be tried with a question that always has an answer.
    pub(crate) fn silence(&self, passage: Passage) -> bool {
        let mut state = self.state.lock();
        state.silence_count = state.silence_count.saturating_add(1);
        passage == Passage::Closed && state.silence_count.is_multiple_of(SILENCE_COUNT_MAX)
    }

    /// They do not answer that either. Whether that is news.
    pub(crate) fn open(&self) -> bool {
        self.state.lock().open_since_probe.replace(Instant::now()).is_none()
    }

    /// Somebody answered. Whether that is news.
    pub(crate) fn answer(&self) -> bool {
        let mut state = self.state.lock();
        state.silence_count = 0;
        state.open_since_probe.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubts_after_silences_in_a_row_and_an_answer_closes_it() {
        let breaker = Breaker::default();
        for _ in 1..SILENCE_COUNT_MAX {
            assert!(!breaker.silence(Passage::Closed));
        }
        assert!(breaker.silence(Passage::Closed), "the eighth");
        assert_eq!(breaker.pass(), Some(Passage::Closed), "doubt is no proof");
        assert!(breaker.open());
        assert!(!breaker.open(), "told once");
        assert_eq!(breaker.pass(), None);
        assert!(breaker.answer());
        assert_eq!(breaker.pass(), Some(Passage::Closed));
        assert!(!breaker.silence(Passage::Closed), "counting starts anew");
    }
}
