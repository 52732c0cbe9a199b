//! Who acted, by a name, as far as whoever reads may know it; and because of what.
//!
//! A name is told to those of the account that its bearer is of, and to those who may see that account's people: a customer
//! reads "the support" and "the reseller", each of these reads its own people by name, and nobody the address of another
//! customer. Whoever accepts an invitation makes themselves known to those of the inviting account who see invitations: by what
//! they sign in with. The address that it went to, which may be another's, is the inviting account's own.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use engine::Engine;
use hosting::HostingEvent;
use hosting::user::{User, UserEvent};
use kernel::{
    AccountId, Actor, Decider as _, EventId, Id, MailboxId, Metadata, Sealed, TenantId, TokenId, UserId, Via,
};
use uuid::Uuid;

use crate::event::{ActorKind, subject};
use crate::loader::{Unread, by_tenant, rows};
use crate::page::Query;
use crate::request::Asked;
use crate::scalar::{EventKey, Moment};

/// What whoever acted is to the account in which they acted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ActorStanding {
    /// A user or mailbox of the account itself.
    Own,
    /// A user or mailbox of the account itself that is removed since.
    Removed,
    /// A person of the account itself whose data are erased: their name is known to nobody any more.
    Erased,
    /// Somebody whom the account let in by a delegation.
    Delegate,
    /// Somebody of the reseller that the account stands below.
    Reseller,
    /// Somebody of the platform's support.
    Support,
    /// The platform itself, or its operator at the command line of the machine.
    Platform,
    /// Somebody of another account who had something to do with this one then.
    Elsewhere,
}

/// The event that a policy of the platform reacted to.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct HistoryCause {
    /// Its name for the API.
    pub id: EventKey,
    /// What happened, for example `service.plan_changed`.
    pub kind: String,
    /// What it happened to.
    pub subject_id: String,
    /// When.
    pub at: Moment,
    /// Who acted.
    pub actor: ActorKind,
    /// The user or mailbox that acted, or the name of the platform's policy.
    pub actor_id: Option<String>,
    #[graphql(skip)]
    pub(super) act: Act,
}

#[ComplexObject]
impl HistoryCause {
    /// See `HistoryEntry.actorName`.
    async fn actor_name(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(who(ctx, self.act).await?.name)
    }

    /// What they are to the account.
    async fn actor_standing(&self, ctx: &Context<'_>) -> Result<ActorStanding> {
        Ok(who(ctx, self.act).await?.standing)
    }
}

/// In which account somebody acted, and the circumstances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Act {
    pub(super) account: AccountId,
    pub(super) metadata: Metadata,
}

/// Who acted, as the caller may know it.
pub(crate) struct Who {
    pub(crate) standing: ActorStanding,
    pub(crate) name: Option<String>,
}

/// Who acted, as the caller may know it.
pub(super) async fn who(ctx: &Context<'_>, act: Act) -> Result<Who> {
    let Metadata { actor, on_behalf_of, .. } = act.metadata;
    if let (Actor::User(user), Some(_)) = (actor, on_behalf_of)
        && ctx.platform()?.people.home(user).is_none()
    {
        return delegate(ctx, act.account, user, None).await;
    }
    whoever(ctx, act.account, actor).await
}

/// Who acted in an account, as the caller may know it, where no more is kept of it than who it was.
pub(crate) async fn whoever(ctx: &Context<'_>, account: AccountId, actor: Actor) -> Result<Who> {
    let tenant = account.tenant();
    let user = match actor {
        Actor::Operator | Actor::Platform(_) => {
            return Ok(Who { standing: ActorStanding::Platform, name: None });
        }
        Actor::Mailbox(mailbox) => {
            return told(ctx, account, ActorStanding::Own, found(ctx, (tenant, mailbox)).await?);
        }
        Actor::User(user) => user,
    };
    let people = &ctx.platform()?.people;
    let Some(home) = people.home(user) else {
        let name = found(ctx, Gone(tenant, user)).await?;
        // Whoever answers an invitation acts for themselves, and never was of this account.
        if name.is_none() && found(ctx, Delegate(tenant, user)).await?.is_some() {
            return delegate(ctx, account, user, None).await;
        }
        return told(ctx, account, ActorStanding::Removed, name);
    };
    let name = people.login(user);
    if home == account {
        return told(ctx, home, ActorStanding::Own, Some(name));
    }
    if home == AccountId::PLATFORM {
        return told(ctx, home, ActorStanding::Support, Some(name));
    }
    if people.is_above(home, account) {
        return told(ctx, home, ActorStanding::Reseller, Some(name));
    }
    let name = if knows(ctx, home)? { name } else { None };
    delegate(ctx, account, user, name).await
}

/// The name of the API token that somebody acted by, where the caller may know it.
pub(super) async fn token(ctx: &Context<'_>, act: Act) -> Result<Option<String>> {
    let (Via::Token(token), Actor::User(user)) = (act.metadata.via, act.metadata.actor) else {
        return Ok(None);
    };
    let home = ctx.platform()?.people.home(user).unwrap_or(act.account);
    if !knows(ctx, home)? {
        return Ok(None);
    }
    Ok(found(ctx, (home.tenant(), token)).await?.flatten())
}

/// The event of the same account that led to another; none where it is of another account.
pub(super) async fn cause(
    ctx: &Context<'_>,
    account: AccountId,
    event: EventId,
) -> Result<Option<HistoryCause>> {
    found(ctx, (account.tenant(), event)).await
}

/// Whether the caller may know the people of an account by name.
fn knows(ctx: &Context<'_>, home: AccountId) -> Result<bool> {
    Ok(ctx.standing()?.home == home || ctx.may(Permission::AccountRead, Resource::account(home))?)
}

/// Somebody of `home`, whose name is absent where nothing is left of it, and empty where it is erased.
fn told(
    ctx: &Context<'_>,
    home: AccountId,
    standing: ActorStanding,
    name: Option<Option<String>>,
) -> Result<Who> {
    Ok(match name {
        None => Who { standing: ActorStanding::Removed, name: None },
        Some(None) => Who { standing: ActorStanding::Erased, name: None },
        Some(name) => Who { standing, name: if knows(ctx, home)? { name } else { None } },
    })
}

/// Somebody of another account, who is told by what they sign in with where the caller sees invitations; where that is known no
/// more, by the address that was invited, unless it was somebody else's.
async fn delegate(ctx: &Context<'_>, account: AccountId, user: UserId, known: Option<String>) -> Result<Who> {
    let Some(let_in) = found(ctx, Delegate(account.tenant(), user)).await? else {
        return Ok(Who { standing: ActorStanding::Elsewhere, name: known });
    };
    let sees = ctx.may(Permission::DelegationWrite, Resource::account(account))?;
    let name = match known {
        None if sees => {
            let theirs = accepted_by(ctx, (user, let_in.home)).await?;
            theirs.or(let_in.address.filter(|_| let_in.is_invited != Some(false)))
        }
        known => known,
    };
    Ok(Who { standing: ActorStanding::Delegate, name })
}

/// What whoever has accepted an invitation signs in with, also where they are removed since; none once they are erased. The caller
/// has asked whether who asks sees invitations.
pub(crate) async fn accepted_by(
    ctx: &Context<'_>,
    (user, home): (UserId, Option<AccountId>),
) -> Result<Option<String>> {
    if let Some(login) = ctx.platform()?.people.login(user) {
        return Ok(Some(login));
    }
    match home {
        Some(home) => Ok(found(ctx, Gone(home.tenant(), user)).await?.flatten()),
        None => Ok(None),
    }
}

/// What is asked for by many entries of a page at once.
async fn found<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Acts as Loader<K>>::Value>>
where
    K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
    Acts: Loader<K, Error = Arc<ActsError>>,
{
    let found = ctx.data::<DataLoader<Acts>>()?.load_one(key).await;
    found.map_err(|error| ctx.failed("who acted and why", &*error))
}

/// Gathers whose names and which causes are asked for in the same moment.
pub(crate) struct Acts(pub(crate) Arc<Engine>);

/// Why names could not be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ActsError {
    #[error("reading a projection")]
    Rows(#[from] Unread),
    #[error("reading events")]
    Journal(#[from] journal::JournalError),
    #[error("opening events")]
    Decode(#[from] engine::DecodeError),
}

/// A user of an account that is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Gone(TenantId, UserId);

/// A user of another account that an account let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Delegate(TenantId, UserId);

/// What an account knows of somebody whom it let in.
#[derive(Debug, Clone)]
struct LetIn {
    /// Their own account.
    home: Option<AccountId>,
    /// The address that was invited.
    address: Option<String>,
    /// Whether they had confirmed it; none of before this was kept.
    is_invited: Option<bool>,
}

impl LetIn {
    fn of(row: &Row) -> std::result::Result<(UserId, Self), DatabaseError> {
        let home = row.opt_uuid(2)?.map(AccountId::new);
        let address = row.opt_text(1)?.map(str::to_owned);
        Ok((UserId::new(row.uuid(0)?), Self { home, address, is_invited: row.opt_bool(3)? }))
    }
}

impl Acts {
    /// The first two columns of rows that `select` finds by `column`: an id and a text.
    async fn texts(
        &self,
        (projection, select, column): (&'static str, &str, &str),
        (tenant, ids): (TenantId, &[Uuid]),
    ) -> std::result::Result<Vec<(Uuid, Option<String>)>, Arc<ActsError>> {
        let query = Query::new("").bind(select, tenant.uuid()).among(column, ids);
        let rows = rows(&self.0, projection, query.finish()).await.map_err(failed)?;
        let read = |row: &Row| Ok((row.uuid(0)?, row.opt_text(1)?.map(str::to_owned)));
        let texts = rows.iter().map(read).collect::<std::result::Result<_, DatabaseError>>();
        texts.map_err(|error| failed(Unread::from(error)))
    }
}

fn failed(error: impl Into<ActsError>) -> Arc<ActsError> {
    Arc::new(error.into())
}

type Loaded<K, V> = std::result::Result<HashMap<K, V>, Arc<ActsError>>;

impl Loader<(TenantId, MailboxId)> for Acts {
    type Value = Option<String>;
    type Error = Arc<ActsError>;

    async fn load(&self, keys: &[(TenantId, MailboxId)]) -> Loaded<(TenantId, MailboxId), Option<String>> {
        const SELECT: &str = "SELECT mailbox_id, address FROM mailbox_list_v5 WHERE tenant = ";
        let mut names = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys.iter().map(|(tenant, mailbox)| (*tenant, mailbox.uuid()))) {
            let of = (crate::mailbox::query::PROJECTION, SELECT, "mailbox_id");
            let found = self.texts(of, (tenant, &ids)).await?;
            names.extend(found.into_iter().map(|(id, name)| ((tenant, MailboxId::new(id)), name)));
        }
        Ok(names)
    }
}

impl Loader<(TenantId, TokenId)> for Acts {
    type Value = Option<String>;
    type Error = Arc<ActsError>;

    async fn load(&self, keys: &[(TenantId, TokenId)]) -> Loaded<(TenantId, TokenId), Option<String>> {
        const SELECT: &str = "SELECT token_id, name FROM token_list_v5 WHERE tenant = ";
        let mut names = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys.iter().map(|(tenant, token)| (*tenant, token.uuid()))) {
            let of = (crate::user::query::PROJECTION, SELECT, "token_id");
            let found = self.texts(of, (tenant, &ids)).await?;
            names.extend(found.into_iter().map(|(id, name)| ((tenant, TokenId::new(id)), name)));
        }
        Ok(names)
    }
}

impl Loader<Delegate> for Acts {
    type Value = LetIn;
    type Error = Arc<ActsError>;

    async fn load(&self, keys: &[Delegate]) -> Loaded<Delegate, LetIn> {
        const SELECT: &str =
            "SELECT user_id, email, home_id, is_invited FROM delegation_list_v5 WHERE tenant = ";
        let mut people = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys.iter().map(|Delegate(tenant, user)| (*tenant, user.uuid()))) {
            let query = Query::new("").bind(SELECT, tenant.uuid()).among("user_id", &ids);
            let found = rows(&self.0, crate::delegation::query::PROJECTION, query.finish());
            for row in found.await.map_err(failed)? {
                let (user, let_in) = LetIn::of(&row).map_err(|error| failed(Unread::from(error)))?;
                people.insert(Delegate(tenant, user), let_in);
            }
        }
        Ok(people)
    }
}

impl Loader<Gone> for Acts {
    type Value = Option<String>;
    type Error = Arc<ActsError>;

    async fn load(&self, keys: &[Gone]) -> Loaded<Gone, Option<String>> {
        let mut names = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys.iter().map(|Gone(tenant, user)| (*tenant, user.uuid()))) {
            let born = self.0.births_of(tenant, User::CATEGORY, &ids).await.map_err(failed)?;
            for recorded in self.0.decode::<HostingEvent>(born).await.map_err(failed)? {
                let HostingEvent::User(UserEvent::Registered { login, .. }) = &recorded.event else {
                    continue;
                };
                let name = Sealed::plain(login).map(|login| login.as_str().to_owned());
                names.insert(Gone(tenant, UserId::new(recorded.stream.id)), name);
            }
        }
        Ok(names)
    }
}

impl Loader<(TenantId, EventId)> for Acts {
    type Value = HistoryCause;
    type Error = Arc<ActsError>;

    async fn load(&self, keys: &[(TenantId, EventId)]) -> Loaded<(TenantId, EventId), HistoryCause> {
        let mut causes = HashMap::with_capacity(keys.len());
        for (tenant, ids) in by_tenant(keys.iter().copied()) {
            for stored in self.0.events_of(tenant, &ids).await.map_err(failed)? {
                let (actor, actor_id) = ActorKind::of(stored.metadata.actor);
                let cause = HistoryCause {
                    id: EventKey(stored.id),
                    kind: stored.raw.kind.clone().into_owned(),
                    subject_id: subject(&stored),
                    at: stored.recorded_at.into(),
                    actor,
                    actor_id,
                    act: Act { account: tenant.account(), metadata: stored.metadata },
                };
                causes.insert((tenant, stored.id), cause);
            }
        }
        Ok(causes)
    }
}
