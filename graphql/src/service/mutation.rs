//! Changing services.

use async_graphql::{Context, InputObject, Object, Result};
use authority::{Permission, Resource};
use hosting::HostingRefusal;
use hosting::contract::Agreement;
use hosting::plan::{CustomLimits, Plan};
use hosting::service as model;
use hosting::use_case::{
    ActivateService, AtRevision, ChangePlan, EndService, OrderService, ReactivateService, RestrictService,
    ResumeService, SetUserPassword, SuspendService, is_sold_no_more,
};
use kernel::{AccountId, Key, PlanId, ServiceId, TenantId};

use super::object::{BillingCycle, Service, Suspension};
use super::query::{PROJECTION, read};
use crate::access::password::hashed;
use crate::document::mutation::{AcceptanceInput, acceptance};
use crate::payload::{Faults, command, payload, refusal, run};
use crate::request::Asked;
use crate::scalar::{AccountKey, Octets, PlanKey, ServiceKey, Uid};
use crate::user::query::by_login;

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
    /// In which published version, 1 or more: the newest, unless an operator orders.
    pub plan_version: u32,
    /// More than the plan includes, where the plan allows it.
    pub custom: Option<CustomLimitsInput>,
    /// How often it is paid for; each year where absent.
    pub cycle: Option<BillingCycle>,
    /// The documents in force that are accepted with it: see `documents`. Where there are some, only an operator may leave
    /// it out, and accept later.
    pub accept: Option<AcceptanceInput>,
}

/// What a service shall have in total; absent: as the plan includes.
#[derive(Debug, InputObject)]
pub struct CustomLimitsInput {
    /// Own domains: from what the plan has to what `addOns` say, for example 5.
    pub domains: Option<u32>,
    /// Mailboxes, for example 50.
    pub mailboxes: Option<u32>,
    /// Permanent aliases, for example 200.
    pub aliases: Option<u32>,
    /// Storage in octets.
    pub storage_bytes: Option<Octets>,
    /// Recipients a day of the whole service, for example 5000.
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
    /// Orders a service of a plan. It may do nothing before it is activated. `userErrors`: `CONTRACT_NOT_ACCEPTED` where
    /// documents are in force and not accepted, `PLAN_VERSION_SUPERSEDED` where a newer version is sold, unless an operator orders.
    pub(crate) async fn service_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: ServiceOrderInput,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let account = ctx.account(input.account_id)?;
        let command = command(ctx, command_id);
        let service = ServiceId::derived(command, 0);
        let version = (input.plan_id.0, input.plan_version);
        if let Some(no) = sold_no_more(ctx, (account, service), version).await? {
            return Ok(ServicePayload(refusal(ctx, &no)?));
        }
        let mut faults = Faults::new(ctx)?;
        let is_operator = ctx.may(Permission::PlatformWrite, Resource::account(account))?;
        let accept = match input.accept {
            None if is_operator => None,
            None => Some(AcceptanceInput { documents: Vec::new(), shown_text: None }),
            given => given,
        };
        let agreement = match accept {
            None => Agreement::ToFollow,
            Some(accept) => match acceptance(ctx, &mut faults, (account, "accept"), accept)? {
                Some(acceptance) => Agreement::Given(acceptance),
                None => return Ok(ServicePayload(faults.refused())),
            },
        };
        let order = OrderService {
            account,
            service,
            plan: input.plan_id.0,
            version: input.plan_version,
            custom: input.custom.map(Into::into),
            cycle: input.cycle.map(Into::into).unwrap_or_default(),
            agreement,
        };
        run(ctx, command, &order, (account, service)).await.map(ServicePayload)
    }

    /// Lets a service be one of another plan, or of another version, at once: see `planChangePreview`. Nothing is deleted
    /// by it. `userErrors`: `PLAN_TOO_SMALL` where something in use does not fit, unless an operator forces it;
    /// `PLAN_VERSION_SUPERSEDED` where a newer version is sold and the service does not have this one, unless an operator asks.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    pub(crate) async fn service_plan_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(desc = "Which plan.")] plan_id: PlanKey,
        #[graphql(desc = "Which published version of the plan, 1 or more.")] plan_version: u32,
        #[graphql(desc = "What is bought beyond the plan, where it sells that; absent: nothing.")]
        custom: Option<CustomLimitsInput>,
        #[graphql(desc = "Whether what does not fit is passed over; for the operator.")] is_forced: Option<
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
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        if let Some(no) = sold_no_more(ctx, (account, service), (plan_id.0, plan_version)).await? {
            return Ok(ServicePayload(refusal(ctx, &no)?));
        }
        let change = ChangePlan {
            account,
            service,
            plan: plan_id.0,
            version: plan_version,
            custom: custom.map(Into::into),
            is_forced: is_forced.unwrap_or_default(),
        };
        run(ctx, command(ctx, command_id), &AtRevision { change, revision }, (account, service))
            .await
            .map(ServicePayload)
    }

    /// Sets the password of a service: of its administrator, `username`. Their sessions end, and they choose another one
    /// before anything else.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    async fn service_password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(desc = "10 to 512 octets.")] password: String,
        #[graphql(
            desc = "Whether API tokens are revoked as well; absent: they stay. Whoever knew the old password may have made some."
        )]
        revokes_others: Option<bool>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let key = (ctx.account(account_id)?, service_id.0);
        let service = read(ctx, &key).await?;
        ctx.allow(Permission::CredentialWrite, Resource::account(key.0))?;
        let mut faults = Faults::new(ctx)?;
        let login = service.first_domain.map(|name| format!("mailadmin_{name}"));
        let about = login.clone().unwrap_or_default();
        let Some(password) = faults.password("password", password, &[&about]) else {
            return Ok(ServicePayload(faults.refused()));
        };
        let user = match login {
            Some(login) => by_login(ctx, key.0, &login).await?,
            None => None,
        };
        let Some(user) = user else {
            return Ok(ServicePayload(refusal(ctx, &HostingRefusal::UserNotFound)?));
        };
        let password = hashed(ctx, password).await?;
        let revokes_others = revokes_others.unwrap_or_default();
        let set = SetUserPassword { account: key.0, user, password, must_change: true, revokes_others };
        run(ctx, command(ctx, command_id), &set, key).await.map(ServicePayload)
    }

    /// Gives an ordered service its entitlement.
    pub(crate) async fn service_activate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let activate = ActivateService { account, service };
        run(ctx, command(ctx, command_id), &AtRevision { change: activate, revision }, (account, service))
            .await
            .map(ServicePayload)
    }

    /// Stops sending and additions.
    async fn service_restrict(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let restrict = RestrictService { account, service };
        run(ctx, command(ctx, command_id), &AtRevision { change: restrict, revision }, (account, service))
            .await
            .map(ServicePayload)
    }

    /// Stops sending, signing in and additions; mail is still received.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a GraphQL field")]
    pub(crate) async fn service_suspend(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(desc = "Why.")] reason: Suspension,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let suspend = SuspendService { account, service, reason: reason.into() };
        run(ctx, command(ctx, command_id), &AtRevision { change: suspend, revision }, (account, service))
            .await
            .map(ServicePayload)
    }

    /// Gives a restricted or suspended service its entitlement back.
    pub(crate) async fn service_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let resume = ResumeService { account, service };
        run(ctx, command(ctx, command_id), &AtRevision { change: resume, revision }, (account, service))
            .await
            .map(ServicePayload)
    }

    /// Brings an ended service back until its mail is destroyed (`purgeAfter`), as it was, with its domains and mailboxes and all
    /// that they hold; what had restricted or suspended it before holds on. By whoever may order it. `userErrors`, among
    /// others: `SERVICE_NOT_ENDED`, `SERVICE_RETENTION_OVER`, `SERVICE_NEVER_ACTIVE`, `ACCOUNT_CLOSED`.
    async fn service_reactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let reactivate = ReactivateService { account, service };
        run(ctx, command(ctx, command_id), &reactivate, (account, service)).await.map(ServicePayload)
    }

    /// Ends a service: its mail is refused from now on, and destroyed after the platform's retention; until then
    /// `serviceReactivate` brings it back.
    async fn service_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose; the caller's own account where absent.")] account_id: Option<AccountKey>,
        #[graphql(desc = "Which service.")] service_id: ServiceKey,
        #[graphql(
            desc = "The revision that was read before, 0 or more. Where somebody else has changed the thing since, nothing is changed and `SETTINGS_CHANGED_MEANWHILE` names the one that is there; absent, whatever is there is changed."
        )]
        revision: Option<u32>,
        #[graphql(
            desc = "A UUID that names the intention: sent again with the same one, nothing is done twice. Absent: a new one."
        )]
        command_id: Option<Uid>,
    ) -> Result<ServicePayload> {
        let (account, service) = (ctx.account(account_id)?, service_id.0);
        let end = EndService { account, service, purge_after: ctx.platform()?.purge_after() };
        run(ctx, command(ctx, command_id), &AtRevision { change: end, revision }, (account, service))
            .await
            .map(ServicePayload)
    }
}

/// The refusal of a version that a newer one has replaced, in words; the use case asks for the right to take it all the same. None
/// for whoever may, and for whoever may order nothing there: that is said by the use case.
async fn sold_no_more(
    ctx: &Context<'_>,
    (account, service): (AccountId, ServiceId),
    (plan, version): (PlanId, u32),
) -> Result<Option<HostingRefusal>> {
    ctx.standing()?;
    let whole = Resource::account(account);
    let may_order = ctx.may(Permission::ServiceWrite, whole.in_service(service))?;
    if !may_order || ctx.may(Permission::PlatformWrite, whole)? {
        return Ok(None);
    }
    let engine = &ctx.platform()?.engine;
    let state = engine.load(TenantId::PLATFORM, &Key::<Plan>(plan)).await;
    let state = state.map_err(|error| ctx.failed("the state of a plan", &error))?;
    if !state.is_superseded(version) {
        return Ok(None);
    }
    let known = engine.load(account.tenant(), &Key::<model::Service>(service)).await;
    let known = known.map_err(|error| ctx.failed("the state of a service", &error))?;
    let is_refused = is_sold_no_more(&state, (plan, version), &known);
    Ok(is_refused.then_some(HostingRefusal::PlanVersionSuperseded))
}
