//! Rooms, groups and things of domains: their addresses belong to them and take no mail.

use compact_str::CompactString;
use hashbrown::HashMap;
use hosting::book::BookEvent;
use hosting::resource::Resource;
use kernel::{DomainId, LocalPart, ResourceId, TenantId};

/// The local parts, in canonical form, that resources have in their domains.
#[derive(Debug, Default)]
pub(crate) struct Resources(HashMap<(TenantId, DomainId), HashMap<ResourceId, CompactString>>);

impl Resources {
    pub(crate) fn take(&mut self, domain: (TenantId, DomainId), event: &BookEvent<Resource>) {
        match event {
            BookEvent::Added { entry, content, .. } | BookEvent::Changed { entry, content, .. } => {
                // Erased: nothing is left of it.
                match content.plain() {
                    Some(resource) => {
                        let local = CompactString::from(resource.local_part.as_str());
                        self.0.entry(domain).or_default().insert(*entry, local);
                    }
                    None => self.drop(domain, *entry),
                }
            }
            BookEvent::Removed { entry } => self.drop(domain, *entry),
        }
    }

    fn drop(&mut self, domain: (TenantId, DomainId), entry: ResourceId) {
        let Some(own) = self.0.get_mut(&domain) else { return };
        own.remove(&entry);
        if own.is_empty() {
            self.0.remove(&domain);
        }
    }

    /// Whether a resource of the domain has that name.
    pub(crate) fn holds(&self, domain: (TenantId, DomainId), local: &LocalPart) -> bool {
        let Some(own) = self.0.get(&domain) else { return false };
        let name = local.canonical();
        own.values().any(|known| known.as_str() == name)
    }
}
