//! Crossings of 80, 95 and 100 % of a quota become events: of a mailbox, and of what the mailboxes of a domain share.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use authority::Principal;
use directory::Directory;
use engine::{Case, Engine};
use hosting::HostingRefusal;
use hosting::mailbox::{Crossing, Threshold};
use hosting::use_case::{RecordPoolThreshold, RecordQuotaThreshold};
use kernel::{CommandId, CorrelationId, DomainId, TenantId};
use store::{Owner, SqlStore, Store as _};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often changed mailboxes are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Mailboxes in one page of the first look.
const PAGE_COUNT: usize = 1000;
/// Mailboxes whose fill is remembered; more are looked up in their events.
const REMEMBERED_COUNT_MAX: usize = 1_000_000;

/// Watches how full mailboxes are.
pub struct QuotaWatch {
    /// Records the crossings.
    pub engine: Arc<Engine>,
    /// Knows the quotas.
    pub directory: Arc<Directory>,
    /// Knows the usage.
    pub store: Arc<SqlStore>,
}

impl QuotaWatch {
    /// Looks at all mailboxes once, then at those that change, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut levels = Levels::default();
        let mut after = None;
        if let Err(error) = crate::policy::pools::count_all(&self.store, &self.directory).await {
            tracing::warn!(%error, "not all mailboxes that share storage are counted together yet");
        }
        for (tenant, domain) in self.directory.pools() {
            self.look_at_pool((tenant, domain), &mut levels, First::Yes).await;
        }
        loop {
            let page = match self.store.mailboxes(after, PAGE_COUNT).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "the usage of mailboxes is not known");
                    break;
                }
            };
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (owner, _) in &page {
                self.look(*owner, &mut levels, First::Yes).await;
            }
            if stop.is_cancelled() {
                return;
            }
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let changed = self.store.take_changed();
            let pools: HashSet<(TenantId, DomainId)> = changed
                .iter()
                .filter_map(|owner| {
                    let quota = self.directory.quotas(owner.tenant, owner.mailbox)?;
                    quota.pool.map(|pool| (owner.tenant, pool.domain))
                })
                .collect();
            for owner in changed {
                self.look(owner, &mut levels, First::No).await;
            }
            for pool in pools {
                self.look_at_pool(pool, &mut levels, First::No).await;
            }
        }
    }

    async fn look(&self, owner: Owner, levels: &mut Levels, first: First) {
        let Some(quota) = self.directory.quota(owner.tenant, owner.mailbox) else {
            levels.mailboxes.remove(&owner);
            return;
        };
        let Ok(usage) = self.store.usage(owner).await else { return };
        let level = level(usage.size.octets(), quota.octets());
        let (account, mailbox) = (owner.tenant.account(), owner.mailbox);
        let crosses = |threshold, crossing| RecordQuotaThreshold { account, mailbox, threshold, crossing };
        self.follow(&mut levels.mailboxes, (owner, level), first, crosses).await;
    }

    /// The same for what the mailboxes of a domain share.
    async fn look_at_pool(&self, pool: (TenantId, DomainId), levels: &mut Levels, first: First) {
        let (tenant, domain) = pool;
        let Some(size) = self.directory.pool(tenant, domain) else {
            levels.pools.remove(&pool);
            return;
        };
        let Ok(usage) = self.store.pool_usage(tenant, domain).await else { return };
        let level = level(usage.size.octets(), size.octets());
        let account = tenant.account();
        let crosses = |threshold, crossing| RecordPoolThreshold { account, domain, threshold, crossing };
        self.follow(&mut levels.pools, (pool, level), first, crosses).await;
    }

    /// Records what was crossed since the last look.
    async fn follow<K: Copy + Eq + Hash, U: Case<HostingRefusal>>(
        &self,
        levels: &mut HashMap<K, usize>,
        (whose, level): (K, usize),
        first: First,
        crosses: impl Fn(Threshold, Crossing) -> U,
    ) {
        // At the start what has room has crossed nothing, as far as one can tell without reading its events.
        if levels.get(&whose).copied() == Some(level) || (first == First::Yes && level == 0) {
            levels.insert(whose, level);
            return;
        }
        for (index, threshold) in Threshold::ALL.into_iter().enumerate() {
            let crossing = if index < level { Crossing::Up } else { Crossing::Down };
            if !self.record(&crosses(threshold, crossing)).await {
                return;
            }
        }
        if levels.len() >= REMEMBERED_COUNT_MAX {
            levels.clear();
        }
        levels.insert(whose, level);
    }

    /// Whether it is recorded.
    async fn record(&self, record: &dyn Case<HostingRefusal>) -> bool {
        let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
        let principal = Principal::platform("quota_watch");
        match self.engine.run(&principal, command, correlation, record).await {
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, "a crossing of a quota was not recorded");
                false
            }
        }
    }
}

/// How many thresholds were reached at the last look.
#[derive(Debug, Default)]
struct Levels {
    mailboxes: HashMap<Owner, usize>,
    pools: HashMap<(TenantId, DomainId), usize>,
}

/// Whether everything is looked at for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Yes,
    No,
}

/// How many thresholds are reached.
fn level(used: u64, quota: u64) -> usize {
    Threshold::ALL
        .into_iter()
        .filter(|threshold| u128::from(used) * 100 >= u128::from(quota) * u128::from(threshold.percent()))
        .count()
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn a_threshold_is_reached_exactly_at_its_fraction() {
        for (used, expected) in [(0, 0), (799, 0), (800, 1), (949, 1), (950, 2), (1000, 3), (2000, 3)] {
            assert_eq!(level(used, 1000), expected, "{used}");
        }
    }
}
