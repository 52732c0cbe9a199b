//! A check of a whole journal: what must hold in every one that was ever written.

use std::collections::{BTreeMap, HashMap};

use database::{Database, Statement};
use kernel::{Cursor, Id as _, Position, StreamId, TenantId, Version};

use crate::{Journal, JournalError, PAGE_EVENT_COUNT_MAX};

/// Most faults that are told one by one.
const FAULT_COUNT_MAX: usize = 1000;

/// What was checked and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    /// Tenants read from the first event to the last.
    pub tenant_count: u64,
    /// Events read.
    pub event_count: u64,
    /// Streams whose head was compared.
    pub stream_count: u64,
    /// Claims whose owner was looked up.
    pub claim_count: u64,
    /// One sentence each; empty is good.
    pub faults: Vec<String>,
}

impl Audit {
    fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULT_COUNT_MAX {
            self.faults.push(fault);
        }
    }
}

/// Reads everything: positions without hole, versions without hole, heads as their events say, claims owned by
/// streams that exist.
///
/// # Errors
/// [`JournalError`] where reading fails.
pub async fn audit(journal: &dyn Journal, database: &Database) -> Result<Audit, JournalError> {
    let mut audit = Audit::default();
    let mut after = None;
    loop {
        let heads = journal.heads(after, PAGE_EVENT_COUNT_MAX).await?;
        let Some(last) = heads.last() else { return Ok(audit) };
        after = Some(last.tenant);
        for head in heads {
            audit_tenant(journal, database, head, &mut audit).await?;
        }
    }
}

/// Streams that several tenants have under one id, the first thousand, with those tenants. Ids are chosen so that there are none.
///
/// # Errors
/// [`JournalError`] where reading fails.
pub async fn doubled_streams(database: &Database) -> Result<BTreeMap<StreamId, Vec<TenantId>>, JournalError> {
    let select = "SELECT category, stream, tenant FROM stream_head WHERE (stream, category) IN (SELECT stream, category \
                  FROM stream_head GROUP BY stream, category HAVING count(*) > 1 ORDER BY stream, category LIMIT $1) \
                  ORDER BY tenant";
    let count = i64::try_from(FAULT_COUNT_MAX).unwrap_or(i64::MAX);
    let mut doubled: BTreeMap<StreamId, Vec<TenantId>> = BTreeMap::new();
    for row in database.query(Statement::new(select).bind(count)).await? {
        let stream = StreamId { category: crate::plan::category(row.text(0)?)?, id: row.uuid(1)? };
        doubled.entry(stream).or_default().push(TenantId::new(row.uuid(2)?));
    }
    Ok(doubled)
}

/// Streams of at least so many events, the thousand longest.
///
/// # Errors
/// [`JournalError`] where reading fails.
pub async fn long_streams(
    database: &Database,
    least: Version,
) -> Result<Vec<(TenantId, StreamId, Version)>, JournalError> {
    let select = "SELECT tenant, category, stream, version FROM stream_head WHERE version >= $1 \
                  ORDER BY version DESC, tenant, stream LIMIT $2";
    let count = i64::try_from(FAULT_COUNT_MAX).unwrap_or(i64::MAX);
    let select = Statement::new(select).bind(crate::sql::number(least.0)).bind(count);
    let mut long = Vec::new();
    for row in database.query(select).await? {
        let stream = StreamId { category: crate::plan::category(row.text(1)?)?, id: row.uuid(2)? };
        long.push((TenantId::new(row.uuid(0)?), stream, Version(crate::sql::count(row.int(3)?)?)));
    }
    Ok(long)
}

async fn audit_tenant(
    journal: &dyn Journal,
    database: &Database,
    head: Cursor,
    audit: &mut Audit,
) -> Result<(), JournalError> {
    audit.tenant_count += 1;
    let tenant = head.tenant;
    let mut versions: HashMap<StreamId, Version> = HashMap::new();
    let mut position = Position::START;
    loop {
        let page = journal.read_tenant(Cursor { tenant, position }, PAGE_EVENT_COUNT_MAX).await?;
        if page.is_empty() {
            break;
        }
        for event in page {
            audit.event_count += 1;
            position = Position(position.0 + 1);
            if event.cursor.position != position {
                audit.fault(format!(
                    "{tenant}: position {} follows {}",
                    event.cursor.position.0,
                    position.0 - 1
                ));
                position = event.cursor.position;
            }
            let version = versions.entry(event.stream).or_default();
            version.0 += 1;
            if event.version != *version {
                audit.fault(format!(
                    "{tenant}: a {} skips from version {} to {}",
                    event.stream.category.0,
                    version.0 - 1,
                    event.version.0
                ));
                *version = event.version;
            }
        }
    }
    if position < head.position {
        audit.fault(format!(
            "{tenant}: the head is at {} and the last event at {}",
            head.position.0, position.0
        ));
    }
    let select = "SELECT category, stream, version FROM stream_head WHERE tenant = $1";
    for row in database.query(Statement::new(select).bind(tenant.uuid())).await? {
        audit.stream_count += 1;
        let stream = StreamId { category: crate::plan::category(row.text(0)?)?, id: row.uuid(1)? };
        let found = versions.get(&stream).copied().unwrap_or_default();
        if found.0 != crate::sql::count(row.int(2)?)? {
            audit.fault(format!("{tenant}: the head of a {} is not its last event", stream.category.0));
        }
    }
    let select = "SELECT kind, category, stream FROM claim WHERE tenant = $1";
    for row in database.query(Statement::new(select).bind(tenant.uuid())).await? {
        audit.claim_count += 1;
        crate::plan::claim_kind(row.text(0)?)?;
        let stream = StreamId { category: crate::plan::category(row.text(1)?)?, id: row.uuid(2)? };
        if !versions.contains_key(&stream) {
            audit.fault(format!("{tenant}: a claim belongs to a {} that does not exist", stream.category.0));
        }
    }
    Ok(())
}
