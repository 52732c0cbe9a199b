//! What both databases promise, on each of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use database::{Database, DatabaseError, Sqlite, Statement, Value};
use uuid::Uuid;

/// SQLite always, PostgreSQL where the test run started one.
async fn databases() -> Vec<(Database, Option<tempfile::TempDir>)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = Database::open_sqlite(&folder.path().join("test.db")).expect("a file");
    let mut all = vec![(sqlite, Some(folder))];
    match std::env::var("HOSTERRA_TEST_POSTGRES") {
        Ok(url) => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let schema = format!("database_{}_{number}", std::process::id());
            all.push((Database::connect_postgres_schema(&url, 4, &schema).await.expect("a server"), None));
        }
        Err(_) => skipped(),
    }
    for (database, _) in &all {
        database
            .migrate(
                "test",
                &["CREATE TABLE thing (id UUID PRIMARY KEY, n BIGINT NOT NULL, t TEXT, b BYTEA, f BOOLEAN)"],
            )
            .await
            .expect("a table");
    }
    all
}

fn insert(id: Uuid, n: i64) -> Statement {
    Statement::new("INSERT INTO thing (id, n, t, b, f) VALUES ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(n)
        .bind("text")
        .bind(vec![1_u8, 2])
        .bind(true)
}

fn count() -> Statement {
    Statement::new("SELECT count(*) FROM thing")
}

#[tokio::test]
async fn values_come_back_as_they_went() {
    for (database, _folder) in databases().await {
        let id = Uuid::from_u128(7);
        assert_eq!(database.write(vec![insert(id, -5)]).await.expect("written"), [1]);
        // The parameters are numbered, not taken in order of appearance.
        let select =
            Statement::new("SELECT id, n, t, b, f FROM thing WHERE n = $2 AND id = $1").bind(id).bind(-5_i64);
        let rows = database.query(select).await.expect("read");
        assert_eq!(rows[0].uuid(0).expect("an id"), id);
        assert_eq!(rows[0].int(1).expect("a number"), -5);
        assert_eq!(rows[0].text(2).expect("text"), "text");
        assert_eq!(rows[0].bytes(3).expect("octets"), [1, 2]);
        assert!(rows[0].bool(4).expect("a truth value"));
        assert!(matches!(rows[0].int(2), Err(DatabaseError::Column { column: 2, .. })));
        let null = Statement::new("UPDATE thing SET t = $1").bind(Value::Null);
        database.write(vec![null]).await.expect("written");
        let rows = database.query(Statement::new("SELECT t FROM thing")).await.expect("read");
        assert_eq!(rows[0].opt_text(0).expect("null"), None);
    }
}

#[tokio::test]
async fn a_failed_write_leaves_nothing_and_harms_nobody() {
    for (database, _folder) in databases().await {
        let id = Uuid::from_u128(1);
        let twice = database.write(vec![insert(id, 1), insert(id, 2)]);
        let other = database.write(vec![insert(Uuid::from_u128(2), 3)]);
        let (twice, other) = tokio::join!(twice, other);
        assert!(matches!(twice, Err(DatabaseError::Constraint(_))), "{twice:?}");
        other.expect("another write of the moment is not touched");
        assert_eq!(database.query(count()).await.expect("read")[0].int(0).expect("a count"), 1);
    }
}

#[tokio::test]
async fn a_compare_and_set_that_finds_other_rows_changes_nothing() {
    for (database, _folder) in databases().await {
        let id = Uuid::from_u128(1);
        database.write(vec![insert(id, 1)]).await.expect("written");
        let set = |from: i64, to: i64| {
            let set = Statement::new("UPDATE thing SET n = $2 WHERE n = $1").bind(from).bind(to);
            vec![(insert(Uuid::new_v4(), 100 + to), None), (set, Some(1))]
        };
        assert!(database.write_if(set(1, 2)).await.expect("written"));
        assert!(!database.write_if(set(1, 3)).await.expect("not written"));
        assert_eq!(database.query(count()).await.expect("read")[0].int(0).expect("a count"), 2);
    }
}

#[tokio::test]
async fn steps_are_applied_once() {
    for (database, _folder) in databases().await {
        let steps = ["CREATE TABLE other (n BIGINT)", "INSERT INTO other VALUES (1)"];
        database.migrate("other", &steps[..1]).await.expect("migrated");
        for _ in 0..2 {
            database.migrate("other", &steps).await.expect("migrated");
        }
        let rows = database.query(Statement::new("SELECT count(*) FROM other")).await.expect("read");
        assert_eq!(rows[0].int(0).expect("a count"), 1);
    }
}

#[tokio::test]
async fn a_panic_in_a_write_does_not_end_the_writer() {
    let (database, _folder) = databases().await.swap_remove(0);
    let sqlite = database.sqlite().expect("SQLite is the first");
    let outcome: Result<(), DatabaseError> = sqlite.write(|_| panic!("on purpose")).await;
    assert!(matches!(outcome, Err(DatabaseError::Panicked)));
    database.write(vec![insert(Uuid::from_u128(1), 1)]).await.expect("written");
}

#[tokio::test]
async fn nobody_waits_for_anothers_heap_of_writes() {
    let (database, _folder) = databases().await.swap_remove(0);
    let sqlite = database.sqlite().expect("SQLite is the first");
    let (a, b) = (sqlite.on_behalf_of(Uuid::from_u128(1)), sqlite.on_behalf_of(Uuid::from_u128(2)));
    // The writer stands still until the heap and what comes after it wait.
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let first = tokio::spawn({
        let a = a.clone();
        async move {
            let stand = move |_: &_| gate.recv().map_err(|_| DatabaseError::Closed);
            a.write(stand).await
        }
    });
    tokio::task::yield_now().await;
    let done = Arc::new(AtomicU32::new(0));
    let begun = Arc::new(AtomicU32::new(0));
    let count = |of: &Sqlite| {
        let (of, done, begun) = (of.clone(), Arc::clone(&done), Arc::clone(&begun));
        tokio::spawn(async move {
            begun.fetch_add(1, Ordering::Relaxed);
            of.write(move |_| Ok::<_, DatabaseError>(done.fetch_add(1, Ordering::Relaxed))).await
        })
    };
    let heap: Vec<_> = (0..300).map(|_| count(&a)).collect();
    let (own, next) = (count(&b), count(&b));
    // One turn of this task is not one of each of the others.
    while begun.load(Ordering::Relaxed) < 302 {
        tokio::task::yield_now().await;
    }
    go.send(()).expect("it waits");
    first.await.expect("it does not panic").expect("written");
    assert!(own.await.expect("it does not panic").expect("written") <= 1, "after one of A's at most");
    assert!(next.await.expect("it does not panic").expect("written") <= 3);
    let mut order = Vec::new();
    for write in heap {
        order.push(write.await.expect("it does not panic").expect("written"));
    }
    assert!(order.is_sorted(), "each line keeps its order");
}

struct Increment(Uuid);

#[async_trait::async_trait]
impl database::Work for Increment {
    type Output = i64;
    type Error = DatabaseError;

    async fn run(&self, transaction: &mut database::Transaction<'_>) -> Result<i64, DatabaseError> {
        let read = Statement::new("SELECT n FROM thing WHERE id = $1").bind(self.0);
        let row = transaction.first(read).await?.ok_or(DatabaseError::Unexpected)?;
        let next = row.int(0)? + 1;
        let update = Statement::new("UPDATE thing SET n = $2 WHERE id = $1").bind(self.0).bind(next);
        transaction.execute(update).await?;
        if next > 3 { Err(DatabaseError::Setting("too many")) } else { Ok(next) }
    }
}

#[tokio::test]
async fn work_that_fails_is_undone_and_work_that_ends_is_kept() {
    for (database, _folder) in databases().await {
        let id = Uuid::from_u128(1);
        database.write(vec![insert(id, 1)]).await.expect("a row");
        assert_eq!(database.transact(Increment(id)).await.expect("kept"), 2);
        assert_eq!(database.transact(Increment(id)).await.expect("kept"), 3);
        assert!(database.transact(Increment(id)).await.is_err());
        let rows = database.query(Statement::new("SELECT n FROM thing")).await.expect("rows");
        assert_eq!(rows[0].int(0).expect("a number"), 3);
    }
}

#[expect(clippy::print_stderr, reason = "a skipped suite says so loudly")]
fn skipped() {
    eprintln!("SKIPPED: PostgreSQL (HOSTERRA_TEST_POSTGRES is not set)");
}

#[tokio::test]
async fn what_is_deleted_leaves_room_inside_the_file() {
    for (database, _folder) in databases().await {
        let before = database.reusable_octets().await.expect("told");
        let long = |number: u128| {
            let insert = Statement::new("INSERT INTO thing (id, n, b) VALUES ($1, 1, $2)");
            insert.bind(Uuid::from_u128(number)).bind(vec![7_u8; 1 << 20])
        };
        database.write((0..4).map(long).collect()).await.expect("written");
        database.write(vec![Statement::new("DELETE FROM thing")]).await.expect("deleted");
        let after = database.reusable_octets().await.expect("told");
        match database.sqlite() {
            Some(_) => assert!(after >= before + (3 << 20), "{before} and then {after}"),
            None => assert_eq!(after, 0, "a server does not tell"),
        }
    }
}

#[tokio::test]
async fn what_is_deleted_is_in_no_file() {
    const SECRET: &str = "a-name-that-nobody-else-has";
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open_sqlite(&folder.path().join("test.db")).expect("a file");
    let table = "CREATE TABLE thing (id UUID PRIMARY KEY, n BIGINT NOT NULL, t TEXT, b BYTEA, f BOOLEAN)";
    database.migrate("test", &[table]).await.expect("a table");
    let holds = || {
        let files = std::fs::read_dir(folder.path()).expect("a folder");
        files.filter_map(Result::ok).any(|file| {
            let octets = std::fs::read(file.path()).expect("a file");
            octets.windows(SECRET.len()).any(|part| part == SECRET.as_bytes())
        })
    };
    let named = |number: u128| {
        Statement::new("INSERT INTO thing (id, n, t) VALUES ($1, 1, $2)")
            .bind(Uuid::from_u128(number))
            .bind(SECRET)
    };
    database.write((0..50).map(named).collect()).await.expect("written");
    assert!(database.forget_deleted().await.expect("emptied"));
    assert!(holds(), "what is there is in the file");
    database.write(vec![Statement::new("DELETE FROM thing")]).await.expect("deleted");
    assert!(database.forget_deleted().await.expect("emptied"));
    assert!(!holds());
}
