//! Mail for other hosts, from the real binary to a mail host that nobody here wrote, by a real DNS server: killed at any
//! moment, nothing is lost, and what SMTP cannot keep from coming twice comes at most twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tests::node::{Node, free_port, has_program, python_with, skipped};

/// How often the platform is killed.
const KILL_COUNT: u64 = 6;
/// Messages that are submitted between two kills, at most.
const BURST_COUNT: u64 = 40;
/// How long the rest may take to leave; generous, since a busy machine is no fault of ours.
const REST_WAIT: Duration = Duration::from_secs(120);

/// A child that ends with the test.
pub(super) struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

pub(super) fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("hosterra-{name}-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// DNS in which mail of `sink.example` goes to loopback.
pub(super) fn dns(port: u16) -> Option<Ended> {
    let program = ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq"].into_iter().find(|path| Path::new(path).exists());
    let Some(program) = program else {
        skipped("dnsmasq is not installed");
        return None;
    };
    let child = Command::new(program)
        .args([
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--conf-file=/dev/null",
            "--user=",
            "--pid-file",
        ])
        .args(["--listen-address=127.0.0.1", "--bind-interfaces"])
        .arg(format!("--port={port}"))
        .args(["--mx-host=sink.example,mx.sink.example,10", "--address=/mx.sink.example/127.0.0.1"])
        .args(["--local=/example/"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("dnsmasq starts");
    Some(Ended(child))
}

pub(super) fn sink(port: u16, file: &Path, mode: &str) -> Option<Ended> {
    let python = python_with("aiosmtpd")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/sink.py");
    let child = Command::new(python)
        .arg(script)
        .arg(port.to_string())
        .arg(file)
        .arg(mode)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("python runs");
    Some(Ended(child))
}

/// To the same two all the time, and not 500 recipients a day: a mailbox that writes to many strangers, or far more than it
/// ever did, is held, rightly.
/// Submits until it is told to end or the connection breaks; prints the numbers that were acknowledged.
const SUBMIT: &str = r#"
import smtplib, ssl, sys
port, first, count = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
author = sys.argv[4]
context = ssl._create_unverified_context()
try:
    client = smtplib.SMTP_SSL("127.0.0.1", port, context=context, timeout=20)
    client.login(author, "demo-password")
    for number in range(first, first + count):
        text = f"From: {author}\r\nTo: u@sink.example\r\nSubject: out\r\nX-Number: {number}\r\n\r\nhello\r\n"
        refused = client.sendmail(author, ["u@sink.example", "v@sink.example"], text)
        if not refused:
            print(number, flush=True)
except (OSError, smtplib.SMTPException):
    pass
"#;

pub(super) fn submitting(author: &str, port: u16, first: u64, count: u64) -> Child {
    Command::new("python3")
        .args(["-c", SUBMIT, &port.to_string(), &first.to_string(), &count.to_string(), author])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python runs")
}

pub(super) fn numbers(child: Child) -> BTreeSet<u64> {
    let output = child.wait_with_output().expect("python ends");
    String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse().ok()).collect()
}

/// How often each recipient was taken, by the file of the sink.
pub(super) fn taken(file: &Path) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for line in fs::read_to_string(file).unwrap_or_default().lines() {
        *counts.entry(line.to_owned()).or_insert(0) += 1;
    }
    counts
}

pub(super) fn configuration(dns: u16, sink: u16) -> String {
    format!("dns.servers = [\"127.0.0.1:{dns}\"]\n[outbound]\nport = {sink}\nallow_loopback = true\n")
}

#[test]
fn mail_that_leaves_survives_kill_9_in_every_state() {
    if !has_program("python3") {
        return;
    }
    let folder = folder("outbound");
    let (dns_port, sink_port) = (free_port(), free_port());
    let file = folder.join("taken");
    let (Some(_dns), Some(_sink)) = (dns(dns_port), sink(sink_port, &file, "rude")) else { return };
    let Some(mut node) = Node::start_in(&folder, &configuration(dns_port, sink_port)) else { return };
    let mut acknowledged = BTreeSet::new();
    for round in 0..KILL_COUNT {
        let children: Vec<Child> = (0..3)
            .map(|writer| {
                let (author, count) = match writer {
                    0 => ("alice@demo.example", BURST_COUNT),
                    _ => ("bob@demo.example", BURST_COUNT / 2),
                };
                submitting(author, node.ports.submissions, (round * 3 + writer) * 1000, count)
            })
            .collect();
        // Each kill at another moment: while mail is taken, leased, on its way, answered, settled.
        std::thread::sleep(Duration::from_millis(900 + round * 337));
        let process = node.process_id().to_string();
        Command::new("kill").args(["-9", &process]).status().expect("kill runs");
        children.into_iter().for_each(|child| acknowledged.extend(numbers(child)));
        node.kill();
        node.restart();
    }
    assert!(acknowledged.len() > 20, "too little was submitted: {}\n{}", acknowledged.len(), node.log());
    let expected: Vec<String> = acknowledged
        .iter()
        .flat_map(|number| ["u", "v"].map(|who| format!("{number} {who}@sink.example")))
        .collect();
    let start = Instant::now();
    loop {
        // What was put off waits minutes: an operator does not.
        let retried = node.command(&["queue", "retry", "--all"]);
        assert!(retried.status.success(), "{}", String::from_utf8_lossy(&retried.stderr));
        let taken = taken(&file);
        if expected.iter().all(|one| taken.contains_key(one)) {
            break;
        }
        let missing: Vec<&String> = expected.iter().filter(|one| !taken.contains_key(*one)).take(5).collect();
        assert!(start.elapsed() < REST_WAIT, "lost: {missing:?}\n{}", node.log());
        std::thread::sleep(Duration::from_millis(500));
    }
    // Outcomes are written a moment after the other side has the message.
    let start = Instant::now();
    loop {
        let listed = node.command(&["queue", "list"]);
        if listed.stdout.is_empty() {
            break;
        }
        assert!(start.elapsed() < REST_WAIT, "{}", String::from_utf8_lossy(&listed.stdout));
        std::thread::sleep(Duration::from_millis(300));
        node.command(&["queue", "retry", "--all"]);
    }
    let counts = taken(&file);
    let twice = counts.values().filter(|count| **count == 2).count();
    assert!(counts.values().all(|count| *count <= 2), "something came more than twice");
    assert!(twice <= counts.len() / 4, "{twice} of {} came twice", counts.len());
    node.kill();
    let verified = node.command(&["verify"]);
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{text}\n{}", String::from_utf8_lossy(&verified.stderr));
    drop(node);
    drop(fs::remove_dir_all(&folder));
}

#[test]
fn what_cannot_be_delivered_comes_back_to_the_sender_in_a_report_that_others_can_read() {
    if !has_program("python3") || !has_program("swaks") {
        return;
    }
    let folder = folder("report");
    let (dns_port, sink_port) = (free_port(), free_port());
    let Some(_dns) = dns(dns_port) else { return };
    let Some(node) = Node::start_in(&folder, &configuration(dns_port, sink_port)) else { return };
    let sent = Command::new("swaks")
        .args(["--server", "127.0.0.1", "--port", &node.ports.submission.to_string(), "--tls"])
        .args(["--auth-user", "alice@demo.example", "--auth-password", "demo-password"])
        .args(["--from", "alice@demo.example", "--to", "who@nowhere.example", "--header", "Subject: Café"])
        .output()
        .expect("swaks runs");
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stdout));
    let script = r#"
import email, email.policy, imaplib, ssl, sys, time
context = ssl._create_unverified_context()
client = imaplib.IMAP4_SSL("127.0.0.1", int(sys.argv[1]), ssl_context=context)
client.login("alice@demo.example", "demo-password")
for _ in range(200):
    client.select("INBOX", readonly=True)
    _, found = client.search(None, "SUBJECT", "Undelivered")
    if found[0]:
        break
    time.sleep(0.2)
_, answer = client.fetch(found[0].split()[0], "(BODY.PEEK[])")
message = email.message_from_bytes(answer[0][1], policy=email.policy.default)
assert message.get_content_type() == "multipart/report", message.get_content_type()
assert message.get_param("report-type") == "delivery-status"
assert message["Auto-Submitted"] == "auto-replied"
text, status, original = list(message.iter_parts())
words = text.get_content()
assert "n'existe pas" in words and "does not exist" in words, words
of_message, of_recipient = status.get_payload()
assert of_recipient["Action"] == "failed", status.as_string()
assert of_recipient["Status"] == "5.1.2", status.as_string()
assert "who@nowhere.example" in of_recipient["Final-Recipient"]
assert original.get_content_type() == "text/rfc822-headers"
assert len(message.defects) == 0, message.defects
print("read")
"#;
    let read = Command::new("python3")
        .args(["-c", script, &node.ports.imaps.to_string()])
        .output()
        .expect("python runs");
    let words = String::from_utf8_lossy(&read.stdout);
    assert_eq!(words.trim(), "read", "{}\n{}", String::from_utf8_lossy(&read.stderr), node.log());
    drop(node);
    drop(fs::remove_dir_all(&folder));
}
