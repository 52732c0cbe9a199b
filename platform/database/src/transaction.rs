//! Work that reads and writes in one transaction, written once for both databases.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use parking_lot::Mutex;
use rusqlite::Connection;

use crate::{Database, DatabaseError, Engine, Row, Statement, postgres, sqlite};

/// A transaction that is open. Everything in it happens, or nothing.
pub struct Transaction<'a>(Inner<'a>);

enum Inner<'a> {
    Sqlite(&'a Mutex<Connection>),
    Postgres(Box<postgres::Open<'a>>),
}

impl std::fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}

impl Transaction<'_> {
    /// Whether it is one of PostgreSQL, which has a clock of its own; a file has none but ours.
    pub const fn is_postgres(&self) -> bool {
        matches!(self.0, Inner::Postgres(_))
    }

    /// All rows of an answer; the statement bounds their count.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn query(&mut self, statement: Statement) -> Result<Vec<Row>, DatabaseError> {
        match &mut self.0 {
            Inner::Sqlite(connection) => sqlite::query(&connection.lock(), &statement),
            Inner::Postgres(open) => open.query(&statement).await,
        }
    }

    /// The first row of an answer, if there is one.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn first(&mut self, statement: Statement) -> Result<Option<Row>, DatabaseError> {
        Ok(self.query(statement).await?.into_iter().next())
    }

    /// Executes a statement; the count of rows that it touched.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn execute(&mut self, statement: Statement) -> Result<u64, DatabaseError> {
        match &mut self.0 {
            Inner::Sqlite(connection) => sqlite::execute(&connection.lock(), &statement),
            Inner::Postgres(open) => open.execute(&statement).await,
        }
    }
}

/// What is done inside a transaction. It may be done again from the start where PostgreSQL broke the first attempt off,
/// so it keeps nothing between runs, and awaits nothing but the transaction: on SQLite it runs on the writer's thread.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// What it gives.
    type Output: Send + 'static;
    /// How it fails; everything it did is undone then.
    type Error: From<DatabaseError> + Send + 'static;

    /// Does it.
    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, Self::Error>;
}

impl Database {
    /// Does `work` in one transaction; durable when `Ok`. On SQLite it shares its commit with the other writes of the
    /// moment.
    ///
    /// # Errors
    /// Those of `work`, and [`DatabaseError`] where the commit failed: nothing happened then.
    pub async fn transact<W: Work>(&self, work: W) -> Result<W::Output, W::Error> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite
                    .write_locked(move |connection| {
                        let mut transaction = Transaction(Inner::Sqlite(connection));
                        let running = pin!(work.run(&mut transaction));
                        // Nothing of SQLite's is ever awaited: the first poll is the last.
                        match running.poll(&mut Context::from_waker(Waker::noop())) {
                            Poll::Ready(outcome) => outcome,
                            Poll::Pending => Err(DatabaseError::Panicked.into()),
                        }
                    })
                    .await
            }
            Engine::Postgres(server) => {
                let mut attempt = 1;
                loop {
                    let mut client = server.client().await?;
                    let open = postgres::Open::begin(&mut client).await?;
                    let mut transaction = Transaction(Inner::Postgres(Box::new(open)));
                    let outcome = work.run(&mut transaction).await;
                    let Transaction(Inner::Postgres(open)) = transaction else {
                        return Err(DatabaseError::Panicked.into());
                    };
                    let is_last = attempt >= postgres::ATTEMPT_COUNT_MAX;
                    match open.end(outcome).await {
                        postgres::End::BrokenOff(_) if !is_last => attempt += 1,
                        postgres::End::BrokenOff(outcome) | postgres::End::Final(outcome) => return outcome,
                    }
                }
            }
        }
    }
}
