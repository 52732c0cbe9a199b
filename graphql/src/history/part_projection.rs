//! Who keeps the things that have no stream of their own: rows by which the history of a removed one is still found.

use async_graphql::Context;
use database::{DatabaseError, Statement};
use engine::{Projection, ProjectionError};
use hosting::HostingEvent;
use hosting::book::Told;
use hosting::mailbox::MailboxEvent;
use hosting::user::UserEvent;
use kernel::{AccountId, Id, Recorded, TenantId};
use uuid::Uuid;

use crate::page::Query;
use crate::projection::{clear, drop_tables};
use crate::request::{Asked, rows, settled};

/// One row per API token, app password and entry of a book that there ever was. Holds ids alone.
#[derive(Debug, Clone, Copy)]
pub struct PartList;

impl Projection for PartList {
    type Event = HostingEvent;

    const NAME: &'static str = "part_list";
    const REVISION: u16 = 1;

    fn tables(&self) -> Vec<Statement> {
        ["CREATE TABLE IF NOT EXISTS part_list_v1 (tenant UUID NOT NULL, part_id UUID NOT NULL, \
          category TEXT NOT NULL, keeper_id UUID NOT NULL, PRIMARY KEY (tenant, part_id))"]
        .map(Statement::new)
        .into()
    }

    fn drop_tables(&self, revision: u16) -> Vec<Statement> {
        drop_tables(&["part_list"], revision)
    }

    fn clear(&self, tenant: TenantId) -> Vec<Statement> {
        clear("DELETE FROM part_list_v1 WHERE tenant = $1", tenant)
    }

    fn apply(&self, page: &[Recorded<HostingEvent>]) -> Result<Vec<Statement>, ProjectionError> {
        Ok(page.iter().filter_map(statement).collect())
    }
}

fn statement(recorded: &Recorded<HostingEvent>) -> Option<Statement> {
    let part = match &recorded.event {
        HostingEvent::User(UserEvent::TokenIssued { token, .. }) => token.uuid(),
        HostingEvent::Mailbox(MailboxEvent::AppPasswordAdded { app_password, .. }) => app_password.uuid(),
        HostingEvent::Entry(event) => {
            let change = event.change();
            matches!(change.told, Told::Added { .. }).then_some(change.entry)?
        }
        _ => return None,
    };
    // What is kept by a domain that was removed and came back is added again, as what it was.
    let insert = Statement::new(
        "INSERT INTO part_list_v1 (tenant, part_id, category, keeper_id) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (tenant, part_id) DO NOTHING",
    );
    let insert = insert.bind(recorded.cursor.tenant.uuid()).bind(part);
    Some(insert.bind(recorded.stream.category.0).bind(recorded.stream.id))
}

/// The category of the streams that tell of a part, and who keeps it; none where there never was one. Asks no authority: the
/// caller does.
pub(super) async fn keeper(
    ctx: &Context<'_>,
    account: AccountId,
    part: Uuid,
) -> async_graphql::Result<Option<(String, Uuid)>> {
    let found = row(ctx, account, part).await?;
    if found.is_some() {
        return Ok(found);
    }
    // It may be so new that the rows do not have it yet.
    let head = ctx.platform()?.engine.head(account.tenant()).await;
    let head = head.map_err(|error| ctx.failed("the head of an account", &error))?;
    settled(ctx, PartList::NAME, head).await?;
    row(ctx, account, part).await
}

async fn row(
    ctx: &Context<'_>,
    account: AccountId,
    part: Uuid,
) -> async_graphql::Result<Option<(String, Uuid)>> {
    let query = Query::new("SELECT category, keeper_id FROM part_list_v1 WHERE ");
    let query = query.bind("tenant = ", account.uuid()).bind(" AND part_id = ", part);
    let found = rows(ctx, PartList::NAME, query.finish()).await?;
    let read = found.first().map(|row| Ok::<_, DatabaseError>((row.text(0)?.to_owned(), row.uuid(1)?)));
    read.transpose().map_err(|error| ctx.failed("a row of parts", &error))
}
