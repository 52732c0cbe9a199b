//! The control plane: durable appends, and rows derived anew from events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{account, customer, mailbox, open, run};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use database::Database;
use engine::Engine;
use graphql::People;
use hosting::use_case::{ChangeMailboxDisplayName, DisableMailbox, EnableMailbox};
use journal::{Append, EncodedEvent, EncodedWrite, Journal as _, SqlJournal, SystemClock};
use kernel::{
    Actor, Category, Causation, CommandId, CorrelationId, Kind, Metadata, StreamId, TenantId, Version, Via,
};
use uuid::Uuid;

/// Tenants whose mailboxes are derived anew, and mailboxes of each: four events each. With `HOSTERRA_BENCH_LARGE` a million of
/// them, which takes minutes to make.
fn sizes() -> (u128, u128) {
    if std::env::var_os("HOSTERRA_BENCH_LARGE").is_some() { (200, 1250) } else { (20, 250) }
}

/// Tenants whose mailboxes are changed at a time.
const WRITER_COUNT: usize = 64;

fn append(tenant: u128) -> Append {
    let stream = StreamId { category: Category("thing"), id: Uuid::now_v7() };
    let event = EncodedEvent {
        kind: Kind { name: "thing.happened", schema: 1 },
        payload: br#"{"a":"some octets as an event has them","b":12345,"c":["x","y","z"]}"#.to_vec(),
    };
    Append {
        tenant: TenantId::new(Uuid::from_u128(tenant)),
        command: CommandId::new(Uuid::now_v7()),
        metadata: Metadata {
            actor: Actor::Operator,
            on_behalf_of: None,
            via: Via::CommandLine,
            correlation: CorrelationId::new(Uuid::now_v7()),
            causation: Causation::Command,
            command: None,
            content: None,
        },
        writes: vec![EncodedWrite { stream, expected: Version::NONE, events: vec![event] }],
        checks: Vec::new(),
        claims_taken: Vec::new(),
        claims_released: Vec::new(),
        keys: Vec::new(),
    }
}

fn appends(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk");
    let database = Database::open_sqlite(&folder.path().join("control.db")).expect("a file");
    let journal = runtime.block_on(SqlJournal::open(database, Arc::new(SystemClock))).expect("a journal");
    let journal = Arc::new(journal);
    let mut group = criterion.benchmark_group("journal");
    group.sample_size(10);
    for (name, tenants, writers) in
        [("one tenant, one writer", 1, 1), ("1000 tenants, 64 writers", 1000, 64_u64)]
    {
        group.throughput(Throughput::Elements(writers));
        group.bench_function(format!("append, durable, {name}"), |bencher| {
            bencher.iter_custom(|rounds| {
                let started = Instant::now();
                runtime.block_on(async {
                    let mut tasks = tokio::task::JoinSet::new();
                    for writer in 0..writers {
                        let journal = Arc::clone(&journal);
                        tasks.spawn(async move {
                            for round in 0..rounds {
                                let tenant = u128::from(writer * 131 + round) % tenants + 1;
                                journal.append(append(tenant)).await.expect("appended");
                            }
                        });
                    }
                    while let Some(done) = tasks.join_next().await {
                        done.expect("a writer");
                    }
                });
                started.elapsed()
            });
        });
    }
    group.finish();
}

/// A name, a lock and its end, for every mailbox: events of several kinds, as a life brings them.
async fn changes(engine: &Engine, number: u128) {
    let account = account(number);
    for inside in 0..sizes().1 {
        let mailbox = mailbox(number, inside);
        let display_name = Some(format!("Person {inside}"));
        run(engine, &ChangeMailboxDisplayName { account, mailbox, display_name, by_owner: false }).await;
        run(engine, &DisableMailbox { account, mailbox }).await;
        run(engine, &EnableMailbox { account, mailbox }).await;
    }
}

fn rebuild(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk");
    let database = Database::open_sqlite(&folder.path().join("control.db")).expect("a file");
    let engine = runtime.block_on(async {
        let journal = SqlJournal::open(database.clone(), Arc::new(SystemClock)).await.expect("a journal");
        let (engine, _) = open(database, Arc::new(journal)).await;
        for number in 0..sizes().0 {
            customer(&engine, number, sizes().1).await;
        }
        let mut writers = tokio::task::JoinSet::new();
        for number in 0..sizes().0 {
            if writers.len() == WRITER_COUNT {
                writers.join_next().await.expect("one").expect("it does not panic");
            }
            let engine = Arc::clone(&engine);
            writers.spawn(async move { changes(&engine, number).await });
        }
        writers.join_all().await;
        let known = graphql::register(&engine, &Arc::new(People::default())).await.expect("registered");
        known.caught_up().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        engine
    });
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    let events = runtime.block_on(engine.rebuild("mailbox_list")).expect("rebuilt").event_count;
    group.throughput(Throughput::Elements(events));
    group.bench_function(format!("rebuild the list of mailboxes, {events} events"), |bencher| {
        bencher.iter(|| runtime.block_on(engine.rebuild("mailbox_list")).expect("rebuilt"));
    });
    group.finish();
    runtime.block_on(engine.shutdown());
}

criterion_group!(benches, appends, rebuild);
criterion_main!(benches);
