//! Events that end mailboxes, or say that they keep their messages, told to the message store.

use std::sync::Arc;

use async_trait::async_trait;
use directory::Directory;
use engine::{Effect, EffectError};
use hosting::HostingEvent;
use hosting::account::AccountEvent;
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
            HostingEvent::Service(ServiceEvent::Reactivated) => {
                let service = ServiceId::new(recorded.stream.id);
                for mailbox in self.directory.mailboxes_of(tenant, service) {
                    let restored = self.store.restore(Owner { tenant, mailbox }).await;
                    restored
                        .map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })?;
                }
                return Ok(());
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

/// Lets mailboxes keep their messages as long as their administrators say. A mailbox is deleted only once it keeps nothing,
/// or with its service; and an erased person is erased at once, whatever was to be kept.
pub struct RetainMessages(pub Arc<SqlStore>);

#[async_trait]
impl Effect for RetainMessages {
    type Event = HostingEvent;

    const NAME: &'static str = "retain_messages";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let own = MailboxId::new(recorded.stream.id);
        let (mailbox, days) = match &recorded.event {
            HostingEvent::Mailbox(MailboxEvent::RetentionChanged { to, .. }) => (own, *to),
            HostingEvent::Mailbox(MailboxEvent::Deleted { .. }) => (own, None),
            HostingEvent::Account(AccountEvent::PersonErased { mailbox: Some(mailbox), .. }) => {
                (*mailbox, None)
            }
            _ => return Ok(()),
        };
        let owner = Owner { tenant: recorded.cursor.tenant, mailbox };
        let told = self.0.retain(owner, days).await;
        told.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })
    }
}
