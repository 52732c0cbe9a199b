//! PostgreSQL: a pool of connections, statements prepared once per connection.

use std::error::Error;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio_postgres::Config;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use uuid::Uuid;

use crate::{DatabaseError, Row, Statement, Value};

mod tls;

/// Longest wait for a connection of the pool, and for a new one.
const CONNECTION_WAIT: Duration = Duration::from_secs(10);
/// How often a transaction is tried that the server broke off for another's sake (40001, 40P01).
pub(crate) const ATTEMPT_COUNT_MAX: u32 = 8;
/// The advisory lock under which tables are made: two nodes may start at once.
const MIGRATION_LOCK: i64 = 0x686f_7374_6572_7261;

/// A server.
#[derive(Clone)]
pub struct Postgres {
    pool: Pool,
    schema: Option<String>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

impl Postgres {
    pub(crate) async fn connect(
        url: &str,
        connection_count_max: usize,
        schema: Option<&str>,
    ) -> Result<Self, DatabaseError> {
        let (mut config, trust): (Config, tls::Trust) = tls::read(url)?;
        config.application_name("hosterra").connect_timeout(CONNECTION_WAIT);
        if let Some(schema) = schema {
            let is_plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_';
            if schema.is_empty() || schema.len() > 48 || !schema.bytes().all(is_plain) {
                return Err(DatabaseError::Setting("a schema name is 1 to 48 of a-z, 0-9 and _"));
            }
            config.options(format!("-c search_path={schema}"));
        }
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = match trust {
            tls::Trust::ThisMachine => Manager::from_config(config, tokio_postgres::NoTls, recycling),
            tls::Trust::Roots(roots) => Manager::from_config(config, tls::connector(*roots)?, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(connection_count_max)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECTION_WAIT))
            .create_timeout(Some(CONNECTION_WAIT))
            .build()
            .map_err(|_| DatabaseError::Setting("the pool of connections cannot be made"))?;
        let postgres = Self { pool, schema: schema.map(str::to_owned) };
        let client = postgres.client().await?;
        if let Some(schema) = schema {
            client.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
        }
        drop(client);
        Ok(postgres)
    }

    /// A connection of the pool.
    ///
    /// # Errors
    /// [`DatabaseError::Busy`] where none becomes free in time.
    pub async fn client(&self) -> Result<Object, DatabaseError> {
        Ok(self.pool.get().await?)
    }

    /// The schema that all names are in, where it is not the server's default.
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    pub(crate) async fn write(&self, statements: &[Statement]) -> Result<Vec<u64>, DatabaseError> {
        let mut attempt = 1;
        loop {
            match self.write_once(statements, |_, _| true).await {
                Err(error) if attempt < ATTEMPT_COUNT_MAX && is_broken_off(&error) => attempt += 1,
                outcome => return outcome.map_err(DatabaseError::from_attempt),
            }
        }
    }

    pub(crate) async fn write_if(
        &self,
        statements: &[(Statement, Option<u64>)],
    ) -> Result<(), DatabaseError> {
        let plain: Vec<Statement> = statements.iter().map(|(statement, _)| statement.clone()).collect();
        let is_expected =
            |index: usize, touched: u64| statements[index].1.is_none_or(|expected| expected == touched);
        let mut attempt = 1;
        loop {
            match self.write_once(&plain, is_expected).await {
                Err(error) if attempt < ATTEMPT_COUNT_MAX && is_broken_off(&error) => attempt += 1,
                outcome => return outcome.map(drop).map_err(DatabaseError::from_attempt),
            }
        }
    }

    async fn write_once(
        &self,
        statements: &[Statement],
        is_expected: impl Fn(usize, u64) -> bool,
    ) -> Result<Vec<u64>, Attempt> {
        let mut client = self.client().await.map_err(Attempt::Other)?;
        let transaction = client.transaction().await.map_err(Attempt::Server)?;
        let mut touched = Vec::with_capacity(statements.len());
        for (index, statement) in statements.iter().enumerate() {
            let prepared = transaction.prepare_cached(&statement.sql).await.map_err(Attempt::Server)?;
            let params: Vec<&(dyn ToSql + Sync)> =
                statement.params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            let count = transaction.execute(&prepared, &params).await.map_err(Attempt::Server)?;
            if !is_expected(index, count) {
                return Err(Attempt::Other(DatabaseError::Unexpected));
            }
            touched.push(count);
        }
        transaction.commit().await.map_err(Attempt::Server)?;
        Ok(touched)
    }

    pub(crate) async fn query(&self, statement: &Statement) -> Result<Vec<Row>, DatabaseError> {
        let client = self.client().await?;
        let prepared = client.prepare_cached(&statement.sql).await?;
        let params: Vec<&(dyn ToSql + Sync)> =
            statement.params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let rows = client.query(&prepared, &params).await?;
        rows.iter()
            .map(|row| Ok(Row((0..row.len()).map(|index| row.try_get(index)).collect::<Result<_, _>>()?)))
            .collect()
    }

    pub(crate) async fn migrate(
        &self,
        room: &str,
        table: &str,
        steps: &[&'static str],
    ) -> Result<(), DatabaseError> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
        transaction.batch_execute(table).await?;
        for (number, step) in (1_i64..).zip(steps.iter().copied()) {
            let known = "SELECT 1 FROM migration WHERE room = $1 AND step = $2";
            if transaction.query_opt(known, &[&room, &number]).await?.is_none() {
                transaction.batch_execute(step).await?;
                let insert = "INSERT INTO migration (room, step) VALUES ($1, $2)";
                transaction.execute(insert, &[&room, &number]).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// How one attempt failed: the server's own words decide whether to try again.
enum Attempt {
    Server(tokio_postgres::Error),
    Other(DatabaseError),
}

impl DatabaseError {
    fn from_attempt(attempt: Attempt) -> Self {
        match attempt {
            Attempt::Server(error) => error.into(),
            Attempt::Other(error) => error,
        }
    }
}

fn is_broken_off(attempt: &Attempt) -> bool {
    use tokio_postgres::error::SqlState;
    match attempt {
        Attempt::Server(error) => error.code().is_some_and(|code| {
            *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
        }),
        Attempt::Other(_) => false,
    }
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => match *kind {
                Type::INT4 => i32::try_from(*number)?.to_sql(kind, out),
                Type::INT2 => i16::try_from(*number)?.to_sql(kind, out),
                _ => number.to_sql(kind, out),
            },
            Self::Bool(is) => is.to_sql(kind, out),
            Self::Text(text) => match *kind {
                // The binary form of jsonb is a version octet and the text.
                Type::JSONB => {
                    out.extend_from_slice(&[1]);
                    out.extend_from_slice(text.as_bytes());
                    Ok(IsNull::No)
                }
                _ => text.as_str().to_sql(kind, out),
            },
            Self::Bytes(octets) => octets.as_slice().to_sql(kind, out),
            Self::Uuid(uuid) => match *kind {
                Type::BYTEA => uuid.as_bytes().as_slice().to_sql(kind, out),
                _ => uuid.to_sql(kind, out),
            },
        }
    }

    fn accepts(kind: &Type) -> bool {
        matches!(
            *kind,
            Type::INT2
                | Type::INT4
                | Type::INT8
                | Type::BOOL
                | Type::TEXT
                | Type::VARCHAR
                | Type::BYTEA
                | Type::UUID
                | Type::JSONB
        )
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT2 => Self::Int(i16::from_sql(kind, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::BOOL => Self::Bool(bool::from_sql(kind, raw)?),
            Type::BYTEA => Self::Bytes(<Vec<u8>>::from_sql(kind, raw)?),
            Type::UUID => Self::Uuid(Uuid::from_sql(kind, raw)?),
            Type::JSONB => Self::Text(std::str::from_utf8(raw.get(1..).unwrap_or_default())?.to_owned()),
            _ => Self::Text(String::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        <Self as ToSql>::accepts(kind) || matches!(*kind, Type::NAME | Type::JSON)
    }
}

/// A transaction that is open on the server.
pub(crate) struct Open<'a> {
    transaction: deadpool_postgres::Transaction<'a>,
    /// Whether the server broke it off for another's sake.
    is_broken_off: bool,
}

/// How an attempt ended.
pub(crate) enum End<T> {
    /// The server broke it off; another attempt may succeed.
    BrokenOff(T),
    /// That was it.
    Final(T),
}

impl<'a> Open<'a> {
    pub(crate) async fn begin(client: &'a mut Object) -> Result<Self, DatabaseError> {
        Ok(Self { transaction: client.transaction().await?, is_broken_off: false })
    }

    fn fault(&mut self, error: tokio_postgres::Error) -> DatabaseError {
        let attempt = Attempt::Server(error);
        self.is_broken_off |= is_broken_off(&attempt);
        DatabaseError::from_attempt(attempt)
    }

    pub(crate) async fn query(&mut self, statement: &Statement) -> Result<Vec<Row>, DatabaseError> {
        let params: Vec<&(dyn ToSql + Sync)> =
            statement.params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let answered = match self.transaction.prepare_cached(&statement.sql).await {
            Ok(prepared) => self.transaction.query(&prepared, &params).await,
            Err(error) => Err(error),
        };
        let rows = answered.map_err(|error| self.fault(error))?;
        rows.iter()
            .map(|row| Ok(Row((0..row.len()).map(|index| row.try_get(index)).collect::<Result<_, _>>()?)))
            .collect()
    }

    pub(crate) async fn execute(&mut self, statement: &Statement) -> Result<u64, DatabaseError> {
        let params: Vec<&(dyn ToSql + Sync)> =
            statement.params.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let answered = match self.transaction.prepare_cached(&statement.sql).await {
            Ok(prepared) => self.transaction.execute(&prepared, &params).await,
            Err(error) => Err(error),
        };
        answered.map_err(|error| self.fault(error))
    }

    /// Commits where the work succeeded, and rolls back otherwise.
    pub(crate) async fn end<T, E: From<DatabaseError>>(self, outcome: Result<T, E>) -> End<Result<T, E>> {
        let Self { transaction, is_broken_off: was_broken_off } = self;
        match outcome {
            Err(error) if was_broken_off => End::BrokenOff(Err(error)),
            Err(error) => End::Final(Err(error)),
            Ok(value) => match transaction.commit().await.map_err(Attempt::Server) {
                Ok(()) => End::Final(Ok(value)),
                Err(attempt) => {
                    let may_repeat = is_broken_off(&attempt);
                    let failed = Err(DatabaseError::from_attempt(attempt).into());
                    if may_repeat { End::BrokenOff(failed) } else { End::Final(failed) }
                }
            },
        }
    }
}
