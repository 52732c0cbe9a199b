//! One endpoint: what it is told next, and what came of it.

use std::sync::Arc;
use std::time::Instant;

use authority::Principal;
use caller::{Answer, Bytes, Call, CallError, Method};
use database::DatabaseError;
use hosting::HostingEvent;
use hosting::use_case::ChangeWebhook;
use hosting::webhook::{Pause, Webhook, WebhookCommand, WebhookEvent, WebhookRecord};
use journal::StoredEvent;
use kernel::{
    AccountId, CommandId, CorrelationId, Cursor, Decider as _, Id as _, Position, StreamId, Timestamp,
};
use uuid::Uuid;

use crate::endpoint::{Endpoint, Key};
use crate::signature::{SIGNATURE_HEADER, signature};
use crate::table::{Delivery, Fault, Outcome, Standing};
use crate::teller::{Shared, Trouble};

/// Events that are looked at in one go.
const PAGE_EVENT_COUNT: usize = 100;
/// Events that may be passed over before that is kept: a restart looks at them again.
const UNKEPT_COUNT_MAX: u64 = 500;
/// Most octets of an answer that are read: it is of no interest, but a connection ends politely.
const ANSWER_OCTETS_MAX: usize = 4096;
/// The answer of an endpoint that is gone for good (RFC 9110 section 15.5.11).
const GONE: u16 = 410;

/// What is to be done next about an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing until something happens.
    Rest,
    /// Another look then.
    At(Timestamp),
}

/// An event to be told.
struct Telling<'a> {
    stored: &'a StoredEvent,
    /// Where the endpoint stands once it was taken.
    then: Standing,
    is_replay: bool,
}

/// The work on one endpoint.
pub(crate) struct Run<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) key: Key,
    standing: Standing,
    kept: Position,
    /// Whether its owner waits, so that a pause is over.
    hurries: bool,
}

impl<'a> Run<'a> {
    pub(crate) async fn new(shared: &'a Shared, key: Key) -> Result<Self, DatabaseError> {
        let standing = shared.table.standing(key).await?;
        Ok(Self { shared, key, standing, kept: standing.position, hurries: shared.hurries(key) })
    }

    /// Tells everything that there is to tell.
    pub(crate) async fn go(mut self) -> Result<Next, Trouble> {
        loop {
            let Some(endpoint) = self.shared.endpoints.get(self.key) else {
                self.shared.table.forget(self.key).await?;
                return Ok(Next::Rest);
            };
            if endpoint.active().is_none() || self.shared.stop.is_cancelled() {
                return Ok(Next::Rest);
            }
            self.skip_to(endpoint.since.max(self.shared.passed(self.key)));
            let after = Cursor { tenant: self.key.0, position: self.standing.position };
            let page = self.shared.engine.read_tenant(after, PAGE_EVENT_COUNT).await?;
            if page.is_empty() {
                return Ok(Next::Rest);
            }
            if let Some(next) = self.page(&page).await? {
                return Ok(next);
            }
        }
    }

    /// Leaves out what lies before a position, unless it is there already.
    fn skip_to(&mut self, position: Position) {
        if position > self.standing.position {
            let delivery_count = self.standing.delivery_count;
            self.standing = Standing { position, delivery_count, ..Standing::default() };
        }
    }

    /// Tells what is in a page; none: look for another one.
    async fn page(&mut self, page: &[StoredEvent]) -> Result<Option<Next>, Trouble> {
        for stored in page {
            let Some(endpoint) = self.shared.endpoints.get(self.key) else { return Ok(None) };
            let Some(record) = endpoint.active() else { return Ok(Some(Next::Rest)) };
            if endpoint.since > self.standing.position {
                return Ok(None);
            }
            let position = stored.cursor.position;
            let own = self.own(stored).await?;
            let next = match own {
                Some(WebhookEvent::ReplayRequested { from, to }) => {
                    let to = to.min(Position(position.0.saturating_sub(1)));
                    self.replay(from, to, position).await?
                }
                Some(WebhookEvent::TestRequested) => self.tell(&endpoint, self.telling(stored)).await?,
                Some(_) | None if record.kinds.has(&stored.raw.kind) && !is_of_others(stored, self.key) => {
                    self.tell(&endpoint, self.telling(stored)).await?
                }
                Some(_) | None => {
                    self.pass(position).await?;
                    None
                }
            };
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }

    fn telling<'s>(&self, stored: &'s StoredEvent) -> Telling<'s> {
        let then = Standing {
            position: stored.cursor.position,
            delivery_count: self.standing.delivery_count,
            ..Standing::default()
        };
        Telling { stored, then, is_replay: false }
    }

    /// The event, where it is one of this very webhook.
    async fn own(&self, stored: &StoredEvent) -> Result<Option<WebhookEvent>, Trouble> {
        if stored.stream != StreamId::new(Webhook::CATEGORY, self.key.1) {
            return Ok(None);
        }
        let decoded = self.shared.engine.decode::<HostingEvent>(vec![stored.clone()]).await?;
        Ok(decoded.into_iter().find_map(|recorded| match recorded.event {
            HostingEvent::Webhook(event) => Some(event),
            _ => None,
        }))
    }

    /// Passes over an event that is not told.
    async fn pass(&mut self, position: Position) -> Result<(), Trouble> {
        self.standing.position = position;
        self.shared.pass(self.key, position);
        if position.0.saturating_sub(self.kept.0) >= UNKEPT_COUNT_MAX {
            // Where another node holds it, that one keeps its place.
            if self.hold().await? {
                self.shared.table.keep(self.key, self.standing, None).await?;
            }
            self.kept = position;
        }
        Ok(())
    }

    async fn hold(&self) -> Result<bool, DatabaseError> {
        let now = self.shared.engine.now();
        self.shared.table.hold(self.key, now, now.plus(self.shared.pace.hold)).await
    }

    /// Tells again what lies from `from` to `to`, as it was asked for at `asked`.
    async fn replay(
        &mut self,
        from: Position,
        to: Position,
        asked: Position,
    ) -> Result<Option<Next>, Trouble> {
        let before = Position(from.0.saturating_sub(1));
        loop {
            let after = self.standing.replayed.unwrap_or(before);
            let cursor = Cursor { tenant: self.key.0, position: after };
            let mut page = self.shared.engine.read_tenant(cursor, PAGE_EVENT_COUNT).await?;
            page.retain(|stored| stored.cursor.position <= to);
            let Some(last) = page.last().map(|stored| stored.cursor.position) else { break };
            for stored in &page {
                let Some(endpoint) = self.shared.endpoints.get(self.key) else { return Ok(None) };
                let Some(record) = endpoint.active() else { return Ok(Some(Next::Rest)) };
                let replayed = Some(stored.cursor.position);
                if !record.kinds.has(&stored.raw.kind) || is_of_others(stored, self.key) {
                    self.standing.replayed = replayed;
                    continue;
                }
                let then = Standing {
                    replayed,
                    position: self.standing.position,
                    delivery_count: self.standing.delivery_count,
                    ..Standing::default()
                };
                let next = self.tell(&endpoint, Telling { stored, then, is_replay: true }).await?;
                if next.is_some() {
                    return Ok(next);
                }
            }
            if last >= to {
                break;
            }
        }
        self.standing.replayed = None;
        self.pass(asked).await?;
        if self.hold().await? {
            self.shared.table.keep(self.key, self.standing, None).await?;
        }
        Ok(None)
    }

    /// Tells one event; none: it was taken, go on.
    async fn tell(&mut self, endpoint: &Endpoint, telling: Telling<'_>) -> Result<Option<Next>, Trouble> {
        let Some(record) = endpoint.active() else { return Ok(Some(Next::Rest)) };
        let now = self.shared.engine.now();
        if let Some(at) = self.standing.next_attempt_at.filter(|at| *at > now && !self.hurries) {
            return Ok(Some(Next::At(at)));
        }
        self.hurries = false;
        if !self.hold().await? {
            return Ok(Some(Next::At(now.plus(self.shared.pace.pause_first))));
        }
        let kept = self.shared.table.standing(self.key).await?;
        if kept.position > self.standing.position {
            // Another node was quicker.
            (self.standing, self.kept) = (kept, kept.position);
            return Ok(Some(Next::At(now)));
        }
        let started = Instant::now();
        let answered = self.call(record, &telling).await?;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.settle(&telling, &answered, duration_ms).await
    }

    async fn call(
        &self,
        record: &WebhookRecord,
        telling: &Telling<'_>,
    ) -> Result<Result<Answer, CallError>, Trouble> {
        let body = self.shared.body.of(telling.stored).await?;
        let now = self.shared.engine.now();
        let (Some(url), Some(secret)) = (record.url.plain(), record.secret.plain()) else {
            return Ok(Err(CallError::Url));
        };
        let previous = record.previous.as_ref().filter(|previous| previous.until > now);
        let previous = previous.and_then(|previous| previous.secret.plain());
        let secrets = [Some(secret), previous].into_iter().flatten().map(|secret| secret.as_str());
        let signed = signature(secrets, now, &body);
        let call = Call {
            method: Method::POST,
            url: url.as_str().to_owned(),
            headers: Vec::new(),
            body: Bytes::from(body),
            answer_octets_max: ANSWER_OCTETS_MAX,
            deadline: self.shared.pace.attempt_wait_max,
        };
        let attempt = self.standing.attempt_count.saturating_add(1).to_string();
        let headed = call
            .header("content-type", "application/json")
            .and_then(|call| call.header(SIGNATURE_HEADER, &signed))
            .and_then(|call| call.header("hosterra-event-id", &telling.stored.id.to_string()))
            .and_then(|call| call.header("hosterra-event-kind", &telling.stored.raw.kind))
            .and_then(|call| call.header("hosterra-attempt", &attempt))
            .and_then(|call| {
                call.header("hosterra-replay", if telling.is_replay { "true" } else { "false" })
            });
        match headed {
            Ok(call) => Ok(self.shared.caller.call(call).await),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Keeps what an attempt came to, with where the endpoint stands now.
    async fn settle(
        &mut self,
        telling: &Telling<'_>,
        answered: &Result<Answer, CallError>,
        duration_ms: u64,
    ) -> Result<Option<Next>, Trouble> {
        let now = self.shared.engine.now();
        let status = answered.as_ref().ok().map(|answer| answer.status);
        let fault = fault(answered);
        let attempt_count = self.standing.attempt_count.saturating_add(1);
        let is_first = attempt_count == 1;
        let number = self.standing.delivery_count + u64::from(is_first);
        let pause = match fault {
            None => None,
            Some(_) if status == Some(GONE) => Some(Pause::Gone),
            Some(_) if attempt_count >= self.shared.pace.attempt_count_max => Some(Pause::Failing),
            Some(_) => None,
        };
        let (outcome, next_attempt_at) = match (fault, pause) {
            (None, _) => (Outcome::Delivered, None),
            (Some(_), Some(_)) => (Outcome::GivenUp, None),
            (Some(_), None) => (Outcome::Retrying, Some(now.plus(self.shared.pace.pause(attempt_count)))),
        };
        self.standing = match outcome {
            Outcome::Delivered => telling.then,
            // After a pause the same event is tried afresh.
            Outcome::GivenUp => Standing { attempt_count: 0, next_attempt_at: None, ..self.standing },
            Outcome::Retrying => Standing { attempt_count, next_attempt_at, ..self.standing },
        };
        self.standing.delivery_count = number;
        let delivery = Delivery {
            number,
            event: telling.stored.id,
            kind: telling.stored.raw.kind.clone().into_owned(),
            position: telling.stored.cursor.position,
            is_replay: telling.is_replay,
            outcome,
            status,
            fault,
            duration_ms,
            attempt_count,
            first_at: now,
            last_at: now,
            next_attempt_at,
        };
        if !self.shared.table.keep(self.key, self.standing, Some(&delivery)).await? {
            return Ok(Some(Next::At(now.plus(self.shared.pace.pause_first))));
        }
        self.kept = self.standing.position;
        self.shared.pass(self.key, self.standing.position);
        if let Some(cause) = pause {
            self.pause(cause).await?;
            return Ok(Some(Next::Rest));
        }
        Ok(next_attempt_at.map(Next::At))
    }

    /// Lets the webhook pause itself: an event, of which its owner is told otherwise.
    async fn pause(&self, cause: Pause) -> Result<(), Trouble> {
        let (tenant, webhook) = self.key;
        let account: AccountId = tenant.account();
        let pause = ChangeWebhook { account, webhook, command: WebhookCommand::Pause(cause) };
        let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
        let principal = Principal::platform("webhook");
        let cursor = match self.shared.engine.run(&principal, command, correlation, &pause).await? {
            engine::Outcome::Done { cursor, .. } => cursor,
            engine::Outcome::Refused(_) | engine::Outcome::Denied(_) => return Ok(()),
        };
        tracing::info!(account.id = %account, webhook.id = %webhook, ?cause, "a webhook pauses itself");
        // Until the follower has heard of it, the next look would tell again.
        let wait = self.shared.pace.attempt_wait_max;
        self.shared.engine.wait_for(<crate::Endpoints as engine::Follower>::NAME, cursor, wait).await;
        Ok(())
    }
}

/// Tests and replays of one webhook are nobody else's business.
fn is_of_others(stored: &StoredEvent, key: Key) -> bool {
    matches!(stored.raw.kind.as_ref(), "webhook.test_requested" | "webhook.replay_requested")
        && stored.stream.id != key.1.uuid()
}

fn fault(answered: &Result<Answer, CallError>) -> Option<Fault> {
    match answered {
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(_) => Some(Fault::Status),
        Err(CallError::Url | CallError::Header(_) | CallError::Lookup(_)) => Some(Fault::Address),
        Err(CallError::Forbidden | CallError::Clear) => Some(Fault::Forbidden),
        Err(CallError::Connect(_)) => Some(Fault::Connection),
        Err(CallError::Tls(_)) => Some(Fault::Tls),
        Err(CallError::Http(_)) => Some(Fault::Garbage),
        Err(CallError::Late) => Some(Fault::Late),
    }
}

/// Works on one endpoint, with troubles of the machine logged.
pub(crate) async fn work(shared: Arc<Shared>, key: Key) -> Next {
    let run = async { Run::new(&shared, key).await?.go().await };
    match run.await {
        Ok(next) => next,
        Err(trouble) => {
            tracing::warn!(account.id = %key.0.account(), webhook.id = %key.1, error = %trouble, "tried again soon");
            Next::At(shared.engine.now().plus(shared.pace.pause_first))
        }
    }
}
