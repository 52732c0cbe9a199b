//! The message trace.

use database::{Row, Statement, Value};
use kernel::{DomainId, Id as _, MailboxId, TenantId, Timestamp};

use super::{bound, row};
use crate::sql::SqlStore;
use crate::trace::{Direction, Passage, Stage};
use crate::{LETTER_COUNT_MAX, PassageFilter, QUEUE_PAGE_COUNT_MAX, Sight, StoreError, SuppressionCause};

/// Domains, and mailboxes, that a question names at most.
const SIGHT_COUNT_MAX: usize = 500;

const fn direction_key(direction: Direction) -> i64 {
    match direction {
        Direction::Out => 0,
        Direction::In => 1,
    }
}

/// Adds a passage.
pub(crate) fn insert(passage: &Passage) -> Statement {
    let reply = passage.reply.as_ref();
    Statement::new(
        "INSERT INTO passage (tenant, mailbox, message, direction, at, stage, sender, recipient, code, enhanced, \
         text, host, next_at, domain, folder, reasons, message_id, source) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(passage.tenant.uuid())
    .bind(passage.mailbox.map(|mailbox| mailbox.uuid()))
    .bind(passage.message.as_str())
    .bind(direction_key(passage.direction))
    .bind(passage.at.millis())
    .bind(passage.stage.as_str())
    .bind(passage.sender.clone())
    .bind(passage.recipient.clone())
    .bind(reply.map(|reply| reply.code))
    .bind(reply.map(|reply| reply.enhanced.clone()))
    .bind(reply.map(|reply| reply.text.clone()))
    .bind(reply.and_then(|reply| reply.host.clone()))
    .bind(passage.next_at.map(Timestamp::millis))
    .bind(passage.domain.map(|domain| domain.uuid()))
    .bind(passage.folder.clone())
    .bind(passage.reasons.join(" "))
    .bind(passage.message_id.clone())
    .bind(passage.source.clone())
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
        domain: found.opt_uuid(14)?.map(DomainId::new),
        folder: found.opt_text(15)?.map(str::to_owned),
        reasons: found.text(16)?.split_whitespace().map(str::to_owned).collect(),
        message_id: found.opt_text(17)?.map(str::to_owned),
        source: found.opt_text(18)?.map(str::to_owned),
    };
    Ok((found.int(0)?.unsigned_abs(), passage))
}

/// Numbered parameters, and conditions on them that each begin with AND.
struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    fn add(&mut self, left: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.values.push(value);
            self.text.push_str(&format!(" AND {left} ${}", self.values.len()));
        }
    }

    fn of(&mut self, of: &PassageFilter) {
        let lowered = |text: &Option<String>| text.as_ref().map(|text| text.to_lowercase().into());
        self.add("message =", of.message.as_deref().map(Into::into));
        self.add("mailbox =", of.mailbox.map(|mailbox| mailbox.uuid().into()));
        self.add("stage =", of.stage.map(|stage| stage.as_str().into()));
        self.add("direction =", of.direction.map(|direction| direction_key(direction).into()));
        self.add("lower(sender) =", lowered(&of.sender));
        self.add("at >=", of.since.map(|since| since.millis().into()));
        self.add("at <", of.until.map(|until| until.millis().into()));
        if let Some(message_id) = &of.message_id {
            self.values.push(message_id.as_str().into());
            self.text.push_str(&format!(
                " AND message IN (SELECT message FROM passage WHERE tenant = $1 AND message_id = ${})",
                self.values.len()
            ));
        }
        if let Some(recipient) = lowered(&of.recipient) {
            self.recipient(recipient, &of.sight);
        }
        sight(&of.sight, ("domain", "mailbox"), &mut self.text, &mut self.values);
    }

    /// What is about a recipient, and how the messages began in which it is about one, as far as that is seen.
    fn recipient(&mut self, recipient: Value, seen: &Sight) {
        self.values.push(recipient);
        let number = self.values.len();
        self.text.push_str(&format!(
            " AND (recipient IS NULL OR lower(recipient) = ${number}) \
             AND message IN (SELECT message FROM passage WHERE tenant = $1 AND lower(recipient) = ${number}"
        ));
        sight(seen, ("domain", "mailbox"), &mut self.text, &mut self.values);
        self.text.push(')');
    }
}

/// Narrows to what is seen; `columns` are those of the domain and of the mailbox.
pub(super) fn sight(sight: &Sight, columns: (&str, &str), text: &mut String, values: &mut Vec<Value>) {
    let Sight::Parts { domains, mailboxes } = sight else { return };
    let domains: Vec<Value> = domains.iter().map(|id| id.uuid().into()).collect();
    let mailboxes: Vec<Value> = mailboxes.iter().map(|id| id.uuid().into()).collect();
    let mut alternatives = vec!["1 = 0".to_owned()];
    for (column, ids) in [(columns.0, domains), (columns.1, mailboxes)] {
        let names: Vec<String> = ids
            .into_iter()
            .take(SIGHT_COUNT_MAX)
            .map(|id| {
                values.push(id);
                format!("${}", values.len())
            })
            .collect();
        if !names.is_empty() {
            alternatives.push(format!("{column} IN ({})", names.join(", ")));
        }
    }
    text.push_str(&format!(" AND ({})", alternatives.join(" OR ")));
}

impl SqlStore {
    pub(crate) async fn passage_page(
        &self,
        tenant: TenantId,
        of: &PassageFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, Passage)>, StoreError> {
        let values = vec![
            tenant.uuid().into(),
            before.map_or(i64::MAX, row::queue_key).into(),
            bound(limit, QUEUE_PAGE_COUNT_MAX).into(),
        ];
        let mut conditions = Conditions { text: String::new(), values };
        conditions.of(of);
        let sql = format!(
            "SELECT id, tenant, mailbox, message, direction, at, stage, sender, recipient, code, enhanced, text, \
             host, next_at, domain, folder, reasons, message_id, source FROM passage \
             WHERE tenant = $1 AND id < $2{} ORDER BY id DESC LIMIT $3",
            conditions.text
        );
        let rows = self.database.query(Statement { sql: sql.into(), params: conditions.values }).await?;
        rows.iter().map(passage).collect()
    }

    pub(crate) async fn passages_forget(
        &self,
        tenant: TenantId,
        mailbox: MailboxId,
    ) -> Result<(), StoreError> {
        let of = |sql: &'static str| Statement::new(sql).bind(tenant.uuid()).bind(mailbox.uuid());
        let closed = "SELECT id FROM queue WHERE tenant = $1 AND mailbox = $2 AND closed_at IS NOT NULL";
        self.database
            .write(vec![
                of("DELETE FROM passage WHERE tenant = $1 AND mailbox = $2"),
                Statement::new(format!("DELETE FROM queue_recipient WHERE queue IN ({closed})"))
                    .bind(tenant.uuid())
                    .bind(mailbox.uuid()),
                of("DELETE FROM queue WHERE tenant = $1 AND mailbox = $2 AND closed_at IS NOT NULL"),
            ])
            .await?;
        Ok(())
    }

    pub(crate) async fn letters_forget(
        &self,
        tenant: TenantId,
        numbers: &[String],
    ) -> Result<(), StoreError> {
        let numbers = numbers.get(..LETTER_COUNT_MAX).unwrap_or(numbers);
        if numbers.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = (2..numbers.len() + 2).map(|place| format!("${place}")).collect();
        let named = format!("tenant = $1 AND message IN ({})", names.join(", "));
        let of = |sql: &str| {
            let statement = Statement::new(sql.replace("{named}", &named)).bind(tenant.uuid());
            numbers.iter().fold(statement, |statement, number| statement.bind(number.as_str()))
        };
        let absent = SuppressionCause::NoSuchAddress.as_str();
        let recipients = "queue_recipient WHERE queue IN (SELECT id FROM queue WHERE {named})";
        self.database
            .write(vec![
                of(&format!(
                    "DELETE FROM suppression WHERE tenant = $1 AND cause = '{absent}' \
                     AND address IN (SELECT lower(address) FROM {recipients})"
                )),
                of(&format!("DELETE FROM {recipients}")),
                of("DELETE FROM queue WHERE {named}"),
                of("DELETE FROM passage WHERE {named}"),
            ])
            .await?;
        Ok(())
    }
}
