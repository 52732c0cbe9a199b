//! Folders: made, renamed, hidden, subscribed, counted.

use async_trait::async_trait;
use database::{DatabaseError, Row, Statement, Transaction, Work};
use kernel::{ByteSize, Timestamp};

use super::mailbox::{Locked, add_usage, lock, lock_or_provision};
use super::retention::check_folder;
use super::row::{folder_key, special_use, special_use_key, uid};
use super::{FOLDER_COUNT_MAX, SqlStore};
use crate::{
    Folder, FolderId, FolderName, FolderRefusal, Modseq, Owner, SpecialUse, StoreError, StoreRefusal,
    SystemFlag,
};

/// A folder in a transaction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) id: i64,
    pub(crate) uid_next: i64,
}

impl Place {
    pub(crate) const fn folder(&self) -> FolderId {
        FolderId(self.id.unsigned_abs())
    }

    /// UIDVALIDITY: folders' numbers are given once and ascend, so a folder of a name that was used before has a higher
    /// one (RFC 9051 section 2.3.1.1).
    pub(crate) fn uid_validity(&self) -> u32 {
        uid_validity(self.id)
    }
}

fn uid_validity(id: i64) -> u32 {
    u32::try_from(id).unwrap_or(u32::MAX)
}

/// What a folder's counters change by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Delta {
    pub(crate) messages: i64,
    pub(crate) unseen: i64,
    pub(crate) deleted: i64,
    pub(crate) size: i64,
}

impl Delta {
    /// Of one message with these flags.
    pub(crate) const fn of(system: i64, size: i64) -> Self {
        let (seen, deleted) = (is_set(system, SystemFlag::Seen), is_set(system, SystemFlag::Deleted));
        Self { messages: 1, unseen: 1 - seen, deleted, size }
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            unseen: self.unseen + other.unseen,
            deleted: self.deleted + other.deleted,
            size: self.size + other.size,
        }
    }

    pub(crate) const fn negated(self) -> Self {
        Self { messages: -self.messages, unseen: -self.unseen, deleted: -self.deleted, size: -self.size }
    }
}

const fn is_set(system: i64, flag: SystemFlag) -> i64 {
    if system & flag as i64 != 0 { 1 } else { 0 }
}

/// Moves a folder's counters, its newest change and its next UID.
pub(crate) async fn touch(
    transaction: &mut Transaction<'_>,
    place: &Place,
    modseq: i64,
    delta: Delta,
) -> Result<(), DatabaseError> {
    let update = Statement::new(
        "UPDATE folder SET highest_modseq = $2, uid_next = $3, message_count = message_count + $4, \
         unseen_count = unseen_count + $5, deleted_count = deleted_count + $6, size = size + $7 WHERE id = $1",
    );
    let update = update.bind(place.id).bind(modseq).bind(place.uid_next);
    let update = update.bind(delta.messages).bind(delta.unseen).bind(delta.deleted).bind(delta.size);
    transaction.execute(update).await.map(drop)
}

pub(crate) async fn insert_folder(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    name: &FolderName,
    special_use: Option<SpecialUse>,
) -> Result<i64, StoreError> {
    let insert = Statement::new(
        "INSERT INTO folder (mailbox, name, highest_modseq, log_from, special_use) VALUES ($1, $2, $3, $3, $4) \
         RETURNING id",
    );
    let insert = insert.bind(mailbox.id).bind(name.as_str()).bind(mailbox.modseq);
    let row = transaction.first(insert.bind(special_use.map(special_use_key))).await?;
    let id = row.ok_or(FolderRefusal::Exists)?.int(0)?;
    subscribe(transaction, mailbox.id, name).await?;
    Ok(id)
}

async fn subscribe(
    transaction: &mut Transaction<'_>,
    mailbox: i64,
    name: &FolderName,
) -> Result<(), DatabaseError> {
    let insert =
        Statement::new("INSERT INTO subscription (mailbox, name) VALUES ($1, $2) ON CONFLICT DO NOTHING");
    transaction.execute(insert.bind(mailbox).bind(name.as_str())).await.map(drop)
}

async fn find(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    name: &FolderName,
) -> Result<Option<i64>, DatabaseError> {
    let select =
        Statement::new("SELECT id FROM folder WHERE mailbox = $1 AND name = $2 AND deleted_at IS NULL");
    let row = transaction.first(select.bind(mailbox.id).bind(name.as_str())).await?;
    row.map(|row| row.int(0)).transpose()
}

/// Makes the levels above `name` that do not exist.
async fn make_parents(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    name: &FolderName,
) -> Result<(), StoreError> {
    for (at, _) in name.as_str().match_indices(FolderName::SEPARATOR) {
        let parent = FolderName::parse(&name.as_str()[..at])?;
        if find(transaction, mailbox, &parent).await?.is_none() {
            insert_folder(transaction, mailbox, &parent, None).await?;
        }
    }
    Ok(())
}

async fn check_room(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    more: u32,
) -> Result<(), StoreError> {
    let count = Statement::new("SELECT COUNT(*) FROM folder WHERE mailbox = $1 AND deleted_at IS NULL");
    let row = transaction.first(count.bind(mailbox.id)).await?;
    let count = row.map(|row| row.int(0)).transpose()?.unwrap_or_default();
    if count.unsigned_abs() + u64::from(more) > u64::from(FOLDER_COUNT_MAX) {
        return Err(FolderRefusal::TooMany(FOLDER_COUNT_MAX).into());
    }
    Ok(())
}

/// CREATE.
pub(crate) struct Create {
    pub(crate) owner: Owner,
    pub(crate) name: FolderName,
    pub(crate) special_use: Option<SpecialUse>,
}

#[async_trait]
impl Work for Create {
    type Output = (FolderId, Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mailbox = lock_or_provision(transaction, self.owner).await?;
        if self.name.is_inbox() {
            return Err(FolderRefusal::Inbox.into());
        }
        if find(transaction, &mailbox, &self.name).await?.is_some() {
            return Err(FolderRefusal::Exists.into());
        }
        let levels = self.name.as_str().matches(FolderName::SEPARATOR).count();
        check_room(transaction, &mailbox, u32::try_from(levels).unwrap_or(u32::MAX).saturating_add(1))
            .await?;
        if let Some(special_use) = self.special_use {
            let taken = Statement::new(
                "SELECT id FROM folder WHERE mailbox = $1 AND special_use = $2 AND deleted_at IS NULL",
            );
            let taken = taken.bind(mailbox.id).bind(special_use_key(special_use));
            if transaction.first(taken).await?.is_some() {
                return Err(FolderRefusal::SpecialUseTaken.into());
            }
        }
        make_parents(transaction, &mailbox, &self.name).await?;
        let id = insert_folder(transaction, &mailbox, &self.name, self.special_use).await?;
        Ok((FolderId(id.unsigned_abs()), mailbox.modseq()))
    }
}

/// RENAME. Of INBOX, between which folders its messages are to be moved: it stays, and gives them away (RFC 9051 section
/// 6.3.6).
pub(crate) struct Rename {
    pub(crate) owner: Owner,
    pub(crate) from: FolderName,
    pub(crate) to: FolderName,
}

#[async_trait]
impl Work for Rename {
    type Output = (Option<(FolderId, FolderId)>, Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mailbox = lock(transaction, self.owner).await?;
        let from = find(transaction, &mailbox, &self.from).await?.ok_or(FolderRefusal::Missing)?;
        if self.to.is_inbox() {
            return Err(FolderRefusal::Inbox.into());
        }
        if find(transaction, &mailbox, &self.to).await?.is_some() {
            return Err(FolderRefusal::Exists.into());
        }
        if self.to.is_below(&self.from) && !self.from.is_inbox() {
            return Err(FolderRefusal::NameInvalid("a folder cannot be moved below itself").into());
        }
        let levels = self.to.as_str().matches(FolderName::SEPARATOR).count();
        check_room(transaction, &mailbox, u32::try_from(levels).unwrap_or(u32::MAX).saturating_add(1))
            .await?;
        make_parents(transaction, &mailbox, &self.to).await?;
        if self.from.is_inbox() {
            let id = insert_folder(transaction, &mailbox, &self.to, None).await?;
            let ends = (FolderId(from.unsigned_abs()), FolderId(id.unsigned_abs()));
            return Ok((Some(ends), mailbox.modseq()));
        }
        let select = Statement::new("SELECT id, name FROM folder WHERE mailbox = $1 AND deleted_at IS NULL");
        for row in transaction.query(select.bind(mailbox.id)).await? {
            let name = FolderName::parse(row.text(1)?)?;
            if name == self.from || name.is_below(&self.from) {
                let rest = &name.as_str()[self.from.as_str().len()..];
                let renamed = FolderName::parse(&format!("{}{rest}", self.to))?;
                rename_one(transaction, &mailbox, row.int(0)?, &name, &renamed).await?;
            }
        }
        Ok((None, mailbox.modseq()))
    }
}

async fn rename_one(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    id: i64,
    from: &FolderName,
    to: &FolderName,
) -> Result<(), DatabaseError> {
    let update = Statement::new("UPDATE folder SET name = $2 WHERE id = $1");
    transaction.execute(update.bind(id).bind(to.as_str())).await?;
    // A subscription of the old name follows: users mean the folder.
    let delete = Statement::new("DELETE FROM subscription WHERE mailbox = $1 AND name = $2");
    if transaction.execute(delete.bind(mailbox.id).bind(from.as_str())).await? > 0 {
        subscribe(transaction, mailbox.id, to).await?;
    }
    Ok(())
}

/// DELETE.
pub(crate) struct Delete {
    pub(crate) owner: Owner,
    pub(crate) name: FolderName,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl Work for Delete {
    type Output = ((), Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mailbox = lock(transaction, self.owner).await?;
        if self.name.is_inbox() {
            return Err(FolderRefusal::Inbox.into());
        }
        let select = Statement::new("SELECT id, name FROM folder WHERE mailbox = $1 AND deleted_at IS NULL");
        let mut id = None;
        for row in transaction.query(select.bind(mailbox.id)).await? {
            let name = FolderName::parse(row.text(1)?)?;
            if name == self.name {
                id = Some(row.int(0)?);
            } else if name.is_below(&self.name) {
                return Err(FolderRefusal::HasChildren.into());
            }
        }
        let id = id.ok_or(FolderRefusal::Missing)?;
        check_folder(transaction, &mailbox, id, self.now).await?;
        let hide = Statement::new(
            "UPDATE folder SET deleted_at = $2, special_use = NULL, highest_modseq = $3 WHERE id = $1 \
             RETURNING size, message_count",
        );
        let row = transaction.first(hide.bind(id).bind(self.now.millis()).bind(mailbox.modseq)).await?;
        let row = row.ok_or(FolderRefusal::Missing)?;
        add_usage(transaction, &mailbox, -row.int(0)?, -row.int(1)?).await?;
        Ok(((), mailbox.modseq()))
    }
}

/// SUBSCRIBE and UNSUBSCRIBE.
pub(crate) struct Subscribe {
    pub(crate) owner: Owner,
    pub(crate) name: FolderName,
    pub(crate) is_subscribed: bool,
}

#[async_trait]
impl Work for Subscribe {
    type Output = ();
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        let mailbox = lock_or_provision(transaction, self.owner).await?;
        if !self.is_subscribed {
            let delete = Statement::new("DELETE FROM subscription WHERE mailbox = $1 AND name = $2");
            transaction.execute(delete.bind(mailbox.id).bind(self.name.as_str())).await?;
            return Ok(());
        }
        let count = Statement::new("SELECT COUNT(*) FROM subscription WHERE mailbox = $1");
        let row = transaction.first(count.bind(mailbox.id)).await?;
        let count = row.map(|row| row.int(0)).transpose()?.unwrap_or_default();
        // Names without folder may be subscribed too, so they have a limit of their own.
        if count >= 2 * i64::from(FOLDER_COUNT_MAX) {
            return Err(StoreRefusal::Limit("10000 subscribed names").into());
        }
        Ok(subscribe(transaction, mailbox.id, &self.name).await?)
    }
}

/// The columns that [`folder`] reads, of `folder f`.
const FOLDER_COLUMNS: &str = "f.id, f.name, f.uid_next, f.highest_modseq, f.message_count, f.unseen_count, \
     f.deleted_count, f.size, f.special_use, \
     EXISTS (SELECT 1 FROM subscription s WHERE s.mailbox = f.mailbox AND s.name = f.name)";

fn folder(row: &Row) -> Result<Folder, StoreError> {
    let count =
        |column| -> Result<u32, DatabaseError> { Ok(u32::try_from(row.int(column)?).unwrap_or_default()) };
    Ok(Folder {
        id: FolderId(row.int(0)?.unsigned_abs()),
        name: FolderName::parse(row.text(1)?)?,
        uid_validity: uid_validity(row.int(0)?),
        uid_next: uid(row.int(2)?),
        highest_modseq: Modseq(row.int(3)?.unsigned_abs()),
        message_count: count(4)?,
        unseen_count: count(5)?,
        deleted_count: count(6)?,
        size: ByteSize::new(row.int(7)?.unsigned_abs()),
        special_use: row.opt_int(8)?.and_then(special_use),
        is_subscribed: row.bool(9)?,
    })
}

impl SqlStore {
    pub(crate) async fn all_folders(&self, owner: Owner) -> Result<Vec<Folder>, StoreError> {
        let mailbox = self.provisioned_key(owner).await?;
        let select = Statement::new(format!(
            "SELECT {FOLDER_COLUMNS} FROM folder f WHERE f.mailbox = $1 AND f.deleted_at IS NULL ORDER BY f.name"
        ));
        self.database.query(select.bind(mailbox)).await?.iter().map(folder).collect()
    }

    pub(crate) async fn one_folder(&self, owner: Owner, name: &FolderName) -> Result<Folder, StoreError> {
        let mailbox = self.provisioned_key(owner).await?;
        let select = Statement::new(format!(
            "SELECT {FOLDER_COLUMNS} FROM folder f WHERE f.mailbox = $1 AND f.name = $2 AND f.deleted_at IS NULL"
        ));
        let rows = self.database.query(select.bind(mailbox).bind(name.as_str())).await?;
        rows.first().map_or_else(|| Err(FolderRefusal::Missing.into()), folder)
    }

    pub(crate) async fn subscribed_names(&self, owner: Owner) -> Result<Vec<FolderName>, StoreError> {
        let mailbox = self.provisioned_key(owner).await?;
        let select = Statement::new("SELECT name FROM subscription WHERE mailbox = $1 ORDER BY name");
        let rows = self.database.query(select.bind(mailbox)).await?;
        rows.iter().map(|row| Ok(FolderName::parse(row.text(0)?)?)).collect()
    }

    /// The number of a mailbox, which is made where it never was: a login may come before the first message.
    async fn provisioned_key(&self, owner: Owner) -> Result<i64, StoreError> {
        match self.mailbox_key(owner).await {
            Err(StoreError::Refused(StoreRefusal::NoMailbox)) => {
                self.provision_mailbox(owner).await?;
                self.mailbox_key(owner).await
            }
            outcome => outcome,
        }
    }

    /// That a folder belongs to a mailbox, with its newest change, next UID and where its log begins.
    pub(crate) async fn folder_state(
        &self,
        owner: Owner,
        folder: FolderId,
    ) -> Result<(i64, i64, i64), StoreError> {
        let mailbox = self.mailbox_key(owner).await?;
        let select = Statement::new(
            "SELECT highest_modseq, uid_next, log_from FROM folder \
             WHERE id = $1 AND mailbox = $2 AND deleted_at IS NULL",
        );
        let rows = self.database.query(select.bind(folder_key(folder)).bind(mailbox)).await?;
        let row = rows.first().ok_or(FolderRefusal::Missing)?;
        Ok((row.int(0)?, row.int(1)?, row.int(2)?))
    }
}
