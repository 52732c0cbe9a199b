//! Reading tickets.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use kernel::{AccountId, Id, ServiceId, TicketId, Timestamp};

use super::object::{Ticket, TicketKind, TicketStatus};
use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, Place, ServiceKey, TicketKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "ticket_list";

const SELECT: &str = "SELECT tenant, ticket_id, service_id, kind, subject, status, opened_at, changed_at, born \
     FROM ticket_list_v3 WHERE ";

const COLUMNS: Columns = Columns { service: Some("service_id"), domain: None, mailbox: None };

/// Queries about tickets.
#[derive(Debug, Default)]
pub struct TicketQuery;

#[Object]
impl TicketQuery {
    /// One ticket. `accountId` is the caller's own where it is absent.
    async fn ticket(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        ticket_id: TicketKey,
        #[graphql(name = "atLeast")] place: Option<Place>,
    ) -> Result<Option<Ticket>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, ticket_id.0)).await.map(Some)
    }

    /// The tickets of an account that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn tickets(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        status: Option<TicketStatus>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(name = "atLeast")] place: Option<Place>,
    ) -> Result<Connection<PageKey, Ticket>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let seen =
            reach(ctx.principal()?, Permission::TicketWrite, account).map_err(|no| ctx.fault(no.into()))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let mut query = seen.narrow(Query::new(SELECT).bind("tenant = ", account.uuid()), COLUMNS);
        if let Some(status) = status {
            query = query.bind(" AND status = ", status_name(status));
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "ticket_id")).await?;
        page.connection(found, |row| ticket(row, 8)).map_err(|error| ctx.failed("a row of tickets", &error))
    }

    /// The tickets of all accounts that wait for the support, those that have waited longest first. An operator's.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn ticket_queue(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<PageKey, Ticket>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let query = Query::new(SELECT).bind("status = ", status_name(TicketStatus::AwaitingStaff));
        let found = rows(ctx, PROJECTION, page.finish(query, "changed_at", "ticket_id")).await?;
        page.connection(found, |row| ticket(row, 7)).map_err(|error| ctx.failed("a row of tickets", &error))
    }
}

/// One ticket, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, TicketId)) -> Result<Ticket> {
    ctx.standing()?;
    let query = Query::new(SELECT).bind("tenant = ", account.uuid()).bind(" AND ticket_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let (_, found) = ticket(row, 8).map_err(|error| ctx.failed("a row of tickets", &error))?;
    ctx.allow(Permission::TicketWrite, found.resource())?;
    Ok(found)
}

/// A row, with the column by which its page is ordered.
fn ticket(row: &Row, order: usize) -> Result<(PageKey, Ticket), DatabaseError> {
    let id = row.uuid(1)?;
    let found = Ticket {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: TicketKey(TicketId::new(id)),
        service_id: row.opt_uuid(2)?.map(|service| ServiceKey(ServiceId::new(service))),
        kind: match row.text(3)? {
            "billing" => TicketKind::Billing,
            "technical" => TicketKind::Technical,
            "abuse" => TicketKind::Abuse,
            "security" => TicketKind::Security,
            "legal" => TicketKind::Legal,
            _ => TicketKind::Sales,
        },
        subject: row.opt_text(4)?.map(str::to_owned),
        status: match row.text(5)? {
            "awaiting_staff" => TicketStatus::AwaitingStaff,
            "awaiting_customer" => TicketStatus::AwaitingCustomer,
            _ => TicketStatus::Resolved,
        },
        opened_at: Timestamp::from_millis(row.int(6)?).into(),
        changed_at: Timestamp::from_millis(row.int(7)?).into(),
    };
    Ok((PageKey { born: row.int(order)?, id }, found))
}

const fn status_name(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::AwaitingStaff => "awaiting_staff",
        TicketStatus::AwaitingCustomer => "awaiting_customer",
        TicketStatus::Resolved => "resolved",
    }
}
