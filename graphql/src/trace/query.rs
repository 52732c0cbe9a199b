//! Reading the message trace.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};
use authority::Permission;
use store::PassageFilter;
use uuid::Uuid;

use super::object::{MailStep, MessageTraceFilter};
use crate::error::Fault;
use crate::limit::TEXT_OCTETS_MAX;
use crate::page::{Page, PageKey, cost};
use crate::queue::query::sight;
use crate::request::Asked;
use crate::scalar::AccountKey;

/// Queries about the ways of messages.
#[derive(Debug, Default)]
pub struct TraceQuery;

#[Object]
impl TraceQuery {
    /// What happened to messages in the last 30 days, the newest step first, as far as the caller sees: the owner of a
    /// mailbox the own messages, an administrator of a domain those of the domain, the owner of an account all of it.
    /// Nothing shows what is in a message. Steps appear within a second.
    #[graphql(complexity = "cost(first, child_complexity)")]
    async fn message_trace(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Of these alone.")] filter: Option<MessageTraceFilter>,
        #[graphql(desc = "How many: 1 to 100, 25 where absent.")] first: Option<i32>,
        #[graphql(desc = "Behind this cursor of the same list; absent: from its beginning.")] after: Option<
            String,
        >,
    ) -> Result<Connection<PageKey, MailStep>> {
        let account = ctx.account(account_id)?;
        let page = Page::parse(first, after.as_deref()).map_err(|fault| ctx.fault(fault))?;
        let filter = filter.unwrap_or_default();
        let named = (filter.mailbox_id, filter.domain_id);
        let seen = sight(ctx, account, named, Permission::TraceRead).await?;
        let of = PassageFilter { sight: seen, ..wanted(ctx, filter)? };
        // The newest first: keys go down.
        let before = page.key_after().map(|key| key.born.unsigned_abs());
        let queue = &ctx.platform()?.queue;
        let found = queue.passages(account.tenant(), &of, before, page.count() + 1).await;
        let found = found.map_err(|error| ctx.failed("the message trace", &error))?;
        let language = ctx.caller()?.language;
        let nodes = found.into_iter().map(|(number, passage)| {
            let born = i64::try_from(number).unwrap_or(i64::MAX).saturating_neg();
            (PageKey { born, id: Uuid::nil() }, MailStep::of(number, passage, language))
        });
        Ok(page.found(nodes.collect()))
    }
}

fn wanted(ctx: &Context<'_>, filter: MessageTraceFilter) -> Result<PassageFilter> {
    let texts = [&filter.sender, &filter.recipient, &filter.message, &filter.message_id];
    if texts.into_iter().flatten().any(|text| text.len() > TEXT_OCTETS_MAX) {
        return Err(ctx.fault(Fault::BadInput(
            "a text of `filter` has at most 512 octets",
            "un texte de `filter` a au plus 512 octets",
        )));
    }
    let bare = |text: String| text.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    Ok(PassageFilter {
        message: filter.message,
        mailbox: filter.mailbox_id.map(|mailbox| mailbox.0),
        stage: filter.stage.map(Into::into),
        direction: filter.direction.map(Into::into),
        sender: filter.sender.map(bare),
        recipient: filter.recipient.map(bare),
        message_id: filter.message_id.map(bare).map(|id| format!("<{id}>")),
        since: filter.since.map(|since| since.0),
        until: filter.until.map(|until| until.0),
        sight: store::Sight::All,
    })
}
