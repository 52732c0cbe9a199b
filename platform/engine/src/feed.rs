//! Events of one tenant as they come, for sessions that watch: at most once, in order, none lost.
//!
//! A feed reads the journal; rings only wake it. So a slow watcher costs nothing but its own page, and what it has
//! not taken yet stays where it is.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use journal::{JournalError, StoredEvent};
use kernel::{Cursor, Position, TenantId};
use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use crate::engine::Core;

/// Events that a feed holds at most.
const FEED_PAGE_EVENT_COUNT: usize = 100;
/// A feed looks that often where no ring comes: other nodes append as well.
const FEED_POLL: Duration = Duration::from_secs(2);

/// Wakes the feeds of a tenant when it moves.
#[derive(Default)]
pub(crate) struct Bells(Mutex<HashMap<TenantId, watch::Sender<()>>>);

impl Bells {
    fn listen(&self, tenant: TenantId) -> watch::Receiver<()> {
        let mut bells = self.0.lock();
        // Bells that nobody hears any more go when somebody new comes, so there are never more than watchers at once.
        bells.retain(|_, bell| bell.receiver_count() > 0);
        bells.entry(tenant).or_default().subscribe()
    }

    fn ring(&self, tenant: TenantId) {
        if let Some(bell) = self.0.lock().get(&tenant) {
            bell.send_replace(());
        }
    }

    fn ring_all(&self) {
        self.0.lock().values().for_each(|bell| bell.send_replace(()));
    }

    /// Passes the journal's rings on until the engine stops.
    pub(crate) async fn run(core: Arc<Core>) {
        let mut doorbell = core.runner.journal.doorbell();
        loop {
            let ring = tokio::select! {
                () = core.stop.cancelled() => return,
                ring = doorbell.recv() => ring,
            };
            match ring {
                Ok(cursor) => core.bells.ring(cursor.tenant),
                Err(RecvError::Lagged(_)) => core.bells.ring_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

struct Feed {
    core: Arc<Core>,
    bell: watch::Receiver<()>,
    tenant: TenantId,
    /// None: from the head as it is when first asked.
    after: Option<Position>,
    page: VecDeque<StoredEvent>,
}

impl Feed {
    /// The next event; none when the engine stops.
    async fn next(&mut self) -> Option<Result<StoredEvent, JournalError>> {
        loop {
            if let Some(event) = self.page.pop_front() {
                return Some(Ok(event));
            }
            if self.core.stop.is_cancelled() {
                return None;
            }
            // What is rung from here on is heard after the look.
            self.bell.mark_unchanged();
            match self.look().await {
                Err(error) => return Some(Err(error)),
                Ok(()) if !self.page.is_empty() => {}
                Ok(()) => tokio::select! {
                    () = self.core.stop.cancelled() => return None,
                    _ = self.bell.changed() => {}
                    () = tokio::time::sleep(FEED_POLL) => {}
                },
            }
        }
    }

    async fn look(&mut self) -> Result<(), JournalError> {
        let after = match self.after {
            Some(after) => after,
            None => self.core.runner.journal.head(self.tenant).await?,
        };
        let cursor = Cursor { tenant: self.tenant, position: after };
        let page = self.core.runner.journal.read_tenant(cursor, FEED_PAGE_EVENT_COUNT).await?;
        self.after = Some(page.last().map_or(after, |event| event.cursor.position));
        self.page = page.into();
        Ok(())
    }
}

/// See [`crate::Engine::subscribe`].
pub(crate) fn feed(
    core: Arc<Core>,
    tenant: TenantId,
    after: Option<Position>,
) -> impl Stream<Item = Result<StoredEvent, JournalError>> + Send + 'static {
    let bell = core.bells.listen(tenant);
    let feed = Feed { core, bell, tenant, after, page: VecDeque::new() };
    stream::unfold(feed, |mut feed| async { feed.next().await.map(|event| (event, feed)) })
}
