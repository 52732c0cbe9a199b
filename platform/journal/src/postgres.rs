//! The journal in PostgreSQL: one row lock per tenant makes positions gapless; nothing else is locked but claims.

use database::{DatabaseError, Postgres};
use kernel::{Cursor, Id, Position, StreamId, TenantId, Version};
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

use crate::plan::{Plan, category, encode_metadata};
use crate::sql::{self, number};
use crate::{Append, AppendError, Appended, ClaimKey, ClaimOwner, JournalError};

/// How often an append is tried that the server broke off (deadlock over claims of two tenants).
const ATTEMPT_COUNT_MAX: u32 = 8;

impl From<tokio_postgres::Error> for AppendError {
    fn from(error: tokio_postgres::Error) -> Self {
        DatabaseError::from(error).into()
    }
}

/// Appends, and once more where the server broke it off; `now` in milliseconds since 1970.
pub(crate) async fn append(
    postgres: &Postgres,
    new: &Append,
    plan: &Plan,
    now: i64,
) -> Result<Appended, AppendError> {
    let mut attempt = 1;
    loop {
        match append_once(postgres, new, plan, now).await {
            Err(AppendError::Journal(JournalError::Database(error)))
                if attempt < ATTEMPT_COUNT_MAX && is_broken_off(error.as_ref()) =>
            {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

async fn append_once(
    postgres: &Postgres,
    new: &Append,
    plan: &Plan,
    now: i64,
) -> Result<Appended, AppendError> {
    let mut client = postgres.client().await?;
    let transaction = client.transaction().await?;
    let (position, last_recorded_at) = lock_head(&transaction, new.tenant).await?;
    if let Some(cursor) = find_repeat(&transaction, new.tenant, plan).await? {
        return Ok(Appended::Already(cursor));
    }
    check_versions(&transaction, new.tenant, plan).await?;
    insert_keys(&transaction, new).await?;
    let recorded_at = now.max(last_recorded_at);
    let position = insert(&transaction, new, plan, position, recorded_at).await?;
    // Last, and sorted: the only locks beyond the tenant's own.
    claim(&transaction, new.tenant, plan).await?;
    transaction.commit().await?;
    Ok(Appended::New(Cursor { tenant: new.tenant, position: Position(sql::count(position)?) }))
}

async fn lock_head(transaction: &Transaction<'_>, tenant: TenantId) -> Result<(i64, i64), AppendError> {
    let insert =
        "INSERT INTO tenant_head (tenant, position, recorded_at) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING";
    let lock = "SELECT position, recorded_at FROM tenant_head WHERE tenant = $1 FOR UPDATE";
    if let Some(row) = transaction.query_opt(lock, &[&tenant.uuid()]).await? {
        return Ok((row.get(0), row.get(1)));
    }
    transaction.execute(insert, &[&tenant.uuid()]).await?;
    let row = transaction.query_one(lock, &[&tenant.uuid()]).await?;
    Ok((row.get(0), row.get(1)))
}

async fn find_repeat(
    transaction: &Transaction<'_>,
    tenant: TenantId,
    plan: &Plan,
) -> Result<Option<Cursor>, AppendError> {
    let ids: Vec<Uuid> = plan.events.iter().map(|event| event.id.uuid()).collect();
    let select = "SELECT event_id, position, category, stream, version FROM event WHERE tenant = $1 AND event_id = ANY($2)";
    let rows = transaction.query(select, &[&tenant.uuid(), &ids]).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut last = 0_i64;
    for event in &plan.events {
        let is_same = |row: &&Row| {
            row.get::<_, Uuid>(0) == event.id.uuid()
                && row.get::<_, &str>(2) == event.stream.category.0
                && row.get::<_, Uuid>(3) == event.stream.id
                && row.get::<_, i64>(4) == number(event.version.0)
        };
        let row = rows.iter().find(is_same).ok_or(AppendError::DifferentCommand(event.id))?;
        last = last.max(row.get(1));
    }
    Ok(Some(Cursor { tenant, position: Position(sql::count(last)?) }))
}

async fn check_versions(
    transaction: &Transaction<'_>,
    tenant: TenantId,
    plan: &Plan,
) -> Result<(), AppendError> {
    let streams: Vec<Uuid> = plan.expected.iter().map(|check| check.stream.id).collect();
    let select = "SELECT stream, category, version FROM stream_head WHERE tenant = $1 AND stream = ANY($2)";
    let rows = transaction.query(select, &[&tenant.uuid(), &streams]).await?;
    for check in &plan.expected {
        let is_it = |row: &&Row| {
            row.get::<_, Uuid>(0) == check.stream.id && row.get::<_, &str>(1) == check.stream.category.0
        };
        let found = Version(rows.iter().find(is_it).map_or(Ok(0), |row| sql::count(row.get(2)))?);
        if found != check.expected {
            return Err(AppendError::Conflict { stream: check.stream, found });
        }
    }
    Ok(())
}

async fn insert_keys(transaction: &Transaction<'_>, new: &Append) -> Result<(), AppendError> {
    let insert =
        "INSERT INTO subject_key (tenant, subject, wrapped_key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    for key in &new.keys {
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&new.tenant.uuid(), &key.subject.uuid(), &key.wrapped];
        if transaction.execute(insert, &params).await? == 0 {
            return Err(AppendError::KeyExists(key.subject));
        }
    }
    Ok(())
}

async fn insert(
    transaction: &Transaction<'_>,
    new: &Append,
    plan: &Plan,
    start: i64,
    recorded_at: i64,
) -> Result<i64, AppendError> {
    let tenant = new.tenant.uuid();
    let (actor, causation) = encode_metadata(&new.metadata);
    let events = &plan.events;
    let positions: Vec<i64> = (start + 1..).take(events.len()).collect();
    let categories: Vec<&str> = events.iter().map(|event| event.stream.category.0).collect();
    let streams: Vec<Uuid> = events.iter().map(|event| event.stream.id).collect();
    let versions: Vec<i64> = events.iter().map(|event| number(event.version.0)).collect();
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.uuid()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event.event.kind.name).collect();
    let schemas: Vec<i64> = events.iter().map(|event| event.event.kind.schema.into()).collect();
    let payloads: Vec<&str> = events
        .iter()
        .map(|event| std::str::from_utf8(&event.event.payload))
        .collect::<Result<_, _>>()
        .map_err(|_| AppendError::Limit("an event's payload is JSON in UTF-8"))?;
    // One statement for all events, whatever their count.
    let sql = "INSERT INTO event (tenant, position, category, stream, version, event_id, kind, schema, payload, actor, \
               correlation, causation, recorded_at) SELECT $1, e.p, e.c, e.s, e.v, e.i, e.k, e.g, e.d::jsonb, $2, $3, $4, \
               $5 FROM unnest($6::bigint[], $7::text[], $8::uuid[], $9::bigint[], $10::uuid[], $11::text[], \
               $12::bigint[], $13::text[]) AS e(p, c, s, v, i, k, g, d)";
    let correlation = new.metadata.correlation.uuid();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 13] = [
        &tenant,
        &actor,
        &correlation,
        &causation,
        &recorded_at,
        &positions,
        &categories,
        &streams,
        &versions,
        &ids,
        &kinds,
        &schemas,
        &payloads,
    ];
    transaction.execute(sql, &params).await?;
    let upsert = "INSERT INTO stream_head (tenant, stream, category, version) SELECT $1, h.s, h.c, h.v \
                  FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS h(s, c, v) \
                  ON CONFLICT (tenant, stream, category) DO UPDATE SET version = excluded.version";
    let streams: Vec<Uuid> = plan.heads.iter().map(|head| head.stream.id).collect();
    let categories: Vec<&str> = plan.heads.iter().map(|head| head.stream.category.0).collect();
    let versions: Vec<i64> = plan.heads.iter().map(|head| number(head.expected.0)).collect();
    transaction.execute(upsert, &[&tenant, &streams, &categories, &versions]).await?;
    let end = start + number(events.len() as u64);
    let raise = "UPDATE tenant_head SET position = $2, recorded_at = $3 WHERE tenant = $1";
    transaction.execute(raise, &[&tenant, &end, &recorded_at]).await?;
    Ok(end)
}

async fn owner(transaction: &Transaction<'_>, claim: &ClaimKey) -> Result<Option<ClaimOwner>, AppendError> {
    let select = "SELECT tenant, category, stream FROM claim WHERE kind = $1 AND key_hash = $2 FOR UPDATE";
    let Some(row) = transaction.query_opt(select, &[&claim.kind.name(), &claim.hash.as_slice()]).await?
    else {
        return Ok(None);
    };
    let stream = StreamId { category: category(row.get(1))?, id: row.get(2) };
    Ok(Some(ClaimOwner { tenant: TenantId::new(row.get(0)), stream }))
}

async fn claim(transaction: &Transaction<'_>, tenant: TenantId, plan: &Plan) -> Result<(), AppendError> {
    for (claim, stream) in &plan.claims_released {
        if owner(transaction, claim).await? != Some(ClaimOwner { tenant, stream: *stream }) {
            return Err(AppendError::ClaimNotOwned(*claim));
        }
        let delete = "DELETE FROM claim WHERE kind = $1 AND key_hash = $2";
        transaction.execute(delete, &[&claim.kind.name(), &claim.hash.as_slice()]).await?;
    }
    let insert = "INSERT INTO claim (kind, key_hash, tenant, category, stream) VALUES ($1, $2, $3, $4, $5) \
                  ON CONFLICT DO NOTHING";
    for (claim, stream) in &plan.claims_taken {
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&claim.kind.name(), &claim.hash.as_slice(), &tenant.uuid(), &stream.category.0, &stream.id];
        if transaction.execute(insert, &params).await? == 1 {
            continue;
        }
        match owner(transaction, claim).await? {
            Some(owner) if owner == (ClaimOwner { tenant, stream: *stream }) => {}
            Some(owner) => return Err(AppendError::ClaimTaken { claim: *claim, owner }),
            // Given back between the two statements: decide again.
            None => return Err(AppendError::Conflict { stream: *stream, found: Version::NONE }),
        }
    }
    Ok(())
}

/// Whether the server broke the transaction off for another's sake: 40001, 40P01.
fn is_broken_off(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.to_string().contains(" 40P01 ") || error.to_string().contains(" 40001 ")
}
