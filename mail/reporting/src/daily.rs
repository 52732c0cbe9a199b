//! Reports that others ask for once a day: written down as it is counted, each told by one node, spread over some hours.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use database::DatabaseError;
use journal::{Clock as _, SystemClock};
use kernel::{DomainName, Timestamp};
use smtp::Signers;
use store::{DAY_MILLIS, Days, day_of};
use tokio_util::sync::CancellationToken;

/// How often what was counted is written down.
const WRITE_PAUSE: Duration = Duration::from_secs(10);
/// How often it is looked for reports that are due, in writes.
const LOOK_EVERY: u32 = 30;
/// Reports of one look.
const LOOK_COUNT: usize = 500;
/// Over how long the reports of a day are spread (RFC 8460 section 4.1 asks for a delay).
const SPREAD_MILLIS: u64 = 4 * 3_600_000;
/// How long one node has to make a report.
const CLAIM_MILLIS: i64 = 600_000;
/// Days after which nobody is told any more.
const KEPT_DAY_COUNT: i64 = 3;
/// Addresses of one domain that are told.
pub(crate) const ADDRESS_COUNT_MAX: usize = 4;

/// Counts something by day and domain, and tells the domains.
#[async_trait]
pub trait DailyReports: Sized + Send + Sync {
    /// What it is about, for the log.
    const NAME: &'static str;

    /// Which days and domains wait.
    fn days(&self) -> &Days;

    /// Writes down what was counted. What could not be written is counted on.
    ///
    /// # Errors
    /// [`DatabaseError`].
    async fn write(&self) -> Result<(), DatabaseError>;

    /// Tells a domain of a day; whether that is settled: it is not where DNS did not tell whom to tell.
    ///
    /// # Errors
    /// What could not be sent; it is tried again.
    async fn tell(&self, what: (i64, &DomainName), now: Timestamp) -> anyhow::Result<bool>;

    /// Works until `stop`.
    async fn run(self, stop: CancellationToken) {
        let (mut goes_on, mut round) = (true, 0_u32);
        while goes_on {
            tokio::select! {
                () = stop.cancelled() => goes_on = false,
                () = tokio::time::sleep(WRITE_PAUSE) => {}
            }
            if let Err(error) = self.write().await {
                tracing::warn!(%error, "results of {} were not written down", Self::NAME);
            }
            // At once after a start: who is restarted often tells all the same.
            if goes_on && round.is_multiple_of(LOOK_EVERY) {
                self.look(SystemClock.now(), &stop).await;
            }
            round = round.wrapping_add(1);
        }
    }

    /// Sends what is due now.
    async fn look(&self, now: Timestamp, stop: &CancellationToken) {
        let today = day_of(now);
        let due = match self.days().before(today, LOOK_COUNT).await {
            Ok(due) => due,
            Err(error) => return tracing::warn!(%error, "reports of {} were not looked for", Self::NAME),
        };
        for (day, domain) in due {
            if stop.is_cancelled() {
                return;
            }
            if now >= due_at(day, &domain)
                && let Err(error) = self.report((day, &domain), now).await
            {
                tracing::warn!(%error, "a report of {} was not sent; it is tried again", Self::NAME);
            }
        }
        if let Err(error) = self.days().purge(today - KEPT_DAY_COUNT).await {
            tracing::warn!(%error, "old results of {} were not forgotten", Self::NAME);
        }
    }

    /// Reports a day of a domain, if nobody else does. After a crash it may be sent twice, under one name.
    ///
    /// # Errors
    /// What could not be read or sent.
    async fn report(&self, (day, domain): (i64, &DomainName), now: Timestamp) -> anyhow::Result<()> {
        let until = Timestamp::from_millis(now.millis() + CLAIM_MILLIS);
        if !self.days().claim((day, domain), now, until).await? {
            return Ok(());
        }
        // Where DNS did not tell: later, unless it is too old then.
        if self.tell((day, domain), now).await? {
            self.days().forget(day, domain).await?;
        }
        Ok(())
    }
}

/// When a day begins and ends, as reports write it.
pub(crate) const fn period(day: i64) -> (Timestamp, Timestamp) {
    (Timestamp::from_millis(day * DAY_MILLIS), Timestamp::from_millis((day + 1) * DAY_MILLIS - 1000))
}

/// A report with the signatures of the domain that it is from, where that is served here.
pub(crate) async fn signed(
    signers: &dyn Signers,
    from: &DomainName,
    message: &[u8],
    now: Timestamp,
) -> Bytes {
    let signers = signers.signers(from).await;
    let prepared = sign::Prepared::new(message);
    let signatures: String = signers.iter().filter_map(|signer| signer.sign(&prepared, now).ok()).collect();
    Bytes::from([signatures.as_bytes(), message].concat())
}

/// When the report of a day is due: some hours after its end, each domain at a moment of its own.
fn due_at(day: i64, domain: &DomainName) -> Timestamp {
    let mut hasher = DefaultHasher::new();
    domain.as_str().hash(&mut hasher);
    let delay = i64::try_from(hasher.finish() % SPREAD_MILLIS).unwrap_or_default();
    Timestamp::from_millis((day + 1) * DAY_MILLIS + delay)
}
