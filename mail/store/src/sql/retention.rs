//! Messages that stay for a time, whatever the users of their mailbox do.

use async_trait::async_trait;
use database::{DatabaseError, Statement, Transaction, Work};
use kernel::{Id as _, Timestamp};

use super::SqlStore;
use super::copy::{Found, select};
use super::folder::Place;
use super::mailbox::{Locked, lock, lock_or_provision, own_folder};
use crate::days::DAY_MILLIS;
use crate::{ExpungeScope, FolderId, FolderRefusal, Owner, StoreError, StoreRefusal, SystemFlag};

/// Sets for how long.
struct Retain {
    owner: Owner,
    days: i64,
}

#[async_trait]
impl Work for Retain {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        // The rule may come before the first message, and it holds for a mailbox that is hidden as well.
        match lock_or_provision(transaction, self.owner).await {
            Ok(_) | Err(StoreError::Refused(StoreRefusal::NoMailbox)) => {}
            Err(error) => return Err(error),
        }
        let update =
            Statement::new("UPDATE mailbox SET retained_days = $3 WHERE tenant = $1 AND mailbox = $2");
        let update = update.bind(self.owner.tenant.uuid()).bind(self.owner.mailbox.uuid()).bind(self.days);
        transaction.execute(update).await?;
        Ok(())
    }
}

/// The moment up to which messages of a mailbox may go; none where all may.
async fn kept_since(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    now: Timestamp,
) -> Result<Option<i64>, DatabaseError> {
    let days = Statement::new("SELECT retained_days FROM mailbox WHERE id = $1");
    let days = transaction.first(days.bind(mailbox.id)).await?.map_or(Ok(0), |row| row.int(0))?;
    Ok((days > 0).then(|| now.millis().saturating_sub(days.saturating_mul(DAY_MILLIS))))
}

/// Takes those that must stay out of what is to be removed; how many they are.
pub(crate) async fn leave(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    found: &mut Vec<Found>,
    now: Timestamp,
) -> Result<usize, DatabaseError> {
    let Some(since) = kept_since(transaction, mailbox, now).await? else { return Ok(0) };
    let count = found.len();
    found.retain(|found| found.saved_at <= since);
    Ok(count - found.len())
}

/// Refuses the end of a folder in which a message must stay.
pub(crate) async fn check_folder(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    folder: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(since) = kept_since(transaction, mailbox, now).await? else { return Ok(()) };
    // The newest have the highest numbers.
    let young =
        Statement::new("SELECT uid FROM entry WHERE folder = $1 AND saved_at > $2 ORDER BY uid DESC LIMIT 1");
    match transaction.first(young.bind(folder).bind(since)).await? {
        Some(_) => Err(FolderRefusal::Retained.into()),
        None => Ok(()),
    }
}

/// Counts what must stay, and changes nothing.
struct Count {
    owner: Owner,
    folder: FolderId,
    scope: ExpungeScope,
    now: Timestamp,
}

#[async_trait]
impl Work for Count {
    type Output = usize;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<usize, StoreError> {
        let mailbox = lock(transaction, self.owner).await?;
        let folder = own_folder(transaction, &mailbox, self.folder).await?;
        let mut found = in_scope(transaction, &folder, &self.scope).await?;
        leave(transaction, &mailbox, &mut found, self.now).await.map_err(StoreError::from)
    }
}

/// What EXPUNGE means, whether it must stay or not.
pub(crate) async fn in_scope(
    transaction: &mut Transaction<'_>,
    folder: &Place,
    scope: &ExpungeScope,
) -> Result<Vec<Found>, StoreError> {
    let (set, needs_flag) = match scope {
        ExpungeScope::Deleted(set) => (set, true),
        ExpungeScope::Regardless(set) => (set, false),
    };
    let mut found = select(transaction, folder.id, set).await?;
    found.retain(|found| !needs_flag || found.system & SystemFlag::Deleted as i64 != 0);
    Ok(found)
}

impl SqlStore {
    pub(crate) async fn retain_messages(&self, owner: Owner, days: Option<u32>) -> Result<(), StoreError> {
        let days = days.map_or(0, i64::from);
        self.of(owner.tenant).transact(Retain { owner, days }).await
    }

    pub(crate) async fn retained_messages(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        for scope in self.scopes(owner, folder, scope).await? {
            count += self.of(owner.tenant).transact(Count { owner, folder, scope, now: self.now() }).await?;
        }
        Ok(count)
    }
}
