//! The journal in SQLite: appends of many tenants share one flush.

use database::{DatabaseError, Sqlite};
use kernel::{Cursor, Id, Position, StreamId, TenantId, Version};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::plan::{Plan, PlannedEvent, category, encode_metadata};
use crate::sql::{self, number};
use crate::{Append, AppendError, Appended, ClaimKey, ClaimOwner};

impl From<DatabaseError> for AppendError {
    fn from(error: DatabaseError) -> Self {
        Self::Journal(error.into())
    }
}

fn failed(error: rusqlite::Error) -> AppendError {
    AppendError::from(DatabaseError::from(error))
}

/// Appends; `now` in milliseconds since 1970.
pub(crate) async fn append(
    sqlite: &Sqlite,
    new: Append,
    plan: Plan,
    now: i64,
) -> Result<Appended, AppendError> {
    sqlite.on_behalf_of(new.tenant.uuid()).write(move |connection| write(connection, &new, &plan, now)).await
}

/// Everything that must happen while nobody else writes.
fn write(connection: &Connection, append: &Append, plan: &Plan, now: i64) -> Result<Appended, AppendError> {
    let tenant = append.tenant;
    if let Some(cursor) = find_repeat(connection, tenant, &plan.events)? {
        return Ok(Appended::Already(cursor));
    }
    for check in &plan.expected {
        let found = version(connection, tenant, check.stream)?;
        if found != check.expected {
            return Err(AppendError::Conflict { stream: check.stream, found });
        }
    }
    for key in &append.keys {
        let sql = "INSERT INTO subject_key (tenant, subject, wrapped_key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let mut insert = connection.prepare_cached(sql).map_err(failed)?;
        if insert
            .execute(params![tenant.uuid().into_bytes(), key.subject.uuid().into_bytes(), key.wrapped])
            .map_err(failed)?
            == 0
        {
            return Err(AppendError::KeyExists(key.subject));
        }
    }
    for (claim, stream) in &plan.claims_released {
        release(connection, tenant, claim, *stream)?;
    }
    for (claim, stream) in &plan.claims_taken {
        take(connection, tenant, claim, *stream)?;
    }
    insert(connection, append, plan, now)
}

/// The place of a command that was appended before; a fault where it was appended with other events.
fn find_repeat(
    connection: &Connection,
    tenant: TenantId,
    events: &[PlannedEvent],
) -> Result<Option<Cursor>, AppendError> {
    let sql = "SELECT position, category, stream, version FROM event WHERE tenant = ?1 AND event_id = ?2";
    let mut select = connection.prepare_cached(sql).map_err(failed)?;
    let mut last = None;
    for (index, event) in events.iter().enumerate() {
        let found = select
            .query_row(params![tenant.uuid().into_bytes(), event.id.uuid().into_bytes()], |row| {
                let stream: [u8; 16] = row.get(2)?;
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, stream, row.get::<_, i64>(3)?))
            })
            .optional()
            .map_err(failed)?;
        let is_same = found.as_ref().is_some_and(|(_, category, stream, version)| {
            *category == event.stream.category.0
                && stream == event.stream.id.as_bytes()
                && *version == number(event.version.0)
        });
        match found {
            Some((position, ..)) if is_same && (index == 0 || last.is_some()) => {
                last = Some(Cursor { tenant, position: Position(sql::count(position)?) });
            }
            None if last.is_none() => {}
            _ => return Err(AppendError::DifferentCommand(event.id)),
        }
    }
    Ok(last)
}

fn version(connection: &Connection, tenant: TenantId, stream: StreamId) -> Result<Version, AppendError> {
    let sql = "SELECT version FROM stream_head WHERE tenant = ?1 AND stream = ?2 AND category = ?3";
    let mut select = connection.prepare_cached(sql).map_err(failed)?;
    let params = params![tenant.uuid().into_bytes(), stream.id.as_bytes(), stream.category.0];
    let found: Option<i64> = select.query_row(params, |row| row.get(0)).optional().map_err(failed)?;
    Ok(Version(sql::count(found.unwrap_or(0))?))
}

fn owner(connection: &Connection, claim: &ClaimKey) -> Result<Option<ClaimOwner>, AppendError> {
    let sql = "SELECT tenant, category, stream FROM claim WHERE kind = ?1 AND key_hash = ?2";
    let mut select = connection.prepare_cached(sql).map_err(failed)?;
    let found = select
        .query_row(params![claim.kind.name(), claim.hash], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, String>(1)?, row.get::<_, [u8; 16]>(2)?))
        })
        .optional()
        .map_err(failed)?;
    let Some((tenant, name, stream)) = found else { return Ok(None) };
    let stream = StreamId { category: category(&name)?, id: uuid::Uuid::from_bytes(stream) };
    Ok(Some(ClaimOwner { tenant: TenantId::new(uuid::Uuid::from_bytes(tenant)), stream }))
}

fn release(
    connection: &Connection,
    tenant: TenantId,
    claim: &ClaimKey,
    stream: StreamId,
) -> Result<(), AppendError> {
    if owner(connection, claim)? != Some(ClaimOwner { tenant, stream }) {
        return Err(AppendError::ClaimNotOwned(*claim));
    }
    let sql = "DELETE FROM claim WHERE kind = ?1 AND key_hash = ?2";
    let mut delete = connection.prepare_cached(sql).map_err(failed)?;
    delete.execute(params![claim.kind.name(), claim.hash]).map_err(failed)?;
    Ok(())
}

fn take(
    connection: &Connection,
    tenant: TenantId,
    claim: &ClaimKey,
    stream: StreamId,
) -> Result<(), AppendError> {
    match owner(connection, claim)? {
        Some(owner) if owner == (ClaimOwner { tenant, stream }) => Ok(()),
        Some(owner) => Err(AppendError::ClaimTaken { claim: *claim, owner }),
        None => {
            let sql =
                "INSERT INTO claim (kind, key_hash, tenant, category, stream) VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut insert = connection.prepare_cached(sql).map_err(failed)?;
            let params = params![
                claim.kind.name(),
                claim.hash,
                tenant.uuid().into_bytes(),
                stream.category.0,
                stream.id.as_bytes()
            ];
            insert.execute(params).map_err(failed)?;
            Ok(())
        }
    }
}

fn insert(connection: &Connection, append: &Append, plan: &Plan, now: i64) -> Result<Appended, AppendError> {
    let tenant = append.tenant;
    let sql = "SELECT position, recorded_at FROM tenant_head WHERE tenant = ?1";
    let head: Option<(i64, i64)> = connection
        .prepare_cached(sql)
        .and_then(|mut select| {
            select
                .query_row(params![tenant.uuid().into_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(failed)?;
    let (start, last_recorded_at) = head.unwrap_or((0, i64::MIN));
    let recorded_at = now.max(last_recorded_at);
    let (actor, causation) = encode_metadata(&append.metadata);
    let sql = "INSERT INTO event (tenant, position, category, stream, version, event_id, kind, schema, payload, actor, \
               correlation, causation, recorded_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let mut insert = connection.prepare_cached(sql).map_err(failed)?;
    let mut position = start;
    for planned in &plan.events {
        position += 1;
        let payload = std::str::from_utf8(&planned.event.payload)
            .map_err(|_| AppendError::Limit("an event's payload is JSON in UTF-8"))?;
        let params = params![
            tenant.uuid().into_bytes(),
            position,
            planned.stream.category.0,
            planned.stream.id.as_bytes(),
            number(planned.version.0),
            planned.id.uuid().into_bytes(),
            planned.event.kind.name,
            planned.event.kind.schema,
            payload,
            actor,
            append.metadata.correlation.uuid().into_bytes(),
            causation.as_ref().map(uuid::Uuid::as_bytes),
            recorded_at,
        ];
        insert.execute(params).map_err(failed)?;
    }
    let sql = "INSERT INTO stream_head (tenant, stream, category, version) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (tenant, stream, category) DO UPDATE SET version = excluded.version";
    let mut upsert = connection.prepare_cached(sql).map_err(failed)?;
    for head in &plan.heads {
        let stream = head.stream;
        let version = number(head.expected.0);
        let params = params![tenant.uuid().into_bytes(), stream.id.as_bytes(), stream.category.0, version];
        upsert.execute(params).map_err(failed)?;
    }
    let sql = "INSERT INTO tenant_head (tenant, position, recorded_at) VALUES (?1, ?2, ?3) \
               ON CONFLICT (tenant) DO UPDATE SET position = excluded.position, recorded_at = excluded.recorded_at";
    let mut upsert = connection.prepare_cached(sql).map_err(failed)?;
    upsert.execute(params![tenant.uuid().into_bytes(), position, recorded_at]).map_err(failed)?;
    Ok(Appended::New(Cursor { tenant, position: Position(sql::count(position)?) }))
}
