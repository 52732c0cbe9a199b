//! How the events of an account among resellers are stored.

use kernel::{AccountId, ByteSize, Event, Kind, Malformed, Open, RawEvent, Seal, SealError, TransferId};
use serde::{Deserialize, Serialize};

use super::{Brand, BrandHost, Colour, Logo, ResellerEvent, Resources};
use crate::wire::{self, Hash, Nothing, SealedField, json};

const POOL_SET: Kind = Kind { name: "reseller.pool_set", schema: 1 };
const ALLOCATED: Kind = Kind { name: "reseller.allocated", schema: 1 };
const SETTLED: Kind = Kind { name: "reseller.settled", schema: 1 };
const RECEIVED: Kind = Kind { name: "reseller.received", schema: 1 };
const TRANSFER_RECEIVED: Kind = Kind { name: "reseller.transfer_received", schema: 1 };
const TRANSFER_ACCEPTED: Kind = Kind { name: "reseller.transfer_accepted", schema: 1 };
const TRANSFER_DECLINED: Kind = Kind { name: "reseller.transfer_declined", schema: 1 };
const TRANSFER_CLOSED: Kind = Kind { name: "reseller.transfer_closed", schema: 1 };
const DROPPED: Kind = Kind { name: "reseller.dropped", schema: 1 };
const FREED: Kind = Kind { name: "reseller.freed", schema: 1 };
const BRANDED: Kind = Kind { name: "reseller.branded", schema: 1 };
const UNBRANDED: Kind = Kind { name: "reseller.unbranded", schema: 1 };
const DRAWN: Kind = Kind { name: "reseller.drawn", schema: 1 };
const RETURNED: Kind = Kind { name: "reseller.returned", schema: 1 };

#[derive(Serialize, Deserialize)]
pub(crate) struct ResourcesV1 {
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
struct TransferReceivedV1 {
    transfer: String,
    account: String,
    name: SealedField,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_sandbox: bool,
    resources: ResourcesV1,
}

#[derive(Serialize, Deserialize)]
struct TransferV1 {
    transfer: String,
    account: String,
}

#[derive(Serialize, Deserialize)]
struct DroppedV1 {
    account: String,
}

#[derive(Serialize, Deserialize)]
struct FreedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pool: Option<ResourcesV1>,
}

#[derive(Serialize, Deserialize)]
struct BrandedV1 {
    name: String,
    accent: String,
    on_accent: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logo: Option<LogoV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<HostV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LogoV1 {
    sha256: Hash,
    width: u32,
    height: u32,
}

#[derive(Serialize, Deserialize)]
struct HostV1 {
    name: String,
    domain: String,
}

impl From<&Brand> for BrandedV1 {
    fn from(brand: &Brand) -> Self {
        let logo =
            |logo: &Logo| LogoV1 { sha256: (&logo.sha256).into(), width: logo.width, height: logo.height };
        let host = |host: &BrandHost| HostV1 { name: host.name.to_string(), domain: host.domain.to_string() };
        Self {
            name: brand.name.clone(),
            accent: brand.accent.to_string(),
            on_accent: brand.on_accent.to_string(),
            logo: brand.logo.as_ref().map(logo),
            hosts: brand.hosts.iter().map(host).collect(),
            language: brand.language.map(|language| language.tag().to_owned()),
        }
    }
}

impl BrandedV1 {
    fn read(self, raw: &RawEvent) -> Result<Brand, Malformed> {
        let colour = |text: &str| wire::parse(raw, Colour::parse(text).ok(), "a colour is expected");
        let logo = |logo: LogoV1| {
            let sha256 = wire::hash(raw, &logo.sha256)?;
            Ok::<_, Malformed>(Logo { sha256, width: logo.width, height: logo.height })
        };
        let host = |host: &HostV1| {
            Ok(BrandHost { name: wire::domain_name(raw, &host.name)?, domain: wire::id(raw, &host.domain)? })
        };
        Ok(Brand {
            accent: colour(&self.accent)?,
            on_accent: colour(&self.on_accent)?,
            logo: self.logo.map(logo).transpose()?,
            hosts: self.hosts.iter().map(host).collect::<Result<_, Malformed>>()?,
            language: self.language.map(|tag| wire::language(raw, &tag)).transpose()?,
            name: self.name,
        })
    }
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

fn transfer(raw: &RawEvent) -> Result<(TransferId, AccountId), Malformed> {
    let form: TransferV1 = wire::form(raw)?;
    Ok((wire::id(raw, &form.transfer)?, wire::id(raw, &form.account)?))
}

impl Event for ResellerEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::PoolSet { .. } => POOL_SET,
            Self::Allocated { .. } => ALLOCATED,
            Self::Settled { .. } => SETTLED,
            Self::Received { .. } => RECEIVED,
            Self::TransferReceived { .. } => TRANSFER_RECEIVED,
            Self::TransferAccepted { .. } => TRANSFER_ACCEPTED,
            Self::TransferDeclined { .. } => TRANSFER_DECLINED,
            Self::TransferClosed { .. } => TRANSFER_CLOSED,
            Self::Dropped { .. } => DROPPED,
            Self::Freed { .. } => FREED,
            Self::Branded(_) => BRANDED,
            Self::Unbranded => UNBRANDED,
            Self::Drawn { .. } => DRAWN,
            Self::Returned { .. } => RETURNED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
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
            Self::TransferReceived { transfer, account, name, is_sandbox, resources } => {
                json(&TransferReceivedV1 {
                    transfer: transfer.to_string(),
                    account: account.to_string(),
                    name: wire::seal(seal, name)?,
                    is_sandbox: *is_sandbox,
                    resources: (*resources).into(),
                })
            }
            Self::TransferAccepted { transfer, account }
            | Self::TransferDeclined { transfer, account }
            | Self::TransferClosed { transfer, account } => {
                json(&TransferV1 { transfer: transfer.to_string(), account: account.to_string() })
            }
            Self::Dropped { account } => json(&DroppedV1 { account: account.to_string() }),
            Self::Freed { pool } => json(&FreedV1 { pool: pool.map(Into::into) }),
            Self::Branded(brand) => json(&BrandedV1::from(brand)),
            Self::Unbranded => json(&Nothing {}),
            Self::Drawn { service, resources } => {
                json(&DrawnV1 { service: service.to_string(), resources: (*resources).into() })
            }
            Self::Returned { service } => json(&ReturnedV1 { service: service.to_string() }),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
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
            ("reseller.transfer_received", 1) => {
                let form: TransferReceivedV1 = wire::form(raw)?;
                Ok(Self::TransferReceived {
                    transfer: wire::id(raw, &form.transfer)?,
                    account: wire::id(raw, &form.account)?,
                    name: wire::open(raw, open, &form.name)?,
                    is_sandbox: form.is_sandbox,
                    resources: form.resources.into(),
                })
            }
            ("reseller.transfer_accepted", 1) => {
                let (transfer, account) = transfer(raw)?;
                Ok(Self::TransferAccepted { transfer, account })
            }
            ("reseller.transfer_declined", 1) => {
                let (transfer, account) = transfer(raw)?;
                Ok(Self::TransferDeclined { transfer, account })
            }
            ("reseller.transfer_closed", 1) => {
                let (transfer, account) = transfer(raw)?;
                Ok(Self::TransferClosed { transfer, account })
            }
            ("reseller.dropped", 1) => {
                let form: DroppedV1 = wire::form(raw)?;
                Ok(Self::Dropped { account: wire::id(raw, &form.account)? })
            }
            ("reseller.freed", 1) => {
                let form: FreedV1 = wire::form(raw)?;
                Ok(Self::Freed { pool: form.pool.map(Into::into) })
            }
            ("reseller.branded", 1) => {
                let form: BrandedV1 = wire::form(raw)?;
                form.read(raw).map(Self::Branded)
            }
            ("reseller.unbranded", 1) => wire::form(raw).map(|Nothing {}| Self::Unbranded),
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
