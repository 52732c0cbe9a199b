//! Domains whose mailboxes share storage, told to the message store, which counts what they hold together.

use std::sync::Arc;

use async_trait::async_trait;
use directory::Directory;
use engine::{Effect, EffectError};
use hosting::HostingEvent;
use hosting::domain::{DomainEvent, QuotaMode};
use hosting::mailbox::MailboxEvent;
use kernel::{DomainId, MailboxId, Recorded};
use store::{SqlStore, Store as _, StoreError};

/// Lets mailboxes count together once their domain shares, and by themselves once it does no more. New mailboxes begin with
/// their first message.
pub struct CountPools {
    /// Counts.
    pub store: Arc<SqlStore>,
    /// Knows the mailboxes of a domain.
    pub directory: Arc<Directory>,
}

#[async_trait]
impl Effect for CountPools {
    type Event = HostingEvent;

    const NAME: &'static str = "count_pools";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let (tenant, id) = (recorded.cursor.tenant, recorded.stream.id);
        let counted = match &recorded.event {
            HostingEvent::Domain(DomainEvent::SettingsChanged { settings, changed })
                if changed.iter().any(|name| name == "quota_mode") =>
            {
                let domain = DomainId::new(id);
                match settings.plain().map(|settings| settings.quota_mode) {
                    Some(QuotaMode::Pooled) => {
                        let mailboxes = self.directory.mailboxes_in(tenant, domain);
                        self.store.pool(tenant, domain, &mailboxes).await
                    }
                    Some(QuotaMode::Allotted) | None => self.store.unpool(tenant, domain).await,
                }
            }
            HostingEvent::Domain(DomainEvent::Removed { .. }) => {
                self.store.unpool(tenant, DomainId::new(id)).await
            }
            // It may have been deleted before its domain began to share.
            HostingEvent::Mailbox(MailboxEvent::Restored) => {
                let mailbox = MailboxId::new(id);
                match self.directory.quotas(tenant, mailbox).and_then(|quota| quota.pool) {
                    Some(pool) => self.store.pool(tenant, pool.domain, &[mailbox]).await,
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        };
        counted.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })
    }
}

/// Lets all mailboxes count that share, whatever was missed: a mailbox that counts already is not counted twice.
///
/// # Errors
/// [`StoreError`].
pub async fn count_all(store: &SqlStore, directory: &Directory) -> Result<(), StoreError> {
    for (tenant, domain) in directory.pools() {
        store.pool(tenant, domain, &directory.mailboxes_in(tenant, domain)).await?;
    }
    Ok(())
}

/// Pools that do not hold what their mailboxes hold, in sentences for people.
///
/// # Errors
/// [`StoreError`].
pub async fn faults(store: &SqlStore, directory: &Directory) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    for (tenant, domain) in directory.pools() {
        let mut held = 0_u64;
        for batch in directory.mailboxes_in(tenant, domain).chunks(store::USAGE_COUNT_MAX) {
            let usages = store.usages(tenant, batch).await?;
            held = usages.iter().map(|(_, usage)| usage.size.octets()).fold(held, u64::saturating_add);
        }
        let counted = store.pool_usage(tenant, domain).await?.size.octets();
        if counted != held {
            faults.push(format!("store: {domain} shares {counted} octets, and its mailboxes hold {held}"));
        }
    }
    Ok(faults)
}
