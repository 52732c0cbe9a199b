//! Reading users, sessions and API tokens.

use std::collections::BTreeMap;

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row, Statement};
use engine::Engine;
use hosting::session::SessionOwner;
use kernel::{AccountId, Id, SessionId, Timestamp, TokenId, UserId};

use super::object::{ApiToken, RoleKind, Session, User};
use crate::credential::query::own;
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, MailboxKey, Moment, Place, SessionKey, TokenKey, UserKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "user_list";

const SELECT_USER: &str = "SELECT tenant, user_id, login, name, role, domains, is_disabled, has_password, \
     registered_at, born, must_change, factor_count, revision, withheld FROM user_list_v5 WHERE tenant = ";
const SELECT_TOKEN: &str = "SELECT tenant, token_id, user_id, name, permissions, issued_at, expires_at, revoked_at, \
     born, networks, revision FROM token_list_v5 WHERE tenant = ";
const SELECT_SESSION: &str = "SELECT tenant, session_id, user_id, mailbox_id, started_at, expires_at, ended_at, born, has_factor, \
     device FROM session_list_v5 WHERE tenant = ";

/// Queries about users, sessions and API tokens.
#[derive(Debug, Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// One user. `accountId` is the caller's own where it is absent.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which user.")] user_id: UserKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<User>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, user_id.0)).await.map(Some)
    }

    /// The users of an account, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, User>> {
        let (account, page, query) =
            account_list(ctx, SELECT_USER, (account_id, first, after, place)).await?;
        ctx.allow(Permission::AccountRead, Resource::account(account))?;
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "user_id")).await?;
        page.connection(found, user).map_err(|error| ctx.failed("a row of users", &error))
    }

    /// The API tokens of an account, revoked ones as well, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, ApiToken>> {
        let (account, page, query) =
            account_list(ctx, SELECT_TOKEN, (account_id, first, after, place)).await?;
        ctx.allow(Permission::AccountRead, Resource::account(account))?;
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "token_id")).await?;
        page.connection(found, token).map_err(|error| ctx.failed("a row of tokens", &error))
    }

    /// The sessions of an account, oldest first: those that are not over, or with `isHistory` the ended ones as well.
    /// Whoever may not see all of them sees their own.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Whether those that ended are shown too.")] is_history: Option<bool>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Session>> {
        let (account, page, query) =
            account_list(ctx, SELECT_SESSION, (account_id, first, after, place)).await?;
        let mut query = query;
        if !ctx.may(Permission::AccountRead, Resource::account(account))? {
            if account != ctx.standing()?.home {
                return Err(ctx.fault(Fault::NotFound));
            }
            query = match own(ctx)? {
                (_, SessionOwner::User(user)) => query.bind(" AND user_id = ", user.uuid()),
                (_, SessionOwner::Mailbox(mailbox)) => query.bind(" AND mailbox_id = ", mailbox.uuid()),
            };
        }
        if !is_history.unwrap_or_default() {
            query = query.with(" AND ended_at IS NULL");
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "session_id")).await?;
        page.connection(found, session).map_err(|error| ctx.failed("a row of sessions", &error))
    }
}

type ListArguments = (Option<AccountKey>, Option<i32>, Option<String>, Option<Place>);

/// What the lists of an account have in common: the account, the page, and the query once the place is reached.
async fn account_list(
    ctx: &Context<'_>,
    select: &str,
    (account, first, after, place): ListArguments,
) -> Result<(AccountId, Page, Query)> {
    let account = ctx.account(account)?;
    let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
    at_least(ctx, PROJECTION, account, place).await?;
    Ok((account, page, Query::new("").bind(select, account.uuid())))
}

/// One user, if the caller may see it. Everyone may see themselves.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, UserId)) -> Result<User> {
    if !ctx.standing()?.is_user(id) {
        ctx.allow(Permission::AccountRead, Resource::account(account))?;
    }
    let query = Query::new("").bind(SELECT_USER, account.uuid()).bind(" AND user_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    user(row).map(|(_, user)| user).map_err(|error| ctx.failed("a row of users", &error))
}

/// One API token, if the caller may see it.
pub(crate) async fn read_token(ctx: &Context<'_>, &(account, id): &(AccountId, TokenId)) -> Result<ApiToken> {
    ctx.allow(Permission::AccountRead, Resource::account(account))?;
    let query = Query::new("").bind(SELECT_TOKEN, account.uuid()).bind(" AND token_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    token(row).map(|(_, token)| token).map_err(|error| ctx.failed("a row of tokens", &error))
}

/// The sessions of somebody, ended ones as well, oldest first; the caller has asked the authority. At most 10 000.
pub(crate) async fn sessions_of(
    ctx: &Context<'_>,
    account: AccountId,
    owner: SessionOwner,
) -> Result<Vec<Session>> {
    let query = Query::new("").bind(SELECT_SESSION, account.uuid());
    let query = match owner {
        SessionOwner::User(user) => query.bind(" AND user_id = ", user.uuid()),
        SessionOwner::Mailbox(mailbox) => query.bind(" AND mailbox_id = ", mailbox.uuid()),
    };
    let found = rows(ctx, PROJECTION, query.with(" ORDER BY born LIMIT 10000").finish()).await?;
    let sessions: std::result::Result<Vec<_>, _> =
        found.iter().map(|row| session(row).map(|(_, session)| session)).collect();
    sessions.map_err(|error| ctx.failed("a row of sessions", &error))
}

fn user(row: &Row) -> Result<(PageKey, User), DatabaseError> {
    let id = row.uuid(1)?;
    let user = User {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: UserKey(UserId::new(id)),
        login: row.opt_text(2)?.map(str::to_owned),
        name: row.opt_text(3)?.map(str::to_owned),
        role: match row.text(4)? {
            "operator" => RoleKind::Operator,
            "owner" => RoleKind::Owner,
            _ => RoleKind::DomainAdministrator,
        },
        domain_ids: row
            .text(5)?
            .split(' ')
            .filter_map(|id| id.parse().ok().map(crate::scalar::DomainKey))
            .collect(),
        is_disabled: row.bool(6)?,
        has_password: row.bool(7)?,
        registered_at: Timestamp::from_millis(row.int(8)?).into(),
        must_change_password: row.bool(10)?,
        has_second_factor: row.int(11)? > 0,
        revision: i32::try_from(row.int(12)?).unwrap_or(i32::MAX),
        withheld: row
            .text(13)?
            .split(' ')
            .filter_map(|name| authority::AdministratorRight::named(name).map(Into::into))
            .collect(),
    };
    Ok((PageKey { born: row.int(9)?, id }, user))
}

fn token(row: &Row) -> Result<(PageKey, ApiToken), DatabaseError> {
    let id = row.uuid(1)?;
    let moment =
        |column| row.opt_int(column).map(|moment| moment.map(|at| Moment(Timestamp::from_millis(at))));
    let token = ApiToken {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: TokenKey(TokenId::new(id)),
        user_id: UserKey(UserId::new(row.uuid(2)?)),
        name: row.opt_text(3)?.map(str::to_owned),
        permissions: row.text(4)?.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        networks: row.text(9)?.split(' ').filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        issued_at: Timestamp::from_millis(row.int(5)?).into(),
        revision: i32::try_from(row.int(10)?).unwrap_or(i32::MAX),
        expires_at: moment(6)?,
        revoked_at: moment(7)?,
    };
    Ok((PageKey { born: row.int(8)?, id }, token))
}

fn session(row: &Row) -> Result<(PageKey, Session), DatabaseError> {
    let id = row.uuid(1)?;
    let session = Session {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: SessionKey(SessionId::new(id)),
        user_id: row.opt_uuid(2)?.map(|id| UserKey(UserId::new(id))),
        mailbox_id: row.opt_uuid(3)?.map(|id| MailboxKey(kernel::MailboxId::new(id))),
        started_at: Timestamp::from_millis(row.int(4)?).into(),
        expires_at: Timestamp::from_millis(row.int(5)?).into(),
        ended_at: row.opt_int(6)?.map(|moment| Timestamp::from_millis(moment).into()),
        has_second_factor: row.bool(8)?,
        device: row.opt_text(9)?.map(str::to_owned),
    };
    Ok((PageKey { born: row.int(7)?, id }, session))
}

/// The user of an account with that login; the caller has asked the authority.
pub(crate) async fn by_login(ctx: &Context<'_>, account: AccountId, login: &str) -> Result<Option<UserId>> {
    let query = Query::new("")
        .bind("SELECT user_id FROM user_list_v5 WHERE tenant = ", account.uuid())
        .bind(" AND login = ", login)
        .with(" LIMIT 1");
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let found = found.first().map(|row| row.uuid(0)).transpose();
    Ok(found.map_err(|error| ctx.failed("a row of users", &error))?.map(UserId::new))
}

/// API tokens that several accounts have under one id, the first thousand, with those accounts. Ids are chosen so that there are
/// none. Of tokens of users who are removed nothing is known.
///
/// # Errors
/// [`DatabaseError`].
pub async fn doubled_tokens(
    engine: &Engine,
) -> std::result::Result<BTreeMap<TokenId, Vec<AccountId>>, DatabaseError> {
    let select = "SELECT token_id, tenant FROM token_list_v5 WHERE token_id IN (SELECT token_id FROM token_list_v5 \
                  GROUP BY token_id HAVING count(*) > 1 ORDER BY token_id LIMIT 1000) ORDER BY tenant";
    let mut doubled: BTreeMap<TokenId, Vec<AccountId>> = BTreeMap::new();
    for row in engine.query(Statement::new(select)).await? {
        doubled.entry(TokenId::new(row.uuid(0)?)).or_default().push(AccountId::new(row.uuid(1)?));
    }
    Ok(doubled)
}
