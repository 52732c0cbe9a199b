//! The store on a database, SQLite or PostgreSQL: the same work in the same SQL.
//!
//! Every change of a mailbox begins by taking its next MODSEQ, which locks the mailbox's row: changes of one mailbox
//! are one after the other in the order of their MODSEQs, on every node, and readers need no lock.

mod accept;
mod copy;
mod expunge;
mod flags;
mod folder;
mod kept;
mod mailbox;
mod pieces;
mod pool;
mod purge;
mod queue;
mod read;
mod retention;
mod row;
mod search;
mod verify;

pub use kept::{KeptFolder, KeptMessage};

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use database::{Database, DatabaseError};
use kernel::{DomainId, Id as _, MailboxId, Quota, TenantId, Timestamp};
use message::Summary;
use moka::sync::Cache;
use tokio::sync::{Notify, watch};

use self::pieces::Way;
use crate::bell::Bells;
use crate::handover::Handover;
use crate::{
    Acceptance, Accepted, Change, Copied, ExpungeScope, Expunged, FlagChange, FlagOutcome, Folder,
    FolderChange, FolderId, FolderName, MessageId, MessageRow, MessageSet, Modseq, Owner, PurgeReport,
    Queued, SpecialUse, Store, StoreError, TextField, Uid, Usage, Verification,
};

/// Summaries kept in memory; the least used go first.
const CACHED_SUMMARY_COUNT_MAX: u64 = 50_000;
/// Messages in one change of flags, one copy, one move.
pub(crate) const SET_MESSAGE_COUNT_MAX: usize = 100_000;
/// Messages in one transaction of such a change: others wait for no more than these.
pub(crate) const PIECE_MESSAGE_COUNT: usize = 1000;
/// Messages of a mailbox.
pub(crate) const MAILBOX_MESSAGE_COUNT_MAX: u64 = 1_000_000;
/// Folders of a mailbox.
pub(crate) const FOLDER_COUNT_MAX: u32 = 5000;

/// What gives the time, so that tests can set it.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a deleted folder stays before its messages are destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention(i64);

impl Retention {
    /// So many days.
    pub const fn days(days: u16) -> Self {
        Self(days as i64 * 86_400_000)
    }

    pub(crate) const fn millis(self) -> i64 {
        self.0
    }
}

/// The store of messages on a database of its own.
#[derive(Clone)]
pub struct SqlStore {
    pub(crate) database: Database,
    pub(crate) bells: Arc<Bells>,
    /// Rings where mail is queued.
    pub(crate) queue_bell: Arc<Notify>,
    /// Who delivers on this node.
    pub(crate) handover: Arc<Handover>,
    pub(crate) now: Now,
    pub(crate) retention: Retention,
    pub(crate) summaries: Cache<(Owner, MessageId), Arc<Summary>>,
}

impl std::fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlStore").finish_non_exhaustive()
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Busy => Self::Busy,
            DatabaseError::Full => Self::Full,
            error => Self::Failed(Box::new(error)),
        }
    }
}

impl SqlStore {
    /// Overwrites what was deleted, where it still stands beside the database's file; see [`Database::forget_deleted`].
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn forget_deleted(&self) -> Result<bool, DatabaseError> {
        self.database.forget_deleted().await
    }

    /// The database, where what is written takes the turns of a tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> Database {
        self.database.on_behalf_of(tenant.uuid())
    }

    /// A store in `database`; its tables are made where absent.
    ///
    /// # Errors
    /// [`StoreError::Failed`] where that fails.
    pub async fn open(database: Database, now: Now, retention: Retention) -> Result<Self, StoreError> {
        let steps = match database.sqlite() {
            Some(_) => [
                include_str!("sql/schema_sqlite.sql"),
                include_str!("sql/queue_shared.sql"),
                include_str!("sql/queue_sqlite.sql"),
                include_str!("sql/queue_tls.sql"),
                include_str!("sql/queue_trace.sql"),
                include_str!("sql/pool_sqlite.sql"),
                include_str!("sql/queue_source.sql"),
                include_str!("sql/retention.sql"),
                include_str!("sql/suppression.sql"),
                include_str!("sql/suppression_address.sql"),
                include_str!("sql/queue_sender.sql"),
                include_str!("sql/queue_given.sql"),
                include_str!("sql/queue_suspended.sql"),
            ],
            None => [
                include_str!("sql/schema_postgres.sql"),
                include_str!("sql/queue_shared.sql"),
                include_str!("sql/queue_postgres.sql"),
                include_str!("sql/queue_tls.sql"),
                include_str!("sql/queue_trace.sql"),
                include_str!("sql/pool_postgres.sql"),
                include_str!("sql/queue_source.sql"),
                include_str!("sql/retention.sql"),
                include_str!("sql/suppression.sql"),
                include_str!("sql/suppression_address.sql"),
                include_str!("sql/queue_sender.sql"),
                include_str!("sql/queue_given.sql"),
                include_str!("sql/queue_suspended.sql"),
            ],
        };
        database.migrate("store", &steps).await?;
        Ok(Self {
            database,
            bells: Arc::default(),
            queue_bell: Arc::default(),
            handover: Arc::default(),
            now,
            retention,
            summaries: Cache::new(CACHED_SUMMARY_COUNT_MAX),
        })
    }

    /// The mailboxes that changed on this node since the last call, for those who watch quotas. After a start everything
    /// is to be looked at once.
    pub fn take_changed(&self) -> Vec<Owner> {
        self.bells.take_changed()
    }

    /// Octets that are free inside the database: see [`Database::reusable_octets`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reusable_octets(&self) -> Result<u64, StoreError> {
        Ok(self.database.reusable_octets().await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Rings where something changed, and passes the answer on.
    pub(crate) fn rung<T>(&self, owner: Owner, (value, modseq): (T, Modseq)) -> T {
        self.bells.ring(owner, modseq);
        value
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn provision(&self, owner: Owner) -> Result<(), StoreError> {
        self.provision_mailbox(owner).await
    }

    async fn accept(&self, acceptance: Acceptance) -> Result<Accepted, StoreError> {
        self.accept_message(acceptance).await
    }

    async fn accept_all(&self, mut acceptances: Vec<Acceptance>) -> Result<Vec<Accepted>, StoreError> {
        match (acceptances.pop(), acceptances.is_empty()) {
            (None, _) => Ok(Vec::new()),
            (Some(only), true) => Ok(vec![self.accept_message(only).await?]),
            (Some(last), false) => {
                acceptances.push(last);
                self.accept_messages(acceptances).await
            }
        }
    }

    async fn folders(&self, owner: Owner) -> Result<Vec<Folder>, StoreError> {
        self.all_folders(owner).await
    }

    async fn folder(&self, owner: Owner, name: &FolderName) -> Result<Folder, StoreError> {
        self.one_folder(owner, name).await
    }

    async fn create_folder(
        &self,
        owner: Owner,
        name: &FolderName,
        special_use: Option<SpecialUse>,
    ) -> Result<FolderId, StoreError> {
        let work = folder::Create { owner, name: name.clone(), special_use };
        Ok(self.rung(owner, self.of(owner.tenant).transact(work).await?))
    }

    async fn rename_folder(
        &self,
        owner: Owner,
        from: &FolderName,
        to: &FolderName,
    ) -> Result<(), StoreError> {
        let work = folder::Rename { owner, from: from.clone(), to: to.clone() };
        match self.rung(owner, self.of(owner.tenant).transact(work).await?) {
            Some((from, to)) => self.move_everything(Way { owner, from, to }).await,
            None => Ok(()),
        }
    }

    async fn delete_folder(&self, owner: Owner, name: &FolderName) -> Result<(), StoreError> {
        let work = folder::Delete { owner, name: name.clone(), now: self.now() };
        self.rung(owner, self.of(owner.tenant).transact(work).await?);
        Ok(())
    }

    async fn subscribe(
        &self,
        owner: Owner,
        name: &FolderName,
        is_subscribed: bool,
    ) -> Result<(), StoreError> {
        self.of(owner.tenant).transact(folder::Subscribe { owner, name: name.clone(), is_subscribed }).await
    }

    async fn subscriptions(&self, owner: Owner) -> Result<Vec<FolderName>, StoreError> {
        self.subscribed_names(owner).await
    }

    async fn messages(
        &self,
        owner: Owner,
        folder: FolderId,
        after: Uid,
        limit: usize,
    ) -> Result<Vec<MessageRow>, StoreError> {
        self.message_rows(owner, folder, after, limit).await
    }

    async fn changes(
        &self,
        owner: Owner,
        folder: FolderId,
        since: Modseq,
    ) -> Result<FolderChange, StoreError> {
        self.folder_changes(owner, folder, since).await
    }

    async fn summaries(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Arc<Summary>)>, StoreError> {
        self.message_summaries(owner, messages).await
    }

    async fn body(
        &self,
        owner: Owner,
        message: MessageId,
        range: Range<u32>,
    ) -> Result<Option<Bytes>, StoreError> {
        self.message_body(owner, message, range).await
    }

    async fn bodies(
        &self,
        owner: Owner,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Bytes)>, StoreError> {
        self.message_bodies(owner, messages).await
    }

    async fn change_flags(
        &self,
        owner: Owner,
        folder: FolderId,
        set: MessageSet,
        change: FlagChange,
        unchanged_since: Option<Modseq>,
    ) -> Result<FlagOutcome, StoreError> {
        self.change_flags_of((owner, folder), set, change, unchanged_since).await
    }

    async fn copy(
        &self,
        owner: Owner,
        from: FolderId,
        set: MessageSet,
        to: FolderId,
        quota: Quota,
    ) -> Result<Vec<Copied>, StoreError> {
        self.copy_messages(Way { owner, from, to }, set, quota).await
    }

    async fn move_messages(
        &self,
        owner: Owner,
        from: FolderId,
        set: MessageSet,
        to: FolderId,
    ) -> Result<Vec<Copied>, StoreError> {
        self.move_between(Way { owner, from, to }, set).await
    }

    async fn expunge(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<Expunged, StoreError> {
        self.expunge_messages(owner, folder, scope).await
    }

    async fn retained(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<usize, StoreError> {
        self.retained_messages(owner, folder, scope).await
    }

    async fn retain(&self, owner: Owner, days: Option<u32>) -> Result<(), StoreError> {
        self.retain_messages(owner, days).await
    }

    async fn search_text(
        &self,
        owner: Owner,
        folder: FolderId,
        field: TextField,
        needle: &str,
    ) -> Result<Vec<Uid>, StoreError> {
        self.find_text(owner, folder, field, needle).await
    }

    async fn index_text(&self, limit: usize) -> Result<usize, StoreError> {
        self.index_messages(limit).await
    }

    async fn usage(&self, owner: Owner) -> Result<Usage, StoreError> {
        self.mailbox_usage(owner).await
    }

    async fn usages(
        &self,
        tenant: TenantId,
        mailboxes: &[MailboxId],
    ) -> Result<Vec<(MailboxId, Usage)>, StoreError> {
        self.mailbox_usages(tenant, mailboxes).await
    }

    async fn pool(
        &self,
        tenant: TenantId,
        domain: DomainId,
        mailboxes: &[MailboxId],
    ) -> Result<(), StoreError> {
        self.pool_mailboxes((tenant, domain), mailboxes).await
    }

    async fn unpool(&self, tenant: TenantId, domain: DomainId) -> Result<(), StoreError> {
        self.unpool_mailboxes((tenant, domain)).await
    }

    async fn pool_usage(&self, tenant: TenantId, domain: DomainId) -> Result<Usage, StoreError> {
        let usages = self.usages_of_pools(tenant, &[domain]).await?;
        Ok(usages.first().map(|(_, usage)| *usage).unwrap_or_default())
    }

    async fn pool_usages(
        &self,
        tenant: TenantId,
        domains: &[DomainId],
    ) -> Result<Vec<(DomainId, Usage)>, StoreError> {
        self.usages_of_pools(tenant, domains).await
    }

    fn watch(&self, owner: Owner) -> watch::Receiver<Change> {
        self.bells.watch(owner)
    }

    async fn retire(&self, owner: Owner, purge_after: Timestamp) -> Result<(), StoreError> {
        self.retire_mailbox(owner, purge_after).await
    }

    async fn restore(&self, owner: Owner) -> Result<(), StoreError> {
        self.restore_mailbox(owner).await
    }

    async fn purge(&self, now: Timestamp) -> Result<PurgeReport, StoreError> {
        self.purge_all(now).await
    }

    async fn mailboxes(&self, after: Option<Owner>, limit: usize) -> Result<Vec<(Owner, Usage)>, StoreError> {
        self.mailbox_page(after, limit).await
    }

    async fn queued(
        &self,
        tenant: Option<TenantId>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        self.queue_page(tenant, after, limit).await
    }

    async fn verify(&self) -> Result<Verification, StoreError> {
        self.verify_all().await
    }
}
