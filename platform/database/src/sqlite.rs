//! SQLite: one writer thread that commits many writes with one flush and takes turns between those for whom it writes,
//! and a pool of readers that never wait for it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, mpsc, oneshot};
use uuid::Uuid;

use crate::lines::Lines;
use crate::{DatabaseError, Row, Statement, Value};

/// Most writes that share one commit.
const BATCH_WRITE_COUNT_MAX: usize = 512;
/// Most writes that wait for the writer.
const QUEUE_WRITE_COUNT_MAX: usize = 8192;
/// Longest wait for a place in the queue.
const QUEUE_WAIT: Duration = Duration::from_secs(20);
/// Most reading connections at the same time.
const READER_COUNT_MAX: usize = 16;
/// Prepared statements kept per connection.
const STATEMENT_CACHE_COUNT: usize = 256;
/// Longest wait for another process that writes to the same file.
const OTHER_PROCESS_WAIT: Duration = Duration::from_secs(20);

/// Longest wait for readers before the log beside the file is emptied: writes wait meanwhile.
const LOG_WAIT: Duration = Duration::from_secs(2);

/// An outcome or an error whose type is forgotten between the asker and the writer.
type Answer = Box<dyn Any + Send>;
/// Behind a mutex that is never contended, so that work may be a future that another thread could poll.
type Work = Box<dyn FnOnce(&Mutex<Connection>) -> Result<Answer, Answer> + Send>;
type Tell = Box<dyn FnOnce(Result<Result<Answer, Answer>, DatabaseError>) + Send>;

/// One write: for whom, its work, and what becomes of its outcome after the commit.
struct Write {
    whom: Option<Uuid>,
    work: Work,
    tell: Tell,
}

/// A database file.
#[derive(Clone)]
pub struct Sqlite {
    writer: mpsc::Sender<Write>,
    readers: Arc<Readers>,
    whom: Option<Uuid>,
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.readers.path).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// Opens or makes a file and starts its writer. The writer ends when the last handle is dropped.
    pub(crate) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // What is deleted is overwritten: rows of erased persons must not be read out of free pages.
        connection.execute_batch(
            "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
        )?;
        let (writer, queue) = mpsc::channel(QUEUE_WRITE_COUNT_MAX);
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || write_until_closed(&Mutex::new(connection), queue))
            .map_err(|error| DatabaseError::Sqlite(error.to_string()))?;
        let readers = Readers {
            path: path.to_owned(),
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(READER_COUNT_MAX),
        };
        Ok(Self { writer, readers: Arc::new(readers), whom: None })
    }

    /// The same file, where what is written takes the turns of `whom`.
    #[must_use]
    pub fn on_behalf_of(&self, whom: Uuid) -> Self {
        Self { whom: Some(whom), ..self.clone() }
    }

    /// Runs `work` on the writer, inside a savepoint of a transaction that it shares with other writes of the moment.
    /// Answers after the commit. An `Err` of `work` rolls back its own changes only.
    ///
    /// # Errors
    /// Those of `work`, and [`DatabaseError`] where the commit failed: then nothing happened.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.write_locked(move |connection| work(&connection.lock())).await
    }

    /// The same with the connection still locked away: see [`crate::Transaction`].
    pub(crate) async fn write_locked<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
        F: FnOnce(&Mutex<Connection>) -> Result<T, E> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel::<Result<T, E>>();
        let write = Write {
            whom: self.whom,
            work: Box::new(move |connection| match work(connection) {
                Ok(value) => Ok(Box::new(value)),
                Err(error) => Err(Box::new(error)),
            }),
            tell: Box::new(move |outcome| {
                let outcome = match outcome {
                    Ok(Ok(value)) => unbox::<T>(value).map_err(E::from),
                    Ok(Err(error)) => Err(unbox::<E>(error).unwrap_or_else(E::from)),
                    Err(error) => Err(E::from(error)),
                };
                // The asker may have gone; what is committed stays committed.
                drop(sender.send(outcome));
            }),
        };
        match tokio::time::timeout(QUEUE_WAIT, self.writer.send(write)).await {
            Err(_) => return Err(DatabaseError::Busy.into()),
            Ok(Err(_)) => return Err(DatabaseError::Closed.into()),
            Ok(Ok(())) => {}
        }
        receiver.await.unwrap_or_else(|_| Err(DatabaseError::Closed.into()))
    }

    /// Runs `work` on a reading connection, on a blocking thread. It sees every write that was answered.
    ///
    /// # Errors
    /// Those of `work`, and [`DatabaseError`] where no connection could be opened.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let permit = self.readers.permits.acquire().await.map_err(|_| DatabaseError::Closed)?;
        let outcome = tokio::task::spawn_blocking(move || readers.read(work)).await;
        drop(permit);
        outcome.unwrap_or_else(|_| Err(DatabaseError::Panicked.into()))
    }

    /// The same on the calling thread, for those that may block.
    ///
    /// # Errors
    /// As for [`Sqlite::read`].
    pub fn read_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<DatabaseError>,
        F: FnOnce(&Connection) -> Result<T, E>,
    {
        self.readers.read(work)
    }

    /// Takes what was written into the file and empties the log beside it, where older forms of rows stand; whether all of it
    /// went, which readers that are at work may hold up.
    pub(crate) async fn empty_log(&self) -> Result<bool, DatabaseError> {
        let path = self.readers.path.clone();
        let emptied = tokio::task::spawn_blocking(move || {
            let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            connection.busy_timeout(LOG_WAIT)?;
            empty_log(&connection)
        });
        emptied.await.unwrap_or(Err(DatabaseError::Panicked))
    }

    /// Octets of the pages that the file holds and nothing stands on.
    pub(crate) async fn reusable_octets(&self) -> Result<u64, DatabaseError> {
        self.read(|connection| {
            let value = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
            Ok(u64::from(value("freelist_count")?) * u64::from(value("page_size")?))
        })
        .await
    }
}

fn unbox<T: 'static>(answer: Answer) -> Result<T, DatabaseError> {
    answer.downcast::<T>().map(|value| *value).map_err(|_| DatabaseError::Panicked)
}

impl Readers {
    fn read<T, E: From<DatabaseError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let outcome = work(&connection);
        let mut idle = self.idle.lock();
        if idle.len() < READER_COUNT_MAX {
            idle.push(connection);
        }
        outcome
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, DatabaseError> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(OTHER_PROCESS_WAIT)?;
    // Otherwise a statement is prepared again whenever another LIMIT is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE_COUNT);
    // No map of the file: each read after a write of another connection would begin with taking it away from all threads.
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA cache_size = -32768; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

/// Takes what waits, works through it in turns in one transaction, commits once, tells everybody.
fn write_until_closed(connection: &Mutex<Connection>, mut queue: mpsc::Receiver<Write>) {
    let mut waiting = Waiting { lines: Lines::default(), commit: Duration::ZERO };
    while let Some(write) = queue.blocking_recv() {
        waiting.lines.push(write.whom, write);
        while waiting.take_in(&mut queue) {
            waiting.write_batch(connection, &mut queue);
        }
    }
    // Nothing depends on it: what is left in the log is read from there at the next start.
    drop(connection.lock().busy_timeout(LOG_WAIT));
    drop(empty_log(&connection.lock()));
}

fn empty_log(connection: &Connection) -> Result<bool, DatabaseError> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

/// What the writer has before it.
struct Waiting {
    lines: Lines<Write>,
    /// What a commit takes of late.
    commit: Duration,
}

impl Waiting {
    /// Takes in what came; whether anything waits.
    fn take_in(&mut self, queue: &mut mpsc::Receiver<Write>) -> bool {
        while self.lines.len() < QUEUE_WRITE_COUNT_MAX {
            let Ok(write) = queue.try_recv() else { break };
            self.lines.push(write.whom, write);
        }
        self.lines.len() > 0
    }

    fn write_batch(&mut self, connection: &Mutex<Connection>, queue: &mut mpsc::Receiver<Write>) {
        self.lines.begin();
        let start = Instant::now();
        let begun = connection.lock().execute_batch("BEGIN IMMEDIATE").map_err(DatabaseError::from);
        let mut done = Vec::new();
        // A batch that works for less time than its commit takes would spend most of the disk's time on flushes.
        while done.len() < BATCH_WRITE_COUNT_MAX
            && !(self.lines.is_awaited() && start.elapsed() >= self.commit)
            && let Some(write) = self.lines.next()
        {
            let outcome = match &begun {
                Ok(()) => write_one(connection, write.work),
                Err(error) => Err(error.clone()),
            };
            done.push((outcome, write.tell));
            self.take_in(queue);
        }
        let start = Instant::now();
        // A write that failed on a full disk may have ended the transaction by itself; then the commit fails, for all.
        let committed = if begun.is_ok() { commit(&connection.lock()) } else { Ok(()) };
        self.commit = (self.commit * 3 + start.elapsed()) / 4;
        for (outcome, tell) in done {
            match &committed {
                Ok(()) => tell(outcome),
                Err(error) => tell(outcome.and_then(|_| Err(error.clone()))),
            }
        }
    }
}

fn commit(connection: &Connection) -> Result<(), DatabaseError> {
    let committed = connection.execute_batch("COMMIT").map_err(DatabaseError::from);
    if committed.is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
    committed
}

fn write_one(connection: &Mutex<Connection>, work: Work) -> Result<Result<Answer, Answer>, DatabaseError> {
    let savepoint =
        |sql: &str| connection.lock().prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    savepoint("SAVEPOINT one")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(connection)));
    if matches!(outcome, Ok(Ok(_))) {
        savepoint("RELEASE one")?;
    } else {
        savepoint("ROLLBACK TO one")?;
        savepoint("RELEASE one")?;
    }
    outcome.map_err(|_| DatabaseError::Panicked)
}

/// Executes one statement; the count of rows that it touched.
pub(crate) fn execute(connection: &Connection, statement: &Statement) -> Result<u64, DatabaseError> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    bind(&mut prepared, &statement.params)?;
    Ok(prepared.raw_execute()? as u64)
}

/// All rows of an answer.
pub(crate) fn query(connection: &Connection, statement: &Statement) -> Result<Vec<Row>, DatabaseError> {
    let mut prepared = connection.prepare_cached(&statement.sql)?;
    let column_count = prepared.column_count();
    bind(&mut prepared, &statement.params)?;
    let mut rows = prepared.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        let values = (0..column_count).map(|index| Ok(value(row.get_ref(index)?)));
        answer.push(Row(values.collect::<Result<_, rusqlite::Error>>()?));
    }
    Ok(answer)
}

/// Binds by name: to SQLite `$2` is a name, and its index is the order of first appearance.
fn bind(prepared: &mut rusqlite::Statement<'_>, params: &[Value]) -> Result<(), DatabaseError> {
    for (number, value) in (1_usize..).zip(params) {
        if let Some(index) = prepared.parameter_index(&format!("${number}"))? {
            prepared.raw_bind_parameter(index, value)?;
        }
    }
    Ok(())
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Text(number.to_string()),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(octets) => Value::Bytes(octets.to_vec()),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Bool(is) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*is))),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(octets) => ToSqlOutput::Borrowed(ValueRef::Blob(octets)),
            Self::Uuid(uuid) => ToSqlOutput::Borrowed(ValueRef::Blob(Uuid::as_bytes(uuid))),
        })
    }
}
