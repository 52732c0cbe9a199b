//! Signing keys are made for every served domain, looked for in DNS until they are shown, and replaced in time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use authority::Principal;
use directory::{Directory, SigningDomain, SigningKey};
use engine::{Case, Engine, Outcome, RunError};
use graphql::{DkimSource, PortError, TxtResolver};
use hosting::HostingRefusal;
use hosting::domain::{
    DkimAlgorithm, DkimPrivateKey, DkimSelector, DkimStage, Domain, FreshDkimKey, SeenDkimRecord,
};
use hosting::use_case::{AddDkimKeys, NoteDkimRecords};
use journal::{Clock as _, SystemClock};
use kernel::{
    CommandId, CorrelationId, DomainId, DomainName, Id as _, Key, Refusal as _, TenantId, Timestamp,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often all domains are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// Domains in one page of a look.
const PAGE_COUNT: usize = 1000;
/// The shortest pause between two questions to DNS about a key.
const ASK_PAUSE_MIN: Duration = Duration::from_secs(30);
/// The longest.
const ASK_PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// The pause after something did not go well.
const FAILURE_PAUSE: Duration = Duration::from_secs(900);
/// Domains whose keys are open at a time.
const OPENED_DOMAIN_COUNT_MAX: u64 = 10_000;
/// How long keys stay open after they last signed.
const OPENED_KEPT: Duration = Duration::from_secs(3600);
/// Domains whose next look is remembered; more are looked at again.
const REMEMBERED_COUNT_MAX: usize = 1_000_000;

/// Makes keys, and knows the operator's zone.
pub struct Keys {
    /// The zone that customers' CNAME records lead to.
    pub zone: Option<DomainName>,
}

#[async_trait]
impl DkimSource for Keys {
    async fn fresh(&self) -> Result<Vec<FreshDkimKey>, PortError> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| PortError { what: "signing keys", source };
        let make = || DkimAlgorithm::ALL.into_iter().map(fresh).collect::<Result<Vec<_>, _>>();
        let made = tokio::task::spawn_blocking(make).await.map_err(|error| failed(error.into()))?;
        made.map_err(|fault| failed(fault.into()))
    }

    fn delegated(&self, domain: DomainId, selector: &DkimSelector) -> Option<String> {
        self.zone.as_ref().map(|zone| format!("{selector}.{}.{zone}", domain.uuid().simple()))
    }
}

/// How the model's algorithm is called where keys are.
pub fn algorithm(algorithm: DkimAlgorithm) -> sign::Algorithm {
    match algorithm {
        DkimAlgorithm::Rsa => sign::Algorithm::Rsa,
        DkimAlgorithm::Ed25519 => sign::Algorithm::Ed25519,
    }
}

fn fresh(kind: DkimAlgorithm) -> Result<FreshDkimKey, sign::KeyFault> {
    let private = sign::generate(algorithm(kind))?;
    let public = sign::SigningKey::from_pkcs8(algorithm(kind), &private)?.public();
    Ok(FreshDkimKey { algorithm: kind, public, private: DkimPrivateKey::new(private) })
}

/// Watches the keys of all domains.
pub struct KeyWatch {
    /// Records what becomes of keys.
    pub engine: Arc<Engine>,
    /// Knows the domains and their keys.
    pub directory: Arc<Directory>,
    /// Makes keys.
    pub keys: Arc<Keys>,
    /// Asks DNS.
    pub dns: Arc<dyn TxtResolver>,
    /// Whether DNS is asked for names that nobody can have (RFC 6761): those of tests and documents.
    pub special_names: SpecialNames,
    /// How long a key signs before the next is made; none: until somebody asks for it.
    pub rotation: Option<Duration>,
}

/// What is done about names under `.example`, `.invalid`, `.localhost` and `.test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialNames {
    /// The resolvers know them.
    Asked,
    /// The resolvers of the network are not asked.
    Skipped,
}

/// What is to be done for a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Due {
    /// Keys are to be made for these algorithms.
    Make(Vec<DkimAlgorithm>),
    /// These are to be looked for in DNS.
    Ask(Vec<DkimSelector>),
    /// Nothing, until something changes or the moment comes.
    Nothing(Option<Timestamp>),
}

impl KeyWatch {
    /// Looks at all domains again and again, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut later: HashMap<(TenantId, DomainId), Timestamp> = HashMap::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let mut after = None;
            loop {
                let page = self.directory.signing_domains(after, PAGE_COUNT);
                let Some(last) = page.last() else { break };
                after = Some((last.tenant, last.domain));
                for domain in &page {
                    if stop.is_cancelled() {
                        return;
                    }
                    self.look(domain, &mut later).await;
                }
            }
            if later.len() > REMEMBERED_COUNT_MAX {
                later.clear();
            }
        }
    }

    async fn look(&self, domain: &SigningDomain, later: &mut HashMap<(TenantId, DomainId), Timestamp>) {
        let (now, key) = (SystemClock.now(), (domain.tenant, domain.domain));
        if later.get(&key).is_some_and(|at| *at > now) {
            return;
        }
        let went_well = match due(&domain.keys, now, self.rotation) {
            Due::Nothing(_) => {
                later.remove(&key);
                return;
            }
            Due::Make(algorithms) => self.make(domain, &algorithms).await,
            Due::Ask(selectors) => self.ask(domain, selectors).await,
        };
        let pause = if went_well { pause(&domain.keys, now) } else { FAILURE_PAUSE };
        later.insert(key, now.plus(pause));
    }

    async fn make(&self, domain: &SigningDomain, algorithms: &[DkimAlgorithm]) -> bool {
        let mut keys = match self.keys.fresh().await {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!(%error, "no signing keys were made");
                return false;
            }
        };
        keys.retain(|key| algorithms.contains(&key.algorithm));
        self.run_use_case(&AddDkimKeys { account: domain.tenant.account(), domain: domain.domain, keys })
            .await
    }

    async fn ask(&self, domain: &SigningDomain, selectors: Vec<DkimSelector>) -> bool {
        if self.special_names == SpecialNames::Skipped && is_special(&domain.name) {
            return false;
        }
        let mut seen = Vec::new();
        for selector in selectors {
            let name = DomainName::parse(&format!("{selector}._domainkey.{}", domain.name));
            // A name too long for DNS is shown nowhere.
            let Ok(name) = name else { continue };
            match self.dns.txt(&name).await {
                Ok(texts) if texts.is_empty() => {}
                Ok(texts) => seen.push(SeenDkimRecord { selector, texts }),
                Err(error) => {
                    tracing::debug!(%error, "DNS did not answer for a signing key");
                    return false;
                }
            }
        }
        let (account, domain) = (domain.tenant.account(), domain.domain);
        seen.is_empty() || self.run_use_case(&NoteDkimRecords { account, domain, seen }).await
    }

    /// Runs it as the platform; whether it was done.
    async fn run_use_case(&self, use_case: &dyn Case<HostingRefusal>) -> bool {
        let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
        match self.engine.run(&Principal::platform("key_watch"), command, correlation, use_case).await {
            Ok(Outcome::Done { .. }) => true,
            Ok(Outcome::Refused(refusal)) => {
                tracing::info!(code = refusal.code(), "signing keys stay as they are");
                false
            }
            Ok(Outcome::Denied(denied)) => {
                tracing::error!(%denied, "the platform may not care for signing keys");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "nothing was noted about signing keys");
                false
            }
        }
    }
}

/// RFC 6761 section 6.
pub fn is_special(name: &DomainName) -> bool {
    let last = name.as_str().rsplit('.').next().unwrap_or_default();
    ["example", "invalid", "localhost", "test"].contains(&last)
}

fn due(keys: &[SigningKey], now: Timestamp, rotation: Option<Duration>) -> Due {
    let is_coming = |key: &&SigningKey| matches!(key.stage, DkimStage::Made | DkimStage::Published { .. });
    let mut next = None;
    let wanting = |algorithm: &DkimAlgorithm| {
        let mut own = keys.iter().filter(|key| key.algorithm == *algorithm);
        if own.clone().any(|key| is_coming(&key)) {
            return false;
        }
        let Some(active) = own.find(|key| key.stage == DkimStage::Active) else { return true };
        let Some(end) = rotation.map(|rotation| active.since.plus(rotation)) else { return false };
        next = next.into_iter().chain([end]).min();
        end <= now
    };
    let algorithms: Vec<DkimAlgorithm> = DkimAlgorithm::ALL.into_iter().filter(wanting).collect();
    if !algorithms.is_empty() {
        return Due::Make(algorithms);
    }
    let is_ripe = |key: &&SigningKey| match key.stage {
        DkimStage::Made => true,
        DkimStage::Published { active_after } => active_after <= now,
        DkimStage::Active | DkimStage::Retired { .. } => false,
    };
    let selectors: Vec<DkimSelector> = keys.iter().filter(is_ripe).map(|key| key.selector.clone()).collect();
    if selectors.is_empty() { Due::Nothing(next) } else { Due::Ask(selectors) }
}

/// The longer a key is not shown, the more seldom it is looked for: after an eighth of the time that it waits already.
fn pause(keys: &[SigningKey], now: Timestamp) -> Duration {
    let youngest = keys
        .iter()
        .filter(|key| key.stage == DkimStage::Made)
        .map(|key| now.millis().saturating_sub(key.made_at.millis()).max(0).unsigned_abs())
        .min();
    let eighth = Duration::from_millis(youngest.unwrap_or_default() / 8);
    eighth.clamp(ASK_PAUSE_MIN, ASK_PAUSE_MAX)
}

/// Keys for the submission server: opened when a domain first signs, forgotten an hour after it last did.
pub struct DomainSigners {
    engine: Arc<Engine>,
    directory: Arc<Directory>,
    lifetime: Option<Duration>,
    opened: moka::sync::Cache<(TenantId, DomainId), Opened>,
}

/// The keys of a domain, with what told them from those before.
#[derive(Clone)]
struct Opened {
    active: Vec<(DkimSelector, Timestamp)>,
    signers: Arc<Vec<sign::Signer>>,
}

impl DomainSigners {
    /// Over the events of `engine`. A signature holds for `lifetime`; none: for ever.
    pub fn new(engine: Arc<Engine>, directory: Arc<Directory>, lifetime: Option<Duration>) -> Self {
        let opened = moka::sync::Cache::builder()
            .max_capacity(OPENED_DOMAIN_COUNT_MAX)
            .time_to_idle(OPENED_KEPT)
            .build();
        Self { engine, directory, lifetime, opened }
    }

    async fn open(&self, domain: &SigningDomain) -> Result<Vec<sign::Signer>, RunError> {
        let state = self.engine.load(domain.tenant, &Key::<Domain>(domain.domain)).await?;
        let active = state.dkim().iter().filter(|key| key.stage == DkimStage::Active);
        let signers = active.filter_map(|key| {
            let private = key.private.plain()?;
            let read = sign::SigningKey::from_pkcs8(algorithm(key.algorithm), private.octets());
            Some(sign::Signer {
                domain: domain.name.clone(),
                selector: key.selector.to_string(),
                key: read.ok()?,
                lifetime: self.lifetime,
            })
        });
        Ok(signers.collect())
    }
}

#[async_trait]
impl smtp::Signers for DomainSigners {
    async fn signers(&self, domain: &DomainName) -> Arc<Vec<sign::Signer>> {
        let Some(domain) = self.directory.signing_domain(domain).filter(|domain| !domain.keys.is_empty())
        else {
            return Arc::default();
        };
        let key = (domain.tenant, domain.domain);
        let active: Vec<(DkimSelector, Timestamp)> =
            domain.keys.iter().map(|key| (key.selector.clone(), key.made_at)).collect();
        if let Some(opened) = self.opened.get(&key).filter(|opened| opened.active == active) {
            return opened.signers;
        }
        match self.open(&domain).await {
            Ok(signers) => {
                let signers = Arc::new(signers);
                self.opened.insert(key, Opened { active, signers: Arc::clone(&signers) });
                signers
            }
            Err(error) => {
                tracing::warn!(%error, "signing keys could not be opened; mail leaves unsigned");
                Arc::default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn at(days: u32) -> Timestamp {
        Timestamp::from_secs(0).plus(DAY * days)
    }

    fn key(selector: &str, algorithm: DkimAlgorithm, stage: DkimStage, days: u32) -> SigningKey {
        let selector = DkimSelector::parse(selector).expect("a label");
        SigningKey { selector, algorithm, stage, made_at: at(days), since: at(days) }
    }

    #[test]
    fn what_is_missing_is_made_what_is_made_is_looked_for_and_what_is_old_is_replaced() {
        use DkimAlgorithm::{Ed25519, Rsa};
        let (active, made) = (DkimStage::Active, DkimStage::Made);
        let rotation = Some(180 * DAY);
        let label = |text| DkimSelector::parse(text).expect("a label");
        assert_eq!(due(&[], at(0), rotation), Due::Make(vec![Rsa, Ed25519]));
        let keys = [key("h1", Rsa, active, 0), key("h1e", Ed25519, made, 0)];
        assert_eq!(due(&keys, at(1), rotation), Due::Ask(vec![label("h1e")]));
        assert_eq!(due(&keys, at(180), rotation), Due::Make(vec![Rsa]));
        assert_eq!(due(&keys[..1], at(1), rotation), Due::Make(vec![Ed25519]));
        let keys = [key("h1", Rsa, active, 0), key("h1e", Ed25519, active, 2)];
        assert_eq!(due(&keys, at(1), rotation), Due::Nothing(Some(at(180))));
        assert_eq!(due(&keys, at(9_000), None), Due::Nothing(None));
        let published = DkimStage::Published { active_after: at(5) };
        let keys = [keys[0].clone(), keys[1].clone(), key("h2", Rsa, published, 4)];
        assert_eq!(due(&keys, at(4), rotation), Due::Nothing(Some(at(182))));
        assert_eq!(due(&keys, at(5), rotation), Due::Ask(vec![label("h2")]));
    }

    #[test]
    fn a_key_that_nobody_publishes_is_looked_for_ever_more_seldom() {
        let keys = [key("h1", DkimAlgorithm::Rsa, DkimStage::Made, 0)];
        assert_eq!(pause(&keys, at(0)), ASK_PAUSE_MIN);
        assert_eq!(pause(&keys, at(1)), DAY / 8);
        assert_eq!(pause(&keys, at(100)), ASK_PAUSE_MAX);
    }

    #[tokio::test]
    async fn fresh_keys_are_those_that_their_records_show() {
        let made = Keys { zone: None }.fresh().await.expect("keys");
        for key in made {
            let read = sign::SigningKey::from_pkcs8(algorithm(key.algorithm), key.private.octets());
            assert_eq!(read.expect("a key").public(), key.public);
        }
    }
}
