//! Mail that can leave at once: leased by the transaction that takes it, so that between its acceptance and its first attempt
//! there is neither a sweep nor another commit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kernel::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

use crate::{Acceptance, LeaseToken, Leased, LeasedMessage, LeasedRecipient, RecipientKey};

/// The lease under which somebody wants to have a message from the moment that it is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The node that delivers.
    pub owner: Uuid,
    /// Names the lease.
    pub token: LeaseToken,
    /// How long it lasts unless it is renewed, by the clock of the database.
    pub lasts: Duration,
    /// The sites and domains that the message goes to. Where an operator has suspended one of them, or a recipient is
    /// suppressed, the message is queued as all others are.
    pub sites: Vec<String>,
}

/// Whoever delivers on this node. Each [`Taker::offer`] with a lease is followed by one [`Taker::take`] or one
/// [`Taker::withdraw`], whatever becomes of the message. None of them waits.
pub trait Taker: Send + Sync + 'static {
    /// The lease under which a message is to be queued that has no number yet; none where it is to wait for a sweep.
    fn offer(&self, message: &LeasedMessage, recipients: &[LeasedRecipient]) -> Option<Offer>;

    /// The message is queued under its lease, durably.
    fn take(&self, leased: Leased);

    /// The message was not queued under that lease, or it is not known whether: then it is due when the lease ends.
    fn withdraw(&self, token: LeaseToken);
}

/// Who delivers on this node, if anybody does.
#[derive(Default)]
pub(crate) struct Handover(Mutex<Option<Arc<dyn Taker>>>);

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handover")
    }
}

impl Handover {
    /// From now on this one is asked, and no other.
    pub(crate) fn to(&self, taker: Arc<dyn Taker>) {
        *self.0.lock() = Some(taker);
    }

    /// What is asked for a message that is about to be queued; none where it waits for a sweep.
    pub(crate) fn of(&self, acceptance: &Acceptance, now: Timestamp) -> Option<Handing> {
        let queueing = &acceptance.queueing;
        if acceptance.queued.is_empty() || queueing.is_held || queueing.is_sandbox {
            return None;
        }
        let taker = self.0.lock().clone()?;
        let message = LeasedMessage {
            queue_id: 0,
            tenant: acceptance.tenant,
            message: queueing.message.clone(),
            sender: acceptance.sender.clone(),
            size: u32::try_from(acceptance.message.len()).unwrap_or(u32::MAX),
            ret: acceptance.dsn.0.clone(),
            envelope_id: acceptance.dsn.1.clone(),
            queued_at: now,
            lane: queueing.lane,
            origin: queueing.origin,
            mailbox: queueing.mailbox,
            is_sender_known: queueing.is_sender_known,
            tls: queueing.tls,
        };
        let recipients = (0..).zip(&acceptance.queued).map(|(ordinal, queued)| {
            LeasedRecipient::new(RecipientKey { queue_id: 0, ordinal }, queued.clone())
        });
        let recipients: Vec<LeasedRecipient> = recipients.collect();
        let offer = taker.offer(&message, &recipients)?;
        Some(Handing { taker, offer, mail: Some((message, recipients)) })
    }
}

/// A message between the offer and the end of its transaction. Dropped before that, it is withdrawn.
pub(crate) struct Handing {
    taker: Arc<dyn Taker>,
    pub(crate) offer: Offer,
    mail: Option<(LeasedMessage, Vec<LeasedRecipient>)>,
}

impl Handing {
    /// The transaction has the message under its lease, with this number.
    pub(crate) fn took(mut self, queue_id: u64) {
        let Some((mut message, mut recipients)) = self.mail.take() else { return };
        message.queue_id = queue_id;
        recipients.iter_mut().for_each(|recipient| recipient.key.queue_id = queue_id);
        self.taker.take(Leased { token: self.offer.token, messages: vec![(message, recipients)] });
    }
}

impl Drop for Handing {
    fn drop(&mut self) {
        if self.mail.is_some() {
            self.taker.withdraw(self.offer.token);
        }
    }
}
