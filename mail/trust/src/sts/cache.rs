//! Policies that are remembered.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::Timestamp;
use parking_lot::Mutex;
use resolver::{Dns, DnsError, Kind, Name, Record};
use tokio::sync::OnceCell;

use super::policy::record_id;
use crate::{Fetch, Mode, Policy};

/// Destinations whose policies are remembered.
const POLICY_COUNT_MAX: usize = 100_000;
/// How long nothing is fetched from a destination after that failed (RFC 8461 section 3.3 advises five minutes).
const FAILURE_PAUSE: Duration = Duration::from_secs(300);
/// How often a policy is fetched anew although its id is the same.
const REFRESH: Duration = Duration::from_secs(86_400);

/// A policy as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// The destination.
    pub domain: Name,
    /// The id in DNS when it was fetched.
    pub id: String,
    /// What it says.
    pub policy: Arc<Policy>,
    /// When it was fetched.
    pub fetched_at: Timestamp,
}

impl Cached {
    fn holds(&self, now: Timestamp) -> bool {
        now < self.fetched_at.plus(self.policy.max_age)
    }
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<Name, Cached>,
    failed: HashMap<Name, Timestamp>,
    /// What is being fetched: those who ask meanwhile wait for the same answer.
    fetching: HashMap<Name, Arc<OnceCell<()>>>,
}

/// What is known of the policy of a destination.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The one that holds.
    pub(crate) policy: Option<Arc<Policy>>,
    /// There may be one that we could not see: DNS did not tell, or it was announced and not served.
    pub(crate) is_withheld: bool,
}

/// Remembers policies, and that a destination could not be asked.
#[derive(Debug, Default)]
pub struct StsCache(Mutex<State>);

impl StsCache {
    /// What was fetched since, for whoever keeps it over a restart.
    pub fn fetched_since(&self, since: Timestamp) -> Vec<Cached> {
        self.0.lock().known.values().filter(|known| known.fetched_at >= since).cloned().collect()
    }

    /// Remembers what was kept; what is over is left out.
    pub fn restore(&self, kept: impl IntoIterator<Item = Cached>, now: Timestamp) {
        let mut state = self.0.lock();
        for cached in kept.into_iter().filter(|cached| cached.holds(now)).take(POLICY_COUNT_MAX) {
            state.known.entry(cached.domain.clone()).or_insert(cached);
        }
    }

    /// The policy that holds for a destination. What is remembered holds until it is over, whatever DNS and HTTPS say now:
    /// an attacker in between cannot make us forget it (RFC 8461 section 5.1).
    pub(crate) async fn policy(
        &self,
        dns: &dyn Dns,
        fetch: &dyn Fetch,
        domain: &Name,
        now: Timestamp,
    ) -> Known {
        let id = published_id(dns, domain).await;
        if let Ok(Some(id)) = &id
            && self.is_wanted(domain, id, now)
        {
            let cell = Arc::clone(self.0.lock().fetching.entry(domain.clone()).or_default());
            cell.get_or_init(|| self.renew(fetch, domain, id, now)).await;
            self.0.lock().fetching.remove(domain);
        }
        let known = self.0.lock().known.get(domain).cloned().filter(|known| known.holds(now));
        let is_withheld = known.is_none() && !matches!(id, Ok(None));
        let policy = known.map(|known| known.policy).filter(|policy| policy.mode != Mode::None);
        Known { policy, is_withheld }
    }

    /// Whether the policy is to be fetched: it is new, another, or older than a day.
    fn is_wanted(&self, domain: &Name, id: &str, now: Timestamp) -> bool {
        let state = self.0.lock();
        if state.failed.get(domain).is_some_and(|at| now < at.plus(FAILURE_PAUSE)) {
            return false;
        }
        state
            .known
            .get(domain)
            .is_none_or(|known| known.id != id || !known.holds(now) || now >= known.fetched_at.plus(REFRESH))
    }

    async fn renew(&self, fetch: &dyn Fetch, domain: &Name, id: &str, now: Timestamp) {
        let fetched = match fetch.policy(domain).await {
            Ok(text) => Policy::parse(&text).map_err(|fault| fault.to_string()),
            Err(fault) => Err(fault.to_string()),
        };
        let mut state = self.0.lock();
        match fetched {
            Ok(policy) => {
                state.failed.remove(domain);
                state.make_room(now);
                let (domain, id, policy) = (domain.clone(), id.to_owned(), Arc::new(policy));
                state.known.insert(domain.clone(), Cached { domain, id, policy, fetched_at: now });
            }
            Err(reason) => {
                tracing::info!(domain = %domain, reason, "no MTA-STS policy was fetched");
                if state.failed.len() >= POLICY_COUNT_MAX {
                    state.failed.clear();
                }
                state.failed.insert(domain.clone(), now);
            }
        }
    }
}

impl State {
    fn make_room(&mut self, now: Timestamp) {
        if self.known.len() < POLICY_COUNT_MAX {
            return;
        }
        self.known.retain(|_, cached| cached.holds(now));
        if self.known.len() >= POLICY_COUNT_MAX {
            let oldest = self.known.values().min_by_key(|cached| cached.fetched_at);
            if let Some(domain) = oldest.map(|cached| cached.domain.clone()) {
                self.known.remove(&domain);
            }
        }
    }
}

/// The id that DNS shows; none where there is no policy record.
async fn published_id(dns: &dyn Dns, domain: &Name) -> Result<Option<String>, DnsError> {
    let Ok(name) = Name::parse(&format!("_mta-sts.{domain}")) else { return Ok(None) };
    let answer = match dns.ask(&name, Kind::Txt).await {
        Ok(answer) => answer,
        Err(error) if error.is_absence() => return Ok(None),
        Err(error) => return Err(error),
    };
    let texts: Vec<String> = answer
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Txt(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        })
        .collect();
    Ok(record_id(&texts))
}
