//! Sign-ins whose password was right and whose second factor is still to come.
//!
//! The password waits here, in memory, for a few minutes: it is never written into a page or a cookie.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use secrecy::SecretString;

/// How long the second step may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// Sign-ins that wait at most; beyond, people are asked to try again.
const PENDING_COUNT_MAX: usize = 10_000;
/// Octets of chance in a name.
const NAME_OCTETS: usize = 24;

/// A sign-in that is half done.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) login: String,
    pub(crate) password: SecretString,
    pub(crate) next: String,
    pub(crate) is_kept: bool,
}

/// The sign-ins that wait at this node, by the name in the browser's cookie.
#[derive(Debug, Default)]
pub(crate) struct Pendings(Mutex<HashMap<String, (Instant, Pending)>>);

impl Pendings {
    /// Keeps `pending`; its name, or none where too many wait or the machine gives no chance.
    pub(crate) fn keep(&self, pending: Pending) -> Option<String> {
        let mut octets = [0; NAME_OCTETS];
        getrandom::fill(&mut octets).ok()?;
        let name: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let (now, mut waiting) = (Instant::now(), self.0.lock());
        waiting.retain(|_, (since, _)| now.duration_since(*since) < PATIENCE);
        if waiting.len() >= PENDING_COUNT_MAX {
            return None;
        }
        waiting.insert(name.clone(), (now, pending));
        Some(name)
    }

    /// The sign-in of that name, while it waits.
    pub(crate) fn of(&self, name: &str) -> Option<Pending> {
        let waiting = self.0.lock();
        let (since, pending) = waiting.get(name)?;
        (since.elapsed() < PATIENCE).then(|| pending.clone())
    }

    /// Forgets it: it is done, or given up.
    pub(crate) fn forget(&self, name: &str) {
        self.0.lock().remove(name);
    }
}
