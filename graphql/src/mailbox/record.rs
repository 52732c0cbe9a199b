//! What is known of a mailbox at this moment, from its events: for resolvers that complete a use case or show what no table
//! holds. They ask the authority themselves.

use async_graphql::{Context, Result};
use authority::Resource;
use hosting::domain::DomainRef;
use hosting::mailbox::{Mailbox, MailboxRecord};
use hosting::plan::DomainMode;
use hosting::service::Service;
use kernel::{AccountId, Actor, Key, MailboxId};

use crate::error::Fault;
use crate::request::{Asked, boxed};
use crate::scalar::{AccountKey, MailboxKey};

/// The mailbox that is meant: the one named, or else the one that asks.
pub(crate) fn named(
    ctx: &Context<'_>,
    account: Option<AccountKey>,
    mailbox: Option<MailboxKey>,
) -> Result<(AccountId, MailboxId)> {
    let account = ctx.account(account)?;
    match (mailbox, ctx.principal()?.actor) {
        (Some(mailbox), _) => Ok((account, mailbox.0)),
        (None, Actor::Mailbox(mailbox)) => Ok((account, mailbox)),
        (None, Actor::User(_) | Actor::Operator | Actor::Platform(_)) => {
            Err(ctx.fault(Fault::BadInput("`mailboxId` is missing", "`mailboxId` manque")))
        }
    }
}

/// What is known of a mailbox.
#[boxed]
pub(crate) async fn record(
    ctx: &Context<'_>,
    account: AccountId,
    mailbox: MailboxId,
) -> Result<Option<MailboxRecord>> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Mailbox>(mailbox)).await;
    let state = state.map_err(|error| ctx.failed("reading a mailbox", &error))?;
    Ok(state.record().cloned())
}

/// The mailbox as the authority is asked about it.
pub(crate) fn of_record(account: AccountId, mailbox: MailboxId, record: Option<&MailboxRecord>) -> Resource {
    let resource = Resource::account(account);
    match record {
        Some(record) => resource.in_service(record.service).in_domain(record.domain).in_mailbox(mailbox),
        None => resource,
    }
}

/// The domain of a mailbox, own or shared, as its service says.
pub(crate) async fn home_of(
    ctx: &Context<'_>,
    account: AccountId,
    record: &MailboxRecord,
) -> Result<DomainRef> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Service>(record.service)).await;
    let state = state.map_err(|error| ctx.failed("the state of a service", &error))?;
    Ok(match state.record().map(|service| service.limits.domain_mode) {
        Some(DomainMode::Shared) => DomainRef::Shared(record.domain),
        Some(DomainMode::Own) | None => DomainRef::Own(record.domain),
    })
}
