//! Work that comes round: which piece is due when, and which node is at it.
//!
//! A piece is held, not locked: whoever took it has it until the moment that they named; a node that dies loses it by time.

use database::{Database, DatabaseError, Statement};
use kernel::Timestamp;

/// Pieces that are written in one transaction.
const BATCH_COUNT: usize = 500;
/// Pieces in one answer.
const PAGE_COUNT_MAX: usize = 1000;

/// A piece of work as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Its name.
    pub name: String,
    /// When it is to be done.
    pub due_at: Timestamp,
    /// What was noted when it was done last; empty before.
    pub note: String,
}

/// The pieces of one kind of work.
#[derive(Clone)]
pub struct Turns {
    database: Database,
    work: &'static str,
}

impl Turns {
    /// The pieces of `work` over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database, work: &'static str) -> Result<Self, DatabaseError> {
        let create = "CREATE TABLE IF NOT EXISTS turn (work TEXT NOT NULL, name TEXT NOT NULL, due_at BIGINT NOT NULL, \
             until BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (work, name))";
        let index = "CREATE INDEX IF NOT EXISTS turn_due ON turn (work, due_at)";
        database.write(vec![Statement::new(create), Statement::new(index)]).await?;
        Ok(Self { database, work })
    }

    /// Lets there be pieces, due from these moments on; those that are there stay as they are.
    ///
    /// # Errors
    /// [`DatabaseError`]: some of them may be there.
    pub async fn enrol(&self, pieces: &[(String, Timestamp)]) -> Result<(), DatabaseError> {
        for batch in pieces.chunks(BATCH_COUNT) {
            let insert = batch.iter().map(|(name, due_at)| {
                Statement::new(
                    "INSERT INTO turn (work, name, due_at, until, note) VALUES ($1, $2, $3, 0, '') \
                     ON CONFLICT (work, name) DO NOTHING",
                )
                .bind(self.work)
                .bind(name.as_str())
                .bind(due_at.millis())
            });
            self.database.write(insert.collect()).await?;
        }
        Ok(())
    }

    /// Names of pieces that are due at `now` and that nobody is at, those that wait longest first.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<String>, DatabaseError> {
        let select = "SELECT name FROM turn WHERE work = $1 AND due_at <= $2 AND until <= $2 ORDER BY due_at, name LIMIT $3";
        let limit = i64::try_from(limit.min(PAGE_COUNT_MAX)).unwrap_or(i64::MAX);
        let select = Statement::new(select).bind(self.work).bind(now.millis()).bind(limit);
        let rows = self.database.query(select).await?;
        rows.iter().map(|row| row.text(0).map(str::to_owned)).collect()
    }

    /// Takes a piece until a moment, due or not; none where it is not there, or where somebody has it who may be at it at
    /// `now`.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn take(
        &self,
        name: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Turn>, DatabaseError> {
        let update = "UPDATE turn SET until = $1 WHERE work = $2 AND name = $3 AND until <= $4";
        let update =
            Statement::new(update).bind(until.millis()).bind(self.work).bind(name).bind(now.millis());
        if self.database.write(vec![update]).await?.iter().sum::<u64>() == 0 {
            return Ok(None);
        }
        self.of(name).await
    }

    /// A piece as it stands, whoever has it.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn of(&self, name: &str) -> Result<Option<Turn>, DatabaseError> {
        Ok(self.those(&[name.to_owned()]).await?.pop())
    }

    /// Those of these pieces that are there, as they stand.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn those(&self, names: &[String]) -> Result<Vec<Turn>, DatabaseError> {
        let mut turns = Vec::with_capacity(names.len());
        for batch in names.chunks(BATCH_COUNT) {
            let places: Vec<String> = (2..batch.len() + 2).map(|place| format!("${place}")).collect();
            let select = format!(
                "SELECT name, due_at, note FROM turn WHERE work = $1 AND name IN ({})",
                places.join(", ")
            );
            let select = batch
                .iter()
                .fold(Statement::new(select).bind(self.work), |select, name| select.bind(name.as_str()));
            for row in &self.database.query(select).await? {
                let due_at = Timestamp::from_millis(row.int(1)?);
                turns.push(Turn { name: row.text(0)?.to_owned(), due_at, note: row.text(2)?.to_owned() });
            }
        }
        Ok(turns)
    }

    /// Notes how far whoever has a piece has come, and lets them have it for longer.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn go_on(&self, name: &str, until: Timestamp, note: &str) -> Result<(), DatabaseError> {
        let update = "UPDATE turn SET until = $1, note = $2 WHERE work = $3 AND name = $4";
        let update = Statement::new(update).bind(until.millis()).bind(note).bind(self.work).bind(name);
        self.database.write(vec![update]).await.map(drop)
    }

    /// Gives a piece back, to be done again from `due_at` on.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn done(&self, name: &str, due_at: Timestamp, note: &str) -> Result<(), DatabaseError> {
        let update = "UPDATE turn SET until = 0, due_at = $1, note = $2 WHERE work = $3 AND name = $4";
        let update = Statement::new(update).bind(due_at.millis()).bind(note).bind(self.work).bind(name);
        self.database.write(vec![update]).await.map(drop)
    }

    /// Lets a piece be due at `at` where it would be later.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn hasten(&self, name: &str, at: Timestamp) -> Result<(), DatabaseError> {
        let update = "UPDATE turn SET due_at = $1 WHERE work = $2 AND name = $3 AND due_at > $1";
        let update = Statement::new(update).bind(at.millis()).bind(self.work).bind(name);
        self.database.write(vec![update]).await.map(drop)
    }

    /// There is no such piece any more.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget(&self, name: &str) -> Result<(), DatabaseError> {
        let delete = "DELETE FROM turn WHERE work = $1 AND name = $2";
        self.database.write(vec![Statement::new(delete).bind(self.work).bind(name)]).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    /// One database of each kind that is there.
    async fn databases() -> Vec<(Database, Option<tempfile::TempDir>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let mut databases = vec![(file, Some(folder))];
        if let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") {
            let schema = format!("turns_{}", std::process::id());
            let database = Database::connect_postgres_schema(&url, 4, &schema).await.expect("a server");
            databases.push((database, None));
        }
        databases
    }

    #[tokio::test]
    async fn a_piece_is_done_by_one_at_a_time_and_by_another_once_that_one_is_gone() {
        for (database, _folder) in databases().await {
            let turns = Turns::open(database.clone(), "a").await.expect("a table");
            let others = Turns::open(database, "b").await.expect("the same table");
            let pieces = [("x".to_owned(), at(10)), ("y".to_owned(), at(5)), ("z".to_owned(), at(99))];
            turns.enrol(&pieces).await.expect("there");
            turns.enrol(&[("x".to_owned(), at(0))]).await.expect("there already");
            assert_eq!(turns.due(at(10), 9).await.expect("names"), ["y", "x"]);
            assert!(others.due(at(10), 9).await.expect("names").is_empty());
            let taken = turns.take("x", at(10), at(20)).await.expect("an answer").expect("x");
            assert_eq!((taken.due_at, taken.note.as_str()), (at(10), ""));
            assert_eq!(turns.take("x", at(19), at(40)).await.expect("an answer"), None);
            assert_eq!(turns.due(at(10), 9).await.expect("names"), ["y"]);
            turns.go_on("x", at(30), "half").await.expect("noted");
            assert_eq!(turns.take("x", at(29), at(60)).await.expect("an answer"), None);
            let after = turns.take("x", at(30), at(60)).await.expect("an answer").expect("x");
            assert_eq!(after.note, "half");
            turns.done("x", at(100), "whole").await.expect("given back");
            assert_eq!(turns.due(at(99), 9).await.expect("names"), ["y", "z"]);
            turns.hasten("x", at(50)).await.expect("sooner");
            turns.hasten("x", at(70)).await.expect("no later");
            let known = turns.those(&["x".to_owned(), "w".to_owned()]).await.expect("turns");
            assert_eq!(known, [Turn { name: "x".to_owned(), due_at: at(50), note: "whole".to_owned() }]);
            turns.forget("x").await.expect("gone");
            assert_eq!(turns.of("x").await.expect("an answer"), None);
        }
    }
}
