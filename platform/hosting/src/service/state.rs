//! What a service's past makes of it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{AccountId, AliasId, ByteSize, DomainId, MailboxId, PlanId, Timestamp, UserId};

use super::SuspensionReason;
use crate::calendar::Cycle;
use crate::domain::{DomainSettings, QuotaMode};
use crate::limit::PAID_MONTHS_OF_YEAR;
use crate::plan::{AddOn, Currency, CustomLimits, PlanLimits, PlanVersion};

/// A service as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ServiceState {
    /// It was never ordered.
    #[default]
    Absent,
    /// It was ordered; see its entitlement.
    Present(Box<ServiceRecord>),
}

impl ServiceState {
    /// What is known of it.
    pub fn record(&self) -> Option<&ServiceRecord> {
        match self {
            Self::Absent => None,
            Self::Present(record) => Some(record),
        }
    }

    /// Whether nothing of it comes back.
    pub fn has_ended(&self) -> bool {
        let entitlement = self.record().map(|record| record.entitlement);
        matches!(entitlement, Some(Entitlement::Ended { .. } | Entitlement::Purged))
    }
}

/// What a service may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entitlement {
    /// Ordered: nothing yet.
    Ordered,
    /// Everything within the limits.
    Active,
    /// No sending, no additions.
    Restricted,
    /// No sending, no signing in, no additions.
    Suspended(SuspensionReason),
    /// Nothing.
    Ended {
        /// When contents may be destroyed.
        purge_after: Timestamp,
    },
    /// Nothing, and nothing is left of it.
    Purged,
}

/// How much of its limits a service uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Usage {
    /// Mailboxes that are not deleted.
    pub mailboxes: u32,
    /// The sum of their quotas.
    pub bytes: ByteSize,
    /// Aliases that are not deleted and take a slot of the plan.
    pub aliases: u32,
}

/// What lives in one domain of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DomainUsage {
    /// Mailboxes that are not deleted.
    pub mailboxes: u32,
    /// The sum of their quotas.
    pub bytes: ByteSize,
    /// Aliases that are not deleted and take a slot of the plan.
    pub aliases: u32,
}

/// How much of its service a domain may have; none: all that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct DomainShare {
    /// Mailboxes.
    pub mailbox_count_max: Option<u32>,
    /// Aliases.
    pub alias_count_max: Option<u32>,
    /// The sum of quotas, or what its mailboxes hold together where they share; in octets.
    pub storage_octets_max: Option<u64>,
    /// The largest quota of one mailbox, in octets.
    pub mailbox_quota_octets_max: Option<u64>,
    /// Whether its mailboxes share the octets of `storage_octets_max` by what they hold.
    pub is_pooled: bool,
}

impl DomainShare {
    /// What the settings of a domain say.
    pub fn of(settings: &DomainSettings) -> Self {
        Self {
            mailbox_count_max: settings.mailbox_count_max,
            alias_count_max: settings.alias_count_max,
            storage_octets_max: settings.storage_octets_max,
            mailbox_quota_octets_max: settings.mailbox_quota_octets_max,
            is_pooled: settings.quota_mode == QuotaMode::Pooled,
        }
    }
}

/// What a service costs, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Recurring {
    /// How often.
    pub cycle: Cycle,
    /// Of the amount.
    pub currency: Currency,
    /// For one period, in hundredths.
    pub cents: u64,
}

impl Recurring {
    /// What a service of a plan version with `custom` limits costs.
    pub fn of(terms: &PlanVersion, cycle: Cycle, custom: Option<&CustomLimits>) -> Self {
        let (base, months) = match cycle {
            Cycle::Monthly => (terms.price.monthly_cents, 1),
            Cycle::Annual => (terms.price.annual_cents, PAID_MONTHS_OF_YEAR),
        };
        let added = terms.add_ons.zip(custom).map_or(0, |(add_ons, custom)| {
            let included = &terms.limits;
            let cost = |add_on: AddOn, included: u64, chosen: Option<u64>| {
                let more = chosen.unwrap_or(included).saturating_sub(included);
                more.checked_div(add_on.step).unwrap_or(0).saturating_mul(add_on.monthly_cents.into())
            };
            let sends = included.sends.service.unwrap_or_default();
            cost(add_ons.domains, included.domain_count_max.into(), custom.domain_count.map(u64::from))
                + cost(
                    add_ons.mailboxes,
                    included.mailbox_count_max.into(),
                    custom.mailbox_count.map(u64::from),
                )
                + cost(add_ons.aliases, included.alias_count_max.into(), custom.alias_count.map(u64::from))
                + cost(add_ons.storage, included.storage.octets(), custom.storage.map(ByteSize::octets))
                + cost(add_ons.sends, sends.into(), custom.sends_per_day.map(u64::from))
        });
        let cents = u64::from(base).saturating_add(added.saturating_mul(months));
        Self { cycle, currency: terms.price.currency, cents }
    }
}

/// What is known of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// Whose it is.
    pub account: AccountId,
    /// Its plan.
    pub plan: PlanId,
    /// The version of the plan.
    pub version: u32,
    /// What it may have.
    pub limits: PlanLimits,
    /// What it costs, where that is known.
    pub recurring: Option<Recurring>,
    /// What it may do now.
    pub entitlement: Entitlement,
    /// How often its plan or what it may do was changed.
    pub revision: u32,
    /// What it could do when it ended; none while it has not.
    pub ended_from: Option<Entitlement>,
    /// What it uses.
    pub usage: Usage,
    /// Its own domains that are not removed, verified or not, alias domains included.
    pub own_domains: BTreeSet<DomainId>,
    /// Those of them that mirror another, with which.
    pub mirrors: BTreeMap<DomainId, DomainId>,
    /// How much each domain may have, where that is limited.
    pub shares: BTreeMap<DomainId, DomainShare>,
    /// How many sync jobs each of its mailboxes has; absent where there are none.
    pub sync_jobs: BTreeMap<MailboxId, u32>,
    /// Users who administer domains of it, owners of the account aside.
    pub administrators: BTreeSet<UserId>,
    /// What lives in each domain, shared ones as well; absent where nothing does.
    pub domains: BTreeMap<DomainId, DomainUsage>,
    /// Aliases that no plan counts, with the domains where they live: two in each at most.
    pub uncounted_aliases: BTreeMap<AliasId, DomainId>,
}

impl ServiceRecord {
    /// The sync jobs of all its mailboxes.
    pub fn sync_job_count(&self) -> u32 {
        self.sync_jobs.values().copied().fold(0, u32::saturating_add)
    }

    /// Whether domains or addresses are still its own.
    pub fn holds_names(&self) -> bool {
        let Usage { mailboxes, aliases, bytes: _ } = self.usage;
        !self.own_domains.is_empty() || mailboxes > 0 || aliases > 0 || !self.uncounted_aliases.is_empty()
    }

    /// Whether mailboxes or aliases live in a domain.
    pub fn is_lived_in(&self, domain: DomainId) -> bool {
        self.domains.contains_key(&domain) || self.uncounted_aliases.values().any(|home| *home == domain)
    }
}
