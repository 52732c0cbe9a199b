//! What is signed and sealed here is judged by dkimpy, which nobody here wrote.
//!
//! `HOSTERRA_PYTHON` names a Python that has it; `cargo xtask test` makes one.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use kernel::{DomainName, Timestamp};
use sign::{Algorithm, ChainState, Prepared, Signer, SigningKey, generate, seal};

/// Reads `name<TAB>record` lines up to an empty one, then a message; prints what dkimpy thinks of it.
const JUDGE: &str = r#"
import sys, dkim
stream = sys.stdin.buffer
zone = {}
while (line := stream.readline().strip()):
    name, record = line.split(b"\t", 1)
    zone[name.lower().rstrip(b".")] = record
message = stream.read()
def dns(name, timeout=5):
    return zone.get(name.lower().rstrip(b"."))
count = sum(line.lower().startswith(b"dkim-signature:") for line in message.split(b"\r\n\r\n", 1)[0].split(b"\r\n"))
def holds(index):
    try:
        return bool(dkim.DKIM(message).verify(idx=index, dnsfunc=dns))
    except dkim.DKIMException:
        return False
print("dkim", [holds(index) for index in range(count)])
print("arc", dkim.arc_verify(message, dnsfunc=dns)[0].decode())
"#;

const MESSAGE: &str = "Received: from x.example\r\n\tby y.example; Wed, 25 Nov 2026 10:00:00 +0000\r\n\
    From: Ann  <ann@x.example>\r\nTo: bob@y.example,\r\n carl@y.example\r\nsubject:  Caf\u{e9}\t &  more \r\n\
    Date: Wed, 25 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nA line  with \t blanks \r\n\r\n.\r\nand more\r\n\r\n\r\n";

struct Judge {
    python: String,
}

impl Judge {
    /// One that has dkimpy, or none, which is said.
    fn find() -> Option<Self> {
        let python = std::env::var("HOSTERRA_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let has = Command::new(&python)
            .args(["-c", "import dkim, nacl"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !has {
            drop(writeln!(std::io::stderr(), "SKIPPED: there is no Python with dkimpy and pynacl"));
        }
        has.then_some(Self { python })
    }

    fn judge(&self, zone: &[(String, String)], message: &[u8]) -> String {
        let mut child = Command::new(&self.python)
            .args(["-c", JUDGE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let mut input = child.stdin.take().expect("a pipe");
        for (name, record) in zone {
            writeln!(input, "{name}\t{record}").expect("python reads");
        }
        writeln!(input).expect("python reads");
        input.write_all(message).expect("python reads");
        drop(input);
        String::from_utf8(child.wait_with_output().expect("python ends").stdout).expect("text")
    }
}

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_pkcs8(algorithm, &generate(algorithm).expect("a key")).expect("what was made")
}

fn record(selector: &str, key: &SigningKey) -> (String, String) {
    let name = format!("{selector}._domainkey.x.example");
    (name, format!("v=DKIM1; k={}; p={}", key.algorithm().key_type(), key.public()))
}

fn domain() -> DomainName {
    DomainName::parse("x.example").expect("a domain")
}

/// dkimpy looks at its own clock.
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp::from_secs(i64::try_from(since.as_secs()).expect("before the year 292 billion"))
}

/// `message` with a signature by each key, and the zone that shows the keys.
fn signed(message: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let signers: Vec<Signer> = [("h1", Algorithm::Rsa), ("h1e", Algorithm::Ed25519)]
        .into_iter()
        .map(|(selector, algorithm)| Signer {
            domain: domain(),
            selector: selector.to_owned(),
            key: key(algorithm),
            lifetime: Some(Duration::from_secs(7 * 86_400)),
        })
        .collect();
    let zone = signers.iter().map(|signer| record(&signer.selector, &signer.key)).collect();
    let prepared = Prepared::new(message);
    let fields: String =
        signers.iter().map(|signer| signer.sign(&prepared, now()).expect("a signature")).collect();
    (zone, [fields.as_bytes(), message].concat())
}

#[test]
fn signatures_of_both_kinds_hold_and_break_when_a_field_is_added() {
    let Some(judge) = Judge::find() else { return };
    let bodies = ["", "\r\n", "one\r\n", "no line end", " \r\n\r\n", "a\tb  c \r\n\r\n\r\n"];
    let plain = bodies.iter().map(|body| format!("From: ann@x.example\r\n\r\n{body}"));
    for message in plain.chain([MESSAGE.to_owned()]) {
        let (zone, signed) = signed(message.as_bytes());
        let verdict = judge.judge(&zone, &signed);
        assert!(verdict.starts_with("dkim [True, True]"), "{verdict} of {message:?}");
        for added in ["Reply-To: evil@z.example\r\n", "List-Unsubscribe: <https://z.example>\r\n"] {
            let at = signed.windows(6).position(|octets| octets == b"From: ").expect("a sender");
            let changed = [&signed[..at], added.as_bytes(), &signed[at..]].concat();
            let verdict = judge.judge(&zone, &changed);
            assert!(verdict.starts_with("dkim [False, False]"), "{verdict} with {added}");
        }
    }
}

#[test]
fn a_chain_of_seals_holds_and_breaks_with_the_body() {
    let Some(judge) = Judge::find() else { return };
    let (mut zone, mut message) = signed(MESSAGE.as_bytes());
    for (selector, chain) in
        [("one", ChainState::None), ("two", ChainState::Pass), ("three", ChainState::Pass)]
    {
        let key = key(Algorithm::Rsa);
        let sealer = Signer { domain: domain(), selector: selector.to_owned(), key, lifetime: None };
        zone.push(record(selector, &sealer.key));
        let results = "y.example; dkim=pass header.d=x.example; spf=pass smtp.mailfrom=ann@x.example";
        let fields = seal(&sealer, &Prepared::new(&message), results, chain, now()).expect("a seal");
        message = [fields.as_bytes(), &message].concat();
    }
    let verdict = judge.judge(&zone, &message);
    assert!(verdict.contains("dkim [True, True]") && verdict.contains("arc pass"), "{verdict}");
    message.extend_from_slice(b"an advertisement\r\n");
    let verdict = judge.judge(&zone, &message);
    assert!(verdict.contains("dkim [False, False]") && verdict.contains("arc fail"), "{verdict}");
}
