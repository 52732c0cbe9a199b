//! What really happened in a run, beside what anybody was told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use kernel::Timestamp;
use outbound::Chance;
use parking_lot::Mutex;
use store::{LeaseRequest, LeaseToken, Leased, Offer, Outcome, RecipientKey, Settling, Taker};
use tokio::time::Instant;
use uuid::Uuid;

/// The start of every run's clock.
const START_MILLIS: i64 = 1_700_000_000_000;

/// Everything that a run's parts share.
pub(super) struct Truth {
    pub chance: Chance,
    /// Nothing goes wrong any more.
    pub is_calm: AtomicBool,
    /// No other node has the queue: nothing excuses a lease that seems to have moved.
    is_alone: bool,
    /// The disk takes nothing.
    is_full: AtomicBool,
    started: Instant,
    /// How far the clock was set, beside the time that passed.
    pub offset: AtomicI64,
    pub state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// When hosts took mail for each address, in milliseconds of the run.
    pub taken: BTreeMap<String, Vec<i64>>,
    /// Takes of which nobody here could know: each may lead to one more.
    pub excused: BTreeMap<String, u32>,
    /// What the host of the senders took.
    pub reports: Vec<String>,
    /// Who holds which lease until when.
    held: BTreeMap<RecipientKey, (Uuid, LeaseToken, i64)>,
    addresses: BTreeMap<RecipientKey, String>,
    /// Taken from a node, and not yet written by it.
    unsettled: BTreeMap<usize, BTreeSet<String>>,
    /// Rules that were broken.
    pub faults: Vec<String>,
    /// What happened, in order: the same for the same seed.
    pub log: Vec<String>,
}

impl Truth {
    pub(super) fn new(seed: u64, is_alone: bool) -> Arc<Self> {
        Arc::new(Self {
            chance: Chance::seeded(seed),
            is_calm: AtomicBool::new(false),
            is_alone,
            is_full: AtomicBool::new(false),
            started: Instant::now(),
            offset: AtomicI64::new(START_MILLIS),
            state: Mutex::default(),
        })
    }

    pub(super) fn passed_millis(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).expect("a short run")
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.offset.load(Ordering::Relaxed) + self.passed_millis())
    }

    pub(super) fn is_calm(&self) -> bool {
        self.is_calm.load(Ordering::Relaxed)
    }

    /// The disk fills, or there is room again.
    pub(super) fn fill_disk(&self, is_full: bool) {
        self.note(format!("the disk is full: {is_full}"));
        self.is_full.store(is_full, Ordering::Relaxed);
    }

    pub(super) fn is_disk_full(&self) -> bool {
        self.is_full.load(Ordering::Relaxed) && !self.is_calm()
    }

    pub(super) fn below(&self, end: u64) -> usize {
        usize::try_from(self.chance.below(end)).expect("small")
    }

    pub(super) fn one_in(&self, count: u64) -> bool {
        self.chance.below(count) == 0
    }

    pub(super) fn note(&self, what: String) {
        let at = self.passed_millis();
        self.state.lock().log.push(format!("{at} {what}"));
    }

    /// A host took a message for these addresses from a node's life.
    pub(super) fn took(&self, life: &Life, addresses: &[String]) {
        let at = self.passed_millis();
        let mut state = self.state.lock();
        for address in addresses {
            state.taken.entry(address.clone()).or_default().push(at);
            // A dead node writes nothing any more.
            if life.is_dead() {
                *state.excused.entry(address.clone()).or_default() += 1;
            } else {
                state.unsettled.entry(life.number).or_default().insert(address.clone());
            }
        }
        state.log.push(format!("{at} taken {addresses:?}"));
    }

    /// The answer that said so was lost.
    pub(super) fn lost(&self, life: &Life, addresses: &[String]) {
        let mut state = self.state.lock();
        for address in addresses {
            if state.unsettled.entry(life.number).or_default().remove(address) {
                *state.excused.entry(address.clone()).or_default() += 1;
            }
        }
    }

    fn died(&self, life: &Life) {
        self.note(format!("node {} dies", life.number));
        let mut state = self.state.lock();
        for address in state.unsettled.remove(&life.number).unwrap_or_default() {
            *state.excused.entry(address).or_default() += 1;
        }
    }

    pub(super) fn leased(&self, request: &LeaseRequest, leased: &Leased) {
        self.holds((request.owner, request.until), leased, request.now);
    }

    /// The same as the message was queued.
    pub(super) fn handed(&self, offer: &Offer, leased: &Leased) {
        self.holds((offer.owner, offer.until), leased, self.now());
    }

    fn holds(&self, (owner, until): (Uuid, Timestamp), leased: &Leased, now: Timestamp) {
        let mut state = self.state.lock();
        for recipient in leased.messages.iter().flat_map(|(_, recipients)| recipients) {
            let holder = (owner, leased.token, until.millis());
            let before = state.held.insert(recipient.key, holder);
            if let Some((_, _, until)) = before.filter(|(.., until)| *until > now.millis()) {
                let fault = format!("{:?} is leased twice, before until {until}", recipient.key);
                state.faults.push(fault);
            }
            state.addresses.insert(recipient.key, recipient.address.to_string());
        }
    }

    pub(super) fn renewed(&self, owner: Uuid, tokens: &[LeaseToken], until: Timestamp) {
        let mut state = self.state.lock();
        state.held.retain(|_, (holder, token, _)| *holder != owner || tokens.contains(token));
        for (holder, _, end) in state.held.values_mut() {
            if *holder == owner {
                *end = until.millis();
            }
        }
    }

    pub(super) fn leases_ended(&self) {
        self.state.lock().held.clear();
    }

    pub(super) fn settled(&self, life: &Life, settling: &Settling, written: usize) {
        let mut state = self.state.lock();
        for settlement in &settling.settlements {
            if state.held.get(&settlement.key).is_some_and(|(_, token, _)| *token == settling.token) {
                state.held.remove(&settlement.key);
            }
            let Some(address) = state.addresses.get(&settlement.key).cloned() else { continue };
            let was_open = state.unsettled.entry(life.number).or_default().remove(&address);
            // The lease had ended before: somebody else may deliver it, or has done so.
            let is_moved = written < settling.settlements.len() && !self.is_alone;
            if is_moved && settlement.outcome == Outcome::Delivered && was_open {
                *state.excused.entry(address).or_default() += 1;
            }
        }
    }
}

/// How a step of a node goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Lives,
    /// It is killed before the database hears of it.
    DiesBefore,
    /// It is killed after the database has it, before it hears so.
    DiesAfter,
}

/// One life of a node, from its start to its death.
pub(super) struct Life {
    pub number: usize,
    truth: Arc<Truth>,
    is_dead: AtomicBool,
    /// Durable steps that are left, and how the last one goes.
    steps_left: Mutex<(u64, Fate)>,
    /// Who delivers in it.
    pub taker: Mutex<Option<Arc<dyn Taker>>>,
}

impl Life {
    /// One that is killed at its durable step number `steps`, from 1.
    pub(super) fn new(number: usize, truth: &Arc<Truth>, steps: u64, last: Fate) -> Arc<Self> {
        Arc::new(Self {
            number,
            truth: Arc::clone(truth),
            is_dead: AtomicBool::new(false),
            steps_left: Mutex::new((steps, last)),
            taker: Mutex::default(),
        })
    }

    pub(super) fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::Relaxed)
    }

    pub(super) fn die(&self) {
        if !self.is_dead.swap(true, Ordering::Relaxed) {
            self.truth.died(self);
        }
    }

    /// A durable step begins.
    pub(super) fn step(&self) -> Fate {
        let mut left = self.steps_left.lock();
        left.0 = left.0.saturating_sub(1);
        if left.0 == 0 && !self.truth.is_calm() { left.1 } else { Fate::Lives }
    }
}
