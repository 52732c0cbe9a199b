//! The tables, and the statements that both databases share.

use database::{Database, DatabaseError, Row, Statement, Value};
use kernel::{
    Category, CommandId, Cursor, EventId, Id, Position, RawEvent, StreamId, TenantId, Timestamp, Version,
};
use uuid::Uuid;

use crate::plan::{category, decode_metadata};
use crate::{
    ClaimKey, ClaimOwner, FoundCommand, JournalError, Lagging, PAGE_EVENT_COUNT_MAX,
    STREAM_PAGE_EVENT_COUNT_MAX, StoredEvent, SubscriptionName, Tail,
};

/// Streams in one question.
const STREAM_BATCH_COUNT: usize = 100;
/// Where a row of [`read_streams`] says whose it is: behind all of [`COLUMNS`].
const TAIL_COLUMN: usize = 12;

const COLUMNS: &str = "position, category, stream, version, event_id, kind, schema, payload, actor, correlation, causation, recorded_at";

const SQLITE: &[&str] = &["
CREATE TABLE tenant_head (tenant UUID PRIMARY KEY, position BIGINT NOT NULL, recorded_at BIGINT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  tenant UUID NOT NULL, position BIGINT NOT NULL, category TEXT NOT NULL, stream UUID NOT NULL, version BIGINT NOT NULL,
  event_id UUID NOT NULL, kind TEXT NOT NULL, schema BIGINT NOT NULL, payload TEXT NOT NULL, actor TEXT NOT NULL,
  correlation UUID NOT NULL, causation UUID, recorded_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, position)) WITHOUT ROWID;
CREATE UNIQUE INDEX event_stream ON event (tenant, stream, category, version);
CREATE UNIQUE INDEX event_id ON event (tenant, event_id);
CREATE TABLE stream_head (tenant UUID NOT NULL, stream UUID NOT NULL, category TEXT NOT NULL, version BIGINT NOT NULL,
  PRIMARY KEY (tenant, stream, category)) WITHOUT ROWID;
CREATE TABLE claim (kind TEXT NOT NULL, key_hash BYTEA NOT NULL, tenant UUID NOT NULL, category TEXT NOT NULL,
  stream UUID NOT NULL, PRIMARY KEY (kind, key_hash)) WITHOUT ROWID;
CREATE INDEX claim_tenant ON claim (tenant);
CREATE TABLE checkpoint (subscription TEXT NOT NULL, revision BIGINT NOT NULL, tenant UUID NOT NULL,
  position BIGINT NOT NULL, halted_by TEXT, updated_at BIGINT NOT NULL,
  PRIMARY KEY (subscription, revision, tenant)) WITHOUT ROWID;
CREATE TABLE subject_key (tenant UUID NOT NULL, subject UUID NOT NULL, wrapped_key BYTEA, destroyed_at BIGINT,
  PRIMARY KEY (tenant, subject)) WITHOUT ROWID;
CREATE TABLE platform_secret (name TEXT PRIMARY KEY, wrapped_key BYTEA NOT NULL) WITHOUT ROWID;
CREATE TABLE tenant_removal (tenant UUID PRIMARY KEY) WITHOUT ROWID;
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
  WHEN NOT EXISTS (SELECT 1 FROM tenant_removal WHERE tenant = OLD.tenant)
  BEGIN SELECT RAISE(ABORT, 'events are never deleted but with their whole tenant'); END;
"];

const POSTGRES: &[&str] = &["
CREATE TABLE tenant_head (tenant UUID PRIMARY KEY, position BIGINT NOT NULL, recorded_at BIGINT NOT NULL);
CREATE TABLE event (
  tenant UUID NOT NULL, position BIGINT NOT NULL, category TEXT NOT NULL, stream UUID NOT NULL, version BIGINT NOT NULL,
  event_id UUID NOT NULL, kind TEXT NOT NULL, schema BIGINT NOT NULL, payload JSONB NOT NULL, actor TEXT NOT NULL,
  correlation UUID NOT NULL, causation UUID, recorded_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, position)) PARTITION BY HASH (tenant);
CREATE UNIQUE INDEX event_stream ON event (tenant, stream, category, version);
CREATE UNIQUE INDEX event_id ON event (tenant, event_id);
CREATE TABLE event_0 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE event_1 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE event_2 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE event_3 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE event_4 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE event_5 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE event_6 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE event_7 PARTITION OF event FOR VALUES WITH (MODULUS 8, REMAINDER 7);
CREATE TABLE stream_head (tenant UUID NOT NULL, stream UUID NOT NULL, category TEXT NOT NULL, version BIGINT NOT NULL,
  PRIMARY KEY (tenant, stream, category));
CREATE TABLE claim (kind TEXT NOT NULL, key_hash BYTEA NOT NULL, tenant UUID NOT NULL, category TEXT NOT NULL,
  stream UUID NOT NULL, PRIMARY KEY (kind, key_hash));
CREATE INDEX claim_tenant ON claim (tenant);
CREATE TABLE checkpoint (subscription TEXT NOT NULL, revision BIGINT NOT NULL, tenant UUID NOT NULL,
  position BIGINT NOT NULL, halted_by TEXT, updated_at BIGINT NOT NULL, PRIMARY KEY (subscription, revision, tenant));
CREATE TABLE subject_key (tenant UUID NOT NULL, subject UUID NOT NULL, wrapped_key BYTEA, destroyed_at BIGINT,
  PRIMARY KEY (tenant, subject));
CREATE TABLE platform_secret (name TEXT PRIMARY KEY, wrapped_key BYTEA NOT NULL);
CREATE TABLE tenant_removal (tenant UUID PRIMARY KEY);
CREATE FUNCTION event_is_never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM tenant_removal WHERE tenant = OLD.tenant) THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'events are never changed, and deleted only with their whole tenant';
  END $$;
CREATE TRIGGER event_is_never_changed BEFORE UPDATE OR DELETE ON event
  FOR EACH ROW EXECUTE FUNCTION event_is_never_changed();
"];

impl From<DatabaseError> for JournalError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(Box::new(error))
    }
}

/// Makes the tables where they are absent.
pub(crate) async fn migrate(database: &Database) -> Result<(), JournalError> {
    let steps = if database.sqlite().is_some() { SQLITE } else { POSTGRES };
    Ok(database.migrate("journal", steps).await?)
}

/// An event's columns, in the order of [`COLUMNS`].
fn stored(tenant: TenantId, row: &Row) -> Result<StoredEvent, JournalError> {
    let metadata = decode_metadata(row.text(8)?, row.uuid(9)?, row.opt_uuid(10)?)?;
    Ok(StoredEvent {
        cursor: Cursor { tenant, position: Position(count(row.int(0)?)?) },
        stream: StreamId { category: category(row.text(1)?)?, id: row.uuid(2)? },
        version: Version(count(row.int(3)?)?),
        id: EventId::new(row.uuid(4)?),
        recorded_at: Timestamp::from_millis(row.int(11)?),
        metadata,
        raw: RawEvent {
            kind: row.text(5)?.to_owned().into(),
            schema: u16::try_from(row.int(6)?).map_err(|_| JournalError::Corrupt("a schema".to_owned()))?,
            payload: row.text(7)?.as_bytes().to_vec(),
        },
    })
}

/// A number that is never negative.
pub(crate) fn count(number: i64) -> Result<u64, JournalError> {
    u64::try_from(number).map_err(|_| JournalError::Corrupt("a negative number".to_owned()))
}

/// A number as databases keep it; ours never come near the end.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) async fn find_command(
    database: &Database,
    tenant: TenantId,
    command: CommandId,
) -> Result<Option<FoundCommand>, JournalError> {
    // The events of one append stand side by side: the first one's place, then on as long as the ids are the command's.
    let first = Statement::new(
        "SELECT position, actor, correlation, causation FROM event WHERE tenant = $1 AND event_id = $2",
    )
    .bind(tenant.uuid())
    .bind(EventId::of(command, 0).uuid());
    let rows = database.query(first).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let start = count(row.int(0)?)?;
    let content = decode_metadata(row.text(1)?, row.uuid(2)?, row.opt_uuid(3)?)?.content;
    let following = Statement::new(
        "SELECT event_id FROM event WHERE tenant = $1 AND position >= $2 ORDER BY position LIMIT 256",
    )
    .bind(tenant.uuid())
    .bind(number(start));
    let mut position = start;
    for (ordinal, row) in (0_u32..).zip(database.query(following).await?) {
        if row.uuid(0)? != EventId::of(command, ordinal).uuid() {
            break;
        }
        position = start + u64::from(ordinal);
    }
    let cursor = Cursor { tenant, position: Position(position) };
    Ok(Some(FoundCommand { cursor, content }))
}

/// A page of each stream, in the order of the streams: many of them in one question.
pub(crate) async fn read_streams(
    database: &Database,
    tails: &[Tail],
) -> Result<Vec<Vec<StoredEvent>>, JournalError> {
    let mut histories = Vec::with_capacity(tails.len());
    for batch in tails.chunks(STREAM_BATCH_COUNT) {
        let mut pages = vec![Vec::new(); batch.len()];
        for row in database.query(pages_of(batch)).await? {
            let index = usize::try_from(row.int(TAIL_COLUMN)?).unwrap_or(usize::MAX);
            let (Some(tail), Some(page)) = (batch.get(index), pages.get_mut(index)) else {
                return Err(JournalError::Corrupt("a stream that nobody asked for".to_owned()));
            };
            page.push(stored(tail.tenant, &row)?);
        }
        // Parts of one answer come in any order.
        pages.iter_mut().for_each(|page| page.sort_unstable_by_key(|event| event.version));
        histories.extend(pages);
    }
    Ok(histories)
}

/// The next page of each stream; the last column says of which.
fn pages_of(tails: &[Tail]) -> Statement {
    let mut params: Vec<Value> = Vec::with_capacity(4 * tails.len());
    let part = |(index, tail): (usize, &Tail)| {
        let Tail { tenant, stream, after } = *tail;
        let first = params.len() + 1;
        params.extend([
            Value::from(tenant.uuid()),
            Value::from(stream.id),
            Value::from(stream.category.0),
            Value::from(number(after.0)),
        ]);
        format!(
            "SELECT * FROM (SELECT {COLUMNS}, CAST({index} AS BIGINT) AS tail FROM event WHERE tenant = ${first} \
             AND stream = ${} AND category = ${} AND version > ${} ORDER BY version \
             LIMIT {STREAM_PAGE_EVENT_COUNT_MAX}) AS page_{index}",
            first + 1,
            first + 2,
            first + 3
        )
    };
    let parts: Vec<String> = tails.iter().enumerate().map(part).collect();
    Statement { sql: parts.join(" UNION ALL ").into(), params }
}

/// Goes from the end of the stream: so far back as is asked, and no further than the page is long.
pub(crate) async fn read_back(
    database: &Database,
    (tenant, stream): (TenantId, StreamId),
    before: Position,
    limit: usize,
) -> Result<Vec<StoredEvent>, JournalError> {
    let select = format!(
        "SELECT {COLUMNS} FROM event WHERE tenant = $1 AND stream = $2 AND category = $3 AND position < $4 \
         ORDER BY version DESC LIMIT $5"
    );
    let statement = Statement::new(select).bind(tenant.uuid()).bind(stream.id).bind(stream.category.0);
    let statement = statement.bind(number(before.0)).bind(number(limit.min(PAGE_EVENT_COUNT_MAX) as u64));
    let rows = database.query(statement).await?;
    rows.iter().rev().map(|row| stored(tenant, row)).collect()
}

/// The same of the events that name a part of the stream's thing. The index of the stream is gone through, and nothing else.
pub(crate) async fn read_back_of(
    database: &Database,
    (tenant, stream): (TenantId, StreamId),
    (field, part): (&'static str, &str),
    (before, limit): (Position, usize),
) -> Result<Vec<StoredEvent>, JournalError> {
    // Both databases read a field of JSON as text so.
    let select = format!(
        "SELECT {COLUMNS} FROM event WHERE tenant = $1 AND stream = $2 AND category = $3 AND position < $4 \
         AND payload ->> '{field}' = $5 ORDER BY version DESC LIMIT $6"
    );
    let statement = Statement::new(select).bind(tenant.uuid()).bind(stream.id).bind(stream.category.0);
    let statement = statement.bind(number(before.0)).bind(part);
    let statement = statement.bind(number(limit.min(PAGE_EVENT_COUNT_MAX) as u64));
    let rows = database.query(statement).await?;
    rows.iter().rev().map(|row| stored(tenant, row)).collect()
}

pub(crate) async fn read_events(
    database: &Database,
    tenant: TenantId,
    ids: &[EventId],
) -> Result<Vec<StoredEvent>, JournalError> {
    let start = Statement::new("").bind(tenant.uuid());
    among(database, tenant, (start, "event_id"), ids.iter().map(|id| id.uuid())).await
}

pub(crate) async fn read_births(
    database: &Database,
    tenant: TenantId,
    category: Category,
    ids: &[Uuid],
) -> Result<Vec<StoredEvent>, JournalError> {
    let start = Statement::new("").bind(tenant.uuid()).bind(category.0);
    among(database, tenant, (start, "category = $2 AND version = 1 AND stream"), ids.iter().copied()).await
}

/// The events of a tenant that `column` names by one of `ids`; no more than a page is long.
async fn among(
    database: &Database,
    tenant: TenantId,
    (mut statement, column): (Statement, &'static str),
    ids: impl Iterator<Item = Uuid>,
) -> Result<Vec<StoredEvent>, JournalError> {
    let mut names = Vec::new();
    for id in ids.take(PAGE_EVENT_COUNT_MAX) {
        statement = statement.bind(id);
        names.push(format!("${}", statement.params.len()));
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let names = names.join(", ");
    statement.sql =
        format!("SELECT {COLUMNS} FROM event WHERE tenant = $1 AND {column} IN ({names}) ORDER BY position")
            .into();
    database.query(statement).await?.iter().map(|row| stored(tenant, row)).collect()
}

pub(crate) async fn read_tenant(
    database: &Database,
    after: Cursor,
    limit: usize,
) -> Result<Vec<StoredEvent>, JournalError> {
    let select =
        format!("SELECT {COLUMNS} FROM event WHERE tenant = $1 AND position > $2 ORDER BY position LIMIT $3");
    let statement = Statement::new(select)
        .bind(after.tenant.uuid())
        .bind(number(after.position.0))
        .bind(number(limit.min(PAGE_EVENT_COUNT_MAX) as u64));
    database.query(statement).await?.iter().map(|row| stored(after.tenant, row)).collect()
}

pub(crate) async fn head(database: &Database, tenant: TenantId) -> Result<Position, JournalError> {
    let statement = Statement::new("SELECT position FROM tenant_head WHERE tenant = $1").bind(tenant.uuid());
    let rows = database.query(statement).await?;
    rows.first().map_or(Ok(Position::START), |row| Ok(Position(count(row.int(0)?)?)))
}

pub(crate) async fn heads(
    database: &Database,
    after: Option<TenantId>,
    limit: usize,
) -> Result<Vec<Cursor>, JournalError> {
    let statement = match after {
        None => Statement::new("SELECT tenant, position FROM tenant_head ORDER BY tenant LIMIT $1"),
        Some(_) => Statement::new(
            "SELECT tenant, position FROM tenant_head WHERE tenant > $2 ORDER BY tenant LIMIT $1",
        ),
    }
    .bind(number(limit as u64));
    let statement = after.iter().fold(statement, |statement, after| statement.bind(after.uuid()));
    let cursor = |row: &Row| {
        Ok(Cursor { tenant: TenantId::new(row.uuid(0)?), position: Position(count(row.int(1)?)?) })
    };
    database.query(statement).await?.iter().map(cursor).collect()
}

pub(crate) async fn lagging(
    database: &Database,
    subscription: SubscriptionName,
    after: Option<TenantId>,
    limit: usize,
) -> Result<Vec<Lagging>, JournalError> {
    const SELECT: &str = "SELECT h.tenant, h.position, c.position, c.halted_by FROM tenant_head h \
        LEFT JOIN checkpoint c ON c.subscription = $1 AND c.revision = $2 AND c.tenant = h.tenant \
        WHERE (c.position IS NULL OR c.position < h.position OR c.halted_by IS NOT NULL)";
    let select = match after {
        None => format!("{SELECT} ORDER BY h.tenant LIMIT $3"),
        Some(_) => format!("{SELECT} AND h.tenant > $4 ORDER BY h.tenant LIMIT $3"),
    };
    let statement =
        Statement::new(select).bind(subscription.name).bind(subscription.revision).bind(number(limit as u64));
    let statement = after.iter().fold(statement, |statement, after| statement.bind(after.uuid()));
    let lagging = |row: &Row| {
        Ok(Lagging {
            checkpoint: Cursor {
                tenant: TenantId::new(row.uuid(0)?),
                position: Position(count(row.opt_int(2)?.unwrap_or(0))?),
            },
            head: Position(count(row.int(1)?)?),
            halted_by: row.opt_text(3)?.map(str::to_owned),
        })
    };
    database.query(statement).await?.iter().map(lagging).collect()
}

pub(crate) async fn claim_owner(
    database: &Database,
    claim: ClaimKey,
) -> Result<Option<ClaimOwner>, JournalError> {
    let statement =
        Statement::new("SELECT tenant, category, stream FROM claim WHERE kind = $1 AND key_hash = $2")
            .bind(claim.kind.name())
            .bind(claim.hash.as_slice());
    let owner = |row: &Row| {
        let stream = StreamId { category: category(row.text(1)?)?, id: row.uuid(2)? };
        Ok(ClaimOwner { tenant: TenantId::new(row.uuid(0)?), stream })
    };
    database.query(statement).await?.first().map(owner).transpose()
}

/// Removes a tenant whole: events, heads, claims, checkpoints and keys.
///
/// # Errors
/// [`JournalError`]; nothing happened.
pub async fn remove_tenant(database: &Database, tenant: TenantId) -> Result<(), JournalError> {
    let tables =
        ["event", "stream_head", "tenant_head", "claim", "checkpoint", "subject_key", "tenant_removal"];
    let mut statements =
        vec![Statement::new("INSERT INTO tenant_removal (tenant) VALUES ($1)").bind(tenant.uuid())];
    statements.extend(tables.map(|table| {
        let sql = format!("DELETE FROM {table} WHERE tenant = $1");
        Statement::new(sql).bind(tenant.uuid())
    }));
    database.write(statements).await?;
    Ok(())
}
