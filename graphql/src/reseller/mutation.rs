//! Changing pools, handing customers over, and how resellers present themselves.

use async_graphql::{Context, Object, Result};
use authority::{Permission, Principal, Resource};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::Case;
use hosting::account::{Account as AccountModel, AccountRecord, AccountState};
use hosting::reseller::{self as model, BrandHost, Colour, Logo, Reseller};
use hosting::use_case::{
    AcceptTransfer, AllocatePool, AtRevision, CloseTransfer, DeclineTransfer, MoveAccount, OfferTransfer,
    ReceiveAllocation, ReceiveTransfer, ReleaseSubAccount, SetBrand, SetPool, TransferEnd, WithdrawTransfer,
};
use hosting::{HostingRefusal, Language};
use kernel::{AccountId, CommandId, DomainName, Id as _, Key, TransferId};

use super::object::{Brand, BrandInput, Pool, ResourcesInput};
use super::query::{read, read_brand};
use crate::account::object::Account;
use crate::account::query::{PROJECTION, read as read_account};
use crate::payload::{Answer, Faults, command, payload, refusal, run, run_as};
use crate::request::Asked;
use crate::scalar::{AccountKey, Uid};

payload! {
    /// What a change of a pool came to.
    PoolPayload { pool: Pool, by AccountId, PROJECTION, read }
}

payload! {
    /// What a change of a brand came to.
    BrandPayload { brand: Option<Brand>, by AccountId, PROJECTION, read_brand }
}

payload! {
    /// What offering a customer, or taking an offer back, came to.
    TransferPayload { account: Account, by AccountId, PROJECTION, read_account }
}

/// Changes of pools, transfers and brands.
#[derive(Debug, Default)]
pub struct ResellerMutation;

#[Object]
impl ResellerMutation {
    /// Lets an account hand on so much; absent: without limit. The operator's alone. What is given out already beyond it
    /// stays, and no more can be given. `userErrors`: `POOL_FROM_GIVER` where the account above allocates to it.
    async fn pool_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: AccountKey,
        #[graphql(desc = "How much in all; absent: without a limit.")] resources: Option<ResourcesInput>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PoolPayload> {
        let account = account_id.0;
        let set = SetPool { account, pool: resources.map(Into::into) };
        let set = AtRevision { change: set, revision };
        run(ctx, command(ctx, command_id), &set, account).await.map(PoolPayload)
    }

    /// Lets a customer directly below have so much in all. The answer shows the pool of the one above. `userErrors`:
    /// `POOL_SERVICE_LIMIT_REACHED`, `POOL_DOMAIN_LIMIT_REACHED`, `POOL_MAILBOX_LIMIT_REACHED`,
    /// `POOL_STORAGE_LIMIT_REACHED`, with what is allowed and used. A cut below what is in use comes to what is in use, and
    /// frees the rest within seconds.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    pub(crate) async fn pool_allocate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "The account below that it is about.")] customer_id: AccountKey,
        #[graphql(desc = "How much in all; 0 of everything takes it back.")] resources: ResourcesInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PoolPayload> {
        let (account, customer) = (ctx.account(account_id)?, customer_id.0);
        let id = command(ctx, command_id);
        let allocate = AllocatePool { account, customer, resources: resources.into() };
        let allocate = AtRevision { change: allocate, revision };
        let allocated = run(ctx, id, &allocate, account).await?;
        if matches!(allocated, Answer::Done { .. }) {
            received(ctx, id, (account, customer)).await?;
        }
        Ok(PoolPayload(allocated))
    }

    /// Offers a customer's account to another reseller, or gives it back to the platform itself, whose operators answer; it moves
    /// once that one accepts. Until then nothing of it is seen there but its name and what its services take. At the platform it
    /// stands below nobody, is billed itself, and hands nothing on until an operator sets its pool. `userErrors`:
    /// `TRANSFER_TARGET`, `TRANSFER_UNDER_WAY`, `TRANSFER_HAS_SUB_ACCOUNTS`, `TRANSFER_OF_OWN`.
    async fn account_transfer_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: AccountKey,
        #[graphql(desc = "The reseller to whom it is offered; absent: the platform itself.")]
        to_account_id: Option<AccountKey>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TransferPayload> {
        let (account, id) = (account_id.0, command(ctx, command_id));
        let to = to_account_id.map_or(AccountId::PLATFORM, |to| to.0);
        let offer = OfferTransfer { account, to, transfer: TransferId::derived(id, 0) };
        let offered = run(ctx, id, &offer, account).await?;
        if let Some((transfer, to)) = standing(ctx, account, &offered).await? {
            let state = loaded(ctx, account).await?;
            let resources =
                state.services.values().copied().fold(model::Resources::NONE, model::Resources::plus);
            carry(ctx, (id, "receive"), &ReceiveTransfer { to, account, transfer, resources }).await?;
        }
        Ok(TransferPayload(offered))
    }

    /// Takes the offer of a customer's account back, unless it has moved.
    async fn account_transfer_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: AccountKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<TransferPayload> {
        let account = account_id.0;
        let withdraw = WithdrawTransfer { account, transfer: None };
        run(ctx, command(ctx, command_id), &withdraw, account).await.map(TransferPayload)
    }

    /// Takes the customer that another reseller offers: see `accountTransfers`. What its services take is given out of the
    /// own pool; an operator takes it for the platform itself, which counts nothing. From then on the other reseller sees nothing
    /// of it. `userErrors`: `TRANSFER_NOT_OFFERED`,
    /// `SUB_ACCOUNT_LIMIT_REACHED`, and those of `poolAllocate`. The answer shows the own pool.
    async fn account_transfer_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "The account below that it is about.")] customer_id: AccountKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PoolPayload> {
        let (to, account, id) = (ctx.account(account_id)?, customer_id.0, command(ctx, command_id));
        let accepted = run(ctx, id, &AcceptTransfer { account: to, customer: account }, to).await?;
        if matches!(accepted, Answer::Done { .. })
            && let Some(offer) = loaded(ctx, to).await?.incoming.get(&account)
            && !moved(ctx, id, (account, to, offer.transfer)).await?
        {
            // The offer has ended meanwhile: the same question is answered by what is so now.
            let again = CommandId::new(uuid::Uuid::new_v5(&id.uuid(), b"again"));
            let accepted = run(ctx, again, &AcceptTransfer { account: to, customer: account }, to).await?;
            return Ok(PoolPayload(accepted));
        }
        Ok(PoolPayload(accepted))
    }

    /// Does not take the customer that another reseller offers. The answer shows the own pool.
    async fn account_transfer_decline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "The account below that it is about.")] customer_id: AccountKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<PoolPayload> {
        let (account, customer) = (ctx.account(account_id)?, customer_id.0);
        run(ctx, command(ctx, command_id), &DeclineTransfer { account, customer }, account)
            .await
            .map(PoolPayload)
    }

    /// Lets a reseller's customers sign in and be written to under the reseller's own name, colours, logo and hosts;
    /// without `brand`: as the platform's. `userErrors`: `NOT_A_RESELLER`, `COLOUR_MALFORMED`, `COLOUR_CONTRAST`,
    /// `LOGO_MALFORMED`, `BRAND_HOST_DOMAIN`, `BRAND_HOST_RESERVED`, `BRAND_HOST_LIMIT_REACHED`.
    async fn brand_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "All of it anew; absent: the platform's own face.")] brand: Option<BrandInput>,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<BrandPayload> {
        let account = ctx.account(account_id)?;
        ctx.allow(Permission::AccountWrite, Resource::account(account))?;
        let brand = match brand {
            None => None,
            Some(input) => {
                let mut faults = Faults::new(ctx)?;
                let read = self::brand(ctx, (account, &mut faults), input).await?;
                match read {
                    Err(no) => return Ok(BrandPayload(refusal(ctx, &no)?)),
                    Ok(_) if !faults.is_empty() => return Ok(BrandPayload(faults.refused())),
                    Ok(brand) => Some(brand),
                }
            }
        };
        let set = AtRevision { change: SetBrand { account, brand }, revision };
        let answer = run(ctx, command(ctx, command_id), &set, account).await?;
        Ok(BrandPayload(answer))
    }
}

/// The brand of an input; its logo is kept once it is found to be one.
async fn brand(
    ctx: &Context<'_>,
    (account, faults): (AccountId, &mut Faults),
    input: BrandInput,
) -> Result<std::result::Result<model::Brand, HostingRefusal>> {
    let colours = Colour::parse(&input.accent)
        .and_then(|accent| Ok((accent, Colour::parse(input.on_accent.as_deref().unwrap_or("#ffffff"))?)));
    let (accent, on_accent) = match colours {
        Ok(colours) => colours,
        Err(no) => return Ok(Err(no)),
    };
    let hosts = input.hosts.into_iter().enumerate().filter_map(|(index, host)| {
        let name = faults.take(&format!("hosts.{index}.name"), DomainName::parse(&host.name))?;
        Some(BrandHost { name, domain: host.domain_id.0 })
    });
    let hosts = hosts.collect();
    let language = match input.language.as_deref() {
        None => None,
        Some(tag) => {
            let known = Language::tagged(tag);
            if known.is_none() {
                faults.add("language", "a language is `en` or `fr`", "une langue est `en` ou `fr`");
            }
            known
        }
    };
    let logo = match (input.has_no_logo, input.logo_base64) {
        (true, _) => None,
        (false, None) => loaded(ctx, account).await?.brand.and_then(|brand| brand.logo),
        (false, Some(text)) => match kept(ctx, &text).await? {
            Ok(logo) => Some(logo),
            Err(no) => return Ok(Err(no)),
        },
    };
    Ok(Ok(model::Brand { name: input.name, accent, on_accent, logo, hosts, language }))
}

async fn kept(ctx: &Context<'_>, text: &str) -> Result<std::result::Result<Logo, HostingRefusal>> {
    let octets = STANDARD.decode(text).unwrap_or_default();
    let (width, height) = match Logo::measure(&octets) {
        Ok(size) => size,
        Err(no) => return Ok(Err(no)),
    };
    let platform = ctx.platform()?;
    let kept = platform.blobs.keep(octets, platform.engine.now().millis()).await;
    let sha256 = kept.map_err(|error| ctx.failed("keeping a logo", &error))?;
    Ok(Ok(Logo { sha256, width, height }))
}

/// What an account is among resellers, whoever asks: for what the platform does by itself.
async fn loaded(ctx: &Context<'_>, account: AccountId) -> Result<model::ResellerState> {
    let loaded = ctx.platform()?.engine.load(account.tenant(), &Key::<Reseller>(account)).await;
    loaded.map_err(|error| ctx.failed("the state of a pool", &error))
}

/// The offer of an account that stands now, where offering was done.
async fn standing(
    ctx: &Context<'_>,
    account: AccountId,
    offered: &Answer<AccountId>,
) -> Result<Option<(TransferId, AccountId)>> {
    let Answer::Done { .. } = offered else { return Ok(None) };
    Ok(record(ctx, account).await?.and_then(|record| record.offered))
}

/// An accepted customer moves, is counted no more where it was, and its offer is closed. Whether it has moved: not where its
/// offer ended first.
async fn moved(
    ctx: &Context<'_>,
    id: CommandId,
    (account, to, transfer): (AccountId, AccountId, TransferId),
) -> Result<bool> {
    let parent = |record: Option<AccountRecord>| record.and_then(|it| it.parent).map(|parent| parent.account);
    let from = parent(record(ctx, account).await?);
    // Who stands below the platform itself stands below nobody.
    let there = (to != AccountId::PLATFORM).then_some(to);
    carry(ctx, (id, "move"), &MoveAccount { account, to, transfer }).await?;
    let after = record(ctx, account).await?;
    let is_over = after.as_ref().is_none_or(|record| record.offered != Some((transfer, to)));
    if parent(after) != there {
        if is_over {
            let end = TransferEnd::Withdrawn;
            let close = CloseTransfer { account: to, customer: account, transfer, end };
            carry(ctx, (id, "close"), &close).await?;
        }
        return Ok(false);
    }
    // Requests are judged by it: the one before sees nothing from here on.
    if let Some(from) = from.filter(|from| Some(*from) != there) {
        carry(ctx, (id, "release"), &ReleaseSubAccount { account: from, customer: account }).await?;
    }
    let close = CloseTransfer { account: to, customer: account, transfer, end: TransferEnd::Moved };
    carry(ctx, (id, "close"), &close).await?;
    Ok(true)
}

/// What is known of an account, whoever asks: for what the platform does by itself.
async fn record(ctx: &Context<'_>, account: AccountId) -> Result<Option<AccountRecord>> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<AccountModel>(account)).await;
    Ok(match state.map_err(|error| ctx.failed("the state of an account", &error))? {
        AccountState::Open(record) | AccountState::Closed(record) => Some(record),
        AccountState::Absent => None,
    })
}

/// Does at once in another account what the platform's own policy does as well, where this is interrupted.
async fn carry(
    ctx: &Context<'_>,
    (id, step): (CommandId, &str),
    use_case: &dyn Case<HostingRefusal>,
) -> Result<Answer<()>> {
    let command = CommandId::new(uuid::Uuid::new_v5(&id.uuid(), step.as_bytes()));
    run_as(ctx, &Principal::platform("resellers"), command, use_case, ()).await
}

/// The customer has it at once.
async fn received(ctx: &Context<'_>, id: CommandId, (giver, account): (AccountId, AccountId)) -> Result<()> {
    let state = loaded(ctx, giver).await?;
    let Some(grant) = state.grants.get(&account) else { return Ok(()) };
    let receive = ReceiveAllocation { giver, account, serial: grant.serial, resources: grant.asked };
    carry(ctx, (id, "receive"), &receive).await?;
    Ok(())
}
