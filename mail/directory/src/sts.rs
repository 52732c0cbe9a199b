//! What domains ask of hosts that send to them (RFC 8461).

use hosting::domain::{DomainEvent, MtaSts};
use kernel::{DomainId, TenantId};

use crate::Directory;
use crate::index::Index;

impl Index {
    pub(crate) fn take_sts(&mut self, domain: (TenantId, DomainId), event: &DomainEvent) {
        let wish = match event {
            DomainEvent::SettingsChanged { settings, .. } => {
                settings.plain().map_or(MtaSts::Platform, |settings| settings.mta_sts)
            }
            DomainEvent::Removed { .. } => MtaSts::Platform,
            _ => return,
        };
        match wish {
            MtaSts::Platform => drop(self.sts.remove(&domain)),
            MtaSts::None | MtaSts::Testing | MtaSts::Enforce => drop(self.sts.insert(domain, wish)),
        }
    }
}

impl Directory {
    /// What the domain with this name, an A-label in lower case, asks of hosts that send to it; one that mirrors another
    /// asks what that one does.
    pub fn mta_sts(&self, name: &str) -> MtaSts {
        let index = self.index.read();
        let Some(domain) = index.served.get(name) else { return MtaSts::Platform };
        let of = index.mirrors.get(domain).map_or(*domain, |target| (domain.0, *target));
        index.sts.get(&of).copied().unwrap_or(MtaSts::Platform)
    }
}
