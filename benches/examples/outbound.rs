//! Delivery to a sink of this process, over loopback and a zone in memory.
//!
//! `outbound rate DESTINATIONS MESSAGES` sends to so many sites; `outbound million MESSAGES` fills a queue and tells what it
//! costs to start with it; `outbound noisy MESSAGES` tells how long one tenant's mail takes while another one dumps so many
//! on the same site; `outbound fill FOLDER DESTINATIONS MESSAGES` leaves a filled queue in a node's data folder.
#![expect(clippy::print_stdout, reason = "a tool for people")]

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use database::Database;
use directory::Directory;
use kernel::{DomainName, EmailAddress, TenantId, Timestamp};
use outbound::{
    AsTheyAre, Chance, Direct, Guard, Metrics, Nodes, Opportunistic, Outbound, Settings, Source, Sources,
    World,
};
use parking_lot::Mutex;
use resolver::{Name, Record, Zone};
use store::{Acceptance, Lane, QueuedRecipient, Queueing, Retention, SqlStore, Store as _};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Messages that are queued at a time.
const WRITER_COUNT: usize = 64;
/// Messages of the tenant that is not noisy, one every [`PAUSE`].
const QUIET_COUNT: usize = 200;
const PAUSE: Duration = Duration::from_millis(100);

/// Takes everything, and notes when each message came by its subject.
#[derive(Default)]
struct Sink {
    count: AtomicUsize,
    came: Mutex<HashMap<String, Instant>>,
}

impl Sink {
    async fn open() -> (Arc<Self>, u16) {
        // Hundreds of sites are called at once, and all are this one.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port");
        let listener = socket.listen(4096).expect("it listens");
        let port = listener.local_addr().expect("an address").port();
        let sink = Arc::new(Self::default());
        let serving = Arc::clone(&sink);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = Arc::clone(&serving);
                tokio::spawn(async move { drop(sink.take(stream).await) });
            }
        });
        (sink, port)
    }

    async fn take(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut wire = BufReader::new(stream);
        wire.write_all(b"220 sink\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            if wire.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let answer: &[u8] = match line.get(..4).unwrap_or_default() {
                "EHLO" => b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
                "DATA" => {
                    wire.write_all(b"354 go on\r\n").await?;
                    self.content(&mut wire).await?;
                    b"250 taken\r\n"
                }
                "QUIT" => return wire.write_all(b"221 bye\r\n").await,
                _ => b"250 ok\r\n",
            };
            wire.write_all(answer).await?;
        }
    }

    async fn content(&self, wire: &mut BufReader<TcpStream>) -> std::io::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            if wire.read_line(&mut line).await? == 0 || line == ".\r\n" {
                break;
            }
            if let Some(subject) = line.strip_prefix("Subject: quiet ") {
                self.came.lock().insert(subject.trim_end().to_owned(), Instant::now());
            }
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("a time"))
}

async fn store_in(folder: &Path) -> Arc<SqlStore> {
    let database = Database::open_sqlite(&folder.join("mail.db")).expect("a database");
    Arc::new(SqlStore::open(database, Arc::new(now), Retention::days(30)).await.expect("a store"))
}

fn acceptance(tenant: u128, subject: &str, destination: usize, lane: Lane) -> Acceptance {
    let body = "An ordinary line of an ordinary letter, seventy-odd octets with its end.\r\n".repeat(60);
    let text = format!("From: a@sender.example\r\nSubject: {subject}\r\n\r\n{body}");
    let address = format!("u@d{destination}.example");
    Acceptance {
        message: Bytes::from(text),
        deposits: Vec::new(),
        queued: vec![QueuedRecipient::new(EmailAddress::parse(&address).expect("an address"))],
        sender: EmailAddress::parse("a@sender.example").ok(),
        tenant: TenantId::new(Uuid::from_u128(tenant)),
        dsn: (None, None),
        queueing: Queueing { lane, ..Queueing::default() },
    }
}

/// Queues messages of one tenant for so many destinations.
async fn fill(store: &Arc<SqlStore>, tenant: u128, message_count: usize, destination_count: usize) {
    let start = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let writers = (0..WRITER_COUNT).map(|_| {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= message_count {
                    return;
                }
                let lane = if message_count > 1000 { Lane::Bulk } else { Lane::Interactive };
                let subject = format!("bulk {number}");
                let message = acceptance(tenant, &subject, number % destination_count, lane);
                store.accept(message).await.expect("queued");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("it does not panic");
    }
    let took = start.elapsed();
    println!("queued {message_count} in {took:.1?}: {:.0}/s", message_count as f64 / took.as_secs_f64());
}

fn zone(destination_count: usize, address: Ipv4Addr) -> Zone {
    let name = |text: String| Name::parse(&text).expect("a name");
    let mut zone = Zone::new();
    for number in 0..destination_count {
        let host = name(format!("mx{number}.example"));
        zone.add(host.clone(), Record::A(address));
        let mx = Record::Mx { preference: 10, exchange: Some(host) };
        zone.add(name(format!("d{number}.example")), mx);
    }
    zone
}

fn deliver(
    store: &Arc<SqlStore>,
    zone: Zone,
    port: u16,
    stop: &CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let hostname = DomainName::parse("us.example").expect("a name");
    let settings = Settings {
        hostname: hostname.clone(),
        sources: Sources::of_all(Source::free(hostname, None)),
        port,
        guard: Guard { allows_loopback: true, ..Guard::default() },
        connection_count_max: 500,
        site_connection_count_max: 20,
        body_octets_max: outbound::limits::BODY_OCTETS_MAX,
    };
    let world = World {
        queue: Arc::clone(store) as Arc<dyn store::Queue>,
        directory: Arc::new(Directory::new()),
        dns: Arc::new(zone),
        policies: Arc::new(Opportunistic),
        routes: Arc::new(Direct),
        origins: Arc::new(AsTheyAre),
        now: Arc::new(now),
        chance: Arc::new(Chance::seeded(1)),
        metrics: Metrics::register(&prometheus::Registry::new()).expect("fresh"),
    };
    let outbound = Outbound::new(settings, world, stop.clone());
    tokio::spawn(async move { outbound.run(Nodes::One).await })
}

/// Processor seconds of this process, and its resident memory in MiB.
fn used() -> (f64, u64) {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let stat = read("/proc/self/stat");
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        after.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u64>().ok()).sum();
    let status = read("/proc/self/status");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib =
        resident.and_then(|line| line.split_whitespace().next()).and_then(|word| word.parse::<u64>().ok());
    (ticks as f64 / 100.0, kib.unwrap_or_default() / 1024)
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn rate(destination_count: usize, message_count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_in(folder.path()).await;
    fill(&store, 1, message_count, destination_count).await;
    let (sink, port) = Sink::open().await;
    let stop = CancellationToken::new();
    let (before, start) = (used().0, Instant::now());
    let running = deliver(&store, zone(destination_count, Ipv4Addr::LOCALHOST), port, &stop);
    until(|| sink.count.load(Ordering::Relaxed) >= message_count).await;
    let took = start.elapsed().as_secs_f64();
    let (after, memory) = used();
    println!(
        "{message_count} messages to {destination_count} sites in {took:.1} s: {:.0}/s, {:.2} CPU s per 1000 \
         (with the sink), {memory} MiB",
        message_count as f64 / took,
        (after - before) * 1000.0 / message_count as f64,
    );
    stop.cancel();
    running.await.expect("it does not panic");
}

async fn million(message_count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_in(folder.path()).await;
    fill(&store, 1, message_count, 1000).await;
    drop(store);
    let disk = std::fs::read_dir(folder.path()).expect("a folder");
    let octets: u64 = disk.flatten().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let start = Instant::now();
    let store = store_in(folder.path()).await;
    println!("{message_count} queued: {} MiB on disk; opened in {:.2?}", octets >> 20, start.elapsed());
    let (sink, port) = Sink::open().await;
    let stop = CancellationToken::new();
    let start = Instant::now();
    let running = deliver(&store, zone(1000, Ipv4Addr::LOCALHOST), port, &stop);
    until(|| sink.count.load(Ordering::Relaxed) > 0).await;
    println!("the first is delivered after {:.2?}", start.elapsed());
    tokio::time::sleep(Duration::from_secs(20)).await;
    let count = sink.count.load(Ordering::Relaxed);
    println!("{:.0}/s over 20 s; {} MiB of memory", count as f64 / start.elapsed().as_secs_f64(), used().1);
    stop.cancel();
    running.await.expect("it does not panic");
}

/// How long the quiet tenant's messages take: median and 95th of a hundred, in milliseconds.
async fn quiet(store: &Arc<SqlStore>, sink: &Arc<Sink>, what: &str) {
    let mut sent = Vec::new();
    for number in 0..QUIET_COUNT {
        let subject = format!("{what}-{number}");
        let message = acceptance(2, &format!("quiet {subject}"), 0, Lane::Interactive);
        store.accept(message).await.expect("queued");
        sent.push((subject, Instant::now()));
        tokio::time::sleep(PAUSE).await;
    }
    until(|| sent.iter().all(|(subject, _)| sink.came.lock().contains_key(subject))).await;
    let came = sink.came.lock();
    let mut waits: Vec<Duration> =
        sent.iter().map(|(subject, at)| came[subject].saturating_duration_since(*at)).collect();
    waits.sort_unstable();
    println!("{what}: median {:.1?}, p95 {:.1?}", waits[QUIET_COUNT / 2], waits[QUIET_COUNT * 95 / 100]);
}

async fn noisy(message_count: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store_in(folder.path()).await;
    let (sink, port) = Sink::open().await;
    let stop = CancellationToken::new();
    let running = deliver(&store, zone(1, Ipv4Addr::LOCALHOST), port, &stop);
    quiet(&store, &sink, "idle").await;
    let dump = tokio::spawn({
        let store = Arc::clone(&store);
        async move { fill(&store, 1, message_count, 1).await }
    });
    quiet(&store, &sink, "noisy").await;
    dump.await.expect("it does not panic");
    println!("{} of the other tenant's have gone meanwhile", sink.count.load(Ordering::Relaxed));
    stop.cancel();
    running.await.expect("it does not panic");
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match words.as_slice() {
        ["rate", destinations, messages] => rate(number(destinations), number(messages)).await,
        ["million", messages] => million(number(messages)).await,
        ["noisy", messages] => noisy(number(messages)).await,
        ["fill", folder, destinations, messages] => {
            fill(&store_in(Path::new(folder)).await, 1, number(messages), number(destinations)).await;
        }
        _ => println!("see the head of benches/examples/outbound.rs"),
    }
}
