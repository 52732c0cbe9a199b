//! Where mail for an address goes.

use compact_str::CompactString;
use kernel::EmailAddress;

use crate::follow::canonical;
use crate::index::{AliasEntry, Index, Place};
use crate::{Destinations, Entitlement, Resolution};

/// Most places that one address leads to, aliases on the way included.
pub const PLACE_COUNT_MAX: usize = 1000;

/// What one address is, before aliases are followed.
enum Found<'a> {
    Place(&'a Place),
    CatchAll(&'a AliasEntry),
    Unknown,
    NotLocal,
}

#[derive(Default)]
struct Outcome {
    destinations: Destinations,
    is_disabled: bool,
    is_circle: bool,
}

impl Index {
    fn find(&self, address: &EmailAddress) -> Found<'_> {
        if !self.served.contains_key(address.domain.as_str()) {
            return Found::NotLocal;
        }
        if let Some(place) = self.places.get(&canonical(address)) {
            return Found::Place(place);
        }
        if let Some((base, _)) = address.local.split_detail()
            && let Some(place) = self.places.get(&canonical(&EmailAddress::new(base, address.domain.clone())))
        {
            return Found::Place(place);
        }
        self.catch_alls.get(address.domain.as_str()).map_or(Found::Unknown, Found::CatchAll)
    }

    pub(crate) fn resolve(&self, address: &EmailAddress) -> Resolution {
        let mut outcome = Outcome::default();
        match self.find(address) {
            Found::NotLocal => return Resolution::NotLocal,
            Found::Unknown => return Resolution::Unknown,
            // The usual case needs no list of what was visited.
            Found::Place(Place::Mailbox(tenant, mailbox)) => self.put(*tenant, *mailbox, &mut outcome),
            Found::Place(Place::Alias(alias)) | Found::CatchAll(alias) => {
                if !self.follow(address, alias, &mut outcome) {
                    return Resolution::Loop;
                }
            }
        }
        let Outcome { destinations, is_disabled, is_circle } = outcome;
        let is_empty = destinations.mailboxes.is_empty() && destinations.forwards.is_empty();
        match (is_empty, is_disabled, is_circle) {
            (false, ..) => Resolution::Deliver(destinations),
            (true, true, _) => Resolution::Disabled,
            (true, false, true) => Resolution::Loop,
            (true, false, false) => Resolution::Unknown,
        }
    }

    fn put(&self, tenant: kernel::TenantId, mailbox: kernel::MailboxId, outcome: &mut Outcome) {
        let Some(entry) = self.mailboxes.get(&(tenant, mailbox)) else { return };
        if !self.is_served(entry) {
            return;
        }
        if !entry.is_enabled || self.entitlement(tenant, entry.service) == Entitlement::Ended {
            outcome.is_disabled = true;
        } else if !outcome.destinations.mailboxes.iter().any(|(t, m, _)| (*t, *m) == (tenant, mailbox)) {
            outcome.destinations.mailboxes.push((tenant, mailbox, entry.quota));
        }
    }

    /// Follows an alias to its ends, breadth first; whether that stayed within [`PLACE_COUNT_MAX`].
    fn follow(&self, address: &EmailAddress, alias: &AliasEntry, outcome: &mut Outcome) -> bool {
        let mut visited: Vec<CompactString> = vec![canonical(address)];
        let mut queue: Vec<(&AliasEntry, EmailAddress)> = Vec::new();
        self.spread(alias, &mut queue, outcome);
        let mut at = 0;
        while let Some((from, target)) = queue.get(at).cloned() {
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
            match self.find(&target) {
                Found::NotLocal => outcome.destinations.forwards.push((from.tenant, target)),
                Found::Unknown => {}
                Found::Place(Place::Mailbox(tenant, mailbox)) => self.put(*tenant, *mailbox, outcome),
                Found::Place(Place::Alias(next)) | Found::CatchAll(next) => {
                    self.spread(next, &mut queue, outcome);
                }
            }
        }
        true
    }

    fn spread<'a>(
        &'a self,
        alias: &'a AliasEntry,
        queue: &mut Vec<(&'a AliasEntry, EmailAddress)>,
        outcome: &mut Outcome,
    ) {
        if self.entitlement(alias.tenant, alias.service) == Entitlement::Ended {
            outcome.is_disabled = true;
        } else if queue.len() <= PLACE_COUNT_MAX {
            queue.extend(alias.targets.iter().map(|target| (alias, target.clone())));
        }
    }
}
