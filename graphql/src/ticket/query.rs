//! Reading tickets.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row, Statement};
use engine::{Engine, EngineError};
use hosting::limit::TICKET_CLOSE_DAYS;
use kernel::{AccountId, Id, ServiceId, TicketId, Timestamp, UserId};

use super::object::{Desk, Ticket, TicketKind, TicketPriority, TicketRating, TicketStatus};
use crate::access::now;
use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, Place, ServiceKey, TicketKey, UserKey};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "ticket_list";

const SELECT: &str = "SELECT tenant, ticket_id, service_id, kind, subject, status, opened_at, changed_at, born, \
     resolved_at, priority, assignee_id, merged_into, stars, rating, revision, desk_revision FROM ticket_list_v6 WHERE ";

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
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which ticket.")] ticket_id: TicketKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
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
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this state alone.")] status: Option<TicketStatus>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Ticket>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let seen =
            reach(ctx.principal()?, Permission::TicketWrite, account).map_err(|no| ctx.fault(no.into()))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let mut query = seen.narrow(Query::new(SELECT).bind("tenant = ", account.uuid()), COLUMNS);
        if let Some(status) = status {
            query = query.bind(" AND status = ", status_name(status));
            query = match status {
                TicketStatus::Resolved => query.bind(" AND resolved_at > ", closed_before()),
                TicketStatus::Closed => query.bind(" AND resolved_at <= ", closed_before()),
                TicketStatus::AwaitingStaff | TicketStatus::AwaitingCustomer => query,
            };
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "ticket_id")).await?;
        page.connection(found, |row| ticket(row, 8)).map_err(|error| ctx.failed("a row of tickets", &error))
    }

    /// The tickets of all accounts that wait for the support, those that have waited longest first. An operator's. With
    /// `assigneeId` those of one of the support; with `priority` those that hurry so much.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn ticket_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this one of the support alone.")] assignee_id: Option<UserKey>,
        #[graphql(desc = "Those that hurry so much alone.")] priority: Option<TicketPriority>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, Ticket>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let mut query = Query::new(SELECT).bind("status = ", status_name(TicketStatus::AwaitingStaff));
        if let Some(UserKey(user)) = assignee_id {
            query = query.bind(" AND assignee_id = ", user.uuid());
        }
        if let Some(priority) = priority {
            query = query.bind(" AND priority = ", priority_name(priority));
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "changed_at", "ticket_id")).await?;
        page.connection(found, |row| ticket(row, 7)).map_err(|error| ctx.failed("a row of tickets", &error))
    }
}

/// The tickets of an account, oldest first, the first 10 000: the caller has asked the authority.
pub(crate) async fn all(ctx: &Context<'_>, account: AccountId) -> Result<Vec<TicketId>> {
    let select =
        Statement::new("SELECT ticket_id FROM ticket_list_v6 WHERE tenant = $1 ORDER BY born LIMIT 10000");
    let found = rows(ctx, PROJECTION, select.bind(account.uuid())).await?;
    let tickets: std::result::Result<Vec<_>, DatabaseError> =
        found.iter().map(|row| row.uuid(0).map(TicketId::new)).collect();
    tickets.map_err(|error| ctx.failed("a row of tickets", &error))
}

/// Whose a ticket is.
pub(crate) fn owner(ticket: TicketId) -> Statement {
    Statement::new("SELECT tenant FROM ticket_list_v6 WHERE ticket_id = $1 LIMIT 1").bind(ticket.uuid())
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
            "withdrawal" => TicketKind::Withdrawal,
            _ => TicketKind::Sales,
        },
        subject: row.opt_text(4)?.map(str::to_owned),
        status: match row.text(5)? {
            "awaiting_staff" => TicketStatus::AwaitingStaff,
            "awaiting_customer" => TicketStatus::AwaitingCustomer,
            _ if row.opt_int(9)?.is_some_and(|at| at <= closed_before()) => TicketStatus::Closed,
            _ => TicketStatus::Resolved,
        },
        opened_at: Timestamp::from_millis(row.int(6)?).into(),
        changed_at: Timestamp::from_millis(row.int(7)?).into(),
        merged_into_id: row.opt_uuid(12)?.map(|id| TicketKey(TicketId::new(id))),
        rating: row.opt_int(13)?.map(|stars| TicketRating {
            stars: i32::try_from(stars).unwrap_or_default(),
            words: row.opt_text(14).ok().flatten().map(str::to_owned),
        }),
        revision: i32::try_from(row.int(15)?).unwrap_or(i32::MAX),
        desk: Desk {
            revision: i32::try_from(row.int(16)?).unwrap_or(i32::MAX),
            priority: match row.text(10)? {
                "low" => TicketPriority::Low,
                "high" => TicketPriority::High,
                "urgent" => TicketPriority::Urgent,
                _ => TicketPriority::Normal,
            },
            assignee: row.opt_uuid(11)?.map(|user| UserKey(UserId::new(user))),
        },
    };
    Ok((PageKey { born: row.int(order)?, id }, found))
}

const fn status_name(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::AwaitingStaff => "awaiting_staff",
        TicketStatus::AwaitingCustomer => "awaiting_customer",
        TicketStatus::Resolved | TicketStatus::Closed => "resolved",
    }
}

const fn priority_name(priority: TicketPriority) -> &'static str {
    match priority {
        TicketPriority::Low => "low",
        TicketPriority::Normal => "normal",
        TicketPriority::High => "high",
        TicketPriority::Urgent => "urgent",
    }
}

/// What was resolved until then, in milliseconds since 1970, is closed now.
fn closed_before() -> i64 {
    now().millis() - TICKET_CLOSE_DAYS * 24 * 3600 * 1000
}

/// Tickets that have waited for the customer since before `moment`, at most `limit`, the longest first: for whoever resolves
/// them by themselves.
///
/// # Errors
/// The tables cannot be read.
pub async fn idle_tickets(
    engine: &Engine,
    moment: Timestamp,
    limit: usize,
) -> Result<Vec<(AccountId, TicketId)>, EngineError> {
    let select = Statement::new(
        "SELECT tenant, ticket_id FROM ticket_list_v6 WHERE status = 'awaiting_customer' AND changed_at < $1 \
         ORDER BY changed_at, ticket_id LIMIT $2",
    );
    let select = select.bind(moment.millis()).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = engine.query(select).await?;
    let read = rows.iter().map(|row| Ok((AccountId::new(row.uuid(0)?), TicketId::new(row.uuid(1)?))));
    read.collect::<Result<_, DatabaseError>>().map_err(Into::into)
}
