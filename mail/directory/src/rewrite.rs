//! Address maps: where copies go, and which address takes the place of another.
//!
//! Every question is answered by one rule, the one for the whole address before the one for its domain, and what it leads
//! to is not asked again: rules cannot go round in circles, whoever writes them.

use compact_str::CompactString;
use hosting::address_map::{AddressMap, AddressMapKind};
use hosting::book::BookEvent;
use kernel::{AddressMapId, DomainId, DomainName, EmailAddress, LocalPart, ServiceId, TenantId};

use crate::follow::canonical;
use crate::index::Index;
use crate::shelf::Shelf;
use crate::{Directory, Login};

/// The rules of one domain.
#[derive(Debug, Default)]
pub(crate) struct AddressMaps {
    service: Option<ServiceId>,
    /// By what they do and the canonical address, or `@domain`.
    rules: Shelf<AddressMapId, (AddressMapKind, CompactString), Target>,
}

/// What a rule leads to.
#[derive(Debug, Clone)]
enum Target {
    Address(EmailAddress),
    /// The same local part elsewhere.
    Domain(DomainName),
}

impl Target {
    fn of(text: &str) -> Option<Self> {
        // As it is kept: canonical, with a local part that may have lost its quotes.
        let (local, domain) = text.rsplit_once('@')?;
        let domain = DomainName::parse(domain).ok()?;
        if local.is_empty() {
            return Some(Self::Domain(domain));
        }
        let local = LocalPart::parse(local).or_else(|_| LocalPart::parse(&quoted(local))).ok()?;
        Some(Self::Address(EmailAddress::new(local, domain)))
    }

    fn for_local(&self, local: &LocalPart) -> EmailAddress {
        match self {
            Self::Address(address) => address.clone(),
            Self::Domain(domain) => EmailAddress::new(local.clone(), domain.clone()),
        }
    }
}

fn quoted(local: &str) -> String {
    format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Directory {
    /// Where a copy of what `login` sends as `sender` goes; none: nowhere. Submission asks it once for a message, after
    /// [`Directory::may_send_as`], and adds the address as one more recipient that nobody sees. Only rules of the
    /// sender's own account are looked at. Mail that goes to that address anyway needs no copy: the caller, who knows
    /// all recipients, leaves it out.
    pub fn sender_copy(&self, login: &Login, sender: &EmailAddress) -> Option<EmailAddress> {
        let (tenant, copy) = self.index.read().mapped(AddressMapKind::SenderCopy, sender)?;
        (tenant == login.tenant).then_some(copy)
    }

    /// Where a copy of mail for `recipient` goes, with the tenant in whose name it is sent on; none: nowhere. Asked once
    /// for each recipient as it was given (after [`Directory::rewritten`]), before aliases are followed. The copy is
    /// delivered as if it had been a recipient of its own, without being copied again.
    pub fn recipient_copy(&self, recipient: &EmailAddress) -> Option<(TenantId, EmailAddress)> {
        self.index.read().mapped(AddressMapKind::RecipientCopy, recipient)
    }

    /// The address that takes the place of `recipient`, with the tenant that wants it so; none: it stays. Asked once for
    /// each recipient, before [`Directory::resolve`], for mail from outside as for submitted mail. The answer may be an
    /// address elsewhere: then it is forwarded in the name of that tenant.
    pub fn rewritten(&self, recipient: &EmailAddress) -> Option<(TenantId, EmailAddress)> {
        self.index.read().mapped(AddressMapKind::Recipient, recipient)
    }
}

impl Index {
    pub(crate) fn take_address_map(&mut self, domain: (TenantId, DomainId), event: &BookEvent<AddressMap>) {
        let maps = self.address_maps.entry(domain).or_default();
        match event {
            BookEvent::Added { entry, service, content, .. } => {
                maps.service = *service;
                maps.put(*entry, content.plain().map(AsRef::as_ref));
            }
            BookEvent::Changed { entry, content, .. } => maps.put(*entry, content.plain().map(AsRef::as_ref)),
            BookEvent::Removed { entry } => maps.rules.take(entry),
        }
        if maps.rules.is_empty() {
            self.address_maps.remove(&domain);
        }
    }

    pub(crate) fn mapped(
        &self,
        kind: AddressMapKind,
        address: &EmailAddress,
    ) -> Option<(TenantId, EmailAddress)> {
        // As for most: then there is nothing to look for.
        if self.address_maps.is_empty() {
            return None;
        }
        let reflected = self.reflected(address);
        let address = reflected.as_ref();
        let domain = self.served.get(address.domain.as_str()).filter(|domain| !self.off.contains(*domain))?;
        let maps = self.address_maps.get(domain)?;
        if maps.service.is_some_and(|service| self.entitlement(domain.0, service).is_over()) {
            return None;
        }
        let whole = canonical(address);
        let base = address
            .local
            .split_detail()
            .map(|(base, _)| canonical(&EmailAddress::new(base, address.domain.clone())));
        let every = CompactString::from(format!("@{}", address.domain));
        let forms = [Some(whole.clone()), base, Some(every)];
        let found = forms.into_iter().flatten().find_map(|form| maps.rules.get(&(kind, form)))?;
        let target = found.for_local(&address.local);
        // What all addresses are copied to is not copied to itself.
        (canonical(&target) != whole).then_some((domain.0, target))
    }
}

impl AddressMaps {
    fn put(&mut self, id: AddressMapId, map: Option<&AddressMap>) {
        // Erased, switched off: nothing is left of it.
        let active = map.filter(|map| map.is_active);
        match active.and_then(|map| Some((map, Target::of(&map.to)?))) {
            Some((map, target)) => {
                self.rules.put(id, (map.kind, CompactString::from(map.from.as_str())), target);
            }
            None => self.rules.take(&id),
        }
    }
}
