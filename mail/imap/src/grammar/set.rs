//! Sequence sets (RFC 9051 `sequence-set`) and SEARCHRES' `$` (section 6.4.4.1).

use super::{Parsed, Parser, SET_ELEMENT_COUNT_MAX};

/// What the numbers of a set mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressing {
    /// Sequence numbers.
    Sequence,
    /// UIDs.
    Uid,
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// A number from 1.
    Number(u32),
    /// `*`: the last message.
    Last,
}

/// Which messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Set {
    /// Ranges as written; a single number is a range of one.
    Ranges(Vec<(Bound, Bound)>),
    /// `$`: what the last SEARCH saved.
    Saved,
}

impl Set {
    /// The numbers as ascending ranges, merged; `*` is `last`. Without messages (`last` 0) `*` names none.
    pub(crate) fn resolved(&self, last: u32) -> Vec<(u32, u32)> {
        let Self::Ranges(ranges) = self else { return Vec::new() };
        let number = |bound: Bound| match bound {
            Bound::Number(number) => number,
            Bound::Last => last,
        };
        let mut sorted: Vec<(u32, u32)> = ranges
            .iter()
            .map(|(from, to)| (number(*from).min(number(*to)), number(*from).max(number(*to))))
            .filter(|(low, _)| *low > 0)
            .collect();
        sorted.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
        for (low, high) in sorted {
            match merged.last_mut() {
                Some(previous) if low <= previous.1.saturating_add(1) => previous.1 = previous.1.max(high),
                Some(_) | None => merged.push((low, high)),
            }
        }
        merged
    }
}

/// Whether one of these ranges, ascending and apart, holds a number.
pub(crate) fn covers(ranges: &[(u32, u32)], number: u32) -> bool {
    let behind = ranges.partition_point(|(from, _)| *from <= number);
    behind.checked_sub(1).is_some_and(|at| number <= ranges[at].1)
}

impl Parser<'_> {
    pub(crate) fn set(&mut self) -> Parsed<Set> {
        if self.takes(b'$') {
            return Ok(Set::Saved);
        }
        let mut ranges = Vec::new();
        loop {
            if ranges.len() == SET_ELEMENT_COUNT_MAX {
                return self.fault("a set of fewer elements");
            }
            let from = self.bound()?;
            let to = if self.takes(b':') { self.bound()? } else { from };
            ranges.push((from, to));
            if !self.takes(b',') {
                return Ok(Set::Ranges(ranges));
            }
        }
    }

    fn bound(&mut self) -> Parsed<Bound> {
        if self.takes(b'*') {
            return Ok(Bound::Last);
        }
        match self.peek() {
            Some(b'1'..=b'9') => Ok(Bound::Number(self.nz_number()?)),
            Some(_) | None => self.fault("a message number, `*` or `$`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn ranges_hold_what_lies_between_their_ends() {
        let ranges = [(2, 3), (7, 7), (9, u32::MAX)];
        let held: Vec<u32> = (0..=10).filter(|number| covers(&ranges, *number)).collect();
        assert_eq!(held, [2, 3, 7, 9, 10]);
        assert!(covers(&ranges, u32::MAX) && !covers(&[], 1));
    }
}
