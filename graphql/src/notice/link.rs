//! Finding what the token of a link stands for.

use async_graphql::{Context, Result};
use hosting::notice::{NoticeDay, NoticePerson, day_of, stream_of};
use kernel::{AccountId, Key, NoticeId};
use notice::{Named, NamedMailbox};

use super::projection::REPEAT_DAY_COUNT_MAX;
use crate::access::now;
use crate::limit::TEXT_OCTETS_MAX;
use crate::request::{Asked, boxed};

/// A link that we made, with the account of its user and the day that it was sent on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) account: AccountId,
    pub(crate) named: Named,
    pub(crate) day: i64,
}

/// A mailbox's link that we made, and the day that it was sent on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundMailbox {
    pub(crate) named: NamedMailbox,
    pub(crate) day: i64,
}

/// The link of `token`; none where it is none of ours, or its user may not sign in, or it is from long ago. Whether it is
/// still good is the model's to say.
pub(crate) async fn found(ctx: &Context<'_>, token: &str) -> Result<Option<Found>> {
    let platform = ctx.platform()?;
    let named = Some(token).filter(|token| token.len() <= TEXT_OCTETS_MAX);
    let Some(named) = named.and_then(|token| platform.notices.links.read(token)) else { return Ok(None) };
    let Some(person) = platform.people.user(named.user) else { return Ok(None) };
    let day = day_of_notice(ctx, (person.account, NoticePerson::User(named.user)), named.notice).await?;
    Ok(day.map(|day| Found { account: person.account, named, day }))
}

/// The link of `token` to the owner of a mailbox; none where it is none of ours, or is from long ago. Whether it is still good
/// is the model's to say.
#[boxed]
pub(crate) async fn found_mailbox(ctx: &Context<'_>, token: &str) -> Result<Option<FoundMailbox>> {
    let links = &ctx.platform()?.notices.links;
    let named = Some(token).filter(|token| token.len() <= TEXT_OCTETS_MAX);
    let Some(named) = named.and_then(|token| links.read_mailbox(token)) else { return Ok(None) };
    let person = (named.account, NoticePerson::Mailbox(named.mailbox));
    let day = day_of_notice(ctx, person, named.notice).await?;
    Ok(day.map(|day| FoundMailbox { named, day }))
}

/// The day that a notice to somebody was sent on, of the last few.
async fn day_of_notice(
    ctx: &Context<'_>,
    (account, person): (AccountId, NoticePerson),
    notice: NoticeId,
) -> Result<Option<i64>> {
    let (engine, today) = (&ctx.platform()?.engine, day_of(now()));
    for day in (0..=REPEAT_DAY_COUNT_MAX).map(|back| today - back) {
        let state = engine.load(account.tenant(), &Key::<NoticeDay>(stream_of(person, day))).await;
        let state = state.map_err(|error| ctx.failed("reading notices", &error))?;
        if state.notices.contains_key(&notice) {
            return Ok(Some(day));
        }
    }
    Ok(None)
}
