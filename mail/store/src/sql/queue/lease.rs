//! Leases: what is due, taken for a time. What waits does so by the clocks of nodes; leases end by the database's.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use database::{Row, Statement, Transaction, Work};
use kernel::{DomainName, MailboxId, TenantId, Timestamp};
use message::Summary;
use uuid::Uuid;

use super::{LeaseClock, bound, line_key, parse, row};
use crate::sql::SqlStore;
use crate::{
    DUE_AHEAD_MAX, Due, DuePage, Instead, LEASE_RECIPIENT_COUNT_MAX, LeaseRequest, LeaseToken, Leased,
    LeasedMessage, LeasedRecipient, Line, QUEUE_PAGE_COUNT_MAX, QueuedHead, RecipientKey, StoreError,
    SuppressionCause,
};

/// Leases that are renewed in one transaction.
const RENEW_COUNT: usize = 500;
/// Lines or domains in one page.
const STEP_COUNT_MAX: usize = 1000;

struct Lease {
    request: LeaseRequest,
    token: LeaseToken,
    /// What PostgreSQL needs, so that nodes do not wait for each other.
    locking: &'static str,
    /// By our own clock.
    now: Timestamp,
}

#[async_trait]
impl Work for Lease {
    type Output = Leased;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Leased, StoreError> {
        let request = &self.request;
        let line = line_key(request.line);
        let clock = LeaseClock::of(transaction, self.now);
        let (end, ends_at) = clock.end(5, request.lasts);
        let is_due =
            format!("due_at <= CASE WHEN state = 1 THEN {} ELSE CAST($3 AS BIGINT) END", clock.shows(8));
        let latest = clock.later("CAST($3 AS BIGINT)", &clock.shows(8));
        let to_hold = row::IS_TO_BE_HELD;
        let mut rest = LEASE_RECIPIENT_COUNT_MAX;
        for (domain, count) in &request.domains {
            let update = Statement::new(format!(
                // What was ordered to be held while a node had it, and that node is gone, is held now.
                "UPDATE queue_recipient SET state = CASE WHEN state = 1 AND {to_hold} THEN 2 ELSE 1 END, \
                 wish = CASE WHEN state = 1 AND wish = 2 THEN 0 ELSE wish END, \
                 due_at = {end}, lease_owner = $6, lease_token = $7 \
                 WHERE (queue, ordinal) IN (SELECT queue, ordinal FROM queue_recipient \
                 WHERE state < 2 AND line = $1 AND domain = $2 AND due_at <= {latest} AND {is_due} \
                 ORDER BY due_at, queue LIMIT $4 {}) AND state < 2 AND {is_due}",
                self.locking
            ));
            let update = update
                .bind(line.as_str())
                .bind(domain.as_str())
                .bind(request.now.millis())
                .bind(bound(*count, rest))
                .bind(ends_at)
                .bind(request.owner)
                .bind(self.token.0)
                .bind(clock.value());
            let taken = transaction.execute(update).await?;
            rest = rest.saturating_sub(usize::try_from(taken).unwrap_or(usize::MAX));
            if rest == 0 {
                break;
            }
        }
        let select = Statement::new(
            "SELECT q.id, q.tenant, q.message, q.sender, q.size, q.ret, q.envelope_id, q.queued_at, q.lane, \
             q.origin, q.mailbox, q.is_sender_known, r.ordinal, r.address, r.notify, r.original, r.attempt_count, \
             r.delay_told_at, r.wish, r.last_code, r.last_enhanced, r.last_text, r.last_host, \
             (SELECT s.cause FROM suppression s WHERE s.tenant = q.tenant AND s.address = lower(r.address) \
             AND (s.expires_at IS NULL OR s.expires_at > $3)), q.tls, r.given \
             FROM queue_recipient r JOIN queue q ON q.id = r.queue \
             WHERE r.state = 1 AND r.lease_owner = $1 AND r.lease_token = $2 ORDER BY q.id, r.ordinal",
        );
        let select = select.bind(request.owner).bind(self.token.0).bind(request.now.millis());
        let rows = transaction.query(select).await?;
        let mut messages: Vec<(LeasedMessage, Vec<LeasedRecipient>)> = Vec::new();
        for row in &rows {
            // One row that cannot be read is left to whoever mends it, and keeps no other.
            let (recipient, message) =
                match recipient(row).and_then(|recipient| Ok((recipient, message(row)?))) {
                    Ok(read) => read,
                    Err(error) => {
                        tracing::error!(%error, queue = row.int(0)?, "a row of the queue cannot be read");
                        continue;
                    }
                };
            match messages.last_mut() {
                Some((known, recipients)) if known.queue_id == recipient.key.queue_id => {
                    recipients.push(recipient);
                }
                _ => messages.push((message, vec![recipient])),
            }
        }
        Ok(Leased { token: self.token, messages })
    }
}

fn message(row: &Row) -> Result<LeasedMessage, StoreError> {
    Ok(LeasedMessage {
        queue_id: row.int(0)?.unsigned_abs(),
        tenant: TenantId::new(row.uuid(1)?),
        message: row.text(2)?.to_owned(),
        sender: row.opt_text(3)?.map(parse).transpose()?,
        size: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
        ret: row.opt_text(5)?.map(str::to_owned),
        envelope_id: row.opt_text(6)?.map(str::to_owned),
        queued_at: Timestamp::from_millis(row.int(7)?),
        lane: row::lane(row.int(8)?),
        origin: row::origin(row.int(9)?),
        mailbox: row.opt_uuid(10)?.map(MailboxId::new),
        is_sender_known: row.int(11)? != 0,
        tls: row::tls(row.int(24)?),
    })
}

fn recipient(row: &Row) -> Result<LeasedRecipient, StoreError> {
    let instead = match (row.int(18)?, row.opt_text(23)?) {
        (row::WISH_BOUNCE, _) => Some(Instead::Bounce),
        (_, Some(cause)) => Some(Instead::Suppressed(SuppressionCause::of(cause))),
        (_, None) => None,
    };
    Ok(LeasedRecipient {
        key: RecipientKey { queue_id: row.int(0)?.unsigned_abs(), ordinal: row::ordinal(row.int(12)?) },
        address: parse(row.text(13)?)?,
        notify: row.opt_text(14)?.map(str::to_owned),
        original: row.opt_text(15)?.map(str::to_owned),
        given: row.opt_text(25)?.map(parse).transpose()?,
        attempt_count: u32::try_from(row.int(16)?).unwrap_or(u32::MAX),
        is_delay_told: row.opt_int(17)?.is_some(),
        instead,
        last: row::reply(row, 19)?,
    })
}

impl SqlStore {
    pub(crate) async fn queue_lines(
        &self,
        after: Option<Line>,
        limit: usize,
    ) -> Result<Vec<Line>, StoreError> {
        // One step of the index per line, however long the lines are.
        let select = Statement::new(
            "WITH RECURSIVE head (line) AS ( \
             SELECT (SELECT line FROM queue_recipient WHERE state < 2 AND line > $1 ORDER BY line LIMIT 1) \
             UNION ALL SELECT (SELECT r.line FROM queue_recipient r WHERE r.state < 2 AND r.line > head.line \
             ORDER BY r.line LIMIT 1) FROM head WHERE head.line IS NOT NULL) \
             SELECT line FROM head WHERE line IS NOT NULL LIMIT $2",
        );
        let select = select.bind(after.map(line_key).unwrap_or_default()).bind(bound(limit, STEP_COUNT_MAX));
        let rows = self.database.query(select).await?;
        let lines = rows.iter().map(|found| Ok(row::line(found.text(0)?)));
        Ok(lines.collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect())
    }

    pub(crate) async fn queue_due(
        &self,
        line: Line,
        after: Option<&str>,
        now: Timestamp,
        limit: usize,
    ) -> Result<DuePage, StoreError> {
        let clock = LeaseClock::of_database(&self.database, self.now());
        let ahead = now.plus(DUE_AHEAD_MAX);
        // Where nothing that waits is due, a lease may have ended.
        let select = Statement::new(format!(
            "WITH RECURSIVE step (domain) AS ( \
             SELECT (SELECT domain FROM queue_recipient WHERE state < 2 AND line = $1 AND domain > $2 \
             ORDER BY domain LIMIT 1) \
             UNION ALL SELECT (SELECT r.domain FROM queue_recipient r WHERE r.state < 2 AND r.line = $1 \
             AND r.domain > step.domain ORDER BY r.domain LIMIT 1) FROM step WHERE step.domain IS NOT NULL) \
             SELECT domain, waits_until, CASE WHEN waits_until <= $4 THEN NULL ELSE \
             (SELECT r.due_at FROM queue_recipient r WHERE r.state < 2 AND r.state = 1 AND r.line = $1 \
             AND r.domain = found.domain AND r.due_at <= {} ORDER BY r.due_at LIMIT 1) END, \
             EXISTS (SELECT 1 FROM queue_recipient r WHERE r.state < 2 AND r.state = 0 AND r.line = $1 \
             AND r.domain = found.domain AND r.due_at > $6) FROM (SELECT domain, \
             (SELECT r.due_at FROM queue_recipient r WHERE r.state < 2 AND r.state = 0 AND r.line = $1 \
             AND r.domain = step.domain ORDER BY r.due_at LIMIT 1) AS waits_until \
             FROM step WHERE domain IS NOT NULL LIMIT $3) AS found",
            clock.shows(5)
        ));
        let limit = bound(limit, STEP_COUNT_MAX);
        let select = select.bind(line_key(line)).bind(after.unwrap_or_default()).bind(limit);
        let select = select.bind(now.millis()).bind(clock.value()).bind(ahead.millis());
        let rows = self.database.query(select).await?;
        let mut page = DuePage::default();
        for found in &rows {
            let waits_until = Timestamp::from_millis(found.opt_int(1)?.unwrap_or(i64::MAX));
            let is_too_late = found.bool(3)?;
            if is_too_late {
                self.hasten(line, found.text(0)?, (now, ahead)).await?;
            }
            let due_at = if found.opt_int(2)?.is_some() || is_too_late { now } else { waits_until };
            if let (true, Ok(domain)) = (due_at <= now, DomainName::parse(found.text(0)?)) {
                page.due.push(Due { domain, due_at });
            }
        }
        if i64::try_from(rows.len()).is_ok_and(|count| count >= limit) {
            page.next = rows.last().map(|found| found.text(0).map(str::to_owned)).transpose()?;
        }
        Ok(page)
    }

    /// What was put off further than anybody puts off, by a clock that was wrong, is due now.
    async fn hasten(
        &self,
        line: Line,
        domain: &str,
        (now, ahead): (Timestamp, Timestamp),
    ) -> Result<(), StoreError> {
        let update = Statement::new(
            "UPDATE queue_recipient SET due_at = $3 \
             WHERE state < 2 AND state = 0 AND line = $1 AND domain = $2 AND due_at > $4",
        );
        let update = update.bind(line_key(line)).bind(domain).bind(now.millis()).bind(ahead.millis());
        let hastened: u64 = self.of(line.tenant).write(vec![update]).await?.iter().sum();
        tracing::warn!(hastened, "mail was put off by a clock that was wrong; it is due now");
        Ok(())
    }

    pub(crate) async fn queue_lease(&self, request: LeaseRequest) -> Result<Leased, StoreError> {
        let locking = if self.database.sqlite().is_some() { "" } else { "FOR UPDATE SKIP LOCKED" };
        let tenant = request.line.tenant;
        let work = Lease { request, token: LeaseToken(Uuid::now_v7()), locking, now: self.now() };
        self.of(tenant).transact(work).await
    }

    pub(crate) async fn queue_renew(
        &self,
        owner: Uuid,
        tokens: &[LeaseToken],
        lasts: Duration,
    ) -> Result<Vec<u64>, StoreError> {
        let (end, ends_at) = LeaseClock::of_database(&self.database, self.now()).end(3, lasts);
        let mut renewed = Vec::with_capacity(tokens.len());
        for some in tokens.chunks(RENEW_COUNT) {
            let update = |token: &LeaseToken| {
                Statement::new(format!(
                    "UPDATE queue_recipient SET due_at = {end} \
                     WHERE state = 1 AND lease_owner = $1 AND lease_token = $2"
                ))
                .bind(owner)
                .bind(token.0)
                .bind(ends_at)
            };
            renewed.extend(self.database.write(some.iter().map(update).collect()).await?);
        }
        Ok(renewed)
    }

    pub(crate) async fn queue_end_leases(&self) -> Result<u64, StoreError> {
        let update = Statement::new(format!(
            "UPDATE queue_recipient SET state = CASE WHEN {} THEN 2 ELSE 0 END, \
             wish = CASE WHEN wish = 2 THEN 0 ELSE wish END, due_at = $1, lease_owner = NULL, \
             lease_token = NULL WHERE state = 1",
            row::IS_TO_BE_HELD
        ));
        let touched = self.database.write(vec![update.bind(self.now().millis())]).await?;
        Ok(touched.iter().sum())
    }

    pub(crate) async fn queue_content(&self, queue_id: u64) -> Result<Option<Bytes>, StoreError> {
        let select =
            Statement::new("SELECT b.octets FROM queue q JOIN blob b ON b.id = q.blob WHERE q.id = $1");
        let rows = self.database.query(select.bind(row::queue_key(queue_id))).await?;
        Ok(rows.first().map(|found| found.bytes(0).map(Bytes::copy_from_slice)).transpose()?)
    }

    /// From what was derived when the messages came: nothing is read of the messages themselves.
    pub(crate) async fn queue_heads(&self, queue_ids: &[u64]) -> Result<Vec<QueuedHead>, StoreError> {
        let wanted = queue_ids.iter().take(QUEUE_PAGE_COUNT_MAX);
        let places: Vec<String> = (1..=wanted.len()).map(|place| format!("${place}")).collect();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let select = format!(
            "SELECT q.id, b.summary FROM queue q JOIN blob b ON b.id = q.blob WHERE q.id IN ({}) ORDER BY q.id",
            places.join(", ")
        );
        let select = wanted.fold(Statement::new(select), |select, id| select.bind(row::queue_key(*id)));
        let rows = self.database.query(select).await?;
        let heads = rows.iter().map(|found| {
            let summary = Summary::decode(found.bytes(1)?).ok();
            let (subject, sent_at) = match summary {
                Some(summary) => (summary.envelope.subject, summary.sent_at_ms),
                // Of a form that is not known any more.
                None => (None, None),
            };
            Ok(QueuedHead {
                queue_id: u64::try_from(found.int(0)?).unwrap_or_default(),
                subject: subject.map(|subject| message::decode_words(&subject)),
                sent_at: sent_at.map(Timestamp::from_millis),
            })
        });
        heads.collect()
    }
}
