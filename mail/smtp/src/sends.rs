//! Whether a submission keeps within what plan and settings let its mailbox send.

use std::collections::BTreeMap;
use std::time::Duration;

use directory::{Destinations, Login, SendLimits};
use kernel::{ServiceId, TenantId};
use store::{SendLimit, SendPeriod, SendScope, Sending};

use crate::deliver::TOO_MANY;
use crate::limits::RECIPIENT_COUNT_MAX;
use crate::reply::{self, Reply};
use crate::session::{Session, Transaction};

/// The limits that exist, the widest first.
pub fn send_limits(limits: &SendLimits) -> Vec<SendLimit> {
    let (service, domain, mailbox) = (limits.service, limits.domain, limits.mailbox);
    let all = [
        (SendScope::Service(service.0), service.1, limits.service_short),
        (SendScope::Domain(domain.0), domain.1, limits.domain_short),
        (SendScope::Mailbox(mailbox.0), mailbox.1, limits.mailbox_short),
    ];
    let limits = all.into_iter().flat_map(|(scope, per_day_max, short)| {
        let periods = [
            (SendPeriod::Day, per_day_max),
            (SendPeriod::Hour, short.per_hour_max),
            (SendPeriod::Minute, short.per_minute_max),
        ];
        periods.into_iter().filter_map(move |(period, most)| {
            most.map(|recipient_count_max| SendLimit { scope, period, recipient_count_max })
        })
    });
    limits.collect()
}

/// Recipients elsewhere beyond the first of each alias of others, by the service that answers for them.
#[derive(Debug, Default)]
pub(crate) struct Forwards(BTreeMap<(TenantId, ServiceId), u32>);

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Share {
    /// Four fifths of it, and less before.
    FourFifths,
    /// So much that a message was refused.
    Whole,
}

/// A limit that people are to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitUse {
    /// Whose limit.
    pub tenant: TenantId,
    /// Who sends; none where strangers write to an alias.
    pub login: Option<Login>,
    /// Which limit.
    pub limit: SendLimit,
    /// How much of it.
    pub share: Share,
}

/// Hears when limits are nearly or wholly used. A port: it tells people.
pub trait LimitWatch: Send + Sync + 'static {
    /// Takes note; it neither waits nor fails, and hears the same often.
    fn note(&self, used: LimitUse);
}

impl Session<'_> {
    /// What the mailbox that speaks may send; none for other hosts.
    pub(crate) fn limits(&self) -> Option<SendLimits> {
        let login = self.login.as_ref()?;
        self.server.directory.send_limits(login.tenant, login.mailbox)
    }

    /// Counts the recipients of a message that is whole and will be taken: for all limits or, where one has no room, for none.
    /// With the refusal goes the word of the limit, for the trace.
    pub(crate) async fn count_recipients(
        &self,
        recipient_count: usize,
    ) -> Result<(), (Reply, Vec<&'static str>)> {
        let (Some(login), Some(limits)) = (&self.login, self.limits()) else { return Ok(()) };
        let Some(sends) = &self.server.sends else { return Ok(()) };
        let recipient_count = u32::try_from(recipient_count).unwrap_or(u32::MAX);
        let now = (self.server.now)();
        let limits = send_limits(&limits);
        match sends.take(login.tenant, &limits, recipient_count, now).await {
            Ok(Sending::Counted { crossed }) => {
                for limit in crossed {
                    tracing::info!(mailbox.id = %login.mailbox, ?limit, "four fifths of a sending limit are used");
                    self.note_limit(login.tenant, Some(login), (limit, Share::FourFifths));
                }
                Ok(())
            }
            Ok(Sending::Exhausted { limit, retry_after }) => {
                self.note_limit(login.tenant, Some(login), (limit, Share::Whole));
                Err((exhausted(limit, retry_after), word(limit)))
            }
            Err(error) => {
                tracing::error!(%error, "sent recipients cannot be counted");
                Err((reply::STORE_FAILED, Vec::new()))
            }
        }
    }

    /// Recipients that a message may have.
    pub(crate) fn recipient_count_max(&self) -> usize {
        let plan_max =
            self.limits().and_then(|limits| usize::try_from(limits.recipients_per_message_max).ok());
        plan_max.unwrap_or(usize::MAX).min(RECIPIENT_COUNT_MAX)
    }

    /// Whether the message on its way may go to all that an address leads to elsewhere. Those of an alias of whoever is signed in
    /// are recipients of theirs, and counted with the message; those of another's are for its service, and counted when the
    /// message is there: now it is only looked whether they fit.
    pub(crate) async fn count_ends(&mut self, ends: &Destinations, has_some_here: bool) -> Result<(), Reply> {
        let Some(transaction) = &self.transaction else { return Err(reply::BAD_SEQUENCE) };
        let (known, end_count) = (transaction.envelope.onward().len(), ends.forwards.len());
        // However they are counted: what one message makes of itself is bounded.
        if known > 0 && known + end_count > RECIPIENT_COUNT_MAX {
            return Err(TOO_MANY);
        }
        let Some(alias) = ends.alias else { return Ok(()) };
        if Some(alias.0) != self.asker() {
            return self.expect_forwards(alias, end_count).await;
        }
        let (known, most) = (transaction.envelope.recipient_count(), self.recipient_count_max());
        let wanted = (end_count + usize::from(has_some_here)).max(1);
        if wanted > most {
            let text =
                format!("The alias leads to {end_count} recipients elsewhere; a message may have {most}");
            return Err(Reply::told(550, "5.5.3", text));
        }
        if known + wanted > most { Err(TOO_MANY) } else { Ok(()) }
    }

    /// Looks whether the ends elsewhere of an alias of `service` fit beside those that the message has already, for mail that is
    /// not its account's own: one is what was written to it, and passed on; each further one is a recipient more, for whom the
    /// service answers. Nothing is counted: who names recipients and sends nothing uses nothing up.
    async fn expect_forwards(
        &mut self,
        (tenant, service): (TenantId, ServiceId),
        end_count: usize,
    ) -> Result<(), Reply> {
        let further_count = u32::try_from(end_count.saturating_sub(1)).unwrap_or(u32::MAX);
        let Some(sends) = self.server.sends.as_ref().filter(|_| further_count > 0) else { return Ok(()) };
        let Some(transaction) = &self.transaction else { return Err(reply::BAD_SEQUENCE) };
        let known_count = transaction.forwards.0.get(&(tenant, service)).copied().unwrap_or_default();
        let wanted_count = known_count.saturating_add(further_count);
        let limit = self.forwards_limit((tenant, service));
        match sends.fits(tenant, &[limit], wanted_count, (self.server.now)()).await {
            Ok(Sending::Counted { .. }) => {
                if let Some(transaction) = &mut self.transaction {
                    transaction.forwards.0.insert((tenant, service), wanted_count);
                }
                Ok(())
            }
            Ok(Sending::Exhausted { limit, retry_after }) => {
                // Beside what this message has already: it comes in one of its own, and nothing is used up yet.
                if known_count > 0 {
                    Err(TOO_MANY)
                } else {
                    Err(self.forwards_end(tenant, (limit, retry_after)))
                }
            }
            Err(error) => {
                tracing::error!(%error, "forwarded recipients cannot be counted");
                Err(reply::STORE_FAILED)
            }
        }
    }

    /// Counts what aliases of others lead elsewhere, of a message that is there: all of it or, where a service has no room any
    /// more, nothing. What was counted, to be given back where the message is not taken.
    pub(crate) async fn take_forwards(&self, transaction: &Transaction) -> Result<Forwards, Reply> {
        let Some(sends) = &self.server.sends else { return Ok(Forwards::default()) };
        let mut taken = Forwards::default();
        for (of, further_count) in &transaction.forwards.0 {
            let limit = self.forwards_limit(*of);
            let refused = match sends.take(of.0, &[limit], *further_count, (self.server.now)()).await {
                Ok(Sending::Counted { crossed }) => {
                    taken.0.insert(*of, *further_count);
                    for limit in crossed {
                        tracing::info!(service.id = %of.1, "four fifths of what aliases may pass on are used");
                        self.note_limit(of.0, None, (limit, Share::FourFifths));
                    }
                    continue;
                }
                Ok(Sending::Exhausted { limit, retry_after }) => {
                    self.forwards_end(of.0, (limit, retry_after))
                }
                Err(error) => {
                    tracing::error!(%error, "forwarded recipients cannot be counted");
                    reply::STORE_FAILED
                }
            };
            self.give_back_forwards(taken).await;
            return Err(refused);
        }
        Ok(taken)
    }

    /// Gives back what was counted of a message that is not taken.
    pub(crate) async fn give_back_forwards(&self, taken: Forwards) {
        let Some(sends) = &self.server.sends else { return };
        for (of, further_count) in taken.0 {
            let limit = self.forwards_limit(of);
            if let Err(error) = sends.give_back(of.0, &[limit], further_count, (self.server.now)()).await {
                tracing::warn!(%error, "recipients that nothing was passed on to stay counted");
            }
        }
    }

    fn forwards_limit(&self, (tenant, service): (TenantId, ServiceId)) -> SendLimit {
        SendLimit {
            scope: SendScope::Forwards(service),
            period: SendPeriod::Day,
            recipient_count_max: self.server.directory.forwards_per_day_max(tenant, service),
        }
    }

    fn forwards_end(&self, tenant: TenantId, (limit, retry_after): (SendLimit, Option<Duration>)) -> Reply {
        // An alias that never fits has used nothing up.
        if retry_after.is_some() {
            self.note_limit(tenant, None, (limit, Share::Whole));
        }
        exhausted(limit, retry_after)
    }

    fn note_limit(&self, tenant: TenantId, login: Option<&Login>, (limit, share): (SendLimit, Share)) {
        if let Some(watch) = &self.server.limit_watch {
            watch.note(LimitUse { tenant, login: login.cloned(), limit, share });
        }
    }
}

/// The word of a limit that leaves no room, for the trace.
fn word(limit: SendLimit) -> Vec<&'static str> {
    match (limit.scope, limit.period) {
        (SendScope::Service(_), SendPeriod::Day) => vec!["service_day_limit"],
        (SendScope::Service(_), SendPeriod::Hour) => vec!["service_hour_limit"],
        (SendScope::Service(_), SendPeriod::Minute) => vec!["service_minute_limit"],
        (SendScope::Domain(_), SendPeriod::Day) => vec!["domain_day_limit"],
        (SendScope::Domain(_), SendPeriod::Hour) => vec!["domain_hour_limit"],
        (SendScope::Domain(_), SendPeriod::Minute) => vec!["domain_minute_limit"],
        (SendScope::Mailbox(_), SendPeriod::Day) => vec!["mailbox_day_limit"],
        (SendScope::Mailbox(_), SendPeriod::Hour) => vec!["mailbox_hour_limit"],
        (SendScope::Mailbox(_), SendPeriod::Minute) => vec!["mailbox_minute_limit"],
        (SendScope::Forwards(_), _) => vec!["forward_limit"],
    }
}

/// Says whose limit it is, how much it is, and when there is room again.
fn exhausted(limit: SendLimit, retry_after: Option<Duration>) -> Reply {
    let of = match limit.scope {
        SendScope::Service(_) => "service",
        SendScope::Domain(_) => "domain",
        SendScope::Mailbox(_) => "mailbox",
        SendScope::Forwards(_) => "service of this alias",
    };
    let most = limit.recipient_count_max;
    let within = match limit.period {
        SendPeriod::Day => "24 hours",
        SendPeriod::Hour => "an hour",
        SendPeriod::Minute => "a minute",
    };
    match retry_after {
        Some(wait) => Reply::told(
            450,
            "4.7.1",
            format!(
                "The {of} may send to {most} recipients in {within} and has; try again in {} s",
                wait.as_secs() + 1
            ),
        ),
        None => Reply::told(
            550,
            // An alias whose ends never fit is a list that may not be written to (RFC 3463 section 3.8).
            if matches!(limit.scope, SendScope::Forwards(_)) { "5.7.2" } else { "5.7.1" },
            format!("The {of} may send to {most} recipients in {within}; this message has more"),
        ),
    }
}
