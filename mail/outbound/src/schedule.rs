//! From scheduled to ready: what is due and has room is leased, sorted by destination, and given to its connections.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use kernel::{DomainName, Timestamp};
use store::{
    Instead, LEASE_RECIPIENT_COUNT_MAX, LeaseRequest, LeasedMessage, LeasedRecipient, Line, RemoteReply,
    StoreError,
};

use crate::breaker::Gate;
use crate::destination::{Destination, Target};
use crate::limits::{
    BATCH_RECIPIENT_COUNT_MAX, DOMAIN_PAGE_COUNT, LEASE_MILLIS, LEASED_RECIPIENT_COUNT_MAX, LINE_PAGE_COUNT,
    SITE_RECIPIENT_COUNT_MAX, SWEEP_PAUSE, SWEEP_PAUSE_MIN, TENANT_SITE_RECIPIENT_COUNT_MAX,
};
use crate::outbound::{Inner, Job};
use crate::outcome::{Batch, Happened};
use crate::site::Nowhere;

/// Recipients of a domain that goes nowhere now that are settled at a time.
const SETTLED_COUNT: usize = 200;

/// What is done with the recipients of a domain.
#[derive(Debug, Clone)]
enum Plan {
    /// They go there.
    Send(Arc<Destination>),
    /// They go nowhere.
    Settle(Happened, Option<String>),
}

impl Inner {
    pub(crate) async fn sweep_until_stopped(self: &Arc<Self>) {
        loop {
            if let Err(error) = self.sweep().await {
                tracing::error!(%error, "the queue could not be read");
            }
            self.revisit().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.queue.rung() => {}
                () = self.wake.notified() => {}
                () = tokio::time::sleep(SWEEP_PAUSE) => {}
            }
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(SWEEP_PAUSE_MIN) => {}
            }
        }
    }

    /// Looks once at every line: each gets its room before any gets more.
    pub(crate) async fn sweep(self: &Arc<Self>) -> Result<(), StoreError> {
        let suspended: HashSet<String> =
            self.queue.suspensions().await?.into_iter().map(|suspension| suspension.site).collect();
        let mut after = None;
        loop {
            let lines = self.queue.lines(after, LINE_PAGE_COUNT).await?;
            for line in &lines {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                self.sweep_line(*line, &suspended).await?;
            }
            match lines.last() {
                Some(last) if lines.len() == LINE_PAGE_COUNT => after = Some(*last),
                _ => return Ok(()),
            }
        }
    }

    async fn sweep_line(self: &Arc<Self>, line: Line, suspended: &HashSet<String>) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let now = (self.now)();
            let page = self.queue.due(line, after.as_deref(), now, DOMAIN_PAGE_COUNT).await?;
            let mut plans: BTreeMap<DomainName, Plan> = BTreeMap::new();
            let mut rooms: HashMap<String, usize> = HashMap::new();
            let mut wanted = Vec::new();
            for due in page.due {
                let Some((plan, count)) = self.plan(line, &due.domain, suspended, &mut rooms) else {
                    continue;
                };
                wanted.push((due.domain.clone(), count));
                plans.insert(due.domain, plan);
            }
            if !wanted.is_empty() {
                self.lease(line, wanted, &plans).await?;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// What is done with a domain that has something due, and for how many; nothing where it has to wait: for DNS, or for
    /// room.
    fn plan(
        self: &Arc<Self>,
        line: Line,
        domain: &DomainName,
        suspended: &HashSet<String>,
        rooms: &mut HashMap<String, usize>,
    ) -> Option<(Plan, usize)> {
        let target = Target::Domain(domain.clone());
        let Some(found) = self.destinations.known(line.tenant, &target) else {
            self.look_up(line, target);
            return None;
        };
        let destination = match found {
            Ok(destination) => destination,
            Err(Nowhere::Refused(reply)) => {
                return Some((Plan::Settle(Happened::Refused(reply), None), SETTLED_COUNT));
            }
            Err(Nowhere::Deferred(reply)) => {
                return Some((Plan::Settle(Happened::Failed(reply), None), SETTLED_COUNT));
            }
        };
        let site = destination.site.clone();
        if suspended.contains(&site) || suspended.contains(domain.as_str()) {
            let reply = own_reply("4.3.2", "an operator has suspended delivery to this destination");
            return Some((Plan::Settle(Happened::Suspended(reply), Some(site)), SETTLED_COUNT));
        }
        let now = (self.now)();
        let leased = self.leased_count.load(Ordering::Relaxed);
        let (gate, fault, room) = self.with_site(&destination, |state| {
            let of_site = SITE_RECIPIENT_COUNT_MAX.saturating_sub(state.ready.recipient_count());
            let of_tenant =
                TENANT_SITE_RECIPIENT_COUNT_MAX.saturating_sub(state.ready.recipient_count_of(line.tenant));
            (state.breaker.gate(now), state.breaker.fault.clone(), of_site.min(of_tenant))
        });
        if let (Gate::Open(_), Some(fault)) = (gate, fault) {
            return Some((Plan::Settle(Happened::Failed(fault), Some(site)), SETTLED_COUNT));
        }
        let room = rooms.entry(destination.key.clone()).or_insert(room);
        let count = (*room).min(LEASED_RECIPIENT_COUNT_MAX.saturating_sub(leased));
        if count == 0 {
            return None;
        }
        // Domains of one destination share its room, in pieces, so that the first does not take all.
        let count = count.min(BATCH_RECIPIENT_COUNT_MAX * 2);
        *room -= count;
        Some((Plan::Send(destination), count))
    }

    fn look_up(self: &Arc<Self>, line: Line, target: Target) {
        if self.destinations.is_busy() {
            return;
        }
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            if inner.destinations.look_up(line.tenant, target).await {
                inner.wake.notify_one();
            }
        });
    }

    async fn lease(
        self: &Arc<Self>,
        line: Line,
        domains: Vec<(DomainName, usize)>,
        plans: &BTreeMap<DomainName, Plan>,
    ) -> Result<(), StoreError> {
        let now = (self.now)();
        let until = Timestamp::from_millis(now.millis() + LEASE_MILLIS);
        let request = LeaseRequest { owner: self.owner, now, until, line, domains };
        let leased = self.queue.lease(request).await?;
        let count: usize = leased.messages.iter().map(|(_, recipients)| recipients.len()).sum();
        debug_assert!(count <= LEASE_RECIPIENT_COUNT_MAX, "a lease has its bound");
        self.took(leased.token, count);
        for (message, recipients) in leased.messages {
            self.sort(leased.token, message, recipients, (plans, until)).await;
        }
        Ok(())
    }

    /// Sorts the recipients of a message by where they go.
    async fn sort(
        self: &Arc<Self>,
        token: store::LeaseToken,
        message: LeasedMessage,
        recipients: Vec<LeasedRecipient>,
        (plans, until): (&BTreeMap<DomainName, Plan>, Timestamp),
    ) {
        let message = Arc::new(message);
        let relay = message
            .sender
            .as_ref()
            .and_then(|sender| self.destinations.routes.relay_of(message.tenant, sender));
        let relay = match relay {
            Some(relay) => Some(self.relay(message.tenant, relay).await),
            None => None,
        };
        let mut jobs: HashMap<String, (Arc<Destination>, Vec<LeasedRecipient>)> = HashMap::new();
        let mut settled: BTreeMap<Option<String>, Vec<(LeasedRecipient, Happened)>> = BTreeMap::new();
        for recipient in recipients {
            let plan = match (recipient.instead, &relay) {
                (Some(instead), _) => Plan::Settle(instead_of(instead, &recipient), None),
                (None, Some(plan)) => plan.clone(),
                (None, None) => match plans.get(&recipient.address.domain) {
                    Some(plan) => plan.clone(),
                    None => Plan::Settle(Happened::Returned((self.now)()), None),
                },
            };
            match plan {
                Plan::Send(destination) => {
                    let entry = jobs.entry(destination.key.clone());
                    entry.or_insert_with(|| (destination, Vec::new())).1.push(recipient);
                }
                Plan::Settle(happened, site) => {
                    settled.entry(site).or_default().push((recipient, happened));
                }
            }
        }
        for (site, happened) in settled {
            let batch = Batch { token, message: &message, site: site.as_deref() };
            self.settle(batch, happened, None).await;
        }
        for (destination, recipients) in jobs.into_values() {
            let mut rest = recipients;
            while !rest.is_empty() {
                let tail = rest.split_off(rest.len().min(BATCH_RECIPIENT_COUNT_MAX));
                let recipients = std::mem::replace(&mut rest, tail);
                let job = Job { token, message: Arc::clone(&message), recipients, leased_until: until };
                self.with_site(&destination, |state| state.ready.push(job));
            }
            self.connect(&destination);
        }
    }

    /// The plan for mail that leaves through a relay.
    async fn relay(self: &Arc<Self>, tenant: kernel::TenantId, relay: crate::destination::Relay) -> Plan {
        let target = Target::Relay(Box::new(relay));
        if self.destinations.known(tenant, &target).is_none() {
            self.destinations.look_up(tenant, target.clone()).await;
        }
        match self.destinations.known(tenant, &target) {
            Some(Ok(destination)) => Plan::Send(destination),
            // A relay that does not exist is a fault of whoever set it: it can be mended.
            Some(Err(Nowhere::Refused(reply) | Nowhere::Deferred(reply))) => {
                Plan::Settle(Happened::Failed(reply), None)
            }
            None => {
                Plan::Settle(Happened::Returned(Timestamp::from_millis((self.now)().millis() + 1000)), None)
            }
        }
    }
}

fn own_reply(enhanced: &str, text: &str) -> RemoteReply {
    RemoteReply { code: 0, enhanced: enhanced.to_owned(), text: text.to_owned(), host: None }
}

fn instead_of(instead: Instead, recipient: &LeasedRecipient) -> Happened {
    Happened::Refused(match instead {
        Instead::Suppressed => own_reply(
            "5.1.1",
            "the address is on the suppression list: earlier mail to it came back as undeliverable",
        ),
        Instead::Bounce if recipient.last.text.is_empty() => own_reply("5.0.0", "given up by an operator"),
        Instead::Bounce => RemoteReply {
            text: format!("given up by an operator; last: {}", recipient.last.text),
            ..recipient.last.clone()
        },
    })
}
