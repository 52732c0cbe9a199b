//! Telling what was decided: log, metrics, message trace.
//!
//! The trace is for looking. It is written behind the conversation, many steps at a time; where it cannot keep up, or a
//! stranger floods it, steps are left out and counted, and mail goes on.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::{DomainId, EmailAddress, MailboxId, TenantId, Timestamp};
use parking_lot::Mutex;
use store::{Direction, Fate, Owner, Passage, Queue, QueuedRecipient, Stage as Step};
use tokio::sync::mpsc;

use crate::confirm::Missed;
use crate::deliver::{Onward, Place};
use crate::inbound::Verdict;
use crate::reply::{self, Reply};
use crate::report::{Intake, ReportInbox};
use crate::server::Role;
use crate::session::{Session, Transaction};

/// Steps that wait to be written; more are left out.
pub const PASSAGE_BACKLOG_COUNT_MAX: usize = 10_000;
/// Refusals that a tenant's trace keeps in an hour: who guesses addresses does not fill it.
pub const REFUSALS_PER_HOUR_MAX: u32 = 2000;
/// Steps that are written at a time.
const BATCH_COUNT_MAX: usize = 500;
/// How long a step waits for others.
const BATCH_WAIT: Duration = Duration::from_millis(200);
/// Steps that one message leaves behind the conversation: how it came, and as many of what came of it.
const PASSAGE_COUNT_MAX: usize = 100;
/// Tenants whose refusals are counted at a time; where there are more, all begin anew.
const COUNTED_TENANT_COUNT_MAX: usize = 100_000;
/// A Message-ID longer than this is not kept.
const MESSAGE_ID_OCTETS_MAX: usize = 500;
const HOUR_MILLIS: i64 = 3_600_000;

/// Refusals of the hour that runs.
#[derive(Debug, Default)]
struct Hour {
    number: i64,
    counts: HashMap<TenantId, u32>,
}

impl Hour {
    /// Counts a refusal; whether it is kept.
    fn count(&mut self, tenant: TenantId, now: Timestamp) -> bool {
        let number = now.millis().div_euclid(HOUR_MILLIS);
        if number != self.number || self.counts.len() >= COUNTED_TENANT_COUNT_MAX {
            self.number = number;
            self.counts.clear();
        }
        let count = self.counts.entry(tenant).or_default();
        *count = count.saturating_add(1);
        *count <= REFUSALS_PER_HOUR_MAX
    }
}

/// Where sessions leave steps of messages.
#[derive(Debug)]
pub struct Trace {
    passages: mpsc::Sender<Passage>,
    hour: Mutex<Hour>,
}

/// Writes them.
pub struct TraceWriter {
    passages: mpsc::Receiver<Passage>,
    queue: Arc<dyn Queue>,
}

impl std::fmt::Debug for TraceWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TraceWriter").finish_non_exhaustive()
    }
}

impl Trace {
    /// A trace, and what writes it into `queue`.
    pub fn new(queue: Arc<dyn Queue>) -> (Arc<Self>, TraceWriter) {
        let (sender, passages) = mpsc::channel(PASSAGE_BACKLOG_COUNT_MAX);
        (Arc::new(Self { passages: sender, hour: Mutex::default() }), TraceWriter { passages, queue })
    }

    /// Leaves a step; why not, where it is left out.
    fn leave(&self, passage: Passage) -> Result<(), &'static str> {
        if passage.stage == Step::Refused && !self.hour.lock().count(passage.tenant, passage.at) {
            return Err("flood");
        }
        self.passages.try_send(passage).map_err(|_| "backlog")
    }
}

impl TraceWriter {
    /// Writes until the last server that leaves steps is gone.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_COUNT_MAX);
        while self.passages.recv_many(&mut batch, BATCH_COUNT_MAX).await > 0 {
            self.gather(&mut batch).await;
            self.write(&mut batch).await;
        }
    }

    /// Waits a moment for more.
    async fn gather(&mut self, batch: &mut Vec<Passage>) {
        let until = tokio::time::Instant::now() + BATCH_WAIT;
        while batch.len() < BATCH_COUNT_MAX {
            let room = BATCH_COUNT_MAX - batch.len();
            match tokio::time::timeout_at(until, self.passages.recv_many(batch, room)).await {
                Ok(1..) => {}
                Ok(0) | Err(_) => return,
            }
        }
    }

    async fn write(&self, batch: &mut Vec<Passage>) {
        if let Err(error) = self.queue.record(std::mem::take(batch)).await {
            tracing::warn!(%error, "steps of messages were not recorded");
        }
    }
}

/// What became of one copy, and why; no reason where nobody wanted anything else than usual.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The folder that it is in; none where a stage keeps it elsewhere.
    pub(crate) folder: Option<String>,
    /// By which rule.
    pub(crate) reasons: Vec<&'static str>,
}

/// What was found out about a message on its way in.
#[derive(Debug, Default)]
pub(crate) struct Way {
    /// The reasons of the stages.
    pub(crate) reasons: Vec<&'static str>,
    /// What became of the copies, in the order of the mailboxes; empty where there are none.
    pub(crate) kept: Vec<Kept>,
    /// What became of it at the addresses for reports, in their order.
    pub(crate) intakes: Vec<Intake>,
    /// Its Message-ID.
    pub(crate) message_id: Option<String>,
}

/// Whose a step is.
struct Whose {
    tenant: TenantId,
    mailbox: Option<MailboxId>,
    domain: Option<DomainId>,
    direction: Direction,
}

impl Session<'_> {
    /// Writes a verdict to log and metrics.
    pub(crate) fn tell(&self, verdict: &Verdict) {
        verdict.tell();
        self.counters.verdict(verdict.stage.word(), verdict.action.word());
    }

    /// Tells the trace that a recipient was not accepted: of a submission its sender sees it, of mail from outside who the
    /// address is of. `end` is the mailbox that it leads to, if it is one.
    pub(crate) fn tell_refused_recipient(
        &self,
        to: &EmailAddress,
        end: Option<Owner>,
        (reply, reasons): (&Reply, Vec<&'static str>),
    ) {
        let (Some(transaction), Some(whose)) = (&self.transaction, self.whose(to, end)) else { return };
        let mut passage = self.passage(&whose, transaction, (Step::Refused, reply));
        passage.recipient = Some(to.to_string());
        passage.reasons = reasons.into_iter().map(str::to_owned).collect();
        self.leave(passage);
    }

    /// Tells the trace of whoever has the copies that an address map wants that one is missing: who wrote the message never
    /// hears of it.
    pub(crate) fn tell_refused_copy(
        &self,
        (tenant, copy): (TenantId, &EmailAddress),
        end: Option<Owner>,
        reply: &Reply,
    ) {
        let Some(transaction) = &self.transaction else { return };
        let whose = Whose {
            tenant: end.map_or(tenant, |end| end.tenant),
            mailbox: end.map(|end| end.mailbox),
            domain: self.server.directory.domain_named(copy.domain.as_str()).map(|(_, domain)| domain),
            direction: Direction::In,
        };
        let mut passage = self.passage(&whose, transaction, (Step::Refused, reply));
        passage.recipient = Some(copy.to_string());
        passage.reasons = vec!["copy_missing".to_owned()];
        self.leave(passage);
    }

    /// Tells the trace that the sender was told of these recipients.
    pub(crate) fn tell_confirmed(&self, transaction: &Transaction, recipients: &[(QueuedRecipient, Fate)]) {
        for (QueuedRecipient { address, .. }, _) in recipients.iter().take(PASSAGE_COUNT_MAX) {
            let Some(whose) = self.whose(address, None) else { continue };
            let recipient = Some(address.to_string());
            let step = (Step::Reported, &reply::OK);
            self.leave(Passage { recipient, reply: None, ..self.passage(&whose, transaction, step) });
        }
    }

    /// Tells the trace of those who miss a message that others behind the same address got, and of its sender.
    pub(crate) fn tell_missed(&self, transaction: &Transaction, missed: &[Missed]) {
        for Missed { to, owner, tenant, why } in missed.iter().take(PASSAGE_COUNT_MAX) {
            let tenant = *tenant;
            // Of what is withheld from them others hear nothing.
            let mailbox = (tenant == owner.tenant).then_some(owner.mailbox);
            let domain = match mailbox {
                Some(mailbox) => self.server.directory.home(tenant, mailbox),
                None => self.home_of(&to.address),
            };
            let own = Whose { tenant, mailbox, domain, direction: Direction::In };
            for whose in self.whose_sender().iter().chain([&own]) {
                let mut passage = self.passage(whose, transaction, (Step::Refused, why));
                passage.recipient = Some(to.address.to_string());
                passage.reasons = vec!["member_missed".to_owned()];
                self.leave(passage);
            }
        }
    }

    fn whose(&self, to: &EmailAddress, end: Option<Owner>) -> Option<Whose> {
        if let Some(sender) = self.whose_sender() {
            return Some(sender);
        }
        let (tenant, domain) = self.server.directory.domain_named(to.domain.as_str())?;
        let tenant = end.map_or(tenant, |end| end.tenant);
        let mailbox = end.map(|end| end.mailbox);
        Some(Whose { tenant, mailbox, domain: Some(domain), direction: Direction::In })
    }

    /// The mailbox that submits.
    fn whose_sender(&self) -> Option<Whose> {
        let login = self.login.as_ref().filter(|_| self.server.role == Role::Submission)?;
        let (tenant, mailbox) = (login.tenant, Some(login.mailbox));
        Some(Whose { tenant, mailbox, domain: self.login_home(), direction: Direction::Out })
    }

    /// How a message that is taken came, for each who will see what comes of it: its sender, the mailboxes here, and whose
    /// addresses lead it elsewhere. Where some of it waits to leave, the queue tells this before it tells that.
    pub(crate) fn beginning(&self, transaction: &Transaction, way: &Way) -> Vec<Passage> {
        let sender = self.whose_sender();
        let mut begun: Vec<Passage> =
            sender.iter().map(|sender| self.begun(sender, transaction, (Step::Submitted, None))).collect();
        let received = |whose: &Whose, recipient: &EmailAddress| {
            self.begun(whose, transaction, (Step::Received, Some(recipient.to_string())))
        };
        let places = transaction.envelope.places().iter();
        begun.extend(places.map(|place| received(&self.whose_place(place), &place.recipient)));
        for Onward { tenant, home, given, .. } in transaction.envelope.onward() {
            let (tenant, domain) = (*tenant, *home);
            let is_senders =
                sender.as_ref().is_some_and(|sender| (sender.tenant, sender.domain) == (tenant, domain));
            let whose = Whose { tenant, mailbox: None, domain, direction: Direction::In };
            let passage = received(&whose, given);
            // Who sees that one of their mailboxes got it, or the first of several targets, has seen it come.
            let is_same = |known: &Passage| {
                (known.tenant, known.domain, &known.recipient) == (tenant, domain, &passage.recipient)
            };
            if !is_senders && !begun.iter().any(is_same) {
                begun.push(passage);
            }
        }
        begun.iter_mut().for_each(|passage| self.complete(passage, transaction, way));
        begun
    }

    fn begun(
        &self,
        whose: &Whose,
        transaction: &Transaction,
        (stage, recipient): (Step, Option<String>),
    ) -> Passage {
        Passage { recipient, reply: None, ..self.passage(whose, transaction, (stage, &reply::OK)) }
    }

    /// Tells the trace what came of a whole message. For recipients elsewhere the queue does that once it has them.
    pub(crate) fn tell_message(&self, transaction: &Transaction, way: &Way, reply: &Reply) {
        if self.server.trace.is_none() {
            return;
        }
        let is_taken = reply.code < 300;
        let mut passages = self.of_places(transaction, (way, is_taken), reply);
        if !is_taken {
            passages.extend(self.of_onward(transaction, reply));
        }
        if let Some(sender) = self.whose_sender() {
            let step = if is_taken { Step::Delivered } else { Step::Refused };
            let recipients = transaction.envelope.places().iter().map(|place| &place.recipient);
            let recipients = recipients.chain(transaction.envelope.consumed());
            passages.extend(recipients.map(|recipient| Passage {
                recipient: Some(recipient.to_string()),
                ..self.passage(&sender, transaction, (step, reply))
            }));
        }
        passages.extend(self.of_reports(transaction, way, reply));
        passages.extend(self.of_consumed(transaction, reply));
        if is_taken && transaction.envelope.onward().is_empty() {
            let begun = self.beginning(transaction, way);
            begun.into_iter().take(PASSAGE_COUNT_MAX).for_each(|passage| self.leave(passage));
        }
        for mut passage in passages.into_iter().take(PASSAGE_COUNT_MAX) {
            self.complete(&mut passage, transaction, way);
            self.leave(passage);
        }
    }

    /// Of the mailboxes here.
    fn of_places(
        &self,
        transaction: &Transaction,
        (way, is_taken): (&Way, bool),
        reply: &Reply,
    ) -> Vec<Passage> {
        let places = transaction.envelope.places().iter().enumerate();
        let told = places.map(|(index, place)| {
            let whose = self.whose_place(place);
            let kept = way.kept.get(index).filter(|_| is_taken);
            let step = match kept {
                _ if !is_taken => Step::Refused,
                Some(Kept { folder: None, .. }) => Step::Held,
                _ => Step::Stored,
            };
            let recipient = Some(place.recipient.to_string());
            let reasons = kept.map_or(&[][..], |kept| &kept.reasons);
            Passage {
                recipient,
                folder: kept.and_then(|kept| kept.folder.clone()),
                reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
                ..self.passage(&whose, transaction, (step, reply))
            }
        });
        told.collect()
    }

    fn whose_place(&self, place: &Place) -> Whose {
        let Owner { tenant, mailbox } = place.owner;
        let domain = self.server.directory.home(tenant, mailbox);
        Whose { tenant, mailbox: Some(mailbox), domain, direction: Direction::In }
    }

    /// Of addresses that take reports.
    fn of_reports(&self, transaction: &Transaction, way: &Way, reply: &Reply) -> Vec<Passage> {
        let taken = transaction.envelope.reports().iter().zip(&way.intakes);
        let told = taken.flat_map(|((to, inbox), intake)| {
            let ReportInbox { tenant, domain } = *inbox;
            let whose = Whose { tenant, mailbox: None, domain, direction: Direction::In };
            match intake {
                Intake::Kept(word) => {
                    vec![self.ended((&whose, to), transaction, (Step::Received, word), reply)]
                }
                Intake::Dropped(word) => self.dropped((&whose, to), transaction, word, reply),
                Intake::Later | Intake::TooMany | Intake::Refused(_) => Vec::new(),
            }
        });
        told.collect()
    }

    /// Of recipients whose mail is taken and given to nobody.
    fn of_consumed(&self, transaction: &Transaction, reply: &Reply) -> Vec<Passage> {
        let consumed = transaction.envelope.consumed().iter().filter(|_| reply.code < 300);
        let told = consumed.filter_map(|to| {
            let (tenant, domain) = self.server.directory.domain_named(to.domain.as_str())?;
            let whose = Whose { tenant, mailbox: None, domain: Some(domain), direction: Direction::In };
            Some(self.dropped((&whose, to), transaction, "alias_keeps_nothing", reply))
        });
        told.flatten().collect()
    }

    /// Taken, and then given to nobody for a reason.
    fn dropped(
        &self,
        (whose, to): (&Whose, &EmailAddress),
        transaction: &Transaction,
        word: &str,
        reply: &Reply,
    ) -> Vec<Passage> {
        vec![
            self.begun(whose, transaction, (Step::Received, Some(to.to_string()))),
            self.ended((whose, to), transaction, (Step::Removed, word), reply),
        ]
    }

    fn ended(
        &self,
        (whose, to): (&Whose, &EmailAddress),
        transaction: &Transaction,
        (step, word): (Step, &str),
        reply: &Reply,
    ) -> Passage {
        Passage {
            recipient: Some(to.to_string()),
            reasons: vec![word.to_owned()],
            ..self.passage(whose, transaction, (step, reply))
        }
    }

    /// Of recipients elsewhere, where they are not taken.
    fn of_onward(&self, transaction: &Transaction, reply: &Reply) -> Vec<Passage> {
        let direction = if self.login.is_some() { Direction::Out } else { Direction::In };
        let mailbox = self.login.as_ref().map(|login| login.mailbox);
        let told = transaction.envelope.onward().iter().map(|onward| {
            let whose = Whose { tenant: onward.tenant, mailbox, domain: onward.home, direction };
            let recipient = Some(onward.recipient.address.to_string());
            Passage { recipient, ..self.passage(&whose, transaction, (Step::Refused, reply)) }
        });
        told.collect()
    }

    fn passage(&self, whose: &Whose, transaction: &Transaction, (stage, reply): (Step, &Reply)) -> Passage {
        Passage {
            tenant: whose.tenant,
            mailbox: whose.mailbox,
            domain: whose.domain,
            message: transaction.id.clone(),
            direction: whose.direction,
            at: (self.server.now)(),
            stage,
            sender: transaction.envelope.sender().map(ToString::to_string),
            recipient: None,
            reply: Some(reply.remote()),
            next_at: None,
            folder: None,
            source: None,
            reasons: Vec::new(),
            message_id: None,
        }
    }

    /// Adds what all steps of a message share, and what the first of each who sees it has. A refusal has its own reasons:
    /// what was noted before and was no reason to refuse is not told as one.
    fn complete(&self, passage: &mut Passage, transaction: &Transaction, way: &Way) {
        if passage.stage != Step::Refused {
            let recipient = passage.recipient.clone().unwrap_or_default();
            for reason in self.facts.noted().chain(transaction.envelope.remarks(&recipient)) {
                if !passage.reasons.iter().any(|known| known == reason) {
                    passage.reasons.push(reason.to_owned());
                }
            }
        }
        passage.reasons.extend(way.reasons.iter().map(|reason| (*reason).to_owned()));
        if matches!(passage.stage, Step::Received | Step::Submitted | Step::Refused) {
            passage.message_id.clone_from(&way.message_id);
        }
    }

    fn leave(&self, passage: Passage) {
        let Some(trace) = &self.server.trace else { return };
        if let Err(reason) = trace.leave(passage) {
            self.counters.passage_untold(reason);
        }
    }
}

/// The Message-ID of a message, where it has one that can be kept.
pub(crate) fn message_id(message: &[u8]) -> Option<String> {
    let (header_end, _) = message::split_header(message);
    let mut found = message::fields(&message[..header_end]).filter(|field| field.is("Message-ID"));
    let text = found.next().map(|field| field.text().trim().to_owned())?;
    (text.len() <= MESSAGE_ID_OCTETS_MAX).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn who_guesses_addresses_does_not_fill_a_trace() {
        let (one, other) = (TenantId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
        let mut hour = Hour::default();
        let kept =
            (0..REFUSALS_PER_HOUR_MAX * 2).filter(|_| hour.count(one, Timestamp::from_secs(10))).count();
        assert_eq!(kept, REFUSALS_PER_HOUR_MAX as usize);
        assert!(hour.count(other, Timestamp::from_secs(10)));
        assert!(hour.count(one, Timestamp::from_secs(3601)));
    }
}
