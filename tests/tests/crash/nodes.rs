//! Two nodes on one PostgreSQL: both take mail and both deliver from one queue. One is killed for ever while it does; the other
//! one delivers the rest, and nothing is sent twice but what the dead one had under way.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use tests::node::{Node, free_port, has_program, skipped};

use super::outbound::{configuration, dns, folder, numbers, sink, submitting, taken};

/// Messages that are submitted to each node, to two recipients each.
const MESSAGE_COUNT: u64 = 120;
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
    fn make() -> Option<Self> {
        let Ok(server) = std::env::var("HOSTERRA_TEST_POSTGRES") else {
            skipped("HOSTERRA_TEST_POSTGRES names no server");
            return None;
        };
        if !has_program("psql") {
            return None;
        }
        let own = Self { server, name: format!("nodes_{}", std::process::id()) };
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

#[test]
fn the_queue_of_a_dead_node_is_delivered_by_the_other_one_and_nothing_twice_without_need() {
    if !has_program("python3") {
        return;
    }
    let Some(database) = OwnDatabase::make() else { return };
    let (one_folder, other_folder) = (folder("node-one"), folder("node-other"));
    let (dns_port, sink_port) = (free_port(), free_port());
    let file = one_folder.join("taken");
    let (Some(_dns), Some(_sink)) = (dns(dns_port), sink(sink_port, &file, "kind")) else { return };
    let settings = format!("database.url = \"{}\"\n{}", database.url(), configuration(dns_port, sink_port));
    let Some(mut one) = Node::start_in(&one_folder, &settings) else { return };
    // Nodes share the master key and nothing else but the database.
    fs::create_dir_all(other_folder.join("data")).expect("a folder");
    fs::copy(one_folder.join("data/master.key"), other_folder.join("data/master.key")).expect("copied");
    let Some(mut other) = Node::start_in(&other_folder, &settings) else { return };

    let writers: Vec<Child> = [&one, &other]
        .iter()
        .zip(0..)
        .map(|(node, number)| submitting(node.ports.submissions, number * 1000, MESSAGE_COUNT))
        .collect();
    until("something is taken", &one, || taken(&file).len() > 40);
    one.kill();
    let acknowledged: BTreeSet<u64> = writers.into_iter().flat_map(numbers).collect();
    assert!(acknowledged.len() as u64 >= MESSAGE_COUNT, "{}\n{}", acknowledged.len(), other.log());

    // What the dead node has leased waits for the end of its lease; everything else leaves at once.
    until("the other one delivers what nobody holds", &other, || {
        other.command(&["queue", "retry", "--all"]);
        database.count("state = 0") == 0
    });
    let leased = settled(&database);
    // The lease's time passes: nobody waits five minutes in a test.
    database.ask(&database.url(), "UPDATE hosterra_mail.queue_recipient SET due_at = 0 WHERE state = 1");
    until("the other one delivers the rest", &other, || database.count("state IN (0, 1)") == 0);

    let counts = taken(&file);
    let expected =
        acknowledged.iter().flat_map(|number| ["u", "v"].map(|who| format!("{number} {who}@sink.example")));
    let missing: Vec<String> = expected.filter(|one| !counts.contains_key(one)).collect();
    assert_eq!(missing, Vec::<String>::new(), "{leased} were leased by the dead node\n{}", other.log());
    let twice = counts.values().filter(|count| **count == 2).count();
    assert!(counts.values().all(|count| *count <= 2), "something came more than twice: {counts:?}");
    assert!(twice <= UNDER_WAY_COUNT_MAX, "{twice} of {} came twice", counts.len());
    other.kill();
    drop(database);
    drop(fs::remove_dir_all(&one_folder));
    drop(fs::remove_dir_all(&other_folder));
}
