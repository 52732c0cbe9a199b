//! The control plane: durable appends, and rows derived anew from events.

use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::Principal;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use database::Database;
use engine::{Engine, Outcome};
use graphql::People;
use hosting::HostingRefusal;
use hosting::domain::{DomainRef, Proof};
use hosting::plan::{CustomLimits, catalogue, plan_id};
use hosting::use_case::{
    ActivateService, AddDomain, ChangeMailboxDisplayName, CreateMailboxes, DisableMailbox, EnableMailbox,
    NewMailbox, OpenAccount, OrderService, PublishPlanVersion, VerifyDomain,
};
use journal::keyring::{Keyring, MasterKey};
use journal::{Append, EncodedEvent, EncodedWrite, Journal as _, SqlJournal, SystemClock};
use kernel::{
    AccountId, Actor, ByteSize, Category, Causation, CommandId, CorrelationId, DomainId, DomainName, Kind,
    LocalPart, MailboxId, Metadata, ServiceId, StreamId, TenantId, Version, Via,
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

async fn run<U: authority::Guarded<Refusal = HostingRefusal>>(engine: &Engine, use_case: &U) {
    let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
    let outcome = engine.run(&Principal::operator(), command, correlation, use_case).await.expect("it runs");
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

/// An account with a Box and mailboxes.
fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number + 1000))
}

fn mailbox(number: u128, inside: u128) -> MailboxId {
    MailboxId::new(Uuid::from_u128((number + 1) * 1_000_000 + inside))
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

async fn customer(engine: &Engine, number: u128) {
    let account = account(number);
    let (service, domain) =
        (ServiceId::new(Uuid::from_u128(number + 1)), DomainId::new(Uuid::from_u128(number + 1)));
    run(engine, &OpenAccount { account, name: "Customer".to_owned() }).await;
    let custom = CustomLimits {
        domain_count: Some(10),
        mailbox_count: Some(5000),
        alias_count: Some(1000),
        storage: Some(ByteSize::gib(5000)),
        sends_per_day: None,
    };
    run(
        engine,
        &OrderService {
            account,
            service,
            plan: plan_id("custom"),
            version: 1,
            custom: Some(custom),
            cycle: hosting::calendar::Cycle::Annual,
            agreement: hosting::contract::Agreement::ToFollow,
        },
    )
    .await;
    run(engine, &ActivateService { account, service }).await;
    let name = DomainName::parse(&format!("customer{number}.example")).expect("a name");
    run(engine, &AddDomain { account, service, domain, name, mirrors: None }).await;
    run(engine, &VerifyDomain { account, domain, proof: Proof::AssertedByOperator }).await;
    for batch in 0..sizes().1 / 250 {
        let mailboxes = (0..250)
            .map(|inside| NewMailbox {
                mailbox: mailbox(number, batch * 250 + inside),
                local: LocalPart::parse(&format!("person{}", batch * 250 + inside)).expect("a local part"),
                quota: ByteSize::gib(1),
                display_name: Some("A Person".to_owned()),
                password: None,
            })
            .collect();
        run(engine, &CreateMailboxes { account, service, domain: DomainRef::Own(domain), mailboxes }).await;
    }
}

fn rebuild(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder on the disk");
    let database = Database::open_sqlite(&folder.path().join("control.db")).expect("a file");
    let engine = runtime.block_on(async {
        let clock = Arc::new(SystemClock);
        let journal = SqlJournal::open(database.clone(), clock.clone()).await.expect("a journal");
        let master = MasterKey::generate().expect("a key");
        let keyring = Arc::new(Keyring::open(database.clone(), master).await.expect("a keyring"));
        let engine = Engine::new(Arc::new(journal), keyring, database, clock).await.expect("an engine");
        let engine = Arc::new(engine);
        for entry in catalogue() {
            run(
                &engine,
                &PublishPlanVersion { plan: entry.plan, version: entry.version, terms: entry.terms },
            )
            .await;
        }
        for number in 0..sizes().0 {
            customer(&engine, number).await;
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
