//! How the events of a domain are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DomainEvent, VerifiedBy};
use crate::wire::{self, SettingsChangedV1, json};

const ADDED: Kind = Kind { name: "domain.added", schema: 1 };
const SHARED_ADDED: Kind = Kind { name: "domain.shared_added", schema: 1 };
const SETTINGS_CHANGED: Kind = Kind { name: "domain.settings_changed", schema: 1 };
const VERIFIED: Kind = Kind { name: "domain.verified", schema: 1 };
const REMOVED: Kind = Kind { name: "domain.removed", schema: 1 };

#[derive(Serialize, Deserialize)]
struct AddedV1 {
    account: String,
    service: String,
    name: String,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mirrors: Option<String>,
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
            Self::SettingsChanged { .. } => SETTINGS_CHANGED,
            Self::Verified { .. } => VERIFIED,
            Self::Removed { .. } => REMOVED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Added { account, service, name, token, mirrors } => json(&AddedV1 {
                account: account.to_string(),
                service: service.to_string(),
                name: name.to_string(),
                token: token.clone(),
                mirrors: mirrors.map(|mirrored| mirrored.to_string()),
            }),
            Self::SharedAdded { name } => json(&SharedAddedV1 { name: name.to_string() }),
            Self::SettingsChanged { settings, changed } => {
                json(&SettingsChangedV1 { settings: wire::seal(seal, settings)?, changed: changed.clone() })
            }
            Self::Verified { by } => json(&VerifiedV1 {
                by: match by {
                    VerifiedBy::Txt => ByV1::Txt,
                    VerifiedBy::Operator => ByV1::Operator,
                },
            }),
            Self::Removed { purge_after } => json(&RemovedV1 { purge_after_ms: purge_after.millis() }),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("domain.added", 1) => {
                let form: AddedV1 = wire::form(raw)?;
                Ok(Self::Added {
                    account: wire::id(raw, &form.account)?,
                    service: wire::id(raw, &form.service)?,
                    name: wire::domain_name(raw, &form.name)?,
                    token: form.token,
                    mirrors: form.mirrors.map(|mirrored| wire::id(raw, &mirrored)).transpose()?,
                })
            }
            ("domain.shared_added", 1) => {
                let form: SharedAddedV1 = wire::form(raw)?;
                Ok(Self::SharedAdded { name: wire::domain_name(raw, &form.name)? })
            }
            ("domain.settings_changed", 1) => {
                let form: SettingsChangedV1 = wire::form(raw)?;
                let settings = wire::open(raw, open, &form.settings)?;
                Ok(Self::SettingsChanged { settings, changed: form.changed })
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
