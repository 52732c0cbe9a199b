//! Events that end mailboxes, told to the message store.

use std::sync::Arc;

use async_trait::async_trait;
use directory::Directory;
use engine::{Effect, EffectError};
use hosting::HostingEvent;
use hosting::mailbox::MailboxEvent;
use hosting::service::ServiceEvent;
use kernel::{MailboxId, Recorded, ServiceId, Timestamp};
use store::{Owner, SqlStore, Store as _};

/// Closes mailboxes in the store when they are deleted or their service has ended, and opens those that come back;
/// contents stay for the retention.
pub struct RetireMailboxes {
    /// Where messages are.
    pub store: Arc<SqlStore>,
    /// Knows the mailboxes of a service.
    pub directory: Arc<Directory>,
}

#[async_trait]
impl Effect for RetireMailboxes {
    type Event = HostingEvent;

    const NAME: &'static str = "retire_mailboxes";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let tenant = recorded.cursor.tenant;
        let (mailboxes, purge_after): (Vec<MailboxId>, Timestamp) = match &recorded.event {
            HostingEvent::Mailbox(MailboxEvent::Deleted { purge_after }) => {
                (vec![MailboxId::new(recorded.stream.id)], *purge_after)
            }
            HostingEvent::Mailbox(MailboxEvent::Restored) => {
                let owner = Owner { tenant, mailbox: MailboxId::new(recorded.stream.id) };
                let restored = self.store.restore(owner).await;
                return restored
                    .map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() });
            }
            HostingEvent::Service(ServiceEvent::Ended { purge_after }) => {
                (self.directory.mailboxes_of(tenant, ServiceId::new(recorded.stream.id)), *purge_after)
            }
            _ => return Ok(()),
        };
        for mailbox in mailboxes {
            let retired = self.store.retire(Owner { tenant, mailbox }, purge_after).await;
            retired.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })?;
        }
        Ok(())
    }
}
