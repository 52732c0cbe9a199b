//! Changing aliases.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::alias::{self as model, AliasState};
use hosting::domain::DomainRef;
use hosting::use_case::{ChangeAliasSettings, ChangeAliasTargets, CreateAlias, DeleteAlias};
use kernel::{AccountId, AliasId, EmailAddress, Key, LocalPart};

use super::object::Alias;
use super::query::{PROJECTION, read};
use crate::error::Fault;
use crate::limit::ALIAS_TARGET_COUNT_MAX;
use crate::payload::{Answer, Faults, command, payload, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, AliasKey, DomainKey, Place, ServiceKey, Uid};
use crate::settings::AliasSettingsInput;

payload! {
    /// What a change of an alias came to.
    AliasPayload { alias: Alias, by (AccountId, AliasId), PROJECTION, read }
}

/// What the deletion of an alias came to.
#[derive(Debug, Clone)]
pub struct AliasDeletePayload(Answer<AliasId>);

/// What the deletion of an alias came to.
#[Object]
impl AliasDeletePayload {
    /// The id that names nothing any more; none where the mutation was refused.
    async fn alias_id(&self) -> Option<AliasKey> {
        match &self.0 {
            Answer::Done { key, .. } => Some(AliasKey(*key)),
            Answer::Refused(_) => None,
        }
    }

    /// Why the mutation was refused; empty where it was done.
    async fn user_errors(&self) -> &[crate::payload::UserError] {
        self.0.errors()
    }

    /// Where the change stands: give it as `atLeast` to a query that must show it.
    async fn position(&self) -> Option<Place> {
        self.0.cursor().map(Place)
    }
}

/// An alias to be.
#[derive(Debug, InputObject)]
pub struct AliasCreateInput {
    /// Whose; the caller's own account where absent.
    pub account_id: Option<AccountKey>,
    /// The service that it takes a slot of.
    pub service_id: ServiceKey,
    /// A verified domain of the account, or a shared domain.
    pub domain_id: DomainKey,
    /// Whether `domainId` is a shared domain of the platform.
    #[graphql(default)]
    pub is_shared_domain: bool,
    /// Before the `@`; absent for a catch-all of the domain.
    pub local_part: Option<String>,
    /// Where it leads.
    pub targets: Vec<String>,
}

/// Changes of aliases.
#[derive(Debug, Default)]
pub struct AliasMutation;

#[Object]
impl AliasMutation {
    /// Creates an alias on a verified domain.
    async fn alias_create(
        &self,
        ctx: &Context<'_>,
        input: AliasCreateInput,
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let account = ctx.account(input.account_id)?;
        let mut faults = Faults::new(ctx)?;
        let local = match &input.local_part {
            Some(local) => faults.take("localPart", LocalPart::parse(local)).map(Some),
            None => Some(None),
        };
        let targets = addresses(&mut faults, &input.targets);
        let (Some(local), Some(targets)) = (local, targets) else {
            return Ok(AliasPayload(faults.refused()));
        };
        let command = command(command_id);
        let alias = AliasId::derived(command, 0);
        let domain = match input.is_shared_domain {
            true => DomainRef::Shared(input.domain_id.0),
            false => DomainRef::Own(input.domain_id.0),
        };
        let create = CreateAlias { account, service: input.service_id.0, domain, alias, local, targets };
        run(ctx, command, &create, (account, alias)).await.map(AliasPayload)
    }

    /// Leads an alias elsewhere.
    async fn alias_targets_change(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        alias_id: AliasKey,
        targets: Vec<String>,
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        let mut faults = Faults::new(ctx)?;
        let Some(targets) = addresses(&mut faults, &targets) else {
            return Ok(AliasPayload(faults.refused()));
        };
        let change = ChangeAliasTargets { account, alias, targets };
        run(ctx, command(command_id), &change, (account, alias)).await.map(AliasPayload)
    }

    /// Changes settings of an alias. `userErrors`, among others: `SETTINGS_CHANGED_MEANWHILE`.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn alias_settings_change(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        alias_id: AliasKey,
        settings: AliasSettingsInput,
        revision: Option<u32>,
        command_id: Option<Uid>,
    ) -> Result<AliasPayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        let change = ChangeAliasSettings { account, alias, patch: settings.into(), revision };
        run(ctx, command(command_id), &change, (account, alias)).await.map(AliasPayload)
    }

    /// Deletes an alias; its address is free.
    async fn alias_delete(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        alias_id: AliasKey,
        command_id: Option<Uid>,
    ) -> Result<AliasDeletePayload> {
        let (account, alias) = (ctx.account(account_id)?, alias_id.0);
        ctx.standing()?;
        let state = ctx.platform()?.engine.load(account.tenant(), &Key::<model::Alias>(alias)).await;
        let service = match state.map_err(|error| ctx.failed("the state of an alias", &error))? {
            AliasState::Live(record) | AliasState::Deleted(record) => record.service,
            AliasState::Absent => return Err(ctx.fault(Fault::NotFound)),
        };
        run(ctx, command(command_id), &DeleteAlias { account, service, alias }, alias)
            .await
            .map(AliasDeletePayload)
    }
}

/// All targets, or a fault for each that is no address.
fn addresses(faults: &mut Faults, texts: &[String]) -> Option<Vec<EmailAddress>> {
    if texts.len() > ALIAS_TARGET_COUNT_MAX {
        faults.add("targets", "an alias has at most 1000 targets", "un alias a au plus 1000 destinations");
        return None;
    }
    let parsed: Vec<Option<EmailAddress>> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| faults.take(&format!("targets.{index}"), EmailAddress::parse(text)))
        .collect();
    parsed.into_iter().collect()
}
