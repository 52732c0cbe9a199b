//! What the projections of all nouns have in common.

use database::Statement;
use kernel::{Id, Recorded, Sealed, TenantId};
use uuid::Uuid;

/// A row's key and birth, as statements need them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) tenant: Uuid,
    pub(crate) id: Uuid,
    pub(crate) born: i64,
    pub(crate) at: i64,
}

impl Place {
    pub(crate) fn of<E>(recorded: &Recorded<E>) -> Self {
        Self {
            tenant: recorded.cursor.tenant.uuid(),
            id: recorded.stream.id,
            born: i64::try_from(recorded.cursor.position.0).unwrap_or(i64::MAX),
            at: recorded.recorded_at.millis(),
        }
    }

    /// A statement whose first two parameters are the key.
    pub(crate) fn statement(self, sql: &'static str) -> Statement {
        Statement::new(sql).bind(self.tenant).bind(self.id)
    }
}

/// Octets or a count in a column.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Deletes a tenant's rows.
pub(crate) fn clear(sql: &'static str, tenant: TenantId) -> Vec<Statement> {
    vec![Statement::new(sql).bind(tenant.uuid())]
}

/// Drops the tables of a revision.
pub(crate) fn drop_tables(tables: &[&str], revision: u16) -> Vec<Statement> {
    tables.iter().map(|table| Statement::new(format!("DROP TABLE IF EXISTS {table}_v{revision}"))).collect()
}

/// Settings as JSON; none once erased: the defaults.
pub(crate) fn json<T: serde::Serialize>(settings: &Sealed<T>) -> Option<String> {
    settings.plain().and_then(|settings| serde_json::to_string(settings).ok())
}
