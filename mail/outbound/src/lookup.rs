//! Which domains are looked up next: by turns between tenants, so that one tenant's slow names keep nobody's mail waiting.
//!
//! A domain that is found is named with its line, so that its mail is leased at once: no sweep over all that waits is needed
//! to come upon it again.

use std::collections::{BTreeMap, HashSet};

use kernel::{DomainName, TenantId};
use parking_lot::Mutex;
use store::{Lane, Line};
use tokio::sync::Notify;

use crate::destination::Errand;
use crate::limits::{LOOKUP_COUNT_MAX, LOOKUP_WAITING_COUNT_MAX, QUANTUM_OCTETS};
use crate::ready::{ReadyQueue, Weighed};

/// How many of all look-ups one tenant may have under way: half, so that another's finds room.
const SHARE: u32 = (LOOKUP_COUNT_MAX / 2) as u32;

/// A domain of a line whose way is not known.
#[derive(Debug, Clone)]
pub(crate) struct Lookup {
    pub(crate) line: Line,
    pub(crate) domain: DomainName,
    pub(crate) errand: Errand,
}

impl Weighed for Lookup {
    fn tenant(&self) -> TenantId {
        self.line.tenant
    }

    fn lane(&self) -> Lane {
        self.line.lane
    }

    fn cost(&self) -> u64 {
        QUANTUM_OCTETS
    }

    fn recipient_count(&self) -> usize {
        1
    }
}

#[derive(Debug, Default)]
struct State {
    waiting: ReadyQueue<Lookup>,
    /// Those that wait or are under way: each is looked up once.
    known: HashSet<(Line, DomainName)>,
    worker_count: usize,
    found: BTreeMap<Line, Vec<DomainName>>,
}

/// Domains that wait to be looked up, and those that have been since somebody asked.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    state: Mutex<State>,
    /// Rung when something was found.
    pub(crate) bell: Notify,
}

impl Lookups {
    /// Notes a domain unless it is noted or too many are. `true` where one more worker is to be started for it.
    pub(crate) fn add(&self, lookup: Lookup) -> bool {
        let mut state = self.state.lock();
        let free = LOOKUP_WAITING_COUNT_MAX.saturating_sub(state.waiting.recipient_count());
        let is_full = state.waiting.recipient_count_of(lookup.line.tenant) >= free;
        if is_full || !state.known.insert((lookup.line, lookup.domain.clone())) {
            return false;
        }
        state.waiting.push(lookup);
        let is_wanted = state.worker_count < LOOKUP_COUNT_MAX && state.waiting.has_next(SHARE);
        state.worker_count += usize::from(is_wanted);
        is_wanted
    }

    /// What a worker looks up next; none where it is to end.
    pub(crate) fn next(&self) -> Option<Lookup> {
        let mut state = self.state.lock();
        let next = state.waiting.next(SHARE);
        if next.is_none() {
            state.worker_count -= 1;
        }
        next
    }

    /// A worker has looked something up.
    pub(crate) fn done(&self, lookup: Lookup) {
        let mut state = self.state.lock();
        state.waiting.done(lookup.line.tenant);
        state.known.remove(&(lookup.line, lookup.domain.clone()));
        state.found.entry(lookup.line).or_default().push(lookup.domain);
        self.bell.notify_one();
    }

    /// What was found since the last time.
    pub(crate) fn found(&self) -> BTreeMap<Line, Vec<DomainName>> {
        std::mem::take(&mut self.state.lock().found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::destination::Target;
    use crate::source::Source;

    fn lookup(tenant: u128, number: usize) -> Lookup {
        let tenant = TenantId::new(Uuid::from_u128(tenant));
        let domain = DomainName::parse(&format!("d{number}.example")).expect("a domain");
        let target = Target::Domain(domain.clone());
        let hello = DomainName::parse("us.example").expect("a name");
        let source = Arc::new(Source::free(hello, None));
        let errand = Errand { tenant, sender: None, source, wish: store::TlsWish::Usual, target };
        Lookup { line: Line { tenant, lane: Lane::Bulk }, domain, errand }
    }

    #[test]
    fn a_tenant_with_many_names_leaves_room_for_another() {
        let lookups = Lookups::default();
        let started = (0..1000).filter(|number| lookups.add(lookup(1, *number))).count();
        assert!(started <= LOOKUP_COUNT_MAX);
        let taken = std::iter::from_fn(|| lookups.next()).count();
        assert_eq!(taken, LOOKUP_COUNT_MAX / 2);
        lookups.add(lookup(2, 0));
        assert_eq!(lookups.next().map(|next| next.line.tenant), Some(lookup(2, 0).line.tenant));
    }

    #[test]
    fn a_domain_is_looked_up_once_and_told_once() {
        let lookups = Lookups::default();
        assert!(lookups.add(lookup(1, 7)));
        assert!(!lookups.add(lookup(1, 7)), "it waits already");
        let taken = lookups.next().expect("one waits");
        assert!(!lookups.add(lookup(1, 7)), "it is under way");
        lookups.done(taken);
        assert_eq!(lookups.found().into_values().flatten().count(), 1);
        assert!(lookups.found().is_empty());
        assert!(lookups.add(lookup(1, 7)) || lookups.next().is_some(), "it may be asked again");
    }

    #[test]
    fn what_waits_is_bounded() {
        let lookups = Lookups::default();
        for tenant in 0..4 {
            for number in 0..LOOKUP_WAITING_COUNT_MAX {
                lookups.add(lookup(tenant, number));
            }
        }
        let state = lookups.state.lock();
        assert!(state.waiting.recipient_count() < LOOKUP_WAITING_COUNT_MAX);
        let last = state.waiting.recipient_count_of(lookup(3, 0).line.tenant);
        assert!(
            last >= LOOKUP_WAITING_COUNT_MAX / 32,
            "the fourth finds room after three that took what they could: {last}"
        );
    }
}
