//! How the events of a domain are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DkimAlgorithm, DkimPrivateKey, DkimSelector, DomainEvent, VerifiedBy};
use crate::wire::{self, Plain, SealedField, SettingsChangedV1, json};

const ADDED: Kind = Kind { name: "domain.added", schema: 1 };
const SHARED_ADDED: Kind = Kind { name: "domain.shared_added", schema: 1 };
const SETTINGS_CHANGED: Kind = Kind { name: "domain.settings_changed", schema: 1 };
const VERIFIED: Kind = Kind { name: "domain.verified", schema: 1 };
const DKIM_KEY_MADE: Kind = Kind { name: "domain.dkim_key_made", schema: 1 };
const DKIM_KEY_PUBLISHED: Kind = Kind { name: "domain.dkim_key_published", schema: 1 };
const DKIM_KEY_ACTIVE: Kind = Kind { name: "domain.dkim_key_active", schema: 1 };
const DKIM_KEY_RETIRED: Kind = Kind { name: "domain.dkim_key_retired", schema: 1 };
const POOL_THRESHOLD_CROSSED: Kind = Kind { name: "domain.pool_threshold_crossed", schema: 1 };
const RESTORED: Kind = Kind { name: "domain.restored", schema: 1 };
const REMOVED: Kind = Kind { name: "domain.removed", schema: 1 };

#[derive(Serialize, Deserialize)]
struct AddedV1 {
    account: String,
    service: String,
    name: String,
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mirrors: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_claimed: bool,
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
struct DkimKeyMadeV1 {
    selector: String,
    algorithm: String,
    public: String,
    private: SealedField,
}

#[derive(Serialize, Deserialize)]
struct DkimKeyPublishedV1 {
    selector: String,
    active_after_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct DkimKeyActiveV1 {
    selector: String,
}

#[derive(Serialize, Deserialize)]
struct DkimKeyRetiredV1 {
    selector: String,
    withdraw_after_ms: i64,
}

impl Plain for DkimPrivateKey {
    fn to_octets(&self) -> Vec<u8> {
        self.octets().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(Self::new(octets.to_vec().into()))
    }
}

#[derive(Serialize, Deserialize)]
struct RestoredV1 {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mirrors: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_claimed: bool,
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
            Self::DkimKeyMade { .. } => DKIM_KEY_MADE,
            Self::DkimKeyPublished { .. } => DKIM_KEY_PUBLISHED,
            Self::DkimKeyActive { .. } => DKIM_KEY_ACTIVE,
            Self::DkimKeyRetired { .. } => DKIM_KEY_RETIRED,
            Self::PoolThresholdCrossed { .. } => POOL_THRESHOLD_CROSSED,
            Self::Restored { .. } => RESTORED,
            Self::Removed { .. } => REMOVED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Added { account, service, name, token, mirrors, is_claimed } => json(&AddedV1 {
                account: account.to_string(),
                service: service.to_string(),
                name: name.to_string(),
                token: token.clone(),
                mirrors: mirrors.map(|mirrored| mirrored.to_string()),
                is_claimed: *is_claimed,
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
            Self::DkimKeyMade { selector, algorithm, public, private } => json(&DkimKeyMadeV1 {
                selector: selector.to_string(),
                algorithm: algorithm.name().to_owned(),
                public: public.clone(),
                private: wire::seal(seal, private)?,
            }),
            Self::DkimKeyPublished { selector, active_after } => json(&DkimKeyPublishedV1 {
                selector: selector.to_string(),
                active_after_ms: active_after.millis(),
            }),
            Self::DkimKeyActive { selector } => json(&DkimKeyActiveV1 { selector: selector.to_string() }),
            Self::DkimKeyRetired { selector, withdraw_after } => json(&DkimKeyRetiredV1 {
                selector: selector.to_string(),
                withdraw_after_ms: withdraw_after.millis(),
            }),
            Self::PoolThresholdCrossed { threshold, crossing } => wire::crossed(*threshold, *crossing),
            Self::Restored { name, mirrors, is_claimed } => json(&RestoredV1 {
                name: name.to_string(),
                mirrors: mirrors.map(|mirrored| mirrored.to_string()),
                is_claimed: *is_claimed,
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
                    is_claimed: form.is_claimed,
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
            ("domain.dkim_key_made", 1) => {
                let form: DkimKeyMadeV1 = wire::form(raw)?;
                Ok(Self::DkimKeyMade {
                    selector: selector(raw, &form.selector)?,
                    algorithm: DkimAlgorithm::named(&form.algorithm)
                        .ok_or_else(|| wire::malformed(raw, "an algorithm is not known"))?,
                    public: form.public,
                    private: wire::open(raw, open, &form.private)?,
                })
            }
            ("domain.dkim_key_published", 1) => {
                let form: DkimKeyPublishedV1 = wire::form(raw)?;
                let active_after = Timestamp::from_millis(form.active_after_ms);
                Ok(Self::DkimKeyPublished { selector: selector(raw, &form.selector)?, active_after })
            }
            ("domain.dkim_key_active", 1) => {
                let form: DkimKeyActiveV1 = wire::form(raw)?;
                Ok(Self::DkimKeyActive { selector: selector(raw, &form.selector)? })
            }
            ("domain.dkim_key_retired", 1) => {
                let form: DkimKeyRetiredV1 = wire::form(raw)?;
                let withdraw_after = Timestamp::from_millis(form.withdraw_after_ms);
                Ok(Self::DkimKeyRetired { selector: selector(raw, &form.selector)?, withdraw_after })
            }
            ("domain.pool_threshold_crossed", 1) => {
                let (threshold, crossing) = wire::read_crossed(raw)?;
                Ok(Self::PoolThresholdCrossed { threshold, crossing })
            }
            ("domain.restored", 1) => {
                let form: RestoredV1 = wire::form(raw)?;
                Ok(Self::Restored {
                    name: wire::domain_name(raw, &form.name)?,
                    mirrors: form.mirrors.map(|mirrored| wire::id(raw, &mirrored)).transpose()?,
                    is_claimed: form.is_claimed,
                })
            }
            ("domain.removed", 1) => wire::form(raw).map(|form: RemovedV1| Self::Removed {
                purge_after: Timestamp::from_millis(form.purge_after_ms),
            }),
            _ => Err(wire::unknown(raw)),
        }
    }
}

fn selector(raw: &RawEvent, text: &str) -> Result<DkimSelector, Malformed> {
    DkimSelector::parse(text).ok_or_else(|| wire::malformed(raw, "a selector is no label"))
}
