//! Real DNS: recursive resolvers that are asked over UDP and TCP.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as NetDnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use hickory_resolver::{Resolver, TokioResolver};
use parking_lot::Mutex;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use crate::breaker::Breaker;
use crate::translate::{absence, answer, asked_name, asked_type};
use crate::{Anchors, Answer, Dns, DnsError, Kind, Name, Security};

/// Longest wait for one question, tries and aliases and proofs included.
pub const QUESTION_WAIT: Duration = Duration::from_secs(5);
/// Longest wait for one packet.
const TRY_WAIT: Duration = Duration::from_secs(2);
/// Tries of one question beyond the first.
const RETRY_COUNT: usize = 1;
/// Questions on their way at a time; more wait, within their deadline.
pub const QUESTION_COUNT_MAX: usize = 512;
/// Answers that are kept.
const CACHED_ANSWER_COUNT_MAX: u64 = 32_768;
/// Failures and absences that are kept here.
const CACHED_FAILURE_COUNT_MAX: u64 = 32_768;
/// How often the servers are asked while nobody answers.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// How long a failure is told again without a new question (RFC 9520 section 3.2: 1 second to 5 minutes).
const FAILURE_KEPT: Duration = Duration::from_secs(10);
/// Longest time for which an answer is kept, whatever it says.
const KEPT_MAX: Duration = Duration::from_secs(86_400);
/// The same for the news that there is nothing.
const ABSENCE_KEPT_MAX: Duration = Duration::from_secs(900);

/// Whether signatures are checked here.
#[derive(Debug, Clone, Default)]
pub enum Validation {
    /// No: every answer is [`Security::Insecure`], whatever the servers say of it.
    #[default]
    Off,
    /// From the root down, by its published keys. The servers must hand signatures on.
    On,
    /// The same, from the keys of an operator.
    Anchored(Anchors),
}

/// Asks resolvers, and remembers what they said.
///
/// Made when it is first asked: nothing at start needs DNS. When nobody answers, not even for a name that nobody has, a
/// breaker opens: questions then fail at once with [`DnsError::Unasked`], while the servers are asked once a second until
/// somebody answers. So nobody's question is what finds out.
pub struct Servers {
    addresses: Vec<SocketAddr>,
    validation: Validation,
    resolver: OnceCell<TokioResolver>,
    permits: Semaphore,
    failures: moka::sync::Cache<(Name, Kind), DnsError>,
    breaker: Arc<Breaker>,
    /// Who asks the servers while the breaker is open; it ends with them.
    probing: Mutex<JoinSet<()>>,
}

impl Servers {
    /// Asks `addresses`; those of `/etc/resolv.conf` where none is named.
    pub fn new(addresses: Vec<SocketAddr>, validation: Validation) -> Self {
        let failures = moka::sync::Cache::builder()
            .max_capacity(CACHED_FAILURE_COUNT_MAX)
            .time_to_live(FAILURE_KEPT)
            .build();
        Self {
            addresses,
            validation,
            resolver: OnceCell::new(),
            permits: Semaphore::new(QUESTION_COUNT_MAX),
            failures,
            breaker: Arc::default(),
            probing: Mutex::default(),
        }
    }

    fn build(&self) -> Result<TokioResolver, NetError> {
        let mut builder = if self.addresses.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let config = ResolverConfig::from_name_servers(self.addresses.iter().map(server).collect());
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.timeout = TRY_WAIT;
        options.attempts = RETRY_COUNT;
        options.cache_size = CACHED_ANSWER_COUNT_MAX;
        options.positive_max_ttl = Some(KEPT_MAX);
        options.negative_max_ttl = Some(ABSENCE_KEPT_MAX);
        options.max_active_requests = QUESTION_COUNT_MAX;
        options.use_hosts_file = ResolveHosts::Never;
        // A forged answer must guess the letter case of the question as well.
        options.case_randomization = true;
        options.validate = self.has_validation();
        if let Validation::Anchored(anchors) = &self.validation {
            builder = builder.with_trust_anchor(anchors.keys());
        }
        builder.build()
    }

    fn has_validation(&self) -> bool {
        !matches!(self.validation, Validation::Off)
    }

    async fn resolver(&self) -> Result<&TokioResolver, DnsError> {
        let made = self.resolver.get_or_try_init(async || self.build()).await;
        made.map_err(|error| {
            tracing::error!(%error, "DNS cannot be asked");
            DnsError::Failed
        })
    }

    async fn question(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let resolver = self.resolver().await?;
        let _permit = self.permits.acquire().await.map_err(|_| DnsError::Failed)?;
        let asked = asked_name(name).ok_or(DnsError::NoName(Security::Insecure))?;
        match resolver.lookup(asked, asked_type(kind)).await {
            Ok(found) => answer(&found, kind, self.has_validation()),
            Err(error) => Err(fault(&error, self.has_validation())),
        }
    }

    /// Asks the servers until somebody answers; then nothing that failed is remembered.
    fn probe(&self, resolver: TokioResolver) {
        let (breaker, failures) = (Arc::clone(&self.breaker), self.failures.clone());
        let mut probing = self.probing.lock();
        // Who asked before has heard somebody, or this one would not begin.
        *probing = JoinSet::new();
        probing.spawn(async move {
            while breaker.is_open() {
                tokio::time::sleep(PROBE_EVERY).await;
                if is_reachable(&resolver).await {
                    answers_again(&breaker, &failures);
                }
            }
        });
    }

    async fn told(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let answer = tokio::time::timeout(QUESTION_WAIT, self.question(name, kind)).await;
        let answer = answer.unwrap_or(Err(DnsError::Timeout));
        match &answer {
            Err(DnsError::Timeout) => {
                if self.breaker.silence() {
                    self.doubt().await;
                }
            }
            Ok(_) | Err(_) => answers_again(&self.breaker, &self.failures),
        }
        answer
    }

    /// Opens the breaker unless anybody answers at all.
    async fn doubt(&self) {
        let Ok(resolver) = self.resolver().await else { return };
        if !is_reachable(resolver).await && self.breaker.open() {
            tracing::warn!("DNS does not answer; questions fail at once until it does");
            self.probe(resolver.clone());
        }
    }
}

/// Somebody answered: what failed because nobody did is asked again.
fn answers_again(breaker: &Breaker, failures: &moka::sync::Cache<(Name, Kind), DnsError>) {
    if breaker.answer() {
        failures.invalidate_all();
        tracing::info!("DNS answers again");
    }
}

/// Whether anybody answers at all, whatever they say: of a name that was never asked for, so that nothing remembered answers.
async fn is_reachable(resolver: &TokioResolver) -> bool {
    let number = RandomState::new().build_hasher().finish();
    let Ok(nobody) = hickory_resolver::proto::rr::Name::from_ascii(format!("probe-{number:016x}.")) else {
        return false;
    };
    match tokio::time::timeout(TRY_WAIT * 2, resolver.lookup(nobody, RecordType::NS)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => !is_silence(&error),
        Err(_) => false,
    }
}

#[async_trait]
impl Dns for Servers {
    async fn ask(&self, name: &Name, kind: Kind) -> Result<Answer, DnsError> {
        let key = (name.clone(), kind);
        if let Some(error) = self.failures.get(&key) {
            return Err(error);
        }
        if self.breaker.is_open() {
            return Err(DnsError::Unasked);
        }
        let answer = self.told(name, kind).await;
        if let Err(error) = &answer {
            self.failures.insert(key, *error);
        }
        answer
    }
}

fn server(address: &SocketAddr) -> NameServerConfig {
    let at = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    NameServerConfig::new(address.ip(), true, vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())])
}

/// Whether the servers said nothing, as opposed to something bad.
fn is_silence(error: &NetError) -> bool {
    matches!(error, NetError::Timeout | NetError::NoConnections | NetError::Io(_) | NetError::Busy)
}

fn fault(error: &NetError, has_validation: bool) -> DnsError {
    match error {
        NetError::Dns(NetDnsError::NoRecordsFound(none)) => {
            let authorities = none.authorities.as_deref().unwrap_or_default();
            absence(none.response_code, authorities, has_validation)
        }
        NetError::Dns(NetDnsError::Nsec { response, proof, .. }) => match proof {
            hickory_resolver::proto::dnssec::Proof::Insecure => absence(response.response_code, &[], false),
            _ => DnsError::Bogus,
        },
        NetError::Dns(NetDnsError::DnssecBogus) => DnsError::Bogus,
        NetError::Dns(NetDnsError::ResponseCode(ResponseCode::NXDomain)) => {
            DnsError::NoName(Security::Insecure)
        }
        error if is_silence(error) => DnsError::Timeout,
        _ => DnsError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::op::Message;
    use hickory_resolver::proto::rr::{RData, Record as WireRecord, rdata};
    use tokio::net::UdpSocket;

    use super::*;
    use crate::Record;

    /// A server that knows TXT records of every name but those that begin with `no`, and counts what it is asked.
    async fn serve(socket: UdpSocket, asked: Arc<std::sync::atomic::AtomicUsize>) {
        let mut buffer = [0; 1500];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
            let mut reply = question.clone().into_response();
            let query = question.queries[0].clone();
            if query.name().to_ascii().to_ascii_lowercase().starts_with("no") {
                reply.metadata.response_code = ResponseCode::NXDomain;
            } else {
                let text = rdata::TXT::new(vec!["one ".to_owned(), "text".to_owned()]);
                reply.add_answer(WireRecord::from_rdata(query.name().clone(), 60, RData::TXT(text)));
            }
            drop(socket.send_to(&reply.to_vec().expect("a message"), peer).await);
        }
    }

    #[tokio::test]
    async fn servers_are_asked_once_and_their_answers_kept() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let address = socket.local_addr().expect("an address");
        let asked = Arc::default();
        let server = tokio::spawn(serve(socket, Arc::clone(&asked)));
        let dns = Servers::new(vec![address], Validation::Off);
        let name = |text| Name::parse(text).expect("a name");
        for _ in 0..3 {
            let answer = dns.ask(&name("a.example"), Kind::Txt).await.expect("an answer");
            assert_eq!(answer.records, [Record::Txt(b"one text".to_vec())]);
            assert_eq!(answer.security, Security::Insecure);
            assert_eq!(
                dns.ask(&name("no.example"), Kind::Txt).await,
                Err(DnsError::NoName(Security::Insecure))
            );
        }
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
        server.abort();
    }

    #[tokio::test]
    async fn after_an_outage_it_answers_again_without_being_asked() {
        let gone = UdpSocket::bind("127.0.0.1:0").await.expect("a socket").local_addr().expect("an address");
        let dns = Arc::new(Servers::new(vec![gone], Validation::Off));
        let ask = |number: usize| {
            let dns = Arc::clone(&dns);
            let name = Name::parse(&format!("a{number}.example")).expect("a name");
            async move { dns.ask(&name, Kind::Txt).await }
        };
        let mut number = 0;
        while ask(number).await != Err(DnsError::Unasked) {
            number += 1;
            assert!(number < 30, "the breaker stays closed");
        }
        let socket = UdpSocket::bind(gone).await.expect("a socket");
        let server = tokio::spawn(serve(socket, Arc::default()));
        // Nobody asks anything meanwhile.
        let closed = async {
            while dns.breaker.is_open() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(PROBE_EVERY * 2 + TRY_WAIT * 2, closed).await.expect("it answers again");
        // All that is asked then is asked, what failed before as well.
        for number in 0..25 {
            assert!(ask(number).await.is_ok(), "{number}");
        }
        server.abort();
    }

    #[tokio::test]
    async fn nobody_there_is_a_failure_that_passes() {
        let gone = UdpSocket::bind("127.0.0.1:0").await.expect("a socket").local_addr().expect("an address");
        let dns = Servers::new(vec![gone], Validation::Off);
        let error = dns.ask(&Name::parse("a.example").expect("a name"), Kind::Mx).await.expect_err("nobody");
        assert!(!error.is_absence(), "{error}");
    }
}
