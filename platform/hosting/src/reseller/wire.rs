//! How the events of an account among resellers are stored.

use kernel::{AccountId, ByteSize, Event, Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::{ResellerEvent, Resources};
use crate::wire::{self, json};

const POOL_SET: Kind = Kind { name: "reseller.pool_set", schema: 1 };
const ALLOCATED: Kind = Kind { name: "reseller.allocated", schema: 1 };
const SETTLED: Kind = Kind { name: "reseller.settled", schema: 1 };
const RECEIVED: Kind = Kind { name: "reseller.received", schema: 1 };
const DRAWN: Kind = Kind { name: "reseller.drawn", schema: 1 };
const RETURNED: Kind = Kind { name: "reseller.returned", schema: 1 };

#[derive(Serialize, Deserialize)]
struct ResourcesV1 {
    services: u32,
    domains: u32,
    mailboxes: u32,
    storage_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct PoolSetV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pool: Option<ResourcesV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    customers: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct AllocationV1 {
    account: String,
    serial: u32,
    resources: ResourcesV1,
}

#[derive(Serialize, Deserialize)]
struct ReceivedV1 {
    giver: String,
    serial: u32,
    resources: ResourcesV1,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    customers: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct DrawnV1 {
    service: String,
    resources: ResourcesV1,
}

#[derive(Serialize, Deserialize)]
struct ReturnedV1 {
    service: String,
}

impl From<Resources> for ResourcesV1 {
    fn from(resources: Resources) -> Self {
        Self {
            services: resources.services,
            domains: resources.domains,
            mailboxes: resources.mailboxes,
            storage_bytes: resources.storage.octets(),
        }
    }
}

impl From<ResourcesV1> for Resources {
    fn from(form: ResourcesV1) -> Self {
        Self {
            services: form.services,
            domains: form.domains,
            mailboxes: form.mailboxes,
            storage: ByteSize::new(form.storage_bytes),
        }
    }
}

fn names(accounts: &[AccountId]) -> Vec<String> {
    accounts.iter().map(ToString::to_string).collect()
}

fn ids(raw: &RawEvent, names: &[String]) -> Result<Vec<AccountId>, Malformed> {
    names.iter().map(|name| wire::id(raw, name)).collect()
}

impl Event for ResellerEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::PoolSet { .. } => POOL_SET,
            Self::Allocated { .. } => ALLOCATED,
            Self::Settled { .. } => SETTLED,
            Self::Received { .. } => RECEIVED,
            Self::Drawn { .. } => DRAWN,
            Self::Returned { .. } => RETURNED,
        }
    }

    fn encode(&self, _: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::PoolSet { pool, customers } => {
                json(&PoolSetV1 { pool: pool.map(Into::into), customers: names(customers) })
            }
            Self::Allocated { account, serial, resources } | Self::Settled { account, serial, resources } => {
                json(&AllocationV1 {
                    account: account.to_string(),
                    serial: *serial,
                    resources: (*resources).into(),
                })
            }
            Self::Received { giver, serial, resources, customers } => json(&ReceivedV1 {
                giver: giver.to_string(),
                serial: *serial,
                resources: (*resources).into(),
                customers: names(customers),
            }),
            Self::Drawn { service, resources } => {
                json(&DrawnV1 { service: service.to_string(), resources: (*resources).into() })
            }
            Self::Returned { service } => json(&ReturnedV1 { service: service.to_string() }),
        })
    }

    fn decode(raw: &RawEvent, _: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("reseller.pool_set", 1) => {
                let form: PoolSetV1 = wire::form(raw)?;
                Ok(Self::PoolSet { pool: form.pool.map(Into::into), customers: ids(raw, &form.customers)? })
            }
            ("reseller.allocated", 1) => {
                let AllocationV1 { account, serial, resources } = wire::form(raw)?;
                let account = wire::id(raw, &account)?;
                Ok(Self::Allocated { account, serial, resources: resources.into() })
            }
            ("reseller.settled", 1) => {
                let AllocationV1 { account, serial, resources } = wire::form(raw)?;
                let account = wire::id(raw, &account)?;
                Ok(Self::Settled { account, serial, resources: resources.into() })
            }
            ("reseller.received", 1) => {
                let form: ReceivedV1 = wire::form(raw)?;
                Ok(Self::Received {
                    giver: wire::id(raw, &form.giver)?,
                    serial: form.serial,
                    resources: form.resources.into(),
                    customers: ids(raw, &form.customers)?,
                })
            }
            ("reseller.drawn", 1) => {
                let form: DrawnV1 = wire::form(raw)?;
                Ok(Self::Drawn { service: wire::id(raw, &form.service)?, resources: form.resources.into() })
            }
            ("reseller.returned", 1) => {
                let form: ReturnedV1 = wire::form(raw)?;
                Ok(Self::Returned { service: wire::id(raw, &form.service)? })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
