//! To whom mailboxes have written, and from which networks: by that one sees when somebody else does it in their name.
//!
//! Addresses and networks are kept as hashes, apart for each mailbox; a year after they were first seen they are forgotten.
//! Of days only the number of recipients is kept; what is held counts by itself, until somebody says whose mail it was.
//! Of the last hold it is kept since when what was counted against the mailbox was sent: where that was somebody else's, all
//! that was noted since is taken back.

use std::net::IpAddr;
use std::time::Duration;

use database::{Database, DatabaseError, Statement};
use kernel::{EmailAddress, Id as _, MailboxId, Position, TenantId, Timestamp};
use uuid::Uuid;

use crate::DAY_MILLIS;
use crate::days::day_of;

/// How far back "lately" goes.
const LATELY: Duration = Duration::from_secs(3600);
/// How long a network is new, from its first message on: one that writes to each recipient by itself is new for all of them.
const NETWORK_NEW: Duration = Duration::from_secs(86_400);
/// Days over which the usual is reckoned.
const USUAL_DAY_COUNT: u32 = 30;
/// Days before today over which the busiest is looked for: a letter of each quarter is among them.
const BUSIEST_DAY_COUNT: i64 = 100;
/// How long somebody is remembered.
const REMEMBERED: Duration = Duration::from_secs(400 * 86_400);
/// Recipients of one message that are looked at.
const RECIPIENT_COUNT_MAX: usize = 1000;
/// Leading bits of a network: what one household or office has.
const NETWORK_BITS: (u32, u32) = (24, 48);

/// Whoever sends much already is known for it from the first day on: what the trace holds is read once.
const STEPS: &[&str] =
    &["CREATE TABLE IF NOT EXISTS sending_day (tenant UUID NOT NULL, mailbox UUID NOT NULL, \
     day BIGINT NOT NULL, sent_count BIGINT NOT NULL, held_count BIGINT NOT NULL, \
     PRIMARY KEY (tenant, mailbox, day)); \
     INSERT INTO sending_day (tenant, mailbox, day, sent_count, held_count) \
     SELECT tenant, mailbox, at / 86400000, COUNT(*), 0 FROM passage WHERE stage = 'queued' \
     AND mailbox IS NOT NULL GROUP BY tenant, mailbox, at / 86400000 ON CONFLICT DO NOTHING;"];

/// What counts as given up: addresses of which a host says for ever that they are not there. That is nobody's word where it
/// is not proven, and what the suppression list keeps from leaving tells nothing of the list's own mailbox.
const REFUSED: &str = "stage = 'bounced' AND code >= 500 AND reasons LIKE '%bounce_no_such_address%' \
     AND reasons NOT LIKE '%suppressed_%' AND reasons NOT LIKE '%bounce_not_proven%'";

/// How a mailbox sends, with the message that is just on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// Recipients of the last hour to whom it never wrote before; since what was held was settled, where that is later.
    pub new_count: u32,
    /// How many such there are on a usual day, over the last 30 days.
    pub usual_new_count: u32,
    /// Whether it sends from this network for less than a day, and has sent from others for longer.
    pub is_new_network: bool,
    /// Recipients elsewhere of the last hour; since what was held was settled, where that is later.
    pub sent_count: u32,
    /// Recipients of which a host has said in that time that there is no such address.
    pub bounced_count: u32,
    /// Recipients elsewhere of today (UTC), held ones left out.
    pub day_count: u32,
    /// The same of the busiest of the 100 days before.
    pub busiest_day_count: u32,
}

/// Whether recipients were counted as sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// By [`Correspondents::note`], a moment ago.
    Yes,
    /// They were not.
    No,
}

/// Whose mail it was that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldOf {
    /// The mailbox's: it is its habit from now on.
    Mailbox,
    /// Somebody's who had come in.
    SomebodyElse,
}

/// What was counted when a mailbox was found to send otherwise than its owner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Recipients of the last hour.
    Lately,
    /// The same, from a network that was new.
    NewNetwork,
    /// Recipients of the day (UTC).
    Today,
}

/// What is known of the hold that somebody has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastHeld {
    /// Nothing: it is of before holds were kept.
    Unknown,
    /// Since when the mailbox sent what it was held for.
    Since(Timestamp),
    /// The mailbox was held once more since: what was settled then is done.
    Over,
}

/// The tables of correspondents, networks, days and holds.
#[derive(Clone)]
pub struct Correspondents(Database);

impl Correspondents {
    /// Over the store's database, with the tables made where they are not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let tables = [
            "CREATE TABLE IF NOT EXISTS correspondent (tenant UUID NOT NULL, mailbox UUID NOT NULL, \
             hash UUID NOT NULL, first_at BIGINT NOT NULL, PRIMARY KEY (tenant, mailbox, hash))",
            "CREATE INDEX IF NOT EXISTS correspondent_first ON correspondent (tenant, mailbox, first_at)",
            "CREATE TABLE IF NOT EXISTS sending_network (tenant UUID NOT NULL, mailbox UUID NOT NULL, \
             hash UUID NOT NULL, first_at BIGINT NOT NULL, PRIMARY KEY (tenant, mailbox, hash))",
            "CREATE TABLE IF NOT EXISTS sending_hold (tenant UUID NOT NULL, mailbox UUID NOT NULL, \
             held_at BIGINT NOT NULL, held_position BIGINT NOT NULL, since BIGINT NOT NULL, settled_at BIGINT, \
             settled_position BIGINT, PRIMARY KEY (tenant, mailbox))",
        ];
        database.write(tables.map(Statement::new).into()).await?;
        database.migrate("correspondents", STEPS).await?;
        Ok(Self(database))
    }

    /// Notes that a mailbox writes to `recipients` from `peer`, and tells how it sends. What came before `settled_at` is not
    /// counted as lately: somebody has looked at it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn note(
        &self,
        (tenant, mailbox): (TenantId, MailboxId),
        recipients: &[EmailAddress],
        peer: IpAddr,
        (now, settled_at): (Timestamp, Option<Timestamp>),
    ) -> Result<Habits, DatabaseError> {
        let who = (tenant, mailbox);
        let network = hash(who, &network(peer));
        let is_new_network = self.is_new_network(who, network, now).await?;
        let mut writes: Vec<Statement> = recipients
            .iter()
            .take(RECIPIENT_COUNT_MAX)
            .map(|address| insert("correspondent", who, hash(who, &address.canonical()), now))
            .collect();
        writes.push(insert("sending_network", who, network, now));
        writes.push(add_to_day(who, day_of(now), (counted(recipients), 0)));
        self.0.write(writes).await?;
        // A clock that was ahead when it was settled hides nothing.
        let settled_at = settled_at.filter(|at| *at <= now).map_or(i64::MIN, Timestamp::millis);
        let hour = minus(now, LATELY);
        let lately = hour.max(settled_at);
        let month = minus(now, Duration::from_secs(u64::from(USUAL_DAY_COUNT) * 86_400));
        let first = "SELECT COUNT(*) FROM correspondent WHERE tenant = $1 AND mailbox = $2 AND first_at > $3 AND first_at <= $4";
        let new_count = self.count(first, who, (lately, now.millis())).await?;
        let month_count = self.count(first, who, (month, hour)).await?;
        let passed =
            "SELECT COUNT(*) FROM passage WHERE tenant = $1 AND mailbox = $2 AND at > $3 AND at <= $4 AND ";
        let sent = self.count(&format!("{passed}stage = 'queued'"), who, (lately, now.millis())).await?;
        let (day_count, busiest_day_count) = self.days(who, day_of(now)).await?;
        let bounced_count = self.count(&format!("{passed}{REFUSED}"), who, (lately, now.millis())).await?;
        Ok(Habits {
            new_count,
            usual_new_count: month_count / USUAL_DAY_COUNT,
            is_new_network,
            sent_count: sent.saturating_add(u32::try_from(recipients.len()).unwrap_or(u32::MAX)),
            bounced_count,
            day_count,
            busiest_day_count,
        })
    }

    /// Counts recipients of a mailbox whose mail is held apart from the others. `noted` says whether [`Self::note`] counted
    /// them already.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn hold(
        &self,
        who: (TenantId, MailboxId),
        recipients: &[EmailAddress],
        (noted, now): (Noted, Timestamp),
    ) -> Result<(), DatabaseError> {
        let count = counted(recipients);
        let sent = if noted == Noted::Yes { -count } else { 0 };
        self.0.write(vec![add_to_day(who, day_of(now), (sent, count))]).await.map(drop)
    }

    /// Keeps since when a mailbox sends what it is held for from `held_at` on, and whether it is held: not where this is heard
    /// again and somebody has settled it, or it was held once more. What happened first is told by positions of the tenant, since
    /// clocks may differ.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn begin_hold(
        &self,
        who: (TenantId, MailboxId),
        counted: Counted,
        (held_at, position): (Timestamp, Position),
    ) -> Result<bool, DatabaseError> {
        let hour = minus(held_at, LATELY);
        let since = match counted {
            Counted::Lately => hour,
            Counted::NewNetwork => self.first_of_new_networks(who, held_at).await?.unwrap_or(hour).min(hour),
            Counted::Today => day_of(held_at).saturating_mul(DAY_MILLIS),
        };
        // What somebody has looked at meanwhile is the mailbox's own.
        let upsert = "INSERT INTO sending_hold (tenant, mailbox, held_at, since, held_position) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant, mailbox) DO UPDATE SET held_at = excluded.held_at, \
             held_position = excluded.held_position, settled_at = NULL, settled_position = NULL, \
             since = CASE WHEN sending_hold.settled_at > excluded.since \
             AND sending_hold.settled_at <= excluded.held_at THEN sending_hold.settled_at ELSE excluded.since END \
             WHERE sending_hold.held_position < excluded.held_position";
        let upsert = of_mailbox(upsert, who).bind(held_at.millis()).bind(since).bind(signed(position));
        self.0.write(vec![upsert]).await?;
        let hold = self.last_hold(who).await?;
        Ok(hold.is_some_and(|hold| hold.held_position == signed(position) && hold.settled_position.is_none()))
    }

    /// What is known of the hold that was settled at `position`.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn last_held(
        &self,
        who: (TenantId, MailboxId),
        position: Position,
    ) -> Result<LastHeld, DatabaseError> {
        Ok(match self.last_hold(who).await? {
            None => LastHeld::Unknown,
            Some(hold) if hold.held_position > signed(position) => LastHeld::Over,
            Some(hold) => LastHeld::Since(Timestamp::from_millis(hold.since)),
        })
    }

    /// Counts what was held as the mailbox's own once somebody has found it right. Where it was another's that is forgotten,
    /// with whom they wrote to, from where and how much since it began. The same once more, or at two nodes at a time, is done
    /// once.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn settle_held(
        &self,
        who: (TenantId, MailboxId),
        whose: HeldOf,
        (at, position): (Timestamp, Position),
    ) -> Result<(), DatabaseError> {
        let hold = self.last_hold(who).await?;
        let mut writes = match (whose, &hold) {
            (HeldOf::SomebodyElse, Some(hold)) => self.taken_back(who, hold, at).await?,
            _ => Vec::new(),
        };
        let update = match whose {
            HeldOf::Mailbox => {
                "UPDATE sending_day SET sent_count = sent_count + held_count, held_count = 0 \
                 WHERE tenant = $1 AND mailbox = $2 AND held_count <> 0"
            }
            HeldOf::SomebodyElse => {
                "UPDATE sending_day SET held_count = 0 WHERE tenant = $1 AND mailbox = $2 AND held_count <> 0"
            }
        };
        writes.push(of_mailbox(update, who));
        let Some(_) = hold else { return self.0.write(writes).await.map(drop) };
        let settled = "UPDATE sending_hold SET settled_at = $3, settled_position = $4 WHERE tenant = $1 AND mailbox = $2 \
             AND held_position < $4 AND settled_position IS NULL";
        let settled = of_mailbox(settled, who).bind(at.millis()).bind(signed(position));
        let all = [(settled, Some(1))].into_iter().chain(writes.into_iter().map(|write| (write, None)));
        self.0.write_if(all.collect()).await.map(drop)
    }

    /// What makes the mailbox know again whom it knew before a hold began, and how much it sent.
    async fn taken_back(
        &self,
        who: (TenantId, MailboxId),
        hold: &LastHold,
        until: Timestamp,
    ) -> Result<Vec<Statement>, DatabaseError> {
        let until = until.millis();
        let forget = |table: &str, since: i64| {
            let delete = format!(
                "DELETE FROM {table} WHERE tenant = $1 AND mailbox = $2 AND first_at >= $3 AND first_at <= $4"
            );
            of_mailbox(delete, who).bind(since).bind(until)
        };
        // A network may have been there for longer than what was counted.
        let networks_since = hold.since.min(minus(Timestamp::from_millis(hold.held_at), NETWORK_NEW));
        let mut writes = vec![forget("correspondent", hold.since), forget("sending_network", networks_since)];
        let queued = "SELECT at / 86400000, COUNT(*) FROM passage WHERE tenant = $1 AND mailbox = $2 \
             AND at >= $3 AND at <= $4 AND stage = 'queued' GROUP BY at / 86400000";
        for row in self.0.query(of_mailbox(queued, who).bind(hold.since).bind(until)).await? {
            let less = "UPDATE sending_day SET sent_count = CASE WHEN sent_count > $4 THEN sent_count - $4 ELSE 0 END \
                 WHERE tenant = $1 AND mailbox = $2 AND day = $3";
            writes.push(of_mailbox(less, who).bind(row.int(0)?).bind(row.int(1)?));
        }
        // Of a whole day it is all, mailboxes of other accounts here with it, which are in no queue.
        let whole = "UPDATE sending_day SET sent_count = 0 WHERE tenant = $1 AND mailbox = $2 \
             AND day * 86400000 >= $3 AND day * 86400000 <= $4";
        writes.push(of_mailbox(whole, who).bind(hold.since).bind(until));
        Ok(writes)
    }

    async fn last_hold(&self, who: (TenantId, MailboxId)) -> Result<Option<LastHold>, DatabaseError> {
        let select = "SELECT held_at, since, held_position, settled_position FROM sending_hold \
             WHERE tenant = $1 AND mailbox = $2";
        let rows = self.0.query(of_mailbox(select, who)).await?;
        let hold = |row: &database::Row| {
            Ok(LastHold {
                held_at: row.int(0)?,
                since: row.int(1)?,
                held_position: row.int(2)?,
                settled_position: row.opt_int(3)?,
            })
        };
        rows.first().map(hold).transpose()
    }

    /// Recipients of a day, and of the busiest of those before.
    async fn days(
        &self,
        (tenant, mailbox): (TenantId, MailboxId),
        day: i64,
    ) -> Result<(u32, u32), DatabaseError> {
        let select = Statement::new(
            "SELECT day, sent_count FROM sending_day WHERE tenant = $1 AND mailbox = $2 AND day >= $3 AND day <= $4",
        );
        let select = select.bind(tenant.uuid()).bind(mailbox.uuid()).bind(day - BUSIEST_DAY_COUNT).bind(day);
        let (mut today, mut busiest) = (0, 0);
        for row in self.0.query(select).await? {
            let count = u32::try_from(row.int(1)?).unwrap_or_default();
            match row.int(0)? == day {
                true => today = count,
                false => busiest = count.max(busiest),
            }
        }
        Ok((today, busiest))
    }

    /// Forgets whom mailboxes wrote to long ago.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget(&self, now: Timestamp) -> Result<(), DatabaseError> {
        let before = minus(now, REMEMBERED);
        let deletes = ["correspondent", "sending_network"]
            .map(|table| Statement::new(format!("DELETE FROM {table} WHERE first_at < $1")).bind(before));
        let days = Statement::new("DELETE FROM sending_day WHERE day < $1");
        let days = days.bind(day_of(now) - BUSIEST_DAY_COUNT);
        let holds =
            Statement::new("DELETE FROM sending_hold WHERE COALESCE(settled_at, held_at) < $1").bind(before);
        let deletes = deletes.into_iter().chain([days, holds]).collect();
        self.0.write(deletes).await.map(drop)
    }

    async fn is_new_network(
        &self,
        who: (TenantId, MailboxId),
        network: Uuid,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let yesterday = minus(now, NETWORK_NEW);
        let networks = self.networks(who).await?;
        let is_old = |known: &(Uuid, i64)| known.1 < yesterday;
        Ok(networks.iter().any(is_old) && !networks.iter().any(|known| known.0 == network && is_old(known)))
    }

    /// When the first of the networks was seen that are new at a time.
    async fn first_of_new_networks(
        &self,
        who: (TenantId, MailboxId),
        at: Timestamp,
    ) -> Result<Option<i64>, DatabaseError> {
        let yesterday = minus(at, NETWORK_NEW);
        let networks = self.networks(who).await?;
        let first_at = networks.into_iter().map(|(_, first_at)| first_at);
        Ok(first_at.filter(|first_at| (yesterday..=at.millis()).contains(first_at)).min())
    }

    /// Networks of a mailbox with when they were first seen.
    async fn networks(&self, who: (TenantId, MailboxId)) -> Result<Vec<(Uuid, i64)>, DatabaseError> {
        let select = "SELECT hash, first_at FROM sending_network WHERE tenant = $1 AND mailbox = $2";
        let rows = self.0.query(of_mailbox(select, who)).await?;
        rows.iter().map(|row| Ok((row.uuid(0)?, row.int(1)?))).collect()
    }

    async fn count(
        &self,
        select: &str,
        who: (TenantId, MailboxId),
        (after, until): (i64, i64),
    ) -> Result<u32, DatabaseError> {
        let select = of_mailbox(select, who).bind(after).bind(until);
        let rows = self.0.query(select).await?;
        let count = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

/// How a mailbox was held last, in milliseconds since 1970 and positions of its tenant.
struct LastHold {
    held_at: i64,
    since: i64,
    held_position: i64,
    settled_position: Option<i64>,
}

fn signed(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

/// A statement whose first two parameters are a mailbox.
fn of_mailbox(sql: impl Into<String>, (tenant, mailbox): (TenantId, MailboxId)) -> Statement {
    Statement::new(sql.into()).bind(tenant.uuid()).bind(mailbox.uuid())
}

fn insert(table: &str, (tenant, mailbox): (TenantId, MailboxId), hash: Uuid, now: Timestamp) -> Statement {
    Statement::new(format!(
        // What a clock that was ahead has noted is put right by the next one.
        "INSERT INTO {table} (tenant, mailbox, hash, first_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant, mailbox, hash) DO UPDATE SET first_at = excluded.first_at \
         WHERE {table}.first_at > excluded.first_at"
    ))
    .bind(tenant.uuid())
    .bind(mailbox.uuid())
    .bind(hash)
    .bind(now.millis())
}

fn counted(recipients: &[EmailAddress]) -> i64 {
    i64::try_from(recipients.len()).unwrap_or(i64::MAX)
}

fn add_to_day((tenant, mailbox): (TenantId, MailboxId), day: i64, (sent, held): (i64, i64)) -> Statement {
    Statement::new(
        "INSERT INTO sending_day (tenant, mailbox, day, sent_count, held_count) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant, mailbox, day) DO UPDATE SET \
         sent_count = sending_day.sent_count + excluded.sent_count, \
         held_count = sending_day.held_count + excluded.held_count",
    )
    .bind(tenant.uuid())
    .bind(mailbox.uuid())
    .bind(day)
    .bind(sent)
    .bind(held)
}

/// Apart for each mailbox: the same person is another row for each who writes to them.
fn hash((tenant, mailbox): (TenantId, MailboxId), text: &str) -> Uuid {
    let mut hasher = blake3::Hasher::new_derive_key("hosterra correspondents of a mailbox");
    hasher.update(tenant.uuid().as_bytes()).update(mailbox.uuid().as_bytes()).update(text.as_bytes());
    let mut octets = [0; 16];
    octets.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Uuid::from_bytes(octets)
}

fn network(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => format!("{}", address.to_bits() >> (32 - NETWORK_BITS.0)),
        IpAddr::V6(address) => format!("v6 {}", address.to_bits() >> (128 - NETWORK_BITS.1)),
    }
}

fn minus(now: Timestamp, time: Duration) -> i64 {
    now.millis().saturating_sub_unsigned(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(from: u32, count: u32) -> Vec<EmailAddress> {
        let address = |number| EmailAddress::parse(&format!("p{number}@x.example")).expect("an address");
        (from..from + count).map(address).collect()
    }

    #[tokio::test]
    async fn what_was_held_and_released_is_a_habit_and_what_was_purged_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let at = |days: i64| Timestamp::from_secs(1_800_000_000 + days * 86_400);
        let (one, other) = (MailboxId::new(Uuid::from_u128(1)), MailboxId::new(Uuid::from_u128(2)));
        let mut before = vec![Statement::new(
            "CREATE TABLE passage (tenant UUID, mailbox UUID, at BIGINT, stage TEXT, \
             code BIGINT, reasons TEXT)",
        )];
        before.extend((0..7).map(|_| {
            let insert = Statement::new(
                "INSERT INTO passage (tenant, mailbox, at, stage) VALUES ($1, $2, $3, 'queued')",
            );
            insert.bind(TenantId::PLATFORM.uuid()).bind(one.uuid()).bind(at(-3).millis())
        }));
        database.write(before).await.expect("a table");
        let known = Correspondents::open(database.clone()).await.expect("tables");
        let who = (TenantId::PLATFORM, one);
        let peer = IpAddr::from([192, 0, 2, 1]);
        let days = async |mailbox, day| {
            let habits =
                known.note((TenantId::PLATFORM, mailbox), &[], peer, (at(day), None)).await.expect("habits");
            (habits.day_count, habits.busiest_day_count)
        };
        assert_eq!(days(one, 0).await, (0, 7), "what was sent before the table was there");
        let habits = known.note(who, &addresses(0, 30), peer, (at(0), None)).await.expect("habits");
        assert_eq!((habits.day_count, habits.busiest_day_count), (30, 7));
        known.hold(who, &addresses(0, 30), (Noted::Yes, at(0))).await.expect("held");
        known.hold(who, &addresses(0, 500), (Noted::No, at(0))).await.expect("held");
        assert_eq!(days(one, 1).await, (0, 7));
        known.settle_held(who, HeldOf::SomebodyElse, (at(1), Position(2))).await.expect("purged");
        assert_eq!(days(one, 1).await, (0, 7));
        known.hold(who, &addresses(0, 400), (Noted::No, at(1))).await.expect("held");
        known
            .settle_held((TenantId::PLATFORM, other), HeldOf::Mailbox, (at(1), Position(2)))
            .await
            .expect("nothing of the one");
        known.settle_held(who, HeldOf::Mailbox, (at(1), Position(2))).await.expect("released");
        assert_eq!(days(one, 1).await, (400, 7));
        assert_eq!(days(one, 90).await, (0, 400));
        assert_eq!(days(other, 90).await, (0, 0));
        // Opened again it counts nothing twice, and what is long ago is forgotten.
        let known = Correspondents::open(database).await.expect("tables");
        known.forget(at(103)).await.expect("forgotten");
        let habits = known.note(who, &[], peer, (at(103), None)).await.expect("habits");
        assert_eq!((habits.day_count, habits.busiest_day_count), (0, 0));
    }

    #[tokio::test]
    async fn strangers_are_told_from_those_whom_one_knows_and_new_networks_from_old_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let passage = "CREATE TABLE passage (tenant UUID, mailbox UUID, at BIGINT, stage TEXT, \
             code BIGINT, reasons TEXT)";
        database.write(vec![Statement::new(passage)]).await.expect("a table");
        let known = Correspondents::open(database).await.expect("tables");
        let who = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(1)));
        let office = IpAddr::from([192, 0, 2, 1]);
        let at = |hours: i64| Timestamp::from_secs(1_800_000_000 + hours * 3600);
        let first = known.note(who, &addresses(0, 3), office, (at(0), None)).await.expect("habits");
        assert_eq!((first.new_count, first.sent_count, first.is_new_network), (3, 3, false));
        let again = known.note(who, &addresses(0, 4), office, (at(2), None)).await.expect("habits");
        assert_eq!(again.new_count, 1, "three are known");
        let other = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(2)));
        assert_eq!(
            known.note(other, &addresses(0, 3), office, (at(2), None)).await.expect("habits").new_count,
            3
        );
        let neighbour =
            known.note(who, &[], IpAddr::from([192, 0, 2, 99]), (at(48), None)).await.expect("habits");
        assert!(!neighbour.is_new_network);
        let abroad = IpAddr::from([198, 51, 100, 1]);
        assert!(known.note(who, &[], abroad, (at(48), None)).await.expect("habits").is_new_network);
        // One message for each recipient: the network is new for all of a day, and for each of them.
        assert!(known.note(who, &[], abroad, (at(49), None)).await.expect("habits").is_new_network);
        assert!(known.note(who, &[], abroad, (at(72), None)).await.expect("habits").is_new_network);
        assert!(!known.note(who, &[], office, (at(72), None)).await.expect("habits").is_new_network);
        assert!(!known.note(who, &[], abroad, (at(73), None)).await.expect("habits").is_new_network);
        known.note(who, &addresses(100, 300), office, (at(72), None)).await.expect("habits");
        let later = known.note(who, &[], office, (at(100), None)).await.expect("habits");
        assert_eq!((later.new_count, later.usual_new_count), (0, 10));
        known.forget(at(24 * 500)).await.expect("forgotten");
        let forgotten =
            known.note(who, &addresses(0, 1), office, (at(24 * 500), None)).await.expect("habits");
        assert_eq!((forgotten.new_count, forgotten.usual_new_count), (1, 0));
    }

    /// Tables of their own, with a way to write into the trace: minutes, stage, code, reasons.
    async fn tables() -> (Correspondents, Database, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let passage = "CREATE TABLE passage (tenant UUID, mailbox UUID, at BIGINT, stage TEXT, code BIGINT, reasons TEXT)";
        database.write(vec![Statement::new(passage)]).await.expect("a table");
        (Correspondents::open(database.clone()).await.expect("tables"), database, folder)
    }

    const WHO: (TenantId, MailboxId) = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(1)));

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + minutes * 60)
    }

    async fn pass(
        database: &Database,
        minutes: i64,
        (stage, code, reasons): (&str, i64, &str),
        count: usize,
    ) {
        let insert =
            "INSERT INTO passage (tenant, mailbox, at, stage, code, reasons) VALUES ($1, $2, $3, $4, $5, $6)";
        let insert =
            || of_mailbox(insert, WHO).bind(at(minutes).millis()).bind(stage).bind(code).bind(reasons);
        database.write((0..count).map(|_| insert()).collect()).await.expect("written");
    }

    #[tokio::test]
    async fn what_was_purged_is_as_if_it_had_never_been_sent() {
        let (known, database, _folder) = tables().await;
        let (office, abroad) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([198, 51, 100, 1]));
        let note = async |recipients: &[EmailAddress], peer, minutes, settled: Option<i64>| {
            known.note(WHO, recipients, peer, (at(minutes), settled.map(at))).await.expect("habits")
        };
        note(&addresses(0, 5), office, 0, None).await;
        let day = 1440;
        // The owner's message of the morning, and what an intruder sends from elsewhere two hours later, one by one.
        note(&addresses(0, 5), office, 2 * day, None).await;
        pass(&database, 2 * day, ("queued", 0, ""), 5).await;
        let mut last = Habits::default();
        for number in 0..30 {
            let victim = addresses(100 + number, 1);
            last = note(&victim, abroad, 2 * day + 120 + i64::from(number), None).await;
            pass(&database, 2 * day + 120 + i64::from(number), ("queued", 0, ""), 1).await;
        }
        assert_eq!((last.new_count, last.is_new_network, last.day_count), (30, true, 35));
        let held_at = 2 * day + 190;
        let begin = || known.begin_hold(WHO, Counted::NewNetwork, (at(held_at), Position(10)));
        assert!(begin().await.expect("kept"));
        let since = LastHeld::Since(at(2 * day + 120));
        assert_eq!(known.last_held(WHO, Position(11)).await.expect("kept"), since);
        let settled_at = held_at + 5;
        for _ in 0..2 {
            // Both are heard once more, as after a crash: nothing is held again, and nothing forgotten twice.
            let settled = known.settle_held(WHO, HeldOf::SomebodyElse, (at(settled_at), Position(11))).await;
            settled.expect("purged, once");
            assert!(!begin().await.expect("known"));
            assert_eq!(known.last_held(WHO, Position(11)).await.expect("kept"), since);
        }
        let own = note(&addresses(0, 1), office, settled_at + 1, Some(settled_at)).await;
        assert_eq!((own.new_count, own.is_new_network, own.day_count), (0, false, 6));
        let later = note(&[], office, 10 * day, Some(settled_at)).await;
        assert_eq!(later.usual_new_count, 0, "5 in 30 days, and not 35");
        let again = note(&addresses(100, 30), abroad, 10 * day + 1, Some(settled_at)).await;
        assert_eq!(
            (again.new_count, again.is_new_network),
            (30, true),
            "neither victims nor network are known"
        );
    }

    #[tokio::test]
    async fn a_purged_day_counts_for_nothing_and_only_what_came_since_a_settlement_counts_as_lately() {
        let (known, database, _folder) = tables().await;
        let office = IpAddr::from([192, 0, 2, 1]);
        let note = async |recipients: &[EmailAddress], minutes, settled: Option<i64>| {
            known.note(WHO, recipients, office, (at(minutes), settled.map(at))).await.expect("habits")
        };
        assert_eq!(note(&addresses(0, 600), 0, None).await.day_count, 600);
        pass(&database, 0, ("queued", 0, ""), 60).await;
        let gone = ("bounced", 550, "bounce_no_such_address");
        pass(&database, 1, gone, 20).await;
        let counted = note(&addresses(0, 1), 2, None).await;
        assert_eq!((counted.new_count, counted.sent_count, counted.bounced_count), (600, 61, 20));
        assert!(known.begin_hold(WHO, Counted::Today, (at(2), Position(1))).await.expect("kept"));
        let day_begins = day_of(at(2)) * DAY_MILLIS;
        let since = known.last_held(WHO, Position(2)).await.expect("kept");
        assert_eq!(since, LastHeld::Since(Timestamp::from_millis(day_begins)));
        known.settle_held(WHO, HeldOf::SomebodyElse, (at(3), Position(2))).await.expect("purged");
        let next = note(&addresses(700, 2), 4, Some(3)).await;
        assert_eq!((next.new_count, next.sent_count, next.bounced_count, next.day_count), (2, 2, 0, 2));
        // Settled by a clock that was ahead, it hides nothing.
        assert_eq!(note(&[], 5, Some(500)).await.bounced_count, 20);
        // What somebody has looked at is no part of the next hold, and what was said of this one is over.
        assert!(known.begin_hold(WHO, Counted::Today, (at(9), Position(5))).await.expect("kept"));
        assert_eq!(known.last_held(WHO, Position(6)).await.expect("kept"), LastHeld::Since(at(3)));
        assert_eq!(known.last_held(WHO, Position(2)).await.expect("kept"), LastHeld::Over);
        assert!(
            !known.begin_hold(WHO, Counted::Today, (at(2), Position(1))).await.expect("kept"),
            "an old one"
        );
    }

    #[tokio::test]
    async fn what_a_clock_that_was_ahead_has_noted_is_put_right() {
        let (known, _database, _folder) = tables().await;
        let (office, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([198, 51, 100, 1]));
        let note = async |peer, minutes| {
            known.note(WHO, &addresses(0, 1), peer, (at(minutes), None)).await.expect("habits").is_new_network
        };
        let day = 1440;
        note(office, 0).await;
        note(other, 30 * day).await;
        assert!(note(other, 2 * day).await, "the clock is right again");
        assert!(!note(other, 4 * day).await, "for a day, and not for a month");
    }

    #[tokio::test]
    async fn only_addresses_that_a_host_says_are_not_there_count_as_failures() {
        let (known, database, _folder) = tables().await;
        for (code, reasons) in [
            (0, "bounce_no_such_address"),
            (0, "suppressed_no_such_address"),
            (0, "suppressed_order"),
            (550, "bounce_policy"),
            (450, "bounce_expired"),
            (550, "bounced_later bounce_no_such_address bounce_not_proven"),
        ] {
            pass(&database, 0, ("bounced", code, reasons), 1).await;
        }
        let habits = async || {
            let peer = IpAddr::from([192, 0, 2, 1]);
            known.note(WHO, &[], peer, (at(1), None)).await.expect("habits").bounced_count
        };
        assert_eq!(habits().await, 0);
        pass(&database, 0, ("bounced", 550, "relay_of_sender bounce_no_such_address"), 1).await;
        pass(&database, 0, ("bounced", 550, "bounced_later bounce_no_such_address"), 1).await;
        assert_eq!(habits().await, 2);
    }
}
