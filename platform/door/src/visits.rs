//! Who has looked into a mailbox's settings without being its owner: one row for a person, a way in, a mailbox and an hour.
//!
//! For its owner, who sees as well what was changed: that stands in events, and looking leaves none.

use std::collections::HashMap;
use std::time::Duration;

use database::{DatabaseError, Statement};
use kernel::{Id as _, MailboxId, TenantId, Timestamp, UserId};
use parking_lot::Mutex;

use crate::DoorBook;

/// How long a visit is kept.
const KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3600 * 1000;
/// Most rows of one mailbox; the oldest go first.
const ROW_COUNT_MAX: usize = 500;
/// Mailboxes in one question.
pub const VISITED_COUNT_MAX: usize = 500;
/// Different visits that wait to be written; beyond, they are not told.
const WAITING_COUNT_MAX: usize = 20_000;
/// Rows that are written in one transaction.
const BATCH_COUNT: usize = 200;

/// Somebody looks into the settings of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VisitNote {
    /// Whose mailbox it is.
    pub tenant: TenantId,
    /// Which.
    pub mailbox: MailboxId,
    /// Who.
    pub visitor: UserId,
    /// Whether by an API token rather than by a session.
    pub is_by_token: bool,
}

/// Visits of one person to one mailbox within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitRow {
    /// What they have in common.
    pub note: VisitNote,
    /// The first of the hour.
    pub first_at: Timestamp,
    /// The last of the hour.
    pub last_at: Timestamp,
}

/// What waits to be written, by hour: the first and the last.
#[derive(Debug, Default)]
pub(crate) struct Visits(Mutex<HashMap<(VisitNote, i64), (Timestamp, Timestamp)>>);

impl DoorBook {
    /// Notes a visit; it is written with the next [`DoorBook::write`].
    pub fn note_visit(&self, note: VisitNote, at: Timestamp) {
        let mut waiting = self.visits.0.lock();
        let key = (note, at.millis().div_euclid(HOUR_MS));
        if waiting.len() >= WAITING_COUNT_MAX && !waiting.contains_key(&key) {
            return;
        }
        let known = waiting.entry(key).or_insert((at, at));
        *known = (known.0.min(at), known.1.max(at));
    }

    pub(crate) async fn write_visits(&self) -> Result<(), DatabaseError> {
        let noted: Vec<_> = std::mem::take(&mut *self.visits.0.lock()).into_iter().collect();
        for batch in noted.chunks(BATCH_COUNT) {
            let statements =
                batch.iter().flat_map(|((note, hour), seen)| [upsert(note, *hour, *seen), bound(note)]);
            self.database.write(statements.collect()).await?;
        }
        Ok(())
    }

    pub(crate) fn sweep_visits(now: Timestamp) -> Statement {
        let over = now.millis() - i64::try_from(KEPT_FOR.as_millis()).unwrap_or(i64::MAX);
        Statement::new("DELETE FROM door_visit WHERE last_at < $1").bind(over)
    }

    /// At most `count_max` of the visits to each of some mailboxes (up to [`VISITED_COUNT_MAX`]), of each the latest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn visits(
        &self,
        (tenant, mailboxes): (TenantId, &[MailboxId]),
        count_max: usize,
    ) -> Result<Vec<VisitRow>, DatabaseError> {
        let mailboxes = mailboxes.get(..VISITED_COUNT_MAX).unwrap_or(mailboxes);
        if mailboxes.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = (2..=mailboxes.len() + 1).map(|number| format!("${number}")).collect();
        let select = format!(
            "SELECT visitor_id, is_by_token, first_at, last_at, mailbox_id FROM (SELECT visitor_id, is_by_token, first_at, \
             last_at, mailbox_id, ROW_NUMBER() OVER (PARTITION BY mailbox_id ORDER BY last_at DESC, visitor_id, is_by_token) \
             AS place FROM door_visit WHERE tenant = $1 AND mailbox_id IN ({})) AS visit WHERE place <= {count_max} \
             ORDER BY mailbox_id, place",
            names.join(", ")
        );
        let select = Statement::new(select).bind(tenant.uuid());
        let select = mailboxes.iter().fold(select, |select, mailbox| select.bind(mailbox.uuid()));
        let rows = self.database.query(select).await?;
        let read = rows.iter().map(|row| {
            let (visitor, is_by_token) = (UserId::new(row.uuid(0)?), row.bool(1)?);
            let mailbox = MailboxId::new(row.uuid(4)?);
            Ok(VisitRow {
                note: VisitNote { tenant, mailbox, visitor, is_by_token },
                first_at: Timestamp::from_millis(row.int(2)?),
                last_at: Timestamp::from_millis(row.int(3)?),
            })
        });
        read.collect()
    }
}

fn upsert(note: &VisitNote, hour: i64, (first, last): (Timestamp, Timestamp)) -> Statement {
    Statement::new(
        "INSERT INTO door_visit (tenant, mailbox_id, visitor_id, is_by_token, hour, first_at, last_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (tenant, mailbox_id, visitor_id, is_by_token, hour) DO UPDATE SET last_at = excluded.last_at \
         WHERE excluded.last_at > door_visit.last_at",
    )
    .bind(note.tenant.uuid())
    .bind(note.mailbox.uuid())
    .bind(note.visitor.uuid())
    .bind(note.is_by_token)
    .bind(hour)
    .bind(first.millis())
    .bind(last.millis())
}

/// Keeps the newest rows of the same mailbox alone.
fn bound(note: &VisitNote) -> Statement {
    let whose = "tenant = $1 AND mailbox_id = $2";
    Statement::new(format!(
        "DELETE FROM door_visit WHERE {whose} AND last_at < (SELECT last_at FROM door_visit WHERE {whose} \
         ORDER BY last_at DESC LIMIT 1 OFFSET {ROW_COUNT_MAX})"
    ))
    .bind(note.tenant.uuid())
    .bind(note.mailbox.uuid())
}

#[cfg(test)]
mod tests {
    use database::Database;
    use uuid::Uuid;

    use super::*;

    fn note(visitor: u128, is_by_token: bool) -> VisitNote {
        let (tenant, mailbox) = (TenantId::PLATFORM, MailboxId::new(Uuid::from_u128(1)));
        VisitNote { tenant, mailbox, visitor: UserId::new(Uuid::from_u128(visitor)), is_by_token }
    }

    async fn book() -> (DoorBook, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        (DoorBook::open(database).await.expect("tables"), folder)
    }

    #[tokio::test]
    async fn an_hour_of_looking_is_one_row_and_the_mailbox_keeps_the_newest() {
        let (book, _folder) = book().await;
        let at = Timestamp::from_secs;
        let mailboxes = [MailboxId::new(Uuid::from_u128(1)), MailboxId::new(Uuid::from_u128(9))];
        let whose = (TenantId::PLATFORM, mailboxes.as_slice());
        for secs in [10, 20, 3599] {
            book.note_visit(note(2, false), at(secs));
            book.write(at(secs)).await.expect("written");
        }
        book.note_visit(note(2, false), at(3600));
        book.note_visit(note(2, true), at(3700));
        book.write(at(3700)).await.expect("written");
        let rows = book.visits(whose, 100).await.expect("rows");
        let seen: Vec<_> = rows.iter().map(|row| (row.note.is_by_token, row.first_at, row.last_at)).collect();
        assert_eq!(
            seen,
            [(true, at(3700), at(3700)), (false, at(3600), at(3600)), (false, at(10), at(3599))]
        );
        for hour in 2..800 {
            book.note_visit(note(3, false), at(hour * 3600));
        }
        book.write(at(800 * 3600)).await.expect("written");
        assert!(book.visits(whose, 10_000).await.expect("rows").len() <= ROW_COUNT_MAX + 1);
        book.write(at(3000 * 3600)).await.expect("written");
        assert_eq!(book.visits(whose, 10_000).await.expect("rows"), []);
    }
}
