//! The DNS records of a domain: which are wanted, what stands there, what to do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use authority::Permission;
use directory::{MtaSts, Sts};
use dnscheck::{Checked, Expected, Need, Reason, Role, State};
use hosting::domain::DomainState;
use kernel::{AccountId, DomainId, Timestamp};
use parking_lot::Mutex;
use resolver::{Dns, Name};
use tokio::sync::Semaphore;

use super::dkim::wanted_of;
use super::query::read;
use crate::error::Fault;
use crate::language::Language;
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, DomainKey, Moment, Place};

/// For how long an answer is given again.
const KEPT: Duration = Duration::from_secs(600);
/// The least time between two checks of a domain, also for those who want a new one.
const PAUSE_MIN: Duration = Duration::from_secs(20);
/// How old an answer to somebody else may be that serves the platform's own look as well: less than its shortest pause, so
/// that two looks are two.
const SHARED: Duration = Duration::from_secs(8);
/// Checks that run at a time; each asks some twenty questions.
const CHECK_COUNT_MAX: usize = 8;
/// Most domains whose last check is remembered.
const KEPT_COUNT_MAX: usize = 10_000;

/// The last check of a domain.
#[derive(Debug, Clone)]
struct Last {
    began: Instant,
    at: Timestamp,
    /// The signing keys whose records were looked for.
    keys: Vec<dnscheck::DkimKey>,
    /// The version of the MTA-STS policy that was looked for.
    sts_id: Option<String>,
    checked: Arc<Vec<Checked>>,
}

/// The version of the MTA-STS policy of a domain, by what it asks; none where it has none.
pub type StsIds = Arc<dyn Fn(&Sts) -> Option<String> + Send + Sync>;

/// A domain to be checked.
struct Wanted<'a> {
    key: (AccountId, DomainId),
    name: &'a Name,
    keys: Vec<dnscheck::DkimKey>,
    sts: &'a Sts,
}

/// Checks domains, remembers the last answers, and bounds how much is asked.
pub struct DnsChecks {
    dns: Arc<dyn Dns>,
    platform: dnscheck::Platform,
    sts: StsIds,
    last: Mutex<HashMap<(AccountId, DomainId), Last>>,
    room: Semaphore,
}

impl DnsChecks {
    /// Over `dns`, against what the domains of `platform` need.
    pub fn new(dns: Arc<dyn Dns>, platform: dnscheck::Platform) -> Self {
        let (of_platform, last) = (platform.sts_id.clone(), Mutex::default());
        let sts: StsIds = Arc::new(move |sts| match sts.mode {
            MtaSts::Platform => of_platform.clone(),
            MtaSts::None => None,
            MtaSts::Testing => Some("testing".to_owned()),
            MtaSts::Enforce => Some("enforce".to_owned()),
        });
        Self { dns, platform, sts, last, room: Semaphore::new(CHECK_COUNT_MAX) }
    }

    /// The same with these versions of policies.
    #[must_use]
    pub fn with_sts(mut self, sts: StsIds) -> Self {
        self.sts = sts;
        self
    }

    /// What a domain with this policy needs.
    fn platform_with(&self, sts: &Sts) -> dnscheck::Platform {
        dnscheck::Platform { sts_id: (self.sts)(sts), sts_hosts: sts.hosts.clone(), ..self.platform.clone() }
    }

    /// The last check if it is young enough and of the same signing keys, else a new one. None where too many run.
    async fn of(&self, wanted: Wanted<'_>, (is_new_wanted, now): (bool, Timestamp)) -> Option<Last> {
        let known = self.known(&wanted, if is_new_wanted { PAUSE_MIN } else { KEPT });
        if known.is_some() {
            return known;
        }
        let _room = self.room.try_acquire().ok()?;
        Some(self.ask(wanted, now).await)
    }

    /// Checks a domain for the platform itself, which bounds by itself how many it checks at a time; what somebody has asked
    /// for a moment ago does as well.
    pub async fn look(
        &self,
        (account, domain): (AccountId, DomainId),
        (state, sts): (&DomainState, &Sts),
        now: Timestamp,
    ) -> Option<Arc<Vec<Checked>>> {
        let name = Name::parse(state.served_name()?.as_str()).ok()?;
        let wanted = Wanted { key: (account, domain), name: &name, keys: wanted_of(state), sts };
        let last = match self.known(&wanted, SHARED) {
            Some(known) => known,
            None => self.ask(wanted, now).await,
        };
        Some(last.checked)
    }

    /// The last check of the same, if it is younger than `fresh`.
    fn known(&self, wanted: &Wanted<'_>, fresh: Duration) -> Option<Last> {
        let last = self.last.lock();
        let last = last.get(&wanted.key).filter(|last| {
            last.began.elapsed() < fresh
                && last.keys == wanted.keys
                && last.sts_id == self.platform_with(wanted.sts).sts_id
        });
        last.cloned()
    }

    async fn ask(&self, Wanted { key, name, keys, sts }: Wanted<'_>, now: Timestamp) -> Last {
        let (began, platform) = (Instant::now(), self.platform_with(sts));
        let checked = dnscheck::check(&*self.dns, &platform, name, &keys).await;
        let sts_id = platform.sts_id;
        let last = Last { began, at: now, keys, sts_id, checked: Arc::new(checked) };
        let mut kept = self.last.lock();
        if kept.len() >= KEPT_COUNT_MAX {
            kept.retain(|_, old| began.duration_since(old.began) < KEPT);
        }
        if kept.len() < KEPT_COUNT_MAX {
            kept.insert(key, last.clone());
        }
        last
    }
}

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DnsState {
    /// As it should.
    Good,
    /// It is not there.
    Absent,
    /// It says something else.
    Wrong,
    /// It is there more than once.
    Duplicate,
    /// DNS did not answer.
    Unknown,
}

/// How much a record is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DnsNeed {
    /// Mail does not work without.
    Required,
    /// Mail works, and worse.
    Recommended,
    /// For convenience.
    Optional,
}

/// What a record is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Role")]
pub enum DnsRole {
    /// Mail comes here.
    Exchange,
    /// Microsoft's programs find their settings.
    AutodiscoverHost,
    /// The same by a service record.
    AutodiscoverService,
    /// Thunderbird and others find their settings.
    AutoconfigHost,
    /// Who may send for the domain.
    Spf,
    /// What others do with mail that proves nothing.
    Dmarc,
    /// The key of the signatures.
    Dkim,
    /// The host of the MTA-STS policy.
    StsHost,
    /// That there is an MTA-STS policy.
    Sts,
    /// Where reports about TLS go.
    TlsReport,
    /// Clients find a server.
    Service,
    /// Where clients begin on a server of calendars or contacts.
    ServicePath,
}

/// The DNS records of a domain.
#[derive(Debug, Clone)]
pub struct DomainDns {
    name: Name,
    last: Last,
}

/// The DNS records of a domain.
#[Object]
impl DomainDns {
    /// When DNS was asked.
    async fn checked_at(&self) -> Moment {
        Moment(self.last.at)
    }

    /// Whether everything required and recommended stands as it should.
    async fn is_good(&self) -> bool {
        let matters = |one: &&Checked| one.expected.need != Need::Optional;
        self.last.checked.iter().filter(matters).all(|one| one.state == State::Good)
    }

    /// The records, those without which nothing works first.
    async fn records(&self, ctx: &Context<'_>) -> Result<Vec<DnsRecord>> {
        let language = match ctx.caller()?.language {
            Language::English => dnscheck::Language::English,
            Language::French => dnscheck::Language::French,
        };
        Ok(self.last.checked.iter().map(|checked| shown(checked, language)).collect())
    }

    /// The wanted records as a zone file (RFC 1035), to be imported at a DNS provider.
    async fn zone_file(&self) -> String {
        let wanted: Vec<Expected> = self.last.checked.iter().map(|one| one.expected.clone()).collect();
        dnscheck::zone_file(&self.name, &wanted)
    }

    /// Wanted and current values as a table (RFC 4180), without formulas.
    async fn csv(&self) -> String {
        dnscheck::csv(&self.last.checked)
    }
}

/// One record that is wanted, with what stands there.
#[derive(Debug, Clone, SimpleObject)]
pub struct DnsRecord {
    /// What it is for.
    pub role: DnsRole,
    /// How much it is needed.
    pub need: DnsNeed,
    /// The whole name, without a dot at its end.
    pub name: String,
    /// `MX`, `CNAME`, `SRV` or `TXT`.
    #[graphql(name = "type")]
    pub kind: String,
    /// What it must say, as it is typed into the form of a DNS provider.
    pub expected: String,
    /// What stands there; at most 16 values.
    pub current: Vec<String>,
    /// How it stands.
    pub state: DnsState,
    /// Why it stands so.
    pub why: String,
    /// What to do; none where nothing is to be done.
    pub remedy: Option<String>,
    /// Whether other addresses or another text do what is needed.
    pub is_equivalent: bool,
    /// Of SPF: how many look-ups the record asks of receivers, who make ten at most; none of other records.
    pub lookups: Option<i32>,
}

fn shown(checked: &Checked, language: dnscheck::Language) -> DnsRecord {
    DnsRecord {
        role: checked.expected.role.into(),
        need: match checked.expected.need {
            Need::Required => DnsNeed::Required,
            Need::Recommended => DnsNeed::Recommended,
            Need::Optional => DnsNeed::Optional,
        },
        name: checked.expected.name.to_string(),
        kind: checked.expected.data.word().to_owned(),
        expected: checked.expected.data.to_string(),
        current: checked.current.clone(),
        state: match checked.state {
            State::Good => DnsState::Good,
            State::Absent => DnsState::Absent,
            State::Wrong => DnsState::Wrong,
            State::Duplicate => DnsState::Duplicate,
            State::Unknown => DnsState::Unknown,
        },
        why: checked.why(language).to_owned(),
        remedy: checked.remedy(language).map(str::to_owned),
        is_equivalent: matches!(checked.reason, Reason::SameAddresses | Reason::Sufficient),
        lookups: checked.lookup_count.and_then(|count| i32::try_from(count).ok()),
    }
}

/// Queries about DNS.
#[derive(Debug, Default)]
pub struct DnsQuery;

#[Object]
impl DnsQuery {
    /// The DNS records that a domain needs, held against what stands there now. The last answer is given again for ten
    /// minutes; `recheck` asks DNS anew, at most every 20 seconds: `checkedAt` tells.
    #[graphql(complexity = 50)]
    async fn domain_dns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(default = false, desc = "Whether DNS is asked anew.")] recheck: bool,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<DomainDns>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, super::query::PROJECTION, account, place).await?;
        let domain = read(ctx, &(account, domain_id.0)).await?;
        ctx.allow(Permission::DomainRead, domain.resource())?;
        let name = Name::parse(&domain.name).map_err(|_| ctx.fault(Fault::NotFound))?;
        let keys = super::dkim::wanted(ctx, (account, domain_id.0)).await?;
        let platform = ctx.platform()?;
        let now = platform.engine.now();
        let (key, sts) = ((account, domain_id.0), platform.directory.mta_sts(&domain.name));
        let last = platform.dns.of(Wanted { key, name: &name, keys, sts: &sts }, (recheck, now)).await;
        let last = last.ok_or_else(|| ctx.fault(Fault::Busy))?;
        if recheck {
            platform.standings.hasten((account.tenant(), domain_id.0), now).await;
        }
        Ok(Some(DomainDns { name, last }))
    }
}
