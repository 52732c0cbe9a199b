//! Policies over HTTPS on loopback, and what is remembered of them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::farm::{Chain, chain};
use async_trait::async_trait;
use caller::{Caller, Reach};
use kernel::Timestamp;
use parking_lot::Mutex;
use resolver::{Dns, DnsError, Kind, Name, Record, Security, Zone};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use trust::{Addresses, Fetch, FetchFault, Https, Mode, POLICY_OCTETS_MAX, Shop, Trust, Wish};

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// Serves one answer to whoever asks; its port.
async fn serve(chain: &Chain, answer: String) -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = socket.local_addr().expect("an address").port();
    let acceptor = chain.acceptor();
    tokio::spawn(async move {
        while let Ok((stream, _)) = socket.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut question = vec![0; 4096];
            let count = stream.read(&mut question).await.unwrap_or(0);
            let asked = String::from_utf8_lossy(&question[..count]).into_owned();
            assert!(asked.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"), "{asked}");
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

fn http(status: &str, kind: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

async fn fetch(chain: &Chain, answer: String, reach: Reach) -> Result<String, FetchFault> {
    let mut zone = Zone::new();
    zone.add(name("mta-sts.dest.example"), Record::A([127, 0, 0, 1].into()));
    let port = serve(chain, answer).await;
    let caller = Caller::new(reach, Arc::new(Addresses(Arc::new(zone))), vec![chain.root.clone()]);
    Https::new(caller.expect("protocols"), port).policy(&name("dest.example")).await
}

#[tokio::test]
async fn a_policy_is_fetched_under_a_valid_certificate_whole_and_from_there_alone() {
    let own = chain("mta-sts.dest.example");
    let policy = "version: STSv1\nmode: none\nmax_age: 1\n";
    let plain = |body: &str| http("200 OK", "text/plain; charset=utf-8", body);
    let anywhere = || Reach::default().with_loopback();
    assert_eq!(fetch(&own, plain(policy), anywhere()).await, Ok(policy.to_owned()));
    let elsewhere = "HTTP/1.1 301 Moved\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(fetch(&own, elsewhere.to_owned(), anywhere()).await, Err(FetchFault::Status(301)));
    assert_eq!(fetch(&own, http("404 No", "text/plain", ""), anywhere()).await, Err(FetchFault::Status(404)));
    assert_eq!(fetch(&own, http("200 OK", "text/html", policy), anywhere()).await, Err(FetchFault::Kind));
    let long = plain(&"x".repeat(POLICY_OCTETS_MAX + 1));
    assert_eq!(fetch(&own, long, anywhere()).await, Err(FetchFault::Body));
    assert_eq!(fetch(&own, "nonsense\r\n\r\n".to_owned(), anywhere()).await, Err(FetchFault::Http));
    assert_eq!(fetch(&chain("dest.example"), plain(policy), anywhere()).await, Err(FetchFault::Tls));
    assert_eq!(fetch(&own, plain(policy), Reach::default()).await, Err(FetchFault::Address));
}

/// HTTPS that gives one answer after another and counts.
#[derive(Default)]
struct Script(Mutex<VecDeque<Result<String, FetchFault>>>);

#[async_trait]
impl Fetch for Script {
    async fn policy(&self, _: &Name) -> Result<String, FetchFault> {
        // Others get a chance to ask meanwhile.
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.0.lock().pop_front().expect("nobody asks more often")
    }
}

/// DNS whose id can be changed, or that falls silent.
struct Changing(Mutex<Result<&'static str, DnsError>>);

#[async_trait]
impl Dns for Changing {
    async fn ask(&self, _: &Name, kind: Kind) -> Result<resolver::Answer, DnsError> {
        assert_eq!(kind, Kind::Txt);
        let id = *self.0.lock();
        let record = Record::Txt(format!("v=STSv1; id={}", id?).into_bytes());
        let ttl = Duration::from_secs(1);
        Ok(resolver::Answer { records: vec![record], security: Security::Insecure, ttl })
    }
}

fn policy(mode: &str, max_age: u32) -> Result<String, FetchFault> {
    Ok(format!("version: STSv1\nmode: {mode}\nmx: mx.dest.example\nmax_age: {max_age}\n"))
}

struct World {
    dns: Arc<Changing>,
    script: Arc<Script>,
    trust: Trust,
}

fn world(answers: Vec<Result<String, FetchFault>>) -> World {
    let dns = Arc::new(Changing(Mutex::new(Ok("1"))));
    let script = Arc::new(Script(Mutex::new(answers.into())));
    let shop = Shop::new(rustls::RootCertStore::empty()).expect("protocols");
    let trust = Trust::new(dns.clone(), script.clone(), shop);
    World { dns, script, trust }
}

impl World {
    async fn mode(&self, seconds: i64) -> Option<Mode> {
        let now = Timestamp::from_secs(seconds);
        let destination = self.trust.destination(&name("dest.example"), None, Wish::Usual, now).await;
        destination.policy().map(|policy| policy.mode)
    }

    fn left(&self) -> usize {
        self.script.0.lock().len()
    }
}

#[tokio::test]
async fn a_policy_holds_until_it_is_over_whatever_dns_and_https_say_meanwhile() {
    let world = world(vec![
        policy("enforce", 1_000_000),
        Err(FetchFault::Tls),
        policy("testing", 1_000_000),
        policy("none", 86_400),
    ]);
    assert_eq!(world.mode(0).await, Some(Mode::Enforce));
    assert_eq!((world.mode(10).await, world.left()), (Some(Mode::Enforce), 3), "it is remembered");
    *world.dns.0.lock() = Ok("2");
    assert_eq!((world.mode(20).await, world.left()), (Some(Mode::Enforce), 2), "fetching failed");
    assert_eq!((world.mode(30).await, world.left()), (Some(Mode::Enforce), 2), "not again at once");
    assert_eq!((world.mode(330).await, world.left()), (Some(Mode::Testing), 1));
    *world.dns.0.lock() = Err(DnsError::Timeout);
    assert_eq!(world.mode(900_000).await, Some(Mode::Testing), "DNS is silent");
    assert_eq!(world.mode(1_000_331).await, None, "it is over");
    *world.dns.0.lock() = Ok("3");
    assert_eq!((world.mode(1_000_332).await, world.left()), (None, 0), "there is none any more");
}

#[tokio::test]
async fn those_who_ask_at_once_wait_for_one_answer_and_it_survives_a_restart() {
    let first = world(vec![policy("enforce", 1000)]);
    let (a, b, c) = tokio::join!(first.mode(0), first.mode(0), first.mode(0));
    assert_eq!([a, b, c], [Some(Mode::Enforce); 3]);
    let second = world(vec![]);
    second
        .trust
        .cache()
        .restore(first.trust.cache().fetched_since(Timestamp::from_secs(0)), Timestamp::from_secs(10));
    assert_eq!(second.mode(10).await, Some(Mode::Enforce));
    let late = world(vec![Err(FetchFault::Connect)]);
    late.trust
        .cache()
        .restore(first.trust.cache().fetched_since(Timestamp::from_secs(0)), Timestamp::from_secs(1001));
    assert_eq!(late.mode(1001).await, None);
}
