//! Reading domains.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use kernel::{AccountId, DomainId, DomainName, Id, ServiceId, Timestamp};

use super::object::{Domain, DomainStatus, TxtRecord};
use super::storage::DomainStoragePreview;
use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::history::past;
use crate::loader::{Tables, Unread};
use crate::page::{Page, PageKey, Query, cost};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{AccountKey, DomainKey, Moment, Octets, Place, ServiceKey};
use crate::settings::{DomainSettings, QuotaMode};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "domain_list";

const SELECT: &str = "SELECT tenant, domain_id, service_id, name, status, is_shared, challenge_name, challenge_value, \
     added_at, verified_at, purge_after,  born, mirrors, settings, settings_revision FROM domain_list_v3 WHERE tenant = ";

const COLUMNS: Columns = Columns { service: Some("service_id"), domain: Some("domain_id"), mailbox: None };

/// Queries about domains.
#[derive(Debug, Default)]
pub struct DomainQuery;

#[Object]
impl DomainQuery {
    /// One domain. `accountId` is the caller's own where it is absent. `asOf`: as it was at that moment, from its
    /// events; `room` and `dnsStanding` are of now all the same.
    #[graphql(complexity = "past::cost(&as_of, child_complexity)")]
    async fn domain(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
        #[graphql(
            desc = "As it was at this moment, from its events, for example 2030-01-31T08:00:00Z; absent: as it is."
        )]
        as_of: Option<Moment>,
    ) -> Result<Option<Domain>> {
        let account = ctx.account(account_id)?;
        if let Some(moment) = as_of {
            let now = read(ctx, &(account, domain_id.0)).await;
            past::may_ask(ctx, Permission::DomainRead, account, now.as_ref().err())?;
            let past = past::domain(ctx, (account, domain_id.0), moment).await?;
            ctx.allow(Permission::DomainRead, past.resource())?;
            return Ok(Some(past));
        }
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, domain_id.0)).await.map(Some)
    }

    /// The domains of an account that the caller may see, oldest first; removed ones only where `status` asks for them.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domains(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this state alone; absent: all but the removed.")] status: Option<DomainStatus>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Domain>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let seen =
            reach(ctx.principal()?, Permission::DomainRead, account).map_err(|no| ctx.fault(no.into()))?;
        at_least(ctx, PROJECTION, account, place).await?;
        let query = seen.narrow(Query::new("").bind(SELECT, account.uuid()), COLUMNS);
        let query = match status {
            Some(status) => query.bind(" AND status = ", status_name(status)),
            None => query.with(KEPT),
        };
        list(ctx, page, query).await
    }

    /// What it would come to if the mailboxes of a domain were given storage in another way, or shared another size. For
    /// those who may change it.
    #[graphql(complexity = 20)]
    async fn domain_storage_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "How its mailboxes would be given storage.")] quota_mode: QuotaMode,
        #[graphql(
            desc = "`storageBytesMax` as it would be, in octets; with `POOLED` the size of the pool. Absent: none, all that is left."
        )]
        storage_bytes_max: Option<Octets>,
    ) -> Result<DomainStoragePreview> {
        let key = (ctx.account(account_id)?, domain_id.0);
        super::storage::preview(ctx, key, (quota_mode, storage_bytes_max.map(|octets| octets.0))).await
    }

    /// The platform's shared domains, in which accounts with a fitting plan may have addresses.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn shared_domains(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, Domain>> {
        // Whoever may see the services of an account may see what they can be used with.
        ctx.allow(Permission::ServiceRead, Resource::account(ctx.standing()?.home))?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        list(ctx, page, Query::new("").bind(SELECT, AccountId::PLATFORM.uuid()).with(KEPT)).await
    }
}

const KEPT: &str = " AND status <> 'removed'";

const fn status_name(status: DomainStatus) -> &'static str {
    match status {
        DomainStatus::Pending => "pending",
        DomainStatus::Verified => "verified",
        DomainStatus::Removed => "removed",
    }
}

async fn list(ctx: &Context<'_>, page: Page, query: Query) -> Result<Connection<PageKey, Domain>> {
    let found = rows(ctx, PROJECTION, page.finish(query, "born", "domain_id")).await?;
    page.connection(found, domain).map_err(|error| ctx.failed("a row of domains", &error))
}

/// One domain, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, &(account, id): &(AccountId, DomainId)) -> Result<Domain> {
    let query = Query::new("").bind(SELECT, account.uuid()).bind(" AND domain_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let Some(row) = found.first() else {
        // The same answer as for a domain that is hidden.
        ctx.standing()?;
        return Err(ctx.fault(Fault::NotFound));
    };
    let (_, domain) = domain(row).map_err(|error| ctx.failed("a row of domains", &error))?;
    ctx.allow(Permission::DomainRead, domain.resource())?;
    Ok(domain)
}

/// The settings of the domain that a mailbox of `account` is in, its own or the platform's. The caller has judged whether
/// they may be seen.
pub(crate) async fn settings_around(
    ctx: &Context<'_>,
    (account, id): (AccountId, DomainId),
) -> Result<DomainSettings> {
    let found = ctx.data::<DataLoader<Tables>>()?.load_one(Around(account, id)).await;
    let found = found.map_err(|unread| ctx.unread(&unread))?;
    found.ok_or_else(|| ctx.fault(Fault::NotFound))
}

/// A mailbox's account and its domain, whose settings are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Around(AccountId, DomainId);

impl Loader<Around> for Tables {
    type Value = DomainSettings;
    type Error = Arc<Unread>;

    async fn load(
        &self,
        keys: &[Around],
    ) -> std::result::Result<HashMap<Around, DomainSettings>, Arc<Unread>> {
        let domains: BTreeSet<DomainId> = keys.iter().map(|Around(_, domain)| *domain).collect();
        let domains: Vec<_> = domains.into_iter().map(DomainId::uuid).collect();
        let accounts: BTreeSet<AccountId> = keys.iter().map(|Around(account, _)| *account).collect();
        let mut settings: HashMap<Around, DomainSettings> = HashMap::new();
        // The account's own go before the platform's.
        for account in [AccountId::PLATFORM].into_iter().chain(accounts) {
            let query = Query::new("").bind(SELECT, account.uuid()).among("domain_id", &domains);
            let found = self.rows(PROJECTION, query.finish()).await.map_err(Arc::new)?;
            for row in &found {
                let (_, domain) = domain(row).map_err(|error| Arc::new(Unread::from(error)))?;
                let asked = keys.iter().filter(|Around(whose, which)| {
                    *which == domain.id.0 && (account == AccountId::PLATFORM || *whose == account)
                });
                settings.extend(asked.map(|key| (*key, domain.settings.clone())));
            }
        }
        Ok(settings)
    }
}

fn domain(row: &Row) -> Result<(PageKey, Domain), DatabaseError> {
    let id = row.uuid(1)?;
    let moment =
        |column| row.opt_int(column).map(|moment| moment.map(|at| Moment(Timestamp::from_millis(at))));
    let name = row.text(3)?;
    let challenge = row.opt_text(6)?.zip(row.opt_text(7)?);
    let domain = Domain {
        account_id: AccountKey(AccountId::new(row.uuid(0)?)),
        id: DomainKey(DomainId::new(id)),
        service_id: row.opt_uuid(2)?.map(|id| ServiceKey(ServiceId::new(id))),
        name: name.to_owned(),
        unicode_name: DomainName::parse(name).map_or_else(|_| name.to_owned(), |name| name.to_unicode()),
        status: match row.text(4)? {
            "pending" => DomainStatus::Pending,
            "verified" => DomainStatus::Verified,
            _ => DomainStatus::Removed,
        },
        is_shared: row.bool(5)?,
        challenge: challenge
            .map(|(name, value)| TxtRecord { name: name.to_owned(), value: value.to_owned() }),
        added_at: Timestamp::from_millis(row.int(8)?).into(),
        verified_at: moment(9)?,
        purge_after: moment(10)?,
        mirrors_domain_id: row.opt_uuid(12)?.map(|id| DomainKey(DomainId::new(id))),
        settings: DomainSettings::read(row.opt_text(13)?, row.int(14)?)
            .map_err(|_| DatabaseError::Column { column: 13, expected: "settings" })?,
        as_of: None,
    };
    Ok((PageKey { born: row.int(11)?, id }, domain))
}
