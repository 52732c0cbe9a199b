//! Since when a consumer has stood still while it was behind.

use std::collections::HashMap;

use kernel::{Cursor, Position, TenantId, Timestamp};
use parking_lot::Mutex;

/// Seen by one sweep, compared by the next. A tenant that moves is young again.
#[derive(Default)]
pub(crate) struct Standstill(Mutex<HashMap<TenantId, (Position, Timestamp)>>);

impl Standstill {
    /// The greatest age in seconds among `behind`, which are the places where the consumer stands.
    pub(crate) fn age_seconds(&self, behind: impl Iterator<Item = Cursor>, now: Timestamp) -> u64 {
        let mut seen = self.0.lock();
        let mut oldest = now;
        let mut next = HashMap::new();
        for cursor in behind {
            let since = match seen.get(&cursor.tenant) {
                Some((position, since)) if *position == cursor.position => *since,
                _ => now,
            };
            oldest = oldest.min(since);
            next.insert(cursor.tenant, (cursor.position, since));
        }
        *seen = next;
        u64::try_from(now.secs().saturating_sub(oldest.secs())).unwrap_or(0)
    }
}
