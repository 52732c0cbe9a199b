//! The folder that a session has open: what its client knows, and telling it what changed.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use listener::{Wire, WireError};
use store::{
    FolderId, FolderName, FolderRefusal, FolderView, MessageRow, Owner, Snapshot, StoreError, StoreRefusal,
    Uid,
};

use crate::answer::Failure;
use crate::grammar::{Addressing, Set};
use crate::limits::PIECE_OCTETS;
use crate::print::{FlagForm, flags_response, uid_set};
use crate::session::Session;
use crate::table::Updates;

/// An open folder.
#[derive(Debug)]
pub(crate) struct Selected {
    /// Whose it is.
    pub(crate) owner: Owner,
    pub(crate) folder: FolderId,
    /// As the client calls it.
    pub(crate) name: FolderName,
    pub(crate) view: Arc<FolderView>,
    /// What the client knows: its sequence numbers are positions in here.
    pub(crate) known: Arc<Snapshot>,
    pub(crate) is_read_only: bool,
    /// `$` (RFC 5182).
    pub(crate) saved: Vec<Uid>,
}

impl Selected {
    /// The positions of a set's messages that exist, ascending.
    ///
    /// # Errors
    /// As [`Selected::ranges`].
    pub(crate) fn positions(&self, set: &Set, addressing: Addressing) -> Result<Vec<u32>, Failure> {
        Ok(self.ranges(set, addressing)?.into_iter().flat_map(|(from, to)| from..=to).collect())
    }

    /// The same as ranges, ascending and apart, both ends included: no more than a client wrote.
    ///
    /// # Errors
    /// A sequence number beyond the last message is BAD (RFC 9051 section 6.4.5).
    pub(crate) fn ranges(&self, set: &Set, addressing: Addressing) -> Result<Vec<(u32, u32)>, Failure> {
        let known = &self.known;
        let mut ranges = Vec::new();
        if *set == Set::Saved {
            let saved = self.saved.iter().filter_map(|uid| known.position(*uid));
            ranges.extend(saved.map(|position| (position, position)));
            return Ok(ranges);
        }
        match addressing {
            Addressing::Sequence => {
                for (from, to) in set.resolved(known.len()) {
                    if to > known.len() {
                        return Err(Failure::Bad("There is no message of that number"));
                    }
                    ranges.push((from - 1, to - 1));
                }
            }
            Addressing::Uid => {
                for (from, to) in set.resolved(known.last_uid().map_or(0, |uid| uid.0)) {
                    let start = known.position_from(Uid(from));
                    let end = to.checked_add(1).map_or(known.len(), |next| known.position_from(Uid(next)));
                    if start < end {
                        ranges.push((start, end - 1));
                    }
                }
            }
        }
        Ok(ranges)
    }

    /// The UIDs at positions.
    pub(crate) fn uids(&self, positions: &[u32]) -> Vec<Uid> {
        positions.iter().filter_map(|position| self.known.row(*position)).map(|row| row.uid).collect()
    }

    /// The messages at positions.
    pub(crate) fn rows(&self, positions: &[u32]) -> Vec<MessageRow> {
        positions.iter().filter_map(|position| self.known.row(*position)).cloned().collect()
    }

    /// Takes over what the client is being told now, so that it is not told again.
    pub(crate) fn told(&mut self, rows: &[MessageRow]) {
        let mut rows: Vec<MessageRow> =
            rows.iter().filter(|row| self.known.find(row.uid).is_some()).cloned().collect();
        rows.sort_by_key(|row| row.uid);
        if !rows.is_empty() {
            self.known = Arc::new(self.known.applied(&rows, &[], self.known.highest_modseq()));
        }
    }
}

/// Every keyword in a folder.
pub(crate) fn keywords(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut keywords = BTreeSet::new();
    for row in snapshot.rows(0, snapshot.len()) {
        for keyword in &row.flags.keywords {
            if !keywords.contains(keyword.as_ref()) {
                keywords.insert(keyword.to_string());
            }
        }
    }
    keywords
}

/// Hands on what has gathered of a long answer, and gives others on the same thread their turn.
pub(crate) async fn hand_on(wire: &mut Wire, out: &mut Vec<u8>) -> Result<(), WireError> {
    if out.len() >= PIECE_OCTETS {
        wire.write(out).await?;
        out.clear();
        tokio::task::yield_now().await;
    }
    Ok(())
}

impl Session<'_> {
    pub(crate) const fn flag_form(&self) -> FlagForm {
        // RFC 7162 section 3.2.3: with QRESYNC the UID is always told.
        FlagForm { with_uid: self.enabled.qresync, with_modseq: self.enabled.condstore }
    }

    /// Tells what happened in the folder since the client last knew it (RFC 9051 section 7.5).
    pub(crate) async fn tell_changes(&mut self, updates: Updates) -> Result<(), Failure> {
        let form = self.flag_form();
        let is_qresync = self.enabled.qresync;
        let is_rev2 = self.enabled.rev2;
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let newer = match selected.view.latest().await {
            Ok(newer) => newer,
            Err(StoreError::Refused(StoreRefusal::Folder(FolderRefusal::Missing))) => {
                return Err(Failure::Bye("The folder was deleted"));
            }
            Err(error) => return Err(error.into()),
        };
        if Arc::ptr_eq(&newer, &selected.known) {
            return Ok(());
        }
        let difference = selected.known.difference(&newer);
        let mut out = Vec::new();
        if updates == Updates::Still && !difference.vanished.is_empty() {
            // Sequence numbers would move: that is told with the next command that allows it. Flags are told now.
            let rows: Vec<MessageRow> =
                difference.changed.iter().filter_map(|position| newer.row(*position)).cloned().collect();
            for row in &rows {
                if let Some(position) = selected.known.position(row.uid) {
                    flags_response(&mut out, position, row, form);
                }
                hand_on(&mut self.wire, &mut out).await?;
            }
            selected.told(&rows);
            self.wire.write(&out).await?;
            return Ok(());
        }
        if !difference.vanished.is_empty() {
            if is_qresync {
                let uids: Vec<Uid> = difference.vanished.iter().map(|(_, uid)| *uid).collect();
                out.extend_from_slice(b"* VANISHED ");
                uid_set(&mut out, &uids);
                out.extend_from_slice(b"\r\n");
            } else {
                // From the end, so that no number moves before it is told.
                for (position, _) in difference.vanished.iter().rev() {
                    // Writing to memory does not fail.
                    let _ = write!(out, "* {} EXPUNGE\r\n", position + 1);
                    hand_on(&mut self.wire, &mut out).await?;
                }
            }
        }
        if difference.added_count > 0 {
            let _ = write!(out, "* {} EXISTS\r\n", newer.len());
            if !is_rev2 {
                out.extend_from_slice(b"* 0 RECENT\r\n");
            }
        }
        for position in &difference.changed {
            if let Some(row) = newer.row(*position) {
                flags_response(&mut out, *position, row, form);
            }
            hand_on(&mut self.wire, &mut out).await?;
        }
        selected.known = newer;
        self.wire.write(&out).await?;
        Ok(())
    }

    /// Sees to it that the own change is among what is told next.
    pub(crate) async fn refresh(&mut self) -> Result<(), Failure> {
        if let Some(selected) = &self.selected {
            selected.view.refresh().await?;
        }
        Ok(())
    }
}
