//! One way to two databases: SQLite (embedded, the default) and PostgreSQL.
//!
//! Statements are written once, in the SQL that both understand, with parameters `$1`, `$2`, ... Column types in DDL
//! are PostgreSQL's names (`UUID`, `BYTEA`, `BIGINT`, `TEXT`, `BOOLEAN`), which SQLite accepts by affinity; a UUID is
//! a 16-octet blob there. What must differ (hot paths of journal and store) reaches the engine itself through
//! [`Database::sqlite`] and [`Database::postgres`].

mod blobs;
mod error;
mod lines;
mod migrate;
mod postgres;
mod sqlite;
mod transaction;
mod value;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use blobs::Blobs;
pub use error::DatabaseError;
pub use postgres::Postgres;
pub use sqlite::Sqlite;
pub use transaction::{Transaction, Work};
use uuid::Uuid;
pub use value::{Row, Statement, Value};

/// A cheap handle to one of the two databases.
#[derive(Debug, Clone)]
pub struct Database {
    engine: Engine,
    /// Questions so far, of all handles.
    question_count: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Database {
    /// Opens or makes a database file.
    ///
    /// # Errors
    /// [`DatabaseError`] where the file cannot be opened or is no database.
    pub fn open_sqlite(path: &Path) -> Result<Self, DatabaseError> {
        Ok(Self { engine: Engine::Sqlite(Sqlite::open(path)?), question_count: Arc::default() })
    }

    /// Connects to a server; at most `connection_count_max` connections are kept.
    ///
    /// # Errors
    /// [`DatabaseError`] where the URL is wrong or the server does not answer.
    pub async fn connect_postgres(url: &str, connection_count_max: usize) -> Result<Self, DatabaseError> {
        Ok(Self {
            engine: Engine::Postgres(Box::new(Postgres::connect(url, connection_count_max, None).await?)),
            question_count: Arc::default(),
        })
    }

    /// The same, with all names in `schema`, which is made where absent: several platforms or tests in one database.
    ///
    /// # Errors
    /// As for [`Database::connect_postgres`]; a schema name is 1 to 48 of `a-z`, `0-9` and `_`.
    pub async fn connect_postgres_schema(
        url: &str,
        connection_count_max: usize,
        schema: &str,
    ) -> Result<Self, DatabaseError> {
        Ok(Self {
            question_count: Arc::default(),
            engine: Engine::Postgres(Box::new(
                Postgres::connect(url, connection_count_max, Some(schema)).await?,
            )),
        })
    }

    /// The same database, where what is written takes the turns of `whom` (a tenant): in a file, where all writes go
    /// through one writer, nobody waits for another's heap of writes. PostgreSQL writes side by side as it is.
    #[must_use]
    pub fn on_behalf_of(&self, whom: Uuid) -> Self {
        let engine = match &self.engine {
            Engine::Sqlite(sqlite) => Engine::Sqlite(sqlite.on_behalf_of(whom)),
            Engine::Postgres(postgres) => Engine::Postgres(postgres.clone()),
        };
        Self { engine, question_count: Arc::clone(&self.question_count) }
    }

    /// Executes statements in one transaction; durable when `Ok`. The count of rows that each touched.
    ///
    /// # Errors
    /// [`DatabaseError`]; nothing happened.
    pub async fn write(&self, statements: Vec<Statement>) -> Result<Vec<u64>, DatabaseError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        statements.iter().map(|statement| sqlite::execute(connection, statement)).collect()
                    })
                    .await
            }
            Engine::Postgres(postgres) => postgres.write(&statements).await,
        }
    }

    /// Executes statements in one transaction where each must touch the count of rows that stands beside it, if one
    /// does; otherwise nothing happens. Whether it happened. For compare-and-set.
    ///
    /// # Errors
    /// [`DatabaseError`]; nothing happened.
    pub async fn write_if(&self, statements: Vec<(Statement, Option<u64>)>) -> Result<bool, DatabaseError> {
        let outcome = match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite
                    .write(move |connection| {
                        for (statement, expected) in &statements {
                            let touched = sqlite::execute(connection, statement)?;
                            if expected.is_some_and(|expected| expected != touched) {
                                return Err(DatabaseError::Unexpected);
                            }
                        }
                        Ok(())
                    })
                    .await
            }
            Engine::Postgres(postgres) => postgres.write_if(&statements).await,
        };
        match outcome {
            Ok(()) => Ok(true),
            Err(DatabaseError::Unexpected) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All rows of an answer; the statement bounds their count.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn query(&self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        self.question_count.fetch_add(1, Ordering::Relaxed);
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.read(move |connection| sqlite::query(connection, &statement)).await
            }
            Engine::Postgres(postgres) => postgres.query(&statement).await,
        }
    }

    /// How many questions ([`Database::query`]) were asked so far: what a page costs must not grow with its rows.
    pub fn question_count(&self) -> u64 {
        self.question_count.load(Ordering::Relaxed)
    }

    /// Brings the tables of `room` to their newest form: applies the steps that were not applied yet, each once, in
    /// order. A step is never changed once it was shipped; a new one is added.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn migrate(&self, room: &str, steps: &[&'static str]) -> Result<(), DatabaseError> {
        migrate::migrate(self, room, steps).await
    }

    /// Octets that are free inside the database: the next rows go there before its file grows, and the file never shrinks.
    /// 0 with PostgreSQL, which does not tell.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn reusable_octets(&self) -> Result<u64, DatabaseError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.reusable_octets().await,
            Engine::Postgres(_) => Ok(0),
        }
    }

    /// Leaves nothing of what was overwritten or deleted in files beside the database, after somebody's data were erased; whether
    /// that is so, which readers at work may hold up for a while. With PostgreSQL its own vacuum does it in time, and it is so.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget_deleted(&self) -> Result<bool, DatabaseError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.empty_log().await,
            Engine::Postgres(_) => Ok(true),
        }
    }

    /// SQLite itself, where it is the one.
    pub const fn sqlite(&self) -> Option<&Sqlite> {
        match &self.engine {
            Engine::Sqlite(sqlite) => Some(sqlite),
            Engine::Postgres(_) => None,
        }
    }

    /// PostgreSQL itself, where it is the one.
    pub const fn postgres(&self) -> Option<&Postgres> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(postgres),
        }
    }
}
