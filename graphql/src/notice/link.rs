//! Finding what the token of a link stands for.

use async_graphql::{Context, Result};
use hosting::notice::{NoticeDay, NoticePerson, day_of, stream_of};
use kernel::{AccountId, Key};
use notice::Named;

use super::projection::REPEAT_DAY_COUNT_MAX;
use crate::access::now;
use crate::limit::TEXT_OCTETS_MAX;
use crate::request::Asked;

/// A link that we made, with the account of its user and the day that it was sent on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) account: AccountId,
    pub(crate) named: Named,
    pub(crate) day: i64,
}

/// The link of `token`; none where it is none of ours, or its user may not sign in, or it is from long ago. Whether it is
/// still good is the model's to say.
pub(crate) async fn found(ctx: &Context<'_>, token: &str) -> Result<Option<Found>> {
    let platform = ctx.platform()?;
    let named = Some(token).filter(|token| token.len() <= TEXT_OCTETS_MAX);
    let Some(named) = named.and_then(|token| platform.notices.links.read(token)) else { return Ok(None) };
    let Some(person) = platform.people.user(named.user) else { return Ok(None) };
    let today = day_of(now());
    for day in (0..=REPEAT_DAY_COUNT_MAX).map(|back| today - back) {
        let stream = Key::<NoticeDay>(stream_of(NoticePerson::User(named.user), day));
        let state = platform.engine.load(person.account.tenant(), &stream).await;
        let state = state.map_err(|error| ctx.failed("reading notices", &error))?;
        if state.notices.contains_key(&named.notice) {
            return Ok(Some(Found { account: person.account, named, day }));
        }
    }
    Ok(None)
}
