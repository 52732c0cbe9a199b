//! What can go wrong below us.

/// The database failed; nothing of the transaction happened, or (connection lost while committing) it is not known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DatabaseError {
    /// SQLite, with its own words.
    #[error("SQLite: {0}")]
    Sqlite(String),
    /// The disk is full, or a quota of the operating system is reached.
    #[error("the disk of the database is full")]
    Full,
    /// PostgreSQL, with its own words, never with values.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// A uniqueness or check that the statement breaks; the name of the constraint where it is told.
    #[error("the constraint {0} is broken")]
    Constraint(String),
    /// More work waits than the database may take; try again soon.
    #[error("the database is busy")]
    Busy,
    /// A column holds another type than was asked for: a fault of ours.
    #[error("column {column} is not {expected}")]
    Column {
        /// Counted from 0.
        column: usize,
        /// The asked type.
        expected: &'static str,
    },
    /// A statement of [`crate::Database::write_if`] touched another count of rows.
    #[error("the rows are not as expected")]
    Unexpected,
    /// A setting is wrong.
    #[error("{0}")]
    Setting(&'static str),
    /// The closure given to the writer panicked; its changes are rolled back.
    #[error("a write failed inside")]
    Panicked,
    /// The database is closed.
    #[error("the database is closed")]
    Closed,
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::ConstraintViolation) => Self::Constraint(error.to_string()),
            Some(rusqlite::ErrorCode::DatabaseBusy) => Self::Busy,
            _ => Self::Sqlite(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let Some(told) = error.as_db_error() else { return Self::Postgres(error.to_string()) };
        match told.code() {
            code if *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::CHECK_VIOLATION => {
                Self::Constraint(told.constraint().unwrap_or_default().to_owned())
            }
            code if *code == SqlState::DISK_FULL => Self::Full,
            // The message may hold values of the row; the code and the place do not.
            code => Self::Postgres(format!("{} {}", code.code(), told.message())),
        }
    }
}

impl From<deadpool_postgres::PoolError> for DatabaseError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Timeout(_) => Self::Busy,
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Self::Postgres(other.to_string()),
        }
    }
}
