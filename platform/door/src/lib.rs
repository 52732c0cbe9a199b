//! The book at the door: what all nodes must know at once about sign-ins, and no event holds.
//!
//! Which one-time values were used, how far the counters of security keys are, who has come or has tried, and who has looked
//! into a mailbox that is not theirs. Facts of
//! operation, not of business: a person's stream has a bound for all its life, and each sign-in would use some of it.

mod history;
mod visits;

use std::sync::Arc;

use database::{Database, DatabaseError, Statement};
use kernel::{FactorId, Id as _, TenantId, Timestamp};

pub use history::{SignInNote, SignInOutcome, SignInProtocol, SignInRow};
pub use visits::{VISITED_COUNT_MAX, VisitNote, VisitRow};

const STEPS: &[&str] = &[
    "CREATE TABLE door_spent (hash BYTEA PRIMARY KEY, until_ms BIGINT NOT NULL); \
     CREATE INDEX door_spent_until ON door_spent (until_ms); \
     CREATE TABLE door_passkey (tenant UUID NOT NULL, factor_id UUID NOT NULL, counter BIGINT NOT NULL, \
     used_at BIGINT NOT NULL, PRIMARY KEY (tenant, factor_id));",
    "CREATE TABLE door_sign_in (tenant UUID NOT NULL, owner_id UUID NOT NULL, day BIGINT NOT NULL, protocol TEXT NOT NULL, \
     outcome TEXT NOT NULL, network TEXT NOT NULL, device TEXT NOT NULL, is_success BOOLEAN NOT NULL, count BIGINT NOT NULL, \
     first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, \
     PRIMARY KEY (tenant, owner_id, day, protocol, outcome, network, device)); \
     CREATE INDEX door_sign_in_of ON door_sign_in (tenant, owner_id, is_success, last_at); \
     CREATE INDEX door_sign_in_over ON door_sign_in (last_at);",
    "CREATE TABLE door_visit (tenant UUID NOT NULL, mailbox_id UUID NOT NULL, visitor_id UUID NOT NULL, \
     is_by_token BOOLEAN NOT NULL, hour BIGINT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, \
     PRIMARY KEY (tenant, mailbox_id, visitor_id, is_by_token, hour)); \
     CREATE INDEX door_visit_of ON door_visit (tenant, mailbox_id, last_at); \
     CREATE INDEX door_visit_over ON door_visit (last_at);",
];
/// Rows that are over and are swept out with each that comes: twice what comes, so that none stay.
const SWEEP_COUNT: usize = 2;

/// See the module. A cheap handle.
#[derive(Debug, Clone)]
pub struct DoorBook {
    database: Database,
    waiting: Arc<history::Waiting>,
    visits: Arc<visits::Visits>,
}

/// How a security key or a passkey was last used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasskeyUse {
    /// Which of its owner's factors it is.
    pub factor: FactorId,
    /// The counter that it said (WebAuthn section 6.1.1); 0 for ever where it has none.
    pub counter: u32,
    /// When.
    pub at: Timestamp,
}

impl DoorBook {
    /// Over a database, with the tables made where they are not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        database.migrate("door", STEPS).await?;
        Ok(Self { database, waiting: Arc::default(), visits: Arc::default() })
    }

    /// Uses a one-time value up, given as a hash of it, at every node. Whether it was unused; it need not be known after
    /// `until`, when it is good no more anyway.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn spend(
        &self,
        hash: [u8; 32],
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, DatabaseError> {
        let sweep = format!(
            "DELETE FROM door_spent WHERE hash IN (SELECT hash FROM door_spent WHERE until_ms < $1 \
             ORDER BY until_ms LIMIT {SWEEP_COUNT})"
        );
        let insert = "INSERT INTO door_spent (hash, until_ms) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
        let counts = self
            .database
            .write(vec![
                Statement::new(insert).bind(hash.as_slice()).bind(until.millis()),
                Statement::new(sweep).bind(now.millis()),
            ])
            .await?;
        Ok(counts.first() == Some(&1))
    }

    /// Keeps that a passkey was used. False where its counter did not rise: it may have been copied, and of two sign-ins
    /// with one counter one is refused.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn used(&self, tenant: TenantId, one: PasskeyUse) -> Result<bool, DatabaseError> {
        // Authenticators without a counter say 0 for ever.
        let upsert = "INSERT INTO door_passkey (tenant, factor_id, counter, used_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (tenant, factor_id) DO UPDATE SET counter = excluded.counter, used_at = excluded.used_at \
             WHERE excluded.counter > door_passkey.counter OR (excluded.counter = 0 AND door_passkey.counter = 0)";
        let upsert = Statement::new(upsert)
            .bind(tenant.uuid())
            .bind(one.factor.uuid())
            .bind(i64::from(one.counter))
            .bind(one.at.millis());
        Ok(self.database.write(vec![upsert]).await?.first() == Some(&1))
    }

    /// The last use of each of these passkeys; those that were never used are left out.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn uses(
        &self,
        tenant: TenantId,
        factors: impl IntoIterator<Item = FactorId>,
    ) -> Result<Vec<PasskeyUse>, DatabaseError> {
        let select = "SELECT counter, used_at FROM door_passkey WHERE tenant = $1 AND factor_id = $2";
        let mut uses = Vec::new();
        // Few: the model bounds the factors of one person.
        for factor in factors {
            let select = Statement::new(select).bind(tenant.uuid()).bind(factor.uuid());
            if let Some(row) = self.database.query(select).await?.first() {
                let counter = u32::try_from(row.int(0)?).unwrap_or(u32::MAX);
                uses.push(PasskeyUse { factor, counter, at: Timestamp::from_millis(row.int(1)?) });
            }
        }
        Ok(uses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    async fn book() -> (DoorBook, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        (DoorBook::open(database).await.expect("tables"), folder)
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[tokio::test]
    async fn a_value_is_good_once_and_forgotten_when_it_is_over() {
        let (book, _folder) = book().await;
        assert!(book.spend([1; 32], (at(0), at(60))).await.expect("written"));
        assert!(!book.spend([1; 32], (at(1), at(60))).await.expect("written"), "used");
        for number in 2..20 {
            assert!(book.spend([number; 32], (at(61), at(120))).await.expect("written"));
        }
        let left =
            book.database.query(Statement::new("SELECT hash FROM door_spent LIMIT 100")).await.expect("rows");
        assert_eq!(left.len(), 18, "what is over was swept out");
    }

    #[tokio::test]
    async fn a_counter_that_does_not_rise_is_refused_and_none_is_none_for_ever() {
        let (book, _folder) = book().await;
        let tenant = TenantId::PLATFORM;
        let one = |factor, counter| PasskeyUse {
            factor: FactorId::new(Uuid::from_u128(factor)),
            counter,
            at: at(9),
        };
        for (factor, counter, is_good) in [
            (1, 5, true),
            (1, 6, true),
            (1, 6, false),
            (1, 4, false),
            (1, 0, false),
            (2, 0, true),
            (2, 0, true),
        ] {
            assert_eq!(book.used(tenant, one(factor, counter)).await.expect("written"), is_good);
        }
        let factors = [1, 2, 3].map(|factor| FactorId::new(Uuid::from_u128(factor)));
        assert_eq!(book.uses(tenant, factors).await.expect("rows"), [one(1, 6), one(2, 0)]);
    }
}
