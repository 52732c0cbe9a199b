//! Mail that leaves at once: the way is known and clear, so that it is leased by the transaction that queues it.
//!
//! Everything else, and everything for which much waits already, goes through a sweep: nothing new passes by what waits in the
//! database.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use kernel::Timestamp;
use store::{LeaseToken, Leased, LeasedMessage, LeasedRecipient, Line, Offer, Taker};
use uuid::Uuid;

use crate::breaker::Gate;
use crate::destination::Destination;
use crate::hosts::Passed;
use crate::leases::Term;
use crate::limits::{BATCH_RECIPIENT_COUNT_MAX, HANDED_RECIPIENT_COUNT_MAX, LEASE, SITE_RECIPIENT_COUNT_MAX};
use crate::outbound::{Inner, Job};
use crate::schedule::{Leasing, Share};

/// Takes what is queued on this node, as long as its delivery is there.
pub(crate) struct Handover(pub(crate) Weak<Inner>);

impl Taker for Handover {
    fn offer(&self, message: &LeasedMessage, recipients: &[LeasedRecipient]) -> Option<Offer> {
        self.0.upgrade()?.offer(message, recipients)
    }

    fn take(&self, leased: Leased) {
        // Where delivery is gone the lease ends by time.
        let Some(inner) = self.0.upgrade() else { return };
        inner.leases.accepted(leased.token);
        let taking = Arc::clone(&inner);
        inner.tasks.spawn(async move { taking.take(leased).await });
    }

    fn withdraw(&self, token: LeaseToken) {
        if let Some(inner) = self.0.upgrade() {
            inner.released(token, usize::MAX);
        }
    }
}

impl Inner {
    fn offer(&self, message: &LeasedMessage, recipients: &[LeasedRecipient]) -> Option<Offer> {
        let count = recipients.len();
        let is_clear = !self.stop.is_cancelled()
            && self.unwritten_count.load(Ordering::Relaxed) == 0
            && count <= BATCH_RECIPIENT_COUNT_MAX
            && count <= self.leases.room_of(message.tenant);
        if !is_clear {
            return None;
        }
        let domains: BTreeSet<_> = recipients.iter().map(|recipient| &recipient.address.domain).collect();
        let mut sites = BTreeSet::new();
        let now = (self.now)();
        for domain in domains {
            let destination = self.destinations.known(&self.errand_of(message, domain))?.ok()?;
            if !self.is_clear(&destination, (message, count), now) {
                return None;
            }
            sites.insert(domain.to_string());
            sites.insert(destination.site.clone());
        }
        let token = LeaseToken(Uuid::now_v7());
        self.metrics.leased(self.leases.offered(token, (message.tenant, count), Term::from(now)));
        Some(Offer { owner: self.owner, token, lasts: LEASE, sites: sites.into_iter().collect() })
    }

    /// Whether a destination is asked, and little waits for it.
    fn is_clear(
        &self,
        destination: &Destination,
        (message, count): (&LeasedMessage, usize),
        now: Timestamp,
    ) -> bool {
        let sites = self.sites.lock();
        sites.get(&destination.key).is_none_or(|state| {
            state.breaker.gate(now) == Gate::Closed
                && state.ready.recipient_count() + count <= SITE_RECIPIENT_COUNT_MAX
                && state.ready.recipient_count_of(message.tenant) + count <= HANDED_RECIPIENT_COUNT_MAX
        })
    }

    async fn take(self: Arc<Self>, leased: Leased) {
        for (message, recipients) in leased.messages {
            let line = Line { tenant: message.tenant, lane: message.lane };
            let message = Arc::new(message);
            if self.stop.is_cancelled() {
                let job = Job { token: leased.token, message, recipients, passed: Passed::default() };
                self.return_job(job, (self.now)()).await;
                continue;
            }
            let usual = &self.settings.sources.usual(&self.directory, line.tenant);
            // Nothing is planned beforehand: each domain's way is known, or asked for.
            let (plans, suspended) = (&BTreeMap::new(), &HashSet::new());
            let leasing = Leasing { line, usual, plans, suspended };
            self.sort(Share { token: leased.token, message }, recipients, &leasing).await;
        }
    }
}
