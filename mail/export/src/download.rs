//! Mailboxes on their way to who takes them along.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use store::{KeptMessage, Now, Owner, SqlStore, StoreError, SystemFlag, Uid};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::{Archive, Flags, Message};

/// Downloads of a node at a time. Each holds a thread and at most 1 MiB of messages, or one that is longer.
pub const NODE_DOWNLOAD_COUNT_MAX: usize = 4;
/// Octets of one piece of a download; the last may be shorter.
pub const PIECE_OCTETS: usize = 64 * 1024;
/// How long a piece may wait for who takes it; then the download ends, and its place is somebody else's.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Pieces that are ready before anybody takes them.
const READY_COUNT_MAX: usize = 2;

/// What is written of a mailbox, in pieces, until there is no more. An error: it ends too early, and is no ZIP.
pub type Download = mpsc::Receiver<io::Result<Bytes>>;

/// Why a download does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// One of the same mailbox is under way.
    #[error("the messages of this mailbox are being downloaded already")]
    UnderWay,
    /// There are as many as the node allows.
    #[error("too many mailboxes are being downloaded at this moment")]
    Busy,
}

/// The downloads of a node.
#[derive(Clone)]
pub struct Downloads {
    store: Arc<SqlStore>,
    now: Now,
    places: Arc<Semaphore>,
    under_way: Arc<Mutex<HashSet<Owner>>>,
}

impl Downloads {
    /// None under way.
    pub fn new(store: Arc<SqlStore>, now: Now) -> Self {
        Self {
            store,
            now,
            places: Arc::new(Semaphore::new(NODE_DOWNLOAD_COUNT_MAX)),
            under_way: Arc::default(),
        }
    }

    /// Begins to write what a mailbox holds, whether it is open or retired, until it is to be destroyed. What arrives
    /// later is left out. It stops where the answer is dropped, or is not taken for [`PATIENCE`].
    ///
    /// Runs on a thread of tokio's runtime, within which it must be called.
    ///
    /// # Errors
    /// [`NoPlace`].
    pub fn begin(&self, owner: Owner) -> Result<Download, NoPlace> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| NoPlace::Busy)?;
        if !self.under_way.lock().insert(owner) {
            return Err(NoPlace::UnderWay);
        }
        let place = Place { owner, under_way: Arc::clone(&self.under_way), _permit: permit };
        let (sender, download) = mpsc::channel(READY_COUNT_MAX);
        let (store, now, handle) = (Arc::clone(&self.store), (self.now)(), Handle::current());
        // The ZIP is written without waiting for others; its thread waits for the store and for who takes it.
        tokio::task::spawn_blocking(move || {
            let is_over = Arc::new(AtomicBool::new(false));
            let pieces = Pieces {
                sender: sender.clone(),
                handle: handle.clone(),
                kept: BytesMut::new(),
                is_over: Arc::clone(&is_over),
            };
            let reading = Reading { store: &store, owner, now, handle: &handle };
            if let Err(failed) = reading.write(pieces, &is_over) {
                match failed {
                    Stop::Left => tracing::debug!("a download was left"),
                    Stop::Store(error) => {
                        tracing::warn!(%error, "a download ends too early");
                        let told = io::Error::other("the messages cannot be read");
                        drop(handle.block_on(tokio::time::timeout(PATIENCE, sender.send(Err(told)))));
                    }
                }
            }
            drop(place);
        });
        Ok(download)
    }
}

/// A place among the downloads of a node, given back at the end.
struct Place {
    owner: Owner,
    under_way: Arc<Mutex<HashSet<Owner>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.owner);
    }
}

/// Why a download ends too early.
enum Stop {
    /// Nobody takes it any more.
    Left,
    /// The store failed, or has destroyed the mailbox.
    Store(StoreError),
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Left
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A mailbox that is being read.
struct Reading<'a> {
    store: &'a SqlStore,
    owner: Owner,
    now: kernel::Timestamp,
    handle: &'a Handle,
}

impl Reading<'_> {
    fn write(&self, pieces: Pieces, is_over: &AtomicBool) -> Result<(), Stop> {
        let mut archive = Archive::new(pieces);
        if let Err(stop) = self.fill(&mut archive) {
            // A ZIP that is dropped writes its end: of this one nobody is to take it for whole.
            is_over.store(true, Ordering::Relaxed);
            return Err(stop);
        }
        archive.finish()?.end().map_err(Stop::from)
    }

    fn fill(&self, archive: &mut Archive<Pieces>) -> Result<(), Stop> {
        let folders = || self.handle.block_on(self.store.kept_folders(self.owner, self.now));
        let first = folders()?;
        for folder in &first {
            archive.folder(folder.name.as_str())?;
            let mut after = Uid(0);
            loop {
                let read = self.store.kept_messages(self.owner, folder, after, self.now);
                let piece = self.handle.block_on(read)?;
                let Some(last) = piece.last() else { break };
                after = last.row.uid;
                for message in &piece {
                    archive.message(&of(message, &words(message)))?;
                }
            }
        }
        if !first.is_empty() && folders()?.is_empty() {
            return Err(Stop::Store(store::StoreRefusal::NoMailbox.into()));
        }
        Ok(())
    }
}

fn words(message: &KeptMessage) -> Vec<&str> {
    message.row.flags.keywords.iter().map(AsRef::as_ref).collect()
}

fn of<'a>(message: &'a KeptMessage, keywords: &'a [&'a str]) -> Message<'a> {
    let flags = &message.row.flags;
    Message {
        received_at_s: message.row.internal_date.secs(),
        flags: Flags {
            is_seen: flags.has(SystemFlag::Seen),
            is_answered: flags.has(SystemFlag::Answered),
            is_flagged: flags.has(SystemFlag::Flagged),
            is_draft: flags.has(SystemFlag::Draft),
        },
        keywords,
        octets: &message.octets,
    }
}

/// Takes octets as they come, and hands them on in pieces to who takes them.
struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    handle: Handle,
    kept: BytesMut,
    /// Whether what comes from now on is dropped.
    is_over: Arc<AtomicBool>,
}

impl Pieces {
    fn send(&self, piece: Bytes) -> io::Result<()> {
        match self.handle.block_on(tokio::time::timeout(PATIENCE, self.sender.send(Ok(piece)))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => {
                self.is_over.store(true, Ordering::Relaxed);
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
    }

    /// Hands on what is left.
    fn end(mut self) -> io::Result<()> {
        let last = self.kept.split().freeze();
        if last.is_empty() { Ok(()) } else { self.send(last) }
    }
}

impl Write for Pieces {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.is_over.load(Ordering::Relaxed) {
            return Ok(octets.len());
        }
        self.kept.extend_from_slice(octets);
        while self.kept.len() >= PIECE_OCTETS {
            let piece = self.kept.split_to(PIECE_OCTETS).freeze();
            self.send(piece)?;
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
