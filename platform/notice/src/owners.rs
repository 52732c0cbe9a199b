//! Telling the owners of an account what others have done about it.

use async_trait::async_trait;
use engine::{Cause, Reaction, RunError, Runner};
use hosting::Language;
use hosting::account::{Account, AccountState};
use hosting::delegation::{AcceptedBy, Delegation};
use hosting::notice::{NoticeKind, NoticePerson};
use hosting::ticket::Ticket;
use hosting::use_case::SendNotice;
use hosting::user::{User, UserRole};
use hosting::webhook::{Webhook, WebhookUrl};
use kernel::{AccountId, Actor, DelegationId, Key, NoticeId, TicketId, UserId, WebhookId};

/// Owners of one account that are told.
const OWNER_COUNT_MAX: usize = 5;
/// Users of one account among whom owners are looked for.
const USER_COUNT_MAX: usize = 100;

/// What the owners are told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Delegation(DelegationId),
    Ticket(TicketId),
    Webhook(WebhookId),
}

/// Tells the owners of an account, apart from whoever did it. Who has no confirmed address is not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TellOwners {
    pub(crate) account: AccountId,
    pub(crate) about: About,
    pub(crate) kind: NoticeKind,
    /// Who did it.
    pub(crate) actor: Actor,
    pub(crate) day: i64,
    pub(crate) language: Language,
}

#[async_trait]
impl Reaction for TellOwners {
    async fn run(&self, runner: &Runner, cause: Cause) -> Result<(), RunError> {
        let account = runner.load(self.account.tenant(), &Key::<Account>(self.account)).await?;
        let AccountState::Open(record) = account else { return Ok(()) };
        // What somebody of the account does to its ticket is no news from the support.
        let is_own = matches!(self.actor, Actor::User(user) if record.users.contains(&user));
        if is_own && matches!(self.about, About::Ticket(_)) {
            return Ok(());
        }
        let detail = self.detail(runner).await?;
        let mut told = 0;
        for user in record.users.iter().take(USER_COUNT_MAX).copied() {
            if told < OWNER_COUNT_MAX && self.is_told(runner, user).await? {
                // Each has a command of its own, the same one when the event comes again.
                let cause = Cause { ordinal: cause.ordinal + told as u32, ..cause };
                self.notice(user, detail.clone(), cause).run(runner, cause).await?;
                told += 1;
            }
        }
        Ok(())
    }
}

impl TellOwners {
    /// The name of what it is about.
    async fn detail(&self, runner: &Runner) -> Result<Option<String>, RunError> {
        let tenant = self.account.tenant();
        Ok(match self.about {
            About::Delegation(id) => {
                let state = runner.load(tenant, &Key::<Delegation>(id)).await?;
                let Some(record) = state.record() else { return Ok(None) };
                let invited = record.email.plain().map(ToString::to_string);
                match record.accepted_by.filter(|by| by.is_invited == Some(false)) {
                    Some(by) => both(login(runner, by).await?, invited),
                    None => invited,
                }
            }
            About::Ticket(id) => {
                let state = runner.load(tenant, &Key::<Ticket>(id)).await?;
                state.record().and_then(|record| record.subject.plain()).cloned()
            }
            About::Webhook(id) => {
                let state = runner.load(tenant, &Key::<Webhook>(id)).await?;
                state.record().and_then(|record| record.url.plain()).map(host)
            }
        })
    }

    async fn is_told(&self, runner: &Runner, user: UserId) -> Result<bool, RunError> {
        if self.actor == Actor::User(user) {
            return Ok(false);
        }
        let state = runner.load(self.account.tenant(), &Key::<User>(user)).await?;
        Ok(state.record().is_some_and(|record| {
            record.role == UserRole::Owner
                && record.email.as_ref().is_some_and(|email| email.plain().is_some())
        }))
    }

    fn notice(&self, user: UserId, detail: Option<String>, cause: Cause) -> SendNotice {
        SendNotice {
            account: self.account,
            notice: NoticeId::derived(cause.command(), 0),
            person: NoticePerson::User(user),
            kind: self.kind,
            detail,
            ticket: match self.about {
                About::Ticket(ticket) => Some(ticket),
                About::Delegation(_) | About::Webhook(_) => None,
            },
            day: self.day,
            language: self.language,
        }
    }
}

/// What whoever has accepted an invitation signs in with; none once they are removed or erased.
async fn login(runner: &Runner, by: AcceptedBy) -> Result<Option<String>, RunError> {
    let state = runner.load(by.home.tenant(), &Key::<User>(by.user)).await?;
    Ok(state.record().and_then(|record| record.login.plain()).map(ToString::to_string))
}

/// Who has accepted, and whom the invitation was sent to: `jeanne (helper@example.com)`.
fn both(login: Option<String>, invited: Option<String>) -> Option<String> {
    match (login, invited) {
        (Some(login), Some(invited)) => Some(format!("{login} ({invited})")),
        (one, other) => one.or(other),
    }
}

/// The host alone: the rest of an address may hold a secret.
fn host(url: &WebhookUrl) -> String {
    let url = url.as_str();
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}
