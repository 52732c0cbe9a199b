//! How mail to a destination is encrypted, as the operator and the sender's account want it.

use compact_str::CompactString;
use hosting::book::BookEvent;
use hosting::tls_policy::TlsPolicy;
use kernel::{DomainName, TenantId};

use crate::Directory;
use crate::index::Index;

impl Directory {
    /// How mail of the account behind `sender` to `destination` is to be encrypted: `destination` is the domain of the
    /// recipient, or the host that its mail is handed to instead, and `port` where it is handed over. None: nobody has
    /// said anything, and what the destination itself says (DANE, MTA-STS) holds.
    ///
    /// The rule for `host:port` is found before the one for the domain, and that before those for what is above it, the
    /// nearest first. Where the operator and the account have both said something, the stricter of the two levels holds,
    /// and of two equal ones the account's.
    pub fn tls_policy(&self, sender: TenantId, destination: &DomainName, port: u16) -> Option<TlsPolicy> {
        let index = self.index.read();
        let own = index.tls_policy_of(sender, destination, port);
        let platform = index.tls_policy_of(TenantId::PLATFORM, destination, port);
        match (own, platform) {
            (Some(own), Some(platform)) if platform.level > own.level => Some(platform.clone()),
            (Some(own), _) => Some(own.clone()),
            (None, platform) => platform.cloned(),
        }
    }
}

impl Index {
    pub(crate) fn take_tls_policy(&mut self, tenant: TenantId, event: &BookEvent<TlsPolicy>) {
        let policies = self.tls_policies.entry(tenant).or_default();
        match event {
            BookEvent::Added { entry, content, .. } | BookEvent::Changed { entry, content, .. } => {
                match content.plain().filter(|policy| policy.is_active) {
                    Some(policy) => {
                        let key = CompactString::from(policy.destination.as_str());
                        policies.put(*entry, key, TlsPolicy::clone(policy));
                    }
                    None => policies.take(entry),
                }
            }
            BookEvent::Removed { entry } => policies.take(entry),
        }
        if policies.is_empty() {
            self.tls_policies.remove(&tenant);
        }
    }

    fn tls_policy_of(&self, tenant: TenantId, destination: &DomainName, port: u16) -> Option<&TlsPolicy> {
        let policies = self.tls_policies.get(&tenant)?;
        let name = destination.as_str();
        if let Some(found) = policies.get(format!("{name}:{port}").as_str()).or_else(|| policies.get(name)) {
            return Some(found);
        }
        // A name has at most 127 labels.
        let mut rest = name;
        while let Some((_, above)) = rest.split_once('.') {
            if let Some(found) = policies.get(format!(".{above}").as_str()) {
                return Some(found);
            }
            rest = above;
        }
        None
    }
}
