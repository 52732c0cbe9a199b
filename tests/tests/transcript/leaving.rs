//! What was queued leaves, over the real delivery, to a host in memory.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use directory::Directory;
use kernel::{DomainName, EmailAddress, Timestamp};
use outbound::{
    CallError, Chance, Direct, Duplex, Guard, Metrics, Network, Nodes, Opportunistic, Origins, Outbound,
    Settings, Source, Sources, World,
};
use resolver::{Name, Record, Zone};
use store::{Queue as _, RecipientState, Selection, SqlStore, StateSelection};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream};
use tokio_util::sync::CancellationToken;

/// Domains whose mail leaves.
const DOMAINS: [&str; 3] = ["elsewhere.example", "good.example", "plain.example"];

/// Senders as the servers of the transcripts rewrite them.
struct Rewritten(sign::Srs);

impl Origins for Rewritten {
    fn origin_of(&self, sender: &EmailAddress, now: Timestamp) -> Option<EmailAddress> {
        if self.0.is_ours(sender) { self.0.reverse(sender, now).ok() } else { Some(sender.clone()) }
    }
}

#[derive(Debug)]
struct Net;

#[async_trait]
impl Network for Net {
    async fn connect(&self, _: SocketAddr, _: Option<IpAddr>) -> Result<Box<dyn Duplex>, CallError> {
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::spawn(talk(theirs));
        Ok(Box::new(ours))
    }
}

async fn talk(wire: DuplexStream) -> std::io::Result<()> {
    let mut wire = BufReader::new(wire);
    wire.write_all(b"220 mx.elsewhere.example\r\n").await?;
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            "RCPT" if line.contains("friend@") => "550 5.1.1 nobody\r\n",
            "RCPT" => "451 4.2.1 later\r\n",
            _ => "250 fine\r\n",
        };
        wire.write_all(answer.as_bytes()).await?;
    }
}

/// Tries all that waits once, and what is queued by that.
pub(super) async fn leaves(store: &Arc<SqlStore>, directory: &Arc<Directory>) {
    let name = |text: &str| DomainName::parse(text).expect("a name");
    let hostname = name("mx.x.example");
    let mut zone = Zone::new();
    for domain in DOMAINS {
        zone.add(Name::parse(domain).expect("a name"), Record::A(Ipv4Addr::new(192, 88, 7, 1)));
    }
    let settings = Settings {
        hostname: hostname.clone(),
        sources: Sources::of_all(Source::free(hostname.clone(), None)),
        port: 25,
        guard: Guard { own_names: vec![hostname.clone()], ..Guard::default() },
        connection_count_max: 10,
        site_connection_count_max: 4,
        body_octets_max: outbound::limits::BODY_OCTETS_MAX,
    };
    let world = World {
        queue: Arc::clone(store) as Arc<dyn store::Queue>,
        directory: Arc::clone(directory),
        dns: Arc::new(zone),
        policies: Arc::new(Opportunistic),
        routes: Arc::new(Direct),
        origins: Arc::new(Rewritten(sign::Srs::new(&[7; 32], hostname))),
        now: Arc::new(|| Timestamp::from_secs(1_800_000_000)),
        chance: Arc::new(Chance::seeded(1)),
        metrics: Metrics::register(&prometheus::Registry::new()).expect("fresh"),
    };
    let stop = CancellationToken::new();
    let outbound = Outbound::over(Arc::new(Net), settings, world, stop.clone());
    let running = tokio::spawn(async move { outbound.run(Nodes::One).await });
    let of = Selection { state: StateSelection::Any, ..Selection::default() };
    for _ in 0..800 {
        let entries = store.entries(&of, None, 100).await.expect("entries");
        let is_tried = |entry: &store::QueueEntry| {
            entry.state.is_end() || entry.state == RecipientState::Scheduled && entry.attempt_count > 0
        };
        if entries.iter().all(is_tried) {
            stop.cancel();
            running.await.expect("it ends");
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("something was not tried");
}
