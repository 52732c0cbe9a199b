//! Lists of what is in the queue.

use std::collections::HashMap;

use database::{Row, Statement, Value};
use kernel::{DomainId, Id as _, MailboxId, TenantId, Timestamp};

use super::trace::sight;
use super::{bound, parse, row};
use crate::sql::SqlStore;
use crate::{
    Depth, HeldCount, QUEUE_PAGE_COUNT_MAX, QueueEntry, RecipientKey, Selection, Sight, StateSelection,
    StoreError,
};

/// What a selection says as conditions on `queue q` and `queue_recipient r`, each beginning with AND; parameters are
/// numbered from `from`.
pub(super) fn conditions(selection: &Selection, from: usize) -> (String, Vec<Value>) {
    let mut text = String::new();
    let mut values: Vec<Value> = Vec::new();
    let mut add = |column: &str, value: Option<Value>| {
        if let Some(value) = value {
            text.push_str(&format!(" AND {column} = ${}", from + values.len()));
            values.push(value);
        }
    };
    add("q.tenant", selection.tenant.map(|tenant| tenant.uuid().into()));
    add("q.mailbox", selection.mailbox.map(|mailbox| mailbox.uuid().into()));
    add("r.queue", selection.queue_id.map(|id| row::queue_key(id).into()));
    add("r.ordinal", selection.ordinal.map(Into::into));
    add("r.domain", selection.domain.as_ref().map(|domain| domain.as_str().into()));
    match selection.state {
        StateSelection::Only(state) => add("r.state", Some(row::state_key(state).into())),
        StateSelection::Open => text.push_str(" AND r.state < 4"),
        StateSelection::Any => {}
    }
    for (is, moment) in [(">=", selection.queued_since), ("<", selection.queued_before)] {
        if let Some(moment) = moment {
            text.push_str(&format!(" AND q.queued_at {is} ${}", from + values.len()));
            values.push(moment.millis().into());
        }
    }
    if selection.sight != Sight::All {
        // Parameters number themselves from the first: room for those before.
        let mut all = vec![Value::Null; from - 1];
        all.append(&mut values);
        sight(&selection.sight, ("q.home", "q.mailbox"), &mut text, &mut all);
        values = all.split_off(from - 1);
    }
    (text, values)
}

fn entry(found: &Row) -> Result<QueueEntry, StoreError> {
    Ok(QueueEntry {
        key: RecipientKey { queue_id: found.int(0)?.unsigned_abs(), ordinal: row::ordinal(found.int(1)?) },
        tenant: TenantId::new(found.uuid(2)?),
        message: found.text(3)?.to_owned(),
        mailbox: found.opt_uuid(4)?.map(MailboxId::new),
        sender: found.opt_text(5)?.map(parse).transpose()?,
        address: parse(found.text(6)?)?,
        size: u32::try_from(found.int(7)?).unwrap_or(u32::MAX),
        queued_at: Timestamp::from_millis(found.int(8)?),
        lane: row::lane(found.int(9)?),
        state: row::state(found.int(10)?),
        due_at: Timestamp::from_millis(found.int(11)?),
        attempt_count: u32::try_from(found.int(12)?).unwrap_or(u32::MAX),
        site: found.opt_text(13)?.map(str::to_owned),
        last: row::reply(found, 14)?,
        closed_at: found.opt_int(18)?.map(Timestamp::from_millis),
        home: found.opt_uuid(19)?.map(DomainId::new),
    })
}

impl SqlStore {
    pub(crate) async fn queue_entries(
        &self,
        selection: &Selection,
        after: Option<RecipientKey>,
        limit: usize,
    ) -> Result<Vec<QueueEntry>, StoreError> {
        let (text, values) = conditions(selection, 4);
        let sql = format!(
            "SELECT r.queue, r.ordinal, q.tenant, q.message, q.mailbox, q.sender, r.address, q.size, q.queued_at, \
             q.lane, r.state, r.due_at, r.attempt_count, r.site, r.last_code, r.last_enhanced, r.last_text, \
             r.last_host, r.closed_at, q.home FROM queue_recipient r JOIN queue q ON q.id = r.queue \
             WHERE (r.queue, r.ordinal) > ($1, $2){text} ORDER BY r.queue, r.ordinal LIMIT $3"
        );
        let (queue, ordinal) =
            after.map_or((0, -1), |key| (row::queue_key(key.queue_id), i64::from(key.ordinal)));
        let mut select =
            Statement::new(sql).bind(queue).bind(ordinal).bind(bound(limit, QUEUE_PAGE_COUNT_MAX));
        select.params.extend(values);
        self.database.query(select).await?.iter().map(entry).collect()
    }

    pub(crate) async fn queue_held_counts(
        &self,
        mailboxes: &[MailboxId],
    ) -> Result<HashMap<(TenantId, MailboxId), HeldCount>, StoreError> {
        let mut select = Statement::new("");
        let mut names = Vec::new();
        for mailbox in mailboxes.iter().take(QUEUE_PAGE_COUNT_MAX) {
            select = select.bind(mailbox.uuid());
            names.push(format!("${}", names.len() + 1));
        }
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        // The state is written out, so that the index of what rests is used.
        select.sql = format!(
            "SELECT q.tenant, q.mailbox, COUNT(*), COUNT(DISTINCT q.id) FROM queue_recipient r JOIN queue q ON q.id = r.queue \
             WHERE r.state = 2 AND q.mailbox IN ({}) GROUP BY q.tenant, q.mailbox",
            names.join(", ")
        )
        .into();
        let count = |found: &Row| {
            let mailbox = (TenantId::new(found.uuid(0)?), MailboxId::new(found.uuid(1)?));
            let (recipients, messages) = (found.int(2)?.unsigned_abs(), found.int(3)?.unsigned_abs());
            Ok((mailbox, HeldCount { recipients, messages }))
        };
        self.database.query(select).await?.iter().map(count).collect()
    }

    pub(crate) async fn queue_depth(&self) -> Result<Depth, StoreError> {
        let count = async |sql: &'static str| -> Result<u64, StoreError> {
            let rows = self.database.query(Statement::new(sql)).await?;
            Ok(rows.first().map(|found| found.int(0)).transpose()?.unwrap_or_default().unsigned_abs())
        };
        Ok(Depth {
            waiting_count: count("SELECT COUNT(*) FROM queue_recipient WHERE state < 2").await?,
            held_count: count("SELECT COUNT(*) FROM queue_recipient WHERE state = 2").await?,
            suspended_count: count("SELECT COUNT(*) FROM queue_recipient WHERE state = 3").await?,
        })
    }
}
