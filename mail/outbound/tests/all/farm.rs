//! A farm of mail hosts on loopback that behave as told: each on an address of its own, all on one port.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How a host behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manners {
    /// After this command nothing is said any more. `greeting`, `EHLO`, `STARTTLS`, `handshake`, `EHLO under TLS`, `AUTH`,
    /// `MAIL`, `RCPT`, `DATA`, `.`.
    pub stalls_at: Option<&'static str>,
    /// After this command the connection is closed.
    pub drops_at: Option<&'static str>,
    /// What is answered to this command in place of what is right.
    pub says: Vec<(&'static str, String)>,
    /// Recipients that are refused, with what is said.
    pub refuses: Vec<(&'static str, &'static str)>,
    /// STARTTLS is offered.
    pub tls: Tls,
    /// What stands behind `Tls::Certified`.
    pub certificate: Option<Certificate>,
    /// Extensions that are offered.
    pub offers: Vec<&'static str>,
    /// Extensions that are offered under TLS as well.
    pub offers_under_tls: Vec<&'static str>,
    /// How long each message takes.
    pub takes: Duration,
    /// Messages of a connection after which MAIL is answered by hanging up, as by hosts that are tired of waiting.
    pub tires_after: Option<usize>,
}

/// TLS of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tls {
    /// Not offered.
    #[default]
    None,
    /// With a certificate that nobody signed.
    SelfSigned,
    /// With the certificate of its manners.
    Certified,
    /// Offered, and the handshake breaks.
    Broken,
}

/// A certificate with what signed it.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub leaf: CertificateDer<'static>,
    pub root: CertificateDer<'static>,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate")
    }
}

impl Certificate {
    /// What shows it.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    /// One for `name`, from an authority of its own, good from 2000 up to the end of a year.
    pub(crate) fn of(name: &str, until: i32) -> Self {
        let root_key = KeyPair::generate().expect("a key");
        let mut root = CertificateParams::new(vec![]).expect("parameters");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signed_root = root.self_signed(&root_key).expect("a root").der().clone();
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 12, 31);
        let leaf = params.signed_by(&key, &Issuer::new(root, root_key)).expect("a certificate");
        let chain = vec![leaf.der().clone(), signed_root.clone()];
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self { leaf: leaf.der().clone(), root: signed_root, acceptor: acceptor_of(chain, key) }
    }
}

/// What a host took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// As MAIL named it, with its parameters.
    pub mail: String,
    /// As RCPT named them, with their parameters.
    pub rcpt: Vec<String>,
    /// The message, dots taken off.
    pub message: String,
    /// Whether it came under TLS.
    pub is_encrypted: bool,
}

/// One host.
pub(crate) struct FakeHost {
    pub address: IpAddr,
    pub manners: Mutex<Manners>,
    pub taken: Mutex<Vec<Taken>>,
    pub connection_count: AtomicUsize,
    pub open_count: AtomicUsize,
    pub open_count_max: AtomicUsize,
    pub busy_count: AtomicUsize,
    /// Messages that came at once.
    pub busy_count_max: AtomicUsize,
    /// From where it was called, and by which name at the first EHLO of each connection.
    pub calls: Mutex<Vec<(IpAddr, String)>>,
    /// What was given with AUTH, line by line, as it came.
    pub logins: Mutex<Vec<String>>,
    /// How often it fell silent.
    pub stalled_count: AtomicUsize,
    open: Mutex<Vec<tokio::task::AbortHandle>>,
}

/// Counts a connection for as long as it is open.
struct Counted(Arc<FakeHost>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.open_count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl FakeHost {
    /// Its name in DNS.
    pub(crate) fn name(&self) -> String {
        format!("mx-{}.example", self.address.to_string().replace('.', "-"))
    }

    pub(crate) fn behave(&self, manners: Manners) {
        *self.manners.lock() = manners;
    }

    /// Behaves otherwise from now on, also towards those who are connected: they are hung up on.
    pub(crate) async fn change(&self, manners: Manners) {
        self.behave(manners);
        self.open.lock().drain(..).for_each(|talking| talking.abort());
        while self.open_count.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().clone()
    }
}

/// All hosts of one test.
pub(crate) struct Farm {
    pub port: u16,
    net: u8,
    number: AtomicU32,
}

impl Farm {
    /// A farm on a port that is free on every address that it uses.
    pub(crate) async fn new() -> Self {
        let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = probe.local_addr().expect("an address").port();
        // Several test processes at once: each has addresses of its own.
        let net = u8::try_from(std::process::id() % 200).expect("below 200") + 20;
        Self { port, net, number: AtomicU32::new(1) }
    }

    /// One more host.
    pub(crate) async fn host(&self, manners: Manners) -> Arc<FakeHost> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let [_, _, high, low] = number.to_be_bytes();
        let address = Ipv4Addr::new(127, self.net, high, low);
        let listener = TcpListener::bind((address, self.port)).await.expect("an address of loopback");
        let host = Arc::new(FakeHost {
            address: address.into(),
            manners: Mutex::new(manners),
            taken: Mutex::default(),
            connection_count: AtomicUsize::new(0),
            open_count: AtomicUsize::new(0),
            open_count_max: AtomicUsize::new(0),
            busy_count: AtomicUsize::new(0),
            busy_count_max: AtomicUsize::new(0),
            calls: Mutex::default(),
            logins: Mutex::default(),
            stalled_count: AtomicUsize::new(0),
            open: Mutex::default(),
        });
        let serving = Arc::clone(&host);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let host = Arc::clone(&serving);
                host.connection_count.fetch_add(1, Ordering::Relaxed);
                let open = host.open_count.fetch_add(1, Ordering::Relaxed) + 1;
                host.open_count_max.fetch_max(open, Ordering::Relaxed);
                let counted = Counted(Arc::clone(&host));
                let talking = tokio::spawn(async move {
                    let host = &counted.0;
                    let manners = host.manners.lock().clone();
                    drop(talk(host, manners, stream).await);
                });
                serving.open.lock().push(talking.abort_handle());
            }
        });
        host
    }
}

pub(crate) trait Both: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Both for S {}

fn self_signed() -> TlsAcceptor {
    let certificate = rcgen::generate_simple_self_signed(["mx.example".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()));
    acceptor_of(vec![certificate.cert.der().clone()], key)
}

fn acceptor_of(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> TlsAcceptor {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate with its key");
    TlsAcceptor::from(Arc::new(config))
}

/// Talks until somebody goes.
async fn talk(host: &FakeHost, manners: Manners, stream: tokio::net::TcpStream) -> std::io::Result<()> {
    let peer = stream.peer_addr()?.ip();
    let mut wire: BufReader<Box<dyn Both>> = BufReader::new(Box::new(stream));
    let mut is_encrypted = false;
    if !obeys((host, &manners), "greeting", "220 fake.example ESMTP", &mut wire).await? {
        return Ok(());
    }
    let (mut mail, mut rcpt) = (String::new(), Vec::new());
    let (mut is_lmtp, mut is_begun) = (false, false);
    let mut message_count = 0;
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end().to_owned();
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let goes_on = match word.as_str() {
            "EHLO" | "LHLO" => {
                is_lmtp = word == "LHLO";
                if !is_encrypted {
                    let hello = line.split(' ').nth(1).unwrap_or_default().to_owned();
                    host.calls.lock().push((peer, hello));
                }
                let mut offers: Vec<String> = vec!["fake.example".to_owned()];
                offers.extend(manners.offers.iter().map(|offer| (*offer).to_owned()));
                if is_encrypted {
                    offers.extend(manners.offers_under_tls.iter().map(|offer| (*offer).to_owned()));
                }
                if manners.tls != Tls::None && !is_encrypted {
                    offers.push("STARTTLS".to_owned());
                }
                let last = offers.pop().unwrap_or_default();
                let text: String = offers.iter().map(|offer| format!("250-{offer}\r\n")).collect::<String>()
                    + "250 "
                    + &last;
                let at = if is_encrypted { "EHLO under TLS" } else { "EHLO" };
                obeys((host, &manners), at, &text, &mut wire).await?
            }
            "STARTTLS" if manners.says.iter().any(|(at, _)| *at == "STARTTLS") => {
                obeys((host, &manners), "STARTTLS", "", &mut wire).await?
            }
            "STARTTLS" => {
                if !obeys((host, &manners), "STARTTLS", "220 go", &mut wire).await? {
                    return Ok(());
                }
                stall(host, &manners, "handshake").await;
                if manners.drops_at == Some("handshake") {
                    return Ok(());
                }
                if manners.tls == Tls::Broken {
                    wire.write_all(b"this is no handshake at all, sorry\r\n").await?;
                    return Ok(());
                }
                let acceptor = match &manners.certificate {
                    Some(certificate) if manners.tls == Tls::Certified => certificate.acceptor.clone(),
                    _ => self_signed(),
                };
                let stream = acceptor.accept(wire.into_inner()).await?;
                wire = BufReader::new(Box::new(stream));
                is_encrypted = true;
                true
            }
            "AUTH" => {
                host.logins.lock().push(line.clone());
                if line == "AUTH LOGIN" {
                    for _ in 0..2 {
                        wire.write_all(b"334 go\r\n").await?;
                        let mut answer = String::new();
                        wire.read_line(&mut answer).await?;
                        host.logins.lock().push(answer.trim_end().to_owned());
                    }
                }
                obeys((host, &manners), "AUTH", "235 2.7.0 come in", &mut wire).await?
            }
            "MAIL" if manners.tires_after.is_some_and(|most| message_count >= most) => return Ok(()),
            "MAIL" => {
                // What was not begun has no recipients.
                is_begun = says_yes(&manners, "MAIL");
                mail = line;
                rcpt = Vec::new();
                obeys((host, &manners), "MAIL", "250 2.1.0 OK", &mut wire).await?
            }
            "RCPT" if !is_begun => {
                wire.write_all(b"503 5.5.1 MAIL first\r\n").await?;
                true
            }
            "RCPT" => {
                let refuses = host.manners.lock().refuses.clone();
                let refusal = refuses.iter().find(|(who, _)| line.contains(who));
                match refusal {
                    Some((_, said)) => {
                        wire.write_all(format!("{said}\r\n").as_bytes()).await?;
                        true
                    }
                    None => {
                        if says_yes(&manners, "RCPT") {
                            rcpt.push(line);
                        }
                        obeys((host, &manners), "RCPT", "250 2.1.5 OK", &mut wire).await?
                    }
                }
            }
            "DATA" if rcpt.is_empty() => {
                wire.write_all(b"554 5.5.1 no recipients\r\n").await?;
                true
            }
            "DATA" => {
                if !obeys((host, &manners), "DATA", "354 go on", &mut wire).await? {
                    return Ok(());
                }
                message_count += 1;
                let busy = host.busy_count.fetch_add(1, Ordering::Relaxed) + 1;
                host.busy_count_max.fetch_max(busy, Ordering::Relaxed);
                let Some(message) = content(&mut wire).await? else { return Ok(()) };
                let taken_count = rcpt.len();
                tokio::time::sleep(manners.takes).await;
                host.busy_count.fetch_sub(1, Ordering::Relaxed);
                let taken = Taken { mail: mail.clone(), rcpt: rcpt.clone(), message, is_encrypted };
                if says_yes(&manners, ".") {
                    host.taken.lock().push(taken);
                }
                // In LMTP each recipient has its own answer, the last as told.
                let count = if is_lmtp { taken_count } else { 1 };
                for _ in 1..count {
                    wire.write_all(b"250 2.0.0 taken\r\n").await?;
                }
                obeys((host, &manners), ".", "250 2.0.0 taken", &mut wire).await?
            }
            "RSET" => obeys((host, &manners), "RSET", "250 OK", &mut wire).await?,
            "QUIT" => {
                wire.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => {
                wire.write_all(b"500 what\r\n").await?;
                true
            }
        };
        if !goes_on {
            return Ok(());
        }
    }
}

/// Whether what is answered to a command means that it was done.
fn says_yes(manners: &Manners, at: &str) -> bool {
    manners.says.iter().all(|(command, said)| *command != at || said.starts_with('2'))
}

/// Falls silent here, where that was told.
async fn stall(host: &FakeHost, manners: &Manners, at: &str) {
    if manners.stalls_at == Some(at) {
        host.stalled_count.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
}

/// Answers as told; whether the conversation goes on.
async fn obeys(
    (host, manners): (&FakeHost, &Manners),
    at: &str,
    right: &str,
    wire: &mut BufReader<Box<dyn Both>>,
) -> std::io::Result<bool> {
    stall(host, manners, at).await;
    if manners.drops_at == Some(at) {
        return Ok(false);
    }
    let said = manners.says.iter().find(|(command, _)| *command == at).map(|(_, said)| said.as_str());
    wire.write_all(format!("{}\r\n", said.unwrap_or(right)).as_bytes()).await?;
    Ok(true)
}

/// What came up to the dot; none where the other side went before it.
async fn content(wire: &mut BufReader<Box<dyn Both>>) -> std::io::Result<Option<String>> {
    let mut message = String::new();
    loop {
        let mut line = Vec::new();
        if wire.read_until(b'\n', &mut line).await? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(message));
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        message.push_str(&String::from_utf8_lossy(line));
    }
}
