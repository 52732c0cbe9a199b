//! Stored events into facts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use journal::keyring::{Keyring, TenantKeys};
use journal::{JournalError, StoredEvent};
use kernel::{EventFamily, Malformed, OpenError, Recorded};

/// Pages up to this are read where they are; longer ones on the blocking pool, since they take above 500 us.
const INLINE_EVENT_COUNT_MAX: usize = 16;
/// Waits for a key that is not known yet: it becomes readable a moment after the event that first uses it.
const KEY_PAUSES: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(5), Duration::from_millis(50), Duration::from_millis(200)];

/// Events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// They are not understood: a stop.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The keys could not be loaded: try again.
    #[error("the keys")]
    Keys(#[from] JournalError),
    /// The code that reads them panicked: a fault of ours, and a stop.
    #[error("reading panicked")]
    Panicked,
}

/// The events of a page (of one tenant) that belong to the family `F`.
pub(crate) async fn decode<F: EventFamily>(
    keyring: &Keyring,
    page: &Arc<Vec<StoredEvent>>,
) -> Result<Vec<Recorded<F>>, DecodeError> {
    let Some(first) = page.first() else { return Ok(Vec::new()) };
    let tenant = first.cursor.tenant;
    let mut pauses = KEY_PAUSES.iter();
    loop {
        let keys = keyring.tenant(tenant).await?;
        let decoded = if page.len() <= INLINE_EVENT_COUNT_MAX {
            decode_page(page, &keys)
        } else {
            let page = Arc::clone(page);
            let decoding = tokio::task::spawn_blocking(move || decode_page(&page, &keys));
            decoding.await.unwrap_or(Err(DecodeError::Panicked))
        };
        match (decoded, pauses.next()) {
            (Err(DecodeError::Malformed(Malformed::Sealed(OpenError::UnknownSubject(_)))), Some(pause)) => {
                keyring.refresh(tenant);
                tokio::time::sleep(*pause).await;
            }
            (decoded, _) => return decoded,
        }
    }
}

fn decode_page<F: EventFamily>(
    page: &[StoredEvent],
    keys: &TenantKeys,
) -> Result<Vec<Recorded<F>>, DecodeError> {
    let decoding = || {
        let mut events = Vec::with_capacity(page.len());
        for stored in page {
            if let Some(event) = F::decode(stored.stream.category, &stored.raw, keys)? {
                events.push(recorded(stored, event));
            }
        }
        Ok(events)
    };
    catch_unwind(AssertUnwindSafe(decoding)).unwrap_or(Err(DecodeError::Panicked))
}

fn recorded<E>(stored: &StoredEvent, event: E) -> Recorded<E> {
    Recorded {
        cursor: stored.cursor,
        stream: stored.stream,
        version: stored.version,
        id: stored.id,
        recorded_at: stored.recorded_at,
        metadata: stored.metadata,
        event,
    }
}
