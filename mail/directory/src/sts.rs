//! What domains ask of hosts that send to them (RFC 8461).

use std::sync::Arc;

use hosting::domain::{DomainEvent, MtaSts};
use kernel::{DomainId, TenantId};

use crate::Directory;
use crate::index::Index;

/// What a domain asks of hosts that send to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sts {
    /// What, or that it leaves it to the platform.
    pub mode: MtaSts,
    /// For how long they may keep it, in seconds; none: as the platform has it.
    pub age_secs: Option<u32>,
    /// Hosts beside the platform's that take its mail; `*.` stands for one label.
    pub hosts: Vec<String>,
}

impl Default for Sts {
    fn default() -> Self {
        Self { mode: MtaSts::Platform, age_secs: None, hosts: Vec::new() }
    }
}

impl Index {
    pub(crate) fn take_sts(&mut self, domain: (TenantId, DomainId), event: &DomainEvent) {
        let wish = match event {
            DomainEvent::SettingsChanged { settings, .. } => settings.plain().map(|settings| Sts {
                mode: settings.mta_sts,
                age_secs: settings.mta_sts_age_secs,
                hosts: settings.mta_sts_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            }),
            DomainEvent::Removed { .. } => None,
            _ => return,
        };
        match wish.filter(|wish| *wish != Sts::default()) {
            Some(wish) => drop(self.sts.insert(domain, Arc::new(wish))),
            None => drop(self.sts.remove(&domain)),
        }
    }
}

impl Directory {
    /// What the domain with this name, an A-label in lower case, asks of hosts that send to it; one that mirrors another
    /// asks what that one does.
    pub fn mta_sts(&self, name: &str) -> Arc<Sts> {
        let index = self.index.read();
        let Some(domain) = index.served.get(name) else { return Arc::default() };
        let of = index.mirrors.get(domain).map_or(*domain, |target| (domain.0, *target));
        index.sts.get(&of).cloned().unwrap_or_default()
    }
}
