//! Mailboxes that suddenly send otherwise than their owners do: their mail is held, and somebody looks.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authority::Principal;
use directory::{Directory, Login, Resolution, Sending};
use engine::{Effect, EffectError, Engine};
use graphql::People;
use hosting::HostingEvent;
use hosting::Language;
use hosting::mailbox::{HeldMail, HoldReason, MailboxEvent};
use hosting::notice::{NoticeKind, NoticePerson, day_of};
use hosting::use_case::{HoldSending, SendNotice};
use journal::{Clock as _, SystemClock};
use kernel::{
    Actor, CommandId, CorrelationId, EmailAddress, MailboxId, NoticeId, Position, Recorded, TenantId,
    Timestamp, UserId,
};
use smtp::Judgement;
use store::{
    Correspondents, Counted, Habits, HeldOf, LastHeld, Noted, Order, Orderer, Queue as _, RecipientState,
    Selection, SqlStore, StateSelection,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// New recipients in an hour that nobody has to explain.
const NEW_COUNT_MAX: u32 = 50;
/// How many times the new recipients of its usual day a mailbox may have in an hour.
const USUAL_FACTOR: u32 = 5;
/// Recipients in an hour from which on a share of failures says something.
const SENT_COUNT_MIN: u32 = 50;
/// The share of failures, in percent, that says that addresses were guessed or bought.
const BOUNCED_PERCENT_MAX: u64 = 10;
/// Recipients in a day that nobody has to explain, whoever they are.
const DAY_COUNT_MAX: u32 = 500;
/// How many times the recipients of its busiest day a mailbox may have in one.
const BUSIEST_FACTOR: u32 = 5;
/// How long a mailbox whose mail was released is not judged again.
const RELEASED: Duration = Duration::from_secs(86_400);
/// Administrators that are told of one mailbox.
const TOLD_COUNT_MAX: usize = 20;
/// How often old correspondents are forgotten.
const FORGET_PAUSE: Duration = Duration::from_secs(3600);

/// Judges what mailboxes send.
pub struct SendingWatch {
    /// Records what is held.
    pub engine: Arc<Engine>,
    /// Knows what is held.
    pub directory: Arc<Directory>,
    /// Remembers to whom mailboxes write.
    pub correspondents: Correspondents,
}

impl SendingWatch {
    /// Forgets old correspondents, until `stop`.
    pub async fn forget(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(FORGET_PAUSE) => {}
            }
            if let Err(error) = self.correspondents.forget(SystemClock.now()).await {
                tracing::warn!(%error, "old correspondents were not forgotten");
            }
        }
    }

    /// What is held is nobody's habit until somebody has looked at it.
    async fn count_held(
        &self,
        who: (TenantId, MailboxId),
        recipients: &[EmailAddress],
        noted: (Noted, Timestamp),
    ) {
        if let Err(error) = self.correspondents.hold(who, recipients, noted).await {
            tracing::warn!(%error, "held mail was not counted");
        }
    }

    async fn hold(&self, login: &Login, reason: HoldReason) {
        let hold = HoldSending { account: login.tenant.account(), mailbox: login.mailbox, reason };
        let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
        let principal = Principal::platform("sending_watch");
        match self.engine.run(&principal, command, correlation, &hold).await {
            Ok(_) => tracing::warn!(mailbox.id = %login.mailbox, reason = reason.name(), "sent mail is held"),
            Err(error) => tracing::error!(%error, "that sent mail is held was not recorded"),
        }
    }
}

#[async_trait]
impl smtp::Watch for SendingWatch {
    async fn judge(&self, login: &Login, recipients: &[EmailAddress], peer: IpAddr) -> Judgement {
        let now = SystemClock.now();
        let sending = self.directory.sending(login.tenant, login.mailbox);
        let who = (login.tenant, login.mailbox);
        if sending == Sending::Held {
            self.count_held(who, recipients, (Noted::No, now)).await;
            return Judgement::Hold(self.directory.held_for(login.tenant, login.mailbox).map_or("", word));
        }
        let moment = (now, sending.settled_at());
        let habits = match self.correspondents.note(who, recipients, peer, moment).await {
            Ok(habits) => habits,
            Err(error) => {
                tracing::warn!(%error, "how a mailbox sends is not known");
                return Judgement::Pass;
            }
        };
        match suspicion(habits).filter(|_| !is_trusted(sending, now)) {
            Some(reason) => {
                self.hold(login, reason).await;
                self.count_held(who, recipients, (Noted::Yes, now)).await;
                Judgement::Hold(word(reason))
            }
            None => Judgement::Pass,
        }
    }
}

/// A release of a clock that was ahead is not trusted until its time comes.
fn is_trusted(sending: Sending, now: Timestamp) -> bool {
    matches!(sending, Sending::ReleasedAt(at) if now < at.plus(RELEASED) && at <= now.plus(RELEASED))
}

/// The word by which the trace says for what mail is held.
const fn word(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::NewRecipients => "watch_new_recipients",
        HoldReason::NewNetwork => "watch_new_network",
        HoldReason::Bounces => "watch_bounces",
        HoldReason::Volume => "watch_volume",
    }
}

/// What was counted for a reason: since that began, what the mailbox sent may be somebody else's.
const fn counted(reason: HoldReason) -> Counted {
    match reason {
        HoldReason::NewRecipients | HoldReason::Bounces => Counted::Lately,
        HoldReason::NewNetwork => Counted::NewNetwork,
        HoldReason::Volume => Counted::Today,
    }
}

/// What is wrong with how a mailbox sends, if anything is.
fn suspicion(habits: Habits) -> Option<HoldReason> {
    let allowed = NEW_COUNT_MAX.max(habits.usual_new_count.saturating_mul(USUAL_FACTOR));
    if habits.new_count > allowed {
        return Some(HoldReason::NewRecipients);
    }
    if habits.is_new_network && habits.new_count > allowed / 2 {
        return Some(HoldReason::NewNetwork);
    }
    let failed = u64::from(habits.bounced_count) * 100;
    let is_failing = failed >= u64::from(habits.sent_count) * BOUNCED_PERCENT_MAX;
    if habits.sent_count >= SENT_COUNT_MIN && is_failing {
        return Some(HoldReason::Bounces);
    }
    let allowed = DAY_COUNT_MAX.max(habits.busiest_day_count.saturating_mul(BUSIEST_FACTOR));
    (habits.day_count > allowed).then_some(HoldReason::Volume)
}

/// Holds in the queue what a mailbox sent before, and lets what was held leave or destroys it. What was queued before the
/// mailbox sent otherwise than usual is its owner's: that leaves in any case.
pub struct SettleHeld {
    /// The queue.
    pub store: Arc<SqlStore>,
    /// Remembers how much mailboxes send.
    pub correspondents: Correspondents,
}

#[async_trait]
impl Effect for SettleHeld {
    type Event = HostingEvent;

    const NAME: &'static str = "settle_held";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let HostingEvent::Mailbox(event) = &recorded.event else { return Ok(()) };
        let who = (recorded.cursor.tenant, MailboxId::new(recorded.stream.id));
        let done = match event {
            MailboxEvent::SendingHeld { reason, at } => {
                self.hold(who, *reason, (*at, recorded.cursor.position)).await
            }
            MailboxEvent::SendingReleased { outcome, at } => {
                let settled = (*at, recorded.cursor.position);
                self.settle(who, *outcome, settled, &named(recorded.metadata.actor)).await
            }
            _ => return Ok(()),
        };
        done.map_err(|reason| EffectError { at: recorded.cursor, reason })
    }
}

impl SettleHeld {
    async fn hold(
        &self,
        who: (TenantId, MailboxId),
        reason: HoldReason,
        held: (Timestamp, Position),
    ) -> Result<(), String> {
        let kept = self.correspondents.begin_hold(who, counted(reason), held).await;
        // Heard again after it was settled: what the mailbox sent since is its own.
        if !kept.map_err(|error| error.to_string())? {
            return Ok(());
        }
        let held = self.store.hold_for(&open_of(who), word(reason)).await;
        held.map(drop).map_err(|error| error.to_string())
    }

    /// What is being tried is reached as well: it is held, or given up, where it does not go now. What was queued since is not
    /// destroyed with what was held, however late this is heard: the mailbox is free again, or was held once more.
    async fn settle(
        &self,
        who: (TenantId, MailboxId),
        outcome: HeldMail,
        (at, position): (Timestamp, Position),
        by: &str,
    ) -> Result<(), String> {
        let known = self.correspondents.last_held(who, position).await;
        let queued_since = match known.map_err(|error| error.to_string())? {
            LastHeld::Unknown => None,
            LastHeld::Since(since) => Some(since),
            LastHeld::Over => return Ok(()),
        };
        let queued_before = Some(at.plus(Duration::from_millis(1)));
        let (whose, orders) = match outcome {
            HeldMail::Released => (HeldOf::Mailbox, vec![(open_of(who), Order::Release)]),
            HeldMail::Purged => {
                let only = |state| Selection {
                    state: StateSelection::Only(state),
                    queued_since,
                    queued_before,
                    ..open_of(who)
                };
                let mut orders = vec![
                    (only(RecipientState::Held), Order::Remove),
                    (only(RecipientState::Leased), Order::Remove),
                ];
                // Where it is not known since when, all that is held goes, as was said to whoever decided.
                if queued_since.is_some() {
                    let earlier = Selection { queued_before: queued_since, ..open_of(who) };
                    orders.push((earlier, Order::Release));
                }
                (HeldOf::SomebodyElse, orders)
            }
        };
        let settled = self.correspondents.settle_held(who, whose, (at, position)).await;
        settled.map_err(|error| error.to_string())?;
        for (selection, order) in orders {
            let reached = self.store.order_all(&selection, order, (Orderer::Watch, by)).await;
            reached.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// What a mailbox sent that did not end.
fn open_of((tenant, mailbox): (TenantId, MailboxId)) -> Selection {
    Selection { tenant: Some(tenant), mailbox: Some(mailbox), ..Selection::default() }
}

/// Whoever decided, for the message trace: an id, never an address. Nobody where the platform did by itself.
fn named(actor: Actor) -> String {
    match actor {
        Actor::User(user) => user.to_string(),
        Actor::Mailbox(mailbox) => mailbox.to_string(),
        Actor::Operator => "operator".to_owned(),
        Actor::Platform(_) => String::new(),
    }
}

/// Tells those who look after a mailbox's domain that what it sends is held. Its owner is told by `tell_people`.
pub struct TellAdministrators {
    /// Knows them.
    pub people: Arc<People>,
    /// Knows the mailbox's domain.
    pub directory: Arc<Directory>,
    /// Records what they are told.
    pub engine: Arc<Engine>,
    /// For whoever has chosen none.
    pub language: Language,
}

#[async_trait]
impl Effect for TellAdministrators {
    type Event = HostingEvent;

    const NAME: &'static str = "tell_administrators";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let HostingEvent::Mailbox(MailboxEvent::SendingHeld { .. }) = &recorded.event else { return Ok(()) };
        let (tenant, mailbox) = (recorded.cursor.tenant, MailboxId::new(recorded.stream.id));
        let Some(domain) = self.directory.home(tenant, mailbox) else { return Ok(()) };
        let people = self.people.administrators(tenant.account(), domain, TOLD_COUNT_MAX);
        let Some(address) = self.directory.address_of(tenant, mailbox) else { return Ok(()) };
        for (number, user) in (0_u32..).zip(people) {
            // The same event again is the same command: nobody is told twice.
            let command = CommandId::reaction(recorded.id, Self::NAME, number);
            let send = SendNotice {
                account: tenant.account(),
                notice: NoticeId::derived(command, 0),
                person: NoticePerson::User(user),
                kind: self.kind(user, (tenant, mailbox)),
                detail: Some(address.to_string()),
                ticket: None,
                day: day_of(recorded.recorded_at),
                language: self.language,
            };
            let correlation = CorrelationId::new(Uuid::now_v7());
            let told = self.engine.run(&Principal::platform(Self::NAME), command, correlation, &send).await;
            told.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })?;
        }
        Ok(())
    }
}

impl TellAdministrators {
    /// With a link, unless the very mailbox whose mail is held would get it: whoever took it over must not release.
    fn kind(&self, user: UserId, held: (TenantId, MailboxId)) -> NoticeKind {
        let email = self.people.email_of(user).and_then(|email| EmailAddress::parse(&email).ok());
        let reaches_held = email.is_none_or(|email| match self.directory.resolve(&email, None) {
            Resolution::Deliver(ends) => ends.mailboxes.iter().any(|end| (end.tenant, end.mailbox) == held),
            _ => false,
        });
        if reaches_held { NoticeKind::SendingHeld } else { NoticeKind::HeldMail }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Causation, Cursor, EventId, Metadata, StreamId, Version, Via};

    use super::*;

    fn habits(new_count: u32, usual_new_count: u32) -> Habits {
        Habits { new_count, usual_new_count, sent_count: new_count, ..Habits::default() }
    }

    #[test]
    fn an_office_passes_and_a_burst_to_strangers_does_not() {
        for (habits, expected) in [
            (habits(3, 2), None),
            (habits(50, 0), None),
            (habits(51, 0), Some(HoldReason::NewRecipients)),
            // Whoever meets many people every day meets many today.
            (habits(200, 40), None),
            (habits(201, 40), Some(HoldReason::NewRecipients)),
            (Habits { is_new_network: true, ..habits(25, 0) }, None),
            (Habits { is_new_network: true, ..habits(26, 0) }, Some(HoldReason::NewNetwork)),
            (Habits { sent_count: 49, bounced_count: 49, ..habits(0, 0) }, None),
            (Habits { sent_count: 100, bounced_count: 9, ..habits(0, 0) }, None),
            (Habits { sent_count: 100, bounced_count: 10, ..habits(0, 0) }, Some(HoldReason::Bounces)),
            // To those whom it knows.
            (Habits { day_count: 500, ..habits(0, 0) }, None),
            (Habits { day_count: 501, ..habits(0, 0) }, Some(HoldReason::Volume)),
            // Who once sent a letter to two thousand may send it again, and to more.
            (Habits { day_count: 10_000, busiest_day_count: 2000, ..habits(0, 0) }, None),
            (Habits { day_count: 10_001, busiest_day_count: 2000, ..habits(0, 0) }, Some(HoldReason::Volume)),
        ] {
            assert_eq!(suspicion(habits), expected, "{habits:?}");
        }
    }

    fn happened(event: MailboxEvent) -> Recorded<HostingEvent> {
        // First a mailbox is held, then somebody settles it.
        let position = Position(if matches!(event, MailboxEvent::SendingReleased { .. }) { 2 } else { 1 });
        let event = HostingEvent::Mailbox(event);
        Recorded {
            cursor: Cursor { tenant: TENANT, position },
            stream: StreamId { category: event.category(), id: MAILBOX },
            version: Version(1),
            id: EventId::new(Uuid::from_u128(7)),
            recorded_at: Timestamp::from_secs(0),
            metadata: Metadata {
                actor: Actor::Operator,
                on_behalf_of: None,
                via: Via::CommandLine,
                correlation: CorrelationId::new(Uuid::from_u128(8)),
                causation: Causation::Command,
                command: None,
                content: None,
            },
            event,
        }
    }

    const TENANT: TenantId = TenantId::PLATFORM;
    const MAILBOX: Uuid = Uuid::from_u128(9);

    /// One message of the mailbox that is queued for one recipient; the recipient is being tried.
    async fn tried() -> (SettleHeld, store::Leased, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let database = database::Database::open_sqlite(&folder.path().join("mail.db")).expect("a file");
        let now: store::Now = Arc::new(|| Timestamp::from_secs(1_000));
        let store = SqlStore::open(database.clone(), now, store::Retention::days(30)).await.expect("a store");
        let correspondents = Correspondents::open(database).await.expect("tables");
        let acceptance = store::Acceptance {
            message: "From: a@x.example\r\n\r\nhello\r\n".into(),
            deposits: Vec::new(),
            queued: vec![store::QueuedRecipient::new(
                EmailAddress::parse("b@b.example").expect("an address"),
            )],
            sender: None,
            tenant: TENANT,
            dsn: (None, None),
            queueing: store::Queueing {
                mailbox: Some(MailboxId::new(MAILBOX)),
                ..store::Queueing::default()
            },
        };
        store::Store::accept(&store, acceptance).await.expect("accepted");
        let line = store.lines(None, 1).await.expect("lines")[0];
        let request = store::LeaseRequest {
            owner: Uuid::from_u128(1),
            now: Timestamp::from_secs(1_000),
            lasts: Duration::from_secs(1_000),
            line,
            domains: vec![(kernel::DomainName::parse("b.example").expect("a name"), 9)],
        };
        let leased = store.lease(request).await.expect("leased");
        assert_eq!(leased.messages.len(), 1);
        (SettleHeld { store: Arc::new(store), correspondents }, leased, folder)
    }

    async fn put_off(store: &SqlStore, leased: &store::Leased) -> RecipientState {
        let settlement = store::Settlement {
            key: leased.messages[0].1[0].key,
            outcome: store::Outcome::Retry {
                due_at: Timestamp::from_secs(1_300),
                delay: store::DelayNotice::None,
            },
            reply: store::RemoteReply::default(),
            site: None,
            source: None,
            reasons: Vec::new(),
            suppress: store::Suppress::No,
        };
        let settling = store::Settling {
            tenant: leased.messages[0].0.tenant,
            token: leased.token,
            settlements: vec![settlement],
            report: None,
        };
        store.settle(settling).await.expect("settled");
        let entries = store.entries(&Selection::default(), None, 10).await.expect("entries");
        entries[0].state
    }

    #[tokio::test]
    async fn what_is_tried_when_a_mailbox_is_held_is_held_where_it_does_not_go() {
        let at = Timestamp::from_secs(1_000);
        let held = || happened(MailboxEvent::SendingHeld { reason: HoldReason::Bounces, at });
        let released = || happened(MailboxEvent::SendingReleased { outcome: HeldMail::Released, at });
        let (effect, leased, _folder) = tried().await;
        effect.perform(&held()).await.expect("held");
        assert_eq!(put_off(&effect.store, &leased).await, RecipientState::Held);
        // Released before that ends, it is tried again.
        let (effect, leased, _folder) = tried().await;
        effect.perform(&held()).await.expect("held");
        effect.perform(&released()).await.expect("released");
        assert_eq!(put_off(&effect.store, &leased).await, RecipientState::Scheduled);
    }

    #[tokio::test]
    async fn a_purge_destroys_what_came_since_the_anomaly_began_and_releases_what_waited_before() {
        let at = |secs| Timestamp::from_secs(secs);
        // It was queued at 1000; what is counted for failures is the hour before the hold.
        for (held_at, state, stage) in [
            (1_100, RecipientState::Removed, store::Stage::Removed),
            (1_000 + 3_601, RecipientState::Scheduled, store::Stage::Released),
        ] {
            let (effect, leased, _folder) = tried().await;
            put_off(&effect.store, &leased).await;
            let held = MailboxEvent::SendingHeld { reason: HoldReason::Bounces, at: at(held_at) };
            let purged = MailboxEvent::SendingReleased { outcome: HeldMail::Purged, at: at(held_at + 1) };
            // Both are heard once more, as after a crash: what is free by then is not held again.
            for _ in 0..2 {
                effect.perform(&happened(held.clone())).await.expect("held, once");
                effect.perform(&happened(purged.clone())).await.expect("purged, once");
            }
            let any = Selection { state: StateSelection::Any, ..Selection::default() };
            let entries = effect.store.entries(&any, None, 10).await.expect("entries");
            assert_eq!(entries[0].state, state, "{held_at}");
            let told = effect.store.passages(TENANT, &store::PassageFilter::default(), None, 10).await;
            let told: Vec<_> = told.expect("passages").into_iter().map(|(_, told)| told).collect();
            let by = told[0].reply.as_ref().map(|reply| reply.text.as_str());
            assert_eq!((told[0].stage, by), (stage, Some("operator")), "{held_at}");
            assert_eq!(told[1].reasons, ["held_by_watch", "watch_bounces"]);
        }
    }

    #[test]
    fn who_was_released_is_left_alone_for_a_day() {
        let at = Timestamp::from_secs(1000);
        assert!(is_trusted(Sending::ReleasedAt(at), at.plus(Duration::from_secs(86_399))));
        assert!(!is_trusted(Sending::ReleasedAt(at), at.plus(RELEASED)));
        assert!(!is_trusted(Sending::Free, at));
        assert!(!is_trusted(Sending::PurgedAt(at), at));
        // By a clock that was a month ahead.
        assert!(!is_trusted(Sending::ReleasedAt(at.plus(30 * RELEASED)), at));
    }
}
