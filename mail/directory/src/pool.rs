//! Domains whose mailboxes share what the domain may use.

use hosting::domain::{DomainEvent, QuotaMode};
use kernel::{ByteSize, DomainId, DomainName, MailboxId, Quota, StoragePool, TenantId};

use crate::Directory;
use crate::index::{Index, MailboxEntry};

impl Index {
    pub(crate) fn take_pool(&mut self, domain: (TenantId, DomainId), event: &DomainEvent) {
        let size = match event {
            DomainEvent::SettingsChanged { settings, .. } => {
                settings.plain().filter(|settings| settings.quota_mode == QuotaMode::Pooled)
            }
            DomainEvent::Removed { .. } => None,
            _ => return,
        };
        match size.and_then(|settings| settings.storage_octets_max) {
            Some(octets) => drop(self.pools.insert(domain, ByteSize::new(octets))),
            None => drop(self.pools.remove(&domain)),
        }
    }

    /// How much a mailbox may hold, by itself and together with others.
    pub(crate) fn quota(&self, entry: &MailboxEntry) -> Quota {
        let size = match self.pools.is_empty() {
            // As for most: then there is nothing to look for.
            true => None,
            false => self.pools.get(&(entry.tenant, entry.domain)).copied(),
        };
        Quota { own: entry.quota, pool: size.map(|size| StoragePool { domain: entry.domain, size }) }
    }
}

impl Directory {
    /// How much a mailbox may hold, by itself and together with others; none where it does not exist.
    pub fn quotas(&self, tenant: TenantId, mailbox: MailboxId) -> Option<Quota> {
        let index = self.index.read();
        index.mailboxes.get(&(tenant, mailbox)).map(|entry| index.quota(entry))
    }

    /// The size of the pool of a domain; none where its mailboxes share nothing.
    pub fn pool(&self, tenant: TenantId, domain: DomainId) -> Option<ByteSize> {
        self.index.read().pools.get(&(tenant, domain)).copied()
    }

    /// The name of a domain of an account, proven or not; none where it has none of that id.
    pub fn name_of(&self, tenant: TenantId, domain: DomainId) -> Option<DomainName> {
        self.index.read().domains.get(&(tenant, domain)).cloned()
    }

    /// Domains whose mailboxes share.
    pub fn pools(&self) -> Vec<(TenantId, DomainId)> {
        self.index.read().pools.keys().copied().collect()
    }

    /// The mailboxes of a domain of an account.
    pub fn mailboxes_in(&self, tenant: TenantId, domain: DomainId) -> Vec<MailboxId> {
        let index = self.index.read();
        let of_domain =
            index.mailboxes.values().filter(|entry| (entry.tenant, entry.domain) == (tenant, domain));
        of_domain.map(|entry| entry.mailbox).collect()
    }
}
