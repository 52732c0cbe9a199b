//! Telling senders who asked for it that their message is in a mailbox here (RFC 3461 section 4.1, `NOTIFY=SUCCESS`).
//!
//! Whoever is told is who wrote: a login, or a sender whose domain names the peer (SPF). A sender that anybody may have
//! forged is told nothing, so that nobody makes us write to others.

use kernel::{EmailAddress, TenantId, Timestamp};
use store::{Acceptance, Accepted, Owner, QueuedRecipient, TlsWish};
use verify::spf::SpfResult;

use crate::command::RcptParameters;
use crate::deliver::queued;
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

/// Writes reports of success. A port: it knows their form.
pub trait Confirm: Send + Sync + 'static {
    /// The report as it is given to the store, about recipients as they were given; none where its sender cannot be reached.
    fn report(&self, message: &Confirmed<'_>, recipients: Vec<QueuedRecipient>) -> Option<Acceptance>;
}

/// A recipient whose sender asked to be told, with the mailboxes that it leads to.
#[derive(Debug)]
pub(crate) struct Asked {
    to: QueuedRecipient,
    owners: Vec<Owner>,
}

impl Asked {
    /// None where the sender did not ask, or nothing of it stays here.
    pub(crate) fn of(
        to: &EmailAddress,
        parameters: &RcptParameters,
        owners: impl Iterator<Item = Owner>,
    ) -> Option<Self> {
        let notify = parameters.notify.as_deref()?;
        let is_asked = notify.split(',').any(|word| word.trim().eq_ignore_ascii_case("SUCCESS"));
        let owners: Vec<Owner> = owners.collect();
        (is_asked && !owners.is_empty()).then(|| Self { to: queued(to.clone(), parameters.clone()), owners })
    }
}

impl Session<'_> {
    /// Whether the sender is who it says, as far as a report goes.
    fn is_sender_known(&self) -> bool {
        match self.server.role {
            Role::Submission => true,
            // What is not checked comes from our own network.
            Role::Exchange => self.facts.spf().is_none_or(|spf| spf.result == SpfResult::Pass),
            Role::LocalDelivery => false,
        }
    }

    /// Tells the sender of a message that is taken. `deposited` are the mailboxes that have it. The message is kept by then:
    /// a report that cannot be stored is missing, and nothing else.
    pub(crate) async fn confirm(
        &self,
        transaction: &Transaction,
        octets: &[u8],
        (deposited, tls): (&[Owner], TlsWish),
    ) {
        let Transaction { id, envelope, parameters, .. } = transaction;
        let (Some(confirm), Some(sender)) = (&self.server.confirm, envelope.sender()) else { return };
        let recipients: Vec<QueuedRecipient> = envelope
            .asked()
            .iter()
            .filter(|asked| asked.owners.iter().any(|owner| deposited.contains(owner)))
            .map(|asked| asked.to.clone())
            .collect();
        let Some(first) = deposited.first().filter(|_| !recipients.is_empty() && self.is_sender_known())
        else {
            return;
        };
        let message = Confirmed {
            tenant: self.login.as_ref().map_or(first.tenant, |login| login.tenant),
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
            Err(error) => tracing::warn!(message.id = id, %error, "a report of success was not stored"),
        }
    }
}

/// The mailboxes that have their copies, of what was given to the store and what it answered.
pub(crate) fn deposited(given: &[Vec<Owner>], accepted: &[Accepted]) -> Vec<Owner> {
    let both = given.iter().zip(accepted);
    let each = both.flat_map(|(owners, accepted)| owners.iter().zip(&accepted.deposits));
    each.filter(|(_, outcome)| outcome.is_ok()).map(|(owner, _)| *owner).collect()
}
