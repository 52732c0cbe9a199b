//! Exchanging refresh tokens: once each, however many tabs ask at the same moment.
//!
//! The API ends a session whose refresh token is shown twice. A browser with several tabs shows it several times within
//! a moment; they all get what the first exchange gave.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;

use super::door::Tokens;

/// How long the outcome of an exchange is told to those who show the old token again.
const TOLD_FOR: Duration = Duration::from_secs(30);
/// Exchanges that are remembered at most; beyond, the oldest are forgotten before their time.
const EXCHANGE_COUNT_MAX: usize = 10_000;

/// What an exchange came to.
#[derive(Debug, Clone)]
pub(crate) enum Renewed {
    /// New tokens.
    Tokens(Tokens),
    /// The session is over.
    Over,
    /// The machine failed; the token may still be good.
    Failed,
}

type Exchange = Shared<BoxFuture<'static, Renewed>>;

/// The exchanges of the last moments, by the token that was shown.
#[derive(Default)]
pub(crate) struct Renewals(Mutex<HashMap<String, (Instant, Exchange)>>);

impl Renewals {
    /// What exchanging `token` comes to; `exchange` is begun where nobody has.
    ///
    /// A caller that goes away leaves the exchange to the next one: it is never begun twice.
    pub(crate) async fn of(&self, token: &str, exchange: BoxFuture<'static, Renewed>) -> Renewed {
        let shared = {
            let (now, mut known) = (Instant::now(), self.0.lock());
            known.retain(|_, (begun, _)| now.duration_since(*begun) < TOLD_FOR);
            if known.len() >= EXCHANGE_COUNT_MAX {
                let oldest =
                    known.iter().min_by_key(|(_, (begun, _))| *begun).map(|(token, _)| token.clone());
                if let Some(oldest) = oldest {
                    known.remove(&oldest);
                }
            }
            known.entry(token.to_owned()).or_insert_with(|| (now, exchange.shared())).1.clone()
        };
        let renewed = shared.await;
        if matches!(renewed, Renewed::Failed) {
            self.0.lock().remove(token);
        }
        renewed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn of_many_who_show_one_token_one_exchanges_it() {
        let (renewals, begun) = (Renewals::default(), Arc::new(AtomicUsize::new(0)));
        let exchange = || {
            let begun = Arc::clone(&begun);
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Renewed::Over
            }
            .boxed()
        };
        let all = (0..5).map(|_| renewals.of("token", exchange()));
        futures_util::future::join_all(all).await;
        renewals.of("token", exchange()).await;
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn after_a_failure_of_the_machine_the_token_is_tried_again() {
        let renewals = Renewals::default();
        assert!(matches!(renewals.of("token", async { Renewed::Failed }.boxed()).await, Renewed::Failed));
        assert!(matches!(renewals.of("token", async { Renewed::Over }.boxed()).await, Renewed::Over));
    }
}
