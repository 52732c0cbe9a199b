//! The data of erased persons: their keys are destroyed, rows and messages follow.

use std::sync::Arc;

use async_trait::async_trait;
use engine::{Effect, EffectError, Engine, Follower, ProjectionError};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
use journal::keyring::Keyring;
use journal::{Clock as _, SystemClock};
use kernel::{Id as _, Recorded};
use store::{Owner, Queue as _, SqlStore, Store as _};

/// Uses the keys of erased persons no more, on every node, as soon as it is heard of.
pub struct ForgetPersons(pub Arc<Keyring>);

impl Follower for ForgetPersons {
    type Event = HostingEvent;

    const NAME: &'static str = "forget_persons";

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<(), ProjectionError> {
        for recorded in page {
            if let HostingEvent::Account(AccountEvent::PersonErased { subject, .. }) = &recorded.event {
                self.0.forget(recorded.cursor.tenant, *subject);
            }
        }
        Ok(())
    }
}

/// Destroys the keys of erased persons for good, gives their mailboxes to the next purge, takes what they wrote and got out of
/// the message trace, and derives the tables anew that showed their data.
pub struct ErasePersons {
    /// Where the keys are.
    pub keyring: Arc<Keyring>,
    /// Where the tables are derived.
    pub engine: Arc<Engine>,
    /// Where messages are.
    pub store: Arc<SqlStore>,
    /// Where sign-ins are.
    pub door: door::DoorBook,
}

#[async_trait]
impl Effect for ErasePersons {
    type Event = HostingEvent;

    const NAME: &'static str = "erase_persons";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let HostingEvent::Account(AccountEvent::PersonErased { subject, mailbox }) = &recorded.event else {
            return Ok(());
        };
        let tenant = recorded.cursor.tenant;
        let failed = |reason: String| EffectError { at: recorded.cursor, reason };
        let now = SystemClock.now();
        self.keyring.destroy(tenant, *subject, now).await.map_err(|error| failed(error.to_string()))?;
        self.door.forget(tenant, subject.uuid()).await.map_err(|error| failed(error.to_string()))?;
        // What holds the most, and hangs on nothing else, goes first.
        if let Some(mailbox) = *mailbox {
            let retired = self.store.retire(Owner { tenant, mailbox }, now).await;
            retired.map_err(|error| failed(error.to_string()))?;
            let forgotten = self.store.forget(tenant, mailbox).await;
            forgotten.map_err(|error| failed(error.to_string()))?;
        }
        for name in graphql::PROJECTIONS {
            let rederived = self.engine.rederive(name, tenant).await;
            rederived
                .map_err(|error| failed(error.to_string()))?
                .map_err(|error| failed(format!("{name}: {error}")))?;
        }
        Ok(())
    }
}
