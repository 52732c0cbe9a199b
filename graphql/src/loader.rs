//! What the fields of a page's nodes ask for is asked together: a page of a hundred costs as many questions as one of three.
//!
//! Loaders ask no authority: the fields have.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use database::{DatabaseError, Row, Statement};
use door::{DoorBook, VisitRow};
use engine::{Engine, RunError};
use hosting::account::{Account, AccountState};
use hosting::domain::{Domain, DomainState};
use hosting::mailbox::{Mailbox, MailboxState};
use hosting::service::{Service, ServiceState};
use hosting::ticket::{Ticket, TicketState};
use journal::{JournalError, StoredEvent};
use kernel::{AccountId, Decider, DomainId, Key, MailboxId, ServiceId, StreamId, TenantId, TicketId};

use crate::mailbox::visit::VISIT_COUNT_MAX;

/// Most things that are asked for at once.
pub(crate) const BATCH_COUNT_MAX: usize = 500;

/// Things by whose they are.
pub(crate) fn by_tenant<T>(keys: impl IntoIterator<Item = (TenantId, T)>) -> HashMap<TenantId, Vec<T>> {
    let mut by_tenant: HashMap<TenantId, Vec<T>> = HashMap::new();
    for (tenant, thing) in keys {
        by_tenant.entry(tenant).or_default().push(thing);
    }
    by_tenant
}

/// Gathers the things whose states are asked for in the same moment.
pub(crate) struct States(pub(crate) Arc<Engine>);

impl States {
    async fn of<D: Decider>(
        &self,
        keys: &[(TenantId, D::Id)],
    ) -> Result<HashMap<(TenantId, D::Id), D::State>, Arc<RunError>> {
        let mut states = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys.iter().copied()) {
            let reads: Vec<Key<D>> = ids.iter().copied().map(Key).collect();
            let found = self.0.load(tenant, &reads).await.map_err(Arc::new)?;
            states.extend(ids.into_iter().map(|id| (tenant, id)).zip(found));
        }
        Ok(states)
    }
}

macro_rules! states {
    ($($noun:ty, $id:ty => $state:ty;)*) => {$(
        impl Loader<(TenantId, $id)> for States {
            type Value = $state;
            type Error = Arc<RunError>;

            async fn load(
                &self,
                keys: &[(TenantId, $id)],
            ) -> Result<HashMap<(TenantId, $id), $state>, Arc<RunError>> {
                self.of::<$noun>(keys).await
            }
        }
    )*};
}

states! {
    Account, AccountId => AccountState;
    Domain, DomainId => DomainState;
    Mailbox, MailboxId => MailboxState;
    Service, ServiceId => ServiceState;
    Ticket, TicketId => TicketState;
}

/// Gathers the things whose events are asked for in the same moment.
pub(crate) struct Histories(pub(crate) Arc<Engine>);

impl Loader<(TenantId, StreamId)> for Histories {
    type Value = Arc<Vec<StoredEvent>>;
    type Error = Arc<JournalError>;

    async fn load(
        &self,
        keys: &[(TenantId, StreamId)],
    ) -> Result<HashMap<(TenantId, StreamId), Self::Value>, Arc<JournalError>> {
        let found = self.0.histories(keys).await.map_err(Arc::new)?;
        Ok(keys.iter().copied().zip(found.into_iter().map(Arc::new)).collect())
    }
}

/// Gathers the mailboxes of which it is asked in the same moment who looked into them.
pub(crate) struct Looks(pub(crate) DoorBook);

impl Loader<(TenantId, MailboxId)> for Looks {
    type Value = Vec<VisitRow>;
    type Error = Arc<DatabaseError>;

    async fn load(
        &self,
        keys: &[(TenantId, MailboxId)],
    ) -> Result<HashMap<(TenantId, MailboxId), Vec<VisitRow>>, Arc<DatabaseError>> {
        let mut looks: HashMap<(TenantId, MailboxId), Vec<VisitRow>> = HashMap::new();
        for (tenant, mailboxes) in by_tenant(keys.iter().copied()) {
            let rows =
                self.0.visits((tenant, mailboxes.as_slice()), VISIT_COUNT_MAX).await.map_err(Arc::new)?;
            for row in rows {
                looks.entry((tenant, row.note.mailbox)).or_default().push(row);
            }
        }
        Ok(looks)
    }
}

/// Why rows were not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// What was asked is not in the tables that are read while newer ones are being built.
    #[error("the tables of before do not tell")]
    Stale,
    /// The database failed, or a row is not as expected.
    #[error(transparent)]
    Failed(#[from] DatabaseError),
}

/// The tables of projections, for loaders of rows; each is beside the queries whose rows it gathers.
pub(crate) struct Tables(pub(crate) Arc<Engine>);

impl Tables {
    pub(crate) async fn rows(
        &self,
        projection: &'static str,
        statement: Statement,
    ) -> Result<Vec<Row>, Unread> {
        rows(&self.0, projection, statement).await
    }
}

/// Runs a query on the tables of `projection`.
pub(crate) async fn rows(
    engine: &Engine,
    projection: &'static str,
    mut statement: Statement,
) -> Result<Vec<Row>, Unread> {
    // Statements are written for the newest tables; while those are being built, the ones before are read.
    let newest = crate::wiring::newest_revision(projection);
    let serving = engine.serving_revision(projection).unwrap_or(newest);
    if serving != newest {
        statement.sql = statement.sql.replace(&format!("_v{newest}"), &format!("_v{serving}")).into();
    }
    let rows = engine.query(statement).await;
    if serving != newest && rows.is_err() {
        return Err(Unread::Stale);
    }
    Ok(rows?)
}
