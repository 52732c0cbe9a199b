//! How the DNS records of domains stood when they were last looked at: kept, so that lists need not ask DNS, and what is
//! lost is noticed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Enum, Result, SimpleObject};
use authority::Permission;
use database::{Database, DatabaseError};
use dnscheck::{Checked, Need, Reason, Role, State};
use hosting::domain::{DkimStage, DomainState};
use kernel::{DomainId, Id as _, TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Turn, Turns};
use uuid::Uuid;

use super::object::Domain;
use crate::request::Asked;
use crate::scalar::Moment;

/// The kind of work.
const WORK: &str = "domain_dns";
/// How often something must be missing in a row before it counts as lost: a server that is changed may be half changed.
const MISSED_COUNT: u8 = 2;
/// The longest wait for the second look at something that is missing.
const CONFIRM_MAX: Duration = Duration::from_secs(600);
/// The shortest pause between two looks.
const PAUSE_MIN: Duration = Duration::from_secs(10);
/// How often a pause is doubled at most.
const DOUBLED_COUNT_MAX: u32 = 5;

/// How records of one purpose stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Enum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DnsPart {
    /// As they should.
    Good,
    /// Some do, or something else stands beside them.
    Partly,
    /// None does.
    Missing,
    /// There is nothing to be published, or DNS never answered.
    #[default]
    Unknown,
}

/// Something without which mail suffers, as it was found over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Watched {
    found: DnsPart,
    /// Whether it was right once and has not been lost since.
    was_right: bool,
    /// How often in a row it was missing since.
    missed_count: u8,
    /// Since when, in milliseconds.
    missing_since: i64,
}

impl Watched {
    /// After it was `found`; whether it is lost by that. Silence of DNS is no loss.
    fn after(self, found: DnsPart, now: Timestamp) -> (Self, bool) {
        match found {
            DnsPart::Unknown => (self, false),
            DnsPart::Good | DnsPart::Partly => {
                (Self { found, was_right: true, missed_count: 0, missing_since: 0 }, false)
            }
            DnsPart::Missing if !self.was_right => (Self { found, ..Self::default() }, false),
            DnsPart::Missing => {
                let missed_count = self.missed_count.saturating_add(1);
                let missing_since = if missed_count == 1 { now.millis() } else { self.missing_since };
                let is_lost = missed_count >= MISSED_COUNT;
                (Self { found, was_right: !is_lost, missed_count, missing_since }, is_lost)
            }
        }
    }

    const fn is_in_doubt(self) -> bool {
        self.was_right && self.missed_count > 0
    }
}

/// What a domain had in DNS and has no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DnsLoss {
    /// Nothing leads its mail here.
    Exchange,
    /// Nothing shows the keys by which its mail is signed.
    Signatures,
}

/// How a domain stands in DNS.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DnsStanding {
    exchange: Watched,
    signatures: Watched,
    others: DnsPart,
    /// When DNS answered last, in milliseconds.
    checked_at: i64,
    /// When it last stood otherwise than before.
    changed_at: i64,
    /// How often in a row DNS did not answer.
    silent_count: u32,
    /// How often in a row it stood as it does.
    same_count: u32,
}

impl DnsStanding {
    /// After a check: what is lost by it, with since when it is missing. `signing` are the selectors of the keys that sign.
    #[must_use]
    pub fn after(
        &self,
        (checked, signing): (&[Checked], &[String]),
        now: Timestamp,
    ) -> (Self, Vec<(DnsLoss, Timestamp)>) {
        let exchange = part(checked.iter().filter(|one| one.expected.role == Role::Exchange));
        let signatures = part(checked.iter().filter(|one| is_of(one, signing)));
        let others = part(checked.iter().filter(|one| {
            let is_told = one.expected.role == Role::Exchange || one.expected.role == Role::Dkim;
            !is_told && one.expected.need != Need::Optional
        }));
        if exchange == DnsPart::Unknown && others == DnsPart::Unknown {
            let silent_count = self.silent_count.saturating_add(1);
            return (Self { silent_count, ..self.clone() }, Vec::new());
        }
        let (exchange, is_exchange_lost) = self.exchange.after(exchange, now);
        let (signatures, are_signatures_lost) = match signing.is_empty() {
            true => (Watched::default(), false),
            false => self.signatures.after(signatures, now),
        };
        let others = if others == DnsPart::Unknown { self.others } else { others };
        let found = |standing: &Self| (standing.exchange.found, standing.signatures.found, standing.others);
        let mut standing = Self {
            exchange,
            signatures,
            others,
            checked_at: now.millis(),
            changed_at: self.changed_at,
            silent_count: 0,
            same_count: self.same_count.saturating_add(1),
        };
        if self.checked_at == 0 || found(&standing) != found(self) {
            (standing.changed_at, standing.same_count) = (now.millis(), 0);
        }
        let since = |watched: Watched| Timestamp::from_millis(watched.missing_since);
        let exchange = is_exchange_lost.then(|| (DnsLoss::Exchange, since(exchange)));
        let signatures = are_signatures_lost.then(|| (DnsLoss::Signatures, since(signatures)));
        (standing, exchange.into_iter().chain(signatures).collect())
    }

    /// How long DNS is left in peace then: `every` where all is well; the longer the same is wrong the longer; soon where
    /// something was right a moment ago. `domain` makes the moment its own, so that not all are asked at once.
    pub fn pause(&self, every: Duration, domain: DomainId) -> Duration {
        let doubled = |base: Duration, count: u32| base.saturating_mul(1 << count.min(DOUBLED_COUNT_MAX));
        let pause = if self.silent_count > 0 {
            doubled(every / 12, self.silent_count - 1)
        } else if self.exchange.is_in_doubt() || self.signatures.is_in_doubt() {
            (every / 6).min(CONFIRM_MAX)
        } else if self.health() == DnsHealth::Good {
            every
        } else {
            doubled(every / 6, self.same_count)
        };
        let pause = pause.max(PAUSE_MIN);
        pause + spread((domain, self.checked_at), pause / 8)
    }

    fn health(&self) -> DnsHealth {
        let (exchange, signatures) = (self.exchange.found, self.signatures.found);
        match exchange {
            DnsPart::Missing => DnsHealth::Broken,
            DnsPart::Unknown => DnsHealth::Unknown,
            DnsPart::Good | DnsPart::Partly => {
                let is_well = |part| matches!(part, DnsPart::Good | DnsPart::Unknown);
                let all = [exchange, signatures, self.others].into_iter().all(is_well);
                if all { DnsHealth::Good } else { DnsHealth::Incomplete }
            }
        }
    }
}

/// A moment of one's own within `span`.
pub fn spread(of: impl std::hash::Hash, span: Duration) -> Duration {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(hasher.finish() % span)
}

/// Whether a record shows one of these keys.
fn is_of(checked: &Checked, selectors: &[String]) -> bool {
    let name = checked.expected.name.to_string();
    let selector = name.split_once("._domainkey.").map(|(selector, _)| selector.to_lowercase());
    checked.expected.role == Role::Dkim
        && selector
            .is_some_and(|selector| selectors.iter().any(|known| known.eq_ignore_ascii_case(&selector)))
}

fn part<'a>(checked: impl Iterator<Item = &'a Checked>) -> DnsPart {
    let (mut good, mut partly, mut missing) = (false, false, false);
    for one in checked {
        match (one.state, one.reason) {
            (State::Good, _) => good = true,
            // Ours is there, and others beside it, or twice.
            (State::Duplicate, _) | (State::Wrong, Reason::OtherExchanges) => partly = true,
            (State::Absent | State::Wrong, _) => missing = true,
            (State::Unknown, _) => {}
        }
    }
    match (good, partly, missing) {
        (false, false, false) => DnsPart::Unknown,
        (false, false, true) => DnsPart::Missing,
        (true, false, false) => DnsPart::Good,
        (_, true, _) | (true, false, true) => DnsPart::Partly,
    }
}

/// The selectors of the keys that sign the mail of a domain now.
pub fn signing_selectors(state: &DomainState) -> Vec<String> {
    let signing = state.dkim().iter().filter(|key| key.stage == DkimStage::Active);
    signing.map(|key| key.selector.to_string()).collect()
}

/// What is kept about the domains of the platform, and which of them are to be looked at when.
#[derive(Clone)]
pub struct DnsStandings(Turns);

/// A domain with whose it is.
pub type DomainPlace = (TenantId, DomainId);

impl DnsStandings {
    /// Over a database, with the table made where it is not there.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn open(database: Database) -> std::result::Result<Self, DatabaseError> {
        Ok(Self(Turns::open(database, WORK).await?))
    }

    /// The turns: a domain is named by [`DnsStandings::name`], its note is read by [`DnsStandings::read`].
    pub const fn turns(&self) -> &Turns {
        &self.0
    }

    /// Under what a domain is kept.
    pub fn name((tenant, domain): DomainPlace) -> String {
        format!("{}/{}", tenant.uuid().simple(), domain.uuid().simple())
    }

    /// Which domain is kept under a name.
    pub fn named(name: &str) -> Option<DomainPlace> {
        let (tenant, domain) = name.split_once('/')?;
        let (tenant, domain) = (Uuid::try_parse(tenant).ok()?, Uuid::try_parse(domain).ok()?);
        Some((TenantId::new(tenant), DomainId::new(domain)))
    }

    /// How it stood when its turn came last; as nothing is known of it where it has not come.
    pub fn read(turn: &Turn) -> DnsStanding {
        serde_json::from_str(&turn.note).unwrap_or_default()
    }

    /// As it is kept.
    pub fn written(standing: &DnsStanding) -> String {
        serde_json::to_string(standing).unwrap_or_default()
    }

    /// Somebody has changed something: it is looked at now, and not only when its turn comes.
    pub(crate) async fn hasten(&self, place: DomainPlace, now: Timestamp) {
        if let Err(error) = self.0.hasten(&Self::name(place), now).await {
            tracing::warn!(%error, "a domain is not looked at sooner");
        }
    }
}

/// How much of what a domain needs stands in DNS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DnsHealth {
    /// All that is required and recommended.
    Good,
    /// Mail comes here; something that is recommended is missing.
    Incomplete,
    /// Mail for it does not come here.
    Broken,
    /// It was not looked at yet, or DNS did not answer.
    Unknown,
}

/// How the DNS records of a domain stood when the platform last looked at them by itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct DomainDnsStanding {
    /// All of it in a word.
    pub health: DnsHealth,
    /// The records that lead mail here (MX).
    pub exchange: DnsPart,
    /// The records that show the keys by which its mail is signed (DKIM).
    pub signatures: DnsPart,
    /// All others that are required or recommended.
    pub others: DnsPart,
    /// When DNS was asked.
    pub checked_at: Moment,
    /// Since when it stands so.
    pub changed_at: Moment,
    /// When DNS is asked again, or soon after.
    pub next_check_at: Moment,
}

/// Gathers the domains whose standing is asked for in the same moment.
pub(crate) struct Standings(pub(crate) DnsStandings);

impl Loader<DomainPlace> for Standings {
    type Value = DomainDnsStanding;
    type Error = Arc<DatabaseError>;

    async fn load(
        &self,
        keys: &[DomainPlace],
    ) -> std::result::Result<HashMap<DomainPlace, DomainDnsStanding>, Arc<DatabaseError>> {
        let names: Vec<String> = keys.iter().copied().map(DnsStandings::name).collect();
        let turns = self.0.0.those(&names).await.map_err(Arc::new)?;
        let shown = turns.iter().filter_map(|turn| {
            let standing = DnsStandings::read(turn);
            // Nobody has looked yet.
            (standing.checked_at > 0).then_some(())?;
            Some((DnsStandings::named(&turn.name)?, shown(&standing, turn.due_at)))
        });
        Ok(shown.collect())
    }
}

fn shown(standing: &DnsStanding, due_at: Timestamp) -> DomainDnsStanding {
    DomainDnsStanding {
        health: standing.health(),
        exchange: standing.exchange.found,
        signatures: standing.signatures.found,
        others: standing.others,
        checked_at: Moment(Timestamp::from_millis(standing.checked_at)),
        changed_at: Moment(Timestamp::from_millis(standing.changed_at)),
        next_check_at: Moment(due_at),
    }
}

/// How a domain stood, for whoever may see it.
pub(super) async fn of(ctx: &Context<'_>, domain: &Domain) -> Result<Option<DomainDnsStanding>> {
    ctx.allow(Permission::DomainRead, domain.resource())?;
    let place = (domain.account_id.0.tenant(), domain.id.0);
    let found = ctx.data::<DataLoader<Standings>>()?.load_one(place).await;
    found.map_err(|error| ctx.failed("reading how domains stand in DNS", &*error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dnscheck::{DkimKey, Platform, check};
    use resolver::{Name, Zone};

    const EVERY: Duration = Duration::from_secs(6 * 3600);
    const HOSTS: &str = "$ORIGIN host.example.\nmx A 192.0.2.1\n$ORIGIN c.example.\n";
    const GOOD: &str = "@ MX 10 mx.host.example.\ns1._domainkey TXT \"v=DKIM1; k=rsa; p=AAAA\"\n";

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn domain() -> DomainId {
        DomainId::new(Uuid::from_u128(7))
    }

    async fn checked(zone: &Zone) -> Vec<Checked> {
        let platform = Platform {
            exchanges: vec![name("mx.host.example")],
            host: name("mx.host.example"),
            pages: name("mx.host.example"),
            https: 443,
            imaps: None,
            submissions: None,
            submission: None,
            spf: None,
            dav: None,
            sts_id: None,
            sts_hosts: Vec::new(),
        };
        let keys = ["s1", "s2"].map(|selector| DkimKey {
            selector: selector.to_owned(),
            text: "v=DKIM1; k=rsa; p=AAAA".to_owned(),
        });
        check(zone, &platform, &name("c.example"), &keys).await
    }

    /// After looks at these zones, a second apart: how it stands, and everything that was lost.
    async fn looked(zones: &[&str]) -> (DnsStanding, Vec<(DnsLoss, Timestamp)>) {
        let (mut standing, mut lost) = (DnsStanding::default(), Vec::new());
        for (number, zone) in (1..).zip(zones) {
            let zone = Zone::parse(&format!("{HOSTS}{zone}")).expect("a zone");
            let signing = ["s1".to_owned()];
            let (next, more) = standing.after((&checked(&zone).await, &signing), at(number));
            standing = next;
            lost.extend(more);
        }
        (standing, lost)
    }

    #[tokio::test]
    async fn what_was_right_and_is_missing_twice_is_lost_once() {
        let (standing, lost) = looked(&[GOOD, "", "", ""]).await;
        assert_eq!(lost, [(DnsLoss::Exchange, at(2)), (DnsLoss::Signatures, at(2))]);
        assert_eq!((standing.health(), standing.changed_at), (DnsHealth::Broken, 2000));
        // It comes back, and is lost anew.
        let (_, lost) = looked(&[GOOD, "", "", GOOD, "", "", ""]).await;
        assert_eq!(lost.len(), 4);
    }

    #[tokio::test]
    async fn what_is_missing_for_a_moment_or_was_never_right_is_not_lost() {
        assert!(looked(&[GOOD, "", GOOD, "", GOOD]).await.1.is_empty());
        assert!(looked(&["", "", "", ""]).await.1.is_empty());
        let other = "@ MX 10 mx.host.example.\n@ MX 20 mx.elsewhere.example.\ns1._domainkey TXT \"v=DKIM1; k=rsa; p=AAAA\"\n";
        let (standing, lost) = looked(&[GOOD, other, other]).await;
        assert!(lost.is_empty());
        assert_eq!((standing.exchange.found, standing.health()), (DnsPart::Partly, DnsHealth::Incomplete));
    }

    #[tokio::test]
    async fn a_key_that_does_not_sign_yet_is_not_missed() {
        let zone = Zone::parse(&format!("{HOSTS}{GOOD}")).expect("a zone");
        let checked = checked(&zone).await;
        let (standing, _) = DnsStanding::default().after((&checked, &["s1".to_owned()]), at(1));
        assert_eq!(standing.signatures.found, DnsPart::Good);
        let (standing, _) = standing.after((&checked, &[]), at(2));
        assert_eq!(standing.signatures.found, DnsPart::Unknown);
    }

    #[tokio::test]
    async fn silence_changes_nothing_and_is_asked_more_and_more_seldom() {
        let (good, _) = looked(&[GOOD]).await;
        let zone = Zone::parse(&format!("{HOSTS}{GOOD}")).expect("a zone");
        let answers: Vec<Checked> = checked(&zone)
            .await
            .into_iter()
            .map(|one| Checked { state: State::Unknown, reason: Reason::NoAnswer, ..one })
            .collect();
        let (once, lost) = good.after((&answers, &["s1".to_owned()]), at(2));
        assert!(lost.is_empty());
        assert_eq!((once.exchange, once.checked_at, once.silent_count), (good.exchange, 1000, 1));
        let (twice, _) = once.after((&answers, &["s1".to_owned()]), at(3));
        assert!(twice.pause(EVERY, domain()) > once.pause(EVERY, domain()));
        assert!(once.pause(EVERY, domain()) < good.pause(EVERY, domain()));
    }

    #[tokio::test]
    async fn the_pause_is_short_in_doubt_and_grows_while_the_same_is_wrong() {
        let (doubt, _) = looked(&[GOOD, ""]).await;
        assert!(doubt.pause(EVERY, domain()) <= CONFIRM_MAX + CONFIRM_MAX / 8);
        let mut last = Duration::ZERO;
        for count in 1..=5 {
            let (wrong, _) = looked(&vec![""; count]).await;
            let pause = wrong.pause(EVERY, domain());
            assert!(pause > last, "{count}: {pause:?}");
            last = pause;
        }
        let (wrong, _) = looked(&[""; 40]).await;
        assert!(wrong.pause(EVERY, domain()) <= EVERY * 6, "it has an end");
        assert!(looked(&[GOOD]).await.0.pause(Duration::from_secs(1), domain()) >= PAUSE_MIN);
    }

    #[test]
    fn what_is_kept_is_read_again_and_names_lead_back() {
        let place = (TenantId::new(Uuid::from_u128(3)), domain());
        assert_eq!(DnsStandings::named(&DnsStandings::name(place)), Some(place));
        assert_eq!(DnsStandings::named("x/y"), None);
        let standing = DnsStanding { checked_at: 5, same_count: 2, ..DnsStanding::default() };
        let note = DnsStandings::written(&standing);
        let turn = Turn { name: DnsStandings::name(place), due_at: at(1), note };
        assert_eq!(DnsStandings::read(&turn), standing);
    }
}
