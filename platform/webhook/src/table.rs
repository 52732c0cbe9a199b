//! Where each endpoint stands, and the log of its deliveries: facts of operation, so tables and no events.

use std::collections::HashMap;

use database::{Database, DatabaseError, Row, Statement};
use kernel::{EventId, Id as _, Position, TenantId, Timestamp, WebhookId};
use uuid::Uuid;

use crate::endpoint::Key;

/// Deliveries of one endpoint that the log keeps; older ones go.
const LOG_COUNT_MAX: u64 = 1000;
/// Endpoints whose logs are read in one statement: fewer parts than SQLite and PostgreSQL join.
const ENDPOINT_COUNT_MAX: usize = 100;

const STEPS: &[&str] = &["
CREATE TABLE webhook_standing (tenant UUID NOT NULL, webhook_id UUID NOT NULL, position BIGINT NOT NULL,
  replayed BIGINT, attempt_count BIGINT NOT NULL, next_attempt_at BIGINT, delivery_count BIGINT NOT NULL,
  holder UUID NOT NULL, held_until BIGINT NOT NULL, PRIMARY KEY (tenant, webhook_id));
CREATE TABLE webhook_delivery (tenant UUID NOT NULL, webhook_id UUID NOT NULL, number BIGINT NOT NULL,
  event_id UUID NOT NULL, kind TEXT NOT NULL, position BIGINT NOT NULL, is_replay BOOLEAN NOT NULL,
  outcome TEXT NOT NULL, status BIGINT, fault TEXT, duration_ms BIGINT NOT NULL, attempt_count BIGINT NOT NULL,
  first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, next_attempt_at BIGINT,
  PRIMARY KEY (tenant, webhook_id, number));
"];

/// What a delivery came to so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was taken.
    Delivered,
    /// It was not, and is tried again.
    Retrying,
    /// It was not, and the webhook paused itself.
    GivenUp,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The endpoint answered with another status than 2xx.
    Status,
    /// The host name has no address, or the address cannot be called.
    Address,
    /// The host is in a network that is not called.
    Forbidden,
    /// Nobody listens there.
    Connection,
    /// Its certificate is not good, or TLS fails otherwise.
    Tls,
    /// What it answers is not HTTP.
    Garbage,
    /// It did not answer in time.
    Late,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Delivered, Self::Retrying, Self::GivenUp];

    const fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retrying => "retrying",
            Self::GivenUp => "given_up",
        }
    }
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::Status,
        Self::Address,
        Self::Forbidden,
        Self::Connection,
        Self::Tls,
        Self::Garbage,
        Self::Late,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Address => "address",
            Self::Forbidden => "forbidden",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Garbage => "garbage",
            Self::Late => "late",
        }
    }
}

/// One line of the log: an event that was told to an endpoint, with all its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number, of this endpoint from 1.
    pub number: u64,
    /// Which event.
    pub event: EventId,
    /// Of which kind.
    pub kind: String,
    /// Where the event stands.
    pub position: Position,
    /// Whether it was told again because its owner asked for it.
    pub is_replay: bool,
    /// What it came to so far.
    pub outcome: Outcome,
    /// The status of the last answer.
    pub status: Option<u16>,
    /// Why the last attempt failed.
    pub fault: Option<Fault>,
    /// How long the last attempt took.
    pub duration_ms: u64,
    /// How often it was tried.
    pub attempt_count: u32,
    /// When first.
    pub first_at: Timestamp,
    /// When last.
    pub last_at: Timestamp,
    /// When again.
    pub next_attempt_at: Option<Timestamp>,
}

/// Where an endpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// Everything up to there was told or was not to be told.
    pub(crate) position: Position,
    /// Up to where the replay that stands next has come.
    pub(crate) replayed: Option<Position>,
    /// How often the next event was tried.
    pub(crate) attempt_count: u32,
    pub(crate) next_attempt_at: Option<Timestamp>,
    /// How many lines its log has had.
    pub(crate) delivery_count: u64,
}

/// Both tables.
#[derive(Debug, Clone)]
pub struct Deliveries {
    database: Database,
    /// This process, among those that tell.
    holder: Uuid,
}

impl Deliveries {
    /// Over a database, with the tables made where they are not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        database.migrate("webhook", STEPS).await?;
        Ok(Self { database, holder: Uuid::now_v7() })
    }

    /// At most `limit` deliveries of each of some endpoints before the number `before`, newest first. Those that were told
    /// nothing are left out.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn log(
        &self,
        (tenant, webhooks): (TenantId, &[WebhookId]),
        before: Option<u64>,
        limit: usize,
    ) -> Result<HashMap<WebhookId, Vec<Delivery>>, DatabaseError> {
        let part = |at: usize| {
            format!(
                "SELECT * FROM (SELECT number, event_id, kind, position, is_replay, outcome, status, fault, \
                 duration_ms, attempt_count, first_at, last_at, next_attempt_at, webhook_id FROM webhook_delivery \
                 WHERE tenant = $1 AND webhook_id = ${} AND number < $2 ORDER BY number DESC LIMIT $3) AS part_{at}",
                at + 4
            )
        };
        let mut logs: HashMap<WebhookId, Vec<Delivery>> = HashMap::new();
        for webhooks in webhooks.chunks(ENDPOINT_COUNT_MAX) {
            let parts: Vec<String> = (0..webhooks.len()).map(part).collect();
            let select = Statement::new(format!("{} ORDER BY 1 DESC", parts.join(" UNION ALL ")))
                .bind(tenant.uuid())
                .bind(number(before.unwrap_or(u64::MAX)))
                .bind(number(limit as u64));
            let select = webhooks.iter().fold(select, |select, webhook| select.bind(webhook.uuid()));
            for row in self.database.query(select).await? {
                logs.entry(WebhookId::new(row.uuid(13)?)).or_default().push(delivery(&row)?);
            }
        }
        Ok(logs)
    }

    pub(crate) async fn standing(&self, key: Key) -> Result<Standing, DatabaseError> {
        let select = "SELECT position, replayed, attempt_count, next_attempt_at, delivery_count \
             FROM webhook_standing WHERE tenant = $1 AND webhook_id = $2";
        let rows = self.database.query(keyed(select, key)).await?;
        let Some(row) = rows.first() else { return Ok(Standing::default()) };
        Ok(Standing {
            position: Position(count(row.int(0)?)),
            replayed: row.opt_int(1)?.map(|position| Position(count(position))),
            attempt_count: u32::try_from(row.int(2)?).unwrap_or(u32::MAX),
            next_attempt_at: row.opt_int(3)?.map(Timestamp::from_millis),
            delivery_count: count(row.int(4)?),
        })
    }

    /// Holds an endpoint until then, so that no other node tells it meanwhile; whether that is so.
    pub(crate) async fn hold(
        &self,
        key: Key,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let upsert = "INSERT INTO webhook_standing (tenant, webhook_id, position, attempt_count, delivery_count, \
             holder, held_until) VALUES ($1, $2, 0, 0, 0, $3, $4) ON CONFLICT (tenant, webhook_id) \
             DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
             WHERE webhook_standing.holder = excluded.holder OR webhook_standing.held_until < $5";
        let statement = keyed(upsert, key).bind(self.holder).bind(until.millis()).bind(now.millis());
        Ok(self.database.write(vec![statement]).await?.first().is_some_and(|touched| *touched == 1))
    }

    /// Keeps where an endpoint stands with the delivery that led there, while this process holds it; whether it does.
    pub(crate) async fn keep(
        &self,
        key: Key,
        standing: Standing,
        delivery: Option<&Delivery>,
    ) -> Result<bool, DatabaseError> {
        let update = "UPDATE webhook_standing SET position = $4, replayed = $5, attempt_count = $6, \
             next_attempt_at = $7, delivery_count = $8 WHERE tenant = $1 AND webhook_id = $2 AND holder = $3";
        let update = keyed(update, key)
            .bind(self.holder)
            .bind(number(standing.position.0))
            .bind(standing.replayed.map(|position| number(position.0)))
            .bind(standing.attempt_count)
            .bind(standing.next_attempt_at.map(Timestamp::millis))
            .bind(number(standing.delivery_count));
        let mut statements = vec![(update, Some(1))];
        if let Some(delivery) = delivery {
            statements.push((upsert(key, delivery), None));
            let old = "DELETE FROM webhook_delivery WHERE tenant = $1 AND webhook_id = $2 AND number <= $3";
            statements.push((
                keyed(old, key).bind(number(standing.delivery_count.saturating_sub(LOG_COUNT_MAX))),
                None,
            ));
        }
        self.database.write_if(statements).await
    }

    /// Holds nothing any more: other nodes, or the next start, go on at once.
    pub(crate) async fn release(&self) -> Result<(), DatabaseError> {
        let update = "UPDATE webhook_standing SET held_until = 0 WHERE holder = $1";
        self.database.write(vec![Statement::new(update).bind(self.holder)]).await.map(drop)
    }

    /// Forgets an endpoint that was removed.
    pub(crate) async fn forget(&self, key: Key) -> Result<(), DatabaseError> {
        let deletes = [
            "DELETE FROM webhook_delivery WHERE tenant = $1 AND webhook_id = $2",
            "DELETE FROM webhook_standing WHERE tenant = $1 AND webhook_id = $2",
        ];
        self.database.write(deletes.map(|sql| keyed(sql, key)).into()).await.map(drop)
    }
}

fn keyed(sql: &'static str, (tenant, webhook): Key) -> Statement {
    Statement::new(sql).bind(tenant.uuid()).bind(webhook.uuid())
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn upsert(key: Key, delivery: &Delivery) -> Statement {
    let sql = "INSERT INTO webhook_delivery (tenant, webhook_id, number, event_id, kind, position, is_replay, outcome, \
         status, fault, duration_ms, attempt_count, first_at, last_at, next_attempt_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (tenant, webhook_id, number) DO UPDATE SET outcome = excluded.outcome, status = excluded.status, \
         fault = excluded.fault, duration_ms = excluded.duration_ms, attempt_count = excluded.attempt_count, \
         last_at = excluded.last_at, next_attempt_at = excluded.next_attempt_at";
    keyed(sql, key)
        .bind(number(delivery.number))
        .bind(delivery.event.uuid())
        .bind(delivery.kind.as_str())
        .bind(number(delivery.position.0))
        .bind(delivery.is_replay)
        .bind(delivery.outcome.name())
        .bind(delivery.status.map(i64::from))
        .bind(delivery.fault.map(Fault::name))
        .bind(number(delivery.duration_ms))
        .bind(delivery.attempt_count)
        .bind(delivery.first_at.millis())
        .bind(delivery.last_at.millis())
        .bind(delivery.next_attempt_at.map(Timestamp::millis))
}

fn delivery(row: &Row) -> Result<Delivery, DatabaseError> {
    let outcome = row.text(5)?;
    let outcome = Outcome::ALL.into_iter().find(|known| known.name() == outcome);
    let fault = row.opt_text(7)?.and_then(|name| Fault::ALL.into_iter().find(|known| known.name() == name));
    Ok(Delivery {
        number: count(row.int(0)?),
        event: EventId::new(row.uuid(1)?),
        kind: row.text(2)?.to_owned(),
        position: Position(count(row.int(3)?)),
        is_replay: row.bool(4)?,
        outcome: outcome.ok_or(DatabaseError::Column { column: 5, expected: "an outcome" })?,
        status: row.opt_int(6)?.and_then(|status| u16::try_from(status).ok()),
        fault,
        duration_ms: count(row.int(8)?),
        attempt_count: u32::try_from(row.int(9)?).unwrap_or(u32::MAX),
        first_at: Timestamp::from_millis(row.int(10)?),
        last_at: Timestamp::from_millis(row.int(11)?),
        next_attempt_at: row.opt_int(12)?.map(Timestamp::from_millis),
    })
}
