//! Changes of many messages, in pieces: the writer is for everybody, and nobody holds it for longer than one piece takes.
//!
//! Which messages a change is about is read before, without the writer. Each piece looks again: what went meanwhile is left out.

use database::Statement;
use kernel::Quota;

use super::copy::{Copy, Move};
use super::expunge::{Expunge, Stays};
use super::flags::ChangeFlags;
use super::row::{folder_key, uid};
use super::{PIECE_MESSAGE_COUNT, SET_MESSAGE_COUNT_MAX, SqlStore};
use crate::{
    Copied, ExpungeScope, Expunged, FlagChange, FlagOutcome, FolderId, MessageSet, Modseq, Owner, StoreError,
    StoreRefusal, SystemFlag, Uid,
};

/// UIDs read at a time.
const PAGE_UID_COUNT: usize = 10_000;

/// From one folder into another of the same mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    pub(crate) owner: Owner,
    pub(crate) from: FolderId,
    pub(crate) to: FolderId,
}

/// Which of the messages of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Only {
    All,
    /// Those with `\Deleted`.
    Deleted,
}

impl SqlStore {
    pub(crate) async fn change_flags_of(
        &self,
        (owner, folder): (Owner, FolderId),
        set: MessageSet,
        change: FlagChange,
        unchanged_since: Option<Modseq>,
    ) -> Result<FlagOutcome, StoreError> {
        let mut outcome = FlagOutcome::default();
        for set in pieces(&bounded(self.wanted(owner, folder, set, Only::All).await?)?) {
            let work = ChangeFlags { owner, folder, set, change: change.clone(), unchanged_since };
            let piece = self.rung(owner, self.of(owner.tenant).transact(work).await?);
            outcome.rows.extend(piece.rows);
            outcome.modified.extend(piece.modified);
        }
        Ok(outcome)
    }

    /// All or none: where a piece cannot be, those before it are taken back (RFC 9051 section 6.4.7).
    pub(crate) async fn copy_messages(
        &self,
        way: Way,
        set: MessageSet,
        quota: Quota,
    ) -> Result<Vec<Copied>, StoreError> {
        let Way { owner, from, to } = way;
        let mut copied = Vec::new();
        for set in pieces(&bounded(self.wanted(owner, from, set, Only::All).await?)?) {
            let work = Copy { owner, from, set, to, quota, now: self.now() };
            match self.of(owner.tenant).transact(work).await {
                Ok(piece) => copied.extend(self.rung(owner, piece)),
                Err(error) => {
                    if let Err(error) = self.take_back(owner, to, &copied).await {
                        tracing::error!(%error, "copies of messages that were not copied whole are left");
                    }
                    return Err(error);
                }
            }
        }
        Ok(copied)
    }

    /// Takes copies out again, also of a mailbox that lets nothing go: nobody was told of them.
    async fn take_back(&self, owner: Owner, folder: FolderId, copied: &[Copied]) -> Result<(), StoreError> {
        let uids: Vec<Uid> = copied.iter().map(|copied| copied.uid).collect();
        for set in pieces(&uids) {
            let scope = ExpungeScope::Regardless(set);
            let work = Expunge { owner, folder, scope, stays: Stays::Nothing, now: self.now() };
            self.rung(owner, self.of(owner.tenant).transact(work).await?);
        }
        Ok(())
    }

    /// Each is in one of both folders at any time; those before a failure are moved (RFC 6851 section 3.3).
    pub(crate) async fn move_between(&self, way: Way, set: MessageSet) -> Result<Vec<Copied>, StoreError> {
        let wanted = self.wanted(way.owner, way.from, set, Only::All).await?;
        self.move_these(way, &bounded(wanted)?).await
    }

    /// Moves all messages of a folder, however many: for RENAME of INBOX.
    pub(crate) async fn move_everything(&self, way: Way) -> Result<(), StoreError> {
        let wanted = self.wanted(way.owner, way.from, MessageSet::All, Only::All).await?;
        self.move_these(way, &wanted).await.map(drop)
    }

    async fn move_these(&self, way: Way, uids: &[Uid]) -> Result<Vec<Copied>, StoreError> {
        let Way { owner, from, to } = way;
        let mut moved = Vec::new();
        for set in pieces(uids) {
            let work = Move { owner, from, set, to, now: self.now() };
            moved.extend(self.rung(owner, self.of(owner.tenant).transact(work).await?));
        }
        Ok(moved)
    }

    pub(crate) async fn expunge_messages(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<Expunged, StoreError> {
        let mut expunged = Expunged::default();
        for scope in self.scopes(owner, folder, scope).await? {
            let work = Expunge { owner, folder, scope, stays: Stays::Retained, now: self.now() };
            let piece = self.rung(owner, self.of(owner.tenant).transact(work).await?);
            expunged.removed.extend(piece.removed);
            expunged.retained_count += piece.retained_count;
        }
        Ok(expunged)
    }

    /// What EXPUNGE is about, in pieces.
    pub(crate) async fn scopes(
        &self,
        owner: Owner,
        folder: FolderId,
        scope: ExpungeScope,
    ) -> Result<Vec<ExpungeScope>, StoreError> {
        Ok(match scope {
            ExpungeScope::Deleted(set) => {
                let wanted = self.wanted(owner, folder, set, Only::Deleted).await?;
                pieces(&wanted).map(ExpungeScope::Deleted).collect()
            }
            ExpungeScope::Regardless(set) => {
                let wanted = self.wanted(owner, folder, set, Only::All).await?;
                pieces(&wanted).map(ExpungeScope::Regardless).collect()
            }
        })
    }

    /// The UIDs of a set, ascending; of those that are named one by one also some that do not exist.
    async fn wanted(
        &self,
        owner: Owner,
        folder: FolderId,
        set: MessageSet,
        only: Only,
    ) -> Result<Vec<Uid>, StoreError> {
        let set = match set {
            // Each piece looks whose it is, and what is there.
            MessageSet::Uids(uids) if only == Only::All => return Ok(uids),
            set => set,
        };
        self.folder_state(owner, folder).await?;
        let (first, last, named) = match set {
            MessageSet::Uids(uids) => match (uids.first(), uids.last()) {
                (Some(first), Some(last)) => (*first, *last, Some(uids)),
                _ => return Ok(uids),
            },
            MessageSet::All => (Uid(0), Uid(u32::MAX), None),
            MessageSet::Range(first, last) => (first, last, None),
        };
        let mut found = self.uids_between(folder, (first, last), only).await?;
        if let Some(named) = named {
            found.retain(|uid| named.binary_search(uid).is_ok());
        }
        Ok(found)
    }

    async fn uids_between(
        &self,
        folder: FolderId,
        (first, last): (Uid, Uid),
        only: Only,
    ) -> Result<Vec<Uid>, StoreError> {
        let condition = match only {
            Only::All => String::new(),
            Only::Deleted => format!("AND (flags & {}) <> 0", SystemFlag::Deleted as i64),
        };
        let sql = format!(
            "SELECT uid FROM entry WHERE folder = $1 AND uid BETWEEN $2 AND $3 {condition} ORDER BY uid LIMIT $4"
        );
        let limit = i64::try_from(PAGE_UID_COUNT).unwrap_or(i64::MAX);
        let (mut found, mut from): (Vec<Uid>, i64) = (Vec::new(), first.0.into());
        loop {
            let select = Statement::new(sql.clone()).bind(folder_key(folder)).bind(from).bind(last.0);
            let rows = self.database.query(select.bind(limit)).await?;
            for row in &rows {
                from = row.int(0)? + 1;
                found.push(uid(from - 1));
            }
            if rows.len() < PAGE_UID_COUNT {
                return Ok(found);
            }
        }
    }
}

/// As many as one change may be about.
fn bounded(uids: Vec<Uid>) -> Result<Vec<Uid>, StoreRefusal> {
    if uids.len() > SET_MESSAGE_COUNT_MAX {
        return Err(StoreRefusal::Limit("100000 messages in one change"));
    }
    Ok(uids)
}

fn pieces(uids: &[Uid]) -> impl Iterator<Item = MessageSet> {
    uids.chunks(PIECE_MESSAGE_COUNT).map(|piece| MessageSet::Uids(piece.to_vec()))
}
