//! What an account has bought: for what not every plan has.

use std::collections::BTreeSet;

use async_graphql::{Context, Result};
use hosting::account::{Account, AccountState};
use hosting::plan::{Feature, Plan};
use hosting::refusal::PlanRefusal;
use hosting::service::Service;
use hosting::use_case::{Featured, InPlan, features_of, has_all_features};
use kernel::{AccountId, CommandId, Key, ServiceId, TenantId};

use super::object::PlanFeature;
use crate::payload::{Answer, run};
use crate::request::{Asked, boxed};

/// The services of an account that have not ended: only to complete what asks the authority itself.
pub(crate) async fn services(ctx: &Context<'_>, account: AccountId) -> Result<Vec<ServiceId>> {
    Ok(services_of(&state(ctx, account).await?))
}

#[boxed]
async fn state(ctx: &Context<'_>, account: AccountId) -> Result<AccountState> {
    let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Account>(account)).await;
    state.map_err(|error| ctx.failed("reading an account", &error))
}

fn services_of(account: &AccountState) -> Vec<ServiceId> {
    match account {
        AccountState::Open(record) => record.services.iter().copied().collect(),
        AccountState::Absent | AccountState::Closed(_) => Vec::new(),
    }
}

/// Does what not every plan has. Where it is refused for that, the plans of the account are named.
#[boxed]
pub(crate) async fn run_in_plan<U: Featured, K: Send>(
    ctx: &Context<'_>,
    command: CommandId,
    (account, change): (AccountId, U),
    key: K,
) -> Result<Answer<K>> {
    let services = services(ctx, account).await?;
    let answer = run(ctx, command, &InPlan { change, account, services: services.clone() }, key).await?;
    named_plans(ctx, (account, &services), answer).await
}

/// The answer, with the names of the plans of `services` where it is refused for what they sell.
pub(crate) async fn named_plans<K>(
    ctx: &Context<'_>,
    (account, services): (AccountId, &[ServiceId]),
    answer: Answer<K>,
) -> Result<Answer<K>> {
    let Answer::Refused(mut errors) = answer else { return Ok(answer) };
    for error in errors.iter_mut().filter(|error| PlanRefusal::is_code(&error.code)) {
        let names = names(ctx, account, services).await?;
        let language = ctx.caller()?.language;
        let sentence = match names.is_empty() {
            true => language.pick(" This account has no plan.", " Ce compte n’a pas d’offre.").to_owned(),
            false => format!("{}{}.", language.pick(" Your plan: ", " Votre offre : "), names.join(", ")),
        };
        error.message.push_str(&sentence);
    }
    Ok(Answer::Refused(errors))
}

/// What an account has besides its limits: of all its plans together. A reseller, a sandbox and the platform itself have
/// everything, as with [`InPlan`].
pub(crate) async fn features(ctx: &Context<'_>, account: AccountId) -> Result<Vec<PlanFeature>> {
    let state = state(ctx, account).await?;
    // A closed account has nothing any more.
    if !matches!(state, AccountState::Closed(_)) && has_all_features(account, &state) {
        return Ok(Feature::ALL.map(Into::into).into());
    }
    let mut found = BTreeSet::new();
    for service in services_of(&state) {
        let state = ctx.platform()?.engine.load(account.tenant(), &Key::<Service>(service)).await;
        let state = state.map_err(|error| ctx.failed("the state of a service", &error))?;
        found.extend(features_of(account, &state));
    }
    Ok(found.into_iter().map(Into::into).collect())
}

/// What the plans of services are called, each once.
async fn names(ctx: &Context<'_>, account: AccountId, services: &[ServiceId]) -> Result<Vec<String>> {
    let engine = &ctx.platform()?.engine;
    let mut names = Vec::new();
    for service in services {
        let state = engine.load(account.tenant(), &Key::<Service>(*service)).await;
        let state = state.map_err(|error| ctx.failed("the state of a service", &error))?;
        let Some(record) = state.record() else { continue };
        let plan = engine.load(TenantId::PLATFORM, &Key::<Plan>(record.plan)).await;
        let plan = plan.map_err(|error| ctx.failed("the state of a plan", &error))?;
        let name = plan.versions.get(&record.version).map(|terms| terms.name.to_string());
        names.extend(name.filter(|name| !names.contains(name)));
    }
    Ok(names)
}
