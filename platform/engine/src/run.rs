//! Running a use case: repeat? fold, authorise, decide, seal, append; again where the streams changed meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use authority::{Denied, Need, Permission, Principal, Resource};
use journal::keyring::{Keyring, Sealer, TenantKeys};
use journal::{
    Append, AppendError, Appended, Check, Clock, EncodedEvent, EncodedWrite, FoundCommand, Journal,
    JournalError, STREAM_PAGE_EVENT_COUNT_MAX, Tail,
};
use kernel::{
    Actor, Causation, Changes, ClaimKind, CorrelationId, Cursor, History, Id as _, Intention, Malformed,
    Metadata, Open, OpenError, Opened, Reads, STREAM_EVENT_COUNT_MAX, SealError, SealedBytes, StreamId,
    TenantId,
};
use tracing::Instrument as _;

use crate::case::{Case, Verdict};
use crate::folds::{Folds, Kept, Place};
use crate::metrics::Metrics;
use crate::{Outcome, RunError};

/// Events of a stream up to which whoever it is about may go: what follows is for those who look after them.
pub const OWN_EVENT_COUNT_MAX: u64 = 90_000;
/// Up to which the people of an account may go: for them it is full, and what follows is for the platform.
pub const PEOPLE_EVENT_COUNT_MAX: u64 = 100_000;
/// Up to which the platform goes by itself: what follows, to [`STREAM_EVENT_COUNT_MAX`], is for its operators alone, who can still
/// delete, end or erase what is full, whatever the platform went on noting.
pub const PLATFORM_EVENT_COUNT_MAX: u64 = 105_000;
/// How often a use case is decided before it gives up: of n writers at one stream one gets through in each round.
pub const ATTEMPT_COUNT_MAX: u32 = 24;
/// Rounds that follow one another at once; then pauses grow by a millisecond each.
const ATTEMPT_COUNT_HASTY: u32 = 4;
/// Longest wait for an answer; repeating the command afterwards is safe.
pub const RUN_WAIT_MAX: Duration = Duration::from_secs(30);

/// Who runs a use case, as which command, and why.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// Who acts.
    pub principal: &'a Principal,
    /// The intention: the key of idempotency, and its name.
    pub command: Intention,
    /// The request that all this belongs to.
    pub correlation: CorrelationId,
    /// What led here.
    pub causation: Causation,
}

impl Circumstances<'_> {
    const fn metadata(&self) -> Metadata {
        Metadata {
            actor: self.principal.actor,
            on_behalf_of: self.principal.on_behalf_of,
            via: self.principal.via,
            correlation: self.correlation,
            causation: self.causation,
            command: self.command.name,
            content: self.command.content,
        }
    }
}

/// Runs use cases; cheap to clone.
#[derive(Clone)]
pub struct Runner {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Metrics,
    pub(crate) folds: Arc<Folds>,
}

/// What one round gave.
enum Round<R> {
    Settled(Outcome<R>),
    /// Something changed meanwhile; the error to give where it was the last round.
    Again(RunError),
}

/// Keys of all tenants that a use case reads.
struct KeysRead(Vec<Arc<TenantKeys>>);

impl Open for KeysRead {
    /// Of one person several tenants may have keys: the one that opens is the right one, since what is sealed under it
    /// names its tenant. A key that was destroyed is the right one where no other opens.
    fn open(&self, sealed: &SealedBytes) -> Result<Opened<Vec<u8>>, OpenError> {
        let (mut is_erased, mut fault) = (false, OpenError::UnknownSubject(sealed.subject));
        let mut is_unknown = self.0.is_empty();
        for keys in &self.0 {
            match keys.open(sealed) {
                Ok(Opened::Plain(plain)) => return Ok(Opened::Plain(plain)),
                Ok(Opened::Erased) => is_erased = true,
                Err(OpenError::UnknownSubject(_)) => is_unknown = true,
                Err(error @ OpenError::Cipher(_)) => fault = error,
            }
        }
        match (is_erased, is_unknown) {
            (true, _) => Ok(Opened::Erased),
            // Its key may have been made by another node meanwhile: that is looked up before anything is called a fault.
            (false, true) => Err(OpenError::UnknownSubject(sealed.subject)),
            (false, false) => Err(fault),
        }
    }
}

/// The streams of a use case as they are now.
struct Read {
    streams: Vec<(Option<TenantId>, StreamId)>,
    /// The same with the tenant of each, and how many of its keys were destroyed when reading began.
    places: Vec<(Place, u64)>,
    histories: Vec<History>,
    keys: KeysRead,
}

impl Read {
    /// What was folded is the base of what follows.
    fn advance(&mut self) {
        for history in &mut self.histories {
            if let Some(folded) = history.folded.take() {
                history.base = Some(folded);
                history.events.clear();
            }
        }
    }
}

/// Folds histories as far as they were read; gives what they come to where they are whole.
type Fold<'a, T> = dyn Fn(&[History], &dyn Open, bool) -> Result<Option<T>, Malformed> + Send + Sync + 'a;

/// What reading and folding gave.
enum Gathered<T> {
    Whole(Box<Read>, T),
    /// A key is not known that may be known by now.
    Again(RunError),
}

impl Runner {
    /// See [`crate::Engine::run`]; the causation may be an event.
    ///
    /// # Errors
    /// [`RunError`]: the machine failed.
    pub async fn run<R: From<ClaimKind> + Send>(
        &self,
        by: Circumstances<'_>,
        use_case: &dyn Case<R>,
    ) -> Result<Outcome<R>, RunError> {
        let started = Instant::now();
        let name = use_case.name();
        let span = tracing::info_span!("command", use_case = name, tenant.id = %use_case.tenant(), command.id = %by.command.id);
        let rounds = Box::pin(self.rounds(by, use_case).instrument(span.clone()));
        let late = |_| Err(RunError::Late { use_case: name });
        let ran = tokio::time::timeout(RUN_WAIT_MAX, rounds).await.unwrap_or_else(late);
        let outcome = ran.as_ref().map_or("failed", Outcome::label);
        let took = started.elapsed();
        self.metrics.ran(name, outcome, took);
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        span.in_scope(|| tracing::info!(outcome, duration_ms, "command"));
        ran
    }

    /// The states of some things of a tenant as they are now, for a reader that no projection serves. Asks no
    /// authority: the caller has.
    ///
    /// # Errors
    /// [`RunError`]: reading failed.
    pub async fn load<R: Reads>(&self, tenant: TenantId, reads: &R) -> Result<R::States, RunError> {
        let fold = |histories: &[History], open: &dyn Open, is_whole: bool| {
            let states = reads.fold(&mut histories.iter(), open)?;
            Ok(is_whole.then_some(states))
        };
        let mut attempts = 1;
        loop {
            let mut streams = Vec::new();
            reads.streams(&mut streams);
            match self.gather("load", (tenant, streams), &fold).await? {
                Gathered::Whole(_, states) => return Ok(states),
                Gathered::Again(error) if attempts == ATTEMPT_COUNT_MAX => return Err(error),
                Gathered::Again(_) => attempts += 1,
            }
        }
    }

    async fn rounds<R: From<ClaimKind> + Send>(
        &self,
        by: Circumstances<'_>,
        use_case: &dyn Case<R>,
    ) -> Result<Outcome<R>, RunError> {
        let mut attempts = 1;
        loop {
            match self.round(by, use_case, attempts).await? {
                Round::Settled(outcome) => return Ok(outcome),
                Round::Again(error) if attempts == ATTEMPT_COUNT_MAX => return Err(error),
                Round::Again(_) => {}
            }
            let pause = u64::from(attempts.saturating_sub(ATTEMPT_COUNT_HASTY));
            tokio::time::sleep(Duration::from_millis(pause)).await;
            attempts += 1;
        }
    }

    async fn round<R: From<ClaimKind> + Send>(
        &self,
        by: Circumstances<'_>,
        use_case: &dyn Case<R>,
        attempts: u32,
    ) -> Result<Round<R>, RunError> {
        let (name, tenant) = (use_case.name(), use_case.tenant());
        let reading = |source| RunError::Read { use_case: name, source };
        if let Some(found) = self.journal.find_command(tenant, by.command.id).await.map_err(reading)? {
            return Ok(Round::Settled(repeated(by, found)));
        }
        let judge = |histories: &[History], open: &dyn Open, is_whole: bool| match is_whole {
            true => use_case.judge(by.principal, (histories, open), self.clock.now()).map(Some),
            false => use_case.fold(histories, open).map(|()| None),
        };
        let (read, verdict) = match self.gather(name, (tenant, use_case.streams()), &judge).await? {
            Gathered::Whole(read, verdict) => (read, verdict),
            Gathered::Again(error) => return Ok(Round::Again(error)),
        };
        let outcome = match verdict {
            Verdict::Denied(denied) => Outcome::Denied(denied),
            Verdict::Refused(refusal) => Outcome::Refused(refusal),
            Verdict::Changes(changes) if is_nothing(&changes) => {
                let position = self.journal.head(tenant).await.map_err(reading)?;
                Outcome::Done { cursor: Cursor { tenant, position }, is_repeat: false }
            }
            Verdict::Changes(changes) => return self.append(by, use_case, &read, changes, attempts).await,
        };
        // The same command may have been appended since the first look: then its own effects said no.
        match self.journal.find_command(tenant, by.command.id).await.map_err(reading)? {
            Some(found) => Ok(Round::Settled(repeated(by, found))),
            None => Ok(Round::Settled(outcome)),
        }
    }

    /// Reads and folds; page by page where a stream is longer than one page and nothing of it is kept. Ends, since a
    /// stream has an end.
    ///
    /// `fold` is given the histories as far as they were read, and whether that is all: then it gives what they come to.
    async fn gather<T>(
        &self,
        use_case: &'static str,
        (tenant, streams): (TenantId, Vec<(Option<TenantId>, StreamId)>),
        fold: &Fold<'_, T>,
    ) -> Result<Gathered<T>, RunError> {
        let reading = |source| RunError::Read { use_case, source };
        let mut read = self.begin(tenant, streams).await.map_err(reading)?;
        loop {
            let is_whole = self.follow(&mut read).await.map_err(reading)?;
            match fold(&read.histories, &read.keys, is_whole) {
                Ok(Some(found)) => {
                    self.keep(&read);
                    return Ok(Gathered::Whole(Box::new(read), found));
                }
                Ok(None) => read.advance(),
                Err(source) => {
                    let error = RunError::Fold { use_case, source };
                    return self.fold_failed(tenant, &read, error).map(Gathered::Again);
                }
            }
        }
    }

    /// The keys, and what is kept of the streams.
    async fn begin(
        &self,
        tenant: TenantId,
        streams: Vec<(Option<TenantId>, StreamId)>,
    ) -> Result<Read, JournalError> {
        let mut tenants = vec![tenant];
        for (foreign, _) in &streams {
            tenants.extend(foreign.filter(|foreign| !tenants.contains(foreign)));
        }
        // Keys first: events that are read afterwards may name keys made since, which is noticed and mended.
        let mut keys = Vec::with_capacity(tenants.len());
        for tenant in &tenants {
            keys.push(self.keyring.tenant(*tenant).await?);
        }
        // Counted before anything is opened: a key that is destroyed meanwhile makes what is kept useless, not wrong.
        let destroyed: Vec<u64> = keys.iter().map(|keys| keys.destroyed_count()).collect();
        let placed = streams.iter().map(|(foreign, stream)| {
            let of = foreign.unwrap_or(tenant);
            let count = tenants.iter().position(|known| *known == of).and_then(|index| destroyed.get(index));
            ((of, *stream), count.copied().unwrap_or_default())
        });
        let places: Vec<(Place, u64)> = placed.collect();
        let begun = places.iter().map(|(place, count)| match self.folds.get(place, *count) {
            Some(kept) => History { version: kept.version, base: Some(kept.folded), ..History::default() },
            None => History::default(),
        });
        let histories = begun.collect();
        Ok(Read { streams, places, histories, keys: KeysRead(keys) })
    }

    /// Reads on where each history ends; whether all of them are whole now.
    async fn follow(&self, read: &mut Read) -> Result<bool, JournalError> {
        let tails = read.places.iter().zip(&read.histories);
        let tails: Vec<Tail> = tails
            .map(|(((tenant, stream), _), history)| Tail {
                tenant: *tenant,
                stream: *stream,
                after: history.version,
            })
            .collect();
        let mut is_whole = true;
        for (history, page) in read.histories.iter_mut().zip(self.journal.read_streams(&tails).await?) {
            is_whole &= page.len() < STREAM_PAGE_EVENT_COUNT_MAX;
            history.version = page.last().map_or(history.version, |event| event.version);
            history.events.extend(page.into_iter().map(|event| event.raw));
        }
        Ok(is_whole)
    }

    /// Keeps what the long ones have come to.
    fn keep(&self, read: &Read) {
        for ((place, destroyed_count), history) in read.places.iter().zip(&read.histories) {
            if let Some(folded) = history.folded.get() {
                let (version, folded) = (history.version, folded.clone());
                self.folds.put(*place, Kept { version, destroyed_count: *destroyed_count, folded });
            }
        }
    }

    /// A key that memory does not know may have been made by another node: look again before calling it a fault.
    fn fold_failed(&self, tenant: TenantId, read: &Read, error: RunError) -> Result<RunError, RunError> {
        let RunError::Fold { source: Malformed::Sealed(OpenError::UnknownSubject(_)), .. } = &error else {
            return Err(error);
        };
        self.keyring.refresh(tenant);
        read.streams
            .iter()
            .filter_map(|(foreign, _)| *foreign)
            .for_each(|foreign| self.keyring.refresh(foreign));
        Ok(error)
    }

    async fn append<R: From<ClaimKind>>(
        &self,
        by: Circumstances<'_>,
        use_case: &dyn Case<R>,
        read: &Read,
        changes: Changes,
        attempts: u32,
    ) -> Result<Round<R>, RunError> {
        let (name, tenant) = (use_case.name(), use_case.tenant());
        let keys = read.keys.0.first().map(Arc::clone).unwrap_or_default();
        let mut sealer = self.keyring.sealer(keys);
        let writes = encode(name, &changes, read, &mut sealer)?;
        if let Some(denied) = writes.iter().find_map(|write| no_room(by.principal, write)) {
            return Ok(Round::Settled(Outcome::Denied(denied)));
        }
        let is_written = |stream| changes.writes.iter().any(|write| write.stream == stream);
        let own = read.streams.iter().zip(&read.histories).filter(|((foreign, _), _)| foreign.is_none());
        let checks = own
            .filter(|((_, stream), _)| !is_written(*stream))
            .map(|((_, stream), history)| Check { stream: *stream, expected: history.version });
        let named = |(claim, stream): &(kernel::Claim, StreamId)| (self.keyring.claim_key(claim), *stream);
        let append = Append {
            tenant,
            command: by.command.id,
            metadata: by.metadata(),
            checks: checks.collect(),
            writes,
            claims_taken: changes.claims_taken.iter().map(named).collect(),
            claims_released: changes.claims_released.iter().map(named).collect(),
            keys: sealer.new_keys(),
        };
        let contended = RunError::Contended { use_case: name, attempts };
        match self.journal.append(append).await {
            Ok(Appended::New(cursor)) => {
                sealer.appended();
                Ok(Round::Settled(Outcome::Done { cursor, is_repeat: false }))
            }
            // The next look finds it, and what it said.
            Ok(Appended::Already(_)) => Ok(Round::Again(contended)),
            Err(AppendError::Conflict { stream, found }) => {
                // Mostly somebody was faster. Where there is less than was read, the tenant was removed below.
                for ((place, _), history) in read.places.iter().zip(&read.histories) {
                    if place.1 == stream && found < history.version {
                        self.folds.forget(place);
                    }
                }
                Ok(Round::Again(contended))
            }
            Err(AppendError::KeyExists(_)) => {
                self.keyring.refresh(tenant);
                Ok(Round::Again(contended))
            }
            Err(AppendError::ClaimTaken { claim, .. }) => {
                Ok(Round::Settled(Outcome::Refused(R::from(claim.kind))))
            }
            // The same command got in between look and read, and was decided on its own effects: the next look finds it.
            Err(source @ AppendError::DifferentCommand(_)) => {
                Ok(Round::Again(RunError::Append { use_case: name, source }))
            }
            Err(source) => Err(RunError::Append { use_case: name, source }),
        }
    }
}

/// What a command comes to that was appended before: what came of it then, unless it says something else now. Where nobody kept
/// what it said, it is the same.
fn repeated<R>(by: Circumstances<'_>, found: FoundCommand) -> Outcome<R> {
    match (by.command.content, found.content) {
        (Some(given), Some(known)) if given != known => Outcome::Denied(Denied::CommandReused),
        (Some(_) | None, Some(_) | None) => Outcome::Done { cursor: found.cursor, is_repeat: true },
    }
}

/// Why a stream takes no more of these events. Whoever changes themselves leaves the last part of their history to those who
/// look after them, and these the part behind it to the platform.
fn no_room(principal: &Principal, write: &EncodedWrite) -> Option<Denied> {
    let is_own = match principal.actor {
        Actor::User(user) => user.uuid() == write.stream.id,
        Actor::Mailbox(mailbox) => mailbox.uuid() == write.stream.id,
        Actor::Operator | Actor::Platform(_) => false,
    };
    let governing = Need { permission: Permission::PlatformWrite, resource: Resource::PLATFORM };
    let most = match principal.actor {
        Actor::Platform(_) => PLATFORM_EVENT_COUNT_MAX,
        Actor::User(_) | Actor::Mailbox(_) | Actor::Operator if is_own => OWN_EVENT_COUNT_MAX,
        Actor::User(_) | Actor::Mailbox(_) | Actor::Operator => match authority::may(principal, &governing) {
            Ok(()) => STREAM_EVENT_COUNT_MAX,
            Err(_) => PEOPLE_EVENT_COUNT_MAX,
        },
    };
    let last = write.expected.0.saturating_add(u64::try_from(write.events.len()).unwrap_or(u64::MAX));
    match last > most {
        true if is_own && last <= PEOPLE_EVENT_COUNT_MAX => Some(Denied::HistoryNearlyFull),
        true => Some(Denied::HistoryFull),
        false => None,
    }
}

fn is_nothing(changes: &Changes) -> bool {
    changes.writes.is_empty() && changes.claims_taken.is_empty() && changes.claims_released.is_empty()
}

/// The events in their stored form, each stream with the version that was read.
fn encode(
    use_case: &'static str,
    changes: &Changes,
    read: &Read,
    sealer: &mut Sealer<'_>,
) -> Result<Vec<EncodedWrite>, RunError> {
    let sealing = |source: SealError| RunError::Seal { use_case, source };
    let mut writes = Vec::with_capacity(changes.writes.len());
    for write in &changes.writes {
        let of_own = |((foreign, stream), _): &(&(Option<TenantId>, StreamId), &History)| {
            foreign.is_none() && *stream == write.stream
        };
        let (_, history) = read
            .streams
            .iter()
            .zip(&read.histories)
            .find(of_own)
            .ok_or(RunError::Undeclared { use_case, stream: write.stream })?;
        let events = write.events.iter().map(|event| {
            Ok(EncodedEvent { kind: event.kind(), payload: event.encode(sealer).map_err(sealing)? })
        });
        let events = events.collect::<Result<_, RunError>>()?;
        writes.push(EncodedWrite { stream: write.stream, expected: history.version, events });
    }
    Ok(writes)
}
