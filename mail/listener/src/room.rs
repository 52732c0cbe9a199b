//! Room on the disk for what people send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many octets of mail are taken in yet, as whoever watches the disk last found; any number where nobody watches.
///
/// Asked before a message is sent to us, so that nobody sends in vain. It promises nothing: whether a message is kept is
/// known when the store has it.
#[derive(Debug, Clone)]
pub struct DiskRoom(Arc<AtomicU64>);

impl Default for DiskRoom {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(u64::MAX)))
    }
}

impl DiskRoom {
    /// From now on so many octets are taken in; 0: none.
    pub fn leave(&self, octets: u64) {
        self.0.store(octets, Ordering::Relaxed);
    }

    /// Whether there is room for a message of `octets`; 0 where its length is not known yet.
    pub fn fits(&self, octets: u64) -> bool {
        octets.max(1) <= self.0.load(Ordering::Relaxed)
    }
}
