//! How many recipients have been sent to, so that a service, a domain and a mailbox send no more than they may.
//!
//! A leaky bucket each: what is taken drains evenly over its period, so that a limit of 100 a day lets 100 go at once and then
//! one every fourteen minutes. Kept in the database, changed in one transaction for all the buckets of a message: exact over
//! restarts and over any number of nodes. Costs one commit a submitted message, shared with what is committed just then.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use database::{Database, DatabaseError, Statement, Transaction, Work};
use kernel::{DomainId, Id as _, MailboxId, ServiceId, TenantId, Timestamp};
use uuid::Uuid;

/// Buckets that are asked for in one statement.
const BATCH_COUNT: usize = 100;

/// Whose recipients are counted together. In this order buckets are taken, so that no two wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SendScope {
    /// All of a service.
    Service(ServiceId),
    /// All of a domain.
    Domain(DomainId),
    /// Those of one mailbox.
    Mailbox(MailboxId),
    /// Those elsewhere to whom the aliases of a service lead what others write to them. Apart from what it sends itself, so
    /// that no stranger uses that up.
    Forwards(ServiceId),
}

impl SendScope {
    const fn kind(self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Domain(_) => "domain",
            Self::Mailbox(_) => "mailbox",
            Self::Forwards(_) => "forwards",
        }
    }

    fn uuid(self) -> Uuid {
        match self {
            Self::Service(id) => id.uuid(),
            Self::Domain(id) => id.uuid(),
            Self::Mailbox(id) => id.uuid(),
            Self::Forwards(id) => id.uuid(),
        }
    }
}

/// Over which time recipients are counted, the longest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SendPeriod {
    /// 24 hours.
    Day,
    /// 60 minutes.
    Hour,
    /// 60 seconds.
    Minute,
}

impl SendPeriod {
    /// How far ahead another node's clock may be, in milliseconds. What was counted later than that was counted by a clock that
    /// was wrong, and is taken as counted now: it would not drain before that time comes.
    const fn ahead_max(self) -> i64 {
        self.recipient_units()
    }

    /// Units of one recipient: what drains in a millisecond where one recipient in the period is allowed. Whole numbers lose
    /// nothing.
    const fn recipient_units(self) -> i64 {
        match self {
            Self::Day => 86_400_000,
            Self::Hour => 3_600_000,
            Self::Minute => 60_000,
        }
    }
}

/// To how many recipients a scope may send in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SendLimit {
    /// Whose.
    pub scope: SendScope,
    /// In which time.
    pub period: SendPeriod,
    /// Recipients in it.
    pub recipient_count_max: u32,
}

impl SendLimit {
    /// The word in the table; never changed.
    fn kind(self) -> String {
        let period = match self.period {
            SendPeriod::Day => "",
            SendPeriod::Hour => "_hour",
            SendPeriod::Minute => "_minute",
        };
        format!("{}{period}", self.scope.kind())
    }

    /// In units of its period.
    fn room(self) -> i64 {
        i64::from(self.recipient_count_max).saturating_mul(self.period.recipient_units())
    }

    /// The latest time that a level is believed to be of.
    const fn latest(self, now: Timestamp) -> i64 {
        now.millis().saturating_add(self.period.ahead_max())
    }

    /// What is left of a level after the time since `at`; a clock that went back drains nothing.
    fn drained(self, (level, at): (i64, i64), now: Timestamp) -> i64 {
        let elapsed = now.millis().saturating_sub(at).max(0);
        level.saturating_sub(elapsed.saturating_mul(i64::from(self.recipient_count_max))).max(0)
    }

    /// How long until `excess` has drained; none where it never fits.
    fn wait(self, excess: i64, fits_at_all: bool) -> Option<Duration> {
        let per_milli = i64::from(self.recipient_count_max).max(1);
        let millis = excess.saturating_add(per_milli - 1) / per_milli;
        fits_at_all.then(|| Duration::from_millis(millis.unsigned_abs()))
    }
}

/// What became of a wish to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// It is counted.
    Counted {
        /// The limits of which four fifths are used now, and were not before; the widest first.
        crossed: Vec<SendLimit>,
    },
    /// It is not counted: `limit` has no room for so many.
    Exhausted {
        /// The limit that was met; of several the one with the longest wait.
        limit: SendLimit,
        /// How long until there is room; none where so many at once never fit.
        retry_after: Option<Duration>,
    },
}

/// The table of sent recipients.
#[derive(Debug, Clone)]
pub struct Sends(Database);

impl Sends {
    /// Over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> Result<Self, DatabaseError> {
        let create = "CREATE TABLE IF NOT EXISTS send_count (tenant UUID NOT NULL, kind TEXT NOT NULL, id UUID NOT NULL, \
             level BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (tenant, kind, id))";
        database.write(vec![Statement::new(create)]).await?;
        Ok(Self(database))
    }

    /// Counts `recipient_count` recipients against all of `limits`, or against none.
    ///
    /// # Errors
    /// [`DatabaseError`]: nothing is counted.
    pub async fn take(
        &self,
        tenant: TenantId,
        limits: &[SendLimit],
        recipient_count: u32,
        now: Timestamp,
    ) -> Result<Sending, DatabaseError> {
        let mut limits = limits.to_vec();
        limits.sort_unstable_by_key(|limit| (limit.scope, limit.period));
        if limits.is_empty() {
            return Ok(Sending::Counted { crossed: Vec::new() });
        }
        let take = Take { tenant, limits, recipient_count, doing: Doing::Take, now };
        self.0.on_behalf_of(tenant.uuid()).transact(take).await
    }

    /// Whether `recipient_count` recipients fit into all of `limits` at `now`, as [`Sends::take`] says it; nothing is counted,
    /// and no limit crossed.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn fits(
        &self,
        tenant: TenantId,
        limits: &[SendLimit],
        recipient_count: u32,
        now: Timestamp,
    ) -> Result<Sending, DatabaseError> {
        let used = self.levels(tenant, limits).await?;
        let is_ahead = |(limit, used): (&SendLimit, &(i64, i64))| used.1 > limit.latest(now);
        if limits.iter().zip(&used).any(is_ahead) {
            // Whoever is told that nothing fits counts nothing, so that it would stay so.
            self.give_back(tenant, limits, 0, now).await?;
        }
        let met = limits.iter().zip(used).filter_map(|(limit, level)| {
            let wanted = i64::from(recipient_count).saturating_mul(limit.period.recipient_units());
            let (after, room) = (limit.drained(level, now).saturating_add(wanted), limit.room());
            (after > room).then(|| (*limit, limit.wait(after - room, wanted <= room)))
        });
        Ok(match met.reduce(longer) {
            Some((limit, retry_after)) => Sending::Exhausted { limit, retry_after },
            None => Sending::Counted { crossed: Vec::new() },
        })
    }

    /// Gives back recipients that were counted and then not sent to.
    ///
    /// # Errors
    /// [`DatabaseError`]: they stay counted.
    pub async fn give_back(
        &self,
        tenant: TenantId,
        limits: &[SendLimit],
        recipient_count: u32,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let mut limits = limits.to_vec();
        limits.sort_unstable_by_key(|limit| (limit.scope, limit.period));
        let give_back = Take { tenant, limits, recipient_count, doing: Doing::GiveBack, now };
        self.0.on_behalf_of(tenant.uuid()).transact(give_back).await.map(drop)
    }

    /// Recipients that each of `limits` has used of its period at `now`, rounded up, in their order.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn used(
        &self,
        tenant: TenantId,
        limits: &[SendLimit],
        now: Timestamp,
    ) -> Result<Vec<u32>, DatabaseError> {
        let levels = self.levels(tenant, limits).await?;
        let used = limits.iter().zip(levels).map(|(limit, level)| {
            let units = limit.period.recipient_units();
            let recipients = limit.drained(level, now).saturating_add(units - 1) / units;
            u32::try_from(recipients).unwrap_or(u32::MAX)
        });
        Ok(used.collect())
    }

    /// The level of each of `limits` with when it was so, in their order.
    async fn levels(&self, tenant: TenantId, limits: &[SendLimit]) -> Result<Vec<(i64, i64)>, DatabaseError> {
        let mut scopes: Vec<SendScope> = limits.iter().map(|limit| limit.scope).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut levels = HashMap::with_capacity(scopes.len());
        for batch in scopes.chunks(BATCH_COUNT) {
            let places: Vec<String> = (0..batch.len()).map(|index| format!("${}", index + 2)).collect();
            let select = format!(
                "SELECT kind, id, level, at FROM send_count WHERE tenant = $1 AND id IN ({})",
                places.join(", ")
            );
            let select = Statement::new(select).bind(tenant.uuid());
            let select = batch.iter().fold(select, |select, scope| select.bind(scope.uuid()));
            for row in self.0.query(select).await? {
                levels.insert((row.text(0)?.to_owned(), row.uuid(1)?), (row.int(2)?, row.int(3)?));
            }
        }
        let level = |limit: &SendLimit| levels.get(&(limit.kind(), limit.scope.uuid())).copied();
        Ok(limits.iter().map(|limit| level(limit).unwrap_or_default()).collect())
    }
}

/// What is done with recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Take,
    GiveBack,
}

struct Take {
    tenant: TenantId,
    limits: Vec<SendLimit>,
    recipient_count: u32,
    doing: Doing,
    now: Timestamp,
}

#[async_trait]
impl Work for Take {
    type Output = Sending;
    type Error = DatabaseError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Sending, DatabaseError> {
        let (mut levels, mut met, mut crossed) = (Vec::new(), None, Vec::new());
        for limit in &self.limits {
            let wanted = i64::from(self.recipient_count).saturating_mul(limit.period.recipient_units());
            let level = limit.drained(self.lock(transaction, *limit).await?, self.now);
            if self.doing == Doing::GiveBack {
                levels.push((*limit, level.saturating_sub(wanted).max(0)));
                continue;
            }
            let room = limit.room();
            let after = level.saturating_add(wanted);
            if after > room {
                let wait = limit.wait(after - room, wanted <= room);
                met = Some(met.map_or((*limit, wait), |met| longer(met, (*limit, wait))));
            }
            let warning = room / 5 * 4;
            if level < warning && after >= warning {
                crossed.push(*limit);
            }
            levels.push((*limit, after));
        }
        if let Some((limit, retry_after)) = met {
            return Ok(Sending::Exhausted { limit, retry_after });
        }
        for (limit, level) in levels {
            self.set(transaction, limit, level).await?;
        }
        Ok(Sending::Counted { crossed })
    }
}

/// Of two limits that were met, the one that is met for longer.
fn longer(
    first: (SendLimit, Option<Duration>),
    second: (SendLimit, Option<Duration>),
) -> (SendLimit, Option<Duration>) {
    match (first.1, second.1) {
        (Some(one), Some(other)) if other > one => second,
        (Some(_), None) => second,
        _ => first,
    }
}

impl Take {
    /// Level and time of a bucket, whose row this transaction holds from now on.
    async fn lock(
        &self,
        transaction: &mut Transaction<'_>,
        limit: SendLimit,
    ) -> Result<(i64, i64), DatabaseError> {
        let upsert = "INSERT INTO send_count (tenant, kind, id, level, at) VALUES ($1, $2, $3, 0, $4) \
             ON CONFLICT (tenant, kind, id) DO UPDATE SET \
             at = CASE WHEN send_count.at > $5 THEN $4 ELSE send_count.at END RETURNING level, at";
        let upsert = Statement::new(upsert).bind(self.tenant.uuid()).bind(limit.kind());
        let upsert = upsert.bind(limit.scope.uuid()).bind(self.now.millis()).bind(limit.latest(self.now));
        let row = transaction.first(upsert).await?;
        match row {
            Some(row) => Ok((row.int(0)?, row.int(1)?)),
            None => Ok((0, self.now.millis())),
        }
    }

    async fn set(
        &self,
        transaction: &mut Transaction<'_>,
        limit: SendLimit,
        level: i64,
    ) -> Result<(), DatabaseError> {
        // Of two nodes whose clocks differ, the one that is behind takes nothing back: else the time between them would drain
        // again with each message of the other.
        let update = "UPDATE send_count SET level = $4, at = CASE WHEN at > $5 THEN at ELSE $5 END \
             WHERE tenant = $1 AND kind = $2 AND id = $3";
        let update = Statement::new(update).bind(self.tenant.uuid()).bind(limit.kind());
        let update = update.bind(limit.scope.uuid());
        transaction.execute(update.bind(level).bind(self.now.millis())).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::PLATFORM;
    const DAY_SECS: i64 = 86_400;

    fn limit(scope: SendScope, recipient_count_max: u32) -> SendLimit {
        SendLimit { scope, period: SendPeriod::Day, recipient_count_max }
    }

    fn mailbox(number: u128) -> SendScope {
        SendScope::Mailbox(MailboxId::new(Uuid::from_u128(number)))
    }

    fn domain() -> SendScope {
        SendScope::Domain(DomainId::new(Uuid::from_u128(7)))
    }

    /// A table of its own; with PostgreSQL where the tests have one.
    async fn sends() -> Vec<(Sends, Option<tempfile::TempDir>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let sqlite = Database::open_sqlite(&folder.path().join("x.db")).expect("a database");
        let mut all = vec![(Sends::open(sqlite).await.expect("a table"), Some(folder))];
        if let Ok(url) = std::env::var("HOSTERRA_TEST_POSTGRES") {
            let schema = format!("sends_{}", Uuid::new_v4().simple());
            let postgres = Database::connect_postgres_schema(&url, 4, &schema).await.expect("a server");
            all.push((Sends::open(postgres).await.expect("a table"), None));
        }
        all
    }

    #[tokio::test]
    async fn nodes_whose_clocks_differ_by_an_hour_drain_no_hour_in_turns() {
        for (sends, _folder) in sends().await {
            let limits = [limit(mailbox(4), 24)];
            let take = async |secs| {
                sends.take(TENANT, &limits, 1, Timestamp::from_secs(secs)).await.expect("an answer")
            };
            let mut counted = 0;
            for turn in 0..60 {
                let ahead = if turn % 2 == 0 { 3600 } else { 0 };
                counted += u32::from(matches!(take(DAY_SECS + turn + ahead).await, Sending::Counted { .. }));
            }
            assert_eq!(counted, 24);
            // By the clock that is ahead an hour lets one more be sent.
            assert!(matches!(take(DAY_SECS + 60 + 3600).await, Sending::Exhausted { .. }));
            assert!(matches!(take(DAY_SECS + 7260).await, Sending::Counted { .. }));
        }
    }

    #[tokio::test]
    async fn a_clock_that_was_ahead_for_a_moment_blocks_nobody_until_its_time_comes() {
        for (sends, _folder) in sends().await {
            let limits = [limit(mailbox(6), 24)];
            let at = |secs| Timestamp::from_secs(secs);
            let month = 30 * DAY_SECS;
            for looks in [false, true] {
                let begun = if looks { 100 * DAY_SECS } else { 0 };
                let ahead = sends.take(TENANT, &limits, 24, at(begun + month)).await.expect("an answer");
                assert!(matches!(ahead, Sending::Counted { .. }), "{ahead:?}");
                let wanted = async |secs| match looks {
                    true => sends.fits(TENANT, &limits, 1, at(begun + secs)).await.expect("an answer"),
                    false => sends.take(TENANT, &limits, 1, at(begun + secs)).await.expect("an answer"),
                };
                assert!(matches!(wanted(60).await, Sending::Exhausted { .. }), "what was sent counts");
                let later = wanted(3 * 3600).await;
                assert!(matches!(later, Sending::Counted { .. }), "it drains from now on: {later:?}");
            }
        }
    }

    #[tokio::test]
    async fn looking_counts_nothing_and_what_is_given_back_is_there_again() {
        for (sends, _folder) in sends().await {
            let (limits, now) = ([limit(mailbox(5), 10)], Timestamp::from_secs(0));
            let fits = async |count| sends.fits(TENANT, &limits, count, now).await.expect("an answer");
            let take = async |count| sends.take(TENANT, &limits, count, now).await.expect("an answer");
            let (limit, counted) = (limits[0], Sending::Counted { crossed: vec![] });
            for _ in 0..3 {
                assert_eq!(fits(10).await, counted);
                assert_eq!(fits(11).await, Sending::Exhausted { limit, retry_after: None });
            }
            assert_eq!(take(7).await, counted);
            let retry_after = Some(Duration::from_secs(8640));
            assert_eq!(fits(4).await, Sending::Exhausted { limit, retry_after });
            assert_eq!(take(4).await, Sending::Exhausted { limit, retry_after });
            sends.give_back(TENANT, &limits, 6, now).await.expect("given back");
            assert_eq!(sends.used(TENANT, &limits, now).await.expect("levels"), [1]);
            // No more comes back than was taken.
            sends.give_back(TENANT, &limits, 9, now).await.expect("given back");
            assert_eq!(take(10).await, Sending::Counted { crossed: vec![limit] });
        }
    }

    #[tokio::test]
    async fn a_day_may_be_used_at_once_and_comes_back_evenly() {
        for (sends, _folder) in sends().await {
            let limits = [limit(mailbox(1), 100)];
            let take = async |count, secs| {
                sends.take(TENANT, &limits, count, Timestamp::from_secs(secs)).await.expect("an answer")
            };
            assert_eq!(take(79, 0).await, Sending::Counted { crossed: vec![] });
            assert_eq!(take(21, 0).await, Sending::Counted { crossed: vec![limits[0]] });
            let retry_after = Some(Duration::from_secs(864));
            assert_eq!(take(1, 0).await, Sending::Exhausted { limit: limits[0], retry_after });
            assert_eq!(
                take(1, 863).await,
                Sending::Exhausted { limit: limits[0], retry_after: Some(Duration::from_secs(1)) }
            );
            assert_eq!(take(1, 864).await, Sending::Counted { crossed: vec![] });
            assert_eq!(
                take(101, DAY_SECS * 9).await,
                Sending::Exhausted { limit: limits[0], retry_after: None }
            );
            let used = sends.used(TENANT, &limits, Timestamp::from_secs(864 * 51)).await.expect("levels");
            assert_eq!(used, [50]);
        }
    }

    #[tokio::test]
    async fn an_hour_and_a_minute_have_buckets_of_their_own_beside_the_day() {
        for (sends, _folder) in sends().await {
            let of = |period, recipient_count_max| SendLimit {
                period,
                recipient_count_max,
                ..limit(mailbox(1), 0)
            };
            let (day, hour) = (of(SendPeriod::Day, 100), of(SendPeriod::Hour, 20));
            let minute = of(SendPeriod::Minute, 5);
            let take = async |count, secs| {
                let limits = [minute, hour, day];
                sends.take(TENANT, &limits, count, Timestamp::from_secs(secs)).await.expect("an answer")
            };
            let refused = |limit, secs: Option<u64>| Sending::Exhausted {
                limit,
                retry_after: secs.map(Duration::from_secs),
            };
            assert_eq!(take(6, 0).await, refused(minute, None), "so many at once never fit");
            assert_eq!(take(5, 0).await, Sending::Counted { crossed: vec![minute] });
            assert_eq!(take(1, 0).await, refused(minute, Some(12)));
            assert_eq!(take(5, 60).await, Sending::Counted { crossed: vec![minute] });
            assert_eq!(take(5, 120).await, Sending::Counted { crossed: vec![minute] });
            // One recipient of the hour has come back in three minutes.
            assert_eq!(take(5, 180).await, Sending::Counted { crossed: vec![hour, minute] });
            assert_eq!(take(2, 240).await, refused(hour, Some(120)), "the longer wait is told");
            let used = sends.used(TENANT, &[day, hour, minute], Timestamp::from_secs(240)).await;
            assert_eq!(used.expect("levels"), [20, 19, 0]);
        }
    }

    #[tokio::test]
    async fn what_one_limit_refuses_is_counted_by_none() {
        for (sends, _folder) in sends().await {
            let limits = [limit(mailbox(1), 10), limit(domain(), 15)];
            let now = Timestamp::from_secs(0);
            assert_eq!(
                sends.take(TENANT, &limits, 10, now).await.expect("an answer"),
                Sending::Counted { crossed: vec![limits[0]] }
            );
            // Another mailbox of the domain has room of its own and not enough of the domain's.
            let other = [limit(mailbox(2), 10), limit(domain(), 15)];
            let refused = sends.take(TENANT, &other, 6, now).await.expect("an answer");
            assert!(
                matches!(refused, Sending::Exhausted { limit, .. } if limit.scope == domain()),
                "{refused:?}"
            );
            assert_eq!(sends.used(TENANT, &other, now).await.expect("levels"), [0, 10]);
            assert_eq!(
                sends.take(TENANT, &other, 5, now).await.expect("an answer"),
                Sending::Counted { crossed: vec![other[1]] }
            );
        }
    }

    #[tokio::test]
    async fn what_aliases_pass_on_uses_up_nothing_of_what_their_service_sends() {
        for (sends, _folder) in sends().await {
            let (service, now) = (ServiceId::new(Uuid::from_u128(9)), Timestamp::from_secs(0));
            let limits = [limit(SendScope::Forwards(service), 10), limit(SendScope::Service(service), 10)];
            sends.take(TENANT, &limits[..1], 10, now).await.expect("an answer");
            assert_eq!(sends.used(TENANT, &limits, now).await.expect("levels"), [10, 0]);
            let own = sends.take(TENANT, &limits[1..], 10, now).await.expect("an answer");
            assert!(matches!(own, Sending::Counted { .. }), "{own:?}");
            let further = sends.take(TENANT, &limits[..1], 1, now).await.expect("an answer");
            assert!(matches!(further, Sending::Exhausted { .. }), "{further:?}");
        }
    }

    #[tokio::test]
    async fn frequent_small_sends_drain_as_exactly_as_rare_ones() {
        for (sends, _folder) in sends().await {
            let limits = [limit(mailbox(1), 50)];
            assert_eq!(
                sends.take(TENANT, &limits, 50, Timestamp::from_secs(0)).await.expect("an answer"),
                Sending::Counted { crossed: vec![limits[0]] }
            );
            for step in 1..1728 {
                let refused =
                    sends.take(TENANT, &limits, 1, Timestamp::from_secs(step)).await.expect("an answer");
                assert!(matches!(refused, Sending::Exhausted { .. }), "after {step} s");
            }
            let taken = sends.take(TENANT, &limits, 1, Timestamp::from_secs(1728)).await.expect("an answer");
            assert!(matches!(taken, Sending::Counted { .. }));
            // A clock that goes back neither drains nor fails.
            let back = sends.take(TENANT, &limits, 1, Timestamp::from_secs(-1000)).await.expect("an answer");
            assert!(matches!(back, Sending::Exhausted { .. }));
        }
    }

    #[tokio::test]
    async fn concurrent_sends_never_take_more_than_there_is() {
        for (sends, _folder) in sends().await {
            let tasks: Vec<_> = (0..40)
                .map(|number| {
                    let sends = sends.clone();
                    tokio::spawn(async move {
                        let limits = [limit(mailbox(number % 4), 100), limit(domain(), 25)];
                        let taken = sends.take(TENANT, &limits, 1, Timestamp::from_secs(0)).await;
                        u32::from(matches!(taken.expect("an answer"), Sending::Counted { .. }))
                    })
                })
                .collect();
            let mut counted = 0;
            for task in tasks {
                counted += task.await.expect("no panic");
            }
            assert_eq!(counted, 25);
        }
    }
}
