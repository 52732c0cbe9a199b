//! Changing services.

use async_graphql::{Context, InputObject, Object, Result};
use hosting::plan::CustomLimits;
use hosting::use_case::{
    ActivateService, ChangePlan, EndService, OrderService, RestrictService, ResumeService, SuspendService,
};
use kernel::{AccountId, ServiceId};

use super::object::{Service, Suspension};
use super::query::{PROJECTION, read};
use crate::payload::{command, payload, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, Octets, PlanKey, ServiceKey, Uid};

payload! {
    /// What a change of a service came to.
    ServicePayload { service: Service, by (AccountId, ServiceId), PROJECTION, read }
}

/// What is ordered.
#[derive(Debug, InputObject)]
pub struct ServiceOrderInput {
    /// For which account; the caller's own where absent.
    pub account_id: Option<AccountKey>,
    /// Which plan.
    pub plan_id: PlanKey,
    /// In which version.
    pub plan_version: u32,
    /// More than the plan includes, where the plan allows it.
    pub custom: Option<CustomLimitsInput>,
}

/// What a service shall have in total; absent: as the plan includes.
#[derive(Debug, InputObject)]
pub struct CustomLimitsInput {
    /// Own domains.
    pub domains: Option<u32>,
    /// Mailboxes.
    pub mailboxes: Option<u32>,
    /// Permanent aliases.
    pub aliases: Option<u32>,
    /// Storage.
    pub storage_bytes: Option<Octets>,
    /// Recipients a day of the whole service.
    pub sends_per_day: Option<u32>,
}

impl From<CustomLimitsInput> for CustomLimits {
    fn from(input: CustomLimitsInput) -> Self {
        Self {
            domain_count: input.domains,
            mailbox_count: input.mailboxes,
            alias_count: input.aliases,
            storage: input.storage_bytes.map(|octets| octets.0),
            sends_per_day: input.sends_per_day,
        }
    }
}

/// Changes of services.
#[derive(Debug, Default)]
pub struct ServiceMutation;

#[Object]
impl ServiceMutation {
    /// Orders a service of a plan. It may do nothing before it is activated.
    async fn service_order(
        &self,
        ctx: &Context<'_>,
        input: ServiceOrderInput,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let account = ctx.account(input.account_id)?;
        let command = command(command_id);
        let service = ServiceId::derived(command, 0);
        let order = OrderService {
            account,
            service,
            plan: input.plan_id.0,
            version: input.plan_version,
            custom: input.custom.map(Into::into),
        };
        run(ctx, command, &order, (account, service)).await.map(ServicePayload)
    }

    /// Lets a service be one of another plan, or of another version, at once: see `planChangePreview`. Nothing is deleted
    /// by it. `userErrors`: `PLAN_TOO_SMALL` where something in use does not fit, unless an operator forces it.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn service_plan_change(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        service_id: ServiceKey,
        plan_id: PlanKey,
        plan_version: u32,
        custom: Option<CustomLimitsInput>,
        is_forced: Option<bool>,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let change = ChangePlan {
            account,
            service,
            plan: plan_id.0,
            version: plan_version,
            custom: custom.map(Into::into),
            is_forced: is_forced.unwrap_or_default(),
        };
        run(ctx, command(command_id), &change, (account, service)).await.map(ServicePayload)
    }

    /// Gives an ordered service its entitlement.
    async fn service_activate(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        service_id: ServiceKey,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let activate = ActivateService { account, service };
        run(ctx, command(command_id), &activate, (account, service)).await.map(ServicePayload)
    }

    /// Stops sending and additions.
    async fn service_restrict(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        service_id: ServiceKey,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let restrict = RestrictService { account, service };
        run(ctx, command(command_id), &restrict, (account, service)).await.map(ServicePayload)
    }

    /// Stops sending, signing in and additions; mail is still received.
    async fn service_suspend(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        service_id: ServiceKey,
        reason: Suspension,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let suspend = SuspendService { account, service, reason: reason.into() };
        run(ctx, command(command_id), &suspend, (account, service)).await.map(ServicePayload)
    }

    /// Gives a restricted or suspended service its entitlement back.
    async fn service_resume(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        service_id: ServiceKey,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let resume = ResumeService { account, service };
        run(ctx, command(command_id), &resume, (account, service)).await.map(ServicePayload)
    }

    /// Ends a service for good: its mail is refused from now on, and destroyed after the platform's retention.
    async fn service_end(
        &self,
        ctx: &Context<'_>,
        account_id: Option<AccountKey>,
        service_id: ServiceKey,
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let end = EndService { account, service, purge_after: ctx.platform()?.purge_after() };
        run(ctx, command(command_id), &end, (account, service)).await.map(ServicePayload)
    }
}
