//! Who gets a message, and giving it to the store.

use bytes::{Bytes, BytesMut};
use directory::{Destinations, DetailHandling, Entitlement, Protocol, Resolution, SenderRight};
use kernel::{DomainId, EmailAddress, Quota, TenantId};
use listener::{Encryption, WireError};
use message::{received_count, split_header};
use std::collections::HashMap;

use store::{Acceptance, Deposit, Origin, Owner, QueuedRecipient, Queueing, StoreError, StoreRefusal};

use crate::command::{RcptParameters, Recipient};
use crate::confirm::{Asked, Missed, deposited, missed, passed_on};
use crate::copies::CopyOf;
use crate::inbound::Fault;
use crate::lane::lane;
use crate::limits::{HEADER_OCTETS_MAX, RECEIVED_COUNT_MAX, UNKNOWN_RECIPIENT_COUNT_MAX};
use crate::outgoing::{NOT_ITS_OWN, Returned, shown};
use crate::reply::{self, Reply};
use crate::report::ReportInbox;
use crate::room::Full;
use crate::server::Role;
use crate::session::{Next, Session, Transaction};
use crate::subject::with_detail;
use crate::tls_wish::tls_wish;
use crate::told::{Way, message_id};
use crate::trace::{Arrival, DROPPED, DROPPED_OF_SUBMISSIONS, missing_fields, received, without};
use crate::watch::HELD;

/// Sender and recipients.
#[derive(Debug)]
pub(crate) struct Envelope {
    from: Option<EmailAddress>,
    /// As given, for the Received field.
    recipients: Vec<EmailAddress>,
    /// Mailboxes here, each once.
    mailboxes: Vec<Place>,
    /// Recipients whose mail is taken and given to nobody.
    consumed: Vec<EmailAddress>,
    /// Recipients elsewhere.
    queued: Vec<Onward>,
    /// Addresses that take reports.
    reports: Vec<(EmailAddress, ReportInbox)>,
    /// Recipients whose sender asked to be told once they have it.
    asked: Vec<Asked>,
    /// Mailboxes that get nothing of it while others behind the same address do.
    missed: Vec<Missed>,
    /// Ends elsewhere to which aliases of whoever is signed in lead, beyond one for each recipient.
    further_count: usize,
    /// What was noted when a recipient was named, by its text.
    remarks: HashMap<String, Vec<&'static str>>,
}

/// A recipient elsewhere.
#[derive(Debug)]
pub(crate) struct Onward {
    /// Who answers for it.
    pub(crate) tenant: TenantId,
    /// The domain here that it is of, where it is of one.
    pub(crate) home: Option<DomainId>,
    /// The recipient as it was given.
    pub(crate) given: EmailAddress,
    pub(crate) recipient: QueuedRecipient,
    /// What it gets copies of, where it is an address of an address map.
    pub(crate) copies: Vec<CopyOf>,
}

/// A mailbox that a message goes into.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) owner: Owner,
    pub(crate) quota: Quota,
    /// The recipient for whom it was found first.
    pub(crate) recipient: EmailAddress,
    /// The detail of the address, where the mailbox wants to see it.
    pub(crate) detail: Option<(DetailHandling, String)>,
    /// What it gets copies of, where it is an address of an address map.
    pub(crate) copies: Vec<CopyOf>,
}

/// What is given to the store at a time.
struct Batch {
    tenant: TenantId,
    home: Option<DomainId>,
    /// Whether it goes to those who get copies, which nobody sees.
    is_copy: bool,
    message: Bytes,
    deposits: Vec<Deposit>,
    queued: Vec<QueuedRecipient>,
}

/// What is written into a message on its way in.
struct Stamp<'a> {
    id: &'a str,
    is_utf8: bool,
    /// The field with the results of the checks; empty where there were none.
    results: &'a str,
}

pub(crate) const SANDBOX: Reply =
    Reply::new(550, "5.7.1", "This is a sandbox: it writes to its own mailboxes, and to no others here");
const TLS_ONLY: Reply = Reply::new(550, "5.7.10", "This mailbox takes mail over TLS only: STARTTLS first");
const DISABLED: Reply = Reply::new(550, "5.2.1", "This address takes no mail now");
const ENDED: Reply = Reply::new(550, "5.1.6", "This address was given up and takes no mail any more");
const RESOURCE: Reply = Reply::new(550, "5.2.1", "A room, a group or a thing takes no mail");
const INTERNAL: Reply =
    Reply::new(550, "5.7.1", "Only mailboxes of the same organisation may write to this address");
const LOOP: Reply = Reply::new(550, "5.4.6", "The alias leads in a circle or to too many places");
pub(crate) const TOO_MANY: Reply =
    Reply::new(452, "4.5.3", "Too many recipients; send the rest in another message");
const RESTRICTED: Reply = Reply::new(550, "5.7.1", "Sending is restricted for this service");

impl Envelope {
    pub(crate) fn new(from: Option<EmailAddress>) -> Self {
        Self {
            from,
            recipients: Vec::new(),
            mailboxes: Vec::new(),
            consumed: Vec::new(),
            queued: Vec::new(),
            reports: Vec::new(),
            asked: Vec::new(),
            missed: Vec::new(),
            further_count: 0,
            remarks: HashMap::new(),
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.mailboxes.is_empty()
            && self.queued.is_empty()
            && self.reports.is_empty()
            && self.consumed.is_empty()
    }

    /// Recipients as limits count them: each that was named, and of an alias of whoever is signed in each end elsewhere.
    pub(crate) fn recipient_count(&self) -> usize {
        self.recipients.len() + self.further_count
    }

    /// MAIL FROM; none for the null reverse-path.
    pub(crate) const fn sender(&self) -> Option<&EmailAddress> {
        self.from.as_ref()
    }

    /// Whether it is no report of a failed delivery (RFC 5321 section 4.5.5).
    pub(crate) const fn has_sender(&self) -> bool {
        self.from.is_some()
    }

    /// Notes a recipient as it was given, once it is accepted; whether it is the first.
    pub(crate) fn note(&mut self, to: EmailAddress) -> bool {
        self.recipients.push(to);
        self.recipients.len() == 1
    }

    /// Adds a recipient `to` whose mail goes on to `target`, on another host.
    pub(crate) fn pass_on(
        &mut self,
        tenant: TenantId,
        to: &EmailAddress,
        target: EmailAddress,
        parameters: RcptParameters,
    ) {
        let recipient = queued(target, parameters);
        self.go_on(Onward { tenant, home: None, given: to.clone(), recipient, copies: Vec::new() });
        self.recipients.push(to.clone());
    }

    /// Adds a recipient elsewhere, for whoever answers for it once: several of its addresses may lead to the same place.
    /// Whether it is new.
    fn go_on(&mut self, onward: Onward) -> bool {
        let is_same = |known: &Onward| {
            (known.tenant, &known.recipient.address) == (onward.tenant, &onward.recipient.address)
        };
        let is_new = !self.queued.iter().any(is_same);
        if is_new {
            self.queued.push(onward);
        }
        is_new
    }

    /// Adds an address that takes reports.
    pub(crate) fn report_to(&mut self, to: EmailAddress, inbox: ReportInbox) {
        self.recipients.push(to.clone());
        self.reports.push((to, inbox));
    }

    /// Keeps what was noted when `to` was named.
    pub(crate) fn remark(&mut self, to: &EmailAddress, reasons: &[&'static str]) {
        if !reasons.is_empty() {
            self.remarks.entry(to.to_string()).or_default().extend(reasons);
        }
    }

    /// What was noted when `to` was named, given as text.
    pub(crate) fn remarks(&self, to: &str) -> impl Iterator<Item = &'static str> {
        self.remarks.get(to).into_iter().flatten().copied()
    }

    /// Addresses that take reports.
    pub(crate) fn reports(&self) -> &[(EmailAddress, ReportInbox)] {
        &self.reports
    }

    /// Recipients whose sender asked to be told once they have it.
    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// The recipients as given.
    pub(crate) fn recipients(&self) -> &[EmailAddress] {
        &self.recipients
    }

    /// The mailboxes here.
    pub(crate) fn places(&self) -> &[Place] {
        &self.mailboxes
    }

    /// The same, to be changed.
    pub(crate) fn places_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.mailboxes.iter_mut()
    }

    /// The recipients elsewhere, to be changed.
    pub(crate) fn onward_mut(&mut self) -> impl Iterator<Item = &mut Onward> {
        self.queued.iter_mut()
    }

    /// Recipients elsewhere, with who answers for each.
    pub(crate) fn onward(&self) -> &[Onward] {
        &self.queued
    }

    /// Mailboxes that were left out where a recipient leads to several.
    pub(crate) fn missed(&self) -> &[Missed] {
        &self.missed
    }

    /// Recipients whose mail is given to nobody.
    pub(crate) fn consumed(&self) -> &[EmailAddress] {
        &self.consumed
    }
}

impl Session<'_> {
    /// Whether the sender may be named by whoever speaks.
    pub(crate) fn may_send(&mut self, from: Option<&EmailAddress>) -> Result<(), Reply> {
        if self.server.role != Role::Submission {
            return Ok(());
        }
        let Some(login) = &self.login else {
            return Err(if self.wire.encryption() == Encryption::Tls {
                reply::AUTH_REQUIRED
            } else {
                reply::TLS_REQUIRED
            });
        };
        // What was true at the login, or at the command before, may not be any more.
        let Some(now) = self.server.directory.access(login, Protocol::Submission) else {
            return Err(Reply::new(550, "5.7.8", "The mailbox is closed, or its password was changed"));
        };
        let is_own =
            from.is_none_or(|from| self.server.directory.sender_right(&now, from) == SenderRight::Own);
        let entitlement = now.entitlement;
        self.login = Some(now);
        match entitlement {
            Entitlement::Active if is_own => Ok(()),
            Entitlement::Active => {
                let sender = from.map(|from| shown(&from.to_string())).unwrap_or_default();
                Err(Reply::told(
                    553,
                    "5.7.1",
                    format!("This login may not send from {sender}: {NOT_ITS_OWN}"),
                ))
            }
            Entitlement::Restricted => Err(RESTRICTED),
            Entitlement::Suspended | Entitlement::Ended | Entitlement::Purged => {
                Err(Reply::new(550, "5.7.1", "The service is suspended"))
            }
        }
    }

    /// Whether the sender of the message on its way may still be named.
    fn may_go_on(&mut self) -> Result<(), Reply> {
        let Some(transaction) = self.transaction.as_ref().filter(|_| self.server.role == Role::Submission)
        else {
            return Ok(());
        };
        let sender = transaction.envelope.from.clone();
        self.may_send(sender.as_ref())
    }

    pub(crate) async fn rcpt(
        &mut self,
        to: Recipient,
        parameters: RcptParameters,
    ) -> Result<Next, WireError> {
        let Some(transaction) = &self.transaction else { return self.say(reply::BAD_SEQUENCE).await };
        if transaction.chunks.is_some() {
            return self.say(reply::BAD_SEQUENCE).await;
        }
        if let Err(reply) = self.may_go_on() {
            return self.say(reply).await;
        }
        let Some(transaction) = &self.transaction else { return self.say(reply::BAD_SEQUENCE).await };
        if transaction.envelope.recipient_count() >= self.recipient_count_max() {
            return self.say(TOO_MANY).await;
        }
        let to = match to {
            Recipient::Address(address) => address,
            Recipient::Postmaster => {
                match EmailAddress::parse(&format!("postmaster@{}", self.server.settings.hostname)) {
                    Ok(address) => address,
                    Err(_) => return self.say(Reply::new(550, "5.1.1", "There is no postmaster")).await,
                }
            }
        };
        if !to.local.as_str().is_ascii() && !transaction.parameters.is_utf8 {
            return self.say(Reply::new(553, "5.6.7", "This address needs SMTPUTF8")).await;
        }
        let to = match self.returned(to, &parameters) {
            Returned::Here(to) => to,
            Returned::Answered(reply) => return self.say(reply).await,
        };
        if let Some(inbox) = self.report_inbox(&to) {
            let reply = self.report_recipient(to, inbox).await;
            return self.say(reply).await;
        }
        // Once for each recipient: what takes its place is not asked again.
        let (wanted_by, target) = match self.server.directory.rewritten(&to) {
            Some((tenant, target)) => (Some(tenant), target),
            None => (self.asker(), to.clone()),
        };
        let resolution = self.server.directory.resolve(&target, self.asker());
        let (wanted_by, target, resolution) = match self.postmaster(&target, &resolution) {
            Some((tenant, reader)) => {
                let resolution = self.server.directory.resolve(&reader, self.asker());
                (Some(tenant), reader, resolution)
            }
            None => (wanted_by, target, resolution),
        };
        let end = sole_end(&resolution);
        let (reply, reasons) = match resolution {
            Resolution::Deliver(ends) => self.local(&to, ends, parameters).await,
            Resolution::NotLocal => {
                let home = self.login_home().or_else(|| self.home_of(&to));
                let wanted_by = wanted_by.map(|tenant| (tenant, home));
                (self.remote(&to, target.clone(), wanted_by, parameters), Vec::new())
            }
            Resolution::Unknown => {
                self.unknown_recipient_count += 1;
                let of_network = usize::try_from(self.fault(Fault::UnknownRecipient)).unwrap_or(usize::MAX);
                self.tarpit().await;
                if self.unknown_recipient_count.max(of_network) > UNKNOWN_RECIPIENT_COUNT_MAX {
                    self.say(Reply::new(421, "4.7.0", "Too many recipients that do not exist, closing"))
                        .await?;
                    return Ok(Next::Close);
                }
                (Reply::new(550, "5.1.1", "There is no such address"), vec!["unknown_recipient"])
            }
            Resolution::Disabled => (DISABLED, vec!["disabled"]),
            Resolution::Ended => (ENDED, vec!["service_ended"]),
            Resolution::Resource => (RESOURCE, vec!["resource"]),
            Resolution::Internal => (INTERNAL, vec!["internal_only"]),
            Resolution::Loop => (LOOP, vec!["alias_loop"]),
        };
        if reply.code == 250 {
            self.taken(to, &target).await;
        } else {
            self.tell_refused_recipient(&to, end, (&reply, reasons));
        }
        self.say(reply).await
    }

    pub(crate) fn asker(&self) -> Option<TenantId> {
        self.login.as_ref().map(|login| login.tenant)
    }

    /// The domain of the mailbox that speaks.
    pub(crate) fn login_home(&self) -> Option<DomainId> {
        let login = self.login.as_ref()?;
        self.server.directory.home(login.tenant, login.mailbox)
    }

    /// The domain of an address, where it is ours.
    pub(crate) fn home_of(&self, address: &EmailAddress) -> Option<DomainId> {
        self.server.directory.domain_named(address.domain.as_str()).map(|(_, domain)| domain)
    }

    /// A recipient here. Of an alias with many ends some may be full: it is refused only where all are, and where some are the
    /// sender is told of it afterwards.
    async fn local(
        &mut self,
        to: &EmailAddress,
        ends: Destinations,
        parameters: RcptParameters,
    ) -> (Reply, Vec<&'static str>) {
        let tenants =
            ends.mailboxes.iter().map(|end| end.tenant).chain(ends.forwards.iter().map(|end| end.0));
        let tenant = tenants.into_iter().next().unwrap_or(TenantId::PLATFORM);
        if let Err(refused) = self.judge_recipient(to, tenant).await {
            return refused;
        }
        let reply = self.add(to, ends, parameters).await;
        let reasons = match reply.enhanced {
            Some("5.2.2") => vec!["over_quota"],
            Some("5.7.10") => vec!["tls_needed"],
            Some("5.7.1") if self.is_held() => vec!["sending_held"],
            Some("5.7.1") => vec!["sandbox"],
            Some("4.7.1" | "5.7.2") => vec!["forward_limit"],
            Some("5.5.3") => vec!["too_many_ends"],
            _ => Vec::new(),
        };
        (reply, reasons)
    }

    /// Adds what an address leads to here, and to whom its mail goes on.
    pub(crate) async fn add(
        &mut self,
        to: &EmailAddress,
        ends: Destinations,
        parameters: RcptParameters,
    ) -> Reply {
        let declared =
            self.transaction.as_ref().and_then(|transaction| transaction.parameters.size).unwrap_or(1);
        let mut fitting = Vec::new();
        let is_encrypted = self.wire.encryption() == Encryption::Tls;
        let mut is_too_plain = false;
        let confined_to = self.confined();
        let mut is_outside = false;
        let mut full = Full::Mailbox;
        let mut missed = Vec::new();
        let misses = |owner: Owner, tenant, why| {
            let to = queued(to.clone(), parameters.clone());
            Missed { to, owner, tenant, why }
        };
        for end in &ends.mailboxes {
            let owner = Owner { tenant: end.tenant, mailbox: end.mailbox };
            if let Some((asker, why)) = confined_to.as_ref().filter(|(asker, _)| *asker != end.tenant) {
                is_outside = true;
                missed.push(misses(owner, *asker, why.clone()));
                continue;
            }
            if end.requires_tls && !is_encrypted {
                is_too_plain = true;
                missed.push(misses(owner, end.tenant, TLS_ONLY));
                continue;
            }
            let known = self.transaction.as_ref().map_or(&[][..], |known| &known.envelope.mailboxes);
            match self.full((owner, end.quota), declared, known.iter().chain(&fitting)).await {
                Ok(Some(what)) => {
                    full = what;
                    missed.push(misses(owner, end.tenant, what.reply()));
                }
                Ok(None) => {
                    let detail = ends.detail.as_ref().filter(|detail| !detail.is_empty());
                    let detail = detail.map(|detail| (end.detail, detail.clone()));
                    fitting.push(Place {
                        owner,
                        quota: end.quota,
                        recipient: to.clone(),
                        detail,
                        copies: Vec::new(),
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the usage of a mailbox is not known");
                    return reply::STORE_FAILED;
                }
            }
        }
        for (tenant, mailbox) in &ends.withheld {
            is_outside = true;
            let sandbox = ends.alias.map_or(*tenant, |(sandbox, _)| sandbox);
            missed.push(misses(Owner { tenant: *tenant, mailbox: *mailbox }, sandbox, SANDBOX));
        }
        if fitting.is_empty() && ends.forwards.is_empty() && !ends.is_consumed {
            return match (is_outside, is_too_plain) {
                (true, _) => confined_to.map_or(SANDBOX, |(_, why)| why),
                (false, true) => TLS_ONLY,
                (false, false) => full.reply(),
            };
        }
        let has_some_here = !fitting.is_empty() || ends.is_consumed;
        if let Err(reply) = self.count_ends(&ends, has_some_here).await {
            return reply;
        }
        let is_own = ends.alias.is_some_and(|alias| Some(alias.0) == self.asker());
        let home = self.home_of(to);
        let Some(transaction) = &mut self.transaction else { return reply::BAD_SEQUENCE };
        let envelope = &mut transaction.envelope;
        if ends.is_consumed {
            envelope.consumed.push(to.clone());
        }
        let owners = fitting.iter().map(|place| place.owner);
        envelope.missed.extend(missed);
        envelope.asked.extend(Asked::of(to, &parameters, (owners, &ends)));
        let passed = passed_on(&parameters, &ends);
        for place in fitting {
            if !envelope.mailboxes.iter().any(|known| known.owner == place.owner) {
                envelope.mailboxes.push(place);
            }
        }
        let mut end_count = usize::from(has_some_here);
        for (tenant, address) in ends.forwards {
            let recipient = queued(address, passed.clone()).named(to);
            let onward = Onward { tenant, home, given: to.clone(), recipient, copies: Vec::new() };
            end_count += usize::from(envelope.go_on(onward));
        }
        if is_own {
            envelope.further_count += end_count.saturating_sub(1);
        }
        Reply::new(250, "2.1.5", "OK")
    }

    /// A recipient elsewhere, given as `given`, in the name of whoever is signed in or leads the address there.
    pub(crate) fn remote(
        &mut self,
        given: &EmailAddress,
        to: EmailAddress,
        wanted_by: Option<(TenantId, Option<DomainId>)>,
        parameters: RcptParameters,
    ) -> Reply {
        let (Some((tenant, home)), Some(transaction)) = (wanted_by, &mut self.transaction) else {
            return Reply::new(550, "5.7.1", "This server takes no mail for that domain");
        };
        let recipient = queued(to, parameters).named(given);
        let given = given.clone();
        transaction.envelope.go_on(Onward { tenant, home, given, recipient, copies: Vec::new() });
        Reply::new(250, "2.1.5", "OK, it will be queued")
    }

    /// Answers for a whole message, and counts it.
    pub(crate) async fn deliver(&mut self, transaction: Transaction, message: BytesMut) -> Reply {
        let size = message.len();
        let reply = self.store(transaction, message).await;
        match reply.code {
            200..300 => {
                self.counters.message_taken(size);
                self.forgive();
            }
            400..500 => self.counters.message_refused("deferred"),
            _ => self.counters.message_refused("refused"),
        }
        reply
    }

    /// Gives a whole message to the store, and tells the trace what came of it.
    async fn store(&mut self, transaction: Transaction, message: BytesMut) -> Reply {
        let mut way = Way { message_id: message_id(&message), ..Way::default() };
        let reply = self.take(&transaction, &message, &mut way).await;
        self.tell_message(&transaction, &way, &reply);
        reply
    }

    /// Gives a whole message to the store. 250 only where the store has it for every accepted recipient.
    async fn take(&mut self, transaction: &Transaction, message: &[u8], way: &mut Way) -> Reply {
        // It took a while to come: whoever was shut out meanwhile sends no more.
        if let Err(reply) =
            self.may_send(transaction.envelope.from.as_ref()).and_then(|()| self.check(message))
        {
            return reply;
        }
        let Transaction { id, envelope, parameters, .. } = transaction;
        if message.len() as u64 > self.size_max().octets() {
            return self.too_big();
        }
        // One recipient and no announced size: it is known only now whether it fits.
        if let ([Place { owner, quota, copies, .. }], true) =
            (envelope.mailboxes.as_slice(), envelope.queued.is_empty())
            // A full archive refuses nothing of what it gets copies of.
            && copies.is_empty()
        {
            match self.full((*owner, *quota), message.len() as u64, std::iter::empty()).await {
                Ok(None) => {}
                Ok(Some(full)) => {
                    way.reasons.push("over_quota");
                    return full.reply();
                }
                Err(_) => return reply::STORE_FAILED,
            }
        }
        // Last of all that may refuse: what is counted is sent.
        if let Err((reply, reasons)) = self.count_recipients(envelope.recipient_count()).await {
            way.reasons.extend(reasons);
            return reply;
        }
        let judged = self.judge_content(envelope, message).await;
        way.reasons.extend(&judged.verdict.reasons);
        match &judged.refusal {
            Some(reply) => reply.clone(),
            None => {
                match self.take_reports(envelope, (message, &judged)).await {
                    Ok(intakes) => way.intakes = intakes,
                    Err(reply) => return reply,
                }
                let stamp = Stamp { id, is_utf8: parameters.is_utf8, results: &judged.results };
                let octets = self.prepared(envelope, message, &stamp).await;
                let octets = match envelope.queued.is_empty() {
                    true => octets,
                    false => self.sealed(octets, envelope, &judged).await,
                };
                let deposits = self.deposits(envelope, (message, &judged), way).await;
                let reply = self.accept(transaction, octets, deposits, way).await;
                if reply.code < 300 {
                    self.hear_bounce(envelope, message, &judged.proven);
                }
                reply
            }
        }
    }

    /// Gives the copies and what is to be queued to the store.
    async fn accept(
        &self,
        transaction: &Transaction,
        octets: Bytes,
        deposits: Vec<(Option<String>, Deposit)>,
        way: &Way,
    ) -> Reply {
        let Transaction { id, envelope, parameters, .. } = transaction;
        if deposits.is_empty() && envelope.queued.is_empty() {
            return Reply::told(250, "2.0.0", format!("{id} taken"));
        }
        // Whom the sender does not choose says nothing about the sender.
        let chosen = envelope.queued.iter().filter(|onward| onward.copies.is_empty());
        let elsewhere: Vec<EmailAddress> = chosen.map(|onward| onward.recipient.address.clone()).collect();
        let neighbours = self.neighbours(envelope);
        let held_for = self.suspicion(&[&elsewhere[..], &neighbours].concat()).await;
        let is_held = held_for.is_some();
        if is_held && !neighbours.is_empty() {
            return HELD;
        }
        let forwarder = self.forwarder(envelope.from.as_ref());
        let queueing = Queueing {
            message: id.clone(),
            lane: lane(&octets, envelope.recipient_count()),
            origin: if self.login.is_some() { Origin::Submitted } else { Origin::Forwarded },
            mailbox: self.login.as_ref().map(|login| login.mailbox),
            home: None,
            is_held,
            held_for: held_for.unwrap_or_default(),
            tls: tls_wish(parameters.require_tls, &octets),
            is_sender_known: self.is_sender_known(),
            ..Queueing::default()
        };
        let goes_on = |address: &EmailAddress| self.server.directory.onward(&address.domain).is_some();
        // With the first that waits, whoever answers for it: what is told behind the conversation would come after it.
        let mut beginning = self.beginning(transaction, way);
        let mut acceptances = Vec::new();
        for batch in batches(envelope, &octets, deposits, &goes_on) {
            // Whoever takes the rest of a domain's mail is no stranger: the sender stays who it is.
            let is_onward = batch.queued.first().is_some_and(|recipient| goes_on(&recipient.address));
            let sender = if is_onward { envelope.from.clone() } else { forwarder.clone() };
            let has_queued = !batch.queued.is_empty();
            acceptances.push(Acceptance {
                message: batch.message,
                deposits: batch.deposits,
                queued: batch.queued,
                sender,
                tenant: batch.tenant,
                dsn: (parameters.ret.clone(), parameters.envelope_id.clone()),
                queueing: Queueing {
                    home: batch.home,
                    // Where a copy goes, and how, is for who looks after the domain: its sender is not told of it.
                    mailbox: queueing.mailbox.filter(|_| !batch.is_copy),
                    tls: if batch.is_copy { self.tls_of_copy(queueing.tls) } else { queueing.tls },
                    is_sandbox: self.server.directory.is_sandbox(batch.tenant),
                    beginning: if has_queued { std::mem::take(&mut beginning) } else { Vec::new() },
                    ..queueing.clone()
                },
            });
        }
        let given: Vec<Vec<Owner>> = acceptances
            .iter()
            .map(|acceptance| acceptance.deposits.iter().map(|deposit| deposit.owner).collect())
            .collect();
        // All at once: a peer that is told to come again brings it for everybody.
        let accepted = match self.server.store.accept_all(acceptances).await {
            Ok(accepted) => accepted,
            Err(StoreError::Busy) => return Reply::new(451, "4.3.2", "The server is busy, try again soon"),
            Err(error @ StoreError::Full) => {
                tracing::error!(message.id = id, %error, "a message could not be stored");
                return reply::STORE_FULL;
            }
            Err(error) => {
                tracing::error!(message.id = id, error = %error, "a message could not be stored");
                return reply::STORE_FAILED;
            }
        };
        let is_taken = accepted
            .iter()
            .any(|accepted| accepted.queue_id.is_some() || accepted.deposits.iter().any(Result::is_ok));
        for refusal in
            accepted.iter().flat_map(|accepted| &accepted.deposits).filter_map(|one| one.as_ref().err())
        {
            if !is_taken {
                return refusal_reply(refusal);
            }
            tracing::warn!(message.id = id, %refusal, "a recipient is gone since it was accepted");
        }
        let deposited = deposited(&given, &accepted);
        let missed = missed(envelope, &given, (&accepted, &deposited));
        self.tell_missed(transaction, &missed);
        self.confirm(transaction, &octets, (&deposited, &missed, queueing.tls)).await;
        let has_queued = !envelope.queued.is_empty();
        let is_sandbox =
            self.login.as_ref().is_some_and(|login| self.server.directory.is_sandbox(login.tenant));
        let state = match (has_queued, is_held) {
            (true, _) if is_sandbox => {
                "taken; this is a sandbox: for recipients elsewhere it is kept and never sent"
            }
            (true, true) => "taken; for recipients elsewhere it is held until your administrator releases it",
            (true, false) => "taken; recipients elsewhere are queued",
            (false, _) => "taken",
        };
        Reply::told(250, "2.0.0", format!("{id} {state}"))
    }

    /// The message as it is kept and goes on: traced, with a footer and signed where it is a submission.
    async fn prepared(&self, envelope: &Envelope, message: &[u8], stamp: &Stamp<'_>) -> Bytes {
        let footed = self.footed(message);
        let (octets, start) = self.traced(envelope, footed.as_deref().unwrap_or(message), stamp);
        self.signed(octets, start).await
    }

    /// The message behind its trace fields, and where it begins.
    fn traced(&self, envelope: &Envelope, message: &[u8], stamp: &Stamp<'_>) -> (Vec<u8>, usize) {
        let now = (self.server.now)();
        let hostname = self.server.settings.hostname.as_str();
        let (helo, is_extended) = self.helo.as_ref().map_or(("", false), |(name, is)| (name.as_str(), *is));
        let is_encrypted = self.wire.encryption() == Encryption::Tls;
        let arrival = Arrival {
            helo,
            peer: (self.server.role != Role::Submission).then_some(self.peer),
            hostname,
            with: if self.server.role == Role::LocalDelivery {
                if is_encrypted { "LMTPS" } else { "LMTP" }
            } else if stamp.is_utf8 {
                utf8_protocol_word(is_encrypted, self.login.is_some())
            } else {
                protocol_word(is_extended, is_encrypted, self.login.is_some())
            },
            id: stamp.id,
            recipient: match envelope.recipients.as_slice() {
                [one] => Some(one),
                _ => None,
            },
        };
        let mut octets = stamp.results.as_bytes().to_vec();
        octets.extend_from_slice(received(&arrival, now).as_bytes());
        let start = octets.len();
        if self.server.role == Role::Submission {
            octets.extend_from_slice(missing_fields(message, hostname, now).as_bytes());
        }
        let dropped =
            if self.server.role == Role::Submission { &DROPPED_OF_SUBMISSIONS[..] } else { &DROPPED };
        let clean = without(message, dropped);
        let message = clean.as_deref().unwrap_or(message);
        // Nobody else speaks in our name, a user as little as a host (RFC 8601 section 5).
        let unforged = verify::strip_forged(message, hostname);
        octets.extend_from_slice(unforged.as_deref().unwrap_or(message));
        (octets, start)
    }

    /// What a message itself can be refused for.
    fn check(&self, message: &[u8]) -> Result<(), Reply> {
        let (header_end, _) = split_header(message);
        if header_end > HEADER_OCTETS_MAX {
            return Err(Reply::new(552, "5.3.4", "The header is longer than 512 KiB"));
        }
        // It would go on the line before, which is ours: a trace field, or a signature.
        if message.starts_with(b" ") || message.starts_with(b"\t") {
            return Err(Reply::new(554, "5.6.0", "The message begins in the middle of a field"));
        }
        if received_count(message) > RECEIVED_COUNT_MAX {
            return Err(Reply::new(554, "5.4.6", "The message goes in circles"));
        }
        self.check_authors(message)
    }
}

pub(crate) fn queued(address: EmailAddress, parameters: RcptParameters) -> QueuedRecipient {
    QueuedRecipient {
        notify: parameters.notify,
        original: parameters.original,
        ..QueuedRecipient::new(address)
    }
}

/// Who answers for queued recipients, and the domain here that they are of.
type Answering = (TenantId, Option<DomainId>);

/// The queued recipients by who answers for them, by whether they go on to the host of their domain, and by the fields that
/// their copy begins with; one entry without such fields at least.
fn by_tenant(
    envelope: &Envelope,
    goes_on: &dyn Fn(&EmailAddress) -> bool,
) -> Vec<(Answering, String, Vec<QueuedRecipient>)> {
    let mut kinds: Vec<((Answering, bool, String), Vec<QueuedRecipient>)> = Vec::new();
    for Onward { tenant, home, recipient, copies, .. } in &envelope.queued {
        let kind = ((*tenant, *home), goes_on(&recipient.address), envelope.copy_fields(copies));
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, recipients)) => recipients.push(recipient.clone()),
            None => kinds.push((kind, vec![recipient.clone()])),
        }
    }
    let mut tenants: Vec<(Answering, String, Vec<QueuedRecipient>)> = kinds
        .into_iter()
        .map(|((answering, _, fields), recipients)| (answering, fields, recipients))
        .collect();
    // The first is the message itself: with it go the copies for mailboxes here.
    tenants.sort_by_key(|(_, fields, _)| !fields.is_empty());
    if tenants.first().is_none_or(|(_, fields, _)| !fields.is_empty()) {
        let tenant = envelope.mailboxes.first().map_or(TenantId::PLATFORM, |place| place.owner.tenant);
        tenants.insert(0, ((tenant, None), String::new(), Vec::new()));
    }
    tenants
}

/// The only mailbox that an address leads to.
pub(crate) fn sole_end(resolution: &Resolution) -> Option<Owner> {
    match resolution {
        Resolution::Deliver(ends) => match ends.mailboxes.as_slice() {
            [end] => Some(Owner { tenant: end.tenant, mailbox: end.mailbox }),
            _ => None,
        },
        _ => None,
    }
}

/// What goes to the store, in the order in which it goes: a copy with another subject is a message of its own.
fn batches(
    envelope: &Envelope,
    octets: &Bytes,
    deposits: Vec<(Option<String>, Deposit)>,
    goes_on: &dyn Fn(&EmailAddress) -> bool,
) -> Vec<Batch> {
    let (told, plain): (Vec<_>, Vec<_>) = deposits.into_iter().partition(|(subject, _)| subject.is_some());
    let mut plain: Vec<Deposit> = plain.into_iter().map(|(_, deposit)| deposit).collect();
    let mut batches = Vec::new();
    for ((tenant, home), fields, queued) in by_tenant(envelope, goes_on) {
        let deposits = std::mem::take(&mut plain);
        if !deposits.is_empty() || !queued.is_empty() {
            let message = match fields.is_empty() {
                true => octets.clone(),
                false => Bytes::from([fields.as_bytes(), octets].concat()),
            };
            batches.push(Batch { tenant, home, is_copy: !fields.is_empty(), message, deposits, queued });
        }
    }
    for (subject, deposit) in told {
        let message = Bytes::from(with_detail(octets, &subject.unwrap_or_default()));
        batches.push(Batch {
            tenant: deposit.owner.tenant,
            home: None,
            is_copy: false,
            message,
            deposits: vec![deposit],
            queued: Vec::new(),
        });
    }
    batches
}

pub(crate) fn refusal_reply(refusal: &StoreRefusal) -> Reply {
    match refusal {
        StoreRefusal::OverQuota { .. } | StoreRefusal::TooManyMessages { .. } => Full::Mailbox.reply(),
        StoreRefusal::OverPool { .. } => Full::Pool.reply(),
        StoreRefusal::NoMailbox => Reply::new(550, "5.1.1", "There is no such address"),
        StoreRefusal::Folder(_) | StoreRefusal::UidsExhausted | StoreRefusal::Limit(_) => {
            Reply::told(554, "5.2.0", format!("The mailbox cannot take it: {refusal}"))
        }
    }
}

/// The word of RFC 3848 and RFC 6531 section 4.3.
fn protocol_word(is_extended: bool, is_encrypted: bool, is_authenticated: bool) -> &'static str {
    match (is_extended, is_encrypted, is_authenticated) {
        (false, ..) => "SMTP",
        (true, false, false) => "ESMTP",
        (true, true, false) => "ESMTPS",
        (true, false, true) => "ESMTPA",
        (true, true, true) => "ESMTPSA",
    }
}

/// The same for a message that was announced with SMTPUTF8.
fn utf8_protocol_word(is_encrypted: bool, is_authenticated: bool) -> &'static str {
    match (is_encrypted, is_authenticated) {
        (false, false) => "UTF8SMTP",
        (true, false) => "UTF8SMTPS",
        (false, true) => "UTF8SMTPA",
        (true, true) => "UTF8SMTPSA",
    }
}
