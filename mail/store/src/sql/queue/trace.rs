//! The message trace.

use database::{Row, Statement, Value};
use kernel::{Id as _, MailboxId, TenantId, Timestamp};

use super::{bound, row};
use crate::sql::SqlStore;
use crate::trace::{Direction, Passage, Stage};
use crate::{PassageFilter, QUEUE_PAGE_COUNT_MAX, StoreError};

/// Adds a passage.
pub(crate) fn insert(passage: &Passage) -> Statement {
    let reply = passage.reply.as_ref();
    Statement::new(
        "INSERT INTO passage (tenant, mailbox, message, direction, at, stage, sender, recipient, code, enhanced, \
         text, host, next_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(passage.tenant.uuid())
    .bind(passage.mailbox.map(|mailbox| mailbox.uuid()))
    .bind(passage.message.as_str())
    .bind(match passage.direction {
        Direction::Out => 0_i64,
        Direction::In => 1,
    })
    .bind(passage.at.millis())
    .bind(passage.stage.as_str())
    .bind(passage.sender.clone())
    .bind(passage.recipient.clone())
    .bind(reply.map(|reply| reply.code))
    .bind(reply.map(|reply| reply.enhanced.clone()))
    .bind(reply.map(|reply| reply.text.clone()))
    .bind(reply.and_then(|reply| reply.host.clone()))
    .bind(passage.next_at.map(Timestamp::millis))
}

fn passage(found: &Row) -> Result<(u64, Passage), StoreError> {
    let stage = Stage::parse(found.text(6)?);
    let stage = stage.ok_or_else(|| StoreError::Failed("a stage that is not known".into()))?;
    let passage = Passage {
        tenant: TenantId::new(found.uuid(1)?),
        mailbox: found.opt_uuid(2)?.map(MailboxId::new),
        message: found.text(3)?.to_owned(),
        direction: if found.int(4)? == 0 { Direction::Out } else { Direction::In },
        at: Timestamp::from_millis(found.int(5)?),
        stage,
        sender: found.opt_text(7)?.map(str::to_owned),
        recipient: found.opt_text(8)?.map(str::to_owned),
        reply: match found.opt_int(9)? {
            Some(_) => Some(row::reply(found, 9)?),
            None => None,
        },
        next_at: found.opt_int(13)?.map(Timestamp::from_millis),
    };
    Ok((found.int(0)?.unsigned_abs(), passage))
}

impl SqlStore {
    pub(crate) async fn passage_page(
        &self,
        tenant: TenantId,
        of: &PassageFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Passage)>, StoreError> {
        let mut text = String::new();
        let mut values: Vec<Value> = vec![
            tenant.uuid().into(),
            before.map_or(i64::MAX, row::queue_key).into(),
            bound(limit, QUEUE_PAGE_COUNT_MAX).into(),
        ];
        let mut add = |column: &str, value: Option<Value>| {
            if let Some(value) = value {
                values.push(value);
                text.push_str(&format!(" AND {column} = ${}", values.len()));
            }
        };
        add("message", of.message.as_deref().map(Into::into));
        add("mailbox", of.mailbox.map(|mailbox| mailbox.uuid().into()));
        add("stage", of.stage.map(|stage| stage.as_str().into()));
        let sql = format!(
            "SELECT id, tenant, mailbox, message, direction, at, stage, sender, recipient, code, enhanced, text, \
             host, next_at FROM passage WHERE tenant = $1 AND id < $2{text} ORDER BY id DESC LIMIT $3"
        );
        let rows = self.database.query(Statement { sql: sql.into(), params: values }).await?;
        rows.iter().map(passage).collect()
    }
}
