//! Input that means harm, and a disk that is full, against the real binary: every refusal is a reply, what was acknowledged is
//! there, and the next one is served as before.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tests::client::Client;
use tests::node::{Node, has_program, skipped};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// How long the answer to one message may take, whatever it holds; generous, since a busy machine is no fault of ours.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Recipients of one message (`mail/smtp/src/limits.rs`).
const RECIPIENT_COUNT_MAX: usize = 1000;
/// Messages with which a small disk is full for certain.
const FILL_COUNT: u64 = 2000;
/// The small disk, in MiB: a fresh platform takes a part of it.
const DISK_MIB: u32 = 24;
/// The disk that is nearly full, what is to stay free of it, and what is free when it is short, in MiB.
const NEARLY_DISK_MIB: u32 = 64;
const RESERVE_MIB: u64 = 24;
const SHORT_MIB: u64 = 16;
/// How long a node may take to see what became of its disk.
const SEEN_WAIT: Duration = Duration::from_secs(60);

fn hello(port: u16) -> Client {
    let mut client = Client::connect(port).expect("a connection");
    client.reply().expect("a greeting");
    client.command("EHLO load.example").expect("a welcome");
    client
}

/// Reads everything in an INBOX by a client that nobody here wrote, as programs of people do; prints how many there are.
const READ: &str = r#"
import imaplib, ssl, sys, time
context = ssl._create_unverified_context()
client = imaplib.IMAP4_SSL("127.0.0.1", int(sys.argv[1]), ssl_context=context, timeout=60)
imaplib._MAXLINE = 50_000_000
client.login("alice@demo.example", "demo-password")
_, answer = client.select("INBOX", readonly=True)
count = int(answer[0])
for number in range(1, count + 1):
    begun = time.monotonic()
    for what in ("(FLAGS UID ENVELOPE BODYSTRUCTURE RFC822.SIZE)", "(BODY.PEEK[1.1.1.1.1.1])", "(BODY.PEEK[HEADER])"):
        status, _ = client.fetch(str(number), what)
        assert status == "OK", (number, what)
    assert time.monotonic() - begun < 60, number
status, found = client.search(None, "TEXT", "nowhere-to-be-found")
assert status == "OK" and found == [b""], found
print(count)
"#;

fn read(node: &Node) -> usize {
    let output = Command::new("python3")
        .args(["-c", READ, &node.ports.imaps.to_string()])
        .output()
        .expect("python runs");
    let words = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    words.trim().parse().unwrap_or_else(|_| panic!("{problem}\n{}", node.log()))
}

fn nested(depth: usize) -> String {
    let mut text = String::from("Content-Type: multipart/mixed; boundary=b0\r\n\r\n");
    for level in 0..depth {
        let next = level + 1;
        text += &format!("--b{level}\r\nContent-Type: multipart/mixed; boundary=b{next}\r\n\r\n");
    }
    text
}

/// As many as the header of a message has room for.
fn references() -> String {
    let mut text = String::from("Subject: bomb\r\n");
    for field in 0..7 {
        text += "References: ";
        text.extend((0..10_000).map(|id| format!("<{:x}>", field * 10_000 + id)));
        text += "\r\n";
    }
    text + "\r\nx\r\n"
}

/// What each is, the message, and what the reply may begin with.
fn bombs() -> Vec<(&'static str, String, &'static [&'static str])> {
    let taken: &[&str] = &["250"];
    let refused: &[&str] = &["552", "554", "550"];
    let either: &[&str] = &["250", "550", "552", "554"];
    let body = |head: &str, body: String| format!("Subject: bomb\r\n{head}\r\n\r\n{body}\r\n");
    let coded = |coding: &str| format!("Content-Type: text/plain\r\nContent-Transfer-Encoding: {coding}");
    let subject = |text: String| format!("Subject: {text}\r\n\r\nx\r\n");
    vec![
        ("100 000 fields", format!("{}\r\nx\r\n", "X-A: bb\r\n".repeat(100_000)), refused),
        ("a field of 1 MiB", format!("Subject: {}\r\n\r\nx\r\n", "x".repeat(1 << 20)), refused),
        ("50 000 fields", format!("{}\r\nx\r\n", "Xa: b\r\n".repeat(50_000)), taken),
        ("a body line of 1 MiB", body("X: y", "x".repeat(1 << 20)), either),
        ("80 000 addresses", format!("To: {}z@b.c\r\n\r\nx\r\n", "a@b.c,".repeat(80_000)), taken),
        ("comments in comments", format!("From: {}\r\n\r\nx\r\n", "(".repeat(100_000)), taken),
        ("encoded words", format!("Subject: {}\r\n\r\nx\r\n", "=?utf-8?q?a?= ".repeat(30_000)), taken),
        ("encoded words without an end", subject("=?x?q?a".repeat(9000)), taken),
        ("references", references(), taken),
        (
            "parameters",
            body(&format!("Content-Type: text/plain{}", "; a=b".repeat(50_000)), "x".into()),
            taken,
        ),
        ("multiparts in multiparts", nested(10_000), taken),
        ("messages in messages", "Content-Type: message/rfc822\r\n\r\n".repeat(10_000) + "x\r\n", taken),
        (
            "100 000 parts",
            body("Content-Type: multipart/mixed; boundary=b", "--b\r\n\r\nx\r\n".repeat(100_000)),
            taken,
        ),
        (
            "boundaries that are none",
            body("Content-Type: multipart/mixed; boundary=b", "--bb\r\n".repeat(200_000)),
            taken,
        ),
        (
            "quoted-printable garbage",
            body(&coded("quoted-printable"), "=3=\r\n=ZZ==\r\n".repeat(150_000)),
            taken,
        ),
        ("base64 garbage", body(&coded("base64"), "=A!=\u{7f}B\r\n".repeat(150_000)), taken),
        (
            "character sets",
            body("Content-Type: text/plain; charset=utf-7", "+AGEAYQ-\r\n".repeat(100_000)),
            taken,
        ),
    ]
}

#[test]
fn messages_that_are_bombs_are_taken_or_refused_and_read_like_others() {
    if !has_program("python3") {
        return;
    }
    let Some(node) = Node::start("bombs") else { return };
    let mut stored = read(&node);
    for (what, message, allowed) in bombs() {
        let begun = Instant::now();
        let reply = hello(node.ports.smtp).deliver(&["alice@demo.example"], &message);
        let reply = reply.unwrap_or_else(|error| panic!("{what}: {error}\n{}", node.log()));
        assert!(allowed.iter().any(|code| reply.starts_with(code)), "{what}: {reply}");
        assert!(begun.elapsed() < ANSWER_WAIT, "{what} took {:?}", begun.elapsed());
        stored += usize::from(reply.starts_with("250"));
        let next = hello(node.ports.smtp).deliver(&["alice@demo.example"], "Subject: next\r\n\r\nx\r\n");
        assert!(next.is_ok_and(|reply| reply.starts_with("250")), "after {what}");
        stored += 1;
    }
    assert_eq!(read(&node), stored);
}

#[test]
fn recipients_beyond_the_limit_are_put_off_and_the_others_get_the_message() {
    let Some(node) = Node::start("recipients") else { return };
    let mut client = hello(node.ports.smtp);
    client.command("MAIL FROM:<sender@elsewhere.example>").expect("a reply");
    let mut replies = Vec::new();
    for number in 0..=RECIPIENT_COUNT_MAX {
        replies.push(client.command(&format!("RCPT TO:<alice+{number}@demo.example>")).expect("a reply"));
    }
    let last = replies.pop().expect("one more");
    assert!(replies.iter().all(|reply| reply.starts_with("250")), "{:?}", replies.last());
    assert!(last.starts_with("452 4.5.3"), "{last}");
    assert!(client.command("DATA").expect("a reply").starts_with("354"));
    let taken = client.command("Subject: many\r\n\r\nhello\r\n.").expect("a reply");
    assert!(taken.starts_with("250"), "{taken}");
}

/// A disk of its own for a folder, for as long as the test runs.
struct Disk(PathBuf);

impl Disk {
    fn small(at: &Path, mib: u32) -> Option<Self> {
        fs::create_dir_all(at).expect("a folder");
        let disk = Self(at.to_owned());
        if disk.mount(&format!("size={mib}m")) {
            return Some(disk);
        }
        skipped("a small disk cannot be mounted here; only root may");
        std::mem::forget(disk);
        None
    }

    fn mount(&self, options: &str) -> bool {
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.0).output();
        mounted.is_ok_and(|output| output.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

/// Delivers until a message is not taken; how many were, and what was said then.
fn fill(port: u16) -> io::Result<(u64, String)> {
    let mut client = hello(port);
    let line = "An ordinary line of an ordinary letter, seventy-odd octets with its end.\r\n";
    for number in 0..FILL_COUNT {
        let message = format!("Subject: full {number}\r\nX-Number: {number}\r\n\r\n{}", line.repeat(2000));
        let reply = client.deliver(&["alice@demo.example"], &message)?;
        if !reply.starts_with("250") {
            return Ok((number, reply));
        }
    }
    panic!("the disk is never full");
}

#[test]
fn a_full_disk_refuses_with_452_loses_nothing_and_goes_on_when_there_is_room() {
    if !has_program("python3") || !has_program("mount") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("hosterra-full-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    let Some(disk) = Disk::small(&folder.join("data"), DISK_MIB) else { return };
    // Nothing is put off before the disk is full.
    let Some(mut node) = Node::start_in(&folder, "[storage]\nreserve_mib = 0\n") else { return };
    let before = read(&node);
    let (taken, said) = fill(node.ports.smtp).unwrap_or_else(|error| panic!("{error}\n{}", node.log()));
    assert!(said.starts_with("452 4.3.1"), "after {taken}: {said}\n{}", node.log());
    assert!(taken > 0, "{said}");
    let taken = usize::try_from(taken).expect("few");
    assert_eq!(read(&node), before + taken, "what is there is read from a full disk as well");
    // Killed while the disk is full, and started when there is room.
    node.kill();
    assert!(disk.mount(&format!("remount,size={}m", DISK_MIB * 8)), "the disk grows");
    node.restart();
    assert_eq!(read(&node), before + taken);
    let next = hello(node.ports.smtp).deliver(&["alice@demo.example"], "Subject: next\r\n\r\nx\r\n");
    assert!(next.is_ok_and(|reply| reply.starts_with("250")), "there is room again");
    assert_eq!(read(&node), before + taken + 1);
    node.kill();
    let verified = node.command(&["verify"]);
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    drop((node, disk));
    drop(fs::remove_dir_all(&folder));
}

/// What people's programs are told while the disk is short: nothing new, everything else as ever.
const SHORT: &str = r#"
import imaplib, smtplib, ssl, sys
context = ssl._create_unverified_context()
with smtplib.SMTP("127.0.0.1", int(sys.argv[1]), timeout=60) as client:
    client.starttls(context=context)
    client.ehlo()
    assert client.mail("alice@demo.example")[0] == 530, "strangers learn nothing of the disk"
    client.login("alice@demo.example", "demo-password")
    code, text = client.mail("alice@demo.example")
    assert code == 452 and text.startswith(b"4.3.1 ") and b"nearly full" in text, (code, text)
    assert client.mail("alice@demo.example", ["SIZE=99999999999"])[0] == 552, "what never fits is refused for ever"
client = imaplib.IMAP4_SSL("127.0.0.1", int(sys.argv[2]), ssl_context=context, timeout=60)
client.login("alice@demo.example", "demo-password")
status, answer = client.append("Drafts", None, None, b"Subject: a draft\r\n\r\nx\r\n")
assert status == "NO" and b"[UNAVAILABLE]" in answer[0] and b"nearly full" in answer[0], (status, answer)
# The same for who does not wait to be asked.
client.send(b'x1 APPEND Drafts {15+}\r\nSubject: y\r\n\r\nz\r\n')
while not (line := client.readline()).startswith(b"x1 "):
    pass
assert line.startswith(b"x1 NO [UNAVAILABLE]"), line
client.select("INBOX")
assert client.fetch("1", "(BODY[])")[0] == "OK"
assert client.store("1", "+FLAGS", r"(\Deleted)")[0] == "OK"
assert client.expunge()[0] == "OK"
client.logout()
"#;

fn mail_from(port: u16, parameters: &str) -> String {
    hello(port).command(&format!("MAIL FROM:<friend@elsewhere.example>{parameters}")).expect("a reply")
}

fn until_mail_from(node: &Node, code: &str) {
    let start = Instant::now();
    loop {
        let said = mail_from(node.ports.smtp, "");
        if said.starts_with(code) {
            return;
        }
        assert!(start.elapsed() < SEEN_WAIT, "{said}\n{}", node.log());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn metric(node: &Node, name: &str) -> i64 {
    let script = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=30).read().decode())";
    let url = format!("http://127.0.0.1:{}/metrics", node.ports.http);
    let output = Command::new("python3").args(["-c", script, &url]).output().expect("python runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")).map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
}

#[test]
fn a_disk_that_is_nearly_full_puts_mail_off_before_it_is_sent_and_takes_it_again_by_itself() {
    if !has_program("python3") || !has_program("mount") || !has_program("df") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("hosterra-nearly-full-{}", std::process::id()));
    drop(fs::remove_dir_all(&folder));
    let Some(disk) = Disk::small(&folder.join("data"), NEARLY_DISK_MIB) else { return };
    let set = format!("[storage]\nreserve_mib = {RESERVE_MIB}\n");
    let Some(node) = Node::start_in(&folder, &set) else { return };
    let taken = hello(node.ports.smtp).deliver(&["alice@demo.example"], "Subject: first\r\n\r\nx\r\n");
    assert!(taken.is_ok_and(|reply| reply.starts_with("250")), "there is room");
    // More than there is before the reserve, less than the longest message.
    let long = mail_from(node.ports.smtp, " SIZE=50000000");
    assert!(long.starts_with("452 4.3.1"), "{long}");
    assert!(mail_from(node.ports.smtp, " SIZE=1000000").starts_with("250"));

    let output = Command::new("df").args(["-B1", "--output=avail"]).arg(&disk.0).output().expect("df runs");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let free: u64 = words.split_whitespace().last().and_then(|word| word.parse().ok()).expect("a number");
    let ballast = disk.0.join("ballast");
    let octets = usize::try_from(free - SHORT_MIB * 1024 * 1024).expect("a small disk");
    fs::write(&ballast, vec![7; octets]).expect("there is room for the ballast");
    until_mail_from(&node, "452 4.3.1");
    assert_eq!(metric(&node, "hosterra_disk_left_octets"), 0);
    let ports = [node.ports.submission, node.ports.imaps].map(|port| port.to_string());
    let told = Command::new("python3").args(["-c", SHORT]).args(ports).output().expect("python runs");
    assert!(told.status.success(), "{}\n{}", String::from_utf8_lossy(&told.stderr), node.log());

    fs::remove_file(&ballast).expect("removed");
    until_mail_from(&node, "250");
    let taken = hello(node.ports.smtp).deliver(&["alice@demo.example"], "Subject: next\r\n\r\nx\r\n");
    assert!(taken.is_ok_and(|reply| reply.starts_with("250")), "there is room again");
    assert!(metric(&node, "hosterra_disk_left_octets") > 0);
    for words in ["mail is put off", "there is room again"] {
        assert_eq!(node.log().matches(words).count(), 1, "{words}: {}", node.log());
    }
    drop((node, disk));
    drop(fs::remove_dir_all(&folder));
}

/// Opens a websocket of the API as the peer 127.0.0.`host`: the connection, and what it was answered so far.
async fn websocket(port: u16, host: u8) -> (tokio::net::TcpStream, String) {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind((Ipv4Addr::new(127, 0, 0, host), 0).into()).expect("an address of its own");
    let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await.expect("it connects");
    let opening = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n";
    stream.write_all(opening.as_bytes()).await.expect("it is taken");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    (stream, String::from_utf8_lossy(&head).into_owned())
}

/// Websockets of one peer (`web/src/limit.rs`).
const SOCKETS_OF_PEER_MAX: usize = 100;

#[tokio::test]
async fn a_peer_with_websockets_that_say_nothing_keeps_nobody_out_and_is_let_go() {
    let Some(node) = Node::start("sockets") else { return };
    let port = node.ports.http;
    let crowd: Vec<_> = (0..SOCKETS_OF_PEER_MAX + 50).map(|_| tokio::spawn(websocket(port, 2))).collect();
    let (mut open, mut refused) = (Vec::new(), 0);
    for one in crowd {
        let (stream, head) = one.await.expect("no panic");
        match head.get(..12) {
            Some("HTTP/1.1 101") => open.push(stream),
            Some("HTTP/1.1 429") if head.contains("retry-after: ") => refused += 1,
            _ => panic!("{head}"),
        }
    }
    assert!(refused > 0 && open.len() >= SOCKETS_OF_PEER_MAX, "{} open, {refused} refused", open.len());
    let (_other, head) = websocket(port, 3).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    for mut stream in open {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(ANSWER_WAIT, stream.read_to_end(&mut rest)).await;
        end.expect("it is let go").expect("in order");
        // A close frame with 4408 (RFC 6455 section 5.5.1, graphql-transport-ws).
        assert_eq!(rest.get(..4), Some(&[0x88, 0x23, 0x11, 0x38][..]), "{rest:?}");
    }
    let (_again, head) = websocket(port, 2).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
}
