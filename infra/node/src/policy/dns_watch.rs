//! The DNS records of all served domains are looked at again and again, each by one node: how they stand is kept, and who looks
//! after a domain hears that something is lost, once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use authority::Principal;
use directory::Directory;
use engine::Engine;
use futures_util::{StreamExt as _, stream};
use graphql::{DnsChecks, DnsLoss, DnsStandings, DomainPlace, People, signing_selectors, spread};
use hosting::Language;
use hosting::domain::Domain;
use hosting::notice::{NoticeKind, NoticePerson, day_of};
use hosting::use_case::SendNotice;
use journal::{Clock as _, SystemClock};
use kernel::{CommandId, CorrelationId, DomainName, Id as _, Key, NoticeId, TenantId, Timestamp};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::policy::dkim::{SpecialNames, is_special};

/// How often it is looked for domains whose turn it is.
const LOOK: Duration = Duration::from_secs(5);
/// Domains of one look: what is due beyond waits for the next.
const LOOK_COUNT: usize = 40;
/// Domains that are asked about at a time; each asks some twenty questions.
const CHECK_COUNT_MAX: usize = 4;
/// How long a node has for a domain.
const HOLD: Duration = Duration::from_secs(120);
/// New domains are looked for once in so many looks.
const ENROL_EVERY: u32 = 6;
/// Domains in one page of all.
const PAGE_COUNT: usize = 1000;
/// Within how long a domain that was verified a moment ago is looked at.
const FIRST_LOOK: Duration = Duration::from_secs(60);
/// Domains that are remembered as known; where there are more, all are enrolled again, which changes nothing.
const REMEMBERED_COUNT_MAX: usize = 1_000_000;
/// People that are told of one domain.
const TOLD_COUNT_MAX: usize = 20;

/// Looks at the records of domains.
pub struct DnsWatch {
    /// Records what people are told.
    pub engine: Arc<Engine>,
    /// Knows the domains.
    pub directory: Arc<Directory>,
    /// Knows who looks after them.
    pub people: Arc<People>,
    /// Asks DNS.
    pub checks: Arc<DnsChecks>,
    /// Keeps what it said.
    pub standings: DnsStandings,
    /// How often a domain is looked at that is as it should be.
    pub every: Duration,
    /// Whether DNS is asked for names that nobody can have.
    pub special_names: SpecialNames,
    /// For whoever has chosen none.
    pub language: Language,
}

impl DnsWatch {
    /// Looks at all domains in their turn, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let (mut known, mut round) = (HashSet::new(), 0_u32);
        loop {
            if round.is_multiple_of(ENROL_EVERY)
                && let Err(error) = self.enrol(&mut known).await
            {
                tracing::warn!(%error, "new domains were not enrolled for looks at their DNS records");
            }
            round = round.wrapping_add(1);
            if let Err(error) = self.look(&stop).await {
                tracing::warn!(%error, "it is not known which domains are due");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Lets every served domain have its turns, the first one soon.
    async fn enrol(&self, known: &mut HashSet<DomainPlace>) -> anyhow::Result<()> {
        let (mut after, now) = (None, SystemClock.now());
        let span = self.every.min(FIRST_LOOK);
        if known.len() > REMEMBERED_COUNT_MAX {
            known.clear();
        }
        loop {
            let page = self.directory.signing_domains(after, PAGE_COUNT);
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.tenant, last.domain));
            let asked = page.iter().filter(|domain| self.asks(&domain.name));
            let places: Vec<DomainPlace> = asked.map(|domain| (domain.tenant, domain.domain)).collect();
            let new = places.iter().filter(|place| !known.contains(*place));
            let new = new.map(|place| (DnsStandings::name(*place), now.plus(spread(place, span))));
            let new: Vec<(String, Timestamp)> = new.collect();
            self.standings.turns().enrol(&new).await?;
            known.extend(places);
        }
    }

    fn asks(&self, name: &DomainName) -> bool {
        self.special_names == SpecialNames::Asked || !is_special(name)
    }

    async fn look(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let due = self.standings.turns().due(SystemClock.now(), LOOK_COUNT).await?;
        let looks = stream::iter(due).for_each_concurrent(CHECK_COUNT_MAX, |name| async move {
            if stop.is_cancelled() {
                return;
            }
            if let Err(error) = self.domain(&name).await {
                tracing::warn!(%error, "a domain was not looked at; it is tried again");
            }
        });
        looks.await;
        Ok(())
    }

    /// Looks at one domain, if nobody else does.
    async fn domain(&self, name: &str) -> anyhow::Result<()> {
        let (turns, now) = (self.standings.turns(), SystemClock.now());
        let place = DnsStandings::named(name).context("a name that is none")?;
        let Some(turn) = turns.take(name, now, now.plus(HOLD)).await? else { return Ok(()) };
        let (tenant, id) = place;
        let state = self.engine.load(tenant, &Key::<Domain>(id)).await?;
        let Some(served) = state.served_name().cloned() else { return Ok(turns.forget(name).await?) };
        let sts = self.directory.mta_sts(served.as_str());
        let checked = self.checks.look((tenant.account(), id), (&state, &sts), now).await;
        let checked = checked.context("a domain whose name DNS cannot have")?;
        let before = DnsStandings::read(&turn);
        let (standing, lost) = before.after((&checked, &signing_selectors(&state)), now);
        for (loss, since) in lost {
            self.tell(place, &served, (loss, since)).await?;
        }
        let next = now.plus(standing.pause(self.every, id));
        Ok(turns.done(name, next, &DnsStandings::written(&standing)).await?)
    }

    /// Tells who looks after a domain. The same loss is the same command: after a crash nobody is told twice.
    async fn tell(
        &self,
        (tenant, domain): DomainPlace,
        name: &DomainName,
        (loss, since): (DnsLoss, Timestamp),
    ) -> anyhow::Result<()> {
        tracing::info!(domain.id = %domain, ?loss, "a domain has lost records that it had");
        if tenant == TenantId::PLATFORM {
            // Its own domains are the operator's, who reads the log.
            return Ok(());
        }
        let kind = match loss {
            DnsLoss::Exchange => NoticeKind::MailExchangeLost,
            DnsLoss::Signatures => NoticeKind::SigningKeyLost,
        };
        let account = tenant.account();
        for user in self.people.administrators(account, domain, TOLD_COUNT_MAX) {
            let about = format!("{}:{}:{}", kind.name(), since.millis(), user.uuid());
            let command = CommandId::new(Uuid::new_v5(&domain.uuid(), about.as_bytes()));
            let send = SendNotice {
                account,
                notice: NoticeId::derived(command, 0),
                person: NoticePerson::User(user),
                kind,
                detail: Some(name.to_unicode()),
                ticket: None,
                day: day_of(SystemClock.now()),
                language: self.language,
            };
            let correlation = CorrelationId::new(Uuid::now_v7());
            // Who has no address is refused, and not told.
            self.engine.run(&Principal::platform("dns_watch"), command, correlation, &send).await?;
        }
        Ok(())
    }
}
