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

use super::rules::{CERTIFICATES, Needs, Rules, STRANGER};
use super::truth::{Life, Truth, Way};
use crate::farm::Both;

/// Domains whose hosts, and whose records, have trouble.
pub(super) const TROUBLED: [&str; 3] = ["a.example", "b.example", "c.example"];
/// One where nothing ever goes wrong.
pub(super) const CALM: &str = "calm.example";
/// One with two hosts, of which the first greets and never takes anything.
pub(super) const TWIN: &str = "twin.example";
/// Whose host is the other one: nothing ever goes wrong there.
pub(super) const SPARE: &str = "spare.example";
/// Where reports go: its host has trouble, but refuses nothing for ever.
pub(super) const SENDER: &str = "sender.example";
/// The domain of senders whose mail leaves through the relay; its reports go where the others go.
pub(super) const RELAYED: &str = "relayed.example";
/// Where the relay is.
pub(super) const RELAY: &str = "relay.example";
/// The wire between two hosts holds so many octets.
const WIRE_OCTETS: usize = 64 * 1024;
/// Before the name of a domain, where it says that it has a policy.
const POLICY: &str = "_mta-sts.";
/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(100_000);

pub(super) fn every_domain() -> impl Iterator<Item = &'static str> {
    TROUBLED.into_iter().chain([CALM, SENDER, RELAY, TWIN, SPARE])
}

/// The host of a domain.
pub(super) fn host_of(domain: &str) -> String {
    format!("mx.{domain}")
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
    /// Says something that fits nothing that was asked.
    Unfit,
    Later,
    Never,
    Slow,
}

const TROUBLES: [Trouble; 8] = [
    Trouble::Stalls,
    Trouble::Drops,
    Trouble::HalfCloses,
    Trouble::Garbage,
    Trouble::Unfit,
    Trouble::Later,
    Trouble::Never,
    Trouble::Slow,
];
const POINTS: [&str; 6] = ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "."];
/// What the ill one of two hosts does, and when: what it does after the dot another host mends for nobody.
const TWIN_TROUBLES: [Trouble; 6] =
    [Trouble::Stalls, Trouble::Drops, Trouble::HalfCloses, Trouble::Garbage, Trouble::Unfit, Trouble::Later];
const TWIN_POINTS: [&str; 3] = ["MAIL", "RCPT", "DATA"];
/// Those of hosts that speak TLS; the login is the relay's.
const TLS_POINTS: [&str; 10] =
    ["greeting", "EHLO", "STARTTLS", "handshake", "EHLO under TLS", "AUTH", "MAIL", "RCPT", "DATA", "."];

/// What a host shows of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Its certificate.
    Own,
    /// Somebody else's: it is another host.
    Strangers,
    /// Nothing: it has none, or somebody takes the offer away.
    None,
}

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
    async fn connect(&self, at: SocketAddr, source: Option<IpAddr>) -> Result<Box<dyn Duplex>, CallError> {
        if self.life.is_dead() {
            std::future::pending::<()>().await;
        }
        let domain = every_domain()
            .enumerate()
            .find(|(number, _)| IpAddr::V4(address_of(*number)) == at.ip())
            .map(|(_, domain)| domain)
            .ok_or_else(|| io::Error::from(io::ErrorKind::HostUnreachable))?;
        let truth = &self.truth;
        let is_troubled = ![CALM, SPARE].contains(&domain) && !truth.is_calm();
        if is_troubled && truth.one_in(12) {
            tokio::time::sleep(Duration::from_secs(20)).await;
            return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into());
        }
        if source.is_some() && is_troubled && truth.one_in(30) {
            return Err(CallError::Source(io::ErrorKind::AddrNotAvailable.into()));
        }
        let speaks_tls = truth.rules.speaks_tls(domain);
        let points = if speaks_tls { &TLS_POINTS[..] } else { &POINTS };
        let trouble = match domain {
            TWIN => Some((TWIN_POINTS[truth.below(3)], TWIN_TROUBLES[truth.below(6)])),
            _ => (is_troubled && truth.one_in(3)).then(|| {
                (points[truth.below(points.len() as u64)], TROUBLES[truth.below(TROUBLES.len() as u64)])
            }),
        };
        let shown = match speaks_tls {
            false => Shown::None,
            true if is_troubled && truth.one_in(4) => [Shown::Strangers, Shown::None][truth.below(2)],
            true => Shown::Own,
        };
        // What is refused for ever may be a report: nobody would learn of it.
        let trouble = trouble.map(|(at, what)| {
            (at, if what == Trouble::Never && domain == SENDER { Trouble::Later } else { what })
        });
        truth.note(format!("node {} calls {domain}: {trouble:?}, {shown:?}", self.life.number));
        let (ours, theirs) = tokio::io::duplex(WIRE_OCTETS);
        let host =
            Host { domain, trouble, shown, source, truth: Arc::clone(truth), life: Arc::clone(&self.life) };
        tokio::spawn(async move { drop(host.talk(BufReader::new(Box::new(theirs))).await) });
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
    shown: Shown,
    /// From where it is called.
    source: Option<IpAddr>,
    truth: Arc<Truth>,
    life: Arc<Life>,
}

type Wire = BufReader<Box<dyn Both>>;

impl Host {
    fn trouble_at(&self, point: &str) -> Option<Trouble> {
        self.trouble.filter(|(at, _)| *at == point).map(|(_, trouble)| trouble)
    }

    async fn talk(&self, mut wire: Wire) -> io::Result<()> {
        self.says("greeting", "220 host.example", &mut wire).await?;
        let mut rcpt: Vec<String> = Vec::new();
        let mut is_begun = false;
        let mut line = String::new();
        let mut way =
            Way { domain: self.domain, source: self.source, under: Needs::Nothing, is_signed_in: false };
        loop {
            line.clear();
            if wire.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let word = line.trim_end().split([' ', ':']).next().unwrap_or_default().to_owned();
            match word.as_str() {
                "EHLO" if way.under > Needs::Nothing => {
                    let right = "250-host.example\r\n250-AUTH PLAIN\r\n250 PIPELINING";
                    self.says("EHLO under TLS", right, &mut wire).await?;
                }
                "EHLO" => {
                    let offer = if self.shown == Shown::None { "" } else { "250-STARTTLS\r\n" };
                    let right = format!("250-host.example\r\n{offer}250 PIPELINING");
                    self.says("EHLO", &right, &mut wire).await?;
                }
                "STARTTLS" => {
                    self.says("STARTTLS", "220 go on", &mut wire).await?;
                    if self.trouble_at("STARTTLS").is_none_or(|trouble| trouble == Trouble::Slow) {
                        (wire, way.under) = self.shakes_hands(wire).await?;
                    }
                }
                "AUTH" => {
                    self.truth.signed_in(self.domain, way.under);
                    let trouble = self.trouble_at("AUTH");
                    way.is_signed_in = trouble.is_none_or(|trouble| trouble == Trouble::Slow);
                    self.says("AUTH", "235 come in", &mut wire).await?;
                }
                "MAIL" if self.domain == RELAY && !way.is_signed_in => {
                    wire.write_all(b"530 5.7.0 who are you\r\n").await?;
                }
                "MAIL" => {
                    rcpt.clear();
                    is_begun = !matches!(self.trouble_at("MAIL"), Some(Trouble::Later | Trouble::Never));
                    self.says("MAIL", "250 OK", &mut wire).await?;
                }
                "RCPT" if !is_begun => wire.write_all(b"503 5.5.1 MAIL first\r\n").await?,
                "RCPT" => {
                    let address = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    let is_picky = self.trouble.is_some()
                        && ![SENDER, TWIN].contains(&self.domain)
                        && self.truth.one_in(6);
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
                        self.takes(&rcpt, way, &mut wire).await?;
                    }
                }
                "RSET" => wire.write_all(b"250 OK\r\n").await?,
                "QUIT" => return wire.write_all(b"221 bye\r\n").await,
                _ => wire.write_all(b"500 what\r\n").await?,
            }
        }
    }

    /// The handshake, and what it proves.
    async fn shakes_hands(&self, wire: Wire) -> io::Result<(Wire, Needs)> {
        match self.trouble_at("handshake") {
            None => {}
            Some(Trouble::Slow) => {
                tokio::time::sleep(Duration::from_secs(self.truth.chance.below(90))).await;
            }
            Some(Trouble::Stalls) => tokio::time::sleep(FOR_EVER).await,
            Some(_) => return Err(io::ErrorKind::ConnectionReset.into()),
        }
        let (name, proves) = match self.shown {
            Shown::Own => (host_of(self.domain), Needs::Proven),
            Shown::Strangers | Shown::None => (STRANGER.to_owned(), Needs::Encrypted),
        };
        let stream = CERTIFICATES[&name].acceptor().accept(wire.into_inner()).await?;
        Ok((BufReader::new(Box::new(stream)), proves))
    }

    /// Reads a message and takes it, or not, and perhaps nobody learns which.
    async fn takes(&self, rcpt: &[String], way: Way<'_>, wire: &mut Wire) -> io::Result<()> {
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
            self.truth.took(&self.life, rcpt, way);
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
            Some(Trouble::Unfit) => "350 3.0.0 and then?",
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

/// The records of all domains, with the policies that a run has.
pub(super) fn zone(rules: &Rules) -> Zone {
    let mut zone = Zone::new();
    for domain in rules.enforcing.iter().chain(&rules.testing) {
        let record = Record::Txt(b"v=STSv1; id=1".to_vec());
        zone.add(name(&format!("{POLICY}{domain}")), record);
    }
    for (number, domain) in every_domain().enumerate() {
        let host = name(&host_of(domain));
        zone.add(host.clone(), Record::A(address_of(number)));
        zone.add(name(domain), Record::Mx { preference: 10, exchange: Some(host) });
    }
    let preference = if rules.has_equals { 10 } else { 20 };
    zone.add(name(TWIN), Record::Mx { preference, exchange: Some(name(&host_of(SPARE))) });
    let exchange = Some(name(&host_of(SENDER)));
    zone.add(name(RELAYED), Record::Mx { preference: 10, exchange });
    zone
}

#[async_trait]
impl Dns for Names {
    async fn ask(&self, asked: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let truth = &self.truth;
        let is_of = |domain: &str| asked.is_within(&name(domain)) || *asked == name(domain);
        let text = asked.to_string();
        // Whoever hides a policy that nobody here knows goes unnoticed (RFC 8461 section 10.2): that is no part of this.
        let is_unknown = text.strip_prefix(POLICY).is_some_and(|domain| !truth.fetched.has(domain));
        let is_calm = truth.is_calm() || [CALM, TWIN, SPARE].into_iter().any(is_of) || is_unknown;
        if !is_calm && truth.one_in(5) {
            let is_of_sender = is_of(SENDER) || is_of(RELAYED);
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
