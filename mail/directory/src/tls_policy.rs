//! How mail to a destination is encrypted, as the operator, the sender's account and the sender's domain want it.

use compact_str::CompactString;
use hosting::book::{BookEvent, Entry};
use hosting::tls_policy::TlsPolicy;
use kernel::{DomainName, TenantId, TlsPolicyId};

use crate::Directory;
use crate::index::{Index, PolicyOwner};
use crate::shelf::Shelf;

impl Directory {
    /// How mail that `sender`'s account sends in the name of a domain of it to `destination` is to be encrypted:
    /// `destination` is the domain of the recipient, or the host that its mail is handed to instead, and `port` where it is
    /// handed over. None: nobody has said anything, and what the destination itself says (DANE, MTA-STS) holds.
    ///
    /// The rule for `host:port` is found before the one for the domain, and that before those for what is above it, the
    /// nearest first. Where several have said something - the operator, the account, the sender's domain, the domain whose
    /// alias domain that is - the strictest level holds, and of equal ones the sender's domain's before the account's.
    /// Reports have no domain of a sender.
    pub fn tls_policy(
        &self,
        (sender, domain): (TenantId, Option<&DomainName>),
        destination: &DomainName,
        port: u16,
    ) -> Option<TlsPolicy> {
        let index = self.index.read();
        // As for most: then there is nothing to look for.
        if index.tls_policies.is_empty() {
            return None;
        }
        let own = domain.and_then(|name| index.served.get(name.as_str())).filter(|home| home.0 == sender);
        let original = own.and_then(|home| index.mirrors.get(home));
        let owners = [
            Some((TenantId::PLATFORM, None)),
            Some((sender, None)),
            original.map(|domain| (sender, Some(*domain))),
            own.map(|home| (sender, Some(home.1))),
        ];
        let found = owners.into_iter().flatten().filter_map(|owner| {
            let policies = index.tls_policies.get(&owner)?;
            tls_policy_of(policies, destination, port)
        });
        // Of equal ones the last.
        found.max_by_key(|policy| policy.level).cloned()
    }
}

type Policies = Shelf<TlsPolicyId, CompactString, TlsPolicy>;

impl Index {
    pub(crate) fn take_tls_policy<E: Entry<Id = TlsPolicyId>>(
        &mut self,
        owner: PolicyOwner,
        event: &BookEvent<E>,
        read: impl Fn(&E) -> TlsPolicy,
    ) {
        let policies = self.tls_policies.entry(owner).or_default();
        match event {
            BookEvent::Added { entry, content, .. } | BookEvent::Changed { entry, content, .. } => {
                match content.plain().map(|content| read(content)).filter(|policy| policy.is_active) {
                    Some(policy) => {
                        let key = CompactString::from(policy.destination.as_str());
                        policies.put(*entry, key, policy);
                    }
                    None => policies.take(entry),
                }
            }
            BookEvent::Removed { entry } => policies.take(entry),
        }
        if policies.is_empty() {
            self.tls_policies.remove(&owner);
        }
    }
}

fn tls_policy_of<'a>(policies: &'a Policies, destination: &DomainName, port: u16) -> Option<&'a TlsPolicy> {
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
