//! How the events of a plan are stored, and the limits of a plan in other events.

use kernel::{ByteSize, Event, Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::{
    AddOn, AddOns, Currency, DomainMode, Feature, PlanEvent, PlanLimits, PlanName, PlanVersion, Price,
    SendLimits,
};
use crate::wire::{self, json};

const VERSION_PUBLISHED: Kind = Kind { name: "plan.version_published", schema: 1 };

#[derive(Serialize, Deserialize)]
struct VersionPublishedV1 {
    version: u32,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    french: Option<String>,
    limits: LimitsV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    add_ons: Option<AddOnsV1>,
    price: PriceV1,
}

/// The limits of a plan, in events of plans and services.
#[derive(Serialize, Deserialize)]
pub(crate) struct LimitsV1 {
    domain_mode: DomainModeV1,
    domain_count_max: u32,
    alias_domain_count_max: u32,
    mailbox_count_max: u32,
    alias_count_max: u32,
    storage_bytes: u64,
    mailbox_quota_default_bytes: u64,
    mailbox_quota_max_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_sends_per_day: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain_sends_per_day: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mailbox_sends_per_day: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_sends_per_hour: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain_sends_per_hour: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mailbox_sends_per_hour: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service_sends_per_minute: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain_sends_per_minute: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mailbox_sends_per_minute: Option<u32>,
    recipients_per_message_max: u32,
    message_size_max_bytes: u64,
    sync_job_count_max: u32,
    temporary_alias_count_max: u32,
    domain_administrator_count_max: u32,
    delegate_count_max: u32,
    #[serde(default)]
    features: Vec<FeatureV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DomainModeV1 {
    Shared,
    Own,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FeatureV1 {
    CatchAll,
    BccMaps,
    TransportTlsMap,
    AuditExport,
    SingleSignOn,
    Webhooks,
    ApiWrite,
    Reseller,
}

#[derive(Serialize, Deserialize)]
struct AddOnsV1 {
    domains: AddOnV1,
    mailboxes: AddOnV1,
    aliases: AddOnV1,
    storage_bytes: AddOnV1,
    sends_per_day: AddOnV1,
}

#[derive(Serialize, Deserialize)]
struct AddOnV1 {
    step: u64,
    max: u64,
    monthly_cents: u32,
}

#[derive(Serialize, Deserialize)]
struct PriceV1 {
    currency: CurrencyV1,
    monthly_cents: u32,
    annual_cents: u32,
}

#[derive(Serialize, Deserialize)]
enum CurrencyV1 {
    #[serde(rename = "EUR")]
    Eur,
}

impl From<Feature> for FeatureV1 {
    fn from(feature: Feature) -> Self {
        match feature {
            Feature::CatchAll => Self::CatchAll,
            Feature::BccMaps => Self::BccMaps,
            Feature::TransportTlsMap => Self::TransportTlsMap,
            Feature::AuditExport => Self::AuditExport,
            Feature::SingleSignOn => Self::SingleSignOn,
            Feature::Webhooks => Self::Webhooks,
            Feature::ApiWrite => Self::ApiWrite,
            Feature::Reseller => Self::Reseller,
        }
    }
}

impl From<FeatureV1> for Feature {
    fn from(form: FeatureV1) -> Self {
        match form {
            FeatureV1::CatchAll => Self::CatchAll,
            FeatureV1::BccMaps => Self::BccMaps,
            FeatureV1::TransportTlsMap => Self::TransportTlsMap,
            FeatureV1::AuditExport => Self::AuditExport,
            FeatureV1::SingleSignOn => Self::SingleSignOn,
            FeatureV1::Webhooks => Self::Webhooks,
            FeatureV1::ApiWrite => Self::ApiWrite,
            FeatureV1::Reseller => Self::Reseller,
        }
    }
}

impl From<&PlanLimits> for LimitsV1 {
    fn from(limits: &PlanLimits) -> Self {
        Self {
            domain_mode: match limits.domain_mode {
                DomainMode::Shared => DomainModeV1::Shared,
                DomainMode::Own => DomainModeV1::Own,
            },
            domain_count_max: limits.domain_count_max,
            alias_domain_count_max: limits.alias_domain_count_max,
            mailbox_count_max: limits.mailbox_count_max,
            alias_count_max: limits.alias_count_max,
            storage_bytes: limits.storage.octets(),
            mailbox_quota_default_bytes: limits.mailbox_quota_default.octets(),
            mailbox_quota_max_bytes: limits.mailbox_quota_max.octets(),
            service_sends_per_day: limits.sends.service,
            domain_sends_per_day: limits.sends.domain,
            mailbox_sends_per_day: limits.sends.mailbox,
            service_sends_per_hour: limits.sends_per_hour.service,
            domain_sends_per_hour: limits.sends_per_hour.domain,
            mailbox_sends_per_hour: limits.sends_per_hour.mailbox,
            service_sends_per_minute: limits.sends_per_minute.service,
            domain_sends_per_minute: limits.sends_per_minute.domain,
            mailbox_sends_per_minute: limits.sends_per_minute.mailbox,
            recipients_per_message_max: limits.recipients_per_message_max,
            message_size_max_bytes: limits.message_size_max.octets(),
            sync_job_count_max: limits.sync_job_count_max,
            temporary_alias_count_max: limits.temporary_alias_count_max,
            domain_administrator_count_max: limits.domain_administrator_count_max,
            delegate_count_max: limits.delegate_count_max,
            features: limits.features.iter().copied().map(FeatureV1::from).collect(),
        }
    }
}

impl From<LimitsV1> for PlanLimits {
    fn from(form: LimitsV1) -> Self {
        Self {
            domain_mode: match form.domain_mode {
                DomainModeV1::Shared => DomainMode::Shared,
                DomainModeV1::Own => DomainMode::Own,
            },
            domain_count_max: form.domain_count_max,
            alias_domain_count_max: form.alias_domain_count_max,
            mailbox_count_max: form.mailbox_count_max,
            alias_count_max: form.alias_count_max,
            storage: ByteSize::new(form.storage_bytes),
            mailbox_quota_default: ByteSize::new(form.mailbox_quota_default_bytes),
            mailbox_quota_max: ByteSize::new(form.mailbox_quota_max_bytes),
            sends: SendLimits {
                service: form.service_sends_per_day,
                domain: form.domain_sends_per_day,
                mailbox: form.mailbox_sends_per_day,
            },
            sends_per_hour: SendLimits {
                service: form.service_sends_per_hour,
                domain: form.domain_sends_per_hour,
                mailbox: form.mailbox_sends_per_hour,
            },
            sends_per_minute: SendLimits {
                service: form.service_sends_per_minute,
                domain: form.domain_sends_per_minute,
                mailbox: form.mailbox_sends_per_minute,
            },
            recipients_per_message_max: form.recipients_per_message_max,
            message_size_max: ByteSize::new(form.message_size_max_bytes),
            sync_job_count_max: form.sync_job_count_max,
            temporary_alias_count_max: form.temporary_alias_count_max,
            domain_administrator_count_max: form.domain_administrator_count_max,
            delegate_count_max: form.delegate_count_max,
            features: form.features.into_iter().map(Feature::from).collect(),
        }
    }
}

impl From<AddOn> for AddOnV1 {
    fn from(add_on: AddOn) -> Self {
        Self { step: add_on.step, max: add_on.max, monthly_cents: add_on.monthly_cents }
    }
}

impl From<AddOnV1> for AddOn {
    fn from(form: AddOnV1) -> Self {
        Self { step: form.step, max: form.max, monthly_cents: form.monthly_cents }
    }
}

impl From<&AddOns> for AddOnsV1 {
    fn from(add_ons: &AddOns) -> Self {
        Self {
            domains: add_ons.domains.into(),
            mailboxes: add_ons.mailboxes.into(),
            aliases: add_ons.aliases.into(),
            storage_bytes: add_ons.storage.into(),
            sends_per_day: add_ons.sends.into(),
        }
    }
}

impl From<AddOnsV1> for AddOns {
    fn from(form: AddOnsV1) -> Self {
        Self {
            domains: form.domains.into(),
            mailboxes: form.mailboxes.into(),
            aliases: form.aliases.into(),
            storage: form.storage_bytes.into(),
            sends: form.sends_per_day.into(),
        }
    }
}

impl Event for PlanEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::VersionPublished { .. } => VERSION_PUBLISHED,
        }
    }

    fn encode(&self, _: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::VersionPublished { version, terms } => json(&VersionPublishedV1 {
                version: *version,
                name: terms.name.to_string(),
                french: terms.french.as_ref().map(ToString::to_string),
                limits: (&terms.limits).into(),
                add_ons: terms.add_ons.as_ref().map(AddOnsV1::from),
                price: PriceV1 {
                    currency: match terms.price.currency {
                        Currency::Eur => CurrencyV1::Eur,
                    },
                    monthly_cents: terms.price.monthly_cents,
                    annual_cents: terms.price.annual_cents,
                },
            }),
        })
    }

    fn decode(raw: &RawEvent, _: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("plan.version_published", 1) => {
                let form: VersionPublishedV1 = wire::form(raw)?;
                let price = Price {
                    currency: match form.price.currency {
                        CurrencyV1::Eur => Currency::Eur,
                    },
                    monthly_cents: form.price.monthly_cents,
                    annual_cents: form.price.annual_cents,
                };
                let name = PlanName::parse(&form.name).ok();
                let french = |text: &String| {
                    wire::parse(raw, PlanName::parse(text).ok(), "the name of a plan is expected")
                };
                Ok(Self::VersionPublished {
                    version: form.version,
                    terms: PlanVersion {
                        name: wire::parse(raw, name, "the name of a plan is expected")?,
                        french: form.french.as_ref().map(french).transpose()?,
                        limits: form.limits.into(),
                        add_ons: form.add_ons.map(AddOns::from),
                        price,
                    },
                })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
