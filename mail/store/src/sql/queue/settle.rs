//! Outcomes: what became of leased recipients, with the report that tells the sender, in one transaction.

use async_trait::async_trait;
use database::{Statement, Transaction, Work};
use kernel::Timestamp;

use super::row;
use super::site::ON_LIST;
use crate::sql::SqlStore;
use crate::sql::accept::Accept;
use crate::trace::Stage;
use crate::{
    DelayNotice, LeaseToken, Modseq, Outcome, Owner, RecipientKey, RemoteReply, Settlement, Settling,
    StoreError, Suppress, SuppressionCause,
};

struct Settle {
    token: LeaseToken,
    settlements: Vec<Settlement>,
    report: Option<Accept>,
    now: Timestamp,
    /// What PostgreSQL needs, so that a site is not resumed while it is settled as suspended.
    locking: &'static str,
}

#[async_trait]
impl Work for Settle {
    type Output = (usize, Vec<(Owner, Modseq)>);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let is_suspended = |settlement: &Settlement| matches!(settlement.outcome, Outcome::Suspended { .. });
        if !self.locking.is_empty() && self.settlements.iter().any(is_suspended) {
            let lock = Statement::new(format!("SELECT site FROM suspension {}", self.locking));
            transaction.query(lock).await?;
        }
        let mut written = 0;
        let mut closed: Vec<(u64, i64)> = Vec::new();
        for settlement in &self.settlements {
            if !self.write(transaction, settlement).await? {
                continue;
            }
            written += 1;
            let queue_id = settlement.key.queue_id;
            let ended = i64::from(matches!(settlement.outcome, Outcome::Delivered | Outcome::Bounced));
            match closed.last_mut() {
                Some((known, count)) if *known == queue_id => *count += ended,
                _ => closed.push((queue_id, ended)),
            }
        }
        for (queue_id, count) in &closed {
            close(transaction, *queue_id, *count, self.now).await?;
        }
        let Some(report) = self.report.as_ref().filter(|_| written > 0) else {
            return Ok((written, Vec::new()));
        };
        for (queue_id, _) in &closed {
            let update = Statement::new("UPDATE queue SET reported_at = $2 WHERE id = $1");
            let update = update.bind(row::queue_key(*queue_id)).bind(self.now.millis());
            transaction.execute(update).await?;
            let told = Statement::new(
                "INSERT INTO passage (tenant, mailbox, message, direction, at, stage, sender, domain) \
                 SELECT tenant, mailbox, message, 0, $2, 'reported', sender, home FROM queue WHERE id = $1",
            );
            transaction.execute(told.bind(row::queue_key(*queue_id)).bind(self.now.millis())).await?;
        }
        let (_, rings) = report.run(transaction).await?;
        Ok((written, rings))
    }
}

/// What a row becomes.
struct Next {
    state: i64,
    due_at: i64,
    attempts: i64,
    told_at: Option<i64>,
    closed_at: Option<i64>,
    stage: Option<Stage>,
}

impl Settle {
    fn next(&self, outcome: &Outcome) -> Next {
        let now = self.now.millis();
        let end = |state, stage| Next {
            state,
            due_at: now,
            attempts: 1,
            told_at: None,
            closed_at: Some(now),
            stage: Some(stage),
        };
        let stay = |state, due_at, attempts, stage| Next {
            state,
            due_at,
            attempts,
            told_at: None,
            closed_at: None,
            stage,
        };
        let told_at = |delay| (delay == DelayNotice::Told).then_some(now);
        match outcome {
            Outcome::Delivered => end(row::DELIVERED, Stage::Delivered),
            Outcome::Bounced => end(row::BOUNCED, Stage::Bounced),
            Outcome::Retry { due_at, delay } => Next {
                told_at: told_at(*delay),
                ..stay(row::SCHEDULED, due_at.millis(), 1, Some(Stage::Deferred))
            },
            Outcome::Returned { due_at } => stay(row::SCHEDULED, due_at.millis(), 0, None),
            Outcome::Unasked { due_at } => stay(row::SCHEDULED, due_at.millis(), 0, Some(Stage::Deferred)),
            Outcome::Suspended { due_at, delay } => Next {
                told_at: told_at(*delay),
                ..stay(row::SUSPENDED, due_at.millis(), 1, Some(Stage::Suspended))
            },
        }
    }

    /// Writes one outcome; whether the lease was still ours.
    async fn write(
        &self,
        transaction: &mut Transaction<'_>,
        settlement: &Settlement,
    ) -> Result<bool, StoreError> {
        let next = self.next(&settlement.outcome);
        let reply = &settlement.reply;
        let tells = next.stage.is_some();
        let to_hold = row::IS_TO_BE_HELD;
        let update = Statement::new(if tells {
            format!(
                "UPDATE queue_recipient SET state = CASE WHEN $4 IN (0, 3) AND {to_hold} THEN 2 \
             WHEN $4 = 3 AND NOT EXISTS (SELECT 1 FROM suspension s WHERE s.site IN ($9, queue_recipient.domain)) \
             THEN 0 ELSE $4 END, due_at = CASE WHEN wish = 1 AND $4 IN (0, 3) OR $4 = 3 AND NOT EXISTS \
             (SELECT 1 FROM suspension s WHERE s.site IN ($9, queue_recipient.domain)) THEN CAST($14 AS BIGINT) ELSE CAST($5 AS BIGINT) END, \
             attempt_count = attempt_count + $6, delay_told_at = COALESCE($7, delay_told_at), closed_at = $8, \
             site = COALESCE($9, site), last_code = $10, last_enhanced = $11, last_text = $12, last_host = $13, \
             wish = CASE WHEN wish = 2 THEN 0 ELSE wish END, lease_owner = NULL, lease_token = NULL \
             WHERE queue = $1 AND ordinal = $2 AND state = 1 AND lease_token = $3"
            )
        } else {
            format!(
                "UPDATE queue_recipient SET state = CASE WHEN $4 = 0 AND {to_hold} THEN 2 ELSE $4 END, \
             due_at = CASE WHEN wish = 1 AND $4 = 0 THEN CAST($6 AS BIGINT) ELSE CAST($5 AS BIGINT) END, \
             wish = CASE WHEN wish = 2 THEN 0 ELSE wish END, lease_owner = NULL, lease_token = NULL \
             WHERE queue = $1 AND ordinal = $2 AND state = 1 AND lease_token = $3"
            )
        });
        let key = settlement.key;
        let mut update = update
            .bind(row::queue_key(key.queue_id))
            .bind(key.ordinal)
            .bind(self.token.0)
            .bind(next.state)
            .bind(next.due_at);
        if tells {
            update = update
                .bind(next.attempts)
                .bind(next.told_at)
                .bind(next.closed_at)
                .bind(settlement.site.clone())
                .bind(reply.code)
                .bind(reply.enhanced.as_str())
                .bind(reply.text.as_str())
                .bind(reply.host.clone())
                .bind(self.now.millis());
        } else {
            update = update.bind(self.now.millis());
        }
        let is_unasked = matches!(settlement.outcome, Outcome::Unasked { .. });
        let is_suspended = matches!(settlement.outcome, Outcome::Suspended { .. });
        // It is put off again and again for the same reason: once is enough.
        let is_known = (is_unasked || is_suspended) && was_told(transaction, key, reply).await?;
        if transaction.execute(update).await? == 0 {
            return Ok(false);
        }
        if let Some(stage) = next.stage.filter(|_| !is_known) {
            let next_at =
                (is_unasked || matches!(settlement.outcome, Outcome::Retry { .. })).then_some(next.due_at);
            let (source, reasons) = (settlement.source.as_deref(), settlement.reasons.as_slice());
            let told = Told { stage, at: self.now, reply: Some(reply), next_at, source, reasons };
            tell(transaction, key, told).await?;
        }
        if settlement.suppress == Suppress::HardBounce {
            suppress(transaction, key, reply, self.now).await?;
        }
        Ok(true)
    }
}

/// Whether a reply is the last that a recipient was given.
async fn was_told(
    transaction: &mut Transaction<'_>,
    key: RecipientKey,
    reply: &RemoteReply,
) -> Result<bool, StoreError> {
    let last = Statement::new(
        "SELECT 1 FROM queue_recipient WHERE queue = $1 AND ordinal = $2 AND last_enhanced = $3 AND last_text = $4",
    );
    let last = last.bind(row::queue_key(key.queue_id)).bind(key.ordinal);
    let last = last.bind(reply.enhanced.as_str()).bind(reply.text.as_str());
    Ok(!transaction.query(last).await?.is_empty())
}

/// What the message trace is told about a recipient in the queue.
pub(super) struct Told<'a> {
    pub(super) stage: Stage,
    pub(super) at: Timestamp,
    pub(super) reply: Option<&'a RemoteReply>,
    pub(super) next_at: Option<i64>,
    pub(super) source: Option<&'a str>,
    pub(super) reasons: &'a [String],
}

/// Adds a passage of a recipient.
pub(super) async fn tell(
    transaction: &mut Transaction<'_>,
    key: RecipientKey,
    told: Told<'_>,
) -> Result<(), StoreError> {
    let insert = Statement::new(
        "INSERT INTO passage (tenant, mailbox, message, direction, at, stage, sender, recipient, code, enhanced, \
         text, host, next_at, domain, reasons, source) SELECT q.tenant, q.mailbox, q.message, 0, $3, $4, q.sender, r.address, \
         $5, $6, $7, $8, $9, q.home, $10, $11 FROM queue q JOIN queue_recipient r ON r.queue = q.id \
         WHERE q.id = $1 AND r.ordinal = $2",
    );
    let insert = insert
        .bind(row::queue_key(key.queue_id))
        .bind(key.ordinal)
        .bind(told.at.millis())
        .bind(told.stage.as_str())
        .bind(told.reply.map(|reply| reply.code))
        .bind(told.reply.map(|reply| reply.enhanced.clone()))
        .bind(told.reply.map(|reply| reply.text.clone()))
        .bind(told.reply.and_then(|reply| reply.host.clone()))
        .bind(told.next_at)
        .bind(told.reasons.join(" "))
        .bind(told.source.map(str::to_owned));
    transaction.execute(insert).await?;
    Ok(())
}

/// Counts recipients of a message that ended, and closes it with the last: its octets are let go, its record stays.
///
/// The count is taken first, which locks the row: of two that end the last two recipients, one closes.
pub(super) async fn close(
    transaction: &mut Transaction<'_>,
    queue_id: u64,
    ended_count: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    if ended_count == 0 {
        return Ok(());
    }
    let count = Statement::new("UPDATE queue SET open_count = open_count - $2 WHERE id = $1");
    transaction.execute(count.bind(row::queue_key(queue_id)).bind(ended_count)).await?;
    let close = Statement::new("UPDATE queue SET closed_at = $2, blob = 0 WHERE id = $1 AND open_count = 0");
    transaction.execute(close.bind(row::queue_key(queue_id)).bind(now.millis())).await?;
    Ok(())
}

async fn suppress(
    transaction: &mut Transaction<'_>,
    key: RecipientKey,
    reply: &RemoteReply,
    now: Timestamp,
) -> Result<(), StoreError> {
    let cause = SuppressionCause::NoSuchAddress;
    let insert = Statement::new(format!(
        "INSERT INTO suppression (tenant, address, code, enhanced, text, host, since, cause, expires_at) \
         SELECT q.tenant, lower(r.address), $3, $4, $5, $6, $7, $8, $9 \
         FROM queue q JOIN queue_recipient r ON r.queue = q.id WHERE q.id = $1 AND r.ordinal = $2 {ON_LIST}"
    ));
    let insert = insert
        .bind(row::queue_key(key.queue_id))
        .bind(key.ordinal)
        .bind(reply.code)
        .bind(reply.enhanced.as_str())
        .bind(reply.text.as_str())
        .bind(reply.host.clone())
        .bind(now.millis())
        .bind(cause.as_str())
        .bind(cause.expires_at(now));
    transaction.execute(insert).await?;
    Ok(())
}

impl SqlStore {
    pub(crate) async fn queue_settle(&self, settling: Settling) -> Result<usize, StoreError> {
        let now = self.now();
        let report = match settling.report {
            Some(report) => Some(Accept::derive(report, now).await?),
            None => None,
        };
        let has_queued = report.as_ref().is_some_and(Accept::has_queued);
        let locking = if self.database.sqlite().is_some() { "" } else { "FOR SHARE" };
        let work = Settle { token: settling.token, settlements: settling.settlements, report, now, locking };
        let (written, rings) = self.of(settling.tenant).transact(work).await?;
        for (owner, modseq) in rings {
            self.bells.ring(owner, modseq);
        }
        if has_queued {
            self.queue_bell.notify_one();
        }
        Ok(written)
    }
}
