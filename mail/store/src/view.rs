//! One view per folder, shared by all sessions that have it open.
//!
//! A [`Snapshot`] is immutable and made of chunks; the next one shares every chunk that did not change. What a client
//! knows is therefore one pointer, and comparing two snapshots costs what changed, not what the folder holds.
//! Knows nothing of IMAP: positions count from 0 here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Weak;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{Change, Folder, FolderChange, FolderId, MessageRow, Modseq, Owner, Store, StoreError, Uid};

/// Rows of a full chunk.
pub const CHUNK_ROW_COUNT_MAX: usize = 256;
/// Rows asked of the store at once when a folder is opened.
const PAGE_ROW_COUNT_MAX: usize = 10_000;
/// Entries of the registry before it first looks for dead ones.
const SWEEP_ENTRY_COUNT_MIN: usize = 256;

/// The messages of a folder at one moment, ascending by UID.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    chunks: Vec<Arc<[MessageRow]>>,
    /// Position of each chunk's first row.
    starts: Vec<u32>,
    count: u32,
    highest_modseq: Modseq,
}

/// What separates an older snapshot from a newer one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Gone: position in the older one, and UID; ascending.
    pub vanished: Vec<(u32, Uid)>,
    /// In both with another MODSEQ: positions in the newer one, ascending.
    pub changed: Vec<u32>,
    /// Only in the newer one: how many.
    pub added_count: u32,
}

impl Difference {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.vanished.is_empty() && self.changed.is_empty() && self.added_count == 0
    }
}

impl Snapshot {
    /// A snapshot of `rows`, ascending by UID.
    pub fn new(rows: Vec<MessageRow>, highest_modseq: Modseq) -> Self {
        Self::from_chunks(rows.chunks(CHUNK_ROW_COUNT_MAX).map(Arc::from).collect(), highest_modseq)
    }

    fn from_chunks(mut chunks: Vec<Arc<[MessageRow]>>, highest_modseq: Modseq) -> Self {
        let row_count: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        // Many removals leave small chunks behind: pack them anew before they cost more than they save.
        if chunks.len() > 8 && chunks.len() > 4 * row_count.div_ceil(CHUNK_ROW_COUNT_MAX) {
            let rows: Vec<MessageRow> = chunks.iter().flat_map(|chunk| chunk.iter().cloned()).collect();
            chunks = rows.chunks(CHUNK_ROW_COUNT_MAX).map(Arc::from).collect();
        }
        let mut starts = Vec::with_capacity(chunks.len());
        let mut count = 0_u32;
        for chunk in &chunks {
            starts.push(count);
            count = count.saturating_add(u32::try_from(chunk.len()).unwrap_or(u32::MAX));
        }
        Self { chunks, starts, count, highest_modseq }
    }

    /// How many messages.
    pub const fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The newest change that this snapshot holds.
    pub const fn highest_modseq(&self) -> Modseq {
        self.highest_modseq
    }

    /// The row at a position, counted from 0.
    pub fn row(&self, position: u32) -> Option<&MessageRow> {
        let chunk = self.starts.partition_point(|start| *start <= position).checked_sub(1)?;
        self.chunks[chunk].get((position - self.starts[chunk]) as usize)
    }

    /// How many rows have a UID below `uid`: also the position of `uid` where it exists.
    pub fn position_from(&self, uid: Uid) -> u32 {
        let chunk = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|row| row.uid < uid));
        match self.chunks.get(chunk) {
            None => self.count,
            Some(rows) => {
                let inside = rows.partition_point(|row| row.uid < uid);
                self.starts[chunk] + u32::try_from(inside).unwrap_or(u32::MAX)
            }
        }
    }

    /// The position of a message.
    pub fn position(&self, uid: Uid) -> Option<u32> {
        let position = self.position_from(uid);
        self.row(position).filter(|row| row.uid == uid).map(|_| position)
    }

    /// The row of a message.
    pub fn find(&self, uid: Uid) -> Option<&MessageRow> {
        self.row(self.position_from(uid)).filter(|row| row.uid == uid)
    }

    /// The last message's UID.
    pub fn last_uid(&self) -> Option<Uid> {
        self.chunks.last().and_then(|chunk| chunk.last()).map(|row| row.uid)
    }

    /// The rows from one position up to another (exclusive), cut to what exists.
    pub fn rows(&self, from: u32, to: u32) -> impl Iterator<Item = &MessageRow> {
        let first = self.starts.partition_point(|start| *start <= from).saturating_sub(1);
        let skipped = from - self.starts.get(first).copied().unwrap_or(from).min(from);
        self.chunks[first.min(self.chunks.len())..]
            .iter()
            .flat_map(|chunk| chunk.iter())
            .skip(skipped as usize)
            .take(to.saturating_sub(from) as usize)
    }

    /// The same with `changed` (ascending) put in, and `vanished` (ascending) taken out. Copies only chunks that
    /// change.
    #[must_use]
    pub fn applied(&self, changed: &[MessageRow], vanished: &[Uid], highest_modseq: Modseq) -> Self {
        let last_uid = self.last_uid();
        let added_from = changed.partition_point(|row| last_uid.is_some_and(|last| row.uid <= last));
        let (mut updates, mut removals) = (&changed[..added_from], vanished);
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
        for chunk in &self.chunks {
            let Some(last) = chunk.last().map(|row| row.uid) else { continue };
            let (mine, later) = updates.split_at(updates.partition_point(|row| row.uid <= last));
            let (gone, kept) = removals.split_at(removals.partition_point(|uid| *uid <= last));
            (updates, removals) = (later, kept);
            if mine.is_empty() && gone.is_empty() {
                chunks.push(Arc::clone(chunk));
                continue;
            }
            let rows = merge(chunk, mine, gone);
            if rows.as_slice() == chunk.as_ref() {
                chunks.push(Arc::clone(chunk));
            } else {
                chunks.extend(rows.chunks(CHUNK_ROW_COUNT_MAX).map(Arc::from));
            }
        }
        let added: Vec<MessageRow> = changed[added_from..]
            .iter()
            .filter(|row| vanished.binary_search(&row.uid).is_err())
            .cloned()
            .collect();
        append(&mut chunks, added);
        Self::from_chunks(chunks, highest_modseq.max(self.highest_modseq))
    }

    /// What happened from `self` to `newer`; equal chunks are skipped unread.
    pub fn difference(&self, newer: &Self) -> Difference {
        let mut difference = Difference::default();
        let (mut old, mut new) = (Cursor::start(), Cursor::start());
        loop {
            if let (Some(left), Some(right)) = (old.whole_chunk(self), new.whole_chunk(newer))
                && Arc::ptr_eq(left, right)
            {
                old.skip_chunk(self);
                new.skip_chunk(newer);
                continue;
            }
            match (old.row(self), new.row(newer)) {
                (None, None) => break,
                (Some(left), Some(right)) if left.uid == right.uid => {
                    if left.modseq != right.modseq {
                        difference.changed.push(new.position);
                    }
                    old.step(self);
                    new.step(newer);
                }
                (Some(left), right) if right.is_none_or(|right| left.uid < right.uid) => {
                    difference.vanished.push((old.position, left.uid));
                    old.step(self);
                }
                (_, Some(_)) => {
                    difference.added_count += 1;
                    new.step(newer);
                }
                (Some(_), None) => break,
            }
        }
        difference
    }
}

/// One chunk with updates and removals; a row that is neither known nor gone is put in its place.
fn merge(chunk: &[MessageRow], updates: &[MessageRow], gone: &[Uid]) -> Vec<MessageRow> {
    let mut rows = Vec::with_capacity(chunk.len());
    let mut updates = updates.iter().peekable();
    for row in chunk {
        while let Some(inserted) = updates.next_if(|update| update.uid < row.uid) {
            rows.push(inserted.clone());
        }
        // The older of two answers about one message may arrive last: the higher MODSEQ is right.
        match updates.next_if(|update| update.uid == row.uid) {
            Some(update) if update.modseq >= row.modseq => rows.push(update.clone()),
            Some(_) | None => rows.push(row.clone()),
        }
    }
    rows.extend(updates.cloned());
    rows.retain(|row| gone.binary_search(&row.uid).is_err());
    rows
}

/// Puts rows at the end: the last chunk is filled first.
fn append(chunks: &mut Vec<Arc<[MessageRow]>>, mut added: Vec<MessageRow>) {
    if added.is_empty() {
        return;
    }
    if chunks.last().is_some_and(|last| last.len() < CHUNK_ROW_COUNT_MAX)
        && let Some(last) = chunks.pop()
    {
        added.splice(0..0, last.iter().cloned());
    }
    chunks.extend(added.chunks(CHUNK_ROW_COUNT_MAX).map(Arc::from));
}

/// A place in a snapshot.
struct Cursor {
    chunk: usize,
    inside: usize,
    position: u32,
}

impl Cursor {
    const fn start() -> Self {
        Self { chunk: 0, inside: 0, position: 0 }
    }

    fn whole_chunk<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Arc<[MessageRow]>> {
        (self.inside == 0).then(|| snapshot.chunks.get(self.chunk)).flatten()
    }

    fn row<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a MessageRow> {
        snapshot.chunks.get(self.chunk)?.get(self.inside)
    }

    fn step(&mut self, snapshot: &Snapshot) {
        self.position += 1;
        self.inside += 1;
        if snapshot.chunks.get(self.chunk).is_some_and(|chunk| self.inside >= chunk.len()) {
            self.chunk += 1;
            self.inside = 0;
        }
    }

    fn skip_chunk(&mut self, snapshot: &Snapshot) {
        self.chunk += 1;
        self.position = snapshot.starts.get(self.chunk).copied().unwrap_or(snapshot.count);
    }
}

/// A folder as its sessions see it: brought up to date once for all of them.
pub struct FolderView {
    store: Arc<dyn Store>,
    owner: Owner,
    folder: FolderId,
    current: Mutex<Arc<Snapshot>>,
    /// Held while the store is asked, so that a hundred sessions that wake together ask once.
    refreshing: tokio::sync::Mutex<Modseq>,
    bell: watch::Receiver<Change>,
}

impl std::fmt::Debug for FolderView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FolderView").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl FolderView {
    async fn load(store: Arc<dyn Store>, owner: Owner, folder: &Folder) -> Result<Self, StoreError> {
        let bell = store.watch(owner);
        let rung = bell.borrow().modseq;
        let mut rows: Vec<MessageRow> = Vec::new();
        loop {
            let after = rows.last().map_or(Uid(0), |row| row.uid);
            let page = store.messages(owner, folder.id, after, PAGE_ROW_COUNT_MAX).await?;
            let is_last = page.len() < PAGE_ROW_COUNT_MAX;
            rows.extend(page);
            if is_last {
                break;
            }
        }
        // Pages are read one after the other: what happened meanwhile stands in the change log.
        let snapshot = Snapshot::new(rows, folder.highest_modseq);
        let change = store.changes(owner, folder.id, folder.highest_modseq).await?;
        let snapshot = snapshot.applied(&change.changed, &change.vanished, change.highest_modseq);
        Ok(Self {
            store,
            owner,
            folder: folder.id,
            current: Mutex::new(Arc::new(snapshot)),
            refreshing: tokio::sync::Mutex::new(rung),
            bell,
        })
    }

    /// What is known now, without asking.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.lock())
    }

    /// Tells when the mailbox changes.
    pub fn bell(&self) -> watch::Receiver<Change> {
        self.bell.clone()
    }

    /// The newest that the bell has told of; the store is asked only where it rang since the last time.
    ///
    /// # Errors
    /// The store's; [`crate::FolderRefusal::Missing`] where the folder was deleted.
    pub async fn latest(&self) -> Result<Arc<Snapshot>, StoreError> {
        let mut known = self.refreshing.lock().await;
        let rung = self.bell.borrow().modseq;
        if rung == *known {
            return Ok(self.snapshot());
        }
        let snapshot = self.catch_up().await?;
        *known = rung;
        Ok(snapshot)
    }

    /// The newest there is: the store is asked. After a session's own change, this shows it.
    ///
    /// # Errors
    /// As [`Self::latest`].
    pub async fn refresh(&self) -> Result<Arc<Snapshot>, StoreError> {
        let mut known = self.refreshing.lock().await;
        let rung = self.bell.borrow().modseq;
        let snapshot = self.catch_up().await?;
        *known = rung;
        Ok(snapshot)
    }

    /// One question to the change log. The caller holds `refreshing`.
    async fn catch_up(&self) -> Result<Arc<Snapshot>, StoreError> {
        let snapshot = self.snapshot();
        let change: FolderChange =
            self.store.changes(self.owner, self.folder, snapshot.highest_modseq).await?;
        if change.changed.is_empty()
            && change.vanished.is_empty()
            && change.highest_modseq <= snapshot.highest_modseq
        {
            return Ok(snapshot);
        }
        let newer = Arc::new(snapshot.applied(&change.changed, &change.vanished, change.highest_modseq));
        *self.current.lock() = Arc::clone(&newer);
        Ok(newer)
    }
}

/// All views that some session has open.
pub struct Views {
    store: Arc<dyn Store>,
    open: Mutex<Registry>,
}

#[derive(Default)]
struct Registry {
    views: HashMap<(Owner, FolderId), Weak<FolderView>>,
    sweep_at: usize,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").field("entry_count", &self.open.lock().views.len()).finish_non_exhaustive()
    }
}

impl Views {
    /// No view yet.
    pub fn new(store: Arc<dyn Store>) -> Self {
        let registry = Registry { views: HashMap::new(), sweep_at: SWEEP_ENTRY_COUNT_MIN };
        Self { store, open: Mutex::new(registry) }
    }

    /// The view of a folder, up to date: the one that other sessions have, or a new one. It lives as long as a
    /// session holds it.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(&self, owner: Owner, folder: &Folder) -> Result<Arc<FolderView>, StoreError> {
        if let Some(view) = self.existing((owner, folder.id)) {
            view.refresh().await?;
            return Ok(view);
        }
        let loaded = Arc::new(FolderView::load(Arc::clone(&self.store), owner, folder).await?);
        // Two sessions may have loaded at once: the first to come back is shared.
        let shared = self.share((owner, folder.id), &loaded);
        if !Arc::ptr_eq(&shared, &loaded) {
            shared.refresh().await?;
        }
        Ok(shared)
    }

    fn existing(&self, key: (Owner, FolderId)) -> Option<Arc<FolderView>> {
        self.open.lock().views.get(&key).and_then(Weak::upgrade)
    }

    fn share(&self, key: (Owner, FolderId), loaded: &Arc<FolderView>) -> Arc<FolderView> {
        let mut registry = self.open.lock();
        if let Some(view) = registry.views.get(&key).and_then(Weak::upgrade) {
            return view;
        }
        if registry.views.len() >= registry.sweep_at {
            registry.views.retain(|_, view| view.strong_count() > 0);
            registry.sweep_at = SWEEP_ENTRY_COUNT_MIN.max(2 * registry.views.len());
        }
        registry.views.insert(key, Arc::downgrade(loaded));
        Arc::clone(loaded)
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;
    use crate::{Flags, MessageId};

    fn row(uid: u32, modseq: u64) -> MessageRow {
        MessageRow {
            uid: Uid(uid),
            message: MessageId(u64::from(uid)),
            flags: Flags::NONE,
            modseq: Modseq(modseq),
            size: 1,
            internal_date: Timestamp::from_millis(0),
            saved_at: Timestamp::from_millis(0),
        }
    }

    fn uids(snapshot: &Snapshot) -> Vec<u32> {
        snapshot.rows(0, snapshot.len()).map(|row| row.uid.0).collect()
    }

    #[test]
    fn positions_and_uids_find_each_other_over_chunk_borders() {
        let snapshot = Snapshot::new((1..=1000).map(|n| row(n * 2, 1)).collect(), Modseq(1));
        assert_eq!(snapshot.len(), 1000);
        for position in [0, 255, 256, 511, 512, 999] {
            let uid = snapshot.row(position).map(|row| row.uid);
            assert_eq!(uid, Some(Uid((position + 1) * 2)));
            assert_eq!(uid.and_then(|uid| snapshot.position(uid)), Some(position));
        }
        assert_eq!(snapshot.row(1000), None);
        assert_eq!(snapshot.position(Uid(3)), None);
        assert_eq!(snapshot.position_from(Uid(3)), 1);
        assert_eq!(snapshot.position_from(Uid(9999)), 1000);
        let middle: Vec<u32> = snapshot.rows(255, 258).map(|row| row.uid.0).collect();
        assert_eq!(middle, [512, 514, 516]);
    }

    #[test]
    fn a_change_copies_only_the_chunks_it_touches() {
        let before = Snapshot::new((1..=2000).map(|n| row(n, 1)).collect(), Modseq(1));
        let after = before.applied(&[row(300, 2), row(2001, 2)], &[Uid(10)], Modseq(2));
        let shared =
            after.chunks.iter().filter(|new| before.chunks.iter().any(|old| Arc::ptr_eq(old, new))).count();
        assert_eq!(shared, before.chunks.len() - 3);
        let difference = before.difference(&after);
        assert_eq!(difference.vanished, [(9, Uid(10))]);
        assert_eq!(difference.changed, [298]);
        assert_eq!(difference.added_count, 1);
    }

    #[test]
    fn an_empty_folder_grows_and_empties_again() {
        let empty = Snapshot::default();
        let grown = empty.applied(&[row(1, 1), row(2, 2)], &[], Modseq(2));
        assert_eq!(uids(&grown), [1, 2]);
        assert_eq!(empty.difference(&grown).added_count, 2);
        let gone = grown.applied(&[], &[Uid(1), Uid(2)], Modseq(3));
        assert_eq!(uids(&gone), [0_u32; 0]);
        assert_eq!(grown.difference(&gone).vanished, [(0, Uid(1)), (1, Uid(2))]);
        assert_eq!(gone.rows(0, 10).count(), 0);
    }

    #[test]
    fn the_difference_tells_what_a_plain_comparison_tells() {
        // A small deterministic generator: no randomness is needed to mix the cases.
        let mut state = 12_345_u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let mut modseq = 1;
        let mut current = Snapshot::new((1..=600).map(|n| row(n, 1)).collect(), Modseq(1));
        let mut uid_next = 601_u32;
        for _ in 0..200 {
            modseq += 1;
            let old = current.clone();
            let mut changed: Vec<MessageRow> = Vec::new();
            let mut vanished: Vec<Uid> = Vec::new();
            for position in 0..old.len() {
                let Some(existing) = old.row(position) else { continue };
                match next(20) {
                    0 => changed.push(row(existing.uid.0, modseq)),
                    1 => vanished.push(existing.uid),
                    _ => {}
                }
            }
            for _ in 0..next(40) {
                changed.push(row(uid_next, modseq));
                uid_next += 1;
            }
            current = old.applied(&changed, &vanished, Modseq(modseq));
            let expected: Vec<u32> = {
                let mut all: Vec<u32> =
                    uids(&old).into_iter().filter(|uid| !vanished.contains(&Uid(*uid))).collect();
                all.extend(changed.iter().map(|row| row.uid.0).filter(|uid| old.find(Uid(*uid)).is_none()));
                all
            };
            assert_eq!(uids(&current), expected);
            let difference = old.difference(&current);
            assert_eq!(difference.vanished.iter().map(|(_, uid)| *uid).collect::<Vec<_>>(), vanished);
            let told: Vec<u32> =
                difference.changed.iter().filter_map(|at| current.row(*at)).map(|row| row.uid.0).collect();
            let known: Vec<u32> =
                changed.iter().map(|row| row.uid.0).filter(|uid| old.find(Uid(*uid)).is_some()).collect();
            assert_eq!(told, known);
        }
    }
}
