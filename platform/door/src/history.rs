//! Who has come, and who has tried: sign-ins of each person, failures as well.
//!
//! Gathered in memory and written every few seconds, so that a guesser learns nothing from the time that an answer takes.
//! What is the same on one day is one row with a count; rows of one person are bounded, failures apart from successes, so
//! that a guesser does not push out what its owner looks for.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use database::{DatabaseError, Row, Statement};
use hosting::session::SessionOwner;
use kernel::{Id as _, TenantId, Timestamp};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::DoorBook;

/// How long a sign-in is kept.
const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// Milliseconds between two sweeps of a node: rows may stay so much longer.
const SWEEP_PAUSE_MS: u64 = 3_600_000;
/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Most rows of one person, successes and failures each.
const ROW_COUNT_MAX: usize = 200;
/// Different sign-ins that wait to be written; beyond, they are not told.
const WAITING_COUNT_MAX: usize = 20_000;
/// Rows that are written in one transaction.
const BATCH_COUNT: usize = 200;
/// Longest name of a device that is kept, in characters.
const DEVICE_CHARACTER_COUNT_MAX: usize = 120;

/// What a sign-in came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignInOutcome {
    /// Somebody is in.
    Success,
    /// The password was wrong.
    WrongPassword,
    /// The password was right, and the code or passkey after it was wrong.
    WrongSecondFactor,
    /// A passkey of this login was shown and was not good.
    WrongPasskey,
    /// The password was right and opens nothing by this protocol: the service or the protocol is off, an app password is
    /// wanted or is over, or a second factor is still to be added.
    NotOpen,
    /// Too many tries: the password was not looked at.
    Throttled,
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignInProtocol {
    /// The pages and the API, by password.
    Web,
    /// The pages, by a passkey alone.
    Passkey,
    /// IMAP.
    Imap,
    /// Message submission by SMTP.
    Submission,
    /// The pages: all messages were taken along.
    Export,
}

/// Somebody has come, or has tried.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignInNote {
    /// Whose login it is.
    pub tenant: TenantId,
    /// Who.
    pub owner: SessionOwner,
    /// How.
    pub protocol: SignInProtocol,
    /// With what result.
    pub outcome: SignInOutcome,
    /// From where: the network, not the address.
    pub network: String,
    /// With what program, as it says itself; empty where it says nothing.
    pub device: String,
}

/// Sign-ins of one kind on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRow {
    /// What they have in common.
    pub note: SignInNote,
    /// How many.
    pub count: u32,
    /// The first of the day.
    pub first_at: Timestamp,
    /// The last of the day.
    pub last_at: Timestamp,
}

/// How many, the first and the last.
type Seen = (u32, Timestamp, Timestamp);

/// What waits to be written, by day.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    noted: Mutex<HashMap<(SignInNote, i64), Seen>>,
    /// When this node last forgot what is past its time.
    swept_at: Mutex<Option<Timestamp>>,
}

impl SignInNote {
    /// From `peer`, of which the network is kept alone: 24 bits of IPv4, 48 of IPv6.
    pub fn new(
        (tenant, owner): (TenantId, SessionOwner),
        (protocol, outcome): (SignInProtocol, SignInOutcome),
        (peer, device): (IpAddr, Option<&str>),
    ) -> Self {
        let plain = device.unwrap_or_default().chars().filter(|character| !character.is_control());
        let device = plain.take(DEVICE_CHARACTER_COUNT_MAX).collect();
        Self { tenant, owner, protocol, outcome, network: network(peer), device }
    }
}

fn network(peer: IpAddr) -> String {
    let (peer, bits) = match peer.to_canonical() {
        peer @ IpAddr::V4(_) => (peer, 24),
        peer @ IpAddr::V6(_) => (peer, 48),
    };
    ipnet::IpNet::new(peer, bits).map_or_else(|_| String::new(), |network| network.trunc().to_string())
}

impl DoorBook {
    /// Notes a sign-in; it is written with the next [`DoorBook::write`].
    pub fn note(&self, note: SignInNote, count: u32, at: Timestamp) {
        let mut waiting = self.waiting.noted.lock();
        let key = (note, at.millis().div_euclid(DAY_MS));
        if waiting.len() >= WAITING_COUNT_MAX && !waiting.contains_key(&key) {
            return;
        }
        let known = waiting.entry(key).or_insert((0, at, at));
        known.0 = known.0.saturating_add(count);
        known.1 = known.1.min(at);
        known.2 = known.2.max(at);
    }

    /// Writes what was noted and, now and then, forgets what is past its time. What is lost with the process are the last seconds.
    ///
    /// # Errors
    /// [`DatabaseError`]: some of them may be written.
    pub async fn write(&self, now: Timestamp) -> Result<(), DatabaseError> {
        let noted: Vec<_> = std::mem::take(&mut *self.waiting.noted.lock()).into_iter().collect();
        for batch in noted.chunks(BATCH_COUNT) {
            let statements =
                batch.iter().flat_map(|((note, day), seen)| [upsert(note, *day, *seen), bound(note)]);
            self.database.write(statements.collect()).await?;
        }
        self.write_visits().await?;
        if !self.is_sweeping(now) {
            return Ok(());
        }
        let over = now.millis() - i64::try_from(KEPT_FOR.as_millis()).unwrap_or(i64::MAX);
        let sweep = Statement::new("DELETE FROM door_sign_in WHERE last_at < $1").bind(over);
        self.database.write(vec![sweep, Self::sweep_visits(now)]).await.map(drop)
    }

    /// Whether it is time to sweep. Then that counts as done: what fails is done the next time.
    fn is_sweeping(&self, now: Timestamp) -> bool {
        let mut swept_at = self.waiting.swept_at.lock();
        let is_due = swept_at.is_none_or(|at| now.millis().abs_diff(at.millis()) >= SWEEP_PAUSE_MS);
        if is_due {
            *swept_at = Some(now);
        }
        is_due
    }

    /// At most `count_max` of the sign-ins of one person, the latest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn sign_ins(
        &self,
        (tenant, owner): (TenantId, SessionOwner),
        count_max: usize,
    ) -> Result<Vec<SignInRow>, DatabaseError> {
        let select = format!(
            "SELECT protocol, outcome, network, device, count, first_at, last_at FROM door_sign_in \
             WHERE tenant = $1 AND owner_id = $2 ORDER BY last_at DESC, protocol, outcome, network, device LIMIT {count_max}"
        );
        let select = Statement::new(select).bind(tenant.uuid()).bind(id(owner));
        let rows = self.database.query(select).await?;
        Ok(rows
            .iter()
            .map(|row| read((tenant, owner), row))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    /// Forgets the sign-ins of a person who is erased, whom they visited and who visited them.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget(&self, tenant: TenantId, owner: Uuid) -> Result<(), DatabaseError> {
        let deletes = [
            "DELETE FROM door_sign_in WHERE tenant = $1 AND owner_id = $2",
            "DELETE FROM door_visit WHERE tenant = $1 AND mailbox_id = $2",
            "DELETE FROM door_visit WHERE tenant = $1 AND visitor_id = $2",
        ];
        let deletes = deletes.map(|delete| Statement::new(delete).bind(tenant.uuid()).bind(owner));
        self.database.write(deletes.into()).await.map(drop)
    }
}

fn upsert(note: &SignInNote, day: i64, (count, first, last): Seen) -> Statement {
    Statement::new(
        "INSERT INTO door_sign_in (tenant, owner_id, day, protocol, outcome, network, device, is_success, count, first_at, \
         last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant, owner_id, day, protocol, outcome, network, device) \
         DO UPDATE SET count = door_sign_in.count + excluded.count, last_at = excluded.last_at",
    )
    .bind(note.tenant.uuid())
    .bind(id(note.owner))
    .bind(day)
    .bind(note.protocol.name())
    .bind(note.outcome.name())
    .bind(note.network.clone())
    .bind(note.device.clone())
    .bind(note.outcome == SignInOutcome::Success)
    .bind(i64::from(count))
    .bind(first.millis())
    .bind(last.millis())
}

/// Keeps the newest rows of the same person and kind alone.
fn bound(note: &SignInNote) -> Statement {
    let whose = "tenant = $1 AND owner_id = $2 AND is_success = $3";
    Statement::new(format!(
        "DELETE FROM door_sign_in WHERE {whose} AND last_at < (SELECT last_at FROM door_sign_in WHERE {whose} \
         ORDER BY last_at DESC LIMIT 1 OFFSET {ROW_COUNT_MAX})"
    ))
    .bind(note.tenant.uuid())
    .bind(id(note.owner))
    .bind(note.outcome == SignInOutcome::Success)
}

/// None for words of a newer release.
fn read((tenant, owner): (TenantId, SessionOwner), row: &Row) -> Result<Option<SignInRow>, DatabaseError> {
    let (Some(protocol), Some(outcome)) =
        (SignInProtocol::named(row.text(0)?), SignInOutcome::named(row.text(1)?))
    else {
        return Ok(None);
    };
    let (network, device) = (row.text(2)?.to_owned(), row.text(3)?.to_owned());
    Ok(Some(SignInRow {
        note: SignInNote { tenant, owner, protocol, outcome, network, device },
        count: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
        first_at: Timestamp::from_millis(row.int(5)?),
        last_at: Timestamp::from_millis(row.int(6)?),
    }))
}

fn id(owner: SessionOwner) -> Uuid {
    match owner {
        SessionOwner::User(user) => user.uuid(),
        SessionOwner::Mailbox(mailbox) => mailbox.uuid(),
    }
}

impl SignInOutcome {
    const ALL: [Self; 6] = [
        Self::Success,
        Self::WrongPassword,
        Self::WrongSecondFactor,
        Self::WrongPasskey,
        Self::NotOpen,
        Self::Throttled,
    ];

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::WrongPassword => "wrong_password",
            Self::WrongSecondFactor => "wrong_second_factor",
            Self::WrongPasskey => "wrong_passkey",
            Self::NotOpen => "not_open",
            Self::Throttled => "throttled",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl SignInProtocol {
    const ALL: [Self; 5] = [Self::Web, Self::Passkey, Self::Imap, Self::Submission, Self::Export];

    /// As it is stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Passkey => "passkey",
            Self::Imap => "imap",
            Self::Submission => "submission",
            Self::Export => "export",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use database::Database;
    use kernel::UserId;

    const TENANT: TenantId = TenantId::PLATFORM;

    fn owner(number: u128) -> SessionOwner {
        SessionOwner::User(UserId::new(Uuid::from_u128(number)))
    }

    fn note(number: u128, outcome: SignInOutcome, peer: &str) -> SignInNote {
        let peer = peer.parse().expect("an address");
        SignInNote::new((TENANT, owner(number)), (SignInProtocol::Web, outcome), (peer, Some("Firefox\r\n")))
    }

    async fn book() -> (DoorBook, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        (DoorBook::open(database).await.expect("tables"), folder)
    }

    #[tokio::test]
    async fn what_is_the_same_on_one_day_is_one_row_with_a_count() {
        let (book, _folder) = book().await;
        let at = Timestamp::from_secs;
        for secs in [10, 20, 30] {
            book.note(note(1, SignInOutcome::WrongPassword, "192.0.2.7"), 1, at(secs));
            book.write(at(secs)).await.expect("written");
        }
        book.note(note(1, SignInOutcome::WrongPassword, "192.0.2.99"), 2, at(40));
        book.note(note(1, SignInOutcome::Success, "2001:db8:1:2::3"), 1, at(50));
        book.note(note(2, SignInOutcome::Success, "192.0.2.7"), 1, at(60));
        book.write(at(60)).await.expect("written");
        let rows = book.sign_ins((TENANT, owner(1)), 100).await.expect("rows");
        let seen: Vec<_> =
            rows.iter().map(|row| (row.note.network.as_str(), row.count, row.last_at)).collect();
        assert_eq!(seen, [("2001:db8:1::/48", 1, at(50)), ("192.0.2.0/24", 5, at(40))]);
        assert_eq!((rows[1].first_at, rows[1].note.device.as_str()), (at(10), "Firefox"));
        book.forget(TENANT, Uuid::from_u128(1)).await.expect("forgotten");
        assert_eq!(book.sign_ins((TENANT, owner(1)), 100).await.expect("rows"), []);
        assert_eq!(book.sign_ins((TENANT, owner(2)), 100).await.expect("rows").len(), 1);
    }

    #[tokio::test]
    async fn a_guesser_from_everywhere_pushes_no_success_out_and_all_is_forgotten_in_time() {
        let (book, _folder) = book().await;
        book.note(note(1, SignInOutcome::Success, "192.0.2.7"), 1, Timestamp::from_secs(1));
        for number in 0..300_u32 {
            let peer = format!("10.{}.{}.1", number / 256, number % 256);
            let at = Timestamp::from_secs(10 + i64::from(number));
            book.note(note(1, SignInOutcome::WrongPassword, &peer), 1, at);
        }
        book.write(Timestamp::from_secs(400)).await.expect("written");
        let rows = book.sign_ins((TENANT, owner(1)), 1_000).await.expect("rows");
        assert_eq!(rows.iter().filter(|row| row.note.outcome == SignInOutcome::Success).count(), 1);
        assert!(rows.len() <= 2 * ROW_COUNT_MAX && rows.len() < 300, "{}", rows.len());
        book.write(Timestamp::from_secs(91 * 24 * 3600)).await.expect("written");
        assert_eq!(book.sign_ins((TENANT, owner(1)), 1_000).await.expect("rows"), []);
    }
}
