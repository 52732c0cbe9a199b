//! Hashing and checking passwords: dear on purpose, so done on the blocking pool and by few at once.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, Result};
use hosting::PasswordHash;
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::throttle::Throttle;
use crate::error::Fault;
use crate::request::{Asked, boxed};

/// Longest wait for a turn at hashing.
const TURN_WAIT_MAX: Duration = Duration::from_secs(5);

/// Bounds and throttles what costs: hashing of passwords, and guessing them.
#[derive(Debug)]
pub struct SignIns {
    pub(crate) throttle: Throttle,
    /// Counts requests of whoever is not signed in.
    pub(crate) requests: Throttle,
    turns: Arc<Semaphore>,
}

impl SignIns {
    /// At most `parallel_count_max` passwords are hashed at once; each takes about 20 MiB meanwhile.
    pub fn new(parallel_count_max: usize) -> Self {
        Self {
            throttle: Throttle::default(),
            requests: Throttle::default(),
            turns: Arc::new(Semaphore::new(parallel_count_max.max(1))),
        }
    }
}

/// The argon2id hash of a new password.
#[boxed]
pub(crate) async fn hashed(ctx: &Context<'_>, password: SecretString) -> Result<PasswordHash> {
    let hash = in_turn(ctx, move || directory::password::hash(&password)).await?;
    let hash = hash.map_err(|error| ctx.failed("hashing a password", &error))?;
    PasswordHash::parse(&hash).map_err(|error| ctx.failed("the hash of a password", &error))
}

/// Whether `password` has this hash. Without a hash it is wrong, after the same time.
pub(crate) async fn proved(ctx: &Context<'_>, password: SecretString, hash: Option<&str>) -> Result<bool> {
    let hash = hash.map(str::to_owned);
    in_turn(ctx, move || directory::password::verify(&password, hash.as_deref())).await
}

async fn in_turn<T: Send + 'static>(
    ctx: &Context<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    let turns = ctx.platform()?.sign_ins.turns.clone();
    let turn = match tokio::time::timeout(TURN_WAIT_MAX, turns.acquire_owned()).await {
        Ok(Ok(turn)) => turn,
        Ok(Err(_)) | Err(_) => return Err(ctx.fault(Fault::Busy)),
    };
    let worked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    worked.await.map_err(|error| ctx.failed("hashing a password", &error))
}
