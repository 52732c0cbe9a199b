//! Who is told what: derived from the events of webhooks, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::{Follower, ProjectionError};
use hosting::HostingEvent;
use hosting::webhook::{Resumption, Webhook, WebhookEvent, WebhookRecord, WebhookState, WebhookStatus};
use kernel::{Decider as _, Position, Recorded, TenantId, WebhookId};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

/// One endpoint on the platform.
pub(crate) type Key = (TenantId, WebhookId);

/// A webhook, and behind which position it is told.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    state: WebhookState,
    /// It is told nothing up to there: where it was registered, or resumed without what was before.
    pub(crate) since: Position,
}

impl Endpoint {
    /// What is known of it, if it is to be told anything.
    pub(crate) fn active(&self) -> Option<&WebhookRecord> {
        self.state.record().filter(|record| record.status == WebhookStatus::Active)
    }
}

/// Whether a pause between two attempts is to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Haste {
    /// Something happened in the account.
    News,
    /// The webhook itself was changed: its owner waits.
    Now,
}

/// Follows the webhooks of all accounts and says which have something to do.
#[derive(Debug, Default)]
pub struct Endpoints {
    known: RwLock<BTreeMap<Key, Arc<Endpoint>>>,
    /// At most one entry for each webhook that ever was in this process.
    asked: Mutex<BTreeMap<Key, Haste>>,
    bell: Notify,
}

impl Endpoints {
    pub(crate) fn get(&self, key: Key) -> Option<Arc<Endpoint>> {
        self.known.read().get(&key).cloned()
    }

    /// Resolves when something was asked since the last time.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// What was asked since the last time.
    pub(crate) fn take(&self) -> BTreeMap<Key, Haste> {
        std::mem::take(&mut self.asked.lock())
    }

    fn ask(&self, key: Key, haste: Haste) {
        let mut asked = self.asked.lock();
        let known = asked.entry(key).or_insert(haste);
        *known = haste.max(*known);
    }

    fn change(&self, key: Key, position: Position, event: &WebhookEvent) {
        let mut known = self.known.write();
        let before = known.get(&key);
        let state = before.map_or(WebhookState::Absent, |endpoint| endpoint.state.clone());
        let since = match event {
            WebhookEvent::Registered { .. } | WebhookEvent::Resumed { from: Resumption::Now } => position,
            _ => before.map_or(position, |endpoint| endpoint.since),
        };
        match Webhook::evolve(state, event) {
            state @ WebhookState::Present(_) => drop(known.insert(key, Arc::new(Endpoint { state, since }))),
            WebhookState::Absent | WebhookState::Removed => drop(known.remove(&key)),
        }
    }
}

impl Follower for Endpoints {
    type Event = HostingEvent;

    const NAME: &'static str = "webhook_endpoints";

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<(), ProjectionError> {
        let Some(tenant) = page.first().map(|first| first.cursor.tenant) else { return Ok(()) };
        for recorded in page {
            if let HostingEvent::Webhook(event) = &recorded.event {
                let key = (tenant, WebhookId::new(recorded.stream.id));
                self.change(key, recorded.cursor.position, event);
                self.ask(key, Haste::Now);
            }
        }
        let least = (tenant, WebhookId::new(uuid::Uuid::nil()));
        let most = (tenant, WebhookId::new(uuid::Uuid::max()));
        for (key, endpoint) in self.known.read().range(least..=most) {
            if endpoint.active().is_some() {
                self.ask(*key, Haste::News);
            }
        }
        self.bell.notify_one();
        Ok(())
    }
}
