//! Where mail for an address goes.

use std::borrow::Cow;

use compact_str::CompactString;
use hosting::address_map::AddressMapKind;
use hosting::domain::DomainRelay;
use hosting::mailbox::DetailHandling;
use kernel::{DomainId, EmailAddress, TenantId};

use crate::follow::canonical;
use crate::index::{AliasEntry, Index, Place};
use crate::{Destinations, End, Entitlement, Resolution};

/// Most places that one address leads to, aliases on the way included.
pub const PLACE_COUNT_MAX: usize = 1000;

/// What one address is, before aliases are followed.
enum Found<'a> {
    Place(&'a Place),
    /// By the part before the `+`; the detail is what follows.
    Detailed(&'a Place, String),
    CatchAll(&'a AliasEntry),
    /// A room, a group or a thing.
    Resource,
    /// The domain is switched off.
    Off,
    Unknown,
    NotLocal,
}

impl<'a> Found<'a> {
    /// The alias, where it is one.
    fn alias(&self) -> Option<&'a AliasEntry> {
        match self {
            Self::Place(Place::Alias(alias)) | Self::Detailed(Place::Alias(alias), _) => Some(alias),
            Self::CatchAll(alias) => Some(alias),
            Self::Place(Place::Mailbox(..))
            | Self::Detailed(Place::Mailbox(..), _)
            | Self::Resource
            | Self::Off
            | Self::Unknown
            | Self::NotLocal => None,
        }
    }
}

/// A target of an alias, on the way to the ends.
#[derive(Clone)]
struct Step<'a> {
    from: &'a AliasEntry,
    target: EmailAddress,
    /// The first sandbox whose alias stands on the way.
    sandbox: Option<TenantId>,
}

#[derive(Default)]
struct Outcome {
    destinations: Destinations,
    is_disabled: bool,
    /// Something on the way is of a service that has ended.
    is_ended: bool,
    is_circle: bool,
}

impl Index {
    /// What an address is, with the served domain that it was found in.
    fn find(&self, address: &EmailAddress) -> (Found<'_>, Option<(TenantId, DomainId)>) {
        let domain = self.served.get(address.domain.as_str());
        (self.find_in(address, domain), domain.copied())
    }

    fn find_in(&self, address: &EmailAddress, domain: Option<&(TenantId, DomainId)>) -> Found<'_> {
        let Some(domain) = domain else { return Found::NotLocal };
        if self.off.contains(domain) {
            return Found::Off;
        }
        let reflected = self.reflected(address);
        if let Cow::Owned(original) = &reflected
            && self.served.get(original.domain.as_str()).is_none_or(|domain| self.off.contains(domain))
        {
            return Found::Off;
        }
        let address = reflected.as_ref();
        // A temporary alias that has expired is unknown, also where the domain has a catch-all: its time is over.
        let expired = |place: &Place| matches!(place, Place::Alias(alias) if alias.is_expired());
        if let Some(place) = self.places.get(&canonical(address)) {
            return if expired(place) { Found::Unknown } else { Found::Place(place) };
        }
        if let Some((base, detail)) = address.local.split_detail()
            && let Some(place) = self.places.get(&canonical(&EmailAddress::new(base, address.domain.clone())))
        {
            return if expired(place) { Found::Unknown } else { Found::Detailed(place, detail.to_owned()) };
        }
        // What is meant for a room is read by nobody else.
        if self
            .served
            .get(address.domain.as_str())
            .is_some_and(|of| self.resources.holds(*of, &address.local))
        {
            return Found::Resource;
        }
        self.catch_alls.get(address.domain.as_str()).map_or(Found::Unknown, Found::CatchAll)
    }

    /// Whose domain it is, where mail for what was found goes on to another host.
    fn passed_on(&self, found: &Found<'_>, home: Option<(TenantId, DomainId)>) -> Option<TenantId> {
        let (tenant, what) = self.onward_of(home)?;
        let passes = match (found, what) {
            (Found::NotLocal | Found::Off, _) | (_, DomainRelay::None) => false,
            // Here a room takes no mail: the other host may.
            (Found::Unknown | Found::Resource, _) | (_, DomainRelay::All) => true,
            (Found::Place(_) | Found::Detailed(..) | Found::CatchAll(_), DomainRelay::Unknown) => false,
        };
        passes.then_some(tenant)
    }

    pub(crate) fn resolve(&self, address: &EmailAddress, asker: Option<TenantId>) -> Resolution {
        let mut outcome = Outcome::default();
        let (found, home) = self.find(address);
        if let Some(tenant) = self.passed_on(&found, home) {
            let forwards = vec![(tenant, address.clone())];
            return Resolution::Deliver(Destinations { forwards, ..Destinations::default() });
        }
        match found {
            Found::NotLocal => return Resolution::NotLocal,
            Found::Unknown => return Resolution::Unknown,
            Found::Resource => return Resolution::Resource,
            Found::Off => return Resolution::Disabled,
            // The usual case needs no list of what was visited.
            Found::Place(Place::Mailbox(tenant, mailbox)) => {
                self.put((*tenant, *mailbox), home, &mut outcome);
            }
            Found::Detailed(Place::Mailbox(tenant, mailbox), detail) => {
                self.put((*tenant, *mailbox), home, &mut outcome);
                outcome.destinations.detail = Some(detail);
            }
            Found::Place(Place::Alias(_)) | Found::Detailed(Place::Alias(_), _) | Found::CatchAll(_) => {
                let Some(alias) = found.alias() else { return Resolution::Unknown };
                if alias.is_internal && asker != Some(alias.tenant) {
                    return Resolution::Internal;
                }
                outcome.destinations.alias = Some((alias.tenant, alias.service));
                if !self.follow(address, alias, &mut outcome) {
                    return Resolution::Loop;
                }
            }
        }
        let Outcome { destinations, is_disabled, is_ended, is_circle } = outcome;
        if !destinations.is_empty() || !destinations.withheld.is_empty() {
            return Resolution::Deliver(destinations);
        }
        match (is_disabled, is_ended, is_circle) {
            // What may be switched on again says more than what is over.
            (true, ..) => Resolution::Disabled,
            (false, true, _) => Resolution::Ended,
            (false, false, true) => Resolution::Loop,
            (false, false, false) => Resolution::Unknown,
        }
    }

    /// The catch-all that takes what is written to `address`; none where a mailbox or an alias has it, with or without its
    /// detail, where another address takes its place, and where its mail goes on to another host, which may know it.
    pub(crate) fn catch_all_of(&self, address: &EmailAddress) -> Option<&AliasEntry> {
        let (found, home) = self.find(address);
        let Found::CatchAll(alias) = found else { return None };
        let is_elsewhere = self.passed_on(&found, home).is_some()
            || self.mapped(AddressMapKind::Recipient, address).is_some();
        (!is_elsewhere).then_some(alias)
    }

    /// Mail goes into a mailbox that was found in the served domain `home`.
    fn put(
        &self,
        (tenant, mailbox): (TenantId, kernel::MailboxId),
        home: Option<(TenantId, DomainId)>,
        outcome: &mut Outcome,
    ) {
        let Some(entry) = self.mailboxes.get(&(tenant, mailbox)) else { return };
        // An alias domain shows mailboxes of another.
        if !home.is_some_and(|home| entry.is_of(home)) && !self.is_served(entry) {
            return;
        }
        let entitlement = self.entitlement(tenant, entry.service);
        if entitlement == Entitlement::Purged {
            // As if it had never been there.
            return;
        }
        if entitlement == Entitlement::Ended {
            outcome.is_ended = true;
        } else if !entry.is_enabled {
            outcome.is_disabled = true;
        } else if !outcome
            .destinations
            .mailboxes
            .iter()
            .any(|end| (end.tenant, end.mailbox) == (tenant, mailbox))
        {
            let options = entry.options.as_deref();
            outcome.destinations.mailboxes.push(End {
                tenant,
                mailbox,
                quota: self.quota(entry),
                requires_tls: options.is_some_and(|options| options.requires_tls),
                detail: options.map_or(DetailHandling::Inbox, |options| options.detail),
            });
        }
    }

    /// Follows an alias to its ends, breadth first; whether that stayed within [`PLACE_COUNT_MAX`].
    fn follow(&self, address: &EmailAddress, alias: &AliasEntry, outcome: &mut Outcome) -> bool {
        let mut visited: Vec<CompactString> = vec![canonical(address)];
        let mut queue: Vec<Step<'_>> = Vec::new();
        self.spread((alias, None), &mut queue, outcome);
        let mut at = 0;
        while let Some(Step { from, target, sandbox }) = queue.get(at).cloned() {
            at += 1;
            if at > PLACE_COUNT_MAX {
                return false;
            }
            let form = canonical(&target);
            if visited.contains(&form) {
                outcome.is_circle = true;
                continue;
            }
            visited.push(form);
            let (found, home) = self.find(&target);
            if let Some(tenant) = self.passed_on(&found, home) {
                outcome.destinations.forwards.push((sandbox.unwrap_or(tenant), target));
                continue;
            }
            match found {
                // What a sandbox leads elsewhere is its own, also by way of an alias of somebody else's: it leaves nowhere.
                Found::NotLocal => {
                    outcome.destinations.forwards.push((sandbox.unwrap_or(from.tenant), target));
                }
                Found::Unknown | Found::Resource => {}
                Found::Off => outcome.is_disabled = true,
                Found::Place(Place::Mailbox(tenant, mailbox))
                | Found::Detailed(Place::Mailbox(tenant, mailbox), _) => {
                    // Whoever only tries things out writes to nobody else, whoever it is that writes to them.
                    if sandbox.is_some_and(|sandbox| sandbox != *tenant) {
                        outcome.destinations.withheld.push((*tenant, *mailbox));
                    } else {
                        self.put((*tenant, *mailbox), home, outcome);
                    }
                }
                Found::Place(Place::Alias(_)) | Found::Detailed(Place::Alias(_), _) | Found::CatchAll(_) => {
                    if let Some(next) = found.alias() {
                        self.spread((next, sandbox), &mut queue, outcome);
                    }
                }
            }
        }
        true
    }

    fn spread<'a>(
        &'a self,
        (alias, sandbox): (&'a AliasEntry, Option<TenantId>),
        queue: &mut Vec<Step<'a>>,
        outcome: &mut Outcome,
    ) {
        let entitlement = self.entitlement(alias.tenant, alias.service);
        if entitlement == Entitlement::Purged {
            return;
        }
        if entitlement == Entitlement::Ended {
            outcome.is_ended = true;
        } else if !alias.is_active {
            outcome.is_disabled = true;
        } else if alias.is_consumed {
            outcome.destinations.is_consumed = true;
        } else if queue.len() <= PLACE_COUNT_MAX {
            let sandbox = sandbox.or_else(|| self.sandboxes.get(&alias.tenant).copied());
            queue.extend(alias.targets.iter().map(|target| Step {
                from: alias,
                target: target.clone(),
                sandbox,
            }));
        }
    }
}
