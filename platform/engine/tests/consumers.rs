//! What consumers are promised, over SQLite always and PostgreSQL where the test run started one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use database::{Database, Statement};
use engine::{Effect, EffectError, Engine, Follower, Freshness, Pace, Projection, ProjectionError};
use journal::keyring::{Keyring, MasterKey};
use journal::{Append, EncodedEvent, EncodedWrite, Journal, SqlJournal, SystemClock};
use kernel::{
    Actor, Category, Causation, CommandId, CorrelationId, Cursor, EventFamily, Id as _, Kind, Malformed,
    Metadata, Open, Position, RawEvent, Recorded, StreamId, TenantId, Version, Via,
};
use parking_lot::Mutex;
use uuid::Uuid;

const CATEGORY: Category = Category("thing");
const KIND: Kind = Kind { name: "thing.happened", schema: 1 };
/// The number that consumers choke on until they are repaired.
const POISON: u64 = 666;
const WAIT: Duration = Duration::from_secs(20);

/// What happened: a number.
#[derive(Debug)]
struct Happened(u64);

impl EventFamily for Happened {
    fn decode(category: Category, raw: &RawEvent, _: &dyn Open) -> Result<Option<Self>, Malformed> {
        if category != CATEGORY {
            return Ok(None);
        }
        let wrong = || Malformed::Payload { kind: raw.kind.to_string(), reason: "no number".to_owned() };
        let text = std::str::from_utf8(&raw.payload).map_err(|_| wrong())?;
        Ok(Some(Self(text.parse().map_err(|_| wrong())?)))
    }
}

/// A list of numbers, as rows.
struct List<const REVISION: u16>(Arc<AtomicBool>);

impl<const R: u16> Projection for List<R> {
    type Event = Happened;

    const NAME: &'static str = "list";
    const REVISION: u16 = R;

    fn tables(&self) -> Vec<Statement> {
        vec![Statement::new(format!(
            "CREATE TABLE IF NOT EXISTS list_v{R} (tenant UUID NOT NULL, position BIGINT NOT NULL, n BIGINT NOT NULL, \
             PRIMARY KEY (tenant, position))"
        ))]
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        vec![Statement::new(format!("DROP TABLE IF EXISTS list_v{revision}"))]
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        vec![Statement::new(format!("DELETE FROM list_v{R} WHERE tenant = $1")).bind(tenant.uuid())]
    }

    fn apply(&self, page: &[Recorded<Happened>]) -> Result<Vec<Statement>, ProjectionError> {
        if page.iter().any(|recorded| recorded.event.0 == POISON) && !self.0.load(Ordering::Relaxed) {
            return Err(ProjectionError("poison".to_owned()));
        }
        // A plain INSERT: an event that were applied twice would break the key.
        let insert = |recorded: &Recorded<Happened>| {
            let position = i64::try_from(recorded.cursor.position.0).expect("small");
            Statement::new(format!("INSERT INTO list_v{R} (tenant, position, n) VALUES ($1, $2, $3)"))
                .bind(recorded.cursor.tenant.uuid())
                .bind(position)
                .bind(i64::try_from(recorded.event.0 * u64::from(R)).expect("small"))
        };
        Ok(page.iter().map(insert).collect())
    }
}

/// The same in memory.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<TenantId, Vec<u64>>>);

impl Follower for Memory {
    type Event = Happened;

    const NAME: &'static str = "memory";

    fn apply(&self, page: &[Recorded<Happened>]) -> Result<(), ProjectionError> {
        let mut all = self.0.lock();
        for recorded in page {
            all.entry(recorded.cursor.tenant).or_default().push(recorded.event.0);
        }
        Ok(())
    }
}

/// Calls out, and fails at first.
#[derive(Default)]
struct Call {
    failures_left: AtomicU32,
    called: Arc<Mutex<Vec<u64>>>,
}

#[async_trait]
impl Effect for Call {
    type Event = Happened;

    const NAME: &'static str = "call";

    async fn perform(&self, recorded: &Recorded<Happened>) -> Result<(), EffectError> {
        if self.failures_left.load(Ordering::Relaxed) > 0 {
            self.failures_left.fetch_sub(1, Ordering::Relaxed);
            return Err(EffectError { at: recorded.cursor, reason: "nobody answers".to_owned() });
        }
        self.called.lock().push(recorded.event.0);
        Ok(())
    }
}

/// A database in which engines come and go.
struct World {
    database: Database,
    master: [u8; 32],
    _folder: Option<tempfile::TempDir>,
}

#[expect(clippy::print_stderr, reason = "a skipped suite says so loudly")]
async fn worlds() -> Vec<World> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Database::open_sqlite(&folder.path().join("control.db")).expect("a file");
    let mut worlds = vec![World { database: sqlite, master: [7; 32], _folder: Some(folder) }];
    match std::env::var("HOSTERRA_TEST_POSTGRES") {
        Ok(url) => {
            let schema = format!("engine_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
            let database = Database::connect_postgres_schema(&url, 8, &schema).await.expect("a server");
            worlds.push(World { database, master: [7; 32], _folder: None });
        }
        Err(_) => eprintln!("SKIPPED: PostgreSQL (HOSTERRA_TEST_POSTGRES is not set)"),
    }
    worlds
}

fn tenant(number: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(number))
}

fn append(tenant: TenantId, numbers: &[u64]) -> Append {
    let stream = StreamId { category: CATEGORY, id: Uuid::now_v7() };
    let event = |number: &u64| EncodedEvent { kind: KIND, payload: number.to_string().into_bytes() };
    Append {
        tenant,
        command: CommandId::new(Uuid::now_v7()),
        metadata: Metadata {
            actor: Actor::Operator,
            on_behalf_of: None,
            via: Via::CommandLine,
            correlation: CorrelationId::new(Uuid::from_u128(9)),
            causation: Causation::Command,
            command: None,
            content: None,
        },
        writes: vec![EncodedWrite {
            stream,
            expected: Version::NONE,
            events: numbers.iter().map(event).collect(),
        }],
        checks: Vec::new(),
        claims_taken: Vec::new(),
        claims_released: Vec::new(),
        keys: Vec::new(),
    }
}

impl World {
    async fn engine(&self) -> (Engine, Arc<dyn Journal>) {
        self.engine_at(Pace::default()).await
    }

    async fn engine_at(&self, pace: Pace) -> (Engine, Arc<dyn Journal>) {
        let clock = Arc::new(SystemClock);
        let journal: Arc<dyn Journal> =
            Arc::new(SqlJournal::open(self.database.clone(), clock.clone()).await.expect("a journal"));
        let master = MasterKey::new(self.master);
        let keyring = Arc::new(Keyring::open(self.database.clone(), master).await.expect("a keyring"));
        let pace = Pace {
            sweep: Duration::from_millis(200),
            follow_sweep: Duration::from_millis(200),
            effect_pauses: vec![Duration::from_millis(20); 3],
            ..pace
        };
        let engine =
            Engine::with_pace(Arc::clone(&journal), keyring, self.database.clone(), clock, pace).await;
        (engine.expect("an engine"), journal)
    }

    async fn rows(&self, tenant: TenantId, revision: u16) -> Vec<i64> {
        let select = format!("SELECT n FROM list_v{revision} WHERE tenant = $1 ORDER BY position");
        let rows = self.database.query(Statement::new(select).bind(tenant.uuid())).await.expect("rows");
        rows.iter().map(|row| row.int(0).expect("a number")).collect()
    }
}

fn at(tenant: TenantId, position: u64) -> Cursor {
    Cursor { tenant, position: Position(position) }
}

fn repaired() -> Arc<AtomicBool> {
    Arc::new(AtomicBool::new(true))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_what_the_events_say_each_once_also_after_a_restart() {
    for world in worlds().await {
        for round in 0..3_u64 {
            let (engine, journal) = world.engine().await;
            engine.project(List::<1>(repaired())).await.expect("tables");
            for number in 0..50 {
                journal.append(append(tenant(1), &[round * 1000 + number, 7])).await.expect("appended");
            }
            let reached = engine.wait_for("list", at(tenant(1), (round + 1) * 100), WAIT).await;
            assert_eq!(reached, Freshness::Reached);
            engine.shutdown().await;
        }
        let rows = world.rows(tenant(1), 1).await;
        assert_eq!(rows.len(), 300);
        assert_eq!((rows[0], rows[100], rows[298]), (0, 1000, 2049));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_event_halts_its_tenant_alone_until_it_is_repaired() {
    for world in worlds().await {
        let (engine, journal) = world.engine().await;
        let repair = Arc::new(AtomicBool::new(false));
        engine.project(List::<1>(Arc::clone(&repair))).await.expect("tables");
        journal.append(append(tenant(1), &[1, 2, POISON, 4])).await.expect("appended");
        journal.append(append(tenant(2), &[5, 6])).await.expect("appended");
        assert_eq!(engine.wait_for("list", at(tenant(2), 2), WAIT).await, Freshness::Reached);
        // What came before the poison is there; what comes behind it waits, and readers are told.
        assert_eq!(engine.wait_for("list", at(tenant(1), 4), WAIT).await, Freshness::Stale);
        assert_eq!(world.rows(tenant(1), 1).await, [1, 2]);
        let status = engine.status().await.expect("a status");
        assert_eq!((status[0].halted_tenant_count, status[0].halted[0].at), (1, at(tenant(1), 2)));
        journal.append(append(tenant(1), &[8])).await.expect("a command is not stopped by a reader's fault");
        repair.store(true, Ordering::Relaxed);
        assert!(engine.resume("list", tenant(1)).await.expect("resumed"));
        assert_eq!(engine.wait_for("list", at(tenant(1), 5), WAIT).await, Freshness::Reached);
        assert_eq!(world.rows(tenant(1), 1).await, [1, 2, 666, 4, 8]);
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_mends_rows_and_goes_on() {
    for world in worlds().await {
        let (engine, journal) = world.engine().await;
        engine.project(List::<1>(repaired())).await.expect("tables");
        journal.append(append(tenant(1), &[1, 2, 3])).await.expect("appended");
        engine.wait_for("list", at(tenant(1), 3), WAIT).await;
        for harm in ["DELETE FROM list_v1 WHERE n = 2", "UPDATE list_v1 SET n = 99 WHERE n = 3"] {
            world.database.write(vec![Statement::new(harm)]).await.expect("harmed");
        }
        let rebuilt = engine.rebuild("list").await.expect("rebuilt");
        assert_eq!((rebuilt.tenant_count, rebuilt.event_count, rebuilt.failed_tenant_count), (1, 3, 0));
        journal.append(append(tenant(1), &[4])).await.expect("appended");
        assert_eq!(engine.wait_for("list", at(tenant(1), 4), WAIT).await, Freshness::Reached);
        assert_eq!(world.rows(tenant(1), 1).await, [1, 2, 3, 4]);
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_too_long_for_one_transaction_is_followed_again_page_by_page() {
    for world in worlds().await {
        let long = Pace { rebuild_at_once: 100, rederive_at_once: 100, ..Pace::default() };
        let (engine, journal) = world.engine_at(long.clone()).await;
        let repair = repaired();
        engine.project(List::<1>(Arc::clone(&repair))).await.expect("tables");
        for _ in 0..9 {
            journal.append(append(tenant(1), &[5; 250])).await.expect("appended");
        }
        journal.append(append(tenant(1), &[POISON, 6])).await.expect("appended");
        let end = at(tenant(1), 2252);
        assert_eq!(engine.wait_for("list", end, WAIT).await, Freshness::Reached);
        let harm = "DELETE FROM list_v1 WHERE position > 100";
        world.database.write(vec![Statement::new(harm)]).await.expect("harmed");
        repair.store(false, Ordering::Relaxed);
        let rebuilt = engine.rebuild("list").await.expect("rebuilt");
        assert_eq!((rebuilt.tenant_count, rebuilt.failed_tenant_count), (0, 1), "read through first");
        assert_eq!(world.rows(tenant(1), 1).await.len(), 100, "as before");
        repair.store(true, Ordering::Relaxed);
        let rebuilt = engine.rebuild("list").await.expect("rebuilt");
        assert_eq!((rebuilt.event_count, rebuilt.failed_tenant_count), (2252, 0));
        assert_eq!(world.rows(tenant(1), 1).await.len(), 2252);
        // Begun, and the machine stops: whoever runs next goes on.
        world.database.write(vec![Statement::new(harm)]).await.expect("harmed");
        let begun = engine.rederive("list", tenant(1)).await.expect("a projection").expect("begun");
        assert_eq!(begun, engine::Rederived::Begun);
        engine.shutdown().await;
        let (engine, journal) = world.engine_at(long).await;
        engine.project(List::<1>(repaired())).await.expect("tables");
        journal.append(append(tenant(1), &[7])).await.expect("appended");
        assert_eq!(engine.wait_for("list", at(tenant(1), 2253), WAIT).await, Freshness::Reached);
        assert_eq!(world.rows(tenant(1), 1).await.len(), 2253);
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_revision_is_built_beside_the_old_one_and_then_served() {
    for world in worlds().await {
        let (engine, journal) = world.engine().await;
        engine.project(List::<1>(repaired())).await.expect("tables");
        journal.append(append(tenant(1), &[1, 2, 3])).await.expect("appended");
        engine.wait_for("list", at(tenant(1), 3), WAIT).await;
        assert_eq!(engine.serving_revision("list"), Some(1));
        engine.shutdown().await;
        let (engine, _) = world.engine().await;
        let building = engine.project(List::<2>(repaired())).await.expect("tables");
        assert!(building.caught_up().await);
        let switched = async {
            while engine.serving_revision("list") != Some(2) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(WAIT, switched).await.expect("switched");
        assert_eq!(world.rows(tenant(1), 2).await, [2, 4, 6]);
        assert_eq!(world.rows(tenant(1), 1).await, [1, 2, 3], "readers of the old tables are not cut off");
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_knows_everything_from_the_first_event_on_in_order() {
    for world in worlds().await {
        let (engine, journal) = world.engine().await;
        // More than some pages.
        for round in 0..10_u64 {
            let numbers: Vec<u64> = (round * 200..(round + 1) * 200).collect();
            journal.append(append(tenant(1), &numbers)).await.expect("appended");
        }
        let memory = Arc::new(Memory::default());
        let following = engine.follow(Arc::clone(&memory)).expect("followed");
        assert!(following.caught_up().await);
        assert_eq!(memory.0.lock()[&tenant(1)], (0..2000).collect::<Vec<u64>>());
        journal.append(append(tenant(2), &[1])).await.expect("appended");
        assert_eq!(engine.wait_for("memory", at(tenant(2), 1), WAIT).await, Freshness::Reached);
        // A second engine on the same journal is another node: its events are heard of as well.
        let (other, their_journal) = world.engine().await;
        their_journal.append(append(tenant(3), &[5])).await.expect("appended");
        assert_eq!(engine.wait_for("memory", at(tenant(3), 1), WAIT).await, Freshness::Reached);
        other.shutdown().await;
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_is_tried_again_in_order_and_remembered_over_a_restart() {
    for world in worlds().await {
        let called = Arc::new(Mutex::new(Vec::new()));
        let (engine, journal) = world.engine().await;
        let call = Call { failures_left: AtomicU32::new(2), called: Arc::clone(&called) };
        engine.effect(call).expect("registered");
        journal.append(append(tenant(1), &[1, 2])).await.expect("appended");
        assert_eq!(engine.wait_for("call", at(tenant(1), 2), WAIT).await, Freshness::Reached);
        engine.shutdown().await;
        let (engine, journal) = world.engine().await;
        engine
            .effect(Call { failures_left: AtomicU32::new(0), called: Arc::clone(&called) })
            .expect("registered");
        journal.append(append(tenant(1), &[3])).await.expect("appended");
        assert_eq!(engine.wait_for("call", at(tenant(1), 3), WAIT).await, Freshness::Reached);
        assert_eq!(*called.lock(), [1, 2, 3]);
        engine.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_never_answers_halts_its_tenant() {
    for world in worlds().await {
        let (engine, journal) = world.engine().await;
        let called = Arc::new(Mutex::new(Vec::new()));
        engine
            .effect(Call { failures_left: AtomicU32::new(1000), called: Arc::clone(&called) })
            .expect("registered");
        journal.append(append(tenant(1), &[1])).await.expect("appended");
        assert_eq!(engine.wait_for("call", at(tenant(1), 1), WAIT).await, Freshness::Stale);
        assert_eq!(engine.status().await.expect("a status")[0].halted_tenant_count, 1);
        engine.shutdown().await;
    }
}
