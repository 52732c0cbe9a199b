//! Reading aliases.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use database::{DatabaseError, Row};
use kernel::{AccountId, AliasId, DomainId, EmailAddress, Id, MailboxId, ServiceId, Timestamp};

use super::object::Alias;
use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, AliasKey, DomainKey, MailboxKey, Place, ServiceKey};
use crate::settings::AliasSettings;

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "alias_list";

const SELECT: &str = "SELECT tenant, alias_id, service_id, domain_id, address, is_catch_all, targets, created_at, \
     born, settings, settings_revision, mailbox_id, expires_at, revision \
     FROM alias_list_v4 WHERE tenant = ";

const COLUMNS: Columns =
    Columns { service: Some("service_id"), domain: Some("domain_id"), mailbox: Some("mailbox_id") };

/// Queries about aliases.
#[derive(Debug, Default)]
pub struct AliasQuery;

#[Object]
impl AliasQuery {
    /// One alias. `accountId` is the caller's own where it is absent.
    async fn alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which alias.")] alias_id: AliasKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<Alias>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, alias_id.0)).await.map(Some)
    }

    /// The aliases of an account that the caller may see, oldest first; with `mailboxId` its temporary ones, expired ones
    /// as well.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn aliases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this domain alone; absent: of all that the caller may see.")] domain_id: Option<
            DomainKey,
        >,
        #[graphql(desc = "Of this mailbox alone; absent: of all that the caller may see.")]
        mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Alias>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let seen =
            reach(ctx.principal()?, Permission::MailboxRead, account).map_err(|no| ctx.fault(no.into()))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let mut query = seen.narrow(Query::new("").bind(SELECT, account.uuid()), COLUMNS);
        if let Some(domain) = domain_id {
            query = query.bind(" AND domain_id = ", domain.0.uuid());
        }
        if let Some(mailbox) = mailbox_id {
            query = query.bind(" AND mailbox_id = ", mailbox.0.uuid());
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "alias_id")).await?;
        page.connection(found, alias).map_err(|error| ctx.failed("a row of aliases", &error))
    }
}

/// One alias, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, AliasId)) -> Result<Alias> {
    ctx.standing()?;
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND alias_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let (_, alias) = alias(row).map_err(|error| ctx.failed("a row of aliases", &error))?;
    ctx.allow(Permission::MailboxRead, alias.resource())?;
    Ok(alias)
}

/// The aliases of an account with `address` among their targets, with a detail as well, whoever asks: only to complete a use
/// case that asks the authority itself.
pub(crate) async fn leading_to(
    ctx: &Context<'_>,
    account: AccountId,
    address: &EmailAddress,
) -> Result<Vec<AliasId>> {
    ctx.standing()?;
    // Names of domains hold no sign that means something to LIKE.
    let query = Query::new("").bind(SELECT, account.uuid());
    let query = query.bind(" AND targets LIKE ", format!("%@{}%", address.domain));
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let form = address.canonical();
    let leads_there = |target: &str| {
        EmailAddress::parse(target).is_ok_and(|target| {
            let base = target.local.split_detail().map(|(base, _)| base);
            target.canonical() == form
                || base.is_some_and(|base| EmailAddress::new(base, target.domain).canonical() == form)
        })
    };
    let mut leading = Vec::new();
    for row in &found {
        let (key, alias) = alias(row).map_err(|error| ctx.failed("a row of aliases", &error))?;
        if alias.targets.iter().flatten().any(|target| leads_there(target)) {
            leading.push(AliasId::new(key.id));
        }
    }
    Ok(leading)
}

/// The temporary aliases of a mailbox, expired ones as well, oldest first: the caller has asked the authority.
pub(crate) async fn made_for(
    ctx: &Context<'_>,
    account: AccountId,
    mailbox: MailboxId,
) -> Result<Vec<Alias>> {
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND mailbox_id = ", mailbox.uuid());
    let found = rows(ctx, PROJECTION, query.with(" ORDER BY born LIMIT 10000").finish()).await?;
    let aliases: std::result::Result<Vec<_>, _> =
        found.iter().map(|row| alias(row).map(|(_, alias)| alias)).collect();
    aliases.map_err(|error| ctx.failed("a row of aliases", &error))
}

fn alias(row: &Row) -> Result<(PageKey, Alias), DatabaseError> {
    let id = row.uuid(1)?;
    let alias = Alias {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: AliasKey(AliasId::new(id)),
        service_id: ServiceKey(ServiceId::new(row.uuid(2)?)),
        domain_id: DomainKey(DomainId::new(row.uuid(3)?)),
        address: row.opt_text(4)?.map(str::to_owned),
        is_catch_all: row.bool(5)?,
        targets: row.opt_text(6)?.map(|targets| targets.lines().map(str::to_owned).collect()),
        created_at: Timestamp::from_millis(row.int(7)?).into(),
        mailbox_id: row.opt_uuid(11)?.map(|id| MailboxKey(MailboxId::new(id))),
        expires_at: row.opt_int(12)?.map(|moment| Timestamp::from_millis(moment).into()),
        revision: i32::try_from(row.int(13)?).unwrap_or(i32::MAX),
        settings: AliasSettings::read(row.opt_text(9)?, row.int(10)?)
            .map_err(|_| DatabaseError::Column { column: 9, expected: "settings" })?,
    };
    Ok((PageKey { born: row.int(8)?, id }, alias))
}
