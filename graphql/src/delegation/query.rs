//! Reading delegations.

use std::collections::HashSet;

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result, ScalarType as _};
use authority::{Permission, Resource, Scope};
use database::{DatabaseError, Row};
use hosting::delegation::Delegation as Model;
use kernel::{AccountId, Actor, Decider as _, DelegationId, Id, Timestamp, UserId};
use serde_json::{Value, json};

use super::object::{DelegatedAccess, Delegation, DelegationInvitation, DelegationStatus};
use crate::access::now;
use crate::access::secret::{Opens, Secret};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, DelegationKey, DomainKey, Moment, Place, ServiceKey, UserKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "delegation_list";

const SELECT: &str = "SELECT tenant, delegation_id, email, user_id, status, permissions, services, domains, \
     requires_factor, expires_at, answer_until, invited_at, answered_at, ended_at, born, revision, home_id, is_invited \
     FROM delegation_list_v5 WHERE tenant = ";

/// Queries about delegations.
#[derive(Debug, Default)]
pub struct DelegationQuery;

#[Object]
impl DelegationQuery {
    /// Whom an account lets in or has let in, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn delegations(
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
    ) -> Result<Connection<PageKey, Delegation>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        ctx.allow(Permission::DelegationWrite, Resource::account(account))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let query = Query::new("").bind(SELECT, account.uuid());
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "delegation_id")).await?;
        page.connection(found, delegation).map_err(|error| ctx.failed("a row of delegations", &error))
    }

    /// What an invitation lets its holder do, before it is answered. The error `NOT_FOUND`: it is none, was declined or was
    /// taken back. Needs no sign-in.
    async fn delegation_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret of the link in the invitation.")] invitation: String,
    ) -> Result<Option<DelegationInvitation>> {
        let unknown = || ctx.fault(Fault::NotFound);
        let secret = Secret::parse(&invitation).ok_or_else(unknown)?;
        let Opens::Invitation(id) = secret.opens else { return Err(unknown()) };
        let platform = ctx.platform()?;
        let wanted = Secret::parse(&platform.notices.links.invitation(id)).ok_or_else(unknown)?;
        if !secret.matches(&wanted.hash()) {
            return Err(unknown());
        }
        let known = platform.people.delegation(id).ok_or_else(unknown)?;
        Ok(Some(DelegationInvitation {
            account_name: crate::account::query::name(ctx, known.account).await?,
            permissions: known.terms.permissions.iter().map(|one| one.name().to_owned()).collect(),
            requires_second_factor: known.terms.requires_second_factor,
            expires_at: known.terms.expires_at.map(Moment),
            is_answered: known.is_answered(),
        }))
    }

    /// The accounts that others let the caller into. Name one as `accountId` to act there, on its behalf.
    async fn delegated_accesses(&self, ctx: &Context<'_>) -> Result<Vec<DelegatedAccess>> {
        let Actor::User(user) = ctx.principal()?.actor else { return Ok(Vec::new()) };
        let has_second_factor = ctx.standing()?.has_second_factor;
        let known = ctx.platform()?.people.delegated_to(user, (now(), has_second_factor));
        let mut accesses = Vec::with_capacity(known.len());
        for (id, delegation, opening) in known {
            let terms = delegation.terms;
            let (services, domains) = match terms.scope.of(delegation.account) {
                Scope::Services(_, services) => (services, Vec::new()),
                Scope::Domains(_, domains) => (Vec::new(), domains),
                Scope::Platform | Scope::Account(_) | Scope::Below(_) | Scope::Mailbox(..) => {
                    (Vec::new(), Vec::new())
                }
            };
            accesses.push(DelegatedAccess {
                id: DelegationKey(id),
                account_id: AccountKey(delegation.account),
                account_name: crate::account::query::name(ctx, delegation.account).await?,
                permissions: terms.permissions.iter().map(|one| one.name().to_owned()).collect(),
                service_ids: services.into_iter().map(ServiceKey).collect(),
                domain_ids: domains.into_iter().map(DomainKey).collect(),
                requires_second_factor: terms.requires_second_factor,
                expires_at: terms.expires_at.map(Moment),
                is_open: opening.is_open,
                needs_second_factor: opening.needs_second_factor,
            });
        }
        accesses.sort_by_key(|access| access.id.0);
        Ok(accesses)
    }
}

/// One delegation, for whoever may manage those of the account.
pub(crate) async fn read(
    ctx: &Context<'_>,
    &(account, id): &(AccountId, DelegationId),
) -> Result<Delegation> {
    ctx.allow(Permission::DelegationWrite, Resource::account(account))?;
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND delegation_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    delegation(row).map(|(_, found)| found).map_err(|error| ctx.failed("a row of delegations", &error))
}

/// Delegations of one export.
const EXPORTED_COUNT_MAX: usize = 500;

/// Whom a user has let into their account, as it is exported: the caller has asked the authority. Who that is, is the account's
/// to tell.
pub(crate) async fn given_by(ctx: &Context<'_>, account: AccountId, user: UserId) -> Result<Vec<Value>> {
    let query = Query::new("")
        .bind(SELECT, account.uuid())
        .with(&format!(" ORDER BY born DESC LIMIT {EXPORTED_COUNT_MAX}"));
    let found = delegations(ctx, query).await?;
    let ids: Vec<uuid::Uuid> = found.iter().map(|found| found.id.0.uuid()).collect();
    let births = ctx.platform()?.engine.births_of(account.tenant(), Model::CATEGORY, &ids).await;
    let births = births.map_err(|error| ctx.failed("reading events", &error))?;
    let theirs = births.iter().filter(|born| born.metadata.actor == Actor::User(user));
    let theirs: HashSet<uuid::Uuid> = theirs.map(|born| born.stream.id).collect();
    Ok(found.iter().rev().filter(|found| theirs.contains(&found.id.0.uuid())).map(exported).collect())
}

/// Where a user was let in, as it is exported to themselves: with the address that was invited, which is theirs.
pub(crate) async fn held_by(ctx: &Context<'_>, user: UserId) -> Result<Vec<Value>> {
    let select = SELECT.replace("tenant = ", "user_id = ");
    let query = Query::new("").bind(&select, user.uuid());
    let query = query.with(&format!(" ORDER BY born LIMIT {EXPORTED_COUNT_MAX}"));
    let held = delegations(ctx, query).await?;
    let one = |held: &Delegation| {
        let mut one = exported(held);
        one["accountId"] = held.account_id.0.to_string().into();
        one["email"] = held.email.clone().into();
        one
    };
    Ok(held.iter().map(one).collect())
}

async fn delegations(ctx: &Context<'_>, query: Query) -> Result<Vec<Delegation>> {
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let read = found.iter().map(|row| delegation(row).map(|(_, found)| found));
    let read: std::result::Result<Vec<_>, _> = read.collect();
    read.map_err(|error| ctx.failed("a row of delegations", &error))
}

fn exported(found: &Delegation) -> Value {
    let at = |moment: Moment| moment.to_value().into_json().unwrap_or_default();
    json!({
        "id": found.id.0.to_string(),
        "permissions": found.permissions,
        "invitedAt": at(found.invited_at),
        "answeredAt": found.answered_at.map(at),
        "endedAt": found.ended_at.map(at),
        "expiresAt": found.expires_at.map(at),
    })
}

fn delegation(row: &Row) -> Result<(PageKey, Delegation), DatabaseError> {
    let id = row.uuid(1)?;
    let moment =
        |column| row.opt_int(column).map(|moment| moment.map(|at| Moment(Timestamp::from_millis(at))));
    let (expires_at, answer_until) = (moment(9)?, Moment(Timestamp::from_millis(row.int(10)?)));
    let status = match row.text(4)? {
        "invited" if answer_until.0 <= now() => DelegationStatus::Expired,
        "invited" => DelegationStatus::Invited,
        "accepted" if expires_at.is_some_and(|end| end.0 <= now()) => DelegationStatus::Expired,
        "accepted" => DelegationStatus::Accepted,
        "declined" => DelegationStatus::Declined,
        "left" => DelegationStatus::Left,
        _ => DelegationStatus::Revoked,
    };
    let found = Delegation {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: DelegationKey(DelegationId::new(id)),
        email: row.opt_text(2)?.map(str::to_owned),
        user_id: row.opt_uuid(3)?.map(|user| UserKey(UserId::new(user))),
        is_accepted_as_invited: row.opt_bool(17)?,
        status,
        permissions: words(row.text(5)?).map(str::to_owned).collect(),
        service_ids: words(row.text(6)?).filter_map(|id| id.parse().ok().map(ServiceKey)).collect(),
        domain_ids: words(row.text(7)?).filter_map(|id| id.parse().ok().map(DomainKey)).collect(),
        requires_second_factor: row.bool(8)?,
        expires_at,
        revision: i32::try_from(row.int(15)?).unwrap_or(i32::MAX),
        answer_until,
        invited_at: Timestamp::from_millis(row.int(11)?).into(),
        answered_at: moment(12)?,
        ended_at: moment(13)?,
        home: row.opt_uuid(16)?.map(AccountId::new),
    };
    Ok((PageKey { born: row.int(14)?, id }, found))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}
