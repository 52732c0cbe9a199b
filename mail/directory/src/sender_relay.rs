//! The relays through which mail of domains leaves.

use std::fmt;
use std::sync::Arc;

use hosting::book::BookEvent;
use hosting::sender_relay::SenderRelay as Set;
use kernel::{DomainId, DomainName, SenderRelayId, TenantId};
use secrecy::SecretString;

use crate::Directory;
use crate::index::Index;

/// A host with the login there. Its `Debug` shows neither login nor password.
pub struct SenderRelay {
    /// Its name, which it has to prove.
    pub host: DomainName,
    /// Its port.
    pub port: u16,
    /// Who signs in there.
    pub login: String,
    /// With what.
    pub password: SecretString,
}

impl fmt::Debug for SenderRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SenderRelay({}:{})", self.host, self.port)
    }
}

impl SenderRelay {
    fn of(set: &Set) -> Option<Self> {
        if !set.is_active {
            return None;
        }
        Some(Self {
            host: DomainName::parse(&set.host).ok()?,
            port: u16::try_from(set.port).ok()?,
            login: set.login.clone(),
            password: set.password.reveal().into(),
        })
    }
}

impl Directory {
    /// The relay through which `tenant`'s mail from `domain` leaves; none where the domain is not the tenant's own, or has
    /// none that is switched on. An alias domain has its own or none: what a relay takes is by its domain.
    pub fn sender_relay(&self, tenant: TenantId, domain: &DomainName) -> Option<Arc<SenderRelay>> {
        let index = self.index.read();
        // As for most: then there is nothing to look for.
        if index.sender_relays.is_empty() {
            return None;
        }
        let home = index.served.get(domain.as_str()).filter(|home| home.0 == tenant)?;
        index.sender_relays.get(home).map(|(_, relay)| Arc::clone(relay))
    }
}

impl Index {
    pub(crate) fn take_sender_relay(&mut self, domain: (TenantId, DomainId), event: &BookEvent<Set>) {
        match event {
            BookEvent::Added { entry, content, .. } | BookEvent::Changed { entry, content, .. } => {
                // Erased, switched off: nothing leaves through it.
                match content.plain().and_then(|set| SenderRelay::of(set)) {
                    Some(relay) => drop(self.sender_relays.insert(domain, (*entry, Arc::new(relay)))),
                    None => self.forget_sender_relay(domain, *entry),
                }
            }
            BookEvent::Removed { entry } => self.forget_sender_relay(domain, *entry),
        }
    }

    fn forget_sender_relay(&mut self, domain: (TenantId, DomainId), entry: SenderRelayId) {
        if self.sender_relays.get(&domain).is_some_and(|(known, _)| *known == entry) {
            self.sender_relays.remove(&domain);
        }
    }
}
