//! Another master key: every key is unwrapped by the old one and wrapped by the new one. What the keys seal stays as it is.

use database::{Database, Statement};
use kernel::{Id as _, SubjectId, TenantId};
use uuid::Uuid;

use super::{MasterKey, aad, open_under, seal_under, wrong_master};
use crate::JournalError;

/// Keys that are wrapped anew in one transaction.
const BATCH_COUNT: usize = 500;

/// Wraps every key of the platform by `new` that is wrapped by `old`; how many. One that is wrapped by `new` already is
/// left as it is, so that what was interrupted is ended by repeating it. Nobody else may use the database meanwhile: a
/// node that runs makes keys under the old one.
///
/// # Errors
/// [`JournalError`] where the database fails or a key opens by neither.
pub async fn rotate(database: &Database, old: &MasterKey, new: &MasterKey) -> Result<u64, JournalError> {
    let secrets = rotate_secrets(database, old, new).await?;
    let mut count = secrets;
    let mut after: Option<(Uuid, Uuid)> = None;
    loop {
        // The first page has no row before it: the platform's own key is that of the tenant and the subject of zeroes.
        let place = if after.is_some() { "WHERE tenant > $1 OR (tenant = $1 AND subject > $2)" } else { "" };
        let mut select = Statement::new(format!(
            "SELECT tenant, subject, wrapped_key FROM subject_key {place} ORDER BY tenant, subject LIMIT {BATCH_COUNT}"
        ));
        if let Some((tenant, subject)) = after {
            select = select.bind(tenant).bind(subject);
        }
        let rows = database.query(select).await?;
        let mut writes = Vec::new();
        for row in &rows {
            let (tenant, subject) = (TenantId::new(row.uuid(0)?), SubjectId::new(row.uuid(1)?));
            after = Some((tenant.uuid(), subject.uuid()));
            // One that is destroyed stays so.
            let Some(wrapped) = row.opt_bytes(2)? else { continue };
            if let Some(wrapped) = rewrapped(wrapped, &aad(tenant, subject), (old, new))? {
                let update = "UPDATE subject_key SET wrapped_key = $3 WHERE tenant = $1 AND subject = $2";
                let update = Statement::new(update).bind(tenant.uuid()).bind(subject.uuid());
                writes.push(update.bind(wrapped));
            }
        }
        if !writes.is_empty() {
            count += writes.len() as u64;
            database.write(writes).await?;
        }
        if rows.len() < BATCH_COUNT {
            return Ok(count);
        }
    }
}

async fn rotate_secrets(database: &Database, old: &MasterKey, new: &MasterKey) -> Result<u64, JournalError> {
    let mut writes = Vec::new();
    for row in database.query(Statement::new("SELECT name, wrapped_key FROM platform_secret")).await? {
        let name = row.text(0)?;
        let aad = [b"secret:", name.as_bytes()].concat();
        if let Some(wrapped) = rewrapped(row.bytes(1)?, &aad, (old, new))? {
            let update = Statement::new("UPDATE platform_secret SET wrapped_key = $2 WHERE name = $1");
            writes.push(update.bind(name.to_owned()).bind(wrapped));
        }
    }
    let count = writes.len() as u64;
    if count > 0 {
        database.write(writes).await?;
    }
    Ok(count)
}

/// The same key wrapped by the new master; none where it is already.
fn rewrapped(
    wrapped: &[u8],
    aad: &[u8],
    (old, new): (&MasterKey, &MasterKey),
) -> Result<Option<Vec<u8>>, JournalError> {
    if open_under(&new.cipher(), wrapped, aad).is_some() {
        return Ok(None);
    }
    let plain = open_under(&old.cipher(), wrapped, aad).ok_or_else(wrong_master)?;
    seal_under(&new.cipher(), &plain, aad).map(Some)
}
