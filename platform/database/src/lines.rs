//! Who waits for the writer: a line for each of those for whom it writes, served in turns.
//!
//! What one of them has waiting, however much, puts others off by one write, not by all of it. Within a line the order is
//! that of arrival; between lines nobody can tell an order, since nobody was answered yet.

use std::collections::{HashMap, HashSet, VecDeque};

use uuid::Uuid;

/// For whom a write is; none for the platform itself.
type Whom = Option<Uuid>;

/// Lines that are served in turns, one piece at a time. In a batch those who had no turn in it yet go before those who had.
#[derive(Debug)]
pub(crate) struct Lines<T> {
    /// No line is empty.
    lines: HashMap<Whom, VecDeque<T>>,
    /// Who waits and had no turn in this batch.
    unserved: VecDeque<Whom>,
    /// Who waits and had one.
    served: VecDeque<Whom>,
    /// Who had a turn in this batch, waiting or not.
    had: HashSet<Whom>,
    /// Whether somebody had all of theirs in this batch. The platform's own writes are not in a hurry.
    is_somebody_through: bool,
    len: usize,
}

impl<T> Default for Lines<T> {
    fn default() -> Self {
        Self {
            lines: HashMap::new(),
            unserved: VecDeque::new(),
            served: VecDeque::new(),
            had: HashSet::new(),
            is_somebody_through: false,
            len: 0,
        }
    }
}

impl<T> Lines<T> {
    /// How many pieces wait.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Puts a piece at the end of its line.
    pub(crate) fn push(&mut self, whom: Whom, piece: T) {
        let line = self.lines.entry(whom).or_default();
        if line.is_empty() {
            let end = if self.had.contains(&whom) { &mut self.served } else { &mut self.unserved };
            end.push_back(whom);
        }
        line.push_back(piece);
        self.len += 1;
    }

    /// Begins a batch: everybody has a turn before anybody has two.
    pub(crate) fn begin(&mut self) {
        self.unserved.append(&mut self.served);
        self.had.clear();
        self.is_somebody_through = false;
    }

    /// The piece whose turn it is.
    pub(crate) fn next(&mut self) -> Option<T> {
        let whom = self.unserved.pop_front().or_else(|| self.served.pop_front())?;
        let line = self.lines.get_mut(&whom)?;
        let piece = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&whom);
            self.is_somebody_through |= whom.is_some();
        } else {
            self.served.push_back(whom);
        }
        self.had.insert(whom);
        self.len -= usize::from(piece.is_some());
        piece
    }

    /// Whether the batch is waited for: everybody had a turn, and somebody has nothing more, while others would go on.
    pub(crate) fn is_awaited(&self) -> bool {
        self.is_somebody_through && self.unserved.is_empty() && !self.served.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Whom = Some(Uuid::from_u128(1));
    const B: Whom = Some(Uuid::from_u128(2));

    fn lines(pieces: &[(Whom, u32)]) -> Lines<u32> {
        let mut lines = Lines::default();
        pieces.iter().for_each(|(whom, piece)| lines.push(*whom, *piece));
        lines.begin();
        lines
    }

    fn all(lines: &mut Lines<u32>) -> Vec<u32> {
        std::iter::from_fn(|| lines.next()).collect()
    }

    #[test]
    fn everybody_has_a_turn_before_anybody_has_two_and_each_in_the_order_they_came() {
        let mut lines = lines(&[(A, 1), (A, 2), (A, 3), (B, 4), (None, 5), (B, 6)]);
        assert_eq!(lines.len(), 6);
        assert_eq!(all(&mut lines), [1, 4, 5, 2, 6, 3]);
        assert_eq!(lines.len(), 0);
    }

    #[test]
    fn whoever_comes_in_the_middle_is_next_once_in_a_batch() {
        let mut lines = lines(&[(A, 1), (A, 2), (A, 3)]);
        assert_eq!(lines.next(), Some(1));
        lines.push(B, 4);
        assert_eq!(lines.next(), Some(4));
        lines.push(B, 5);
        assert_eq!(all(&mut lines), [2, 5, 3]);
        lines.push(B, 6);
        lines.push(A, 7);
        lines.begin();
        assert_eq!(all(&mut lines), [6, 7], "a new batch knows nothing of the last");
    }

    #[test]
    fn a_batch_is_awaited_by_whoever_is_through_while_others_go_on() {
        let mut lines = lines(&[(A, 1), (A, 2), (A, 3)]);
        assert_eq!(lines.next(), Some(1));
        assert!(!lines.is_awaited(), "A alone goes on");
        lines.push(None, 4);
        assert_eq!(lines.next(), Some(4));
        assert!(!lines.is_awaited(), "the platform is not in a hurry");
        lines.push(B, 5);
        assert!(!lines.is_awaited(), "B had no turn yet");
        assert_eq!(lines.next(), Some(5));
        assert!(lines.is_awaited());
        lines.begin();
        assert!(!lines.is_awaited());
        assert_eq!(all(&mut lines), [2, 3]);
        assert!(!lines.is_awaited(), "nobody waits");
    }
}
