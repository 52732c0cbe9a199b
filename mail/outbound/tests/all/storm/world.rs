//! A network and a DNS in memory in which everything goes wrong as chance has it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use outbound::{CallError, Duplex, Network};
use resolver::{Answer, Dns, DnsError, Kind, Name, Record, Security, Zone};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream, ReadBuf,
};

use super::truth::{Life, Truth};

/// Domains whose hosts, and whose records, have trouble.
pub(super) const TROUBLED: [&str; 3] = ["a.example", "b.example", "c.example"];
/// One where nothing ever goes wrong.
pub(super) const CALM: &str = "calm.example";
/// Where reports go: its host has trouble, but refuses nothing for ever.
pub(super) const SENDER: &str = "sender.example";
/// The wire between two hosts holds so many octets.
const WIRE_OCTETS: usize = 64 * 1024;
/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(100_000);

fn every_domain() -> impl Iterator<Item = &'static str> {
    TROUBLED.into_iter().chain([CALM, SENDER])
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

fn address_of(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(192, 88, 7, u8::try_from(number + 1).expect("small"))
}

/// What goes wrong at one point of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Stalls,
    Drops,
    /// Says nothing more, and goes on listening.
    HalfCloses,
    Garbage,
    Later,
    Never,
    Slow,
}

const TROUBLES: [Trouble; 7] = [
    Trouble::Stalls,
    Trouble::Drops,
    Trouble::HalfCloses,
    Trouble::Garbage,
    Trouble::Later,
    Trouble::Never,
    Trouble::Slow,
];
const POINTS: [&str; 6] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."];

/// The network as one life of a node sees it.
pub(super) struct Net {
    pub truth: Arc<Truth>,
    pub life: Arc<Life>,
}

impl std::fmt::Debug for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Net")
    }
}

#[async_trait]
impl Network for Net {
    async fn connect(&self, at: SocketAddr, _: Option<IpAddr>) -> Result<Box<dyn Duplex>, CallError> {
        if self.life.is_dead() {
            std::future::pending::<()>().await;
        }
        let domain = every_domain()
            .enumerate()
            .find(|(number, _)| IpAddr::V4(address_of(*number)) == at.ip())
            .map(|(_, domain)| domain)
            .ok_or_else(|| io::Error::from(io::ErrorKind::HostUnreachable))?;
        let truth = &self.truth;
        let is_troubled = domain != CALM && !truth.is_calm();
        if is_troubled && truth.one_in(12) {
            tokio::time::sleep(Duration::from_secs(20)).await;
            return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
        }
        let trouble = (is_troubled && truth.one_in(3))
            .then(|| (POINTS[truth.below(6)], TROUBLES[truth.below(TROUBLES.len() as u64)]));
        // What is refused for ever may be a report: nobody would learn of it.
        let trouble = trouble.map(|(at, what)| {
            (at, if what == Trouble::Never && domain == SENDER { Trouble::Later } else { what })
        });
        truth.note(format!("node {} calls {domain}: {trouble:?}", self.life.number));
        let (ours, theirs) = tokio::io::duplex(WIRE_OCTETS);
        let host = Host { domain, trouble, truth: Arc::clone(truth), life: Arc::clone(&self.life) };
        tokio::spawn(async move { drop(host.talk(BufReader::new(theirs)).await) });
        Ok(Box::new(Cut { wire: ours, life: Arc::clone(&self.life) }))
    }
}

/// A wire that falls silent when its node dies.
struct Cut {
    wire: DuplexStream,
    life: Arc<Life>,
}

impl AsyncRead for Cut {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.life.is_dead() { Poll::Pending } else { Pin::new(&mut self.wire).poll_read(cx, buf) }
    }
}

impl AsyncWrite for Cut {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.life.is_dead() { Poll::Pending } else { Pin::new(&mut self.wire).poll_write(cx, buf) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

/// One conversation of a host.
struct Host {
    domain: &'static str,
    trouble: Option<(&'static str, Trouble)>,
    truth: Arc<Truth>,
    life: Arc<Life>,
}

type Wire = BufReader<DuplexStream>;

impl Host {
    fn trouble_at(&self, point: &str) -> Option<Trouble> {
        self.trouble.filter(|(at, _)| *at == point).map(|(_, trouble)| trouble)
    }

    async fn talk(&self, mut wire: Wire) -> io::Result<()> {
        self.says("greeting", "220 host.example", &mut wire).await?;
        let mut rcpt: Vec<String> = Vec::new();
        let mut is_begun = false;
        let mut line = String::new();
        loop {
            line.clear();
            if wire.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let word = line.trim_end().split([' ', ':']).next().unwrap_or_default().to_owned();
            match word.as_str() {
                "EHLO" => self.says("EHLO", "250-host.example\r\n250 PIPELINING", &mut wire).await?,
                "MAIL" => {
                    rcpt.clear();
                    is_begun = !matches!(self.trouble_at("MAIL"), Some(Trouble::Later | Trouble::Never));
                    self.says("MAIL", "250 OK", &mut wire).await?;
                }
                "RCPT" if !is_begun => wire.write_all(b"503 5.5.1 MAIL first\r\n").await?,
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let is_picky = self.trouble.is_some() && self.domain != SENDER && self.truth.one_in(6);
                    match (is_picky, self.trouble_at("RCPT")) {
                        (true, _) => wire.write_all(b"550 5.1.1 nobody\r\n").await?,
                        (_, Some(Trouble::Later)) => wire.write_all(b"451 4.2.0 later\r\n").await?,
                        (_, Some(Trouble::Never)) => wire.write_all(b"550 5.7.1 never\r\n").await?,
                        _ => {
                            rcpt.push(address);
                            self.says("RCPT", "250 OK", &mut wire).await?;
                        }
                    }
                }
                "DATA" if rcpt.is_empty() => wire.write_all(b"554 nobody\r\n").await?,
                "DATA" => {
                    self.says("DATA", "354 go on", &mut wire).await?;
                    if !matches!(self.trouble_at("DATA"), Some(Trouble::Later | Trouble::Never)) {
                        self.takes(&rcpt, &mut wire).await?;
                    }
                }
                "RSET" => wire.write_all(b"250 OK\r\n").await?,
                "QUIT" => return wire.write_all(b"221 bye\r\n").await,
                _ => wire.write_all(b"500 what\r\n").await?,
            }
        }
    }

    /// Reads a message and takes it, or not, and perhaps nobody learns which.
    async fn takes(&self, rcpt: &[String], wire: &mut Wire) -> io::Result<()> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if wire.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line == ".\r\n" {
                break;
            }
            text.push_str(&line);
        }
        let trouble = self.trouble_at(".");
        let is_taken = match trouble {
            None | Some(Trouble::Slow) => true,
            Some(Trouble::Later | Trouble::Never) => false,
            Some(_) => self.truth.one_in(2),
        };
        if is_taken {
            self.truth.took(&self.life, rcpt);
            if self.domain == SENDER {
                self.truth.state.lock().reports.push(text);
            }
            if !matches!(trouble, None | Some(Trouble::Slow)) {
                self.truth.lost(&self.life, rcpt);
            }
        }
        self.says(".", "250 taken", wire).await
    }

    /// Answers as it should, or as its trouble has it. An error ends the conversation.
    async fn says(&self, point: &str, right: &str, wire: &mut Wire) -> io::Result<()> {
        let answer = match self.trouble_at(point) {
            None => right,
            Some(Trouble::Slow) => {
                tokio::time::sleep(Duration::from_secs(self.truth.chance.below(60))).await;
                right
            }
            Some(Trouble::Stalls) => {
                tokio::time::sleep(FOR_EVER).await;
                right
            }
            Some(Trouble::Drops) => return Err(io::ErrorKind::ConnectionReset.into()),
            Some(Trouble::HalfCloses) => {
                wire.shutdown().await?;
                let mut rest = String::new();
                while wire.read_line(&mut rest).await? > 0 {
                    rest.clear();
                }
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            Some(Trouble::Garbage) => "\u{1}what a day",
            Some(Trouble::Later) => "421 4.3.2 later",
            Some(Trouble::Never) => "554 5.7.1 never",
        };
        wire.write_all(format!("{answer}\r\n").as_bytes()).await
    }
}

/// DNS that is slow, lies, is gone, and forgets names for a while.
pub(super) struct Names {
    pub truth: Arc<Truth>,
    pub zone: Zone,
}

/// The records of all domains.
pub(super) fn zone() -> Zone {
    let mut zone = Zone::new();
    for (number, domain) in every_domain().enumerate() {
        let host = name(&format!("mx.{domain}"));
        zone.add(host.clone(), Record::A(address_of(number)));
        zone.add(name(domain), Record::Mx { preference: 10, exchange: Some(host) });
    }
    zone
}

#[async_trait]
impl Dns for Names {
    async fn ask(&self, asked: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let truth = &self.truth;
        let is_calm = truth.is_calm() || asked.is_within(&name(CALM)) || *asked == name(CALM);
        if !is_calm && truth.one_in(5) {
            let is_of_sender = asked.is_within(&name(SENDER)) || *asked == name(SENDER);
            let trouble = truth.below(6);
            truth.note(format!("{asked} {kind:?}: trouble {trouble}"));
            match trouble {
                0 => tokio::time::sleep(Duration::from_secs(5 + truth.chance.below(30))).await,
                1 => return Err(DnsError::Failed),
                2 => return Err(DnsError::Bogus),
                3 if !is_of_sender => return Err(DnsError::NoName(Security::Insecure)),
                4 if kind == Kind::A && !is_of_sender => {
                    let records = vec![Record::A(Ipv4Addr::new(10, 0, 0, 1))];
                    return Ok(Answer {
                        records,
                        security: Security::Insecure,
                        ttl: Duration::from_secs(60),
                    });
                }
                _ => {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    return Err(DnsError::Timeout);
                }
            }
        }
        self.zone.ask(asked, kind).await
    }
}
