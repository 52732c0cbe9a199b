//! Mailboxes of all accounts whose sent mail is held: the operator's desk against abuse.

use std::collections::HashMap;

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result, SimpleObject};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use directory::Hold;
use kernel::{Id as _, MailboxId, TenantId};
use store::HeldCount;
use uuid::Uuid;

use crate::account::query::PROJECTION as ACCOUNTS;
use crate::mailbox::object::HoldReason;
use crate::mailbox::query::PROJECTION as MAILBOXES;
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, rows};
use crate::scalar::{AccountKey, MailboxKey, Moment, ServiceKey, Whole};

/// A mailbox whose sent mail is held, since somebody else may be sending in its name.
#[derive(Debug, Clone, SimpleObject)]
pub struct HeldSender {
    /// The mailbox.
    pub id: MailboxKey,
    /// Its address; none once erased.
    pub address: Option<String>,
    /// The Box that it is of; none where it has just been made.
    pub service_id: Option<ServiceKey>,
    /// The account that it is of.
    pub account_id: AccountKey,
    /// What the account is called; none once erased.
    pub account_name: Option<String>,
    /// What was seen.
    pub reason: HoldReason,
    /// Since when.
    pub since: Moment,
    /// How many recipients of what it sent are held.
    pub recipients: Whole,
}

/// Queries about held mail of all accounts.
#[derive(Debug, Default)]
pub struct HeldSenderQuery;

#[Object]
impl HeldSenderQuery {
    /// Mailboxes of all accounts whose sent mail is held, the longest held first: for the operator, who lets it go
    /// (`mailboxSendingRelease`), throws it away (`mailboxSendingPurge`), disables the mailbox (`mailboxDisable`) or keeps the
    /// Box from sending (`serviceRestrict`). Told by the node that answers; the others follow within seconds.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn platform_held_mail(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, HeldSender>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let holds = ctx.platform()?.directory.holds();
        let key = |hold: &Hold| PageKey { born: hold.since.millis(), id: hold.mailbox.uuid() };
        let behind = holds.into_iter().filter(|hold| page.key_after().is_none_or(|after| key(hold) > after));
        let holds: Vec<Hold> = behind.take(page.count() + 1).collect();
        let known = Known::of(ctx, &holds).await?;
        Ok(page.found(holds.iter().map(|hold| (key(hold), known.shown(hold))).collect()))
    }
}

/// What is told of the mailboxes of a page, each asked for once for all of them.
struct Known {
    mailboxes: HashMap<(TenantId, MailboxId), (Uuid, Option<String>)>,
    accounts: HashMap<TenantId, Option<String>>,
    counts: HashMap<(TenantId, MailboxId), HeldCount>,
}

impl Known {
    async fn of(ctx: &Context<'_>, holds: &[Hold]) -> Result<Self> {
        let tenants: Vec<Uuid> = holds.iter().map(|hold| hold.tenant.uuid()).collect();
        let ids: Vec<MailboxId> = holds.iter().map(|hold| hold.mailbox).collect();
        let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let query =
            Query::new("SELECT tenant, mailbox_id, service_id, address FROM mailbox_list_v5 WHERE 1 = 1");
        let query = query.among("tenant", &tenants).among("mailbox_id", &uuids);
        let mailbox = |row: &Row| {
            let key = (TenantId::new(row.uuid(0)?), MailboxId::new(row.uuid(1)?));
            Ok((key, (row.uuid(2)?, row.opt_text(3)?.map(str::to_owned))))
        };
        let account = |row: &Row| Ok((TenantId::new(row.uuid(0)?), row.opt_text(1)?.map(str::to_owned)));
        let found = rows(ctx, MAILBOXES, query.finish()).await?;
        let mailboxes = found.iter().map(mailbox).collect::<std::result::Result<_, DatabaseError>>();
        let query = Query::new("SELECT tenant, name FROM account_list_v5 WHERE 1 = 1");
        let found = rows(ctx, ACCOUNTS, query.among("tenant", &tenants).finish()).await?;
        let accounts = found.iter().map(account).collect::<std::result::Result<_, DatabaseError>>();
        let counts = ctx.platform()?.queue.held_counts(&ids).await;
        Ok(Self {
            mailboxes: mailboxes.map_err(|error| ctx.failed("a row of mailboxes", &error))?,
            accounts: accounts.map_err(|error| ctx.failed("a row of accounts", &error))?,
            counts: counts.map_err(|error| ctx.failed("the queue", &error))?,
        })
    }

    fn shown(&self, hold: &Hold) -> HeldSender {
        let key = (hold.tenant, hold.mailbox);
        let (service, address) = self.mailboxes.get(&key).cloned().unzip();
        HeldSender {
            id: MailboxKey(hold.mailbox),
            address: address.flatten(),
            service_id: service.map(|service| ServiceKey(kernel::ServiceId::new(service))),
            account_id: AccountKey(hold.tenant.account()),
            account_name: self.accounts.get(&hold.tenant).cloned().flatten(),
            reason: hold.reason.into(),
            since: Moment(hold.since),
            recipients: Whole(self.counts.get(&key).copied().unwrap_or_default().recipients),
        }
    }
}
