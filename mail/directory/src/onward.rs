//! Mail of served domains that is not delivered here: this is a backup, or only part of a domain is here.

use hosting::domain::{DomainEvent, DomainRelay, DomainSettings, RelayHost};
use kernel::{DomainId, DomainName, TenantId};

use crate::Directory;
use crate::index::Index;

/// What of a domain goes on, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Onward {
    pub(crate) what: DomainRelay,
    pub(crate) to: RelayHost,
}

impl Onward {
    fn of(settings: &DomainSettings) -> Option<Self> {
        let to = settings.relay_host.as_deref().and_then(RelayHost::parse)?;
        (settings.relay != DomainRelay::None).then_some(Self { what: settings.relay, to })
    }
}

impl Index {
    pub(crate) fn take_onward(&mut self, domain: (TenantId, DomainId), event: &DomainEvent) {
        let onward = match event {
            DomainEvent::SettingsChanged { settings, .. } => settings.plain().and_then(|set| Onward::of(set)),
            DomainEvent::Removed { .. } => None,
            _ => return,
        };
        match onward {
            Some(onward) => drop(self.onward.insert(domain, onward)),
            None => drop(self.onward.remove(&domain)),
        }
    }

    /// What of a served domain goes on, and whose it is; none where nothing does.
    pub(crate) fn onward_of(&self, home: Option<(TenantId, DomainId)>) -> Option<(TenantId, DomainRelay)> {
        // As for most: then there is nothing to look for.
        if self.onward.is_empty() {
            return None;
        }
        let home = home?;
        self.onward.get(&home).map(|onward| (home.0, onward.what))
    }
}

impl Directory {
    /// The host that takes what of a domain's mail is not delivered here; none where all of it is.
    pub fn onward(&self, domain: &DomainName) -> Option<RelayHost> {
        let index = self.index.read();
        let domain = index.served.get(domain.as_str())?;
        index.onward.get(domain).map(|onward| onward.to.clone())
    }
}
