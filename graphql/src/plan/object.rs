//! Plans and limits as the API shows and stores them.

use std::collections::BTreeSet;

use async_graphql::{Enum, InputObject, SimpleObject};
use hosting::plan::{AddOn, AddOns, DomainMode, Feature, PlanLimits, SendLimits};
use kernel::ByteSize;
use serde::{Deserialize, Serialize};

use crate::scalar::{Moment, Octets, PlanKey};

/// Where the mailboxes of a plan live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Serialize, Deserialize)]
#[graphql(remote = "DomainMode")]
pub enum DomainModeKind {
    /// On shared domains of the platform only.
    Shared,
    /// On the account's own domains only.
    Own,
}

/// Something that a plan has or has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Enum, Serialize, Deserialize)]
#[graphql(remote = "Feature")]
pub enum PlanFeature {
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

/// What a service may have. Counts are of the whole service unless said otherwise.
#[derive(Debug, Clone, SimpleObject)]
pub struct Limits {
    /// Where mailboxes live.
    pub domain_mode: DomainModeKind,
    /// Own domains.
    pub domains: u32,
    /// Other names of own domains.
    pub alias_domains: u32,
    /// Mailboxes.
    pub mailboxes: u32,
    /// Permanent aliases; one with several targets counts once.
    pub aliases: u32,
    /// The most that all quotas together may be.
    pub storage_bytes: Octets,
    /// The quota to offer for a new mailbox.
    pub mailbox_quota_default_bytes: Octets,
    /// The largest quota of one mailbox.
    pub mailbox_quota_max_bytes: Octets,
    /// Recipients a day of the whole service; none where only narrower limits hold.
    pub service_sends_per_day: Option<u32>,
    /// Recipients a day of each domain.
    pub domain_sends_per_day: Option<u32>,
    /// Recipients a day of each mailbox.
    pub mailbox_sends_per_day: Option<u32>,
    /// Recipients an hour of the whole service; none where only narrower or longer limits hold.
    pub service_sends_per_hour: Option<u32>,
    /// Recipients an hour of each domain.
    pub domain_sends_per_hour: Option<u32>,
    /// Recipients an hour of each mailbox.
    pub mailbox_sends_per_hour: Option<u32>,
    /// Recipients a minute of the whole service; none where only narrower or longer limits hold.
    pub service_sends_per_minute: Option<u32>,
    /// Recipients a minute of each domain.
    pub domain_sends_per_minute: Option<u32>,
    /// Recipients a minute of each mailbox.
    pub mailbox_sends_per_minute: Option<u32>,
    /// Recipients of one message.
    pub recipients_per_message: u32,
    /// The largest message.
    pub message_bytes: Octets,
    /// Jobs that fetch mail from elsewhere.
    pub sync_jobs: u32,
    /// Temporary aliases of one mailbox.
    pub temporary_aliases: u32,
    /// Domain administrators.
    pub domain_administrators: u32,
    /// Users of other accounts with access to this one.
    pub delegates: u32,
    /// What it has besides.
    pub features: Vec<PlanFeature>,
}

/// A published version of a plan: it never changes.
#[derive(Debug, Clone, SimpleObject)]
pub struct Plan {
    /// The plan's name for the API: the same for all its versions.
    pub id: PlanKey,
    /// Which version, from 1.
    pub version: u32,
    /// What it is called.
    pub name: String,
    /// What it is called in French, where that is something else.
    pub french_name: Option<String>,
    /// What it includes.
    pub limits: Limits,
    /// Whether more can be ordered in addition.
    pub is_customizable: bool,
    /// What can be bought in addition; none: the limits are fixed.
    pub add_ons: Option<PlanAddOns>,
    /// ISO 4217.
    pub currency: String,
    /// The price of a month in hundredths, without tax.
    pub monthly_cents: u32,
    /// The price of a year in hundredths, without tax.
    pub annual_cents: u32,
    /// Since when.
    pub published_at: Moment,
    /// Whether it is the newest version of its plan, the one that is sold: others are for services that have them, and for
    /// operators.
    pub is_newest: bool,
}

/// One thing that can be bought in addition, in whole steps.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct PlanAddOn {
    /// How much one step adds.
    pub step: Octets,
    /// The most, included ones counted.
    pub max: Octets,
    /// The price of one step a month in hundredths, without tax.
    pub monthly_cents: u32,
}

/// What can be bought in addition to what a plan includes.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct PlanAddOns {
    /// Own domains.
    pub domains: PlanAddOn,
    /// Mailboxes.
    pub mailboxes: PlanAddOn,
    /// Permanent aliases.
    pub aliases: PlanAddOn,
    /// Storage in octets.
    pub storage: PlanAddOn,
    /// Recipients a day of the whole service.
    pub sends: PlanAddOn,
}

/// Steps, maxima and prices as rows hold them, in JSON: domains, mailboxes, aliases, storage, sends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredAddOns([(u64, u64, u32); 5]);

impl From<&AddOns> for StoredAddOns {
    fn from(it: &AddOns) -> Self {
        Self(
            [it.domains, it.mailboxes, it.aliases, it.storage, it.sends]
                .map(|one| (one.step, one.max, one.monthly_cents)),
        )
    }
}

impl From<StoredAddOns> for PlanAddOns {
    fn from(StoredAddOns(stored): StoredAddOns) -> Self {
        let [domains, mailboxes, aliases, storage, sends] = stored.map(|(step, max, monthly_cents)| {
            PlanAddOn { step: Octets(ByteSize::new(step)), max: Octets(ByteSize::new(max)), monthly_cents }
        });
        Self { domains, mailboxes, aliases, storage, sends }
    }
}

/// [`Limits`] as rows hold them, in JSON. Fields are added, never renamed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredLimits {
    domain_mode: DomainModeKind,
    counts: [u32; 9],
    bytes: [u64; 4],
    sends: [Option<u32>; 3],
    /// Of an hour and of a minute.
    #[serde(default)]
    short_sends: [[Option<u32>; 3]; 2],
    features: BTreeSet<PlanFeature>,
}

impl From<&PlanLimits> for StoredLimits {
    fn from(limits: &PlanLimits) -> Self {
        let stored = |sends: SendLimits| [sends.service, sends.domain, sends.mailbox];
        Self {
            domain_mode: limits.domain_mode.into(),
            counts: [
                limits.domain_count_max,
                limits.alias_domain_count_max,
                limits.mailbox_count_max,
                limits.alias_count_max,
                limits.recipients_per_message_max,
                limits.sync_job_count_max,
                limits.temporary_alias_count_max,
                limits.domain_administrator_count_max,
                limits.delegate_count_max,
            ],
            bytes: [
                limits.storage.octets(),
                limits.mailbox_quota_default.octets(),
                limits.mailbox_quota_max.octets(),
                limits.message_size_max.octets(),
            ],
            sends: stored(limits.sends),
            short_sends: [limits.sends_per_hour, limits.sends_per_minute].map(stored),
            features: limits.features.iter().map(|feature| (*feature).into()).collect(),
        }
    }
}

impl From<StoredLimits> for Limits {
    fn from(stored: StoredLimits) -> Self {
        let [
            domains,
            alias_domains,
            mailboxes,
            aliases,
            recipients,
            sync_jobs,
            temporary,
            administrators,
            delegates,
        ] = stored.counts;
        let [storage, quota_default, quota_max, message] =
            stored.bytes.map(|octets| Octets(ByteSize::new(octets)));
        let [service_sends_per_day, domain_sends_per_day, mailbox_sends_per_day] = stored.sends;
        let [hour, minute] = stored.short_sends;
        let [service_sends_per_hour, domain_sends_per_hour, mailbox_sends_per_hour] = hour;
        let [service_sends_per_minute, domain_sends_per_minute, mailbox_sends_per_minute] = minute;
        Self {
            domain_mode: stored.domain_mode,
            domains,
            alias_domains,
            mailboxes,
            aliases,
            storage_bytes: storage,
            mailbox_quota_default_bytes: quota_default,
            mailbox_quota_max_bytes: quota_max,
            service_sends_per_day,
            domain_sends_per_day,
            mailbox_sends_per_day,
            service_sends_per_hour,
            domain_sends_per_hour,
            mailbox_sends_per_hour,
            service_sends_per_minute,
            domain_sends_per_minute,
            mailbox_sends_per_minute,
            recipients_per_message: recipients,
            message_bytes: message,
            sync_jobs,
            temporary_aliases: temporary,
            domain_administrators: administrators,
            delegates,
            features: stored.features.into_iter().collect(),
        }
    }
}

/// What a service of a plan is to have. Counts are of the whole service unless said otherwise.
#[derive(Debug, InputObject)]
pub struct LimitsInput {
    /// Where mailboxes live.
    pub domain_mode: DomainModeKind,
    /// Own domains: 0 or more.
    pub domains: u32,
    /// Other names of own domains: 0 or more.
    pub alias_domains: u32,
    /// Mailboxes: 0 or more.
    pub mailboxes: u32,
    /// Permanent aliases, 0 or more; one with several targets counts once.
    pub aliases: u32,
    /// The most that all quotas together may be, in octets.
    pub storage_bytes: Octets,
    /// The quota to offer for a new mailbox, in octets: above zero, at most the largest.
    pub mailbox_quota_default_bytes: Octets,
    /// The largest quota of one mailbox, in octets: at most the storage.
    pub mailbox_quota_max_bytes: Octets,
    /// Recipients a day of the whole service, 0 or more; absent: only narrower limits hold.
    pub service_sends_per_day: Option<u32>,
    /// Recipients a day of each domain, 0 or more; absent: only the others hold.
    pub domain_sends_per_day: Option<u32>,
    /// Recipients a day of each mailbox, 0 or more; absent: only the others hold.
    pub mailbox_sends_per_day: Option<u32>,
    /// Recipients an hour of the whole service, 0 or more; absent: only narrower or longer limits hold.
    pub service_sends_per_hour: Option<u32>,
    /// Recipients an hour of each domain, 0 or more; absent: only the others hold.
    pub domain_sends_per_hour: Option<u32>,
    /// Recipients an hour of each mailbox, 0 or more; absent: only the others hold.
    pub mailbox_sends_per_hour: Option<u32>,
    /// Recipients a minute of the whole service, 0 or more; absent: only narrower or longer limits hold.
    pub service_sends_per_minute: Option<u32>,
    /// Recipients a minute of each domain, 0 or more; absent: only the others hold.
    pub domain_sends_per_minute: Option<u32>,
    /// Recipients a minute of each mailbox, 0 or more; absent: only the others hold.
    pub mailbox_sends_per_minute: Option<u32>,
    /// Recipients of one message: 1 or more.
    pub recipients_per_message: u32,
    /// The largest message, in octets: above zero.
    pub message_bytes: Octets,
    /// Jobs that fetch mail from elsewhere: 0 or more.
    pub sync_jobs: u32,
    /// Temporary aliases of one mailbox: 0 or more.
    pub temporary_aliases: u32,
    /// Domain administrators: 0 or more.
    pub domain_administrators: u32,
    /// Users of other accounts with access to this one: 0 or more.
    pub delegates: u32,
    /// What it has besides.
    pub features: Vec<PlanFeature>,
}

impl From<LimitsInput> for PlanLimits {
    fn from(input: LimitsInput) -> Self {
        Self {
            domain_mode: input.domain_mode.into(),
            domain_count_max: input.domains,
            alias_domain_count_max: input.alias_domains,
            mailbox_count_max: input.mailboxes,
            alias_count_max: input.aliases,
            storage: input.storage_bytes.0,
            mailbox_quota_default: input.mailbox_quota_default_bytes.0,
            mailbox_quota_max: input.mailbox_quota_max_bytes.0,
            sends: SendLimits {
                service: input.service_sends_per_day,
                domain: input.domain_sends_per_day,
                mailbox: input.mailbox_sends_per_day,
            },
            sends_per_hour: SendLimits {
                service: input.service_sends_per_hour,
                domain: input.domain_sends_per_hour,
                mailbox: input.mailbox_sends_per_hour,
            },
            sends_per_minute: SendLimits {
                service: input.service_sends_per_minute,
                domain: input.domain_sends_per_minute,
                mailbox: input.mailbox_sends_per_minute,
            },
            recipients_per_message_max: input.recipients_per_message,
            message_size_max: input.message_bytes.0,
            sync_job_count_max: input.sync_jobs,
            temporary_alias_count_max: input.temporary_aliases,
            domain_administrator_count_max: input.domain_administrators,
            delegate_count_max: input.delegates,
            features: input.features.into_iter().map(Into::into).collect(),
        }
    }
}

/// One thing that can be bought in addition, in whole steps.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct AddOnInput {
    /// How much one step adds: 1 or more, of storage in octets.
    pub step: Octets,
    /// The most, included ones counted: 0 or more, of storage in octets.
    pub max: Octets,
    /// The price of one step a month in hundredths of a euro, 0 or more, without tax.
    pub monthly_cents: u32,
}

/// What can be bought in addition to what a plan includes.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct AddOnsInput {
    /// Own domains.
    pub domains: AddOnInput,
    /// Mailboxes.
    pub mailboxes: AddOnInput,
    /// Permanent aliases.
    pub aliases: AddOnInput,
    /// Storage in octets.
    pub storage: AddOnInput,
    /// Recipients a day of the whole service.
    pub sends: AddOnInput,
}

impl From<AddOnInput> for AddOn {
    fn from(input: AddOnInput) -> Self {
        Self { step: input.step.0.octets(), max: input.max.0.octets(), monthly_cents: input.monthly_cents }
    }
}

impl From<AddOnsInput> for AddOns {
    fn from(input: AddOnsInput) -> Self {
        Self {
            domains: input.domains.into(),
            mailboxes: input.mailboxes.into(),
            aliases: input.aliases.into(),
            storage: input.storage.into(),
            sends: input.sends.into(),
        }
    }
}

/// A version of a plan to be.
#[derive(Debug, InputObject)]
pub struct PlanTermsInput {
    /// What it is called: 1 to 64 characters.
    pub name: String,
    /// What it is called in French, where that is something else.
    pub french_name: Option<String>,
    /// What it includes.
    pub limits: LimitsInput,
    /// What can be bought in addition; absent: the limits are fixed.
    pub add_ons: Option<AddOnsInput>,
    /// The price of a month in hundredths of a euro, 0 or more, without tax.
    pub monthly_cents: u32,
    /// The price of a year in hundredths of a euro, 0 or more, without tax.
    pub annual_cents: u32,
}
