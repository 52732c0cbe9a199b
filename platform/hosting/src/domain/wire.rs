//! How the events of a domain are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DomainEvent, VerifiedBy};
use crate::wire::{self, json};

const ADDED: Kind = Kind { name: "domain.added", schema: 1 };
const SHARED_ADDED: Kind = Kind { name: "domain.shared_added", schema: 1 };
const VERIFIED: Kind = Kind { name: "domain.verified", schema: 1 };
const REMOVED: Kind = Kind { name: "domain.removed", schema: 1 };

#[derive(Serialize, Deserialize)]
struct AddedV1 {
    account: String,
    service: String,
    name: String,
    token: String,
}

#[derive(Serialize, Deserialize)]
struct SharedAddedV1 {
    name: String,
}

#[derive(Serialize, Deserialize)]
struct VerifiedV1 {
    by: ByV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ByV1 {
    Txt,
    Operator,
}

#[derive(Serialize, Deserialize)]
struct RemovedV1 {
    purge_after_ms: i64,
}

impl Event for DomainEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Added { .. } => ADDED,
            Self::SharedAdded { .. } => SHARED_ADDED,
            Self::Verified { .. } => VERIFIED,
            Self::Removed { .. } => REMOVED,
        }
    }

    fn encode(&self, _: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Added { account, service, name, token } => json(&AddedV1 {
                account: account.to_string(),
                service: service.to_string(),
                name: name.to_string(),
                token: token.clone(),
            }),
            Self::SharedAdded { name } => json(&SharedAddedV1 { name: name.to_string() }),
            Self::Verified { by } => json(&VerifiedV1 {
                by: match by {
                    VerifiedBy::Txt => ByV1::Txt,
                    VerifiedBy::Operator => ByV1::Operator,
                },
            }),
            Self::Removed { purge_after } => json(&RemovedV1 { purge_after_ms: purge_after.millis() }),
        })
    }

    fn decode(raw: &RawEvent, _: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("domain.added", 1) => {
                let form: AddedV1 = wire::form(raw)?;
                Ok(Self::Added {
                    account: wire::id(raw, &form.account)?,
                    service: wire::id(raw, &form.service)?,
                    name: wire::domain_name(raw, &form.name)?,
                    token: form.token,
                })
            }
            ("domain.shared_added", 1) => {
                let form: SharedAddedV1 = wire::form(raw)?;
                Ok(Self::SharedAdded { name: wire::domain_name(raw, &form.name)? })
            }
            ("domain.verified", 1) => {
                let form: VerifiedV1 = wire::form(raw)?;
                let by = match form.by {
                    ByV1::Txt => VerifiedBy::Txt,
                    ByV1::Operator => VerifiedBy::Operator,
                };
                Ok(Self::Verified { by })
            }
            ("domain.removed", 1) => wire::form(raw).map(|form: RemovedV1| Self::Removed {
                purge_after: Timestamp::from_millis(form.purge_after_ms),
            }),
            _ => Err(wire::unknown(raw)),
        }
    }
}
