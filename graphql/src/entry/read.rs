//! Reading rows of entries.

use std::collections::BTreeSet;

use async_graphql::connection::Connection;
use async_graphql::{Context, OutputType, Result};
use authority::{Permission, Resource};
use database::{DatabaseError, Row};
use hosting::book::Entry;
use hosting::mailbox::Mailbox;
use kernel::{AccountId, Actor, Decider, DomainId, Id, MailboxId, ServiceId, Timestamp};
use uuid::Uuid;

use crate::access::reach::{Columns, reach};
use crate::error::Fault;
use crate::loader::{Tables, Unread};
use crate::mailbox::record::{of_record, record};
use crate::page::{Page, PageKey, Query};
use crate::request::{Asked, at_least, rows};
use crate::scalar::{Moment, Place};

/// The name of the projection that these queries read.
pub(crate) const PROJECTION: &str = "entry_list";

const SELECT: &str = "SELECT tenant, entry_id, owner_id, service_id, domain_id, mailbox_id, content, revision, \
     created_at, changed_at, born FROM entry_list_v3 WHERE content IS NOT NULL AND tenant = ";

const COLUMNS: Columns =
    Columns { service: Some("service_id"), domain: Some("domain_id"), mailbox: Some("mailbox_id") };

/// One entry as its row holds it.
#[derive(Debug, Clone)]
pub(crate) struct EntryRow<E: Entry> {
    pub(crate) id: E::Id,
    pub(crate) account: AccountId,
    pub(crate) service: Option<ServiceId>,
    pub(crate) domain: Option<DomainId>,
    pub(crate) mailbox: Option<MailboxId>,
    pub(crate) content: E,
    pub(crate) revision: i32,
    pub(crate) created_at: Moment,
    pub(crate) changed_at: Moment,
}

impl<E: Entry> EntryRow<E> {
    /// What the authority is asked about.
    fn resource(&self) -> Resource {
        let mut resource = Resource::account(self.account);
        (resource.service, resource.domain, resource.mailbox) = (self.service, self.domain, self.mailbox);
        resource
    }
}

/// Which rows are wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a, E: Entry> {
    pub(crate) account: AccountId,
    /// Of whom; none: of all whom the caller may see.
    pub(crate) owner: Option<<E::Owner as Decider>::Id>,
    /// What it takes to see them.
    pub(crate) permission: Permission,
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<&'a str>,
    pub(crate) at_least: Option<Place>,
}

/// A page of entries that the caller may see, oldest first.
pub(crate) async fn list<E: Entry, T>(
    ctx: &Context<'_>,
    wanted: Wanted<'_, E>,
    show: impl Fn(EntryRow<E>) -> T,
) -> Result<Connection<PageKey, T>>
where
    T: OutputType,
{
    let account = wanted.account;
    let page = Page::parse(wanted.first, wanted.after).map_err(|fault| ctx.fault(fault))?;
    let seen = reach(ctx.principal()?, wanted.permission, account).map_err(|no| ctx.fault(no.into()))?;
    at_least(ctx, PROJECTION, account, wanted.at_least).await?;
    let mut query = seen.narrow(select::<E>(account), COLUMNS);
    if let Some(owner) = wanted.owner {
        query = query.bind(" AND owner_id = ", owner.uuid());
    }
    let found = rows(ctx, PROJECTION, page.finish(query, "born", "entry_id")).await?;
    // Whoever reads what a mailbox keeps was in its settings, also where it keeps nothing.
    let shown = found.iter().take(page.count());
    let mut kept: BTreeSet<MailboxId> =
        shown.filter_map(|row| row.opt_uuid(5).ok().flatten()).map(MailboxId::new).collect();
    // Users alone leave visits: for its owner nothing more is read.
    let is_visit = <E::Owner as Decider>::CATEGORY == Mailbox::CATEGORY
        && matches!(ctx.principal()?.actor, Actor::User(_));
    if let Some(owner) = wanted.owner.filter(|_| is_visit && kept.is_empty()) {
        let mailbox = MailboxId::new(owner.uuid());
        let record = record(ctx, account, mailbox).await?;
        if record.is_some() && ctx.may(wanted.permission, of_record(account, mailbox, record.as_ref()))? {
            kept.insert(mailbox);
        }
    }
    for mailbox in kept {
        crate::mailbox::visit::note(ctx, (account, mailbox))?;
    }
    page.connection(found, |row| entry::<E>(row).map(|(key, found)| (key, show(found))))
        .map_err(|error| ctx.failed("a row of entries", &error))
}

/// One entry, if the caller may see it with `permission`.
pub(crate) async fn one<E: Entry>(
    ctx: &Context<'_>,
    (account, id): (AccountId, E::Id),
    permission: Permission,
) -> Result<EntryRow<E>> {
    ctx.standing()?;
    let query = select::<E>(account).bind(" AND entry_id = ", id.uuid());
    let found = rows(ctx, PROJECTION, query.finish()).await?;
    let row = found.first().ok_or_else(|| ctx.fault(Fault::NotFound))?;
    let (_, found) = entry::<E>(row).map_err(|error| ctx.failed("a row of entries", &error))?;
    ctx.allow(permission, found.resource())?;
    Ok(found)
}

/// The entries of owners of a kind of which nobody has two: for a loader.
pub(crate) async fn of_owners<E: Entry>(
    tables: &Tables,
    (account, owners): (AccountId, &[<E::Owner as Decider>::Id]),
) -> std::result::Result<Vec<EntryRow<E>>, Unread> {
    let owners: Vec<Uuid> = owners.iter().map(|owner| owner.uuid()).collect();
    let found = tables.rows(PROJECTION, select::<E>(account).among("owner_id", &owners).finish()).await?;
    let read = found.iter().map(|row| entry::<E>(row).map(|(_, found)| found));
    Ok(read.collect::<std::result::Result<_, _>>()?)
}

fn select<E: Entry>(account: AccountId) -> Query {
    Query::new("").bind(SELECT, account.uuid()).bind(" AND category = ", E::WORDS.category.0)
}

fn entry<E: Entry>(row: &Row) -> Result<(PageKey, EntryRow<E>), DatabaseError> {
    let id: Uuid = row.uuid(1)?;
    let unreadable = DatabaseError::Column { column: 6, expected: "an entry" };
    let found = EntryRow {
        id: E::Id::from_uuid(id),
        account: AccountId::new(row.uuid(0)?),
        service: row.opt_uuid(3)?.map(ServiceId::new),
        domain: row.opt_uuid(4)?.map(DomainId::new),
        mailbox: row.opt_uuid(5)?.map(MailboxId::new),
        content: serde_json::from_str(row.text(6)?).map_err(|_| unreadable)?,
        revision: i32::try_from(row.int(7)?).unwrap_or(i32::MAX),
        created_at: Timestamp::from_millis(row.int(8)?).into(),
        changed_at: Timestamp::from_millis(row.int(9)?).into(),
    };
    Ok((PageKey { born: row.int(10)?, id }, found))
}
