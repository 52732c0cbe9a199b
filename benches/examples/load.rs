//! A load for any SMTP or IMAP server, to compare two of them on one machine in one run.
//!
//! `load smtp ADDRESS CONNECTIONS MESSAGES OCTETS DOMAIN USERS` sends to `user0@DOMAIN` and so on;
//! `load letters ADDRESS CONNECTIONS MESSAGES FOLDER SENDER DOMAIN USERS` sends the files of a folder in turn, as they are;
//! `load imap ADDRESS LOGIN PASSWORD` (TLS) reads INBOX as a client does that sees it for the first time;
//! `load idle ADDRESS LOGIN PASSWORD COUNT` (TLS) opens that many idling connections and waits for a line on its input; `{}` in
//! the login is 0 for the first 64 of them, 1 for the next, and so on: a mailbox has no more sessions than that.
#![expect(clippy::print_stdout, reason = "a tool for people")]

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["smtp", address, connections, messages, octets, domain, users] => {
            let number = |text: &str| text.parse::<u64>().expect("a number");
            let octets = number(octets);
            let letters: Letters = Arc::new(move |letter| message(letter, octets));
            let to = ((*domain).to_owned(), number(users));
            smtp(address, (number(connections), number(messages)), ("ann@elsewhere.example", letters), to);
        }
        ["letters", address, connections, messages, folder, sender, domain, users] => {
            let number = |text: &str| text.parse::<u64>().expect("a number");
            let to = ((*domain).to_owned(), number(users));
            smtp(address, (number(connections), number(messages)), (sender, kept(folder)), to);
        }
        ["imap", address, login, password] => imap(address, login, password),
        ["idle", address, login, password, count] => {
            idle(address, login, password, count.parse().expect("a number"))
        }
        _ => println!("see the head of benches/examples/load.rs"),
    }
}

/// The text of a letter by its number, dots doubled.
type Letters = Arc<dyn Fn(u64) -> String + Send + Sync>;

/// The letters of a folder, in turn.
fn kept(folder: &str) -> Letters {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let letters: Vec<String> = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a letter").replace("\r\n.", "\r\n.."))
        .collect();
    Arc::new(move |number| {
        let count = u64::try_from(letters.len()).expect("few");
        letters[usize::try_from(number % count).expect("few")].clone()
    })
}

fn message(number: u64, octets: u64) -> String {
    let head = format!(
        "From: Ann <ann@elsewhere.example>\r\nTo: somebody\r\nSubject: letter {number}\r\n\
         Date: Wed, 17 Jul 2026 02:23:25 -0700\r\nMessage-ID: <{number}.{}@elsewhere.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n",
        std::process::id()
    );
    let line = "An ordinary line of an ordinary letter, seventy-odd octets with its end.\r\n";
    let room = usize::try_from(octets).expect("a length").saturating_sub(head.len() + 8);
    format!("{head}{}--b--\r\n", line.repeat(room / line.len()))
}

/// Reads one answer of perhaps several lines.
fn answer(stream: &mut BufReader<TcpStream>, expected: &str) {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).expect("an answer");
        assert!(line.starts_with(expected), "expected {expected}, got {line}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return;
        }
    }
}

fn smtp(
    address: &str,
    (connections, messages): (u64, u64),
    (sender, letters): (&str, Letters),
    (domain, users): (String, u64),
) {
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let threads: Vec<_> = (0..connections)
        .map(|_| {
            let (next, address, domain) = (Arc::clone(&next), address.to_owned(), domain.clone());
            let (sender, letters) = (sender.to_owned(), Arc::clone(&letters));
            std::thread::spawn(move || {
                let stream = TcpStream::connect(&address).expect("a server");
                stream.set_nodelay(true).expect("an option");
                let mut stream = BufReader::new(stream);
                let say = |stream: &mut BufReader<TcpStream>, text: &str, expected: &str| {
                    stream.get_mut().write_all(text.as_bytes()).expect("a connection");
                    answer(stream, expected);
                };
                answer(&mut stream, "220");
                say(&mut stream, "EHLO load.example\r\n", "250");
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= messages {
                        break;
                    }
                    let text = letters(number);
                    say(&mut stream, &format!("MAIL FROM:<{sender}> SIZE={}\r\n", text.len()), "250");
                    say(&mut stream, &format!("RCPT TO:<user{}@{domain}>\r\n", number % users), "250");
                    say(&mut stream, "DATA\r\n", "354");
                    say(&mut stream, &format!("{text}.\r\n"), "250");
                }
                say(&mut stream, "QUIT\r\n", "221");
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a sender");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{messages} messages in {seconds:.2} s: {:.0}/s",
        f64::from(u32::try_from(messages).expect("few")) / seconds
    );
}

/// Takes any certificate: what is measured is not who the server is.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

struct Imap {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
    octets: u64,
}

impl Imap {
    fn open(address: &str, login: &str, password: &str) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let stream = TcpStream::connect(address).expect("a server");
        stream.set_nodelay(true).expect("an option");
        let mut imap = Self {
            stream: BufReader::with_capacity(1 << 16, StreamOwned::new(connection, stream)),
            octets: 0,
        };
        imap.line();
        imap.run(&format!("LOGIN {login} {password}"));
        imap
    }

    fn line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).expect("an answer");
        self.octets += line.len() as u64;
        line
    }

    /// Runs a command and reads everything that it answers, literals included; the untagged lines.
    fn run(&mut self, command: &str) -> u64 {
        self.stream.get_mut().write_all(format!("t {command}\r\n").as_bytes()).expect("a connection");
        let mut lines = 0;
        loop {
            let line = self.line();
            if line.starts_with(b"t ") {
                assert!(line.starts_with(b"t OK"), "{}", String::from_utf8_lossy(&line));
                return lines;
            }
            lines += u64::from(line.starts_with(b"* "));
            let text = line.trim_ascii_end();
            if text.ends_with(b"}")
                && let Some(start) = text.iter().rposition(|octet| *octet == b'{')
                && let Ok(length) = String::from_utf8_lossy(&text[start + 1..text.len() - 1]).parse::<u64>()
            {
                self.octets += std::io::copy(&mut self.stream.by_ref().take(length), &mut std::io::sink())
                    .expect("a literal");
            }
        }
    }
}

fn imap(address: &str, login: &str, password: &str) {
    let mut imap = Imap::open(address, login, password);
    imap.run("SELECT INBOX");
    let started = Instant::now();
    let count = imap.run("UID FETCH 1:* (FLAGS UID ENVELOPE BODYSTRUCTURE RFC822.SIZE)");
    let first = started.elapsed();
    imap.run("UID FETCH 1:* (BODY.PEEK[])");
    let both = started.elapsed();
    println!(
        "{count} messages: list {:.3} s, bodies {:.3} s, {} octets",
        first.as_secs_f64(),
        (both - first).as_secs_f64(),
        imap.octets
    );
}

const SESSIONS_OF_A_MAILBOX: usize = 64;

fn idle(address: &str, login: &str, password: &str, count: usize) {
    let mut open: Vec<Imap> = (0..count)
        .map(|number| {
            let login = login.replace("{}", &(number / SESSIONS_OF_A_MAILBOX).to_string());
            let mut imap = Imap::open(address, &login, password);
            imap.run("SELECT INBOX");
            imap.stream.get_mut().write_all(b"t IDLE\r\n").expect("a connection");
            imap.line();
            imap
        })
        .collect();
    println!("{} connections idle", open.len());
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
    open.clear();
}
