//! A service as the API shows it.

use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use authority::Resource;
use hosting::calendar::{CivilDate, Cycle, period_of, withdrawal_until};
use hosting::service::{self as model, ServiceState, SuspensionReason};
use kernel::LimitFact;

use super::in_use::FeatureInUse;
use crate::loader::States;
use crate::payload::Limit;
use crate::plan::object::{Limits, PlanFeature};
use crate::platform::DataCentre;
use crate::request::Asked;
use crate::scalar::{AccountKey, Moment, Octets, PlanKey, ServiceKey, Whole};

/// What a service may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Entitlement {
    /// Nothing yet.
    Ordered,
    /// Everything within its limits.
    Active,
    /// Nothing is sent and nothing added; mail is received and read.
    Restricted,
    /// Nothing is sent, nobody signs in, nothing is added; mail is received.
    Suspended,
    /// It is over: mail is refused.
    Ended,
    /// What it held is destroyed: its addresses do not exist.
    Purged,
}

/// Why a service is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "SuspensionReason")]
pub enum Suspension {
    /// It is not paid.
    NonPayment,
    /// It was used against others.
    Abuse,
    /// The law or a court asks for it.
    Legal,
    /// To protect it or the platform.
    Security,
}

/// How often a service is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Cycle")]
pub enum BillingCycle {
    /// Each month.
    Monthly,
    /// Each year.
    Annual,
}

/// By what a service is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PaymentMethod {
    /// By nothing yet: the platform takes no payments, and nothing is charged.
    NoneYet,
}

/// What of its limits a service has given out.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Allocation {
    /// Own domains.
    pub domains: u32,
    /// Mailboxes.
    pub mailboxes: u32,
    /// Aliases.
    pub aliases: u32,
    /// Of its storage: the quotas of mailboxes, and as wholes the pools of domains whose mailboxes share. Not what they hold.
    pub bytes: Octets,
}

/// What a change of plan would come to. Nothing is changed by asking, and nothing is ever deleted by changing.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlanChangePreview {
    /// Whether everything fits.
    pub fits: bool,
    /// What does not: how much would be allowed and how much is in use.
    pub misfits: Vec<Limit>,
    /// Mailboxes whose quota is above what the plan allows for one: they keep it, and it cannot be raised.
    pub mailboxes_above_quota: Whole,
    /// The temporary aliases of the mailbox with the most of them, where the plan allows fewer: they stay, and such a mailbox
    /// makes no more. None where each has as many as the plan allows, or fewer.
    pub temporary_aliases: Option<Limit>,
    /// Domains whose own limits of sending are above what the plan allows one: the plan's hold then, and theirs cannot be raised.
    pub domains_above_sends: Whole,
    /// Mailboxes whose own limits of sending are above what the plan allows one: the plan's hold then, and theirs cannot be raised.
    pub mailboxes_above_sends: Whole,
    /// What the service has and would have no more.
    pub features_lost: Vec<PlanFeature>,
    /// Those of them that are in use: what uses them stays, and no more of it can be relied on.
    pub features_lost_in_use: Vec<FeatureInUse>,
    /// What it would have besides.
    pub features_gained: Vec<PlanFeature>,
    /// What the service may have now.
    pub limits_before: Limits,
    /// What it would have.
    pub limits_after: Limits,
    /// The price of a month in hundredths, without tax and additions.
    pub monthly_cents: u32,
    /// The price of a year in hundredths, without tax and additions.
    pub annual_cents: u32,
}

/// One subscription of an account to a version of a plan.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Service {
    /// Its name for the API.
    pub id: ServiceKey,
    /// The account that ordered it.
    pub account_id: AccountKey,
    /// The plan.
    pub plan_id: PlanKey,
    /// The version of the plan.
    pub plan_version: u32,
    /// See [`Entitlement`].
    pub entitlement: Entitlement,
    /// Why it is suspended.
    pub suspension: Option<Suspension>,
    /// What it may have.
    pub limits: Limits,
    /// What it has given out.
    pub used: Allocation,
    /// Since when it is ordered.
    pub ordered_at: Moment,
    /// When what is left of an ended one is destroyed.
    pub purge_after: Option<Moment>,
    /// How often it is paid for; none for services ordered before that was kept.
    pub cycle: Option<BillingCycle>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What it costs each period in hundredths, without tax, with what was bought in addition.
    pub recurring_cents: Option<Whole>,
    /// How often its plan or what it may do was changed: give it with a change that must not undo another's.
    pub revision: i32,
    #[graphql(skip)]
    pub(crate) first_domain: Option<String>,
    /// What was beyond its limits, where it is shown as it was; none: what is, which is looked up when it is asked for.
    #[graphql(skip)]
    pub(crate) misfits: Option<Vec<LimitFact>>,
}

#[ComplexObject]
impl Service {
    /// Its state in plain words, in the language of the request, for example `Actif`.
    async fn state_text(&self, ctx: &Context<'_>) -> Result<&'static str> {
        let (english, french) = match self.entitlement {
            Entitlement::Ordered => ("Pending", "En attente"),
            Entitlement::Active => ("Active", "Actif"),
            Entitlement::Restricted => ("Restricted: no sending", "Limité : envoi impossible"),
            Entitlement::Suspended => {
                ("Suspended: mail is still received", "Suspendu : le courrier est encore reçu")
            }
            Entitlement::Ended => ("Ended", "Résilié"),
            Entitlement::Purged => ("Purged: nothing is left of it", "Supprimé : il n’en reste rien"),
        };
        Ok(ctx.caller()?.language.pick(english, french))
    }

    /// The day on which it was ordered, in Paris, for example `2026-11-25`.
    async fn registered_on(&self) -> String {
        CivilDate::in_paris(self.ordered_at.0).to_string()
    }

    /// The day on which the period under way ends and the next one is due, in Paris; none once it has ended. Nothing is
    /// charged then: see `paymentMethod`.
    async fn due_on(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        if matches!(self.entitlement, Entitlement::Ended | Entitlement::Purged) {
            return Ok(None);
        }
        let today = CivilDate::in_paris(ctx.platform()?.engine.now());
        let first = CivilDate::in_paris(self.ordered_at.0);
        Ok(self.cycle.map(|cycle| period_of(first, cycle.into(), today).1.to_string()))
    }

    /// The last day, in Paris, on which a consumer withdraws from the contract without a reason: the fourteenth after the order, or
    /// the next working day in France. None once that is over, or the service is. `ticketOpen` of the kind `WITHDRAWAL` declares
    /// it; whether the account is a consumer's is for the support to see. `serviceEnd` ends a service at once, on any day.
    async fn withdrawal_until(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let today = CivilDate::in_paris(ctx.platform()?.engine.now());
        let last = withdrawal_until(CivilDate::in_paris(self.ordered_at.0));
        let is_over = matches!(self.entitlement, Entitlement::Ended | Entitlement::Purged) || today > last;
        Ok((!is_over).then(|| last.to_string()))
    }

    /// By what it is paid.
    async fn payment_method(&self) -> PaymentMethod {
        PaymentMethod::NoneYet
    }

    /// The login of its administrator, for example `mailadmin_shop.example`: see `servicePasswordChange`. None before it
    /// has a domain.
    async fn username(&self) -> Option<String> {
        self.first_domain.as_ref().map(|name| format!("mailadmin_{name}"))
    }

    /// The name of the servers that it is on.
    async fn server(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(ctx.platform()?.facts.server_name.clone())
    }

    /// Where these stand, as the operator tells it.
    async fn data_centre(&self, ctx: &Context<'_>) -> Result<Option<DataCentre>> {
        Ok(ctx.platform()?.facts.data_centre.clone())
    }

    /// What is in use beyond the limits, for example after a change of plan: of all that `planChangePreview` calls a misfit. It
    /// stays; nothing can be added meanwhile.
    async fn over_limits(&self, ctx: &Context<'_>) -> Result<Vec<Limit>> {
        let found = match &self.misfits {
            Some(misfits) => misfits.clone(),
            None => {
                let key = (self.account_id.0.tenant(), self.id.0);
                let state = ctx.data::<DataLoader<States>>()?.load_one(key).await;
                let state = state.map_err(|error| ctx.failed("the state of a service", &*error))?;
                let record = state.as_ref().and_then(ServiceState::record);
                record.map(|record| model::misfits(record, &record.limits)).unwrap_or_default()
            }
        };
        Ok(found.into_iter().map(Into::into).collect())
    }
}

impl Service {
    /// What the authority is asked about.
    pub(crate) const fn resource(&self) -> Resource {
        Resource::account(self.account_id.0).in_service(self.id.0)
    }
}
