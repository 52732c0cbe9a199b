//! From ready to gone: the connections of a destination, each with one message at a time.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;

use kernel::{TenantId, Timestamp};
use store::{LeasedRecipient, RemoteReply};
use tokio::time::Instant;

use crate::breaker::Gate;
use crate::classify::{Class, classify};
use crate::client::{Answer, Call, Client, Envelope, EnvelopeRecipient, Fault, Seen, Sent, call};
use crate::destination::Destination;
use crate::limits::{ALARM_PAUSE_MILLIS, CONNECTION_MESSAGE_COUNT_MAX, IDLE_WAIT, RECEIVED_COUNT_MAX};
use crate::openings::{Openings, Starved};
use crate::outbound::{Inner, Job, SiteState};
use crate::outcome::{Batch, Happened, Reports};
use crate::room::Taken;
use crate::routes::Through;
use crate::site::Host;
use crate::tls::{TlsObservation, TlsVerdict};

/// What is left of a connection after a job.
enum Left {
    /// It may carry another.
    Usable,
    /// It is of no use.
    Broken,
    /// It was of no use already, and nothing was heard of the job: it is as if it had never been begun.
    Unheard(Box<Job>),
    /// What this host did not take is offered to the next one; whether this connection may be ended in peace.
    Further(Box<Job>, bool),
}

/// How a connection ended.
enum Ended {
    /// At work for a tenant, if for one.
    At(Option<TenantId>),
    /// With a job that is still carried, for the next host.
    Further(Box<Job>),
}

/// Whether a connection is opened.
enum Opening {
    For(Box<Job>),
    /// Those who wait have as many as they may have now.
    Later,
    None,
}

impl Inner {
    /// Opens connections to a destination as far as there is work and leave.
    pub(crate) fn connect(self: &Arc<Self>, destination: &Arc<Destination>) {
        loop {
            if self.stop.is_cancelled() {
                return;
            }
            let now = (self.now)();
            let opening = self.with_site(destination, |state| {
                if state.idle_count > 0 {
                    state.wake.notify_one();
                    return Opening::None;
                }
                if state.connection_count >= state.breaker.connection_count_max(now) {
                    return Opening::None;
                }
                let share = state.share(now);
                let mut openings = self.openings.lock();
                let job = if openings.are_all_open() {
                    None
                } else {
                    state.ready.next_of(share, |tenant| openings.may(tenant))
                };
                match job {
                    Some(job) => {
                        openings.opened();
                        openings.works(job.message.tenant);
                        state.connection_count += 1;
                        state.breaker.begins(now);
                        Opening::For(Box::new(job))
                    }
                    None if state.ready.has_next(share) => Opening::Later,
                    None => Opening::None,
                }
            });
            let job = match opening {
                Opening::For(job) => *job,
                Opening::Later => return self.wait_for_turn(destination),
                Opening::None => return,
            };
            let (inner, destination) = (Arc::clone(self), Arc::clone(destination));
            self.metrics.connected(1);
            // A connection's future is large; there are many of them.
            self.tasks.spawn(Box::pin(async move { inner.converse(&destination, job).await }));
        }
    }

    async fn converse(self: Arc<Self>, destination: &Arc<Destination>, first: Job) {
        let how = Call {
            network: self.network.as_ref(),
            source: &destination.source,
            port: destination.port,
            protocol: destination.protocol,
            credentials: destination.credentials.as_ref(),
            wish: destination.wish,
        };
        let mut job = first;
        // Each round passes a host, and the count of those is bounded; or it ends a connection that has delivered.
        let carries = loop {
            match self.speak(destination, &how, job).await {
                Ended::At(carries) => break carries,
                Ended::Further(next) => job = *next,
            }
        };
        self.with_site(destination, |state| {
            state.connection_count -= 1;
            state.breaker.ended();
        });
        self.metrics.connected(-1);
        {
            let mut openings = self.openings.lock();
            openings.closed();
            if let Some(tenant) = carries {
                openings.rests(tenant);
            }
        }
        self.feed_starved();
        self.connect(destination);
    }

    /// One connection, with what is delivered over it.
    async fn speak(self: &Arc<Self>, destination: &Arc<Destination>, how: &Call<'_>, mut job: Job) -> Ended {
        let (tenant, now) = (job.message.tenant, (self.now)());
        let hosts = self.with_site(destination, |state| {
            destination.in_order(&job.passed, &state.ill, (now, &self.chance))
        });
        let (mut seen, mut faults) = (Vec::new(), Vec::new());
        let called = call(&hosts, how, (&mut seen, &mut faults)).await;
        self.observe(destination, &job, &seen);
        match called {
            Ok(client) => {
                let is_other = |host: &&&(Host, TlsVerdict)| host.0.name.as_str() != client.host;
                self.with_site(destination, |state| {
                    for (host, _) in hosts.iter().take_while(is_other) {
                        state.ill.failed(host.name.as_str(), destination, now);
                    }
                });
                job.passed = job.passed.reaching(Some(&client.host), &hosts, &faults);
                // What a host greets it may still refuse: the breaker hears of what became of messages.
                let room = self.room.take(job.message.size).await;
                self.deliver_all(destination, client, (job, room)).await
            }
            Err((host, fault)) => {
                self.alarm(&fault);
                let reply = fault.told(&host);
                // What a host said that was reached before is told as the last word: then this one is among the others.
                let last = job.passed.is_empty().then_some(host.as_str());
                job.passed = job.passed.reaching(last, &hosts, &faults);
                if job.passed.is_answered {
                    self.with_site(destination, |state| state.ready.done(tenant));
                    self.put_off(destination, &reply, vec![job]).await;
                } else if fault.is_lasting() && job.passed.is_empty() {
                    self.refused(destination, &reply, job).await;
                } else {
                    self.site_failed(destination, reply, job).await;
                }
                Ended::At(Some(tenant))
            }
        }
    }

    /// All connections are open, or as many at work as those who wait here may have: the destination gets one when its
    /// turn comes, unless it has some.
    fn wait_for_turn(&self, destination: &Arc<Destination>) {
        let tenant = self.with_site(destination, |state| {
            if state.is_starved || state.connection_count > 0 {
                return None;
            }
            let tenant = state.ready.first()?;
            state.is_starved = true;
            Some(tenant)
        });
        if let Some(tenant) = tenant {
            self.starved.lock().push(Starved { tenant, key: destination.key.clone() });
            if self.openings.lock().are_all_open() {
                self.vacate.notify_one();
            }
        }
    }

    /// Gives connections that are free to those that wait for one, by turns between tenants.
    fn feed_starved(self: &Arc<Self>) {
        loop {
            let starved = {
                let openings = self.openings.lock();
                if openings.are_all_open() {
                    return;
                }
                let mut starved = self.starved.lock();
                let next = starved.next_of(u32::MAX, |tenant| openings.may(tenant));
                next.inspect(|next| starved.done(next.tenant))
            };
            let Some(Starved { key, .. }) = starved else { return };
            let destination = self.sites.lock().get_mut(&key).map(|state| {
                state.is_starved = false;
                Arc::clone(&state.destination)
            });
            if let Some(destination) = destination {
                self.connect(&destination);
            }
        }
    }

    /// An address of ours that is not there is the operator's to mend: told once in a while for each.
    fn alarm(&self, fault: &Fault) {
        let Fault::Unbound(address, kind) = fault else { return };
        let now = (self.now)();
        {
            let mut alarms = self.alarms.lock();
            let is_told = |last: &Timestamp| now.millis() - last.millis() < ALARM_PAUSE_MILLIS;
            if alarms.get(address).is_some_and(is_told) {
                return;
            }
            alarms.insert(*address, now);
        }
        tracing::error!(%address, %kind, "mail waits: this machine does not have an address that it should leave from");
    }

    /// Tells how TLS went for the domains of a job. Of relays nobody wants to know.
    fn observe(&self, destination: &Destination, job: &Job, seen: &[Seen]) {
        if destination.through != Through::Exchangers {
            return;
        }
        let domains: BTreeSet<_> = job.recipients.iter().map(|recipient| &recipient.address.domain).collect();
        for (domain, seen) in
            domains.into_iter().flat_map(|domain| seen.iter().map(move |seen| (domain, seen)))
        {
            self.destinations.policies.observed(&TlsObservation {
                domain: domain.clone(),
                basis: seen.basis.clone(),
                host: seen.host.clone(),
                source: seen.source,
                fault: seen.fault.clone(),
            });
        }
    }

    /// Looks again at destinations for which something waits: a connection may have become free since, or a breaker may
    /// have opened under what waits.
    pub(crate) async fn revisit(self: &Arc<Self>) {
        let now = (self.now)();
        let mut open = Vec::new();
        let mut put_off = Vec::new();
        for state in self.sites.lock().values_mut() {
            if state.ready.recipient_count() == 0 {
                continue;
            }
            match (state.breaker.gate(now), &state.breaker.fault) {
                (Gate::Open(_), Some(fault)) => {
                    let fault = fault.clone();
                    put_off.push((Arc::clone(&state.destination), fault, state.ready.drain()));
                }
                _ => open.push(Arc::clone(&state.destination)),
            }
        }
        for (destination, fault, jobs) in put_off {
            self.put_off(&destination, &fault, jobs).await;
        }
        for destination in open {
            if self.openings.lock().are_all_open() {
                return;
            }
            self.connect(&destination);
        }
    }

    /// Jobs that are not tried now since their destination does not answer.
    async fn put_off(&self, destination: &Destination, fault: &RemoteReply, jobs: Vec<Job>) {
        for job in jobs {
            let happened = job.recipients.into_iter().map(|recipient| {
                // What a host said tells more than that no further one could be called.
                let reply = if job.passed.is_empty() { fault.clone() } else { recipient.last.clone() };
                (recipient, Happened::Failed(reply))
            });
            let happened = happened.collect();
            let batch = Batch::to(destination, (job.token, &job.message)).after(&job.passed);
            self.settle(batch, happened, None).await;
        }
    }

    /// The hosts answer and cannot do what the message asks: it goes back.
    async fn refused(&self, destination: &Arc<Destination>, reply: &RemoteReply, job: Job) {
        self.with_site(destination, |state| {
            state.breaker.succeeded();
            state.ready.done(job.message.tenant);
        });
        let happened = job.recipients.into_iter();
        let happened = happened.map(|recipient| (recipient, Happened::Declined(reply.clone()))).collect();
        let batch = Batch::to(destination, (job.token, &job.message)).after(&job.passed);
        self.settle(batch, happened, None).await;
    }

    /// No host answered as it should. What waits is put off where the breaker opened by it.
    async fn site_failed(self: &Arc<Self>, destination: &Arc<Destination>, reply: RemoteReply, first: Job) {
        let now = (self.now)();
        let mut jobs = vec![first];
        self.with_site(destination, |state| {
            state.breaker.failed(now, reply.clone(), &self.chance);
            state.ready.done(jobs[0].message.tenant);
            if state.breaker.connection_count_max(now) == 0 {
                jobs.extend(state.ready.drain());
            }
        });
        self.put_off(destination, &reply, jobs).await;
    }

    /// Delivers what waits for the destination over one connection.
    async fn deliver_all(
        self: &Arc<Self>,
        destination: &Arc<Destination>,
        mut client: Client,
        (mut job, mut room): (Job, Taken),
    ) -> Ended {
        for number in 1..=CONNECTION_MESSAGE_COUNT_MAX {
            // More work may wait than this connection can do alone.
            self.connect(destination);
            let tenant = job.message.tenant;
            let left = self.deliver(destination, &mut client, job).await;
            drop(room);
            let left = match left {
                Left::Further(job, is_usable) => {
                    if is_usable {
                        client.quit().await;
                    }
                    return Ended::Further(job);
                }
                left => left,
            };
            self.with_site(destination, |state| state.ready.done(tenant));
            let is_usable = match left {
                Left::Usable => true,
                Left::Broken | Left::Further(..) => false,
                Left::Unheard(job) => {
                    self.metrics.reconnected();
                    self.with_site(destination, |state| state.ready.put_back(*job));
                    return Ended::At(Some(tenant));
                }
            };
            if !is_usable || !client.reset().await {
                return Ended::At(Some(tenant));
            }
            // Whoever takes a job carries it: after the last one none is taken.
            if number == CONNECTION_MESSAGE_COUNT_MAX {
                client.quit().await;
                return Ended::At(Some(tenant));
            }
            let Some(next) = self.next_job(destination, tenant, &mut client).await else { break };
            room = self.room.take(next.message.size).await;
            job = next;
        }
        client.quit().await;
        Ended::At(None)
    }

    /// The next job of a connection that was at work for a tenant; none after a while without one, where somebody else
    /// needs its place, or where the other side is gone.
    async fn next_job(
        self: &Arc<Self>,
        destination: &Arc<Destination>,
        before: TenantId,
        client: &mut Client,
    ) -> Option<Job> {
        let turn = |state: &mut SiteState, openings: &mut Openings| {
            let share = state.share((self.now)());
            let job = state.ready.next_of(share, |tenant| openings.may(tenant));
            job.inspect(|job| openings.works(job.message.tenant))
        };
        let (job, wake) = self.with_site(destination, |state| {
            let mut openings = self.openings.lock();
            openings.rests(before);
            if self.stop.is_cancelled() {
                return (None, None);
            }
            let job = turn(state, &mut openings);
            if job.is_some() {
                return (job, None);
            }
            // What waits may not be carried now: the place is of more use to others.
            if state.ready.has_next(u32::MAX) {
                return (None, None);
            }
            state.idle_count += 1;
            (None, Some(Arc::clone(&state.wake)))
        });
        let Some(wake) = wake else { return job };
        let mut is_wanted = true;
        {
            let mut vacated = pin!(self.vacate.notified());
            // Whoever asks from here on is heard; who asked before is seen.
            vacated.as_mut().enable();
            self.feed_starved();
            let is_scarce = self.openings.lock().are_all_open() && self.starved.lock().first().is_some();
            if !is_scarce {
                tokio::select! {
                    biased;
                    () = client.hung_up() => is_wanted = false,
                    () = self.stop.cancelled() => {}
                    () = vacated => {}
                    () = wake.notified() => {}
                    () = tokio::time::sleep(IDLE_WAIT) => {}
                }
            }
        }
        self.with_site(destination, |state| {
            state.idle_count -= 1;
            if is_wanted { turn(state, &mut self.openings.lock()) } else { None }
        })
    }

    /// Delivers one job.
    async fn deliver(&self, destination: &Destination, client: &mut Client, job: Job) -> Left {
        let now = (self.now)();
        if !self.leases.is_good(job.token, (now, Instant::now())) {
            // Somebody else may have it by now.
            self.released(job.token, job.recipients.len());
            return Left::Usable;
        }
        let batch = Batch::to(destination, (job.token, &job.message)).from(client.source).after(&job.passed);
        let content = match self.queue.content(job.message.queue_id).await {
            Ok(Some(content)) => content,
            Ok(None) => {
                tracing::error!(queue = job.message.queue_id, "a queued message has no octets");
                self.released(job.token, job.recipients.len());
                return Left::Usable;
            }
            Err(error) => {
                tracing::error!(%error, "a queued message could not be read");
                self.return_job(job, Timestamp::from_millis(now.millis() + 60_000)).await;
                return Left::Usable;
            }
        };
        if message::received_count(&content) > RECEIVED_COUNT_MAX {
            let text = "the message goes in circles: it has passed more than 50 servers".to_owned();
            let reply = RemoteReply { code: 0, enhanced: "5.4.6".to_owned(), text, host: None };
            let happened =
                job.recipients.into_iter().map(|to| (to, Happened::Declined(reply.clone()))).collect();
            self.settle(batch, happened, Some(&content)).await;
            return Left::Usable;
        }
        let envelope = Envelope {
            from: job.message.sender.as_ref(),
            ret: job.message.ret.as_deref(),
            envelope_id: job.message.envelope_id.as_deref(),
            wish: job.message.tls,
            to: job.recipients.iter().map(envelope_recipient).collect(),
        };
        let sent = client.send(&envelope, &content).await;
        if sent.is_unheard {
            return Left::Unheard(Box::new(job));
        }
        if client.is_reused() {
            self.observe(destination, &job, &client.seen(destination));
        }
        let is_usable = sent.fault.is_none();
        let heard = self.understand(destination, client, &sent, &job);
        if !heard.happened.is_empty() {
            self.settle(batch, heard.happened, Some(&content)).await;
        }
        if !heard.open.is_empty() {
            let passed = job.passed.and(&client.host, &heard.open, is_usable);
            return Left::Further(Box::new(Job { recipients: heard.open, passed, ..job }), is_usable);
        }
        if is_usable { Left::Usable } else { Left::Broken }
    }

    /// What the answers mean for each recipient and for the site.
    fn understand(&self, destination: &Destination, client: &Client, sent: &Sent, job: &Job) -> Heard {
        let fault = sent.fault.as_ref().map(|fault| fault.told(&client.host));
        let has_further = destination.has_further(&job.passed, &client.host) && !self.stop.is_cancelled();
        let mut is_too_fast = false;
        let mut heard = Heard::default();
        for ((recipient, answer), dot) in job.recipients.iter().zip(&sent.answers).zip(&sent.dots) {
            let happened = match answer {
                Answer::Taken(reply) => {
                    let reports = if sent.is_dsn_passed { Reports::Itself } else { Reports::No };
                    Happened::Taken(reply.told(&client.host), reports)
                }
                Answer::Refused(reply) if reply.is_final() => Happened::Refused(reply.told(&client.host)),
                Answer::Declined(reply) if reply.is_final() => Happened::Declined(reply.told(&client.host)),
                Answer::Refused(reply) | Answer::Declined(reply) => {
                    let told = reply.told(&client.host);
                    is_too_fast |= classify(&told) == Class::TooFast;
                    Happened::Failed(told)
                }
                Answer::Unfit(reply) => Happened::Refused(reply.clone()),
                Answer::Open => Happened::Failed(fault.clone().unwrap_or_default()),
            };
            match happened {
                // Once the dot is sent this host may have it: another one would make it two.
                Happened::Failed(last) if has_further && !dot => {
                    heard.open.push(LeasedRecipient { last, ..recipient.clone() });
                }
                happened => heard.happened.push((recipient.clone(), happened)),
            }
        }
        let now = (self.now)();
        let mut sites = self.sites.lock();
        if let Some(state) = sites.get_mut(&destination.key) {
            match &fault {
                Some(_) => state.ill.failed(&client.host, destination, now),
                None => state.ill.answered(&client.host),
            }
            // Where it goes on to the next host, what becomes of it there counts; where one has answered, the site is there.
            let is_failed = heard.open.is_empty() && !job.passed.is_answered;
            match fault {
                Some(fault) if is_failed => state.breaker.failed(now, fault, &self.chance),
                Some(fault) if classify(&fault) == Class::TooFast => state.breaker.slow_down(),
                Some(_) => {}
                None if is_too_fast => state.breaker.slow_down(),
                None => state.breaker.succeeded(),
            }
        }
        heard
    }
}

/// What was heard of the recipients of a job.
#[derive(Default)]
struct Heard {
    happened: Vec<(LeasedRecipient, Happened)>,
    /// Those that are offered to the next host, with what was said last.
    open: Vec<LeasedRecipient>,
}

fn envelope_recipient(recipient: &LeasedRecipient) -> EnvelopeRecipient<'_> {
    EnvelopeRecipient {
        address: &recipient.address,
        notify: recipient.notify.as_deref(),
        original: recipient.original.as_deref(),
    }
}
