//! How far a consumer is in a tenant, moved by compare-and-set.
//!
//! The statement that moves a checkpoint stands first in its transaction and must touch exactly one row
//! ([`Database::write_if`] rolls everything back otherwise). So two nodes that run the same consumer wait for one
//! another at that row, and the later one finds it moved before it has done anything.

use database::{Database, DatabaseError, Row, Statement};
use journal::SubscriptionName;
use kernel::{Id, Position, TenantId, Timestamp};

/// Longest reason of a halt that is kept, in octets.
const REASON_OCTETS_MAX: usize = 500;

const STEPS: &[&str] = &["
CREATE TABLE IF NOT EXISTS checkpoint (subscription TEXT NOT NULL, revision BIGINT NOT NULL, tenant UUID NOT NULL,
  position BIGINT NOT NULL, halted_by TEXT, updated_at BIGINT NOT NULL, PRIMARY KEY (subscription, revision, tenant));
CREATE TABLE projection_revision (name TEXT PRIMARY KEY, revision BIGINT NOT NULL, previous BIGINT,
  switched_at BIGINT NOT NULL);
"];

/// Makes the engine's tables where they are absent.
pub(crate) async fn migrate(database: &Database) -> Result<(), DatabaseError> {
    database.migrate("engine", STEPS).await
}

/// A row of the table, or its absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    pub(crate) tenant: TenantId,
    pub(crate) position: Position,
    /// Whether there is a row.
    pub(crate) exists: bool,
    pub(crate) halted_by: Option<String>,
}

impl Checkpoint {
    /// Before the first event.
    pub(crate) const fn absent(tenant: TenantId) -> Self {
        Self { tenant, position: Position::START, exists: false, halted_by: None }
    }

    /// A row that is not halted.
    pub(crate) const fn at(tenant: TenantId, position: Position) -> Self {
        Self { tenant, position, exists: true, halted_by: None }
    }
}

fn number(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn position(row: &Row, column: usize) -> Result<Position, DatabaseError> {
    let count = row.int(column)?;
    u64::try_from(count).map(Position).map_err(|_| DatabaseError::Column { column, expected: "a position" })
}

fn key(sql: &'static str, name: SubscriptionName, tenant: TenantId) -> Statement {
    Statement::new(sql).bind(name.name).bind(name.revision).bind(tenant.uuid())
}

/// Where the consumer stands in a tenant.
pub(crate) async fn load(
    database: &Database,
    name: SubscriptionName,
    tenant: TenantId,
) -> Result<Checkpoint, DatabaseError> {
    let select = "SELECT position, halted_by FROM checkpoint WHERE subscription = $1 AND revision = $2 AND tenant = $3";
    let rows = database.query(key(select, name, tenant)).await?;
    let Some(row) = rows.first() else { return Ok(Checkpoint::absent(tenant)) };
    let halted_by = row.opt_text(1)?.map(str::to_owned);
    Ok(Checkpoint { tenant, position: position(row, 0)?, exists: true, halted_by })
}

/// The rows of the tenants from `first` to `last`; the caller bounds how many lie between.
pub(crate) async fn load_range(
    database: &Database,
    name: SubscriptionName,
    first: TenantId,
    last: TenantId,
) -> Result<Vec<Checkpoint>, DatabaseError> {
    let select = "SELECT tenant, position, halted_by FROM checkpoint \
                  WHERE subscription = $1 AND revision = $2 AND tenant >= $3 AND tenant <= $4 ORDER BY tenant";
    let rows = database.query(key(select, name, first).bind(last.uuid())).await?;
    let checkpoint = |row: &Row| {
        let halted_by = row.opt_text(2)?.map(str::to_owned);
        Ok(Checkpoint {
            tenant: TenantId::new(row.uuid(0)?),
            position: position(row, 1)?,
            exists: true,
            halted_by,
        })
    };
    rows.iter().map(checkpoint).collect()
}

/// Moves from `from` to `to`; touches one row, or none where another node was quicker or it is halted.
pub(crate) fn advance(name: SubscriptionName, from: &Checkpoint, to: Position, now: Timestamp) -> Statement {
    if from.exists {
        let update = "UPDATE checkpoint SET position = $4, updated_at = $5 WHERE subscription = $1 \
                      AND revision = $2 AND tenant = $3 AND position = $6 AND halted_by IS NULL";
        let statement = key(update, name, from.tenant).bind(number(to)).bind(now.millis());
        return statement.bind(number(from.position));
    }
    let insert = "INSERT INTO checkpoint (subscription, revision, tenant, position, halted_by, updated_at) \
                  VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT DO NOTHING";
    key(insert, name, from.tenant).bind(number(to)).bind(now.millis())
}

/// Sets the checkpoint wherever it stood and lifts a halt: what a rebuild does.
pub(crate) fn put(name: SubscriptionName, tenant: TenantId, to: Position, now: Timestamp) -> Statement {
    let upsert = "INSERT INTO checkpoint (subscription, revision, tenant, position, halted_by, updated_at) \
                  VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT (subscription, revision, tenant) \
                  DO UPDATE SET position = excluded.position, halted_by = NULL, updated_at = excluded.updated_at";
    key(upsert, name, tenant).bind(number(to)).bind(now.millis())
}

/// Halts at `from`; touches one row, or none where it moved meanwhile.
pub(crate) fn halt(name: SubscriptionName, from: &Checkpoint, reason: &str, now: Timestamp) -> Statement {
    let end = reason.floor_char_boundary(REASON_OCTETS_MAX);
    let reason = &reason[..end];
    let sql = if from.exists {
        "UPDATE checkpoint SET halted_by = $5, updated_at = $6 WHERE subscription = $1 \
         AND revision = $2 AND tenant = $3 AND position = $4 AND halted_by IS NULL"
    } else {
        "INSERT INTO checkpoint (subscription, revision, tenant, position, halted_by, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
    };
    key(sql, name, from.tenant).bind(number(from.position)).bind(reason).bind(now.millis())
}

/// Lifts a halt.
pub(crate) fn resume(name: SubscriptionName, tenant: TenantId, now: Timestamp) -> Statement {
    let update = "UPDATE checkpoint SET halted_by = NULL, updated_at = $4 WHERE subscription = $1 \
                  AND revision = $2 AND tenant = $3 AND halted_by IS NOT NULL";
    key(update, name, tenant).bind(now.millis())
}

/// Which revision of a projection readers are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Serving {
    pub(crate) revision: u16,
    /// The one before, until its tables are dropped.
    pub(crate) previous: Option<u16>,
    pub(crate) switched_at: Timestamp,
}

/// The revision that is served; of a projection that is new here, the one that exists already, or its own.
pub(crate) async fn serving(
    database: &Database,
    own: SubscriptionName,
    now: Timestamp,
) -> Result<Serving, DatabaseError> {
    let select = "SELECT revision, previous, switched_at FROM projection_revision WHERE name = $1";
    let mut rows = database.query(Statement::new(select).bind(own.name)).await?;
    if rows.is_empty() {
        let older = "SELECT max(revision) FROM checkpoint WHERE subscription = $1 AND revision < $2";
        let older = database.query(Statement::new(older).bind(own.name).bind(own.revision)).await?;
        let older = older.first().map_or(Ok(None), |row| row.opt_int(0))?;
        let insert = "INSERT INTO projection_revision (name, revision, previous, switched_at) \
                      VALUES ($1, $2, NULL, $3) ON CONFLICT DO NOTHING";
        let insert = Statement::new(insert).bind(own.name).bind(older.unwrap_or(i64::from(own.revision)));
        database.write(vec![insert.bind(now.millis())]).await?;
        rows = database.query(Statement::new(select).bind(own.name)).await?;
    }
    let row = rows.first().ok_or(DatabaseError::Unexpected)?;
    let revision = |column, number: i64| {
        u16::try_from(number).map_err(|_| DatabaseError::Column { column, expected: "a revision" })
    };
    Ok(Serving {
        revision: revision(0, row.int(0)?)?,
        previous: row.opt_int(1)?.map(|number| revision(1, number)).transpose()?,
        switched_at: Timestamp::from_millis(row.int(2)?),
    })
}

/// Serves `own` from now; touches nothing where another node did it.
pub(crate) fn switch(own: SubscriptionName, from: u16, now: Timestamp) -> Statement {
    let update = "UPDATE projection_revision SET revision = $2, previous = $3, switched_at = $4 \
                  WHERE name = $1 AND revision = $3";
    Statement::new(update).bind(own.name).bind(own.revision).bind(from).bind(now.millis())
}

/// All revisions before `own` of which something is left.
pub(crate) async fn older_revisions(
    database: &Database,
    own: SubscriptionName,
) -> Result<Vec<u16>, DatabaseError> {
    let select = "SELECT DISTINCT revision FROM checkpoint WHERE subscription = $1 AND revision < $2";
    let rows = database.query(Statement::new(select).bind(own.name).bind(own.revision)).await?;
    rows.iter().map(|row| Ok(u16::try_from(row.int(0)?).unwrap_or_default())).collect()
}

/// Forgets everything about the revisions before `own`.
pub(crate) fn forget_older(own: SubscriptionName) -> [Statement; 2] {
    let delete = "DELETE FROM checkpoint WHERE subscription = $1 AND revision < $2";
    let update = "UPDATE projection_revision SET previous = NULL WHERE name = $1 AND revision = $2";
    [delete, update].map(|sql| Statement::new(sql).bind(own.name).bind(own.revision))
}
