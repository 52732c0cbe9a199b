//! A service as the API shows it.

use async_graphql::{ComplexObject, Enum, SimpleObject};
use authority::Resource;
use hosting::service::SuspensionReason;

use crate::payload::Limit;
use crate::plan::object::Limits;
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

/// What of its limits a service has given out.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Allocation {
    /// Own domains.
    pub domains: u32,
    /// Mailboxes.
    pub mailboxes: u32,
    /// Aliases.
    pub aliases: u32,
    /// The sum of the quotas of its mailboxes, not what they hold.
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
}

#[ComplexObject]
impl Service {
    /// What is in use beyond the limits, for example after a change of plan. It stays; nothing can be added meanwhile.
    async fn over_limits(&self) -> Vec<Limit> {
        let (limits, used) = (&self.limits, &self.used);
        let domains = u64::from(limits.domains) + u64::from(limits.alias_domains);
        let facts = [
            ("domains", domains, u64::from(used.domains)),
            ("mailboxes", limits.mailboxes.into(), used.mailboxes.into()),
            ("aliases", limits.aliases.into(), used.aliases.into()),
            ("storageBytes", limits.storage_bytes.0.octets(), used.bytes.0.octets()),
        ];
        facts
            .into_iter()
            .filter(|(_, allowed, used)| used > allowed)
            .map(|(name, allowed, used)| Limit {
                name: name.to_owned(),
                allowed: Whole(allowed),
                used: Some(Whole(used)),
            })
            .collect()
    }
}

impl Service {
    /// What the authority is asked about.
    pub(crate) const fn resource(&self) -> Resource {
        Resource::account(self.account_id.0).in_service(self.id.0)
    }
}
