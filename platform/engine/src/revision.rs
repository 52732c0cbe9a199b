//! Which revision of a projection readers are given, and what becomes of the ones before.
//!
//! Revision n + 1 is filled in its own tables while n is served. On one machine n is not maintained meanwhile (its
//! code is gone), so it grows stale for the minutes that takes, which waiting readers are told; with several nodes the
//! ones of the older release keep it current. The switch is one row. The old tables stay for a grace period, for
//! readers that are at them and nodes of the older release, and are dropped then. A node whose own revision is older
//! than the one served (a release taken back) serves its own, and moves nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use database::DatabaseError;
use journal::SubscriptionName;
use tokio::sync::watch;

use crate::checkpoint::{self, Serving};
use crate::engine::Core;
use crate::rebuild::Rebuild;

/// The pause after the database failed, and between looks at the grace period.
const LOOK_PERIOD: Duration = Duration::from_secs(5);
/// How often tables are tried: two nodes that make one at once can collide in PostgreSQL.
const TABLES_ATTEMPT_COUNT_MAX: u32 = 5;

/// Keeps a projection's revisions in order.
pub(crate) struct Revisions {
    pub(crate) core: Arc<Core>,
    pub(crate) own: SubscriptionName,
    pub(crate) projection: Arc<dyn Rebuild>,
    pub(crate) serving: Arc<AtomicU16>,
    pub(crate) caught_up: watch::Receiver<bool>,
}

/// Makes the tables of a projection where they are absent.
pub(crate) async fn make_tables(core: &Core, tables: Vec<database::Statement>) -> Result<(), DatabaseError> {
    let mut attempts = 1;
    loop {
        match core.database.write(tables.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if attempts == TABLES_ATTEMPT_COUNT_MAX => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(100) * attempts).await,
        }
        attempts += 1;
    }
}

impl Revisions {
    /// Switches and drops, then ends.
    pub(crate) async fn run(mut self) {
        let stop = self.core.stop.clone();
        let tending = async {
            if self.caught_up.wait_for(|is| *is).await.is_err() {
                return;
            }
            loop {
                match self.tend().await {
                    Ok(true) => return,
                    Ok(false) => {}
                    Err(error) => {
                        tracing::warn!(projection = self.own.name, %error, "revisions are looked at again soon")
                    }
                }
                tokio::time::sleep(LOOK_PERIOD.min(self.core.pace.drop_grace)).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tending => {}
        }
    }

    /// One look; whether nothing is left to do.
    async fn tend(&self) -> Result<bool, DatabaseError> {
        let database = &self.core.database;
        let now = self.core.runner.clock.now();
        let mut found = checkpoint::serving(database, self.own, now).await?;
        if found.revision > self.own.revision {
            return Ok(true);
        }
        if found.revision < self.own.revision {
            database.write(vec![checkpoint::switch(self.own, found.revision, now)]).await?;
            found = checkpoint::serving(database, self.own, now).await?;
            tracing::info!(
                projection = self.own.name,
                revision = self.own.revision,
                "the new revision is complete and served"
            );
        }
        self.serving.store(self.own.revision, Ordering::Release);
        self.drop_older(found).await
    }

    async fn drop_older(&self, found: Serving) -> Result<bool, DatabaseError> {
        let mut older = checkpoint::older_revisions(&self.core.database, self.own).await?;
        older.extend(found.previous.filter(|previous| !older.contains(previous)));
        if older.is_empty() {
            return Ok(true);
        }
        if self.core.runner.clock.now() < found.switched_at.plus(self.core.pace.drop_grace) {
            return Ok(false);
        }
        let mut statements = Vec::new();
        older.iter().for_each(|revision| statements.extend(self.projection.drop_tables(*revision)));
        statements.extend(checkpoint::forget_older(self.own));
        self.core.database.write(statements).await?;
        tracing::info!(projection = self.own.name, ?older, "older revisions are dropped");
        Ok(true)
    }
}
