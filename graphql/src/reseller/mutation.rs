//! Changing pools.

use async_graphql::{Context, Object, Result};
use authority::Principal;
use hosting::reseller::Reseller;
use hosting::use_case::{AllocatePool, ReceiveAllocation, SetPool};
use kernel::{AccountId, CommandId, Key};

use super::object::{Pool, ResourcesInput};
use super::query::read;
use crate::account::query::PROJECTION;
use crate::payload::{Answer, command, payload, run, run_as};
use crate::request::Asked;
use crate::scalar::{AccountKey, Uid};

payload! {
    /// What a change of a pool came to.
    PoolPayload { pool: Pool, by AccountId, PROJECTION, read }
}

/// Changes of pools.
#[derive(Debug, Default)]
pub struct ResellerMutation;

#[Object]
impl ResellerMutation {
    /// Lets an account hand on so much; absent: without limit. The operator's alone. What is given out already beyond it
    /// stays, and no more can be given. `userErrors`: `POOL_FROM_GIVER` where the account above allocates to it.
    async fn pool_set(
        &self,
        ctx: &Context<'_>,
        account_id: AccountKey,
        resources: Option<ResourcesInput>,
        command_id: Option<Uid>,
    ) -> Result<PoolPayload> {
        let account = account_id.0;
        let set = SetPool { account, pool: resources.map(Into::into) };
        run(ctx, command(command_id), &set, account).await.map(PoolPayload)
    }

    /// Lets a customer directly below have so much in all. The answer shows the pool of the one above. `userErrors`:
    /// `POOL_SERVICE_LIMIT_REACHED`, `POOL_DOMAIN_LIMIT_REACHED`, `POOL_MAILBOX_LIMIT_REACHED`,
    /// `POOL_STORAGE_LIMIT_REACHED`, with what is allowed and used. A cut below what is in use comes to what is in use, and
    /// frees the rest within seconds.
    async fn pool_allocate(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        customer_id: AccountKey,
        resources: ResourcesInput,
        command_id: Option<Uid>,
    ) -> Result<PoolPayload> {
        let (account, customer) = (ctx.account(account_id)?, customer_id.0);
        let id = command(command_id);
        let allocate = AllocatePool { account, customer, resources: resources.into() };
        let allocated = run(ctx, id, &allocate, account).await?;
        if matches!(allocated, Answer::Done { .. }) {
            received(ctx, id, (account, customer)).await?;
        }
        Ok(PoolPayload(allocated))
    }
}

/// The customer has it at once. Where this is interrupted, the platform's own policy does the same.
async fn received(ctx: &Context<'_>, id: CommandId, (giver, account): (AccountId, AccountId)) -> Result<()> {
    let loaded = ctx.platform()?.engine.load(giver.tenant(), &Key::<Reseller>(giver)).await;
    let state = loaded.map_err(|error| ctx.failed("the state of a pool", &error))?;
    let Some(grant) = state.grants.get(&account) else { return Ok(()) };
    let receive = ReceiveAllocation { giver, account, serial: grant.serial, resources: grant.asked };
    let command = CommandId::new(uuid::Uuid::new_v5(&kernel::Id::uuid(id), b"receive"));
    run_as(ctx, &Principal::platform("pool_allocate"), command, &receive, ()).await?;
    Ok(())
}
