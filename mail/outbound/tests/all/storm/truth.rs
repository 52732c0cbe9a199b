//! What really happened in a run, beside what anybody was told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use kernel::Timestamp;
use outbound::Chance;
use parking_lot::Mutex;
use store::{LeaseToken, Leased, Order, Outcome, RecipientKey, Settling, Taker};
use tokio::time::Instant;
use uuid::Uuid;

use super::rules::{Fetched, Needs, Rules};
use super::world::RELAY;

/// The start of every run's clock.
const START_MILLIS: i64 = 1_700_000_000_000;
/// How long after the suspension of a site something may still be leased to be sent there, in milliseconds: by a sweep that
/// had begun, and waited for the database.
const SUSPENSION_MILLIS: i64 = 120_000;

/// Everything that a run's parts share.
pub(super) struct Truth {
    pub chance: Chance,
    /// Nothing goes wrong any more.
    pub is_calm: AtomicBool,
    /// No other node has the queue: nothing excuses a lease that seems to have moved.
    is_alone: bool,
    /// The disk takes nothing.
    is_full: AtomicBool,
    /// It was so at some time: then nobody could write down what was delivered, nor keep a lease.
    was_full: AtomicBool,
    /// What the run asks for.
    pub rules: Rules,
    /// The policies that were fetched.
    pub fetched: Fetched,
    started: Instant,
    /// How far the clock of the database was set, beside the time that passed; where there is one node, it is its own.
    pub offset: AtomicI64,
    /// How far the clocks of all nodes were set beside that.
    pub nodes_offset: AtomicI64,
    pub state: Mutex<State>,
}

/// A message for one recipient, as it was accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub tenant: u128,
    pub needs: Needs,
    pub is_relayed: bool,
}

/// How a message came to a host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub domain: &'a str,
    pub source: Option<IpAddr>,
    /// What of TLS it came under.
    pub under: Needs,
    pub is_signed_in: bool,
}

/// Who holds a lease.
#[derive(Debug, Clone, Copy)]
struct Holder {
    owner: Uuid,
    token: LeaseToken,
    /// The end, by the clock of the database.
    until: i64,
    /// The beginning, in milliseconds of the run.
    since: i64,
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
    held: BTreeMap<RecipientKey, Holder>,
    /// What was accepted for whom.
    pub sent: BTreeMap<String, Sent>,
    /// What somebody wants to wait, and whether the attempt that was under way then may still end well.
    on_hold: BTreeMap<String, bool>,
    /// What somebody wants to be given up.
    condemned: BTreeSet<String>,
    /// Since when sites are suspended, in milliseconds of the run.
    suspended: BTreeMap<String, i64>,
    /// From where the mail of each tenant leaves.
    sources: BTreeMap<u128, IpAddr>,
    addresses: BTreeMap<RecipientKey, String>,
    keys: BTreeMap<String, RecipientKey>,
    /// Taken from a node, and not yet written by it.
    unsettled: BTreeMap<usize, BTreeSet<String>>,
    /// Rules that were broken.
    pub faults: Vec<String>,
    /// What happened, in order: the same for the same seed.
    pub log: Vec<String>,
}

impl Truth {
    pub(super) fn new(seed: u64, is_alone: bool) -> Arc<Self> {
        let chance = Chance::seeded(seed);
        Arc::new(Self {
            rules: Rules::drawn(&chance),
            fetched: Fetched::default(),
            chance,
            is_calm: AtomicBool::new(false),
            is_alone,
            is_full: AtomicBool::new(false),
            was_full: AtomicBool::new(false),
            nodes_offset: AtomicI64::new(0),
            started: Instant::now(),
            offset: AtomicI64::new(START_MILLIS),
            state: Mutex::default(),
        })
    }

    pub(super) fn passed_millis(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).expect("a short run")
    }

    /// What the clock of the database shows.
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
        self.was_full.fetch_or(is_full, Ordering::Relaxed);
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
    pub(super) fn took(&self, life: &Life, addresses: &[String], way: Way<'_>) {
        let at = self.passed_millis();
        let mut state = self.state.lock();
        let was_full = self.was_full.load(Ordering::Relaxed);
        for address in addresses {
            state.watch(address, way, was_full);
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

    /// Recipients are leased, for so long by the clock of the database.
    pub(super) fn leased(&self, (owner, lasts): (Uuid, Duration), leased: &Leased) {
        let (now, since) = (self.now(), self.passed_millis());
        let mut state = self.state.lock();
        for recipient in leased.messages.iter().flat_map(|(_, recipients)| recipients) {
            let holder = Holder { owner, token: leased.token, until: now.plus(lasts).millis(), since };
            let before = state.held.insert(recipient.key, holder);
            if let Some(before) = before.filter(|before| before.until > now.millis()) {
                let fault = format!("{:?} is leased twice, before until {}", recipient.key, before.until);
                state.faults.push(fault);
            }
            let address = recipient.address.to_string();
            if state.on_hold.contains_key(&address) {
                state.faults.push(format!("{address} is leased while it is held"));
            }
            state.keys.insert(address.clone(), recipient.key);
            state.addresses.insert(recipient.key, address);
        }
    }

    pub(super) fn renewed(&self, owner: Uuid, tokens: &[LeaseToken], lasts: Duration) {
        let until = self.now().plus(lasts).millis();
        let mut state = self.state.lock();
        state.held.retain(|_, holder| holder.owner != owner || tokens.contains(&holder.token));
        state
            .held
            .values_mut()
            .filter(|holder| holder.owner == owner)
            .for_each(|holder| holder.until = until);
    }

    /// An order was carried out on a recipient that was not at its end.
    pub(super) fn ordered(&self, address: &str, order: Order, is_leased: bool) {
        let mut state = self.state.lock();
        match order {
            // Who is tried and condemned cannot be held as well.
            Order::Hold if is_leased && state.condemned.contains(address) => {}
            Order::Hold => {
                state.condemned.remove(address);
                let may_end = is_leased || state.on_hold.get(address).copied().unwrap_or_default();
                state.on_hold.insert(address.to_owned(), may_end);
            }
            Order::Release => drop(state.on_hold.remove(address)),
            Order::Bounce => {
                state.on_hold.remove(address);
                state.condemned.insert(address.to_owned());
            }
            Order::Retry | Order::Remove => {}
        }
    }

    pub(super) fn suspended(&self, site: &str) {
        self.note(format!("{site} is suspended"));
        let at = self.passed_millis();
        self.state.lock().suspended.entry(site.to_owned()).or_insert(at);
    }

    pub(super) fn resumed(&self, site: &str) {
        self.note(format!("{site} is resumed"));
        self.state.lock().suspended.remove(site);
    }

    /// A host is given a login.
    pub(super) fn signed_in(&self, domain: &str, under: Needs) {
        if domain != RELAY || under != Needs::Proven {
            self.state.lock().faults.push(format!("{domain} was given a login under {under:?}"));
        }
    }

    pub(super) fn leases_ended(&self) {
        self.state.lock().held.clear();
    }

    pub(super) fn settled(&self, life: &Life, settling: &Settling, written: usize) {
        let mut state = self.state.lock();
        for settlement in &settling.settlements {
            if state.held.get(&settlement.key).is_some_and(|holder| holder.token == settling.token) {
                state.held.remove(&settlement.key);
            }
            let Some(address) = state.addresses.get(&settlement.key).cloned() else { continue };
            if let Some(may_end) = state.on_hold.get_mut(&address).filter(|_| written > 0) {
                *may_end = false;
            }
            let was_open = state.unsettled.entry(life.number).or_default().remove(&address);
            // The lease had ended before, since nobody could keep it: somebody else may deliver it, or has done so.
            let was_full = self.was_full.load(Ordering::Relaxed);
            let is_moved = written < settling.settlements.len() && !self.is_alone && was_full;
            if is_moved && settlement.outcome == Outcome::Delivered && was_open {
                *state.excused.entry(address).or_default() += 1;
            }
        }
    }
}

impl State {
    /// Whether a message came as it should.
    fn watch(&mut self, address: &str, way: Way<'_>, was_full: bool) {
        // Reports are nobody's mail.
        let Some(sent) = self.sent.get(address).copied() else { return };
        if way.under < sent.needs {
            self.faults.push(format!("{address} needs {:?} and came under {:?}", sent.needs, way.under));
        }
        if sent.is_relayed != (way.domain == RELAY) || sent.is_relayed && !way.is_signed_in {
            self.faults.push(format!("{address} came to {}, signed in: {}", way.domain, way.is_signed_in));
        }
        if let Some(source) = way.source
            && *self.sources.entry(sent.tenant).or_insert(source) != source
        {
            self.faults.push(format!("{address} came from {source}, and others of its tenant did not"));
        }
        // Whose lease was lost may be at it, and cannot know what was ordered since.
        if was_full {
            return;
        }
        if self.on_hold.get(address) == Some(&false) {
            self.faults.push(format!("{address} left while it was held"));
        }
        let holder = self.keys.get(address).and_then(|key| self.held.get(key));
        let site = address.rsplit('@').next().unwrap_or_default();
        if let (Some(holder), Some(since)) = (holder, self.suspended.get(site))
            && holder.since > since + SUSPENSION_MILLIS
        {
            self.faults.push(format!("{address} left for a site that is suspended"));
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
    /// How far its clock was set beside the others'.
    pub offset: AtomicI64,
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
            offset: AtomicI64::new(0),
            steps_left: Mutex::new((steps, last)),
            taker: Mutex::default(),
        })
    }

    /// What its clock shows.
    pub(super) fn now(&self) -> Timestamp {
        let offset = self.offset.load(Ordering::Relaxed) + self.truth.nodes_offset.load(Ordering::Relaxed);
        Timestamp::from_millis(self.truth.now().millis() + offset)
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
