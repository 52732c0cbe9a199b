//! An address map: a rule of a domain by which mail is copied to one more address, or by which the address that it goes
//! to is another one.
//!
//! Each rule is applied once: what a rule leads to is not looked up again, so that rules of several domains cannot send
//! mail round in a circle. Within a domain such circles are refused, since nobody means them.

use authority::{AdministratorRight, Permission};
use kernel::{AddressMapId, Category, DomainName, EmailAddress, Kind, LocalPart};
use serde::{Deserialize, Serialize};

use crate::HostingRefusal;
use crate::book::{Entry, Home, Others, Refusals, Words};
use crate::domain::Domain;
use crate::limit::{ADDRESS_MAP_COUNT_MAX, COMMENT_CHARACTER_COUNT_MAX};
use crate::plan::Feature;
use crate::refusal::{Limit, ValueRefusal};
use crate::settings::settings;

/// What an address map does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressMapKind {
    /// A copy of what the address sends goes to another.
    SenderCopy,
    /// A copy of what the address receives goes to another.
    RecipientCopy,
    /// What is sent to the address goes to another in its place.
    Recipient,
}

settings! {
    /// One rule. Addresses are in their canonical form: lower case.
    AddressMap, patched by AddressMapPatch {
        /// What it does.
        kind: AddressMapKind = AddressMapKind::SenderCopy;
        /// An address of the domain, or `@domain` for all of them.
        from: String = String::new();
        /// An address anywhere; `@domain` where all addresses of the domain are rewritten to the same ones elsewhere.
        to: String = String::new();
        /// Whether it is applied.
        is_active: bool = true;
        /// For administrators.
        comment: String = String::new();
    }
}

impl Entry for AddressMap {
    type Id = AddressMapId;
    type Patch = AddressMapPatch;
    type Owner = Domain;

    const WORDS: Words = Words {
        category: Category("address_map"),
        added: Kind { name: "address_map.added", schema: 1 },
        changed: Kind { name: "address_map.changed", schema: 1 },
        removed: Kind { name: "address_map.removed", schema: 1 },
        edit: "edit_address_maps",
    };
    const REFUSALS: Refusals = Refusals {
        not_found: HostingRefusal::AddressMapNotFound,
        exists: HostingRefusal::AddressMapExists,
        limit: HostingRefusal::AddressMapLimit,
    };
    const COUNT_MAX: usize = ADDRESS_MAP_COUNT_MAX;
    /// As for passwords, since whoever copies mail reads it: never delegable.
    const PERMISSION: Permission = Permission::CredentialWrite;
    const RIGHT: Option<AdministratorRight> = Some(AdministratorRight::AddressMaps);

    const MAY_TAKE_FEATURE: bool = true;

    fn with(&self, patch: AddressMapPatch) -> Self {
        self.patched(patch)
    }

    fn feature(&self) -> Option<Feature> {
        match self.kind {
            AddressMapKind::SenderCopy | AddressMapKind::RecipientCopy => Some(Feature::BccMaps),
            AddressMapKind::Recipient => None,
        }
    }

    fn differing_in(&self, other: &Self) -> Vec<&'static str> {
        self.differing(other)
    }

    fn settled(mut self, home: &Home, others: &Others<'_, Self>) -> Result<Self, HostingRefusal> {
        let domain = home.domain_name.as_ref().ok_or(HostingRefusal::DomainNotFound)?;
        self.from = source(&self.from, domain)?;
        self.to = target(&self.to, self.kind, &self.from)?;
        self.comment = self.comment.trim().to_owned();
        let count = self.comment.chars().count();
        if count > COMMENT_CHARACTER_COUNT_MAX {
            let limit = Limit::count(COMMENT_CHARACTER_COUNT_MAX, count);
            return Err(HostingRefusal::from(ValueRefusal::CommentTooLong(limit)).of("comment"));
        }
        if others.values().any(|other| other.kind == self.kind && other.from == self.from) {
            return Err(HostingRefusal::AddressMapTaken);
        }
        if self.leads_back(others) {
            return Err(HostingRefusal::AddressMapLoop);
        }
        Ok(self)
    }
}

impl AddressMap {
    /// Whether mail would come back to where it started, rules of the same kind followed one after another. All
    /// addresses copied to one of them are no circle: what that one gets is not copied to itself.
    fn leads_back(&self, others: &Others<'_, Self>) -> bool {
        let mut at = self.to.as_str();
        for _ in 0..=others.len() {
            if at == self.from {
                return true;
            }
            let next = others.values().find(|other| other.kind == self.kind && other.from == at);
            match next {
                Some(next) => at = &next.to,
                None => return false,
            }
        }
        true
    }
}

/// `name`, `name@domain` or `@domain`, as it is kept.
fn source(text: &str, domain: &DomainName) -> Result<String, HostingRefusal> {
    let text = text.trim();
    let named = |name: &str| DomainName::parse(name).is_ok_and(|name| name == *domain);
    if let Some(name) = text.strip_prefix('@') {
        return if named(name) { Ok(format!("@{domain}")) } else { Err(HostingRefusal::AddressMapSource) };
    }
    let address = match text.contains('@') {
        true => EmailAddress::parse(text).ok().filter(|address| address.domain == *domain),
        false => LocalPart::parse(text).ok().map(|local| EmailAddress::new(local, domain.clone())),
    };
    let address = address.filter(|address| !holds_wildcard(address));
    address.map(|address| address.canonical()).ok_or(HostingRefusal::AddressMapSource)
}

/// One address; `@domain` where `from` is one as well and addresses are rewritten.
fn target(text: &str, kind: AddressMapKind, from: &str) -> Result<String, HostingRefusal> {
    let text = text.trim();
    if let Some(name) = text.strip_prefix('@') {
        let fits = kind == AddressMapKind::Recipient && from.starts_with('@');
        let name = DomainName::parse(name).ok().filter(|_| fits).ok_or(HostingRefusal::AddressMapTarget)?;
        return Ok(format!("@{name}"));
    }
    let address = EmailAddress::parse(text).ok().filter(|address| !holds_wildcard(address));
    Ok(address.ok_or(HostingRefusal::AddressMapTarget)?.canonical())
}

/// Whether an address is written as a pattern: maps know none, so it would match nothing.
fn holds_wildcard(address: &EmailAddress) -> bool {
    address.local.as_str().contains('*')
}
