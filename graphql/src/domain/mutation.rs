//! Changing domains.

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Permission, Resource};
use database::Statement;
use hosting::HostingRefusal;
use hosting::domain::{self as model, DomainRecord, DomainState, Proof};
use hosting::refusal::BoxRefusal;
use hosting::use_case::{
    AddDomain, AddSharedDomain, AtRevision, ChangeDomainSettings, RemoveDomain, RestoreDomain, VerifyDomain,
};
use kernel::{AccountId, DomainId, DomainName, Id as _, Key};

use super::object::Domain;
use super::query::{PROJECTION, read};
use crate::error::Fault;
use crate::payload::{Faults, command, payload, refusal, run};
use crate::request::{Asked, rows};
use crate::scalar::{AccountKey, DomainKey, ServiceKey, Uid};
use crate::settings::DomainSettingsInput;

payload! {
    /// What a change of a domain came to.
    DomainPayload { domain: Domain, by (AccountId, DomainId), PROJECTION, read }
}

/// A domain to be.
#[derive(Debug, InputObject)]
pub struct DomainAddInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// The service that it takes a slot of.
    pub service_id: ServiceKey,
    /// The name, in ASCII or Unicode.
    pub name: String,
    /// The own domain of the service whose addresses exist in it as well: then it is an alias domain.
    pub mirrors_domain_id: Option<DomainKey>,
}

/// Whether an account has another domain of this name, verified or not: tells of those alone that were added before names were
/// claimed within an account, of the others [`AddDomain`] itself.
async fn is_there(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
    name: &DomainName,
) -> Result<bool> {
    let select = "SELECT domain_id FROM domain_list_v3 WHERE tenant = $1 AND name = $2 AND domain_id <> $3 \
                  AND status <> 'removed' LIMIT 4";
    let select = Statement::new(select).bind(account.tenant().uuid()).bind(name.as_str()).bind(domain.uuid());
    for row in rows(ctx, PROJECTION, select).await? {
        let id = row.uuid(0).map_err(|error| ctx.failed("a row", &error))?;
        // The table may not have heard yet that it is removed.
        if loaded(ctx, (account, DomainId::new(id))).await?.record().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why no account, or not this one, can have a domain of that name; none where it can.
fn unfit(ctx: &Context<'_>, account: AccountId, name: &DomainName) -> Result<Option<BoxRefusal>> {
    let platform = ctx.platform()?;
    Ok(if platform.facts.host_names.contains(name) {
        Some(BoxRefusal::DomainIsPlatforms)
    } else if platform.directory.is_passed_off(account.tenant(), name) {
        Some(BoxRefusal::DomainPassesForAnother)
    } else {
        None
    })
}

/// Changes of domains.
#[derive(Debug, Default)]
pub struct DomainMutation;

#[Object]
impl DomainMutation {
    /// Adds a domain to a service. `userErrors`, among others: `DOMAIN_ADDED` where the account has it already,
    /// `DOMAIN_MIXED_SCRIPTS`, `DOMAIN_LOOKS_LATIN` for a name in letters that are drawn as Latin ones, `DOMAIN_ODD_LETTERS` for one with
    /// Latin letters of no alphabet, `DOMAIN_IS_SUFFIX` for one below
    /// which everybody registers, as `co.uk`, `DOMAIN_IS_PLATFORMS` for the name of a host of the platform, and
    /// `DOMAIN_PASSES_FOR_ANOTHER` for a name in letters that make it look like a domain of somebody else here. It takes mail once its `challenge` is published and `domainVerify` has seen it.
    pub(crate) async fn domain_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: DomainAddInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let account = ctx.account(input.account_id)?;
        let mut faults = Faults::new(ctx)?;
        let Some(name) = faults.take("name", DomainName::parse(&input.name)) else {
            return Ok(DomainPayload(faults.refused()));
        };
        let resource = Resource::account(account).in_service(input.service_id.0);
        // What is served here is told to those alone who may add domains.
        ctx.allow(Permission::DomainWrite, resource)?;
        if let Some(wrong) = unfit(ctx, account, &name)? {
            return refusal(ctx, &HostingRefusal::from(wrong)).map(DomainPayload);
        }
        let command = command(ctx, command_id);
        let domain = DomainId::derived(command, 0);
        if is_there(ctx, (account, domain), &name).await? {
            return Ok(DomainPayload(refusal(ctx, &HostingRefusal::from(BoxRefusal::DomainAdded))?));
        }
        let add = AddDomain {
            account,
            service: input.service_id.0,
            domain,
            name,
            mirrors: input.mirrors_domain_id.map(|mirrored| mirrored.0),
        };
        run(ctx, command, &add, (account, domain)).await.map(DomainPayload)
    }

    /// Looks for the domain's TXT record in DNS and, where it is right, accepts the ownership as proved.
    pub(crate) async fn domain_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        let state = loaded(ctx, key).await?;
        let resource = Resource::account(key.0).in_domain(key.1);
        let resource = state.record().map_or(resource, |record| resource.in_service(record.service));
        // Asking DNS is for those who may change the domain, whatever the answer.
        ctx.allow(Permission::DomainWrite, resource)?;
        let unfit = |record: &DomainRecord| unfit(ctx, key.0, &record.name);
        if let Some(wrong) = state.record().map(unfit).transpose()?.flatten() {
            return refusal(ctx, &HostingRefusal::from(wrong)).map(DomainPayload);
        }
        let texts = shown(ctx, state.record()).await?;
        let verify = VerifyDomain { account: key.0, domain: key.1, proof: Proof::Txt(texts) };
        run(ctx, command(ctx, command_id), &verify, key).await.map(DomainPayload)
    }

    /// Accepts a domain's ownership as proved on the operator's word. The operator's alone.
    async fn domain_assert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] account_id: AccountKey,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (account_id.0, domain_id.0);
        ctx.allow(Permission::PlatformWrite, Resource::account(key.0).in_domain(key.1))?;
        let verify = VerifyDomain { account: key.0, domain: key.1, proof: Proof::AssertedByOperator };
        run(ctx, command(ctx, command_id), &verify, key).await.map(DomainPayload)
    }

    /// Changes settings of an own domain. Shares of the service, relaying and switching off need the right to change
    /// domains, relaying to another host `credential:write` as well; the rest is its administrators'. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE`,
    /// `SENDS_ABOVE_PLAN`, `DOMAIN_QUOTA_BELOW_USE`, `POOL_ABOVE_BOX`, `POOL_BELOW_USE`, `ALLOTMENT_ABOVE_POOL`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domain_settings_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "What is to be otherwise; what is left out stays.")] settings: DomainSettingsInput,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        let record = match loaded(ctx, key).await? {
            DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
                record
            }
            DomainState::Absent | DomainState::Shared { .. } => return Err(ctx.fault(Fault::NotFound)),
        };
        let patch: model::DomainSettingsPatch = settings.into();
        let stored = super::storage::stored(ctx, key, (&record, &patch)).await?;
        let largest = match patch.mailbox_quota_octets_max {
            Some(Some(_)) => crate::mailbox::query::largest_in(ctx, key).await?,
            Some(None) | None => None,
        };
        let (account, service, domain) = (key.0, record.service, key.1);
        let change = ChangeDomainSettings { account, service, domain, patch, revision, stored, largest };
        run(ctx, command(ctx, command_id), &change, key).await.map(DomainPayload)
    }

    /// Removes a domain that has neither mailboxes nor aliases. `domainRestore` brings it back until `purgeAfter`.
    async fn domain_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        let service = match loaded(ctx, key).await? {
            DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
                record.service
            }
            DomainState::Absent | DomainState::Shared { .. } => return Err(ctx.fault(Fault::NotFound)),
        };
        let purge_after = ctx.platform()?.purge_after();
        let remove = RemoveDomain { account: key.0, service, domain: key.1, purge_after };
        run(ctx, command(ctx, command_id), &AtRevision { change: remove, revision }, key)
            .await
            .map(DomainPayload)
    }

    /// Brings a removed domain back before `purgeAfter`, with its settings and everything that was set up for it. Where its
    /// TXT record still stands it is served at once, and its deleted mailboxes come back with all that they held (up to 250;
    /// `mailboxRestore` brings further ones back); otherwise `status` is `PENDING`: publish the `challenge`, then
    /// `domainVerify`. `userErrors`, among others: `RETENTION_OVER`, `DOMAIN_TAKEN` where somebody else has it now, and the
    /// limits of the plan.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn domain_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which domain.")] domain_id: DomainKey,
        #[graphql(desc = "Whether its mailboxes come back as well. Default: true.")] with_mailboxes: Option<
            bool,
        >,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let key = (ctx.account(account_id)?, domain_id.0);
        let record = match loaded(ctx, key).await? {
            DomainState::Pending(record) | DomainState::Verified(record) | DomainState::Removed(record) => {
                record
            }
            DomainState::Absent | DomainState::Shared { .. } => return Err(ctx.fault(Fault::NotFound)),
        };
        let resource = Resource::account(key.0).in_service(record.service).in_domain(key.1);
        // Asking DNS is for those who may change the domain, whatever the answer.
        ctx.allow(Permission::DomainWrite, resource)?;
        let texts = shown(ctx, Some(&record)).await?;
        let mailboxes = match with_mailboxes.unwrap_or(true) {
            true => crate::mailbox::query::deleted_in(ctx, key).await?,
            false => Vec::new(),
        };
        let restore = RestoreDomain {
            account: key.0,
            service: record.service,
            domain: key.1,
            proof: Proof::Txt(texts),
            mailboxes,
        };
        run(ctx, command(ctx, command_id), &AtRevision { change: restore, revision }, key)
            .await
            .map(DomainPayload)
    }

    /// Adds a domain of the platform in which accounts with a fitting plan may have addresses. The operator's alone.
    async fn shared_domain_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is called, for people.")] name: String,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<DomainPayload> {
        let mut faults = Faults::new(ctx)?;
        ctx.allow(Permission::PlatformWrite, Resource::PLATFORM)?;
        let Some(name) = faults.take("name", DomainName::parse(&name)) else {
            return Ok(DomainPayload(faults.refused()));
        };
        let command = command(ctx, command_id);
        let domain = DomainId::derived(command, 0);
        let add = AddSharedDomain { domain, name };
        run(ctx, command, &add, (AccountId::PLATFORM, domain)).await.map(DomainPayload)
    }
}

/// What DNS shows where the proof of a domain is to stand.
async fn shown(ctx: &Context<'_>, record: Option<&DomainRecord>) -> Result<Vec<String>> {
    let place = record.and_then(|record| DomainName::parse(&record.challenge.record_name).ok());
    let Some(place) = place else { return Ok(Vec::new()) };
    let found = ctx.platform()?.txt.txt(&place).await;
    found.map_err(|error| {
        tracing::info!(error = %error, "DNS did not answer for a verification");
        ctx.fault(Fault::Busy)
    })
}

/// The state of a domain, whoever asks: only to complete what asks the authority itself.
pub(crate) async fn loaded(
    ctx: &Context<'_>,
    (account, domain): (AccountId, DomainId),
) -> Result<DomainState> {
    ctx.standing()?;
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<model::Domain>(domain)).await;
    state.map_err(|error| ctx.failed("the state of a domain", &error))
}
