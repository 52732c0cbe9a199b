//! Drives one consumer: hears the doorbell, sweeps, works on several tenants at a time, stops when told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kernel::{Cursor, Position, TenantId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use crate::EngineError;
use crate::engine::Core;
use crate::status::Survey;

/// Tenants that one consumer works on at a time: writes of that many share a flush.
const PARALLEL_TENANT_COUNT_MAX: usize = 8;
/// Longest wait for work to end when the engine stops; what is cut off then is repeated at the next start.
const STOP_WAIT_MAX: Duration = Duration::from_secs(10);
/// The pause after a panic in a consumer.
const PANIC_PAUSE: Duration = Duration::from_secs(60);
/// Nudges that may wait; a lost one is made good by the sweep.
pub(crate) const NUDGE_COUNT_MAX: usize = 256;

/// How work on a tenant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caught {
    /// It is where it was asked to be, or further.
    Up,
    /// It waits for a repair.
    Halted,
    /// It failed for now.
    Again(Duration),
    /// The engine stops.
    Stopped,
}

/// What a scheduler drives.
#[async_trait]
pub(crate) trait Subscriber: Send + Sync + 'static {
    /// Its name in logs and metrics.
    fn name(&self) -> &'static str;

    /// Whether it is known, without asking anybody, to be there already.
    fn has_reached(&self, cursor: Cursor) -> bool;

    /// Where it stands in all tenants.
    async fn survey(&self) -> Result<Survey, EngineError>;

    /// Brings one tenant to `target` at least.
    async fn catch_up(&self, target: Cursor) -> Caught;
}

/// See the module.
pub(crate) struct Scheduler {
    pub(crate) core: Arc<Core>,
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) sweep: Duration,
    pub(crate) nudges: mpsc::Receiver<TenantId>,
    pub(crate) caught_up: watch::Sender<bool>,
}

enum Job {
    Surveyed(Result<Survey, EngineError>),
    Worked(Cursor, Caught),
}

/// What is going on in this moment.
#[derive(Default)]
struct Work {
    queue: crate::queue::Queue,
    jobs: JoinSet<Job>,
    targets: HashMap<Id, Cursor>,
    is_surveying: bool,
}

impl Scheduler {
    /// Runs until the engine stops.
    pub(crate) async fn run(mut self) {
        let mut doorbell = self.core.runner.journal.doorbell();
        let mut is_bell_hung = true;
        let mut sweep = tokio::time::interval(self.sweep);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut work = Work::default();
        loop {
            self.hand_out(&mut work);
            let ripe = work.queue.next_ripe();
            tokio::select! {
                () = self.core.stop.cancelled() => break,
                ring = doorbell.recv(), if is_bell_hung => match ring {
                    Ok(cursor) if self.subscriber.has_reached(cursor) => {}
                    Ok(cursor) => work.queue.push(cursor),
                    Err(RecvError::Lagged(_)) => sweep.reset_immediately(),
                    Err(RecvError::Closed) => is_bell_hung = false,
                },
                Some(tenant) = self.nudges.recv() => {
                    work.queue.hurry(tenant);
                    work.queue.push(Cursor { tenant, position: Position(u64::MAX) });
                }
                _ = sweep.tick(), if !work.is_surveying => {
                    work.is_surveying = true;
                    let subscriber = Arc::clone(&self.subscriber);
                    work.jobs.spawn(async move { Job::Surveyed(subscriber.survey().await) });
                }
                Some(job) = work.jobs.join_next_with_id() => self.finish(&mut work, job),
                () = sleep_until(ripe), if ripe.is_some() => work.queue.ripen(Instant::now()),
            }
        }
        let ending = async { while work.jobs.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WAIT_MAX, ending).await.is_err() {
            tracing::warn!(
                subscription = self.subscriber.name(),
                "work was cut off; it is repeated at the next start"
            );
        }
        work.jobs.shutdown().await;
    }

    fn hand_out(&self, work: &mut Work) {
        while work.jobs.len() - usize::from(work.is_surveying) < PARALLEL_TENANT_COUNT_MAX {
            let Some(target) = work.queue.next() else { break };
            let subscriber = Arc::clone(&self.subscriber);
            let job = async move { Job::Worked(target, subscriber.catch_up(target).await) };
            let id = work.jobs.spawn(job).id();
            work.targets.insert(id, target);
        }
    }

    fn finish(&self, work: &mut Work, job: Result<(Id, Job), JoinError>) {
        let name = self.subscriber.name();
        match job {
            Ok((_, Job::Surveyed(survey))) => {
                work.is_surveying = false;
                match survey {
                    Ok(survey) => self.surveyed(work, &survey),
                    Err(error) => {
                        tracing::warn!(subscription = name, error = %chain(&error), "sweeping failed")
                    }
                }
            }
            Ok((id, Job::Worked(target, caught))) => {
                work.targets.remove(&id);
                match caught {
                    Caught::Up | Caught::Halted => work.queue.done(target.tenant),
                    Caught::Again(pause) => work.queue.again(target, Instant::now() + pause),
                    Caught::Stopped => {}
                }
            }
            Err(error) => match work.targets.remove(&error.id()) {
                Some(target) => {
                    tracing::error!(subscription = name, tenant.id = %target.tenant, "a consumer panicked");
                    work.queue.again(target, Instant::now() + PANIC_PAUSE);
                }
                None => work.is_surveying = false,
            },
        }
        if work.queue.is_caught_up() {
            self.caught_up.send_if_modified(|is| !std::mem::replace(is, true));
        }
    }

    fn surveyed(&self, work: &mut Work, survey: &Survey) {
        self.core.runner.metrics.stands(self.subscriber.name(), &survey.lag());
        let behind = || survey.lagging.iter().filter(|cursor| !self.subscriber.has_reached(**cursor));
        work.queue.begin(behind().map(|cursor| cursor.tenant));
        behind().for_each(|cursor| work.queue.push(*cursor));
    }
}

async fn sleep_until(ripe: Option<Instant>) {
    match ripe {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// An error with its sources, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
