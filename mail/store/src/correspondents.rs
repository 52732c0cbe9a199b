//! To whom mailboxes have written, and from which networks: by that one sees when somebody else does it in their name.
//!
//! Addresses and networks are kept as hashes, apart for each mailbox; a year after they were first seen they are forgotten.
//! Of days only the number of recipients is kept; what is held counts by itself, until somebody says whose mail it was.

use std::net::IpAddr;
use std::time::Duration;

use database::{Database, DatabaseError, Statement};
use kernel::{EmailAddress, Id as _, MailboxId, TenantId, Timestamp};
use uuid::Uuid;

use crate::days::day_of;

/// How far back "lately" goes.
const LATELY: Duration = Duration::from_secs(3600);
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

/// How a mailbox sends, with the message that is just on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// Recipients of the last hour to whom it never wrote before.
    pub new_count: u32,
    /// How many such there are on a usual day, over the last 30 days.
    pub usual_new_count: u32,
    /// Whether it never sent from this network before, and has sent from others for more than a day.
    pub is_new_network: bool,
    /// Recipients elsewhere of the last hour.
    pub sent_count: u32,
    /// Recipients that were given up in the last hour.
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

/// The tables of correspondents, networks and days.
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
        ];
        database.write(tables.map(Statement::new).into()).await?;
        database.migrate("correspondents", STEPS).await?;
        Ok(Self(database))
    }

    /// Notes that a mailbox writes to `recipients` from `peer`, and tells how it sends.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn note(
        &self,
        (tenant, mailbox): (TenantId, MailboxId),
        recipients: &[EmailAddress],
        peer: IpAddr,
        now: Timestamp,
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
        let lately = minus(now, LATELY);
        let month = minus(now, Duration::from_secs(u64::from(USUAL_DAY_COUNT) * 86_400));
        let first = "SELECT COUNT(*) FROM correspondent WHERE tenant = $1 AND mailbox = $2 AND first_at > $3 AND first_at <= $4";
        let new_count = self.count(first, who, (lately, now.millis())).await?;
        let month_count = self.count(first, who, (month, lately)).await?;
        let passed = "SELECT COUNT(*) FROM passage WHERE tenant = $1 AND mailbox = $2 AND at > $3 AND at <= $4 AND stage = ";
        let sent = self.count(&format!("{passed} 'queued'"), who, (lately, now.millis())).await?;
        let (day_count, busiest_day_count) = self.days(who, day_of(now)).await?;
        let bounced_count = self.count(&format!("{passed} 'bounced'"), who, (lately, now.millis())).await?;
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

    /// Counts what was held as the mailbox's own once somebody has found it right, and forgets it where it was another's.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn settle_held(
        &self,
        (tenant, mailbox): (TenantId, MailboxId),
        whose: HeldOf,
    ) -> Result<(), DatabaseError> {
        let update = match whose {
            HeldOf::Mailbox => {
                "UPDATE sending_day SET sent_count = sent_count + held_count, held_count = 0 \
                 WHERE tenant = $1 AND mailbox = $2 AND held_count <> 0"
            }
            HeldOf::SomebodyElse => {
                "UPDATE sending_day SET held_count = 0 WHERE tenant = $1 AND mailbox = $2 AND held_count <> 0"
            }
        };
        let update = Statement::new(update).bind(tenant.uuid()).bind(mailbox.uuid());
        self.0.write(vec![update]).await.map(drop)
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
        let deletes = deletes.into_iter().chain([days]).collect();
        self.0.write(deletes).await.map(drop)
    }

    async fn is_new_network(
        &self,
        (tenant, mailbox): (TenantId, MailboxId),
        network: Uuid,
        now: Timestamp,
    ) -> Result<bool, DatabaseError> {
        let select = "SELECT hash, first_at FROM sending_network WHERE tenant = $1 AND mailbox = $2";
        let select = Statement::new(select).bind(tenant.uuid()).bind(mailbox.uuid());
        let yesterday = minus(now, Duration::from_secs(86_400));
        let (mut is_known, mut is_settled) = (false, false);
        for row in self.0.query(select).await? {
            is_known |= row.uuid(0)? == network;
            is_settled |= row.int(1)? < yesterday;
        }
        Ok(is_settled && !is_known)
    }

    async fn count(
        &self,
        select: &str,
        (tenant, mailbox): (TenantId, MailboxId),
        (after, until): (i64, i64),
    ) -> Result<u32, DatabaseError> {
        let select = Statement::new(select.to_owned())
            .bind(tenant.uuid())
            .bind(mailbox.uuid())
            .bind(after)
            .bind(until);
        let rows = self.0.query(select).await?;
        let count = rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

fn insert(table: &str, (tenant, mailbox): (TenantId, MailboxId), hash: Uuid, now: Timestamp) -> Statement {
    Statement::new(format!(
        "INSERT INTO {table} (tenant, mailbox, hash, first_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
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
        let mut before =
            vec![Statement::new("CREATE TABLE passage (tenant UUID, mailbox UUID, at BIGINT, stage TEXT)")];
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
            let habits = known.note((TenantId::PLATFORM, mailbox), &[], peer, at(day)).await.expect("habits");
            (habits.day_count, habits.busiest_day_count)
        };
        assert_eq!(days(one, 0).await, (0, 7), "what was sent before the table was there");
        let habits = known.note(who, &addresses(0, 30), peer, at(0)).await.expect("habits");
        assert_eq!((habits.day_count, habits.busiest_day_count), (30, 7));
        known.hold(who, &addresses(0, 30), (Noted::Yes, at(0))).await.expect("held");
        known.hold(who, &addresses(0, 500), (Noted::No, at(0))).await.expect("held");
        assert_eq!(days(one, 1).await, (0, 7));
        known.settle_held(who, HeldOf::SomebodyElse).await.expect("purged");
        assert_eq!(days(one, 1).await, (0, 7));
        known.hold(who, &addresses(0, 400), (Noted::No, at(1))).await.expect("held");
        known.settle_held((TenantId::PLATFORM, other), HeldOf::Mailbox).await.expect("nothing of the one");
        known.settle_held(who, HeldOf::Mailbox).await.expect("released");
        assert_eq!(days(one, 1).await, (400, 7));
        assert_eq!(days(one, 90).await, (0, 400));
        assert_eq!(days(other, 90).await, (0, 0));
        // Opened again it counts nothing twice, and what is long ago is forgotten.
        let known = Correspondents::open(database).await.expect("tables");
        known.forget(at(103)).await.expect("forgotten");
        let habits = known.note(who, &[], peer, at(103)).await.expect("habits");
        assert_eq!((habits.day_count, habits.busiest_day_count), (0, 0));
    }

    #[tokio::test]
    async fn strangers_are_told_from_those_whom_one_knows_and_new_networks_from_old_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let passage = "CREATE TABLE passage (tenant UUID, mailbox UUID, at BIGINT, stage TEXT)";
        database.write(vec![Statement::new(passage)]).await.expect("a table");
        let known = Correspondents::open(database).await.expect("tables");
        let who = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(1)));
        let office = IpAddr::from([192, 0, 2, 1]);
        let at = |hours: i64| Timestamp::from_secs(1_800_000_000 + hours * 3600);
        let first = known.note(who, &addresses(0, 3), office, at(0)).await.expect("habits");
        assert_eq!((first.new_count, first.sent_count, first.is_new_network), (3, 3, false));
        let again = known.note(who, &addresses(0, 4), office, at(2)).await.expect("habits");
        assert_eq!(again.new_count, 1, "three are known");
        let other = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(2)));
        assert_eq!(known.note(other, &addresses(0, 3), office, at(2)).await.expect("habits").new_count, 3);
        let neighbour = known.note(who, &[], IpAddr::from([192, 0, 2, 99]), at(48)).await.expect("habits");
        assert!(!neighbour.is_new_network);
        let abroad = IpAddr::from([198, 51, 100, 1]);
        assert!(known.note(who, &[], abroad, at(48)).await.expect("habits").is_new_network);
        assert!(!known.note(who, &[], abroad, at(49)).await.expect("habits").is_new_network);
        known.note(who, &addresses(100, 300), office, at(72)).await.expect("habits");
        let later = known.note(who, &[], office, at(100)).await.expect("habits");
        assert_eq!((later.new_count, later.usual_new_count), (0, 10));
        known.forget(at(24 * 500)).await.expect("forgotten");
        let forgotten = known.note(who, &addresses(0, 1), office, at(24 * 500)).await.expect("habits");
        assert_eq!((forgotten.new_count, forgotten.usual_new_count), (1, 0));
    }
}
