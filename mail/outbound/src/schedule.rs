//! From scheduled to ready: what is due and has room is leased, sorted by destination, and given to its connections.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use kernel::{DomainName, EmailAddress, Timestamp};
use store::{
    Instead, LEASE_RECIPIENT_COUNT_MAX, LeaseRequest, LeasedMessage, LeasedRecipient, Line, Origin,
    RemoteReply, StoreError, SuppressionCause, TlsWish,
};
use tokio::time::Instant;

use crate::breaker::Gate;
use crate::destination::{Destination, Errand, Target};
use crate::hosts::Passed;
use crate::leases::Term;
use crate::limits::{
    BATCH_RECIPIENT_COUNT_MAX, DOMAIN_PAGE_COUNT, LEASE, LINE_PAGE_COUNT, LINE_SWEEP_COUNT, LOOKUP_WAIT,
    SITE_RECIPIENT_COUNT_MAX, SWEEP_LONG, SWEEP_PAUSE, SWEEP_PAUSE_MIN, TENANT_SITE_RECIPIENT_COUNT_MAX,
};
use crate::lookup::Lookup;
use crate::outbound::{Inner, Job};
use crate::outcome::{Batch, Happened};
use crate::routes::Through;
use crate::site::Nowhere;
use crate::source::Source;

/// Recipients of a domain that goes nowhere now that are settled at a time.
const SETTLED_COUNT: usize = 200;

/// Room that is left while domains of a line are planned.
struct Rooms {
    of_sites: HashMap<String, usize>,
    /// Of all that the tenant may have leased.
    of_tenant: usize,
    /// Domains that are still to be planned, this one among them.
    domain_count: usize,
}

/// What was planned for what is leased now.
pub(crate) struct Leasing<'a> {
    pub(crate) line: Line,
    /// The source of most mail of the line: what leaves from elsewhere is looked up by itself.
    pub(crate) usual: &'a Arc<Source>,
    pub(crate) plans: &'a BTreeMap<DomainName, Plan>,
    pub(crate) suspended: &'a HashSet<String>,
}

/// A message of which recipients are leased.
#[derive(Debug, Clone)]
pub(crate) struct Share {
    pub(crate) token: store::LeaseToken,
    pub(crate) message: Arc<LeasedMessage>,
}

impl Share {
    fn batch<'a>(&'a self, place: &'a Place) -> Batch<'a> {
        let Place { site, through, source } = place;
        Batch {
            token: self.token,
            message: &self.message,
            site: site.as_deref(),
            through: *through,
            source: source.as_deref().map(|source| (source, None)),
            passed: None,
        }
    }
}

/// Where recipients would have gone, as far as that is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    site: Option<String>,
    through: Through,
    source: Option<Arc<Source>>,
}

impl Place {
    fn of(destination: &Destination) -> Self {
        Self {
            site: Some(destination.site.clone()),
            through: destination.through,
            source: Some(Arc::clone(&destination.source)),
        }
    }
}

/// What is known of where a message goes.
enum Way {
    Known(Plan),
    Asked(Errand),
}

/// What is done with the recipients of a domain.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// They go there.
    Send(Arc<Destination>),
    /// They go nowhere.
    Settle(Happened, Place),
}

/// What is looked through next.
enum Round {
    /// Every line.
    All,
    /// Domains whose way was found since.
    Found,
}

impl Inner {
    pub(crate) async fn sweep_until_stopped(self: &Arc<Self>) {
        let mut round = Round::All;
        let mut next_all = Instant::now();
        loop {
            let begun = Instant::now();
            let swept = match round {
                Round::All => self.sweep().await,
                Round::Found => self.sweep_found().await,
            };
            if let Err(error) = swept {
                tracing::error!(%error, "the queue could not be read");
            }
            if let Round::All = round {
                self.revisit().await;
                next_all = Instant::now() + SWEEP_PAUSE;
            }
            // A long queue is not read without end.
            let took = begun.elapsed();
            let rested = Instant::now() + if took < SWEEP_LONG { SWEEP_PAUSE_MIN } else { took };
            round = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = self.queue.rung() => Round::All,
                () = self.wake.notified() => Round::All,
                () = tokio::time::sleep_until(next_all) => Round::All,
                () = self.lookups.bell.notified() => Round::Found,
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep_until(rested) => {}
            }
        }
    }

    async fn suspended(&self) -> Result<HashSet<String>, StoreError> {
        Ok(self.queue.suspensions().await?.into_iter().map(|suspension| suspension.site).collect())
    }

    /// Looks once at every line: each gets its room before any gets more.
    pub(crate) async fn sweep(self: &Arc<Self>) -> Result<(), StoreError> {
        // All domains are looked at, these among them.
        drop(self.lookups.found());
        let suspended = self.suspended().await?;
        let mut after = None;
        loop {
            let lines = self.queue.lines(after, LINE_PAGE_COUNT).await?;
            // Some at a time: a line's lease waits for the disk, and nobody else for that.
            let sweeps: Vec<_> = lines.iter().map(|line| self.sweep_line(*line, &suspended)).collect();
            let swept: Vec<_> = stream::iter(sweeps).buffered(LINE_SWEEP_COUNT).collect().await;
            // What one line has that cannot be read keeps nobody else's; where none can be read, it is the database.
            let fault_count = swept.iter().filter(|swept| swept.is_err()).count();
            if let Some(error) = swept.into_iter().find_map(Result::err) {
                if fault_count == lines.len() {
                    return Err(error);
                }
                tracing::error!(%error, fault_count, "lines of the queue could not be read");
            }
            match lines.last() {
                Some(last) if lines.len() == LINE_PAGE_COUNT => after = Some(*last),
                _ => return Ok(()),
            }
        }
    }

    async fn sweep_line(self: &Arc<Self>, line: Line, suspended: &HashSet<String>) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        while !self.stop.is_cancelled() {
            let now = (self.now)();
            let page = self.queue.due(line, after.as_deref(), now, DOMAIN_PAGE_COUNT).await?;
            let due = page.due.into_iter().map(|due| (due.domain, Some(due.due_at)));
            self.sweep_domains(line, due, suspended).await?;
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(())
    }

    /// Looks at the domains whose way was found since the last time.
    async fn sweep_found(self: &Arc<Self>) -> Result<(), StoreError> {
        let suspended = self.suspended().await?;
        for (line, domains) in self.lookups.found() {
            for page in domains.chunks(DOMAIN_PAGE_COUNT) {
                self.sweep_domains(line, page.iter().map(|domain| (domain.clone(), None)), &suspended)
                    .await?;
            }
        }
        Ok(())
    }

    /// Leases what is due for these domains, as far as they have room. Since when, where that is known.
    async fn sweep_domains(
        self: &Arc<Self>,
        line: Line,
        domains: impl ExactSizeIterator<Item = (DomainName, Option<Timestamp>)>,
        suspended: &HashSet<String>,
    ) -> Result<(), StoreError> {
        let mut plans: BTreeMap<DomainName, Plan> = BTreeMap::new();
        let mut rooms = Rooms {
            of_sites: HashMap::new(),
            of_tenant: self.leases.room_of(line.tenant),
            domain_count: domains.len(),
        };
        let mut wanted = Vec::new();
        let usual = &self.settings.sources.usual(&self.directory, line.tenant);
        for (domain, due_at) in domains {
            if let Some((plan, count)) = self.plan((line, usual), (&domain, due_at), suspended, &mut rooms) {
                wanted.push((domain.clone(), count));
                plans.insert(domain, plan);
            }
            rooms.domain_count -= 1;
        }
        // Nothing more is begun while what was delivered cannot be written down.
        if wanted.is_empty() || self.unwritten_count.load(Ordering::Relaxed) > 0 {
            return Ok(());
        }
        self.lease(wanted, &Leasing { line, usual, plans: &plans, suspended }).await
    }

    /// What is done with a domain that has something due, and for how many; nothing where it has to wait: for DNS, or for
    /// room.
    fn plan(
        self: &Arc<Self>,
        (line, usual): (Line, &Arc<Source>),
        (domain, due_at): (&DomainName, Option<Timestamp>),
        suspended: &HashSet<String>,
        rooms: &mut Rooms,
    ) -> Option<(Plan, usize)> {
        let errand = Errand {
            tenant: line.tenant,
            sender: None,
            source: Arc::clone(usual),
            wish: TlsWish::Usual,
            target: self.target_of(domain),
        };
        if let Some(due_at) = due_at {
            let due_for = (self.now)().millis().saturating_sub(due_at.millis());
            self.destinations.doubt(&errand, Duration::from_millis(due_for.max(0).unsigned_abs()));
        }
        let Some(found) = self.destinations.known(&errand) else {
            self.look_up(Lookup { line, domain: domain.clone(), errand });
            return None;
        };
        let destination = match plan_of(found, &errand.target) {
            Plan::Send(destination) => destination,
            settle @ Plan::Settle(..) => return Some((settle, SETTLED_COUNT)),
        };
        if let Some(plan) = suspension(&destination, domain, suspended) {
            return Some((plan, SETTLED_COUNT));
        }
        let now = (self.now)();
        let (gate, fault, room) = self.with_site(&destination, |state| {
            let of_site = SITE_RECIPIENT_COUNT_MAX.saturating_sub(state.ready.recipient_count());
            let of_tenant =
                TENANT_SITE_RECIPIENT_COUNT_MAX.saturating_sub(state.ready.recipient_count_of(line.tenant));
            (state.breaker.gate(now), state.breaker.fault.clone(), of_site.min(of_tenant))
        });
        if let (Gate::Open(_), Some(fault)) = (gate, fault) {
            let place = Place::of(&destination);
            return Some((Plan::Settle(Happened::Failed(fault), place), SETTLED_COUNT));
        }
        let room = rooms.of_sites.entry(destination.key.clone()).or_insert(room);
        let count = (*room).min(rooms.of_tenant);
        if count == 0 {
            self.is_short.store(true, Ordering::Relaxed);
            return None;
        }
        // The tenant's room is shared by all of its domains: most have less to send than there would be room for.
        let count = count.min(rooms.of_tenant.div_ceil(rooms.domain_count));
        // Domains of one destination share its room, in pieces, so that the first does not take all.
        let count = count.min(BATCH_RECIPIENT_COUNT_MAX * 2);
        *room -= count;
        rooms.of_tenant -= count;
        Some((Plan::Send(destination), count))
    }

    fn look_up(self: &Arc<Self>, lookup: Lookup) {
        if !self.lookups.add(lookup) {
            return;
        }
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            while let Some(lookup) = inner.lookups.next() {
                tokio::select! {
                    () = inner.stop.cancelled() => return,
                    _ = inner.destinations.ensure(&lookup.errand) => inner.lookups.done(lookup),
                }
            }
        });
    }

    async fn lease(
        self: &Arc<Self>,
        domains: Vec<(DomainName, usize)>,
        leasing: &Leasing<'_>,
    ) -> Result<(), StoreError> {
        self.keep_leases().await?;
        let now = (self.now)();
        let term = Term::from(now);
        let wanted: HashMap<DomainName, usize> = domains.iter().cloned().collect();
        let request = LeaseRequest { owner: self.owner, now, lasts: LEASE, line: leasing.line, domains };
        let leased = self.queue.lease(request).await?;
        let count: usize = leased.messages.iter().map(|(_, recipients)| recipients.len()).sum();
        debug_assert!(count <= LEASE_RECIPIENT_COUNT_MAX, "a lease has its bound");
        self.metrics.leased(self.leases.took(leased.token, (leasing.line.tenant, count), term));
        let mut got: HashMap<&DomainName, usize> = HashMap::new();
        for recipient in leased.messages.iter().flat_map(|(_, recipients)| recipients) {
            *got.entry(&recipient.address.domain).or_default() += 1;
        }
        // Where a domain had as many as it might, it may have more.
        let is_filled = |(domain, count): (&&DomainName, &usize)| {
            wanted.get(*domain).is_some_and(|wanted| count >= wanted)
        };
        if count >= LEASE_RECIPIENT_COUNT_MAX || got.iter().any(is_filled) {
            self.is_short.store(true, Ordering::Relaxed);
        }
        for (message, recipients) in leased.messages {
            let share = Share { token: leased.token, message: Arc::new(message) };
            self.sort(share, recipients, leasing).await;
        }
        Ok(())
    }

    /// Sorts the recipients of a message by where they go.
    pub(crate) async fn sort(
        self: &Arc<Self>,
        share: Share,
        recipients: Vec<LeasedRecipient>,
        leasing: &Leasing<'_>,
    ) {
        let mut ways: BTreeMap<DomainName, (Way, Vec<LeasedRecipient>)> = BTreeMap::new();
        let mut settled = Vec::new();
        for recipient in recipients {
            if let Some(instead) = recipient.instead {
                let happened = instead_of(instead, &recipient);
                settled.push((recipient, happened));
                continue;
            }
            let domain = recipient.address.domain.clone();
            let way = ways.entry(domain);
            way.or_insert_with_key(|domain| (self.way(&share.message, domain, leasing), Vec::new()))
                .1
                .push(recipient);
        }
        if !settled.is_empty() {
            self.settle(share.batch(&Place::default()), settled, None).await;
        }
        // Domains of one destination go together.
        let mut jobs: BTreeMap<String, (Arc<Destination>, Vec<LeasedRecipient>)> = BTreeMap::new();
        for (way, recipients) in ways.into_values() {
            match way {
                Way::Known(Plan::Send(destination)) => {
                    let entry = jobs.entry(destination.key.clone());
                    entry.or_insert_with(|| (destination, Vec::new())).1.extend(recipients);
                }
                Way::Known(plan) => self.follow(&share, plan, recipients).await,
                Way::Asked(errand) => self.ask(share.clone(), errand, recipients),
            }
        }
        for (destination, mut recipients) in jobs.into_values() {
            recipients.sort_unstable_by_key(|recipient| recipient.key);
            self.follow(&share, Plan::Send(destination), recipients).await;
        }
    }

    /// Does what is planned with recipients of a message.
    async fn follow(self: &Arc<Self>, share: &Share, plan: Plan, recipients: Vec<LeasedRecipient>) {
        match plan {
            Plan::Send(destination) => {
                let mut rest = recipients;
                while !rest.is_empty() {
                    let tail = rest.split_off(rest.len().min(BATCH_RECIPIENT_COUNT_MAX));
                    let recipients = std::mem::replace(&mut rest, tail);
                    let (token, message) = (share.token, Arc::clone(&share.message));
                    let job = Job { token, message, recipients, passed: Passed::default() };
                    self.with_site(&destination, |state| state.ready.push(job));
                }
                self.connect(&destination);
            }
            Plan::Settle(happened, place) => {
                let recipients = recipients.into_iter();
                let happened = recipients.map(|recipient| (recipient, happened.clone())).collect();
                self.settle(share.batch(&place), happened, None).await;
            }
        }
    }

    /// Looks up where recipients go who are leased already, beside everything else; then they go there.
    fn ask(self: &Arc<Self>, share: Share, errand: Errand, recipients: Vec<LeasedRecipient>) {
        let inner = Arc::clone(self);
        self.tasks.spawn(async move {
            let asking = inner.destinations.ensure_beside(&errand);
            let found = tokio::select! {
                () = inner.stop.cancelled() => None,
                found = tokio::time::timeout(LOOKUP_WAIT, asking) => Some(found),
            };
            let plan = match found {
                Some(Ok(found)) => inner.plan_now(found, &errand.target, &recipients).await,
                // A try as any other, so that it is told, waits longer each time and ends some day.
                Some(Err(_)) => {
                    let reply = own_reply("4.4.3", "where this mail goes could not be found out in time");
                    Plan::Settle(Happened::Failed(reply), Place::default())
                }
                None => Plan::Settle(Happened::Returned((inner.now)()), Place::default()),
            };
            inner.follow(&share, plan, recipients).await;
        });
    }

    /// The same where it was looked up after the sweep had read what is suspended.
    async fn plan_now(
        &self,
        found: Result<Arc<Destination>, Nowhere>,
        target: &Target,
        recipients: &[LeasedRecipient],
    ) -> Plan {
        let suspended = match self.suspended().await {
            Ok(suspended) => suspended,
            Err(error) => {
                tracing::error!(%error, "what is suspended could not be read");
                return Plan::Settle(Happened::Returned((self.now)()), Place::default());
            }
        };
        let domain = recipients.first().map(|recipient| &recipient.address.domain);
        let plan = found.as_ref().ok().zip(domain);
        let plan = plan.and_then(|(destination, domain)| suspension(destination, domain, &suspended));
        plan.unwrap_or_else(|| plan_of(found, target))
    }

    /// Where a message goes for a domain: as planned for all, unless it leaves through a relay or asks something of TLS.
    fn way(&self, message: &LeasedMessage, domain: &DomainName, leasing: &Leasing<'_>) -> Way {
        let errand = self.errand_of(message, domain);
        let is_usual = matches!(errand.target.through(), Through::Exchangers | Through::HostOfRecipient)
            && errand.wish == TlsWish::Usual
            && errand.source == *leasing.usual
            && self.destinations.is_ordered_as_all(&errand);
        if let Some(plan) = leasing.plans.get(domain).filter(|_| is_usual) {
            return Way::Known(plan.clone());
        }
        match self.destinations.known(&errand) {
            Some(found) => {
                let suspended =
                    found.as_ref().ok().and_then(|found| suspension(found, domain, leasing.suspended));
                Way::Known(suspended.unwrap_or_else(|| plan_of(found, &errand.target)))
            }
            None => Way::Asked(errand),
        }
    }

    /// What is looked up for a message to a domain.
    pub(crate) fn errand_of(&self, message: &LeasedMessage, domain: &DomainName) -> Errand {
        let target = self.target_of(domain);
        let author = self.author_of(message);
        // What goes on to the host of its domain needs no relay.
        let relay = match target {
            Target::Domain(_) => self.destinations.routes.relay_of(message.tenant, author.as_ref()),
            Target::Relay(_) => None,
        };
        Errand {
            tenant: message.tenant,
            sender: author.map(|author| author.domain),
            source: self.settings.sources.of_message(&self.directory, message),
            wish: self.wish_of(message),
            target: relay.map_or(target, |relay| Target::Relay(Box::new(relay))),
        }
    }

    /// Whose policies a message is sent by: its sender's, or its mailbox's where that names no sender (a receipt, RFC 8098
    /// section 2, or anything). None for reports and for what is passed on.
    fn author_of(&self, message: &LeasedMessage) -> Option<EmailAddress> {
        message.sender.clone().or_else(|| {
            let (address, ..) = self.directory.standing_of(message.tenant, message.mailbox?)?;
            (message.origin == Origin::Submitted).then_some(address)
        })
    }

    /// What is looked up for mail to a domain: its MX, or the host that it has set.
    fn target_of(&self, domain: &DomainName) -> Target {
        match self.destinations.routes.host_of(domain) {
            Some(relay) => Target::Relay(Box::new(relay)),
            None => Target::Domain(domain.clone()),
        }
    }

    /// What a message asks of TLS, by itself or by what is set for the mailbox that sent it. A report of ours asks as its
    /// message did, but comes all the same (RFC 8689 section 5).
    fn wish_of(&self, message: &LeasedMessage) -> TlsWish {
        let wish = if message.origin == Origin::Report && message.tls == TlsWish::Required {
            TlsWish::Usual
        } else {
            message.tls
        };
        let is_set =
            message.mailbox.is_some_and(|mailbox| self.directory.requires_tls_out(message.tenant, mailbox));
        if is_set { wish.max(TlsWish::Encrypted) } else { wish }
    }
}

/// What a look-up means for those who go there. A relay that does not exist is a fault of whoever set it: it can be mended.
fn plan_of(found: Result<Arc<Destination>, Nowhere>, target: &Target) -> Plan {
    let nowhere = Place { through: target.through(), ..Place::default() };
    match (found, target) {
        (Ok(destination), _) => Plan::Send(destination),
        (Err(Nowhere::Refused(reply)), Target::Domain(_)) => Plan::Settle(Happened::Refused(reply), nowhere),
        (Err(Nowhere::Unasked(reply)), _) => Plan::Settle(Happened::Unasked(reply), nowhere),
        (Err(Nowhere::Refused(reply) | Nowhere::Deferred(reply)), _) => {
            Plan::Settle(Happened::Failed(reply), nowhere)
        }
    }
}

/// What is done where an operator has suspended the destination.
fn suspension(destination: &Destination, domain: &DomainName, suspended: &HashSet<String>) -> Option<Plan> {
    let is_suspended = suspended.contains(&destination.site) || suspended.contains(domain.as_str());
    let reply = || own_reply("4.3.2", "an operator has suspended delivery to this destination");
    is_suspended.then(|| Plan::Settle(Happened::Suspended(reply()), Place::of(destination)))
}

fn own_reply(enhanced: &str, text: &str) -> RemoteReply {
    RemoteReply { code: 0, enhanced: enhanced.to_owned(), text: text.to_owned(), host: None }
}

fn instead_of(instead: Instead, recipient: &LeasedRecipient) -> Happened {
    Happened::Refused(match instead {
        Instead::Suppressed(SuppressionCause::NoSuchAddress) => own_reply(
            "5.1.1",
            "the address is on the suppression list: earlier mail to it came back as undeliverable",
        ),
        Instead::Suppressed(SuppressionCause::Complaint) => own_reply(
            "5.7.1",
            "the address is on the suppression list: its owner has called earlier mail unwanted",
        ),
        Instead::Suppressed(SuppressionCause::Ordered) => own_reply(
            "5.7.1",
            "the address is on the suppression list: somebody of the account has put it there",
        ),
        Instead::Bounce if recipient.last.text.is_empty() => own_reply("5.0.0", "given up as ordered"),
        // Our words, not those of the host that spoke last: it has not said that.
        Instead::Bounce => {
            let RemoteReply { enhanced, text, .. } = &recipient.last;
            own_reply(enhanced, &format!("given up as ordered; last: {text}"))
        }
    })
}
