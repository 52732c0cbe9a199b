//! The real delivery over the real queue, in a world in memory where everything goes wrong as a seed has it: hosts that stall,
//! drop, half-close, talk garbage and lose the answer after DATA; DNS that is slow, lies, is gone or forgets names; a clock
//! that jumps forward and back, of two nodes each its own way; a disk that is full and a database whose answers are lost; nodes
//! that are killed before or after any durable step, one or two on one queue. Half of the runs demand TLS of some hosts, by order,
//! by policy or by message, and hosts show other certificates than their own or have their offer taken away; a relay wants a
//! login; mail leaves from a pool of addresses; operators hold, release, hasten, give up, suspend and resume.
//!
//! Time is the run's own and nothing else is random, so that a seed is the same run every time. Rules: each recipient ends
//! delivered, bounced or still queued; a duplicate only where the node could not know; no lease is held by two; whoever gets a
//! bounce gets its report; mail to a host without trouble goes on meanwhile, as does mail to a domain of which one of two hosts
//! is well. Nothing that demands TLS goes without, no login to anybody but the relay; what is held or suspended stays; a tenant's
//! mail keeps its address.
//!
//! `HOSTERRA_SIMULATION_SEEDS` asks for more runs, `HOSTERRA_SIMULATION_SEED` for one, with what happened.

mod orders;
mod queue;
mod rules;
mod truth;
mod world;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use database::Database;
use directory::Directory;
use kernel::{DomainName, EmailAddress, TenantId};
use outbound::{AsTheyAre, Chance, Guard, Metrics, Nodes, Outbound, Routed, Settings, World};
use store::{
    Acceptance, Queue as _, QueueEntry, QueuedRecipient, Queueing, RecipientState, Retention, Selection,
    SqlStore, StateSelection, Store as _, TlsWish,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use queue::{Mortal, at_once};
use rules::{Needs, Rules, TENANTS};
use trust::Trust;
use truth::{Fate, Life, Sent, Truth};
use world::{CALM, Names, Net, RELAYED, SENDER, TROUBLED, TWIN, zone};

/// Runs of each of the four tests, which are at work at the same time.
const SEED_COUNT: u64 = 40;
/// Steps of one run with trouble.
const STEP_COUNT: u32 = 28;
/// Rounds without trouble after which nothing may wait any more.
const CALM_ROUND_COUNT: u32 = 60;
/// How long mail to a host without trouble may take, in milliseconds: a life of a lease, and what a killed node takes to
/// come back.
const CALM_MILLIS_MAX: i64 = 1_200_000;
/// Steps that nobody reaches.
const NEVER: u64 = u64::MAX;

struct Run {
    truth: Arc<Truth>,
    store: Arc<SqlStore>,
    directory: Arc<Directory>,
    trust: Arc<Trust>,
    nodes: Nodes,
    lives: Vec<Arc<Life>>,
    life_count: usize,
    accepted: Vec<(u64, i64)>,
    /// By how much clocks were set back altogether, in milliseconds, and ahead where there are several: what one has put off
    /// another sees as late.
    jumped_millis: i64,
    /// Since when the disk is full, and for how long it was before, in milliseconds of the run.
    full_since: Option<i64>,
    full_millis: i64,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

/// Whether nothing keeps mail to an address from arriving: its host is well, or one of two.
fn is_sound(address: &str) -> bool {
    address.ends_with(CALM) || address.ends_with(TWIN)
}

/// A folder in memory where there is one: a run is about order, not about disks.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

impl Run {
    fn new(seed: u64, nodes: Nodes) -> Self {
        let folder = folder();
        let database = Database::open_sqlite(&folder.path().join("mail.db")).expect("a database");
        let truth = Truth::new(seed, nodes == Nodes::One);
        let clock = Arc::clone(&truth);
        let now: store::Now = Arc::new(move || clock.now());
        let store = at_once(SqlStore::open(database, now, Retention::days(30))).expect("a store");
        Self {
            directory: Arc::new(truth.rules.directory()),
            trust: Rules::trust(&truth, zone(&truth.rules)),
            truth,
            store: Arc::new(store),
            nodes,
            lives: Vec::new(),
            life_count: 0,
            accepted: Vec::new(),
            jumped_millis: 0,
            full_since: None,
            full_millis: 0,
            stop: CancellationToken::new(),
            _folder: folder,
        }
    }

    /// Starts as many nodes as there should be, in place of the dead.
    fn revive(&mut self, mut death: impl FnMut(&Truth) -> (u64, Fate)) {
        self.lives.retain(|life| !life.is_dead());
        let wanted = if self.nodes == Nodes::One { 1 } else { 2 };
        while self.lives.len() < wanted {
            let (steps, last) = death(&self.truth);
            self.life_count += 1;
            let life = Life::new(self.life_count, &self.truth, steps, last);
            self.truth.note(format!("node {} starts", life.number));
            self.start(&life);
            self.lives.push(life);
        }
    }

    fn start(&self, life: &Arc<Life>) {
        let hostname = DomainName::parse("us.example").expect("a name");
        let settings = Settings {
            hostname,
            sources: self.truth.rules.sources(),
            port: 25,
            guard: Guard::default(),
            connection_count_max: 20,
            site_connection_count_max: 4,
            body_octets_max: outbound::limits::BODY_OCTETS_MAX,
        };
        let (truth, clock) = (Arc::clone(&self.truth), Arc::clone(life));
        let now: outbound::Now = Arc::new(move || clock.now());
        let world = World {
            queue: Arc::new(Mortal {
                store: Arc::clone(&self.store),
                life: Arc::clone(life),
                truth: Arc::clone(&truth),
            }),
            directory: Arc::clone(&self.directory),
            dns: Arc::new(Names { truth: Arc::clone(&truth), zone: zone(&truth.rules) }),
            policies: Arc::new(Rules::policies(&self.trust, &self.directory, Arc::clone(&now))),
            routes: Arc::new(Routed::new(Arc::clone(&self.directory), truth.rules.relays())),
            origins: Arc::new(AsTheyAre),
            now,
            chance: Arc::new(Chance::seeded(truth.chance.below(1 << 40))),
            metrics: Metrics::register(&prometheus::Registry::new()).expect("fresh"),
        };
        let network = Arc::new(Net { truth, life: Arc::clone(life) });
        let outbound = Outbound::over(network, settings, world, self.stop.clone());
        let nodes = self.nodes;
        tokio::spawn(async move { outbound.run(nodes).await });
    }

    fn accept(&mut self, domains: &[&str], tenant: u128) {
        let number = self.accepted.len();
        let to = domains.iter().enumerate().map(|(at, domain)| format!("m{number}r{at}@{domain}"));
        let to: Vec<String> = to.collect();
        let rules = &self.truth.rules;
        let is_relayed = rules.relayed == Some(tenant);
        let is_wish = TENANTS.contains(&tenant) && domains.iter().all(|domain| rules.speaks_tls(domain));
        let tls = if is_wish && self.truth.one_in(4) { TlsWish::Encrypted } else { TlsWish::Usual };
        let wished = if tls == TlsWish::Encrypted { Needs::Encrypted } else { Needs::Nothing };
        for (to, domain) in to.iter().zip(domains) {
            let needs = rules.needs(tenant, domain).max(wished);
            self.truth.state.lock().sent.insert(to.clone(), Sent { tenant, needs, is_relayed });
        }
        let to = to.iter().map(|to| address(to));
        let queued = to.map(QueuedRecipient::new).collect();
        let acceptance = Acceptance {
            message: Bytes::from_static(b"From: a@sender.example\r\n\r\n.hello\r\n"),
            deposits: Vec::new(),
            queued,
            sender: Some(address(&format!("a@{}", if is_relayed { RELAYED } else { SENDER }))),
            tenant: TenantId::new(Uuid::from_u128(tenant)),
            dsn: (None, None),
            queueing: Queueing { tls, ..Queueing::default() },
        };
        // Mail comes in at one node or the other.
        if !self.lives.is_empty() {
            let life = &self.lives[self.truth.below(self.lives.len() as u64)];
            if let Some(taker) = life.taker.lock().clone() {
                self.store.hand_to(taker);
            }
        }
        let accepted = at_once(self.store.accept(acceptance)).expect("accepted");
        self.accepted.push((accepted.queue_id.expect("queued"), self.truth.passed_millis()));
    }

    fn fill_disk(&mut self, is_full: bool) {
        let now = self.truth.passed_millis();
        if let Some(since) = self.full_since.take() {
            self.full_millis += now - since;
        }
        self.full_since = is_full.then_some(now);
        self.truth.fill_disk(is_full);
    }

    /// Time passes, and everything that can happen in it happens.
    async fn pass(&self, secs: u64) {
        tokio::time::advance(Duration::from_secs(secs)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    async fn step(&mut self) {
        let truth = Arc::clone(&self.truth);
        match truth.below(15) {
            0..=4 => {
                let domains: Vec<&str> = (0..=truth.below(6)).map(|_| TROUBLED[truth.below(3)]).collect();
                self.accept(&domains, 1 + truth.chance.below(2) as u128);
            }
            5 => self.accept(&[CALM], 3),
            6 => self.accept(&[TWIN], 3),
            7 => {
                let jump = [1_000, 60_000, 400_000, 3_600_000, -20_000, -400_000, -3_600_000][truth.below(7)];
                truth.note(format!("a clock jumps by {jump}"));
                // A node that is alone has the clock of its database.
                let clock = match self.nodes {
                    Nodes::One => &truth.offset,
                    Nodes::Several => &self.lives[truth.below(2)].offset,
                };
                clock.fetch_add(jump, Ordering::Relaxed);
                self.jumped_millis += if self.nodes == Nodes::One { -jump.min(0) } else { jump.abs() };
            }
            10 => self.fill_disk(true),
            11 => self.fill_disk(false),
            12..=14 if !self.accepted.is_empty() => self.order(),
            8 => self.lives[truth.below(self.lives.len() as u64)].die(),
            _ => self.pass(300).await,
        }
        self.pass(truth.chance.below(50)).await;
        self.revive(|truth| {
            let last = if truth.one_in(2) { Fate::DiesBefore } else { Fate::DiesAfter };
            if truth.one_in(2) { (1 + truth.chance.below(40), last) } else { (NEVER, last) }
        });
    }

    fn is_empty(&self) -> bool {
        at_once(self.store.queued(None, 0, 1)).expect("a page").is_empty()
    }

    /// Where nothing goes wrong any more everything that waits comes to its end.
    async fn finish(&mut self) -> Result<(), String> {
        self.fill_disk(false);
        self.truth.is_calm.store(true, Ordering::Relaxed);
        self.truth.note("calm".to_owned());
        self.release_all();
        for _ in 0..CALM_ROUND_COUNT {
            self.revive(|_| (NEVER, Fate::Lives));
            for _ in 0..12 {
                if self.is_empty() {
                    return Ok(());
                }
                self.pass(59).await;
            }
            let clock = match self.nodes {
                Nodes::One => &self.truth.offset,
                Nodes::Several => &self.truth.nodes_offset,
            };
            clock.fetch_add(1_800_000, Ordering::Relaxed);
        }
        Err("something waits for ever".to_owned())
    }

    fn entries(&self, queue_id: u64) -> Vec<QueueEntry> {
        let of = Selection { queue_id: Some(queue_id), state: StateSelection::Any, ..Selection::default() };
        at_once(self.store.entries(&of, None, 100)).expect("entries")
    }

    /// What is wrong after a run, if anything is.
    fn faults(&self) -> Vec<String> {
        let mut faults = at_once(self.store.verify()).expect("checked").faults;
        let entries: Vec<(i64, QueueEntry)> = self
            .accepted
            .iter()
            .flat_map(|(queue_id, at)| self.entries(*queue_id).into_iter().map(|entry| (*at, entry)))
            .collect();
        let hindered = CALM_MILLIS_MAX + self.jumped_millis + self.full_millis;
        let state = self.truth.state.lock();
        faults.extend(state.faults.iter().cloned());
        for (at, entry) in &entries {
            let to = entry.address.to_string();
            let taken = state.taken.get(&to).map(Vec::as_slice).unwrap_or_default();
            let told = usize::from(entry.state == RecipientState::Delivered);
            let excused = state.excused.get(&to).copied().unwrap_or_default() as usize;
            if taken.len() < told || taken.len() > told + excused {
                faults.push(format!("{to}: {:?}, taken {taken:?}, {excused} excused", entry.state));
            }
            let reported = || state.reports.iter().any(|report| report.contains(&to));
            match entry.state {
                RecipientState::Delivered => {}
                RecipientState::Bounced if reported() => {}
                ended => faults.push(format!("{to} is {ended:?}, and nobody was told")),
            }
            let is_late = taken.first().is_some_and(|came| came - at > hindered);
            if is_sound(&to) && (is_late || told == 0) {
                faults.push(format!("{to} had to wait for others: from {at}, taken {taken:?}"));
            }
        }
        faults
    }

    /// What happened, without the faults: the same for the same seed.
    fn story(&self) -> Vec<String> {
        self.truth.state.lock().log.clone()
    }
}

/// Plays in a time of its own.
fn play<T>(game: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let played = runtime.block_on(game);
    runtime.shutdown_background();
    played
}

async fn storm(seed: u64) -> (Vec<String>, Vec<String>) {
    let nodes = if seed.is_multiple_of(2) { Nodes::One } else { Nodes::Several };
    let mut run = Run::new(seed, nodes);
    run.revive(|_| (NEVER, Fate::Lives));
    for _ in 0..STEP_COUNT {
        run.step().await;
    }
    let finished = run.finish().await;
    let mut faults = run.faults();
    faults.extend(finished.err());
    (faults, run.story())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// The seeds of one quarter, so that the quarters are at work at the same time.
fn storms(quarter: u64) {
    if let Some(seed) = number("HOSTERRA_SIMULATION_SEED") {
        let (faults, story) = play(storm(seed));
        assert!(faults.is_empty(), "seed {seed}:\n{}\n{}", story.join("\n"), faults.join("\n"));
        return;
    }
    let count = number("HOSTERRA_SIMULATION_SEEDS").map_or(SEED_COUNT, |count| count.div_ceil(4));
    let mut handed_count = 0;
    for seed in quarter * count..(quarter + 1) * count {
        let (faults, story) = play(storm(seed));
        handed_count += story.iter().filter(|line| line.ends_with("at once")).count();
        assert!(faults.is_empty(), "HOSTERRA_SIMULATION_SEED={seed} plays it again:\n{}", faults.join("\n"));
    }
    assert!(handed_count > 0, "mail is leased as it is queued, in storms as well");
}

#[test]
fn a_storm_loses_nothing_and_doubles_only_what_nobody_could_know_first_quarter() {
    storms(0);
}

#[test]
fn a_storm_loses_nothing_and_doubles_only_what_nobody_could_know_second_quarter() {
    storms(1);
}

#[test]
fn a_storm_loses_nothing_and_doubles_only_what_nobody_could_know_third_quarter() {
    storms(2);
}

#[test]
fn a_storm_loses_nothing_and_doubles_only_what_nobody_could_know_fourth_quarter() {
    storms(3);
}

#[test]
fn a_seed_is_the_same_storm_every_time() {
    for seed in [3, 4] {
        let (one, other) = (play(storm(seed)).1, play(storm(seed)).1);
        let differs = one.iter().zip(&other).position(|(one, other)| one != other);
        let differs = differs.map(|at| (&one[at.saturating_sub(5)..=at], &other[at]));
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(one.len(), other.len(), "seed {seed}");
    }
}

/// A node is killed at one durable step, and another one comes after it. Whether the step was reached.
async fn killed_at(step: u64, last: Fate) -> (Vec<String>, bool) {
    let mut run = Run::new(step, Nodes::One);
    run.truth.is_calm.store(false, Ordering::Relaxed);
    run.accept(&[CALM, CALM], 3);
    run.accept(&[CALM], 3);
    run.revive(|_| (step, last));
    for _ in 0..3 {
        run.pass(30).await;
    }
    let was_killed = run.lives[0].is_dead();
    let finished = run.finish().await;
    let mut faults = run.faults();
    faults.extend(finished.err());
    (faults, was_killed)
}

#[test]
fn a_node_may_be_killed_before_and_after_every_durable_step() {
    for last in [Fate::DiesBefore, Fate::DiesAfter] {
        let mut step = 1;
        loop {
            let (faults, was_killed) = play(killed_at(step, last));
            assert!(faults.is_empty(), "killed at step {step}, {last:?}:\n{}", faults.join("\n"));
            if !was_killed {
                break;
            }
            step += 1;
        }
        assert!(step > 4, "leases and outcomes are steps: {step}");
    }
}

/// A hundred thousand recipients; `HOSTERRA_SIMULATION_MESSAGES` for others, in thousands.
#[test]
fn many_recipients_at_once_are_each_reached_once_and_nobody_waits_for_them() {
    const RECIPIENT_COUNT: usize = 1000;
    const QUIET_MILLIS_MAX: i64 = 60_000;
    let message_count = number("HOSTERRA_SIMULATION_MESSAGES").map_or(100, |count| count as usize);
    play(async {
        let mut run = Run::new(1, Nodes::One);
        run.truth.is_calm.store(true, Ordering::Relaxed);
        for _ in 0..message_count {
            run.accept(&[TROUBLED[0]; RECIPIENT_COUNT], 1);
        }
        run.revive(|_| (NEVER, Fate::Lives));
        run.pass(1).await;
        run.accept(&[CALM], 3);
        run.accept(&[TROUBLED[0]], 2);
        for _ in 0..10_000 {
            if run.is_empty() {
                break;
            }
            run.pass(1).await;
        }
        assert!(run.is_empty(), "something waits for ever");
        let state = run.truth.state.lock();
        assert_eq!(state.taken.len(), message_count * RECIPIENT_COUNT + 2);
        assert!(state.taken.values().all(|taken| taken.len() == 1), "something came twice");
        assert_eq!(state.faults, Vec::<String>::new());
        for (number, domain) in [(message_count, CALM), (message_count + 1, TROUBLED[0])] {
            let took = state.taken[&format!("m{number}r0@{domain}")][0] - run.accepted[number].1;
            assert!(took < QUIET_MILLIS_MAX, "{domain}: {took} ms");
        }
    });
}
