//! Whether a site is asked at all, and by how many connections. Pure: time is an argument.

use kernel::Timestamp;
use store::RemoteReply;

use crate::backoff::Chance;
use crate::limits::{BREAKER_FAULT_COUNT, BREAKER_MILLIS_MAX, BREAKER_MILLIS_MIN, CEILING_START};

/// What a breaker says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Go on.
    Closed,
    /// Nobody is asked until then.
    Open(Timestamp),
    /// One connection may try.
    HalfOpen,
}

/// The breaker of one source and site, with the ceiling of its connections.
#[derive(Debug, Clone)]
pub struct Breaker {
    fault_count: u32,
    open_count: u32,
    open_until: Option<Timestamp>,
    is_probing: bool,
    /// In thousandths of a connection.
    ceiling: u32,
    limit: u32,
    /// The last fault, for those who ask why.
    pub fault: Option<RemoteReply>,
}

impl Breaker {
    /// Closed, with at most `limit` connections.
    pub fn new(limit: u32) -> Self {
        let limit = limit.max(1);
        Self {
            fault_count: 0,
            open_count: 0,
            open_until: None,
            is_probing: false,
            ceiling: CEILING_START.min(limit) * 1000,
            limit,
            fault: None,
        }
    }

    /// What it says now.
    pub fn gate(&self, now: Timestamp) -> Gate {
        match self.open_until {
            None => Gate::Closed,
            Some(until) if now < until => Gate::Open(until),
            Some(_) => Gate::HalfOpen,
        }
    }

    /// How many connections there may be.
    pub fn connection_count_max(&self, now: Timestamp) -> u32 {
        match self.gate(now) {
            Gate::Closed => self.ceiling / 1000,
            Gate::Open(_) => 0,
            Gate::HalfOpen => u32::from(!self.is_probing),
        }
    }

    /// A connection is being opened.
    pub fn begins(&mut self, now: Timestamp) {
        self.is_probing = self.gate(now) == Gate::HalfOpen;
    }

    /// A connection has come to its end, whatever was heard on it: the next one may try.
    pub fn ended(&mut self) {
        self.is_probing = false;
    }

    /// The site has done what it was asked, beyond greeting: one connection more per round of all.
    pub fn succeeded(&mut self) {
        self.fault_count = 0;
        self.open_count = 0;
        self.open_until = None;
        self.is_probing = false;
        self.fault = None;
        self.ceiling = (self.ceiling + 1_000_000 / self.ceiling.max(1)).min(self.limit * 1000);
    }

    /// The site wants less: half the connections.
    pub fn slow_down(&mut self) {
        self.ceiling = (self.ceiling / 2).max(1000);
    }

    /// The site did not answer, or answered for nobody. After some faults in a row nobody is asked for a while, each
    /// time twice as long.
    pub fn failed(&mut self, now: Timestamp, fault: RemoteReply, chance: &Chance) {
        self.slow_down();
        self.fault = Some(fault);
        self.fault_count = self.fault_count.saturating_add(1);
        let was_probing = std::mem::take(&mut self.is_probing);
        // Faults of connections that were under way when it opened do not lengthen it.
        let is_open = matches!(self.gate(now), Gate::Open(_));
        if is_open || (self.fault_count < BREAKER_FAULT_COUNT && !was_probing) {
            return;
        }
        let millis = BREAKER_MILLIS_MIN.saturating_mul(1 << self.open_count.min(10)).min(BREAKER_MILLIS_MAX);
        self.open_count = self.open_count.saturating_add(1);
        self.open_until = Some(Timestamp::from_millis(now.millis() + chance.jittered(millis)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn a_site_that_fails_is_left_alone_and_then_asked_by_one() {
        let (mut breaker, chance) = (Breaker::new(20), Chance::seeded(1));
        for _ in 0..BREAKER_FAULT_COUNT {
            assert_eq!(breaker.gate(at(0)), Gate::Closed);
            breaker.failed(at(0), RemoteReply::default(), &chance);
        }
        assert!(matches!(breaker.gate(at(0)), Gate::Open(_)));
        assert_eq!(breaker.connection_count_max(at(0)), 0);
        assert_eq!(breaker.gate(at(73)), Gate::HalfOpen);
        assert_eq!(breaker.connection_count_max(at(73)), 1);
        breaker.begins(at(73));
        assert_eq!(breaker.connection_count_max(at(73)), 0);
        // The probe fails: twice as long.
        breaker.failed(at(73), RemoteReply::default(), &chance);
        assert!(matches!(breaker.gate(at(73 + 90)), Gate::Open(_)));
        assert_eq!(breaker.gate(at(73 + 145)), Gate::HalfOpen);
        breaker.begins(at(300));
        breaker.succeeded();
        assert_eq!(breaker.gate(at(300)), Gate::Closed);
        assert!(breaker.fault.is_none());
    }

    #[test]
    fn a_probe_that_hears_nothing_leaves_the_next_its_turn() {
        let (mut breaker, chance) = (Breaker::new(20), Chance::seeded(1));
        for _ in 0..BREAKER_FAULT_COUNT {
            breaker.failed(at(0), RemoteReply::default(), &chance);
        }
        breaker.begins(at(300));
        assert_eq!(breaker.connection_count_max(at(300)), 0);
        breaker.ended();
        assert_eq!((breaker.gate(at(300)), breaker.connection_count_max(at(300))), (Gate::HalfOpen, 1));
    }

    #[test]
    fn connections_grow_with_success_and_halve_with_complaints() {
        let mut breaker = Breaker::new(20);
        assert_eq!(breaker.connection_count_max(at(0)), CEILING_START);
        for _ in 0..10_000 {
            breaker.succeeded();
        }
        assert_eq!(breaker.connection_count_max(at(0)), 20);
        breaker.slow_down();
        assert_eq!(breaker.connection_count_max(at(0)), 10);
        for _ in 0..10 {
            breaker.slow_down();
        }
        assert_eq!(breaker.connection_count_max(at(0)), 1);
    }
}
