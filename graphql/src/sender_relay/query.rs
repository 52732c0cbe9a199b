//! Reading the relays through which mail of domains leaves.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Object, Result};
use authority::Permission;
use hosting::sender_relay as model;
use kernel::{AccountId, DomainId, SenderRelayId};

use super::object::SenderRelay;
use crate::domain::object::Domain;
use crate::entry::read::{PROJECTION, Wanted, list, of_owners, one};
use crate::loader::{Tables, Unread, by_tenant};
use crate::page::{PageKey, cost};
use crate::request::{Asked, at_least};
use crate::scalar::{AccountKey, DomainKey, Place, SenderRelayKey};

/// Queries about the relays of domains.
#[derive(Debug, Default)]
pub struct SenderRelayQuery;

#[Object]
impl SenderRelayQuery {
    /// One relay. `accountId` is the caller's own where it is absent.
    async fn sender_relay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which relay.")] sender_relay_id: SenderRelayKey,
        #[graphql(
            name = "atLeast",
            desc = "A `position` that a change answered: what is shown is no older. Waited for up to 2 seconds, then `STALE`."
        )]
        place: Option<Place>,
    ) -> Result<Option<SenderRelay>> {
        let account = ctx.account(account_id)?;
        at_least(ctx, PROJECTION, account, place).await?;
        read(ctx, &(account, sender_relay_id.0)).await.map(Some)
    }

    /// The relays of all domains that the caller may see, or of one, oldest first.
    #[graphql(complexity = "cost(first, child_complexity)")]
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn sender_relays(
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
    ) -> Result<Connection<PageKey, SenderRelay>> {
        let wanted = Wanted {
            account: ctx.account(account_id)?,
            owner: domain_id.map(|domain| domain.0),
            permission: Permission::MailboxRead,
            first,
            after: after.as_deref(),
            at_least: place,
        };
        list(ctx, wanted, Into::into).await
    }
}

/// One relay, if the caller may see it.
pub(crate) async fn read(ctx: &Context<'_>, key: &(AccountId, SenderRelayId)) -> Result<SenderRelay> {
    one(ctx, *key, Permission::MailboxRead).await.map(Into::into)
}

/// The relay of a domain that the caller sees.
pub(crate) async fn of(ctx: &Context<'_>, domain: &Domain) -> Result<Option<SenderRelay>> {
    if domain.is_shared {
        return Ok(None);
    }
    ctx.allow(Permission::MailboxRead, domain.resource())?;
    let key = RelayOf(domain.account_id.0, domain.id.0);
    let found = ctx.data::<DataLoader<Tables>>()?.load_one(key).await;
    found.map_err(|unread| ctx.unread(&unread))
}

/// The domain whose relay is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct RelayOf(AccountId, DomainId);

impl Loader<RelayOf> for Tables {
    type Value = SenderRelay;
    type Error = Arc<Unread>;

    async fn load(
        &self,
        keys: &[RelayOf],
    ) -> std::result::Result<HashMap<RelayOf, SenderRelay>, Arc<Unread>> {
        let mut relays = HashMap::with_capacity(keys.len());
        let asked = keys.iter().map(|RelayOf(account, domain)| (account.tenant(), *domain));
        for (tenant, domains) in by_tenant(asked) {
            let account = tenant.account();
            let found = of_owners::<model::SenderRelay>(self, (account, domains.as_slice()))
                .await
                .map_err(Arc::new)?;
            let placed =
                found.into_iter().filter_map(|row| Some((RelayOf(account, row.domain?), row.into())));
            relays.extend(placed);
        }
        Ok(relays)
    }
}
