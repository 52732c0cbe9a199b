//! People hear that limits bite before they do: recipients of a day, an hour or a minute, and what aliases pass on, at four fifths
//! and at the whole, storage at 80, 95 and 100 %. Once a day for each limit and person, whatever comes and goes meanwhile, and at whichever node.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use authority::Principal;
use directory::Directory;
use engine::{Effect, EffectError, Engine, RunError};
use graphql::People;
use hosting::HostingEvent;
use hosting::Language;
use hosting::domain::{Domain, DomainEvent};
use hosting::mailbox::{Crossing, MailboxEvent, Threshold};
use hosting::notice::{NoticeKind, NoticePerson, day_of};
use hosting::use_case::SendNotice;
use journal::{Clock as _, SystemClock};
use kernel::{
    AccountId, CommandId, CorrelationId, DomainId, EmailAddress, Id as _, Key, MailboxId, NoticeId, Recorded,
    TenantId, UserId,
};
use smtp::{LimitUse, LimitWatch, Share};
use store::{SendPeriod, SendScope};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What may wait to be told; what comes while it is full comes again with the next message.
const WAITING_COUNT_MAX: usize = 256;
/// Limits of a day that are remembered as told; where there are more, all begin anew, and nobody is told twice for it.
const REMEMBERED_COUNT_MAX: usize = 100_000;
/// Administrators or owners that are told of one limit.
const TOLD_COUNT_MAX: usize = 20;

/// Who is told of a limit, and what.
#[derive(Debug, Clone)]
struct Limit {
    account: AccountId,
    /// What makes it one limit: the same on the same day is told once.
    id: Uuid,
    kind: NoticeKind,
    detail: String,
    day: i64,
}

/// Tells people.
#[derive(Clone)]
pub struct Tell {
    /// Records what they are told.
    pub engine: Arc<Engine>,
    /// Knows them.
    pub people: Arc<People>,
    /// Knows mailboxes and their domains.
    pub directory: Arc<Directory>,
    /// For whoever has chosen none.
    pub language: Language,
}

impl Tell {
    async fn person(&self, limit: &Limit, person: NoticePerson) -> Result<(), RunError> {
        // The same limit on the same day is the same notice.
        let name = format!("{}:{}:{}", limit.kind.name(), limit.day, person.uuid());
        let command = CommandId::new(Uuid::new_v5(&limit.id, name.as_bytes()));
        let send = SendNotice {
            account: limit.account,
            notice: NoticeId::derived(command, 0),
            person,
            kind: limit.kind,
            detail: Some(limit.detail.clone()),
            ticket: None,
            day: limit.day,
            language: self.language,
        };
        let correlation = CorrelationId::new(Uuid::now_v7());
        // Who has no address is refused, and not told.
        let told = self.engine.run(&Principal::platform("limit_notice"), command, correlation, &send).await;
        told.map(drop)
    }

    async fn administrators(&self, limit: &Limit, domain: DomainId) -> Result<(), RunError> {
        self.everybody(limit, self.people.administrators(limit.account, domain, TOLD_COUNT_MAX)).await
    }

    async fn everybody(&self, limit: &Limit, people: Vec<UserId>) -> Result<(), RunError> {
        for user in people {
            self.person(limit, NoticePerson::User(user)).await?;
        }
        Ok(())
    }

    async fn sends(&self, used: &LimitUse, day: i64) -> Result<(), RunError> {
        let most = used.limit.recipient_count_max;
        let address = |of: fn(&EmailAddress) -> String| {
            used.login.as_ref().map(|login| of(&login.address)).unwrap_or_default()
        };
        let (id, of) = match used.limit.scope {
            SendScope::Service(id) | SendScope::Forwards(id) => (id.uuid(), id.to_string()),
            SendScope::Domain(id) => (id.uuid(), address(|address| address.domain.to_string())),
            SendScope::Mailbox(id) => (id.uuid(), address(ToString::to_string)),
        };
        let is_of_aliases = matches!(used.limit.scope, SendScope::Forwards(_));
        let kind = match (is_of_aliases, used.share) {
            (false, Share::FourFifths) => NoticeKind::SendLimitNear,
            (false, Share::Whole) => NoticeKind::SendLimitReached,
            (true, Share::FourFifths) => NoticeKind::ForwardLimitNear,
            (true, Share::Whole) => NoticeKind::ForwardLimitReached,
        };
        let (id, within) = match used.limit.period {
            SendPeriod::Day => (id, "24 h"),
            SendPeriod::Hour => (Uuid::new_v5(&id, b"hour"), "1 h"),
            SendPeriod::Minute => (Uuid::new_v5(&id, b"minute"), "1 min"),
        };
        let detail = format!("{of}: {most} / {within}");
        let limit = Limit { account: used.tenant.account(), id, kind, detail, day };
        if let SendScope::Mailbox(mailbox) = used.limit.scope {
            return self.person(&limit, NoticePerson::Mailbox(mailbox)).await;
        }
        // Of the aliases of a whole service no administrator of a domain answers.
        if is_of_aliases {
            return self.everybody(&limit, self.people.owners(limit.account, TOLD_COUNT_MAX)).await;
        }
        let home = used.login.as_ref().and_then(|login| self.directory.home(login.tenant, login.mailbox));
        match home {
            Some(domain) => self.administrators(&limit, domain).await,
            None => Ok(()),
        }
    }
}

/// Hears of limits on sending from the servers, and has people told in the background.
pub struct LimitNotices(mpsc::Sender<LimitUse>);

impl LimitNotices {
    /// The ear, and what tells people.
    pub fn new(tell: Tell) -> (Self, LimitTeller) {
        let (sender, waiting) = mpsc::channel(WAITING_COUNT_MAX);
        (Self(sender), LimitTeller { tell, waiting, told: HashSet::new() })
    }
}

impl LimitWatch for LimitNotices {
    fn note(&self, used: LimitUse) {
        // Where it is full, the next message that meets the limit says it again.
        drop(self.0.try_send(used));
    }
}

/// Tells people what the servers noted.
pub struct LimitTeller {
    tell: Tell,
    waiting: mpsc::Receiver<LimitUse>,
    told: HashSet<(SendScope, SendPeriod, Share, i64)>,
}

impl LimitTeller {
    /// Works until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let used = tokio::select! {
                () = stop.cancelled() => return,
                used = self.waiting.recv() => used,
            };
            let Some(used) = used else { return };
            self.hear(&used, day_of(SystemClock.now())).await;
        }
    }

    async fn hear(&mut self, used: &LimitUse, day: i64) {
        let key = (used.limit.scope, used.limit.period, used.share, day);
        if self.told.contains(&key) {
            return;
        }
        if let Err(error) = self.tell.sends(used, day).await {
            return tracing::warn!(%error, "that a limit is nearly used was not told");
        }
        if self.told.len() >= REMEMBERED_COUNT_MAX {
            self.told.clear();
        }
        self.told.insert(key);
    }
}

/// Tells how full mailboxes are: their owners always, and the administrators once mail is refused. Of what the mailboxes of a
/// domain share, these are told.
pub struct TellStorage(pub Tell);

#[async_trait]
impl Effect for TellStorage {
    type Event = HostingEvent;

    const NAME: &'static str = "tell_storage";

    async fn perform(&self, recorded: &Recorded<HostingEvent>) -> Result<(), EffectError> {
        let threshold = match &recorded.event {
            HostingEvent::Mailbox(MailboxEvent::QuotaThresholdCrossed {
                threshold,
                crossing: Crossing::Up,
            }) => threshold,
            HostingEvent::Domain(DomainEvent::PoolThresholdCrossed { threshold, crossing: Crossing::Up }) => {
                return self.pool(recorded, *threshold).await;
            }
            _ => return Ok(()),
        };
        let (tenant, mailbox) = (recorded.cursor.tenant, MailboxId::new(recorded.stream.id));
        let (Some(address), Some(domain)) =
            (self.0.directory.address_of(tenant, mailbox), self.0.directory.home(tenant, mailbox))
        else {
            return Ok(());
        };
        let percent = threshold.percent();
        let limit = Limit {
            account: tenant.account(),
            id: Uuid::new_v5(&mailbox.uuid(), &[percent]),
            kind: NoticeKind::StorageNear,
            detail: format!("{address}: {percent} %"),
            day: day_of(recorded.recorded_at),
        };
        let failed = |error: RunError| EffectError { at: recorded.cursor, reason: error.to_string() };
        // A full mailbox takes no notice.
        let is_full = *threshold == Threshold::Full;
        if !is_full {
            self.0.person(&limit, NoticePerson::Mailbox(mailbox)).await.map_err(failed)?;
        }
        if is_full || self.copies(tenant, domain).await.map_err(failed)? {
            self.0.administrators(&limit, domain).await.map_err(failed)?;
        }
        Ok(())
    }
}

impl TellStorage {
    /// Whether the administrators of a domain get what its mailboxes are told of their quotas.
    async fn copies(&self, tenant: TenantId, domain: DomainId) -> Result<bool, RunError> {
        let state = self.0.engine.load(tenant, &Key::<Domain>(domain)).await?;
        Ok(state.record().is_some_and(|record| record.settings.copies_quota_warnings))
    }

    async fn pool(&self, recorded: &Recorded<HostingEvent>, threshold: Threshold) -> Result<(), EffectError> {
        let (tenant, domain) = (recorded.cursor.tenant, DomainId::new(recorded.stream.id));
        let Some(name) = self.0.directory.name_of(tenant, domain) else { return Ok(()) };
        let percent = threshold.percent();
        let limit = Limit {
            account: tenant.account(),
            id: Uuid::new_v5(&domain.uuid(), &[percent]),
            kind: NoticeKind::PoolNear,
            detail: format!("{name}: {percent} %"),
            day: day_of(recorded.recorded_at),
        };
        let told = self.0.administrators(&limit, domain).await;
        told.map_err(|error| EffectError { at: recorded.cursor, reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use hosting::notice::{NoticeDay, stream_of};
    use hosting::use_case::{SignUp, VerifyEmail};
    use hosting::{LoginName, PasswordHash};
    use kernel::ServiceId;
    use store::SendLimit;

    use super::*;
    use crate::stage::{Stage, must_as};

    const PASSWORD: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";

    fn account() -> AccountId {
        AccountId::new(Uuid::from_u128(1))
    }

    fn owner() -> UserId {
        UserId::new(Uuid::from_u128(11))
    }

    /// What somebody was told today, but for the link to confirm an address.
    async fn told(engine: &Engine, user: UserId, day: i64) -> Vec<(NoticeKind, Option<String>)> {
        let key = Key::<NoticeDay>(stream_of(NoticePerson::User(user), day));
        let state = engine.load(account().tenant(), &key).await.expect("a day");
        let notices = state.notices.values().filter(|notice| notice.kind != NoticeKind::EmailVerification);
        let mut told: Vec<_> = notices
            .map(|notice| (notice.kind, notice.detail.as_ref().and_then(|detail| detail.plain().cloned())))
            .collect();
        told.sort_by_key(|(kind, _)| kind.name());
        told
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn owners_hear_once_a_day_of_what_the_aliases_of_their_service_pass_on() {
        let stage = Stage::open().await;
        let (engine, platform) = (Arc::clone(&stage.engine), Principal::platform("sign_up"));
        let now = SystemClock.now();
        let (day, notice) = (day_of(now), NoticeId::from_uuid(Uuid::from_u128(21)));
        let sign_up = SignUp {
            account: account(),
            account_name: "Acme".to_owned(),
            user: owner(),
            login: LoginName::parse("owner@acme.example").expect("a login"),
            email: EmailAddress::parse("owner@acme.example").expect("an address"),
            name: None,
            password: PasswordHash::parse(PASSWORD).expect("a hash"),
            language: Language::En,
            notice,
            at: now,
        };
        must_as(&engine, &platform, &sign_up).await;
        must_as(&engine, &platform, &VerifyEmail { account: account(), user: owner(), notice, day }).await;
        let people = Arc::new(People::default());
        assert!(engine.follow(Arc::clone(&people)).expect("people").caught_up().await);
        let tell = Tell {
            engine: Arc::clone(&engine),
            people,
            directory: Arc::new(Directory::new()),
            language: Language::En,
        };
        let (_, mut teller) = LimitNotices::new(tell.clone());
        let service = ServiceId::new(Uuid::from_u128(41));
        let used = |share| LimitUse {
            tenant: account().tenant(),
            login: None,
            limit: SendLimit {
                scope: SendScope::Forwards(service),
                period: SendPeriod::Day,
                recipient_count_max: 500,
            },
            share,
        };
        let detail = Some(format!("{service}: 500 / 24 h"));
        teller.hear(&used(Share::FourFifths), day).await;
        teller.hear(&used(Share::FourFifths), day).await;
        // Another node has not heard that it was told.
        let (_, mut other) = LimitNotices::new(tell);
        other.hear(&used(Share::FourFifths), day).await;
        assert_eq!(told(&engine, owner(), day).await, [(NoticeKind::ForwardLimitNear, detail.clone())]);
        other.hear(&used(Share::Whole), day).await;
        assert_eq!(
            told(&engine, owner(), day).await,
            [(NoticeKind::ForwardLimitNear, detail.clone()), (NoticeKind::ForwardLimitReached, detail)]
        );
        engine.shutdown().await;
    }
}
