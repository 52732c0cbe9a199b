//! Telling senders what became of a message that was taken: who asked for it, that it is in a mailbox here, or goes to several
//! in place of the one they named (RFC 3461 sections 4.1 and 5.2.7, `NOTIFY=SUCCESS`); and everybody, that one of several
//! mailboxes behind an address did not get it.
//!
//! Whoever is told is who wrote: a login, or a sender whose domain names the peer (SPF). A sender that anybody may have
//! forged is told nothing, so that nobody makes us write to others.

use directory::Destinations;
use kernel::{EmailAddress, TenantId, Timestamp};
use store::{Acceptance, Accepted, Fate, Owner, QueuedRecipient, TlsWish};
use verify::spf::SpfResult;

use crate::command::RcptParameters;
use crate::deliver::{Envelope, queued, refusal_reply};
use crate::reply::Reply;
use crate::server::Role;
use crate::session::{Session, Transaction};

/// A message that is in mailboxes here, and whose sender asked to be told.
#[derive(Debug, Clone, Copy)]
pub struct Confirmed<'a> {
    /// Who answers for the report.
    pub tenant: TenantId,
    /// The number under which it was taken.
    pub message: &'a str,
    /// MAIL FROM.
    pub sender: &'a EmailAddress,
    /// DSN ENVID as given.
    pub envelope_id: Option<&'a str>,
    /// How it is protected by TLS on its way.
    pub tls: TlsWish,
    /// When it came.
    pub at: Timestamp,
    /// Its octets.
    pub octets: &'a [u8],
}

/// Writes reports. A port: it knows their form.
pub trait Confirm: Send + Sync + 'static {
    /// The report as it is given to the store, about recipients as they were given; none where its sender cannot be reached.
    fn report(&self, message: &Confirmed<'_>, recipients: Vec<(QueuedRecipient, Fate)>)
    -> Option<Acceptance>;
}

/// A recipient whose sender asked to be told, with the mailboxes that it leads to.
#[derive(Debug)]
pub(crate) struct Asked {
    to: QueuedRecipient,
    tenant: TenantId,
    owners: Vec<Owner>,
    fate: Fate,
    /// Some of it leaves.
    goes_on: bool,
}

impl Asked {
    /// None where the sender did not ask, or where whoever has it next tells. `owners` are those of the mailboxes that get it,
    /// of all that `ends` names.
    pub(crate) fn of(
        to: &EmailAddress,
        parameters: &RcptParameters,
        (owners, ends): (impl Iterator<Item = Owner>, &Destinations),
    ) -> Option<Self> {
        let is_asked = parameters.notify.as_deref()?.split(',').any(is_success);
        let owners: Vec<Owner> = owners.collect();
        let fate = if is_expanded(ends) { Fate::Expanded } else { Fate::Delivered };
        let goes_on = !ends.forwards.is_empty();
        let forwarder = ends.forwards.first().map(|(tenant, _)| *tenant);
        let tenant = owners.first().map(|owner| owner.tenant).or(forwarder)?;
        let is_told = is_asked && (fate == Fate::Expanded || !owners.is_empty());
        is_told.then(|| Self { to: queued(to.clone(), parameters.clone()), tenant, owners, fate, goes_on })
    }

    /// Whether the message is where it leads, given the mailboxes that have it.
    fn is_done(&self, deposited: &[Owner]) -> bool {
        let has_some = self.owners.iter().any(|owner| deposited.contains(owner));
        has_some || self.fate == Fate::Expanded && self.goes_on
    }
}

/// A mailbox behind an address that did not get what others behind it got.
#[derive(Debug, Clone)]
pub(crate) struct Missed {
    /// The address as it was given.
    pub(crate) to: QueuedRecipient,
    pub(crate) owner: Owner,
    /// Who hears of it and answers for the report: the mailbox's own account, or, where a sandbox led there in vain, the sandbox.
    pub(crate) tenant: TenantId,
    pub(crate) why: Reply,
}

fn is_success(word: &str) -> bool {
    word.trim().eq_ignore_ascii_case("SUCCESS")
}

/// Whether mail for one address goes to several.
fn is_expanded(ends: &Destinations) -> bool {
    ends.mailboxes.len() + ends.forwards.len() + usize::from(ends.is_consumed) > 1
}

/// What whoever has a message next is asked to tell, where `ends` take the place of the recipient: the same where it is one,
/// and of several no success, of which the sender is told here (RFC 3461 sections 5.2.7.1 to 5.2.7.3).
pub(crate) fn passed_on(parameters: &RcptParameters, ends: &Destinations) -> RcptParameters {
    let mut passed = parameters.clone();
    if let (Some(notify), true) = (&parameters.notify, is_expanded(ends)) {
        let rest: Vec<&str> = notify.split(',').filter(|word| !is_success(word)).collect();
        // Where there is nothing the other keywords would be meant.
        passed.notify = Some(if rest.is_empty() { "NEVER".to_owned() } else { rest.join(",") });
    }
    passed
}

impl Session<'_> {
    /// Whether the sender is who it says, as far as a report goes.
    pub(crate) fn is_sender_known(&self) -> bool {
        match self.server.role {
            Role::Submission => true,
            // What is not checked comes from our own network.
            Role::Exchange => self.facts.spf().is_none_or(|spf| spf.result == SpfResult::Pass),
            Role::LocalDelivery => false,
        }
    }

    /// Tells the sender of a message that is taken. `deposited` are the mailboxes that have it, `missed` those that do not. The
    /// message is kept by then: a report that cannot be stored is missing, and nothing else.
    pub(crate) async fn confirm(
        &self,
        transaction: &Transaction,
        octets: &[u8],
        (deposited, missed, tls): (&[Owner], &[Missed], TlsWish),
    ) {
        let Transaction { id, envelope, parameters, .. } = transaction;
        let (Some(confirm), Some(sender)) = (&self.server.confirm, envelope.sender()) else { return };
        let done: Vec<&Asked> = envelope.asked().iter().filter(|asked| asked.is_done(deposited)).collect();
        let tenants = done.iter().map(|asked| asked.tenant).chain(missed.iter().map(|missed| missed.tenant));
        let Some(first) = tenants.into_iter().next().filter(|_| self.is_sender_known()) else { return };
        let tenant = self.login.as_ref().map_or(first, |login| login.tenant);
        let mut recipients: Vec<(QueuedRecipient, Fate)> = Vec::new();
        // Once for each address: how many stand behind it is nobody's business.
        for Missed { to, why, .. } in missed {
            if !recipients.iter().any(|(known, _)| known.address == to.address) {
                recipients.push((to.clone(), Fate::Missed(why.remote())));
            }
        }
        recipients.extend(done.into_iter().map(|asked| (asked.to.clone(), asked.fate.clone())));
        let message = Confirmed {
            tenant,
            message: id,
            sender,
            envelope_id: parameters.envelope_id.as_deref(),
            tls,
            at: (self.server.now)(),
            octets,
        };
        let Some(report) = confirm.report(&message, recipients.clone()) else { return };
        match self.server.store.accept(report).await {
            Ok(_) => self.tell_confirmed(transaction, &recipients),
            Err(error) => tracing::warn!(message.id = id, %error, "a report to the sender was not stored"),
        }
    }
}

/// The mailboxes that have their copies, of what was given to the store and what it answered.
pub(crate) fn deposited(given: &[Vec<Owner>], accepted: &[Accepted]) -> Vec<Owner> {
    let both = given.iter().zip(accepted);
    let each = both.flat_map(|(owners, accepted)| owners.iter().zip(&accepted.deposits));
    each.filter(|(_, outcome)| outcome.is_ok()).map(|(owner, _)| *owner).collect()
}

/// The mailboxes that got nothing while others did: left out as the recipients were named, or refused by the store since.
pub(crate) fn missed(
    envelope: &Envelope,
    given: &[Vec<Owner>],
    (accepted, deposited): (&[Accepted], &[Owner]),
) -> Vec<Missed> {
    let mut missed: Vec<Missed> = envelope.missed().to_vec();
    let both = given.iter().zip(accepted);
    for (owner, outcome) in both.flat_map(|(owners, accepted)| owners.iter().zip(&accepted.deposits)) {
        let place = envelope.places().iter().find(|place| place.owner == *owner && place.copies.is_empty());
        if let (Err(refusal), Some(place)) = (outcome, place) {
            let to = queued(place.recipient.clone(), RcptParameters::default());
            missed.push(Missed { to, owner: *owner, tenant: owner.tenant, why: refusal_reply(refusal) });
        }
    }
    // Another of the recipients may have led there.
    missed.retain(|missed| !deposited.contains(&missed.owner));
    missed
}
