//! What is done in the background: preparing searches, destroying what is past its retention, hearing other nodes.

use std::sync::Arc;
use std::time::Duration;

use directory::Directory;
use journal::{Clock as _, SystemClock};
use store::{Retries, SqlStore, Store as _};
use tokio_util::sync::CancellationToken;

use crate::logins::Logins;

/// Messages that are prepared for search at a time.
const INDEX_BATCH_COUNT: usize = 64;
/// The pause where nothing waits to be prepared.
const INDEX_PAUSE: Duration = Duration::from_secs(2);
/// The pause between two purges.
const PURGE_PAUSE: Duration = Duration::from_secs(3600);
/// How often last logins are written.
const LOGINS_PAUSE: Duration = Duration::from_secs(20);
/// How often other nodes are heard.
const HEAR_PAUSE: Duration = Duration::from_millis(500);

/// Waits; whether work goes on.
async fn paused(pause: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(pause) => true,
    }
}

/// Prepares new messages for search.
pub async fn index(store: Arc<SqlStore>, stop: CancellationToken) {
    loop {
        let pause = match store.index_text(INDEX_BATCH_COUNT).await {
            Ok(0) => INDEX_PAUSE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "messages were not prepared for search");
                INDEX_PAUSE
            }
        };
        if !paused(pause, &stop).await {
            return;
        }
    }
}

/// Destroys what is past its retention.
pub async fn purge(store: Arc<SqlStore>, stop: CancellationToken) {
    loop {
        let pause = match store.purge(SystemClock.now()).await {
            Ok(report) if report.is_unfinished => Duration::from_millis(50),
            Ok(report) => {
                tracing::debug!(?report, "purged");
                PURGE_PAUSE
            }
            Err(error) => {
                tracing::warn!(%error, "nothing was purged");
                PURGE_PAUSE
            }
        };
        if !paused(pause, &stop).await {
            return;
        }
    }
}

/// Forgets who was asked to come again long ago.
pub async fn retries(retries: Retries, stop: CancellationToken) {
    while paused(PURGE_PAUSE, &stop).await {
        if let Err(error) = retries.purge(SystemClock.now()).await {
            tracing::warn!(%error, "nothing was forgotten");
        }
    }
}

/// Keeps when mailboxes were last opened.
pub async fn logins(logins: Logins, directory: Arc<Directory>, stop: CancellationToken) {
    let mut goes_on = true;
    while goes_on {
        goes_on = paused(LOGINS_PAUSE, &stop).await;
        if let Err(error) = logins.write(&directory).await {
            tracing::warn!(%error, "last logins were not kept");
        }
    }
}

/// Tells sessions of this node what other nodes did.
pub async fn hear(store: Arc<SqlStore>, stop: CancellationToken) {
    while paused(HEAR_PAUSE, &stop).await {
        if let Err(error) = store.hear_other_nodes().await {
            tracing::warn!(%error, "other nodes were not heard");
        }
    }
}
