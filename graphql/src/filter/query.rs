//! Reading filters.

use std::collections::BTreeSet;

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use hosting::filter as model;
use kernel::{AccountId, FilterId};

use super::object::{Filter, ScriptCheck, ScriptFault};
use crate::entry::read::{PROJECTION, Wanted, list, one};
use crate::language::Language;
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, DomainKey, FilterKey, MailboxKey, Place};

/// Queries about filters.
#[derive(Debug, Default)]
pub struct FilterQuery;

#[Object]
impl FilterQuery {
    /// One filter of a mailbox. `accountId` is the caller's own where it is absent.
    async fn filter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which filter.")] filter_id: FilterKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<Filter>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, filter_id.0)).await.map(Some)
    }

    /// The filters of a mailbox, or of all mailboxes that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn filters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this mailbox alone; absent: of all that the caller may see.")]
        mailbox_id: Option<MailboxKey>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Filter>> {
        let wanted = Wanted::<model::MailboxFilter> {
            account: ctx.account(account_id)?,
            owner: mailbox_id.map(|mailbox| mailbox.0),
            permission: Permission::MailboxRead,
            first,
            after: after.as_deref(),
            at_least: place,
        };
        list(ctx, wanted, Into::into).await
    }

    /// The filters of a domain, for all of its mailboxes, or of all domains that the caller may see, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domain_filters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of this domain alone; absent: of all that the caller may see.")] domain_id: Option<
            DomainKey,
        >,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Connection<PageKey, Filter>> {
        let wanted = Wanted::<model::DomainFilter> {
            account: ctx.account(account_id)?,
            owner: domain_id.map(|domain| domain.0),
            permission: Permission::MailboxRead,
            first,
            after: after.as_deref(),
            at_least: place,
        };
        list(ctx, wanted, Into::into).await
    }

    /// Checks a Sieve script without keeping it: what is wrong with it, in which line and column. At most 32 768 octets.
    #[graphql(complexity = "200 + child_complexity")]
    async fn sieve_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A Sieve script (RFC 5228).")] script: String,
    ) -> Result<ScriptCheck> {
        ctx.standing()?;
        let language = ctx.caller()?.language;
        // Up to some 10 ms of compiling: others are not to wait for it.
        let compiling = tokio::task::spawn_blocking(move || sieve::compile(&script));
        let compiled = compiling.await.map_err(|error| ctx.failed("compiling a script", &error))?;
        Ok(match compiled {
            Ok(script) => ScriptCheck { is_valid: true, fault: None, requires: names(script.capabilities) },
            Err(error) => {
                ScriptCheck { is_valid: false, fault: Some(told(&error, language)), requires: Vec::new() }
            }
        })
    }
}

/// What is wrong with a script.
pub(crate) fn fault(script: &str, language: Language) -> Option<ScriptFault> {
    sieve::compile(script).err().map(|fault| told(&fault, language))
}

fn told(fault: &sieve::Fault, language: Language) -> ScriptFault {
    let (english, french) = (fault.kind.english(), fault.kind.french());
    let whole = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    ScriptFault {
        line: whole(fault.at.line),
        column: whole(fault.at.column),
        message: language.pick(&english, &french).to_owned(),
    }
}

/// What a script requires that was checked when it was kept; nothing where it is wrong.
pub(crate) fn required(script: &str) -> Vec<String> {
    names(sieve::capabilities(script).unwrap_or_default())
}

fn names(capabilities: BTreeSet<sieve::Capability>) -> Vec<String> {
    capabilities.into_iter().map(|capability| capability.name().to_owned()).collect()
}

/// One filter of a mailbox, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, FilterId)) -> Result<Filter> {
    one::<model::MailboxFilter>(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}

/// One filter of a domain, if the caller may see it.
pub(crate) async fn read_of_domain(ctx: &Context<'_>, key: &(AccountId, FilterId)) -> Result<Filter> {
    one::<model::DomainFilter>(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}
