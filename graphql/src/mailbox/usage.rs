//! What mailboxes hold, asked for together: a page of a hundred costs one question to the message store.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kernel::{MailboxId, TenantId};

use crate::platform::{PortError, Usage, UsageSource};

/// Most mailboxes that are asked for at once.
pub(crate) const BATCH_COUNT_MAX: usize = 500;

/// Gathers the mailboxes whose usage is asked for in the same moment.
pub(crate) struct Usages(pub(crate) Arc<dyn UsageSource>);

impl Loader<(TenantId, MailboxId)> for Usages {
    type Value = Usage;
    type Error = Arc<PortError>;

    async fn load(
        &self,
        keys: &[(TenantId, MailboxId)],
    ) -> Result<HashMap<(TenantId, MailboxId), Usage>, Arc<PortError>> {
        let mut by_tenant: HashMap<TenantId, Vec<MailboxId>> = HashMap::new();
        for (tenant, mailbox) in keys {
            by_tenant.entry(*tenant).or_default().push(*mailbox);
        }
        let mut usages = HashMap::with_capacity(keys.len());
        for (tenant, mailboxes) in by_tenant {
            let found = self.0.usages(tenant, &mailboxes).await.map_err(Arc::new)?;
            usages.extend(found.into_iter().map(|(mailbox, usage)| ((tenant, mailbox), usage)));
        }
        Ok(usages)
    }
}
