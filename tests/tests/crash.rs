//! Killed at any moment under load, the platform loses nothing that it acknowledged and doubles nothing.

#[path = "crash/nodes.rs"]
mod nodes;
#[path = "crash/outbound.rs"]
mod outbound;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tests::client::Client;
use tests::node::{Node, has_program};

/// How often the platform is killed.
const KILL_COUNT: u32 = 5;
/// Writers at the same time.
const WRITER_COUNT: u32 = 8;

/// Delivers until the connection breaks; keeps the ids of what was acknowledged.
fn write_until_it_breaks(
    port: u16,
    next: &AtomicU64,
    acknowledged: &Mutex<BTreeSet<u64>>,
    stop: &AtomicBool,
) {
    let Ok(mut client) = Client::connect(port) else { return };
    if client.reply().and_then(|_| client.command("EHLO load.example")).is_err() {
        return;
    }
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let body = "x".repeat((number % 40) as usize * 97);
        let message = format!(
            "From: <sender@elsewhere.example>\r\nTo: <alice@demo.example>\r\nSubject: load\r\nX-Number: {number}\r\n\r\n{body}\r\n"
        );
        match client.deliver(&["alice@demo.example", "bob@demo.example"], &message) {
            Ok(reply) if reply.starts_with("250") => {
                acknowledged.lock().expect("no writer panics").insert(number);
            }
            Ok(_) | Err(_) => return,
        }
    }
}

/// Counts each `X-Number` in the INBOX of a login, read by a client that nobody here wrote.
fn stored(node: &Node, login: &str) -> BTreeMap<u64, u32> {
    let script = r#"
import imaplib, ssl, sys
context = ssl._create_unverified_context()
client = imaplib.IMAP4_SSL("127.0.0.1", int(sys.argv[1]), ssl_context=context)
client.login(sys.argv[2], "demo-password")
client.select("INBOX", readonly=True)
status, answer = client.fetch("1:*", "(UID BODY.PEEK[HEADER.FIELDS (X-Number)] RFC822.SIZE)")
for item in answer:
    if isinstance(item, tuple):
        for line in item[1].decode().splitlines():
            if line.lower().startswith("x-number:"):
                print(line.split(":")[1].strip())
client.logout()
"#;
    let output = Command::new("python3")
        .args(["-c", script, &node.ports.imaps.to_string(), login])
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counts = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        *counts.entry(line.parse().expect("a number")).or_insert(0) += 1;
    }
    counts
}

#[test]
fn acknowledged_mail_survives_kill_9_exactly_once() {
    if !has_program("python3") {
        return;
    }
    let Some(mut node) = Node::start("crash") else { return };
    let next = AtomicU64::new(1);
    let acknowledged = Mutex::new(BTreeSet::new());
    for round in 0..KILL_COUNT {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..WRITER_COUNT {
                scope.spawn(|| write_until_it_breaks(node.ports.smtp, &next, &acknowledged, &stop));
            }
            std::thread::sleep(Duration::from_millis(700 + u64::from(round) * 211));
            let process = node.process_id().to_string();
            Command::new("kill").args(["-9", &process]).status().expect("kill runs");
            stop.store(true, Ordering::Relaxed);
        });
        node.kill();
        node.restart();
        let acknowledged = acknowledged.lock().expect("no writer panics");
        assert!(!acknowledged.is_empty(), "nothing was delivered; its log:\n{}", node.log());
        for login in ["alice@demo.example", "bob@demo.example"] {
            let stored = stored(&node, login);
            for number in acknowledged.iter() {
                assert_eq!(stored.get(number), Some(&1), "message {number} of {login} after kill {round}");
            }
            assert!(stored.values().all(|count| *count == 1), "something is there twice");
        }
    }
    node.kill();
    let verified = node.command(&["verify"]);
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{text}\n{}", String::from_utf8_lossy(&verified.stderr));
}
