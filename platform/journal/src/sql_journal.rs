//! The journal in a database: what is read is asked of both in the same words, and each appends in its own way.

use std::sync::Arc;

use async_trait::async_trait;
use database::Database;
use kernel::{Category, CommandId, Cursor, EventId, Position, StreamId, TenantId};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::clock::Clock;
use crate::plan::Plan;
use crate::{
    Append, AppendError, Appended, ClaimKey, ClaimOwner, DOORBELL_RING_COUNT_MAX, FoundCommand, Journal,
    JournalError, Lagging, StoredEvent, SubscriptionName, Tail, postgres, sql, sqlite,
};

/// The journal in SQLite or PostgreSQL.
pub struct SqlJournal {
    database: Database,
    clock: Arc<dyn Clock>,
    doorbell: broadcast::Sender<Cursor>,
}

impl SqlJournal {
    /// Makes the tables where they are absent.
    ///
    /// # Errors
    /// [`JournalError`] where the database fails.
    pub async fn open(database: Database, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        sql::migrate(&database).await?;
        Ok(Self { database, clock, doorbell: broadcast::Sender::new(DOORBELL_RING_COUNT_MAX) })
    }
}

#[async_trait]
impl Journal for SqlJournal {
    async fn append(&self, new: Append) -> Result<Appended, AppendError> {
        let plan = Plan::new(&new)?;
        let now = self.clock.now().millis();
        let appended = match (self.database.sqlite(), self.database.postgres()) {
            (Some(sqlite), _) => sqlite::append(sqlite, new, plan, now).await?,
            (None, Some(postgres)) => postgres::append(postgres, &new, &plan, now).await?,
            (None, None) => {
                return Err(JournalError::Database("no database is behind the handle".into()).into());
            }
        };
        if let Appended::New(cursor) = appended {
            // Nobody listens yet, or all have gone: the sweep finds it.
            drop(self.doorbell.send(cursor));
        }
        Ok(appended)
    }

    async fn find_command(
        &self,
        tenant: TenantId,
        command: CommandId,
    ) -> Result<Option<FoundCommand>, JournalError> {
        sql::find_command(&self.database, tenant, command).await
    }

    async fn read_streams(&self, streams: &[Tail]) -> Result<Vec<Vec<StoredEvent>>, JournalError> {
        sql::read_streams(&self.database, streams).await
    }

    async fn read_back(
        &self,
        of: (TenantId, StreamId),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        sql::read_back(&self.database, of, before, limit).await
    }

    async fn read_back_of(
        &self,
        of: (TenantId, StreamId),
        part: (&'static str, &str),
        before: Position,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, JournalError> {
        sql::read_back_of(&self.database, of, part, (before, limit)).await
    }

    async fn read_events(&self, tenant: TenantId, ids: &[EventId]) -> Result<Vec<StoredEvent>, JournalError> {
        sql::read_events(&self.database, tenant, ids).await
    }

    async fn read_births(
        &self,
        tenant: TenantId,
        category: Category,
        ids: &[Uuid],
    ) -> Result<Vec<StoredEvent>, JournalError> {
        sql::read_births(&self.database, tenant, category, ids).await
    }

    async fn read_tenant(&self, after: Cursor, limit: usize) -> Result<Vec<StoredEvent>, JournalError> {
        sql::read_tenant(&self.database, after, limit).await
    }

    async fn head(&self, tenant: TenantId) -> Result<Position, JournalError> {
        sql::head(&self.database, tenant).await
    }

    async fn heads(&self, after: Option<TenantId>, limit: usize) -> Result<Vec<Cursor>, JournalError> {
        sql::heads(&self.database, after, limit).await
    }

    async fn lagging(
        &self,
        subscription: SubscriptionName,
        after: Option<TenantId>,
        limit: usize,
    ) -> Result<Vec<Lagging>, JournalError> {
        sql::lagging(&self.database, subscription, after, limit).await
    }

    async fn claim_owner(&self, claim: ClaimKey) -> Result<Option<ClaimOwner>, JournalError> {
        sql::claim_owner(&self.database, claim).await
    }

    fn doorbell(&self) -> broadcast::Receiver<Cursor> {
        self.doorbell.subscribe()
    }
}
