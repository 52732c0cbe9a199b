//! Two nodes on one PostgreSQL: both take mail and both deliver from one queue. They are killed while they do, one for ever or both
//! in turns; nothing is lost, and nothing is sent twice but what the dead had under way. Their clocks may be an hour apart.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tests::node::{Node, free_port, has_program, skipped};

use super::outbound::{Ended, configuration, dns, folder, numbers, sink, submitting, taken};

/// Messages that are submitted to each node, to two recipients each.
const MESSAGE_COUNT: u64 = 120;
/// How often a node is killed.
const KILL_COUNT: u64 = 4;
/// How long anything may take; generous, since a busy machine is no fault of ours.
const WAIT: Duration = Duration::from_secs(120);
/// After which what is leased by the living one has been settled.
const QUIET: Duration = Duration::from_secs(3);
/// Connections to one site at most (`outbound.site_connections`): each has one message of two recipients under way.
const UNDER_WAY_COUNT_MAX: usize = 20 * 2;

/// A database of its own on the server that the suites are given, dropped with the test.
struct OwnDatabase {
    server: String,
    name: String,
}

impl OwnDatabase {
    fn make(name: &str) -> Option<Self> {
        let Ok(server) = std::env::var("HOSTERRA_TEST_POSTGRES") else {
            skipped("HOSTERRA_TEST_POSTGRES names no server");
            return None;
        };
        if !has_program("psql") {
            return None;
        }
        let own = Self { server, name: format!("{name}_{}", std::process::id()) };
        own.ask(&own.server, &format!("CREATE DATABASE {}", own.name));
        Some(own)
    }

    fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').expect("a URL with a database");
        format!("{server}/{}", self.name)
    }

    fn ask(&self, url: &str, statement: &str) -> String {
        let output = Command::new("psql").args([url, "-qAtc", statement]).output().expect("psql runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// How many recipients of the queue are so.
    fn count(&self, which: &str) -> u64 {
        let count = format!("SELECT count(*) FROM hosterra_mail.queue_recipient WHERE {which}");
        self.ask(&self.url(), &count).parse().expect("a number")
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        drop(Command::new("psql").args([self.server.as_str(), "-qc", &drop_it]).output());
    }
}

fn until(what: &str, node: &Node, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < WAIT, "{what}\n{}", node.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// How many recipients are leased once that has not changed for a while: those of the dead node.
fn settled(database: &OwnDatabase) -> u64 {
    let (mut leased, mut since) = (database.count("state = 1"), Instant::now());
    while since.elapsed() < QUIET {
        std::thread::sleep(Duration::from_millis(200));
        let now = database.count("state = 1");
        if now != leased {
            (leased, since) = (now, Instant::now());
        }
    }
    leased
}

/// Two nodes on one database, with a sink for what leaves.
struct Pair {
    nodes: [Node; 2],
    file: PathBuf,
    folders: [PathBuf; 2],
    _around: [Ended; 2],
    /// Dropped last: the nodes are gone by then.
    database: OwnDatabase,
}

/// The library that sets the clock of a process, where it is installed; said loudly where not.
fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let found =
        folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    if found.is_none() {
        skipped("faketime is not installed");
    }
    found
}

impl Pair {
    fn start(name: &str) -> Option<Self> {
        Self::start_apart(name, Vec::new())
    }

    /// The same, the other one with further variables of the environment.
    fn start_apart(name: &str, environment: Vec<(String, String)>) -> Option<Self> {
        if !has_program("python3") {
            return None;
        }
        let database = OwnDatabase::make(name)?;
        let folders = ["one", "other"].map(|which| folder(&format!("{name}-{which}")));
        let (dns_port, sink_port) = (free_port(), free_port());
        let file = folders[0].join("taken");
        let around = [dns(dns_port)?, sink(sink_port, &file, "kind")?];
        let settings =
            format!("database.url = \"{}\"\n{}", database.url(), configuration(dns_port, sink_port));
        let one = Node::start_in(&folders[0], &settings)?;
        // Nodes share the master key and nothing else but the database.
        fs::create_dir_all(folders[1].join("data")).expect("a folder");
        let key = |folder: &Path| folder.join("data/master.key");
        fs::copy(key(&folders[0]), key(&folders[1])).expect("copied");
        let other = Node::start_under(&folders[1], &settings, environment)?;
        Some(Self { nodes: [one, other], file, folders, _around: around, database })
    }

    /// One writer at each node; their numbers begin at `first`.
    fn write(&self, first: u64, count: u64) -> Vec<Child> {
        let authors = ["alice@demo.example", "bob@demo.example"];
        let ports = self.nodes.iter().map(|node| node.ports.submissions);
        let writer =
            |((port, author), at): ((u16, &str), u64)| submitting(author, port, first + at * 1000, count);
        ports.zip(authors).zip(0..).map(writer).collect()
    }

    /// Everything that waits is delivered; what the dead had leased comes last. How much that was.
    fn drain(&self, node: &Node) -> u64 {
        until("what nobody holds is delivered", node, || {
            node.command(&["queue", "retry", "--all"]);
            self.database.count("state = 0") == 0
        });
        let leased = settled(&self.database);
        // The lease's time passes: nobody waits five minutes in a test.
        let pass = "UPDATE hosterra_mail.queue_recipient SET due_at = 0 WHERE state = 1";
        self.database.ask(&self.database.url(), pass);
        until("the rest is delivered", node, || self.database.count("state IN (0, 1)") == 0);
        leased
    }

    /// That what was acknowledged has come, and at most so much of it twice, and nothing more often.
    fn check(mut self, acknowledged: &BTreeSet<u64>, twice_max: usize, what: &str) {
        let counts = taken(&self.file);
        let both = |number: &u64| ["u", "v"].map(|who| format!("{number} {who}@sink.example"));
        let missing: Vec<String> =
            acknowledged.iter().flat_map(both).filter(|one| !counts.contains_key(one)).collect();
        assert_eq!(missing, Vec::<String>::new(), "{what}\n{}", self.nodes[1].log());
        let twice = counts.values().filter(|count| **count == 2).count();
        assert!(counts.values().all(|count| *count <= 2), "something came more than twice: {counts:?}");
        assert!(twice <= twice_max, "{twice} of {} came twice", counts.len());
        self.nodes.iter_mut().for_each(Node::kill);
        self.folders.iter().for_each(|folder| drop(fs::remove_dir_all(folder)));
    }
}

#[test]
fn the_queue_of_a_dead_node_is_delivered_by_the_other_one_and_nothing_twice_without_need() {
    let Some(mut pair) = Pair::start("nodes") else { return };
    let writers = pair.write(0, MESSAGE_COUNT);
    until("something is taken", &pair.nodes[0], || taken(&pair.file).len() > 40);
    pair.nodes[0].kill();
    let acknowledged: BTreeSet<u64> = writers.into_iter().flat_map(numbers).collect();
    assert!(acknowledged.len() as u64 >= MESSAGE_COUNT, "{}\n{}", acknowledged.len(), pair.nodes[1].log());
    let leased = pair.drain(&pair.nodes[1]);
    pair.check(&acknowledged, UNDER_WAY_COUNT_MAX, &format!("{leased} were leased by the dead node"));
}

#[test]
fn two_nodes_that_are_killed_in_turns_while_both_take_mail_lose_nothing() {
    let Some(mut pair) = Pair::start("turns") else { return };
    let mut acknowledged = BTreeSet::new();
    for round in 0..KILL_COUNT {
        let writers = pair.write(round * 10_000, MESSAGE_COUNT / 2);
        std::thread::sleep(Duration::from_millis(700 + round * 431));
        let victim = &mut pair.nodes[usize::from(round % 2 == 1)];
        victim.kill();
        acknowledged.extend(writers.into_iter().flat_map(numbers));
        victim.restart();
    }
    assert!(acknowledged.len() as u64 > MESSAGE_COUNT, "{}\n{}", acknowledged.len(), pair.nodes[0].log());
    let leased = pair.drain(&pair.nodes[0]);
    assert_eq!(pair.database.count("state = 2"), 0, "nothing is held");
    let twice_max = UNDER_WAY_COUNT_MAX * usize::try_from(KILL_COUNT).expect("a few");
    pair.check(&acknowledged, twice_max, &format!("{leased} were leased by nodes that were killed"));
}

#[test]
fn two_nodes_whose_clocks_are_an_hour_apart_send_everything_once_and_one_takes_over_from_the_other() {
    let Some(library) = faketime() else { return };
    let environment = [
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME", "+1h".to_owned()),
        // What runs alone is not set: timers are of how long, not of when.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let Some(mut pair) = Pair::start_apart("clocks", environment) else { return };
    let mut acknowledged: BTreeSet<u64> =
        pair.write(0, MESSAGE_COUNT).into_iter().flat_map(numbers).collect();
    assert_eq!(acknowledged.len() as u64, 2 * MESSAGE_COUNT, "{}", pair.nodes[1].log());
    let times = "SELECT max(at) - min(at) FROM hosterra_mail.passage";
    let apart: u64 = pair.database.ask(&pair.database.url(), times).parse().expect("a number");
    assert!(apart >= 3_600_000, "their clocks are {apart} ms apart");
    pair.drain(&pair.nodes[0]);
    let twice = taken(&pair.file).values().filter(|count| **count > 1).count();
    assert_eq!(twice, 0, "nobody died");
    // The one that is ahead dies with mail under way: its leases are ended by the clock of the database, by nobody's else.
    let writers = pair.write(10_000, MESSAGE_COUNT);
    let before = acknowledged.len() * 2;
    until("something is taken", &pair.nodes[0], || taken(&pair.file).len() > before + 40);
    pair.nodes[1].kill();
    acknowledged.extend(writers.into_iter().flat_map(numbers));
    let leased = pair.drain(&pair.nodes[0]);
    pair.check(&acknowledged, UNDER_WAY_COUNT_MAX, &format!("{leased} were leased by the dead node"));
}
