//! The default catalogue, version 1. Data: a running platform may publish other versions and other plans.

use kernel::{ByteSize, PlanId};
use uuid::Uuid;

use super::{
    AddOn, AddOns, Currency, DomainMode, Feature, PlanLimits, PlanName, PlanVersion, Price, SendLimits,
};

/// Names the plans of the catalogue: the same ids on every installation.
const NAMESPACE: Uuid = Uuid::from_u128(0x6e0c_3b6a_58b4_4f0f_9c1d_7d5b_0f6a_2e11);

/// A plan of the default catalogue in its first version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// For people and files, for example `solo`.
    pub slug: &'static str,
    /// The same on every installation.
    pub plan: PlanId,
    /// Always 1.
    pub version: u32,
    /// Its terms.
    pub terms: PlanVersion,
}

/// The id of the plan that is called `slug` in the catalogue, for example `solo`.
pub fn plan_id(slug: &str) -> PlanId {
    PlanId::new(Uuid::new_v5(&NAMESPACE, slug.as_bytes()))
}

/// Longest short name of a plan, in characters.
pub const SLUG_CHARACTER_COUNT_MAX: usize = 32;

/// Whether a text is a short name, as plans have: 1 to [`SLUG_CHARACTER_COUNT_MAX`] of `a-z 0-9 -`.
pub fn is_slug(text: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    (1..=SLUG_CHARACTER_COUNT_MAX).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Basic, Solo, Family, Pro and Custom.
pub fn catalogue() -> Vec<CatalogueEntry> {
    [("basic", basic()), ("solo", solo()), ("family", family()), ("pro", pro()), ("custom", custom())]
        .into_iter()
        .map(|(slug, terms)| CatalogueEntry { slug, plan: plan_id(slug), version: 1, terms })
        .collect()
}

fn name(text: &str) -> PlanName {
    PlanName::parse(text).expect("the catalogue's names are short and plain")
}

/// A year costs ten months.
const fn euros(monthly_cents: u32) -> Price {
    Price { currency: Currency::Eur, monthly_cents, annual_cents: monthly_cents * 10 }
}

fn basic() -> PlanVersion {
    let limits = PlanLimits {
        domain_mode: DomainMode::Shared,
        domain_count_max: 0,
        alias_domain_count_max: 0,
        mailbox_count_max: 1,
        alias_count_max: 1,
        storage: ByteSize::gib(4),
        mailbox_quota_default: ByteSize::gib(4),
        mailbox_quota_max: ByteSize::gib(4),
        sends: SendLimits { service: None, domain: None, mailbox: Some(50) },
        sends_per_hour: SendLimits::default(),
        sends_per_minute: SendLimits::default(),
        recipients_per_message_max: 25,
        message_size_max: ByteSize::mib(25),
        sync_job_count_max: 1,
        temporary_alias_count_max: 5,
        domain_administrator_count_max: 0,
        delegate_count_max: 2,
        features: [].into(),
    };
    PlanVersion { name: name("BasicBox"), french: None, limits, add_ons: None, price: euros(100) }
}

fn solo() -> PlanVersion {
    let limits = PlanLimits {
        domain_mode: DomainMode::Own,
        domain_count_max: 1,
        alias_domain_count_max: 0,
        mailbox_count_max: 2,
        alias_count_max: 2,
        storage: ByteSize::gib(8),
        mailbox_quota_default: ByteSize::gib(4),
        mailbox_quota_max: ByteSize::gib(8),
        sends: SendLimits { service: None, domain: Some(100), mailbox: None },
        sends_per_hour: SendLimits::default(),
        sends_per_minute: SendLimits::default(),
        recipients_per_message_max: 50,
        message_size_max: ByteSize::mib(50),
        sync_job_count_max: 2,
        temporary_alias_count_max: 10,
        domain_administrator_count_max: 1,
        delegate_count_max: 2,
        features: [].into(),
    };
    PlanVersion { name: name("SoloBox"), french: None, limits, add_ons: None, price: euros(250) }
}

fn family() -> PlanVersion {
    let limits = PlanLimits {
        domain_mode: DomainMode::Own,
        domain_count_max: 1,
        alias_domain_count_max: 1,
        mailbox_count_max: 6,
        alias_count_max: 20,
        storage: ByteSize::gib(30),
        mailbox_quota_default: ByteSize::gib(4),
        mailbox_quota_max: ByteSize::gib(15),
        sends: SendLimits { service: None, domain: Some(300), mailbox: None },
        sends_per_hour: SendLimits::default(),
        sends_per_minute: SendLimits::default(),
        recipients_per_message_max: 50,
        message_size_max: ByteSize::mib(50),
        sync_job_count_max: 6,
        temporary_alias_count_max: 10,
        domain_administrator_count_max: 2,
        delegate_count_max: 5,
        features: [Feature::CatchAll].into(),
    };
    PlanVersion { name: name("FamilyBox"), french: None, limits, add_ons: None, price: euros(500) }
}

fn pro() -> PlanVersion {
    let limits = PlanLimits {
        domain_mode: DomainMode::Own,
        domain_count_max: 1,
        alias_domain_count_max: 3,
        mailbox_count_max: 25,
        alias_count_max: 100,
        storage: ByteSize::gib(125),
        mailbox_quota_default: ByteSize::gib(5),
        mailbox_quota_max: ByteSize::gib(50),
        sends: SendLimits { service: None, domain: Some(1500), mailbox: Some(500) },
        sends_per_hour: SendLimits::default(),
        sends_per_minute: SendLimits::default(),
        recipients_per_message_max: 100,
        message_size_max: ByteSize::mib(100),
        sync_job_count_max: 25,
        temporary_alias_count_max: 25,
        domain_administrator_count_max: 5,
        delegate_count_max: 15,
        features: [
            Feature::CatchAll,
            Feature::BccMaps,
            Feature::TransportTlsMap,
            Feature::AuditExport,
            Feature::ApiWrite,
        ]
        .into(),
    };
    PlanVersion { name: name("ProBox"), french: None, limits, add_ons: None, price: euros(1000) }
}

fn custom() -> PlanVersion {
    let limits = PlanLimits {
        domain_mode: DomainMode::Own,
        domain_count_max: 3,
        alias_domain_count_max: 10,
        mailbox_count_max: 50,
        alias_count_max: 400,
        storage: ByteSize::gib(250),
        mailbox_quota_default: ByteSize::gib(5),
        mailbox_quota_max: ByteSize::gib(100),
        sends: SendLimits { service: Some(5000), domain: None, mailbox: None },
        sends_per_hour: SendLimits::default(),
        sends_per_minute: SendLimits::default(),
        recipients_per_message_max: 100,
        message_size_max: ByteSize::mib(100),
        sync_job_count_max: 50,
        temporary_alias_count_max: 50,
        domain_administrator_count_max: 25,
        delegate_count_max: 100,
        features: Feature::ALL.into(),
    };
    let add_ons = AddOns {
        domains: AddOn { step: 1, max: 100, monthly_cents: 50 },
        mailboxes: AddOn { step: 5, max: 5000, monthly_cents: 200 },
        // Aliases are created one by one, each an event of the service's stream, which holds 100 000: many of them, and many changes.
        aliases: AddOn { step: 50, max: 2000, monthly_cents: 50 },
        storage: AddOn {
            step: ByteSize::gib(10).octets(),
            max: ByteSize::gib(50 * 1024 + 10).octets(),
            monthly_cents: 100,
        },
        sends: AddOn { step: 1000, max: 500_000, monthly_cents: 200 },
    };
    PlanVersion { name: name("CustomBox"), french: None, limits, add_ons: Some(add_ons), price: euros(2500) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostingRefusal;
    use crate::plan::CustomLimits;
    use crate::refusal::{Limit, Measure, MeasureRefusal, Measured};

    fn terms(slug: &str) -> PlanVersion {
        catalogue().into_iter().find(|entry| entry.slug == slug).expect("a plan of the catalogue").terms
    }

    #[test]
    fn the_catalogue_holds_five_consistent_plans_with_fixed_ids() {
        let catalogue = catalogue();
        assert_eq!(catalogue.len(), 5);
        assert!(catalogue.iter().all(|entry| entry.terms.limits.is_consistent() && entry.version == 1));
        assert_eq!(plan_id("solo"), plan_id("solo"));
        assert_eq!(plan_id("solo").to_string(), "plan_02332e0ee82a5b8aa9a59f7510bd104a");
    }

    #[test]
    fn custom_limits_are_included_ones_plus_whole_add_ons() {
        let custom = terms("custom");
        let wish =
            |mailbox_count| CustomLimits { mailbox_count: Some(mailbox_count), ..CustomLimits::default() };
        assert_eq!(custom.limits_with(Some(&wish(55))).map(|limits| limits.mailbox_count_max), Ok(55));
        assert_eq!(custom.limits_with(Some(&wish(5000))).map(|limits| limits.mailbox_count_max), Ok(5000));
        let refused = |what: fn(Limit) -> MeasureRefusal, used, steps| {
            let what = what(Limit { allowed: 5000, used });
            Err(HostingRefusal::from(Measured { what, of: Measure::Mailboxes, steps }))
        };
        for chosen in [45, 52] {
            let between = refused(MeasureRefusal::CustomLimitStep, u64::from(chosen), Some((50, 5)));
            assert_eq!(custom.limits_with(Some(&wish(chosen))), between);
        }
        let above = refused(MeasureRefusal::CustomLimitAbove, 5005, None);
        assert_eq!(custom.limits_with(Some(&wish(5005))), above);
        let storage = CustomLimits { storage: Some(ByteSize::gib(260)), ..CustomLimits::default() };
        assert_eq!(custom.limits_with(Some(&storage)).map(|limits| limits.storage), Ok(ByteSize::gib(260)));
        let add_ons = custom.add_ons.expect("add-ons");
        assert_eq!((add_ons.storage.max - custom.limits.storage.octets()) % add_ons.storage.step, 0);
    }

    #[test]
    fn a_plan_with_fixed_limits_takes_no_custom_ones() {
        let wish = CustomLimits { domain_count: Some(2), ..CustomLimits::default() };
        let limit = Limit { allowed: terms("solo").limits.domain_count_max.into(), used: 2 };
        let what = MeasureRefusal::CustomLimitsNotInPlan(limit);
        let fixed = HostingRefusal::from(Measured { what, of: Measure::Domains, steps: None });
        assert_eq!(terms("solo").limits_with(Some(&wish)), Err(fixed));
        assert_eq!(terms("solo").limits_with(Some(&CustomLimits::default())), Ok(terms("solo").limits));
    }
}
