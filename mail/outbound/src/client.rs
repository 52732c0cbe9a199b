//! The client's side of SMTP (RFC 5321) and LMTP (RFC 2033): one connection, message after message.
//!
//! Knows no queue: what it was told about each recipient is its answer.

mod transaction;
mod wire;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use ring::digest::{Context, SHA256};
use rustls::{CertificateError, ClientConfig};
use rustls_pki_types::ServerName;
use secrecy::{ExposeSecret as _, SecretString};
use store::{RemoteReply, TlsWish};
use tokio_rustls::TlsConnector;
use trust::Basis;

pub(crate) use transaction::{Answer, Envelope, EnvelopeRecipient, Sent};
use wire::Wire;

use crate::destination::Destination;
use crate::limits::{
    ADDRESS_COUNT_MAX, CONNECT_WAIT, GREETING_WAIT, HANDSHAKE_WAIT, HELLO_WAIT, LEAVE_WAIT,
    REPLY_CHARACTER_COUNT_MAX,
};
use crate::network::{CallError, Network};
use crate::reply::{Reply, ReplyFault, clean};
use crate::site::Host;
use crate::source::Source;
use crate::tls::{TlsDemand, TlsFault, TlsVerdict, client_config};

/// A host does not offer TLS, in the word of RFC 8460 section 4.3.1.
const NOT_SUPPORTED: &str = "starttls-not-supported";
/// The port on which TLS is there from the beginning (RFC 8314 section 3.3).
const SUBMISSIONS_PORT: u16 = 465;
/// Octets of the digest by which logins are told apart.
const MARK_OCTETS: usize = 16;

/// What is said where a relay does not take the login that is set for it.
pub(crate) const LOGIN_REFUSED: &str = "the relay refuses the login";

/// What has no better word (RFC 8460 section 4.3.1).
const FAILED: &str = "validation-failure";

/// The word of RFC 8460 section 4.3.1 for a handshake that failed.
fn kind_of(error: &io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(fault)) => match fault {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate-expired",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "certificate-host-mismatch"
            }
            _ => "certificate-not-trusted",
        },
        _ => FAILED,
    }
}

/// Which of the two protocols is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Protocol {
    /// RFC 5321.
    #[default]
    Smtp,
    /// RFC 2033: every recipient has its own answer at the end.
    Lmtp,
}

/// A login at a relay.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub login: String,
    /// The password.
    pub password: SecretString,
}

impl Credentials {
    /// What tells logins apart without telling them: whoever has another password has another connection.
    pub(crate) fn mark(&self) -> String {
        let mut context = Context::new(&SHA256);
        for part in [self.login.as_bytes(), b"\0", self.password.expose_secret().as_bytes()] {
            context.update(part);
        }
        let digest = context.finish();
        digest.as_ref().iter().take(MARK_OCTETS).map(|octet| format!("{octet:02x}")).collect()
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

/// How hosts are called.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    /// How connections come about.
    pub(crate) network: &'a dyn Network,
    /// From where, and under which name.
    pub(crate) source: &'a Source,
    /// The port.
    pub(crate) port: u16,
    /// The protocol.
    pub(crate) protocol: Protocol,
    /// The login, where there is one: then nothing goes without TLS and AUTH.
    pub(crate) credentials: Option<&'a Credentials>,
    /// What the mail asks of TLS beside the policy.
    pub(crate) wish: TlsWish,
}

/// Why a connection is of no use, or never was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// There is no connection.
    #[error("no connection: {0}")]
    Connect(io::ErrorKind),
    /// The address that it should begin at is not there.
    #[error("this platform cannot use its address {0}, from which the mail leaves: {1}")]
    Unbound(IpAddr, io::ErrorKind),
    /// The pool of addresses has none of the family of the host's.
    #[error("this platform has no address from which the mail could reach {0}")]
    NoFamily(IpAddr),
    /// Nothing came for too long.
    #[error("silent for too long after {0}")]
    Silent(&'static str),
    /// The other side went away.
    #[error("closed the connection after {0}")]
    Closed(&'static str),
    /// What came is no reply.
    #[error("{1} (after {0})")]
    Garbage(&'static str, ReplyFault),
    /// The other side does not want to talk.
    #[error("{} {}", .1.code, .1.text)]
    Refused(&'static str, Reply),
    /// What came is a reply, and says neither yes nor no to what it came after.
    #[error("{} {} is no answer to {}", .1.code, .1.text, .0)]
    Unfit(&'static str, Reply),
    /// TLS is asked for and does not work; with the word of RFC 8460 section 4.3 for it.
    #[error("TLS failed: {0}")]
    Tls(String, &'static str),
    /// TLS is asked for and not offered.
    #[error("TLS is required and not offered")]
    NoTls,
    /// The policy excludes the host.
    #[error("{0}")]
    Excluded(String),
    /// A login is set for the host and it does not take it.
    #[error("{LOGIN_REFUSED}: {} {}", .0.code, .0.text)]
    Login(Reply),
    /// A login is set for the host and it takes none that we speak.
    #[error("the relay offers neither AUTH PLAIN nor AUTH LOGIN")]
    NoLogin,
    /// REQUIRETLS is demanded and the host does not promise to go on demanding it.
    #[error("REQUIRETLS is demanded and this host does not offer it")]
    NoKeyword,
}

impl Fault {
    /// As it is stored.
    pub(crate) fn told(&self, host: &str) -> RemoteReply {
        let enhanced = match self {
            Self::Refused(_, reply) => return Reply { ..reply.clone() }.told(host),
            // Somebody mends the login: the mail waits, whatever the code.
            Self::Login(reply) => {
                let text = format!("{LOGIN_REFUSED}: {}", reply.text);
                let text = text.chars().take(REPLY_CHARACTER_COUNT_MAX).collect();
                let told = Reply { enhanced: Some("4.7.8".to_owned()), text, ..reply.clone() };
                return told.told(host);
            }
            Self::Connect(_) => "4.4.1",
            // Nobody but the operator of this platform can mend it (RFC 3463 section 3.4).
            Self::Unbound(..) | Self::NoFamily(_) => "4.3.5",
            Self::Silent(_) | Self::Closed(_) => "4.4.2",
            Self::Garbage(..) | Self::Unfit(..) => "4.5.0",
            Self::Tls(..) | Self::NoTls | Self::Excluded(_) => "4.7.5",
            Self::NoLogin => "4.7.8",
            Self::NoKeyword => "5.7.30",
        };
        let host = (!host.is_empty()).then(|| host.to_owned());
        RemoteReply { code: 0, enhanced: enhanced.to_owned(), text: clean(&self.to_string()), host }
    }

    /// Whether it will be so later as well. What an authenticated host does not offer nobody has taken away.
    pub(crate) const fn is_lasting(&self) -> bool {
        matches!(self, Self::NoKeyword)
    }

    /// Whether the other side had left, or was leaving, before it took anything of a message: what it said last was
    /// about an earlier one.
    pub(crate) fn is_before_mail(&self) -> bool {
        match self {
            Self::Closed(after) => *after == "MAIL",
            Self::Refused(after, reply) => *after == "MAIL" && reply.code == 421,
            _ => false,
        }
    }

    /// The fault of a reply that is not the one that lets us go on.
    fn of(after: &'static str, reply: Reply) -> Self {
        if reply.is_refusal() { Self::Refused(after, reply) } else { Self::Unfit(after, reply) }
    }

    const fn is_of_tls(&self) -> bool {
        matches!(self, Self::Tls(..) | Self::NoTls | Self::Excluded(_))
    }
}

/// What the other side offers (RFC 5321 section 4.1.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Offers {
    /// RFC 2920.
    pub(crate) pipelining: bool,
    /// RFC 6152.
    pub(crate) eight_bit: bool,
    /// RFC 6531.
    pub(crate) utf8: bool,
    /// RFC 3461.
    pub(crate) dsn: bool,
    /// RFC 3207.
    pub(crate) starttls: bool,
    /// RFC 8689.
    pub(crate) require_tls: bool,
    /// RFC 1870; 0: no limit is told.
    pub(crate) size: Option<u64>,
    /// RFC 4954, with PLAIN.
    pub(crate) auth_plain: bool,
    /// The same with LOGIN, of which there is no standard.
    pub(crate) auth_login: bool,
}

impl Offers {
    fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace().map(str::to_ascii_uppercase);
            match words.next().unwrap_or_default().as_str() {
                "PIPELINING" => offers.pipelining = true,
                "8BITMIME" => offers.eight_bit = true,
                "SMTPUTF8" => offers.utf8 = true,
                "DSN" => offers.dsn = true,
                "STARTTLS" => offers.starttls = true,
                "REQUIRETLS" => offers.require_tls = true,
                "SIZE" => offers.size = Some(words.next().and_then(|word| word.parse().ok()).unwrap_or(0)),
                "AUTH" => {
                    for word in words {
                        offers.auth_plain |= word == "PLAIN";
                        offers.auth_login |= word == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

/// A connection over which messages can go.
#[derive(Debug)]
pub(crate) struct Client {
    wire: Wire,
    offers: Offers,
    protocol: Protocol,
    /// Which host it is.
    pub(crate) host: String,
    /// Our own address, where it was not the system's choice.
    pub(crate) source: Option<IpAddr>,
    /// Whether it is encrypted.
    pub(crate) is_encrypted: bool,
    /// Whether a transaction was begun and not ended by a message.
    is_open: bool,
    /// Messages that were sent over it, or tried: before a further one the other side may have grown tired of waiting.
    message_count: usize,
}

/// How TLS went with one host.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) host: String,
    pub(crate) source: Option<IpAddr>,
    pub(crate) basis: Basis,
    pub(crate) fault: Option<TlsFault>,
}

impl Seen {
    fn of(
        host: &Host,
        verdict: &TlsVerdict,
        (source, outcome): (Option<IpAddr>, &Result<Client, Fault>),
    ) -> Option<Self> {
        let fault = |kind, detail: String| Some(TlsFault { kind, detail });
        let fault = match outcome {
            Ok(client) if client.is_encrypted => None,
            Ok(_) => fault(NOT_SUPPORTED, String::new()),
            Err(Fault::NoTls) => fault(NOT_SUPPORTED, String::new()),
            Err(Fault::Tls(text, kind)) => fault(kind, clean(text)),
            Err(Fault::Excluded(reason)) => {
                let is_of_dns = matches!(verdict.basis, Basis::Dane(_));
                fault(if is_of_dns { "dnssec-invalid" } else { FAILED }, reason.clone())
            }
            // Nothing of this is about TLS.
            Err(_) => return None,
        };
        Some(Self { host: host.name.to_string(), source, basis: verdict.basis.clone(), fault })
    }
}

/// Calls the hosts of a site one after the other until one answers, noting in `seen` how TLS went with each, and in `faults`
/// why those before are of no use.
///
/// # Errors
/// The last fault, with the host that it was.
pub(crate) async fn call(
    hosts: &[&(Host, TlsVerdict)],
    how: &Call<'_>,
    (seen, faults): (&mut Vec<Seen>, &mut Vec<RemoteReply>),
) -> Result<Client, (String, Fault)> {
    let mut last: Option<(String, Fault)> = None;
    let mut tries: Vec<(&Host, &TlsVerdict, IpAddr)> = Vec::new();
    for (host, verdict) in hosts {
        for address in &host.addresses {
            tries.push((host, verdict, *address));
        }
    }
    // Where we have no address of a family, its hosts say nothing about the site, unless there are no others.
    let is_callable = |address: IpAddr| how.source.towards(SocketAddr::new(address, how.port)).is_some();
    if tries.iter().any(|(_, _, address)| is_callable(*address)) {
        tries.retain(|(_, _, address)| is_callable(*address));
    }
    tries.truncate(ADDRESS_COUNT_MAX);
    for (host, verdict, address) in tries {
        let (at, name) = (SocketAddr::new(address, how.port), host.name.as_str());
        let source = how.source.towards(at).and_then(|(source, _)| source);
        let mut outcome = match &verdict.demand {
            TlsDemand::Excluded(exclusion) => Err(Fault::Excluded(exclusion.reason.clone())),
            demand => greet(at, name, demand, how).await,
        };
        seen.extend(Seen::of(host, verdict, (source, &outcome)).filter(|_| verdict.demand.is_tried()));
        // TLS that fails where it is not asked for is no reason not to deliver (RFC 7435 section 3).
        let is_free = how.credentials.is_none() && matches!(verdict.demand, TlsDemand::May);
        if is_free && outcome.as_ref().is_err_and(Fault::is_of_tls) {
            outcome = greet(at, name, &TlsDemand::Never, how).await;
        }
        faults.extend(outcome.as_ref().err().map(|fault| fault.told(name)));
        match outcome {
            Ok(client) => return Ok(client),
            // What passes counts for more than what lasts: there is something to wait for.
            Err(fault) if fault.is_lasting() && last.is_some() => {}
            Err(fault) => last = Some((name.to_owned(), fault)),
        }
    }
    Err(last.unwrap_or_else(|| (String::new(), Fault::Connect(io::ErrorKind::NotFound))))
}

async fn greet(at: SocketAddr, host: &str, demand: &TlsDemand, how: &Call<'_>) -> Result<Client, Fault> {
    let (source, hello) = how.source.towards(at).ok_or(Fault::NoFamily(at.ip()))?;
    let hello = hello.as_str();
    let stream = tokio::time::timeout(CONNECT_WAIT, how.network.connect(at, source))
        .await
        .map_err(|_| Fault::Silent("the call"))?
        .map_err(|error| match (error, source) {
            (CallError::Source(error), Some(source)) => Fault::Unbound(source, error.kind()),
            (CallError::Source(error) | CallError::Host(error), _) => Fault::Connect(error.kind()),
        })?;
    let mut client = Client {
        wire: Wire::new(stream),
        offers: Offers::default(),
        protocol: how.protocol,
        host: host.to_owned(),
        source,
        is_encrypted: false,
        is_open: false,
        message_count: 0,
    };
    let config = client_config(demand);
    if how.port == SUBMISSIONS_PORT && how.protocol == Protocol::Smtp {
        client.shake_hands(config.clone().ok_or(Fault::NoTls)?, host).await?;
    }
    let greeting = client.wire.reply("the call", GREETING_WAIT).await?;
    if !greeting.is_positive() {
        return Err(Fault::of("the call", greeting));
    }
    client.hello(hello).await?;
    let must = matches!(demand, TlsDemand::Must(_)) || how.credentials.is_some();
    match config {
        _ if client.is_encrypted => {}
        Some(config) if client.offers.starttls => {
            client.start_tls(config, host, hello).await?;
        }
        _ if must => return Err(Fault::NoTls),
        _ => {}
    }
    if how.wish == TlsWish::Required && !client.offers.require_tls {
        return Err(Fault::NoKeyword);
    }
    if let Some(credentials) = how.credentials {
        client.sign_in(credentials).await?;
    }
    Ok(client)
}

impl Client {
    async fn ask(&mut self, command: &str, after: &'static str, wait: Duration) -> Result<Reply, Fault> {
        self.wire.write(command.as_bytes(), after).await?;
        self.wire.reply(after, wait).await
    }

    async fn hello(&mut self, hello: &str) -> Result<(), Fault> {
        let word = match self.protocol {
            Protocol::Smtp => "EHLO",
            Protocol::Lmtp => "LHLO",
        };
        let reply = self.ask(&format!("{word} {hello}\r\n"), word, HELLO_WAIT).await?;
        if reply.is_positive() {
            self.offers = Offers::read(&reply);
            return Ok(());
        }
        if self.protocol == Protocol::Lmtp || reply.code == 421 || !reply.is_refusal() {
            return Err(Fault::of(word, reply));
        }
        // A server from before the extensions (RFC 5321 section 3.2).
        let reply = self.ask(&format!("HELO {hello}\r\n"), "HELO", HELLO_WAIT).await?;
        self.offers = Offers::default();
        if reply.is_positive() { Ok(()) } else { Err(Fault::of("HELO", reply)) }
    }

    async fn start_tls(&mut self, config: Arc<ClientConfig>, host: &str, hello: &str) -> Result<(), Fault> {
        // Whoever says nothing fit to be said here has TLS that does not work: it is told as that.
        let asked = self.ask("STARTTLS\r\n", "STARTTLS", HELLO_WAIT).await;
        let reply = asked.map_err(|fault| Fault::Tls(fault.to_string(), FAILED))?;
        if reply.code != 220 {
            return Err(Fault::Tls(format!("{} {}", reply.code, reply.text), NOT_SUPPORTED));
        }
        self.shake_hands(config, host).await?;
        // What was said before is forgotten (RFC 3207 section 4.2).
        self.hello(hello).await
    }

    async fn shake_hands(&mut self, config: Arc<ClientConfig>, host: &str) -> Result<(), Fault> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|error| Fault::Tls(error.to_string(), FAILED))?;
        let stream = self
            .wire
            .take_stream()
            .ok_or_else(|| Fault::Tls("something was sent before the handshake".to_owned(), FAILED))?;
        let handshake = TlsConnector::from(config).connect(name, stream);
        let stream = tokio::time::timeout(HANDSHAKE_WAIT, handshake)
            .await
            .map_err(|_| Fault::Tls("the handshake takes too long".to_owned(), FAILED))?
            .map_err(|error| Fault::Tls(error.to_string(), kind_of(&error)))?;
        self.wire = Wire::new(Box::new(stream));
        self.is_encrypted = true;
        Ok(())
    }

    async fn sign_in(&mut self, credentials: &Credentials) -> Result<(), Fault> {
        if !self.is_encrypted {
            return Err(Fault::NoTls);
        }
        let refused = |reply: Reply| match reply.is_refusal() {
            true => Fault::Login(reply),
            false => Fault::Unfit("AUTH", reply),
        };
        let base64 = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        let password = credentials.password.expose_secret();
        let reply = if self.offers.auth_plain {
            let plain = base64(&format!("\0{}\0{password}", credentials.login));
            self.ask(&format!("AUTH PLAIN {plain}\r\n"), "AUTH", HELLO_WAIT).await?
        } else if self.offers.auth_login {
            let mut reply = self.ask("AUTH LOGIN\r\n", "AUTH", HELLO_WAIT).await?;
            for answer in [base64(&credentials.login), base64(password)] {
                if reply.code != 334 {
                    return Err(refused(reply));
                }
                reply = self.ask(&format!("{answer}\r\n"), "AUTH", HELLO_WAIT).await?;
            }
            reply
        } else {
            return Err(Fault::NoLogin);
        };
        if reply.is_positive() { Ok(()) } else { Err(refused(reply)) }
    }

    /// Whether it has carried more than one message.
    pub(crate) const fn is_reused(&self) -> bool {
        self.message_count > 1
    }

    /// How TLS goes for more mail over the same connection.
    pub(crate) fn seen(&self, destination: &Destination) -> Vec<Seen> {
        let verdict = destination.hosts.iter().find(|(host, _)| host.name.as_str() == self.host);
        let fault = || TlsFault { kind: NOT_SUPPORTED, detail: String::new() };
        let seen = |(_, verdict): &(Host, TlsVerdict)| Seen {
            host: self.host.clone(),
            source: self.source,
            basis: verdict.basis.clone(),
            fault: (!self.is_encrypted).then(fault),
        };
        verdict.filter(|(_, verdict)| verdict.demand.is_tried()).map(seen).into_iter().collect()
    }

    /// Ends when the other side goes, or says something that nobody asked for: either way the connection is of no use.
    pub(crate) async fn hung_up(&mut self) {
        self.wire.stirred().await;
    }

    /// Says goodbye; whether that is heard does not matter.
    pub(crate) async fn quit(mut self) {
        if self.wire.write(b"QUIT\r\n", "QUIT").await.is_ok() {
            drop(self.wire.reply("QUIT", LEAVE_WAIT).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_without_regard_to_case() {
        let lines =
            ["mx.example hello", "pipelining", "SIZE 1000", "8BITMIME", "dsn", "AUTH LOGIN plain", "X", ""];
        let lines = lines.map(str::to_owned).to_vec();
        let reply = Reply { code: 250, enhanced: None, text: String::new(), lines };
        let expected = Offers {
            pipelining: true,
            eight_bit: true,
            dsn: true,
            size: Some(1000),
            auth_plain: true,
            auth_login: true,
            ..Offers::default()
        };
        assert_eq!(Offers::read(&reply), expected);
    }
}
