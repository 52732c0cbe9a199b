//! Messages into other folders of the same mailbox: one piece of them, all or none.

use async_trait::async_trait;
use database::{DatabaseError, Row, Statement, Transaction, Work};
use kernel::{Quota, Timestamp};

use super::accept::{NewEntry, check_quota, put};
use super::folder::{Delta, Place, touch};
use super::mailbox::{Locked, add_usage, lock, own_folder};
use super::pool::join;
use super::row;
use crate::{Copied, FolderId, MessageSet, Modseq, Owner, StoreError, Uid};

/// An entry of a folder, as a transaction sees it.
pub(crate) struct Found {
    pub(crate) uid: i64,
    pub(crate) message: i64,
    pub(crate) system: i64,
    pub(crate) keywords: Option<String>,
    pub(crate) modseq: i64,
    pub(crate) size: i64,
    pub(crate) internal_date: i64,
    pub(crate) saved_at: i64,
}

/// The entries of a set, ascending by UID; those that do not exist are left out.
pub(crate) async fn select(
    transaction: &mut Transaction<'_>,
    folder: i64,
    set: &MessageSet,
) -> Result<Vec<Found>, StoreError> {
    let columns = row::MESSAGE_COLUMNS;
    let sql = format!(
        "SELECT {columns} FROM entry e JOIN message m ON m.id = e.message \
         WHERE e.folder = $1 AND e.uid BETWEEN $2 AND $3 ORDER BY e.uid"
    );
    let range = |from: Uid, to: Uid| Statement::new(sql.clone()).bind(folder).bind(from.0).bind(to.0);
    let ranges = match set {
        MessageSet::All => vec![(Uid(0), Uid(u32::MAX))],
        MessageSet::Range(from, to) => vec![(*from, *to)],
        MessageSet::Uids(uids) => runs(uids),
    };
    let mut found = Vec::new();
    for (from, to) in ranges {
        for row in transaction.query(range(from, to)).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// Neighbours as ranges: clients mostly name whole stretches.
fn runs(uids: &[Uid]) -> Vec<(Uid, Uid)> {
    let mut runs: Vec<(Uid, Uid)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.0.checked_add(1) == Some(uid.0) => *last = *uid,
            Some(_) | None => runs.push((*uid, *uid)),
        }
    }
    runs
}

fn read(row: &Row) -> Result<Found, DatabaseError> {
    Ok(Found {
        uid: row.int(0)?,
        message: row.int(1)?,
        system: row.int(2)?,
        keywords: row.opt_text(3)?.map(str::to_owned),
        modseq: row.int(4)?,
        size: row.int(5)?,
        internal_date: row.int(6)?,
        saved_at: row.int(7)?,
    })
}

/// COPY.
pub(crate) struct Copy {
    pub(crate) owner: Owner,
    pub(crate) from: FolderId,
    pub(crate) set: MessageSet,
    pub(crate) to: FolderId,
    pub(crate) quota: Quota,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl Work for Copy {
    type Output = (Vec<Copied>, Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mut mailbox = lock(transaction, self.owner).await?;
        if let Some(pool) = self.quota.pool {
            mailbox = join(transaction, self.owner, mailbox, pool.domain).await?;
        }
        let from = own_folder(transaction, &mailbox, self.from).await?;
        let mut to = own_folder(transaction, &mailbox, self.to).await?;
        let found = select(transaction, from.id, &self.set).await?;
        let size: i64 = found.iter().map(|found| found.size).sum();
        let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
        check_quota(transaction, &mailbox, (size, count), self.quota).await?;
        let copied = put_all(transaction, &mailbox, &mut to, found, self.now).await?;
        add_usage(transaction, &mailbox, size, count).await?;
        Ok((copied, mailbox.modseq()))
    }
}

/// New entries for messages, and the counters of their folder.
async fn put_all(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    to: &mut Place,
    found: Vec<Found>,
    now: Timestamp,
) -> Result<Vec<Copied>, StoreError> {
    let mut delta = Delta::default();
    let mut copied = Vec::with_capacity(found.len());
    for found in found {
        delta = delta.plus(Delta::of(found.system, found.size));
        let entry = NewEntry { message: found.message, system: found.system, keywords: found.keywords };
        let uid = put(transaction, mailbox, to, entry, now).await?;
        copied.push(Copied {
            from: row::uid(found.uid),
            folder: to.folder(),
            uid_validity: to.uid_validity(),
            uid,
            modseq: mailbox.modseq(),
        });
    }
    if !copied.is_empty() {
        touch(transaction, to, mailbox.modseq, delta).await?;
    }
    Ok(copied)
}

/// Takes entries out of a folder and writes them into its log; the caller sees to messages and usage.
pub(crate) async fn take_out(
    transaction: &mut Transaction<'_>,
    mailbox: &Locked,
    from: &Place,
    found: &[Found],
) -> Result<(), DatabaseError> {
    let mut delta = Delta::default();
    for found in found {
        delta = delta.plus(Delta::of(found.system, found.size));
        let delete = Statement::new("DELETE FROM entry WHERE folder = $1 AND uid = $2");
        transaction.execute(delete.bind(from.id).bind(found.uid)).await?;
        let log = Statement::new("INSERT INTO vanished (folder, modseq, uid) VALUES ($1, $2, $3)");
        transaction.execute(log.bind(from.id).bind(mailbox.modseq).bind(found.uid)).await?;
    }
    if found.is_empty() {
        return Ok(());
    }
    touch(transaction, from, mailbox.modseq, delta.negated()).await
}

/// MOVE.
pub(crate) struct Move {
    pub(crate) owner: Owner,
    pub(crate) from: FolderId,
    pub(crate) set: MessageSet,
    pub(crate) to: FolderId,
    pub(crate) now: Timestamp,
}

#[async_trait]
impl Work for Move {
    type Output = (Vec<Copied>, Modseq);
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Output, StoreError> {
        let mailbox = lock(transaction, self.owner).await?;
        let from = own_folder(transaction, &mailbox, self.from).await?;
        let found = select(transaction, from.id, &self.set).await?;
        take_out(transaction, &mailbox, &from, &found).await?;
        // Read after the source was touched: it may be the same folder.
        let mut to = own_folder(transaction, &mailbox, self.to).await?;
        let copied = put_all(transaction, &mailbox, &mut to, found, self.now).await?;
        Ok((copied, mailbox.modseq()))
    }
}
