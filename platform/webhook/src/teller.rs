//! Drives all endpoints: several at a time, each by one task.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use caller::Caller;
use database::DatabaseError;
use engine::{DecodeError, Engine, RunError, Subscription};
use journal::{JournalError, StoredEvent};
use kernel::{Position, Timestamp};
use parking_lot::Mutex;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::deliver::{Next, work};
use crate::endpoint::{Haste, Key};
use crate::{Deliveries, Endpoints, Pace};

/// Endpoints that are told at a time.
const PARALLEL_ENDPOINT_COUNT_MAX: usize = 32;
/// Longest sleep: clocks may jump.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// What is told about an event: the words of the API.
#[async_trait]
pub trait Body: Send + Sync + 'static {
    /// The body of a delivery, JSON.
    ///
    /// # Errors
    /// [`BodyError`]: the machine failed, it is asked again.
    async fn of(&self, stored: &StoredEvent) -> Result<Vec<u8>, BodyError>;
}

/// What is told could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the words of an event")]
pub struct BodyError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The machine failed; nothing was told, or it is told again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the tables of webhooks")]
    Table(#[from] DatabaseError),
    #[error("reading events")]
    Read(#[from] JournalError),
    #[error("decoding events")]
    Decode(#[from] DecodeError),
    #[error("pausing a webhook")]
    Run(#[from] RunError),
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// What every task stands on.
pub(crate) struct Shared {
    pub(crate) engine: Arc<Engine>,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) table: Deliveries,
    pub(crate) caller: Caller,
    pub(crate) body: Arc<dyn Body>,
    pub(crate) pace: Pace,
    pub(crate) stop: CancellationToken,
    /// How far endpoints have looked, where that is further than what is kept.
    passed: Mutex<HashMap<Key, Position>>,
    /// Endpoints whose owner waits: their pause is over.
    hurrying: Mutex<BTreeSet<Key>>,
}

impl Shared {
    pub(crate) fn passed(&self, key: Key) -> Position {
        self.passed.lock().get(&key).copied().unwrap_or_default()
    }

    pub(crate) fn pass(&self, key: Key, position: Position) {
        let mut passed = self.passed.lock();
        let known = passed.entry(key).or_default();
        *known = position.max(*known);
    }

    /// Whether the pause of an endpoint is over, once.
    pub(crate) fn hurries(&self, key: Key) -> bool {
        self.hurrying.lock().remove(&key)
    }
}

/// See the module.
pub struct Teller {
    shared: Arc<Shared>,
}

/// What is going on in this moment.
#[derive(Default)]
struct Work {
    jobs: JoinSet<Next>,
    names: HashMap<Id, Key>,
    ready: VecDeque<Key>,
    /// Endpoints that are worked on, and whether something was asked meanwhile.
    active: BTreeMap<Key, bool>,
    /// Endpoints that wait for their next attempt.
    waiting: BTreeMap<Key, Timestamp>,
}

impl Teller {
    /// Tells `endpoints`, which follow the same engine.
    pub fn new(
        engine: Arc<Engine>,
        endpoints: Arc<Endpoints>,
        table: Deliveries,
        (caller, body): (Caller, Arc<dyn Body>),
        pace: Pace,
    ) -> Self {
        let shared = Shared {
            engine,
            endpoints,
            table,
            caller,
            body,
            pace,
            stop: CancellationToken::new(),
            passed: Mutex::default(),
            hurrying: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Runs until `stop`; what is being told then is ended within the time of one attempt. `known` is the subscription of
    /// the endpoints: before it has caught up, nobody knows who is paused.
    pub async fn run(self, known: Subscription, stop: CancellationToken) {
        if !known.caught_up().await {
            return;
        }
        let mut work = Work::default();
        loop {
            self.gather(&mut work);
            self.hand_out(&mut work);
            let nap = self.nap(&work);
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.shared.endpoints.rung() => {}
                Some(ended) = work.jobs.join_next_with_id() => self.ended(&mut work, ended),
                () = tokio::time::sleep(nap) => {}
            }
        }
        self.shared.stop.cancel();
        let ending = async { while work.jobs.join_next().await.is_some() {} };
        if tokio::time::timeout(self.shared.pace.attempt_wait_max, ending).await.is_err() {
            tracing::warn!("deliveries were cut off; they are repeated at the next start");
        }
        work.jobs.shutdown().await;
        if let Err(error) = self.shared.table.release().await {
            tracing::warn!(%error, "webhooks are held a while longer");
        }
    }

    fn gather(&self, work: &mut Work) {
        for (key, haste) in self.shared.endpoints.take() {
            if haste == Haste::Now && work.waiting.remove(&key).is_some() {
                self.shared.hurrying.lock().insert(key);
            }
            if let Some(again) = work.active.get_mut(&key) {
                *again = true;
            } else if !work.waiting.contains_key(&key) && !work.ready.contains(&key) {
                work.ready.push_back(key);
            }
        }
        let now = self.shared.engine.now();
        let ripe: Vec<Key> = work.waiting.iter().filter(|(_, at)| **at <= now).map(|(key, _)| *key).collect();
        for key in ripe {
            work.waiting.remove(&key);
            work.ready.push_back(key);
        }
    }

    fn hand_out(&self, work: &mut Work) {
        while work.jobs.len() < PARALLEL_ENDPOINT_COUNT_MAX {
            let Some(key) = work.ready.pop_front() else { break };
            work.active.insert(key, false);
            let shared = Arc::clone(&self.shared);
            let id = work.jobs.spawn(self::work(shared, key)).id();
            work.names.insert(id, key);
        }
    }

    fn nap(&self, work: &Work) -> Duration {
        let now = self.shared.engine.now();
        let until = work.waiting.values().min().map(|at| at.millis().saturating_sub(now.millis()));
        let until = until.map_or(SLEEP_MAX, |ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        until.clamp(Duration::from_millis(1), SLEEP_MAX)
    }

    fn ended(&self, work: &mut Work, ended: Result<(Id, Next), JoinError>) {
        let now = self.shared.engine.now();
        let (id, next) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "telling a webhook panicked");
                (error.id(), Next::At(now.plus(self.shared.pace.pause_max)))
            }
        };
        let Some(key) = work.names.remove(&id) else { return };
        let again = work.active.remove(&key).unwrap_or_default();
        match next {
            Next::At(at) if at > now => drop(work.waiting.insert(key, at)),
            Next::Rest if !again => {}
            Next::At(_) | Next::Rest => work.ready.push_back(key),
        }
    }
}
