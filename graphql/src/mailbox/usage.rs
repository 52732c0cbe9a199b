//! What mailboxes hold and have sent, asked for together: a page of a hundred costs one question each to the message store.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use kernel::{DomainId, MailboxId, TenantId};

use crate::loader::by_tenant;
use crate::platform::{PortError, SendUse, SendsSource, Usage, UsageSource};

/// Gathers the mailboxes whose usage is asked for in the same moment.
pub(crate) struct Usages(pub(crate) Arc<dyn UsageSource>);

impl Loader<(TenantId, MailboxId)> for Usages {
    type Value = Usage;
    type Error = Arc<PortError>;

    async fn load(
        &self,
        keys: &[(TenantId, MailboxId)],
    ) -> Result<HashMap<(TenantId, MailboxId), Usage>, Arc<PortError>> {
        let mut usages = HashMap::with_capacity(keys.len());
        for (tenant, mailboxes) in by_tenant(keys.iter().copied()) {
            let found = self.0.usages(tenant, &mailboxes).await.map_err(Arc::new)?;
            usages.extend(found.into_iter().map(|(mailbox, usage)| ((tenant, mailbox), usage)));
        }
        Ok(usages)
    }
}

/// Gathers the domains whose pools are asked for in the same moment.
pub(crate) struct Pools(pub(crate) Arc<dyn UsageSource>);

impl Loader<(TenantId, DomainId)> for Pools {
    type Value = Usage;
    type Error = Arc<PortError>;

    async fn load(
        &self,
        keys: &[(TenantId, DomainId)],
    ) -> Result<HashMap<(TenantId, DomainId), Usage>, Arc<PortError>> {
        let mut usages = HashMap::with_capacity(keys.len());
        for (tenant, domains) in by_tenant(keys.iter().copied()) {
            let found = self.0.pool_usages(tenant, &domains).await.map_err(Arc::new)?;
            usages.extend(found.into_iter().map(|(domain, usage)| ((tenant, domain), usage)));
        }
        Ok(usages)
    }
}

/// Gathers the mailboxes whose sent recipients are asked for in the same moment.
pub(crate) struct Sends(pub(crate) Arc<dyn SendsSource>);

impl Loader<(TenantId, MailboxId)> for Sends {
    type Value = Vec<SendUse>;
    type Error = Arc<PortError>;

    async fn load(
        &self,
        keys: &[(TenantId, MailboxId)],
    ) -> Result<HashMap<(TenantId, MailboxId), Vec<SendUse>>, Arc<PortError>> {
        let mut sends = HashMap::with_capacity(keys.len());
        for (tenant, mailboxes) in by_tenant(keys.iter().copied()) {
            let found = self.0.sends(tenant, &mailboxes).await.map_err(Arc::new)?;
            sends.extend(found.into_iter().map(|(mailbox, uses)| ((tenant, mailbox), uses)));
        }
        Ok(sends)
    }
}
