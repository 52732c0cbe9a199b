//! What a plan allows and costs, as data.

use std::collections::BTreeSet;
use std::fmt;

use kernel::ByteSize;

use crate::HostingRefusal;
use crate::limit::PLAN_NAME_CHARACTER_COUNT_MAX;
use crate::refusal::{Limit, Measure, MeasureRefusal, Measured, ValueRefusal};

/// What a plan is called, for example `SoloBox`: 1 to 64 characters, one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanName(String);

impl PlanName {
    /// Reads a name and trims it.
    ///
    /// # Errors
    /// `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_CHARACTER`.
    pub fn parse(text: &str) -> Result<Self, HostingRefusal> {
        crate::text::word(text, PLAN_NAME_CHARACTER_COUNT_MAX).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the mailboxes of a plan live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DomainMode {
    /// On shared domains of the platform only.
    Shared,
    /// On the account's own domains only.
    Own,
}

/// Something that a plan has or has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// An address for all otherwise unknown ones.
    CatchAll,
    /// Blind copies of the mail of an address.
    BccMaps,
    /// TLS policies by destination.
    TransportTlsMap,
    /// Export of the audit trail.
    AuditExport,
    /// Sign-in through another identity provider.
    SingleSignOn,
    /// Calls to the outside on events.
    Webhooks,
    /// Changes through the API.
    ApiWrite,
    /// Operating other accounts.
    Reseller,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::CatchAll,
        Self::BccMaps,
        Self::TransportTlsMap,
        Self::AuditExport,
        Self::SingleSignOn,
        Self::Webhooks,
        Self::ApiWrite,
        Self::Reseller,
    ];
}

/// Recipients of one period that may be sent to; none where this level has no limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SendLimits {
    /// By the whole service.
    pub service: Option<u32>,
    /// By each domain.
    pub domain: Option<u32>,
    /// By each mailbox.
    pub mailbox: Option<u32>,
}

/// Whose settings say how much they may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendsOf {
    /// Those of a domain.
    Domain,
    /// Those of a mailbox.
    Mailbox,
}

/// What a service of a plan version may have. Counts are of the whole service unless said otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanLimits {
    /// Where mailboxes live.
    pub domain_mode: DomainMode,
    /// Own domains.
    pub domain_count_max: u32,
    /// Other names of own domains.
    pub alias_domain_count_max: u32,
    /// Mailboxes.
    pub mailbox_count_max: u32,
    /// Permanent aliases; one with several targets counts once.
    pub alias_count_max: u32,
    /// The most that all quotas together may be.
    pub storage: ByteSize,
    /// The quota to offer for a new mailbox.
    pub mailbox_quota_default: ByteSize,
    /// The largest quota of one mailbox.
    pub mailbox_quota_max: ByteSize,
    /// Recipients a day.
    pub sends: SendLimits,
    /// Recipients an hour.
    pub sends_per_hour: SendLimits,
    /// Recipients a minute.
    pub sends_per_minute: SendLimits,
    /// Recipients of one message.
    pub recipients_per_message_max: u32,
    /// The largest message.
    pub message_size_max: ByteSize,
    /// Jobs that fetch mail from elsewhere.
    pub sync_job_count_max: u32,
    /// Temporary aliases of one mailbox.
    pub temporary_alias_count_max: u32,
    /// Domain administrators.
    pub domain_administrator_count_max: u32,
    /// Users of other accounts with access to this one.
    pub delegate_count_max: u32,
    /// What it has besides.
    pub features: BTreeSet<Feature>,
}

impl PlanLimits {
    /// Whether a plan with these limits can be sold: `0 < default quota <= largest quota <= storage`, and messages can be sent.
    pub fn is_consistent(&self) -> bool {
        self.mailbox_quota_default > ByteSize::ZERO
            && self.mailbox_quota_default <= self.mailbox_quota_max
            && self.mailbox_quota_max <= self.storage
            && self.recipients_per_message_max > 0
            && self.message_size_max > ByteSize::ZERO
    }

    /// Whether settings may allow so many recipients a day, an hour and a minute: less than the plan sells, never more. What it
    /// sells for a longer time is the most of a shorter one. What they allowed `before` may stay and be lowered, also where it is
    /// more than the plan sells by now: then the plan holds.
    ///
    /// # Errors
    /// `SENDS_ABOVE_PLAN`.
    pub fn check_sends(
        &self,
        wishes: [Option<u32>; 3],
        before: [Option<u32>; 3],
        of: SendsOf,
    ) -> Result<(), HostingRefusal> {
        let most = self.sends_sold(of);
        let fields = ["settings.sendsPerDayMax", "settings.sendsPerHourMax", "settings.sendsPerMinuteMax"];
        for (((allowed, wish), known), field) in most.into_iter().zip(wishes).zip(before).zip(fields) {
            if let (Some(allowed), Some(wish)) = (allowed, wish)
                && wish > allowed
                && known.is_none_or(|known| wish > known)
            {
                let limit = Limit { allowed: allowed.into(), used: wish.into() };
                return Err(HostingRefusal::from(ValueRefusal::SendsAbovePlan(limit)).of(field));
            }
        }
        Ok(())
    }

    /// The most recipients a day, an hour and a minute that it sells to a domain or a mailbox; none where it does not say.
    pub fn sends_sold(&self, of: SendsOf) -> [Option<u32>; 3] {
        let mut most: Option<u32> = None;
        [self.sends, self.sends_per_hour, self.sends_per_minute].map(|sold| {
            let own = sold.mailbox.filter(|_| of == SendsOf::Mailbox);
            most = [most, sold.service, sold.domain, own].into_iter().flatten().min();
            most
        })
    }
}

/// One thing that can be bought in addition, in whole steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddOn {
    /// How much one step adds; at least 1.
    pub step: u64,
    /// The most, included ones counted.
    pub max: u64,
    /// The price of one step a month, in hundredths, without tax.
    pub monthly_cents: u32,
}

/// What can be bought in addition to what a plan includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddOns {
    /// Own domains.
    pub domains: AddOn,
    /// Mailboxes.
    pub mailboxes: AddOn,
    /// Permanent aliases.
    pub aliases: AddOn,
    /// Storage in octets.
    pub storage: AddOn,
    /// Recipients a day of the whole service.
    pub sends: AddOn,
}

/// What a service shall have in total, where that is more than the plan includes; none: as included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CustomLimits {
    /// Own domains.
    pub domain_count: Option<u32>,
    /// Mailboxes.
    pub mailbox_count: Option<u32>,
    /// Permanent aliases.
    pub alias_count: Option<u32>,
    /// Storage.
    pub storage: Option<ByteSize>,
    /// Recipients a day of the whole service.
    pub sends_per_day: Option<u32>,
}

/// Of a price. ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currency {
    /// Euro.
    Eur,
}

/// What a plan version costs, in hundredths of the currency, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    /// Of both numbers.
    pub currency: Currency,
    /// For a month.
    pub monthly_cents: u32,
    /// For a year.
    pub annual_cents: u32,
}

/// A published version of a plan: never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanVersion {
    /// What the plan is called.
    pub name: PlanName,
    /// What it is called in French, where that is something else.
    pub french: Option<PlanName>,
    /// What is included.
    pub limits: PlanLimits,
    /// What can be added; none where the limits are fixed.
    pub add_ons: Option<AddOns>,
    /// What it costs.
    pub price: Price,
}

impl PlanVersion {
    /// The limits of a service of this version with `custom` ones.
    ///
    /// # Errors
    /// `CUSTOM_LIMITS_NOT_IN_PLAN` where the limits are fixed, `CUSTOM_LIMIT_STEP` where a value is below what is
    /// included or between two steps, `CUSTOM_LIMIT_ABOVE` where it is above the largest.
    pub fn limits_with(&self, custom: Option<&CustomLimits>) -> Result<PlanLimits, HostingRefusal> {
        let mut limits = self.limits.clone();
        let Some(custom) = custom.filter(|custom| **custom != CustomLimits::default()) else {
            return Ok(limits);
        };
        for wish in self.wishes(custom) {
            wish.check()?;
        }
        limits.domain_count_max = custom.domain_count.unwrap_or(limits.domain_count_max);
        limits.mailbox_count_max = custom.mailbox_count.unwrap_or(limits.mailbox_count_max);
        limits.alias_count_max = custom.alias_count.unwrap_or(limits.alias_count_max);
        limits.storage = custom.storage.unwrap_or(limits.storage);
        limits.sends.service = custom.sends_per_day.or(limits.sends.service);
        Ok(limits)
    }

    /// What `custom` wishes for, with what is included of each and what can be added.
    fn wishes(&self, custom: &CustomLimits) -> impl Iterator<Item = Wish> {
        let included = &self.limits;
        let sends = included.sends.service.unwrap_or_default();
        let add_on = |of: fn(&AddOns) -> AddOn| self.add_ons.as_ref().map(of);
        [
            (
                Measure::Domains,
                included.domain_count_max.into(),
                custom.domain_count.map(u64::from),
                add_on(|all| all.domains),
            ),
            (
                Measure::Mailboxes,
                included.mailbox_count_max.into(),
                custom.mailbox_count.map(u64::from),
                add_on(|all| all.mailboxes),
            ),
            (
                Measure::Aliases,
                included.alias_count_max.into(),
                custom.alias_count.map(u64::from),
                add_on(|all| all.aliases),
            ),
            (
                Measure::Storage,
                included.storage.octets(),
                custom.storage.map(ByteSize::octets),
                add_on(|all| all.storage),
            ),
            (
                Measure::SendsPerDay,
                sends.into(),
                custom.sends_per_day.map(u64::from),
                add_on(|all| all.sends),
            ),
        ]
        .into_iter()
        .filter_map(|(of, included, chosen, add_on)| Some(Wish { of, included, chosen: chosen?, add_on }))
    }
}

/// That there shall be so much of something.
struct Wish {
    of: Measure,
    included: u64,
    chosen: u64,
    /// What can be added; none where nothing can.
    add_on: Option<AddOn>,
}

impl Wish {
    fn check(&self) -> Result<(), HostingRefusal> {
        let Some(add_on) = self.add_on else {
            return Err(self.refused(MeasureRefusal::CustomLimitsNotInPlan, self.included, None));
        };
        if self.chosen > add_on.max {
            return Err(self.refused(MeasureRefusal::CustomLimitAbove, add_on.max, None));
        }
        match self.chosen.checked_sub(self.included).and_then(|more| more.checked_rem(add_on.step)) {
            Some(0) => Ok(()),
            Some(_) | None => {
                let steps = Some((self.included, add_on.step));
                Err(self.refused(MeasureRefusal::CustomLimitStep, add_on.max, steps))
            }
        }
    }

    fn refused(
        &self,
        what: fn(Limit) -> MeasureRefusal,
        allowed: u64,
        steps: Option<(u64, u64)>,
    ) -> HostingRefusal {
        let limit = Limit { allowed, used: self.chosen };
        Measured { what: what(limit), of: self.of, steps }.into()
    }
}
