//! From what was said about recipients to what is written, and to the report that tells the sender.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use kernel::Timestamp;
use store::{
    DelayNotice, Instead, LeaseToken, LeasedMessage, LeasedRecipient, Origin, Outcome, RemoteReply,
    Settlement, Settling, StoreError, Suppress, SuppressionCause,
};

use crate::backoff::{Next, after_failure};
use crate::classify::{Class, classify, is_hard_bounce};
use crate::destination::Destination;
use crate::hosts::Passed;
use crate::limits::{
    DELAY_MILLIS, EXPIRY_MILLIS, REPORT_EXPIRY_MILLIS, RETRY_MILLIS_MAX, SETTLE_PAUSE_MAX, SETTLE_TRY_COUNT,
    UNASKED_MILLIS,
};
use crate::outbound::Inner;
use crate::report::{self, Action, Addressee, Told};
use crate::routes::Through;
use crate::source::Source;
use crate::untold::{UNREACHABLE, untold};

/// What happened with one recipient.
#[derive(Debug, Clone)]
pub(crate) enum Happened {
    /// The other side has it; whether it will report where asked for.
    Taken(RemoteReply, Reports),
    /// It does not want the recipient, for ever.
    Refused(RemoteReply),
    /// It does not want this message, or this sender, for ever.
    Declined(RemoteReply),
    /// Not now.
    Failed(RemoteReply),
    /// Where it goes could not be asked: no attempt, unless its sender is to hear by now that it takes long.
    Unasked(RemoteReply),
    /// Nothing was tried: later.
    Returned(Timestamp),
    /// Its site is suspended.
    Suspended(RemoteReply),
}

/// Whether the other side reports by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    Itself,
    No,
}

/// Recipients of one message under one lease.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) token: LeaseToken,
    pub(crate) message: &'a LeasedMessage,
    pub(crate) site: Option<&'a str>,
    pub(crate) through: Through,
    /// From where, and with which of its addresses where that is known.
    pub(crate) source: Option<(&'a Source, Option<IpAddr>)>,
    /// The hosts that were tried before.
    pub(crate) passed: Option<&'a Passed>,
}

impl<'a> Batch<'a> {
    /// Those that go to a destination.
    pub(crate) fn to(
        destination: &'a Destination,
        (token, message): (LeaseToken, &'a LeasedMessage),
    ) -> Self {
        let source = Some((destination.source.as_ref(), None));
        let (site, through) = (Some(destination.site.as_str()), destination.through);
        Self { token, message, site, through, source, passed: None }
    }

    /// The same after other hosts.
    pub(crate) fn after(self, passed: &'a Passed) -> Self {
        Self { passed: Some(passed), ..self }
    }

    /// The same over a connection that began at `address`.
    pub(crate) fn from(self, address: Option<IpAddr>) -> Self {
        Self { source: self.source.map(|(source, _)| (source, address)), ..self }
    }
}

struct Judged {
    outcome: Outcome,
    reply: RemoteReply,
    action: Option<Action>,
    suppress: Suppress,
    /// Why its sender is not told that it was given up.
    untold: Option<&'static str>,
    /// For how many days it was tried, where it was given up for that.
    expired_after: Option<u32>,
}

impl Inner {
    /// Writes what happened, with the report where the sender is told. Outcomes that cannot be written now are written by
    /// whoever has the next lease, after another attempt.
    pub(crate) async fn settle(
        &self,
        batch: Batch<'_>,
        happened: Vec<(LeasedRecipient, Happened)>,
        content: Option<&Bytes>,
    ) {
        let now = (self.now)();
        let mut judged: Vec<(LeasedRecipient, Judged)> = happened
            .into_iter()
            .map(|(recipient, happened)| {
                let judged = self.judge(batch.message, &recipient, happened, now);
                (recipient, judged)
            })
            .collect();
        let count = judged.len();
        let report = self.report((batch.message, batch.passed), &mut judged, content, now).await;
        let has_report = report.is_some();
        let words: Vec<&'static str> = judged.iter().map(|(_, judged)| word(&judged.outcome)).collect();
        let settlements = judged.into_iter().map(|(recipient, judged)| Settlement {
            key: recipient.key,
            site: batch.site.map(str::to_owned),
            source: batch.source.and_then(|(source, address)| source.told(address)),
            reasons: (batch.through.reason().into_iter())
                .chain(class(&recipient, &judged))
                .chain(judged.untold)
                .map(str::to_owned)
                .chain(
                    batch.passed.into_iter().flat_map(|passed| passed.reasons(recipient.key, &judged.reply)),
                )
                .collect(),
            suppress: judged.suppress,
            outcome: judged.outcome,
            reply: judged.reply,
        });
        let settling = Settling {
            tenant: batch.message.tenant,
            token: batch.token,
            settlements: settlements.collect(),
            report,
        };
        match self.write(settling).await {
            Ok(written) => {
                words.into_iter().for_each(|word| self.metrics.outcome(word));
                if has_report && written > 0 {
                    self.metrics.report("sent");
                }
                if written < count {
                    tracing::warn!(count = count - written, "outcomes came after the end of their lease");
                }
            }
            Err(error) => tracing::error!(%error, "outcomes of deliveries could not be written"),
        }
        self.released(batch.token, count);
    }

    /// Writes outcomes, again where the database does not answer: what was delivered is not to be delivered again, so
    /// that it is written however long the disk is full. Its lease is renewed meanwhile, where that can be written.
    async fn write(&self, settling: Settling) -> Result<usize, StoreError> {
        let is_delivered =
            settling.settlements.iter().any(|settlement| settlement.outcome == Outcome::Delivered);
        let mut attempt = 1;
        loop {
            match self.queue.settle(settling.clone()).await {
                Err(error) if attempt < SETTLE_TRY_COUNT || is_delivered && !self.stop.is_cancelled() => {
                    if attempt == 1 && is_delivered {
                        self.unwritten_count.fetch_add(1, Ordering::Relaxed);
                    }
                    if attempt == SETTLE_TRY_COUNT {
                        tracing::error!(%error, "a delivery is not written down yet; it is tried until it is");
                    }
                    let pause = Duration::from_secs(u64::from(attempt)).min(SETTLE_PAUSE_MAX);
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                }
                outcome => {
                    if attempt > 1 && is_delivered {
                        self.unwritten_count.fetch_sub(1, Ordering::Relaxed);
                        self.wake.notify_one();
                    }
                    return outcome;
                }
            }
        }
    }

    fn judge(
        &self,
        message: &LeasedMessage,
        recipient: &LeasedRecipient,
        happened: Happened,
        now: Timestamp,
    ) -> Judged {
        let wanted = |action| report::is_wanted(message, recipient, action).then_some(action);
        let bounced = |reply: RemoteReply| {
            let hard = is_hard_bounce(&reply) && message.origin == Origin::Submitted;
            let suppress = if hard { Suppress::HardBounce } else { Suppress::No };
            Judged {
                outcome: Outcome::Bounced,
                reply,
                action: wanted(Action::Failed),
                suppress,
                untold: None,
                expired_after: None,
            }
        };
        let quiet = |outcome, reply| Judged {
            outcome,
            reply,
            action: None,
            suppress: Suppress::No,
            untold: None,
            expired_after: None,
        };
        match happened {
            Happened::Taken(reply, reports) => Judged {
                action: if reports == Reports::Itself { None } else { wanted(Action::Relayed) },
                ..quiet(Outcome::Delivered, reply)
            },
            Happened::Refused(reply) => bounced(reply),
            // What is said of sender or message shuts nobody's address.
            Happened::Declined(reply) => Judged { suppress: Suppress::No, ..bounced(reply) },
            Happened::Returned(due_at) => quiet(Outcome::Returned { due_at }, RemoteReply::default()),
            Happened::Unasked(reply)
                if now.millis().saturating_sub(message.queued_at.millis()) < DELAY_MILLIS =>
            {
                let due = now.millis().saturating_add(self.chance.jittered(UNASKED_MILLIS));
                quiet(Outcome::Unasked { due_at: Timestamp::from_millis(due) }, reply)
            }
            Happened::Unasked(reply) | Happened::Failed(reply) => {
                self.waited((message, recipient), reply, (now, false), |due_at, delay| Outcome::Retry {
                    due_at,
                    delay,
                })
            }
            // It rests, and its sender hears of it as of whatever else does not go.
            Happened::Suspended(reply) => {
                self.waited((message, recipient), reply, (now, true), |due_at, delay| Outcome::Suspended {
                    due_at,
                    delay,
                })
            }
        }
    }

    /// What follows where it does not go for now: `later`, or its end where it is too old.
    fn waited(
        &self,
        (message, recipient): (&LeasedMessage, &LeasedRecipient),
        reply: RemoteReply,
        (now, is_unasked): (Timestamp, bool),
        later: impl FnOnce(Timestamp, DelayNotice) -> Outcome,
    ) -> Judged {
        let wanted = |action| report::is_wanted(message, recipient, action).then_some(action);
        let mut next = after_failure(message, recipient, now, &self.chance);
        // Where nobody was asked, whoever wrote hears that it waits before it is given up.
        let is_untold = message.origin == Origin::Submitted && !recipient.is_delay_told;
        if is_unasked && is_untold && next == Next::Expired {
            let due = now.millis().saturating_add(self.chance.jittered(RETRY_MILLIS_MAX));
            next = Next::Retry { due_at: Timestamp::from_millis(due), is_late: true };
        }
        let (outcome, action, expired_after) = match next {
            // What was said last was said for now: it shuts nobody's address.
            Next::Expired => (Outcome::Bounced, wanted(Action::Failed), Some(days(message, now))),
            Next::Retry { due_at, is_late: true } => {
                (later(due_at, DelayNotice::Told), wanted(Action::Delayed), None)
            }
            Next::Retry { due_at, is_late: false } => (later(due_at, DelayNotice::None), None, None),
        };
        Judged { outcome, reply, action, suppress: Suppress::No, untold: None, expired_after }
    }

    async fn report(
        &self,
        (message, passed): (&LeasedMessage, Option<&Passed>),
        judged: &mut [(LeasedRecipient, Judged)],
        content: Option<&Bytes>,
        now: Timestamp,
    ) -> Option<store::Acceptance> {
        if judged.iter().all(|(_, judged)| judged.action.is_none()) {
            return None;
        }
        let addressee = match self.addressee(message, now) {
            Ok(addressee) => addressee,
            Err(why) => {
                self.metrics.report("nobody");
                let failed = judged.iter_mut().filter(|(_, judged)| judged.action == Some(Action::Failed));
                failed.for_each(|(_, judged)| judged.untold = why);
                return None;
            }
        };
        let expiry = if message.origin == Origin::Report { REPORT_EXPIRY_MILLIS } else { EXPIRY_MILLIS };
        let until = Timestamp::from_millis(message.queued_at.millis().saturating_add(expiry));
        let told: Vec<Told<'_>> = judged
            .iter()
            .filter_map(|(recipient, judged)| {
                let action = judged.action?;
                let until = (action == Action::Delayed).then_some(until);
                let before = passed.map(|passed| passed.said(recipient.key, &judged.reply));
                let before = before.unwrap_or_default();
                let expired_after = judged.expired_after;
                Some(Told { recipient, action, reply: &judged.reply, until, before, expired_after })
            })
            .collect();
        // Without its octets the report tells less, but it tells. Its room is another: the sweep comes by here, and must
        // not wait for other hosts.
        let (content, _room) = match content {
            Some(content) => (content.clone(), None),
            None => {
                let room = self.report_room.take(message.size).await;
                (self.queue.content(message.queue_id).await.ok().flatten().unwrap_or_default(), Some(room))
            }
        };
        let hostname = self.settings.hostname.as_str();
        Some(report::acceptance(message, (addressee, &told), &content, (hostname, now)))
    }

    /// Who is told of a message, or the word for why nobody is.
    fn addressee(&self, message: &LeasedMessage, now: Timestamp) -> Result<Addressee, Option<&'static str>> {
        let sender = match (untold(message), &message.sender) {
            (None, Some(sender)) => sender,
            (why, _) => return Err(why),
        };
        let origin = self.origins.origin_of(sender, now).ok_or(UNREACHABLE)?;
        let own_names = self.settings.guard.own_names.as_slice();
        Addressee::of(origin, message.tenant, (&self.directory, own_names)).ok_or(UNREACHABLE)
    }
}

/// Of what kind a failure is, where it is one for ever.
fn class(recipient: &LeasedRecipient, judged: &Judged) -> Option<&'static str> {
    let word = || match recipient.instead {
        Some(Instead::Suppressed(SuppressionCause::NoSuchAddress)) => "suppressed_no_such_address",
        Some(Instead::Suppressed(SuppressionCause::Complaint)) => "suppressed_complaint",
        Some(Instead::Suppressed(SuppressionCause::Ordered)) => "suppressed_order",
        Some(Instead::Bounce) | None if judged.expired_after.is_some() => Class::Expired.word(),
        Some(Instead::Bounce) | None => classify(&judged.reply).word(),
    };
    (judged.outcome == Outcome::Bounced).then(word)
}

/// How old a message is, in whole days; at least one.
fn days(message: &LeasedMessage, now: Timestamp) -> u32 {
    let age = now.millis().saturating_sub(message.queued_at.millis());
    u32::try_from(age / store::DAY_MILLIS).unwrap_or(1).max(1)
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Bounced => "bounced",
        Outcome::Retry { .. } => "deferred",
        Outcome::Returned { .. } => "returned",
        Outcome::Unasked { .. } => "unasked",
        Outcome::Suspended { .. } => "suspended",
    }
}
