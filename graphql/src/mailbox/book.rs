//! The address book of a domain: who can be written to, for those who belong to it.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result, SimpleObject};
use authority::Permission;
use database::{DatabaseError, Row};
use kernel::{Actor, Id};

use super::query::{PROJECTION, read as read_mailbox};
use crate::domain::query::{read as read_domain, settings_around};
use crate::error::Fault;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, DomainKey, MailboxKey, Place};

const SELECT: &str = "SELECT mailbox_id, address, display_name, born FROM mailbox_list_v5 WHERE status = 'active' AND tenant = ";

/// Somebody who can be written to.
#[derive(Debug, Clone, SimpleObject)]
pub struct AddressBookEntry {
    /// The mailbox.
    pub mailbox_id: MailboxKey,
    /// Its address; none once its owner is erased.
    pub address: Option<String>,
    /// What it is called.
    pub display_name: Option<String>,
}

/// Queries of address books.
#[derive(Debug, Default)]
pub struct AddressBookQuery;

#[Object]
impl AddressBookQuery {
    /// The active mailboxes of a domain, oldest first. A mailbox sees those of its own domain; where the domain has no
    /// address book (`hasAddressBook` of its settings), only itself. Others name the domain and need to see its mailboxes.
    /// `search`: only those whose address or name holds it, at most 128 octets.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn address_book(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Whose address book; absent: that of the signed-in mailbox.")] domain_id: Option<
            DomainKey,
        >,
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
    ) -> Result<Connection<PageKey, AddressBookEntry>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let query = Query::new("").bind(SELECT, account.uuid());
        let mut query = match ctx.principal()?.actor {
            Actor::Mailbox(own) => {
                let home = read_mailbox(ctx, &(account, own)).await?.domain_id;
                if domain_id.is_some_and(|asked| asked.0 != home.0) {
                    return Err(ctx.fault(Fault::NotFound));
                }
                let query = query.bind(" AND domain_id = ", home.0.uuid());
                // In a domain of the platform those of the own account are seen: the others are strangers.
                let settings = settings_around(ctx, (account, home.0)).await?;
                if settings.has_address_book { query } else { query.bind(" AND mailbox_id = ", own.uuid()) }
            }
            Actor::User(_) | Actor::Operator | Actor::Platform(_) => {
                let missing = || Fault::BadInput("`domainId` is missing", "`domainId` manque");
                let asked = domain_id.ok_or_else(|| ctx.fault(missing()))?;
                let domain = read_domain(ctx, &(account, asked.0)).await?;
                ctx.allow(Permission::MailboxRead, domain.resource())?;
                query.bind(" AND domain_id = ", asked.0.uuid())
            }
        };
        if let Some(words) = search {
            let held = query.holding(&["address", "display_name"], &words);
            query = held.map_err(|fault| ctx.fault(fault))?;
        }
        let found = rows(ctx, PROJECTION, page.finish(query, "born", "mailbox_id")).await?;
        page.connection(found, entry).map_err(|error| ctx.failed("a row of an address book", &error))
    }
}

fn entry(row: &Row) -> Result<(PageKey, AddressBookEntry), DatabaseError> {
    let id = row.uuid(0)?;
    let entry = AddressBookEntry {
        mailbox_id: MailboxKey(kernel::MailboxId::new(id)),
        address: row.opt_text(1)?.map(str::to_owned),
        display_name: row.opt_text(2)?.map(str::to_owned),
    };
    Ok((PageKey { born: row.int(3)?, id }, entry))
}
