//! How the events of a service are stored.

use kernel::{
    AliasId, ByteSize, DomainId, Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{DomainShare, Recurring, ServiceEvent, SuspensionReason};
use crate::calendar::Cycle;
use crate::plan::Currency;
use crate::plan::wire::LimitsV1;
use crate::wire::{self, Nothing, json};

const ORDERED: Kind = Kind { name: "service.ordered", schema: 1 };
const PLAN_CHANGED: Kind = Kind { name: "service.plan_changed", schema: 1 };
const PRICED: Kind = Kind { name: "service.priced", schema: 1 };
const ACTIVATED: Kind = Kind { name: "service.activated", schema: 1 };
const RESTRICTED: Kind = Kind { name: "service.restricted", schema: 1 };
const SUSPENDED: Kind = Kind { name: "service.suspended", schema: 1 };
const RESUMED: Kind = Kind { name: "service.resumed", schema: 1 };
const ENDED: Kind = Kind { name: "service.ended", schema: 1 };
const REACTIVATED: Kind = Kind { name: "service.reactivated", schema: 1 };
const PURGED: Kind = Kind { name: "service.purged", schema: 1 };
const SLOTS_TAKEN: Kind = Kind { name: "service.slots_taken", schema: 1 };
const SLOTS_RETURNED: Kind = Kind { name: "service.slots_returned", schema: 1 };
const ALLOCATION_CHANGED: Kind = Kind { name: "service.allocation_changed", schema: 1 };
const ALIAS_SLOT_TAKEN: Kind = Kind { name: "service.alias_slot_taken", schema: 1 };
const ALIAS_SLOT_RETURNED: Kind = Kind { name: "service.alias_slot_returned", schema: 1 };
const DOMAIN_SLOT_TAKEN: Kind = Kind { name: "service.domain_slot_taken", schema: 1 };
const DOMAIN_SHARE_SET: Kind = Kind { name: "service.domain_share_set", schema: 1 };
const SYNC_JOBS_COUNTED: Kind = Kind { name: "service.sync_jobs_counted", schema: 1 };
const ADMINISTRATOR_ADDED: Kind = Kind { name: "service.administrator_added", schema: 1 };
const ADMINISTRATOR_REMOVED: Kind = Kind { name: "service.administrator_removed", schema: 1 };
const DOMAIN_SLOT_RETURNED: Kind = Kind { name: "service.domain_slot_returned", schema: 1 };

#[derive(Serialize, Deserialize)]
struct OrderedV1 {
    account: String,
    plan: String,
    version: u32,
    limits: LimitsV1,
}

#[derive(Serialize, Deserialize)]
struct PlanChangedV1 {
    plan: String,
    version: u32,
    limits: LimitsV1,
}

#[derive(Serialize, Deserialize)]
struct PricedV1 {
    cycle: CycleV1,
    currency: CurrencyV1,
    cents: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CycleV1 {
    Monthly,
    Annual,
}

#[derive(Serialize, Deserialize)]
enum CurrencyV1 {
    #[serde(rename = "EUR")]
    Eur,
}

#[derive(Serialize, Deserialize)]
struct SuspendedV1 {
    reason: ReasonV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReasonV1 {
    NonPayment,
    Abuse,
    Legal,
    Security,
}

#[derive(Serialize, Deserialize)]
struct EndedV1 {
    purge_after_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct SlotsV1 {
    domain: String,
    mailboxes: u32,
    bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct AllocationChangedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    from_bytes: u64,
    to_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct DomainSlotTakenV1 {
    domain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mirrors: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct DomainShareSetV1 {
    domain: String,
    share: DomainShare,
}

#[derive(Serialize, Deserialize)]
struct SyncJobsCountedV1 {
    mailbox: String,
    sync_jobs: u32,
}

#[derive(Serialize, Deserialize)]
struct UserV1 {
    user: String,
}

#[derive(Serialize, Deserialize)]
struct DomainV1 {
    domain: String,
}

#[derive(Serialize, Deserialize)]
struct AliasSlotV1 {
    domain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uncounted: Option<String>,
}

impl Event for ServiceEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Ordered { .. } => ORDERED,
            Self::PlanChanged { .. } => PLAN_CHANGED,
            Self::Priced { .. } => PRICED,
            Self::Activated => ACTIVATED,
            Self::Restricted => RESTRICTED,
            Self::Suspended { .. } => SUSPENDED,
            Self::Resumed => RESUMED,
            Self::Reactivated => REACTIVATED,
            Self::Ended { .. } => ENDED,
            Self::Purged => PURGED,
            Self::SlotsTaken { .. } => SLOTS_TAKEN,
            Self::SlotsReturned { .. } => SLOTS_RETURNED,
            Self::AllocationChanged { .. } => ALLOCATION_CHANGED,
            Self::AliasSlotTaken { .. } => ALIAS_SLOT_TAKEN,
            Self::AliasSlotReturned { .. } => ALIAS_SLOT_RETURNED,
            Self::DomainSlotTaken { .. } => DOMAIN_SLOT_TAKEN,
            Self::DomainShareSet { .. } => DOMAIN_SHARE_SET,
            Self::SyncJobsCounted { .. } => SYNC_JOBS_COUNTED,
            Self::AdministratorAdded { .. } => ADMINISTRATOR_ADDED,
            Self::AdministratorRemoved { .. } => ADMINISTRATOR_REMOVED,
            Self::DomainSlotReturned { .. } => DOMAIN_SLOT_RETURNED,
        }
    }

    fn encode(&self, _: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Ordered { account, plan, version, limits } => json(&OrderedV1 {
                account: account.to_string(),
                plan: plan.to_string(),
                version: *version,
                limits: limits.into(),
            }),
            Self::PlanChanged { plan, version, limits } => {
                json(&PlanChangedV1 { plan: plan.to_string(), version: *version, limits: limits.into() })
            }
            Self::Priced { recurring } => json(&PricedV1 {
                cycle: match recurring.cycle {
                    Cycle::Monthly => CycleV1::Monthly,
                    Cycle::Annual => CycleV1::Annual,
                },
                currency: match recurring.currency {
                    Currency::Eur => CurrencyV1::Eur,
                },
                cents: recurring.cents,
            }),
            Self::Purged | Self::Activated | Self::Restricted | Self::Resumed | Self::Reactivated => {
                json(&Nothing {})
            }
            Self::Suspended { reason } => json(&SuspendedV1 { reason: (*reason).into() }),
            Self::Ended { purge_after } => json(&EndedV1 { purge_after_ms: purge_after.millis() }),
            Self::SlotsTaken { domain, mailboxes, bytes }
            | Self::SlotsReturned { domain, mailboxes, bytes } => {
                json(&SlotsV1 { domain: domain.to_string(), mailboxes: *mailboxes, bytes: bytes.octets() })
            }
            Self::AllocationChanged { domain, from, to } => json(&AllocationChangedV1 {
                domain: domain.map(|domain| domain.to_string()),
                from_bytes: from.octets(),
                to_bytes: to.octets(),
            }),
            Self::DomainShareSet { domain, share } => {
                json(&DomainShareSetV1 { domain: domain.to_string(), share: *share })
            }
            Self::DomainSlotTaken { domain, mirrors } => json(&DomainSlotTakenV1 {
                domain: domain.to_string(),
                mirrors: mirrors.map(|mirrored| mirrored.to_string()),
            }),
            Self::SyncJobsCounted { mailbox, sync_jobs } => {
                json(&SyncJobsCountedV1 { mailbox: mailbox.to_string(), sync_jobs: *sync_jobs })
            }
            Self::AdministratorAdded { user } | Self::AdministratorRemoved { user } => {
                json(&UserV1 { user: user.to_string() })
            }
            Self::AliasSlotTaken { domain, uncounted } | Self::AliasSlotReturned { domain, uncounted } => {
                json(&AliasSlotV1 {
                    domain: domain.to_string(),
                    uncounted: uncounted.map(|alias| alias.to_string()),
                })
            }
            Self::DomainSlotReturned { domain } => json(&DomainV1 { domain: domain.to_string() }),
        })
    }

    fn decode(raw: &RawEvent, _: &dyn Open) -> Result<Self, Malformed> {
        let domain = || {
            let form: DomainV1 = wire::form(raw)?;
            wire::id(raw, &form.domain)
        };
        match (raw.kind.as_ref(), raw.schema) {
            ("service.ordered", 1) => {
                let form: OrderedV1 = wire::form(raw)?;
                Ok(Self::Ordered {
                    account: wire::id(raw, &form.account)?,
                    plan: wire::id(raw, &form.plan)?,
                    version: form.version,
                    limits: form.limits.into(),
                })
            }
            ("service.plan_changed", 1) => {
                let form: PlanChangedV1 = wire::form(raw)?;
                let (version, limits) = (form.version, form.limits.into());
                Ok(Self::PlanChanged { plan: wire::id(raw, &form.plan)?, version, limits })
            }
            ("service.priced", 1) => wire::form(raw).map(|form: PricedV1| Self::Priced {
                recurring: Recurring {
                    cycle: match form.cycle {
                        CycleV1::Monthly => Cycle::Monthly,
                        CycleV1::Annual => Cycle::Annual,
                    },
                    currency: match form.currency {
                        CurrencyV1::Eur => Currency::Eur,
                    },
                    cents: form.cents,
                },
            }),
            ("service.activated", 1) => wire::form(raw).map(|Nothing {}| Self::Activated),
            ("service.restricted", 1) => wire::form(raw).map(|Nothing {}| Self::Restricted),
            ("service.suspended", 1) => {
                wire::form(raw).map(|form: SuspendedV1| Self::Suspended { reason: form.reason.into() })
            }
            ("service.reactivated", 1) => wire::form(raw).map(|Nothing {}| Self::Reactivated),
            ("service.resumed", 1) => wire::form(raw).map(|Nothing {}| Self::Resumed),
            ("service.ended", 1) => wire::form(raw).map(|form: EndedV1| Self::Ended {
                purge_after: Timestamp::from_millis(form.purge_after_ms),
            }),
            ("service.purged", 1) => wire::form(raw).map(|Nothing {}| Self::Purged),
            ("service.slots_taken", 1) => {
                let form: SlotsV1 = wire::form(raw)?;
                let (domain, bytes) = (wire::id(raw, &form.domain)?, ByteSize::new(form.bytes));
                Ok(Self::SlotsTaken { domain, mailboxes: form.mailboxes, bytes })
            }
            ("service.slots_returned", 1) => {
                let form: SlotsV1 = wire::form(raw)?;
                let (domain, bytes) = (wire::id(raw, &form.domain)?, ByteSize::new(form.bytes));
                Ok(Self::SlotsReturned { domain, mailboxes: form.mailboxes, bytes })
            }
            ("service.allocation_changed", 1) => {
                let form: AllocationChangedV1 = wire::form(raw)?;
                let (from, to) = (ByteSize::new(form.from_bytes), ByteSize::new(form.to_bytes));
                let domain = form.domain.map(|domain| wire::id(raw, &domain)).transpose()?;
                Ok(Self::AllocationChanged { domain, from, to })
            }
            ("service.alias_slot_taken", 1) => {
                let (domain, uncounted) = alias_slot(raw)?;
                Ok(Self::AliasSlotTaken { domain, uncounted })
            }
            ("service.alias_slot_returned", 1) => {
                let (domain, uncounted) = alias_slot(raw)?;
                Ok(Self::AliasSlotReturned { domain, uncounted })
            }
            ("service.domain_slot_taken", 1) => {
                let form: DomainSlotTakenV1 = wire::form(raw)?;
                Ok(Self::DomainSlotTaken {
                    domain: wire::id(raw, &form.domain)?,
                    mirrors: form.mirrors.map(|mirrored| wire::id(raw, &mirrored)).transpose()?,
                })
            }
            ("service.domain_share_set", 1) => {
                let form: DomainShareSetV1 = wire::form(raw)?;
                Ok(Self::DomainShareSet { domain: wire::id(raw, &form.domain)?, share: form.share })
            }
            ("service.sync_jobs_counted", 1) => {
                let form: SyncJobsCountedV1 = wire::form(raw)?;
                Ok(Self::SyncJobsCounted {
                    mailbox: wire::id(raw, &form.mailbox)?,
                    sync_jobs: form.sync_jobs,
                })
            }
            ("service.administrator_added", 1) => {
                let form: UserV1 = wire::form(raw)?;
                Ok(Self::AdministratorAdded { user: wire::id(raw, &form.user)? })
            }
            ("service.administrator_removed", 1) => {
                let form: UserV1 = wire::form(raw)?;
                Ok(Self::AdministratorRemoved { user: wire::id(raw, &form.user)? })
            }
            ("service.domain_slot_returned", 1) => Ok(Self::DomainSlotReturned { domain: domain()? }),
            _ => Err(wire::unknown(raw)),
        }
    }
}

fn alias_slot(raw: &RawEvent) -> Result<(DomainId, Option<AliasId>), Malformed> {
    let form: AliasSlotV1 = wire::form(raw)?;
    let uncounted = form.uncounted.map(|alias| wire::id(raw, &alias)).transpose()?;
    Ok((wire::id(raw, &form.domain)?, uncounted))
}

impl From<SuspensionReason> for ReasonV1 {
    fn from(reason: SuspensionReason) -> Self {
        match reason {
            SuspensionReason::NonPayment => Self::NonPayment,
            SuspensionReason::Abuse => Self::Abuse,
            SuspensionReason::Legal => Self::Legal,
            SuspensionReason::Security => Self::Security,
        }
    }
}

impl From<ReasonV1> for SuspensionReason {
    fn from(form: ReasonV1) -> Self {
        match form {
            ReasonV1::NonPayment => Self::NonPayment,
            ReasonV1::Abuse => Self::Abuse,
            ReasonV1::Legal => Self::Legal,
            ReasonV1::Security => Self::Security,
        }
    }
}
