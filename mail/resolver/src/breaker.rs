//! Ceases to wait for servers that are gone.

use parking_lot::Mutex;

/// Questions without an answer, one after the other, after which the servers themselves are doubted.
const SILENCE_COUNT_MAX: u32 = 8;

/// Closed: everything passes. Open: nothing does, until whoever probes the servers has heard something.
///
/// Silence about one name does not open it: whoever owns a slow zone could then stop all others. The caller asks for
/// something that always has an answer before it opens, and again until there is one.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    silence_count: u32,
    is_open: bool,
}

impl Breaker {
    /// Whether questions fail without being asked.
    pub(crate) fn is_open(&self) -> bool {
        self.state.lock().is_open
    }

    /// Nobody answered. Whether the servers are to be tried with a question that always has an answer.
    pub(crate) fn silence(&self) -> bool {
        let mut state = self.state.lock();
        state.silence_count = state.silence_count.saturating_add(1);
        !state.is_open && state.silence_count.is_multiple_of(SILENCE_COUNT_MAX)
    }

    /// They do not answer that either. Whether that is news.
    pub(crate) fn open(&self) -> bool {
        !std::mem::replace(&mut self.state.lock().is_open, true)
    }

    /// Somebody answered. Whether that is news.
    pub(crate) fn answer(&self) -> bool {
        let mut state = self.state.lock();
        state.silence_count = 0;
        std::mem::take(&mut state.is_open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubts_after_silences_in_a_row_and_an_answer_closes_it() {
        let breaker = Breaker::default();
        for _ in 1..SILENCE_COUNT_MAX {
            assert!(!breaker.silence());
        }
        assert!(breaker.silence(), "the eighth");
        assert!(!breaker.is_open(), "doubt is no proof");
        assert!(breaker.open());
        assert!(!breaker.open(), "told once");
        assert!(breaker.is_open());
        assert!(breaker.answer());
        assert!(!breaker.is_open());
        assert!(!breaker.silence(), "counting starts anew");
    }
}
