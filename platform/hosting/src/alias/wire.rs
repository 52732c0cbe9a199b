//! How the events of an alias are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AliasEvent, Temporary};
use crate::wire::{self, Nothing, SealedField, SettingsChangedV1, json};

const CREATED: Kind = Kind { name: "alias.created", schema: 1 };
const EXPIRY_CHANGED: Kind = Kind { name: "alias.expiry_changed", schema: 1 };
const TARGETS_CHANGED: Kind = Kind { name: "alias.targets_changed", schema: 1 };
const SETTINGS_CHANGED: Kind = Kind { name: "alias.settings_changed", schema: 1 };
const DELETED: Kind = Kind { name: "alias.deleted", schema: 1 };

#[derive(Serialize, Deserialize)]
struct CreatedV1 {
    account: String,
    service: String,
    domain: String,
    domain_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local: Option<SealedField>,
    targets: SealedField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    temporary: Option<TemporaryV1>,
}

#[derive(Serialize, Deserialize)]
struct TemporaryV1 {
    mailbox: String,
    expires_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct ExpiryChangedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct TargetsChangedV1 {
    targets: SealedField,
}

impl Event for AliasEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Created { .. } => CREATED,
            Self::ExpiryChanged { .. } => EXPIRY_CHANGED,
            Self::TargetsChanged { .. } => TARGETS_CHANGED,
            Self::SettingsChanged { .. } => SETTINGS_CHANGED,
            Self::Deleted => DELETED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Created { account, service, domain, domain_name, local, targets, temporary } => {
                json(&CreatedV1 {
                    account: account.to_string(),
                    service: service.to_string(),
                    domain: domain.to_string(),
                    domain_name: domain_name.to_string(),
                    local: wire::seal_some(seal, local.as_ref())?,
                    targets: wire::seal(seal, targets)?,
                    temporary: temporary.map(|temporary| TemporaryV1 {
                        mailbox: temporary.mailbox.to_string(),
                        expires_at_ms: temporary.expires_at.millis(),
                    }),
                })
            }
            Self::ExpiryChanged { expires_at } => {
                json(&ExpiryChangedV1 { expires_at_ms: expires_at.map(Timestamp::millis) })
            }
            Self::TargetsChanged { targets } => {
                json(&TargetsChangedV1 { targets: wire::seal(seal, targets)? })
            }
            Self::SettingsChanged { settings, changed } => {
                json(&SettingsChangedV1 { settings: wire::seal(seal, settings)?, changed: changed.clone() })
            }
            Self::Deleted => json(&Nothing {}),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("alias.created", 1) => {
                let form: CreatedV1 = wire::form(raw)?;
                Ok(Self::Created {
                    account: wire::id(raw, &form.account)?,
                    service: wire::id(raw, &form.service)?,
                    domain: wire::id(raw, &form.domain)?,
                    domain_name: wire::domain_name(raw, &form.domain_name)?,
                    local: wire::open_some(raw, open, form.local.as_ref())?,
                    targets: wire::open(raw, open, &form.targets)?,
                    temporary: match form.temporary {
                        None => None,
                        Some(temporary) => Some(Temporary {
                            mailbox: wire::id(raw, &temporary.mailbox)?,
                            expires_at: Timestamp::from_millis(temporary.expires_at_ms),
                        }),
                    },
                })
            }
            ("alias.expiry_changed", 1) => wire::form(raw).map(|form: ExpiryChangedV1| Self::ExpiryChanged {
                expires_at: form.expires_at_ms.map(Timestamp::from_millis),
            }),
            ("alias.targets_changed", 1) => {
                let form: TargetsChangedV1 = wire::form(raw)?;
                Ok(Self::TargetsChanged { targets: wire::open(raw, open, &form.targets)? })
            }
            ("alias.settings_changed", 1) => {
                let form: SettingsChangedV1 = wire::form(raw)?;
                let settings = wire::open(raw, open, &form.settings)?;
                Ok(Self::SettingsChanged { settings, changed: form.changed })
            }
            ("alias.deleted", 1) => wire::form(raw).map(|Nothing {}| Self::Deleted),
            _ => Err(wire::unknown(raw)),
        }
    }
}
