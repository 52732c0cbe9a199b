//! Reading mailboxes.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use database::{DatabaseError, Row};
use kernel::{AccountId, ByteSize, DomainId, Id, MailboxId, Timestamp};

use super::object::{Mailbox, MailboxStatus};
use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::history::past;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, DomainKey, MailboxKey, Moment, Place, ServiceKey};
use crate::settings::MailboxSettings;

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "mailbox_list";

const SELECT: &str = "SELECT tenant, mailbox_id, service_id, domain_id, address, display_name, quota_bytes, status, \
     has_password, threshold_percent, created_at, purge_after, born, settings, \
     settings_revision, factor_count, revision FROM mailbox_list_v5 WHERE tenant = ";

const COLUMNS: Columns =
    Columns { service: Some("service_id"), domain: Some("domain_id"), mailbox: Some("mailbox_id") };

/// Queries about mailboxes.
#[derive(Debug, Default)]
pub struct MailboxQuery;

#[Object]
impl MailboxQuery {
    /// One mailbox. `accountId` is the caller's own where it is absent. `asOf`: as it was at that moment, from its
    /// events; `usage`, `sends`, `sendingHold`, `passwordRecovery`, `pool`, `domainSenders` and `visits` are of now all the same.
    #[graphql(complexity = "past::cost(&as_of, child_complexity)")]
    async fn mailbox(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which mailbox.")] mailbox_id: MailboxKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
        #[graphql(
            desc = "As it was at this moment, from its events, for example 2030-01-31T08:00:00Z; absent: as it is."
        )]
        as_of: Option<Moment>,
    ) -> Result<Option<Mailbox>> {
        let account = ctx.account(account_id)?;
        if let Some(moment) = as_of {
            let now = read(ctx, &(account, mailbox_id.0)).await;
            past::may_ask(ctx, Permission::MailboxRead, account, now.as_ref().err())?;
            let past = past::mailbox(ctx, (account, mailbox_id.0), moment).await?;
            ctx.allow(Permission::MailboxRead, past.resource())?;
            super::visit::note(ctx, (account, mailbox_id.0))?;
            return Ok(Some(past));
        }
        at_least(ctx, PROJECTION, account, place).await?;
        let found = read(ctx, &(account, mailbox_id.0)).await?;
        super::visit::note(ctx, (account, mailbox_id.0))?;
        Ok(Some(found))
    }

    /// The mailboxes of an account that the caller may see, oldest first; deleted ones only where `status` asks for
    /// them. `search`: only those whose address or name holds it, at most 128 octets; the case of ASCII letters does
    /// not matter.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn mailboxes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this service alone.")] service_id: Option<ServiceKey>,
        #[graphql(desc = "Of this domain alone; absent: of all that the caller may see.")] domain_id: Option<
            DomainKey,
        >,
        #[graphql(desc = "Of this state alone; absent: all but the deleted.")] status: Option<MailboxStatus>,
        #[graphql(desc = "A part of the address or of the name, whatever its case.")] search: Option<String>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Mailbox>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let seen =
            reach(ctx.principal()?, Permission::MailboxRead, account).map_err(|no| ctx.fault(no.into()))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let mut query = seen.narrow(Query::new("").bind(SELECT, account.uuid()), COLUMNS);
        if let Some(service) = service_id {
            query = query.bind(" AND service_id = ", service.0.uuid());
        }
        if let Some(domain) = domain_id {
            query = query.bind(" AND domain_id = ", domain.0.uuid());
        }
        query = match status {
            Some(status) => query.bind(" AND status = ", status_name(status)),
            None => query.with(" AND status <> 'deleted'"),
        };
        if let Some(words) = search {
            let held = query.holding(&["address", "display_name"], &words);
            query = held.map_err(|fault| ctx.fault(fault))?;
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "mailbox_id")).await?;
        page.connection(found, mailbox).map_err(|error| ctx.failed("a row of mailboxes", &error))
    }
}

/// One mailbox, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, MailboxId)) -> Result<Mailbox> {
    ctx.standing()?;
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND mailbox_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let (_, mailbox) = mailbox(row).map_err(|error| ctx.failed("a row of mailboxes", &error))?;
    ctx.allow(Permission::MailboxRead, mailbox.resource())?;
    Ok(mailbox)
}

/// The mailbox of a domain with the largest quota: only to complete what asks the authority itself.
pub(crate) async fn largest_in(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
) -> Result<Option<MailboxId>> {
    let sql = "SELECT mailbox_id FROM mailbox_list_v5 WHERE status <> 'deleted' AND tenant = ";
    let query = Query::new("").bind(sql, account.uuid()).bind(" AND domain_id = ", domain.uuid());
    let query = query.with(" ORDER BY quota_bytes DESC, mailbox_id LIMIT 1");
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let id = found.first().map(|row| row.uuid(0)).transpose();
    let id = id.map_err(|error| ctx.failed("a row of mailboxes", &error))?;
    Ok(id.map(MailboxId::new))
}

/// The deleted mailboxes of a domain that can still be brought back, the latest created first: only to complete what asks the
/// authority itself.
pub(crate) async fn deleted_in(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
) -> Result<Vec<MailboxId>> {
    let sql = "SELECT mailbox_id FROM mailbox_list_v5 WHERE status = 'deleted' AND tenant = ";
    let query = Query::new("").bind(sql, account.uuid()).bind(" AND domain_id = ", domain.uuid());
    let query = query.bind(" AND purge_after > ", crate::access::now().millis());
    let query = query.with(" ORDER BY born DESC LIMIT 250");
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let ids: std::result::Result<Vec<_>, _> =
        found.iter().map(|row| row.uuid(0).map(MailboxId::new)).collect();
    ids.map_err(|error| ctx.failed("a row of mailboxes", &error))
}

fn mailbox(row: &Row) -> Result<(PageKey, Mailbox), DatabaseError> {
    let id = row.uuid(1)?;
    let mailbox = Mailbox {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: MailboxKey(MailboxId::new(id)),
        service_id: ServiceKey(kernel::ServiceId::new(row.uuid(2)?)),
        domain_id: DomainKey(DomainId::new(row.uuid(3)?)),
        address: row.opt_text(4)?.map(str::to_owned),
        display_name: row.opt_text(5)?.map(str::to_owned),
        quota_bytes: ByteSize::new(u64::try_from(row.int(6)?).unwrap_or_default()).into(),
        status: match row.text(7)? {
            "active" => MailboxStatus::Active,
            "disabled" => MailboxStatus::Disabled,
            _ => MailboxStatus::Deleted,
        },
        has_password: row.bool(8)?,
        threshold_percent: row.opt_int(9)?.and_then(|percent| i32::try_from(percent).ok()),
        created_at: Timestamp::from_millis(row.int(10)?).into(),
        purge_after: row.opt_int(11)?.map(|moment| Timestamp::from_millis(moment).into()),
        settings: MailboxSettings::read(row.opt_text(13)?, row.int(14)?)
            .map_err(|_| DatabaseError::Column { column: 13, expected: "settings" })?,
        has_second_factor: row.int(15)? > 0,
        revision: i32::try_from(row.int(16)?).unwrap_or(i32::MAX),
    };
    Ok((PageKey { born: row.int(12)?, id }, mailbox))
}

const fn status_name(status: MailboxStatus) -> &'static str {
    match status {
        MailboxStatus::Active => "active",
        MailboxStatus::Disabled => "disabled",
        MailboxStatus::Deleted => "deleted",
    }
}
