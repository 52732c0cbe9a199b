//! Reading the queue.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::{Permission, Resource};
use kernel::{AccountId, DomainName};
use store::{RecipientKey, Selection, Sight};
use uuid::Uuid;

use super::object::{
    DeliverySite, QueueFilter, QueueRecipientState, QueueState, QueuedMessage, QueuedRecipient, SuspendedSite,
};
use crate::access::reach::{Reach, reach};
use crate::error::Fault;
use crate::mailbox::record::{of_record, record};
use crate::page::{Page, PageKey, cost};
use crate::request::Asked;
use crate::scalar::{AccountKey, DomainKey, MailboxKey, Whole};

/// Recipients that are read for a page of messages, for each message.
const RECIPIENTS_PER_MESSAGE: usize = 10;

/// Sites in one answer.
const SITE_COUNT_MAX: usize = 1000;

/// Queries about the queue.
#[derive(Debug, Default)]
pub struct QueueQuery;

#[Object]
impl QueueQuery {
    /// Mail of an account that waits to leave, oldest first: at most `first` (1 to 100) messages after the number
    /// `after`.
    #[graphql(
        complexity = "cost(first, child_complexity)",
        deprecation = "Use `queue`, which shows each recipient with its state and is a connection. Goes in 2027-12."
    )]
    async fn queued_messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind the message of this number, for example 4711; absent: from the oldest.")]
        after: Option<Whole>,
    ) -> Result<Vec<QueuedMessage>> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::MailboxRead, Resource::account(account))?;
        let wanted = Page::parse(first, None).map_err(|fault| ctx.fault(fault))?.count();
        let of = Selection { tenant: Some(account.tenant()), ..Selection::default() };
        let after = after.map(|after| RecipientKey { queue_id: after.0, ordinal: u32::MAX });
        let entries = ctx.platform()?.queue.entries(&of, after, wanted * RECIPIENTS_PER_MESSAGE).await;
        let entries = entries.map_err(|error| ctx.failed("the queue", &error))?;
        let mut messages: Vec<QueuedMessage> = Vec::new();
        for entry in entries {
            if let Some(last) = messages.last_mut().filter(|last| last.number.0 == entry.key.queue_id) {
                last.recipients += 1;
                continue;
            }
            if messages.len() == wanted {
                break;
            }
            messages.push(QueuedMessage {
                number: Whole(entry.key.queue_id),
                state: QueueState::Queued,
                bytes: kernel::ByteSize::new(u64::from(entry.size)).into(),
                recipients: 1,
                queued_at: entry.queued_at.into(),
            });
        }
        Ok(messages)
    }

    /// Recipients of an account's mail that wait to leave, oldest first, as far as the caller sees: an administrator of a
    /// domain those of the domain, the owner of a mailbox the own ones.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of these alone.")] filter: Option<QueueFilter>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, QueuedRecipient>> {
        let account = ctx.account(account_id)?;
        let selection = selected(ctx, account, &filter.unwrap_or_default(), Permission::TraceRead).await?;
        entries(ctx, &selection, Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?)
            .await
    }

    /// Recipients of all accounts that wait to leave, oldest first: for the operator.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn platform_queue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of these alone.")] filter: Option<QueueFilter>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, QueuedRecipient>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let selection = plain(ctx, &filter.unwrap_or_default())?;
        entries(ctx, &selection, Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?)
            .await
    }

    /// Sites that the node which answers delivers to at this moment, by name, with the first `first` (1 to 1000): for the
    /// operator. Other nodes have their own.
    #[graphql(complexity = 200)]
    async fn delivery_sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 100, desc = "How many: 1 to 1000.")] first: u32,
    ) -> Result<Vec<DeliverySite>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        Ok(ctx.platform()?.sites.sites((first as usize).clamp(1, SITE_COUNT_MAX)))
    }

    /// Sites to which nothing is sent now, by name; 1000 at most: for the operator.
    #[graphql(complexity = 100)]
    async fn suspended_sites(&self, ctx: &Context<'_>) -> Result<Vec<SuspendedSite>> {
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let sites = ctx.platform()?.queue.suspensions().await;
        let sites = sites.map_err(|error| ctx.failed("suspended sites", &error))?;
        Ok(sites
            .into_iter()
            .map(|one| SuspendedSite { id: one.site, reason: one.reason, since: one.since.into() })
            .collect())
    }
}

/// What a filter says of an account, as far as the caller has `permission` in it.
pub(super) async fn selected(
    ctx: &Context<'_>,
    account: AccountId,
    filter: &QueueFilter,
    permission: Permission,
) -> Result<Selection> {
    let sight = sight(ctx, account, (filter.mailbox_id, filter.domain_id), permission).await?;
    Ok(Selection { tenant: Some(account.tenant()), sight, ..plain(ctx, filter)? })
}

/// What a filter says of all accounts.
pub(super) fn plain(ctx: &Context<'_>, filter: &QueueFilter) -> Result<Selection> {
    let destination = filter.destination.as_deref().map(DomainName::parse).transpose();
    let destination = destination.map_err(|_| {
        ctx.fault(Fault::BadInput(
            "`filter.destination` is no name of a domain",
            "`filter.destination` n'est pas un nom de domaine",
        ))
    })?;
    let domains = filter.domain_id.map(|domain| vec![domain.0]);
    Ok(Selection {
        tenant: None,
        mailbox: filter.mailbox_id.map(|mailbox| mailbox.0),
        queue_id: filter.number.map(|number| number.0),
        ordinal: filter.recipient,
        domain: destination,
        queued_since: None,
        queued_before: None,
        state: QueueRecipientState::selection(filter.state),
        sight: domains.map_or(Sight::All, |domains| Sight::Parts { domains, mailboxes: Vec::new() }),
    })
}

/// How far the caller sees in an account: what is named, where the caller may see that, or else all that may be seen.
pub(crate) async fn sight(
    ctx: &Context<'_>,
    account: AccountId,
    (mailbox, domain): (Option<MailboxKey>, Option<DomainKey>),
    permission: Permission,
) -> Result<Sight> {
    let whole = Resource::account(account);
    if let Some(MailboxKey(mailbox)) = mailbox {
        let record = record(ctx, account, mailbox).await?;
        ctx.allow(permission, of_record(account, mailbox, record.as_ref()))?;
        if domain.is_none() {
            return Ok(Sight::Parts { domains: Vec::new(), mailboxes: vec![mailbox] });
        }
    }
    if let Some(DomainKey(domain)) = domain {
        ctx.allow(permission, whole.in_domain(domain))?;
        return Ok(Sight::Parts { domains: vec![domain], mailboxes: Vec::new() });
    }
    let seen = reach(ctx.principal()?, permission, account).map_err(|no| ctx.fault(no.into()))?;
    Ok(match seen {
        Reach::Whole => Sight::All,
        // Mail is of domains and mailboxes; who sees a service alone sees none of it.
        Reach::Parts { domains, mailboxes, services: _ } => Sight::Parts {
            domains: domains.into_iter().map(kernel::DomainId::new).collect(),
            mailboxes: mailboxes.into_iter().map(kernel::MailboxId::new).collect(),
        },
    })
}

async fn entries(
    ctx: &Context<'_>,
    selection: &Selection,
    page: Page,
) -> Result<Connection<PageKey, QueuedRecipient>> {
    let after = page.key_after().map(|key| RecipientKey {
        queue_id: key.born.unsigned_abs(),
        ordinal: u32::try_from(key.id.as_u128()).unwrap_or(u32::MAX),
    });
    let found = ctx.platform()?.queue.entries(selection, after, page.count() + 1).await;
    let found = found.map_err(|error| ctx.failed("the queue", &error))?;
    let nodes = found.into_iter().map(|entry| {
        let born = i64::try_from(entry.key.queue_id).unwrap_or(i64::MAX);
        let key = PageKey { born, id: Uuid::from_u128(u128::from(entry.key.ordinal)) };
        (key, QueuedRecipient::from(entry))
    });
    Ok(page.found(nodes.collect()))
}
