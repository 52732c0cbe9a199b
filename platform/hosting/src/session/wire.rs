//! How the events of a session are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{EndReason, Entrance, SessionEvent, SessionOwner};
use crate::wire::{self, Hash, SealedField, json};

const STARTED: Kind = Kind { name: "session.started", schema: 1 };
const ROTATED: Kind = Kind { name: "session.rotated", schema: 1 };
const ENDED: Kind = Kind { name: "session.ended", schema: 1 };

#[derive(Serialize, Deserialize)]
struct StartedV1 {
    owner: OwnerV1,
    refresh_hash: Hash,
    expires_at_ms: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    has_second_factor: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<SealedField>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_unfamiliar: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OwnerV1 {
    User(String),
    Mailbox(String),
}

#[derive(Serialize, Deserialize)]
struct RotatedV1 {
    refresh_hash: Hash,
    expires_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct EndedV1 {
    reason: ReasonV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReasonV1 {
    SignedOut,
    Revoked,
    TokenReused,
}

impl Event for SessionEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Started { .. } => STARTED,
            Self::Rotated { .. } => ROTATED,
            Self::Ended { .. } => ENDED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Started { owner, refresh_hash, expires_at, entrance } => json(&StartedV1 {
                owner: match owner {
                    SessionOwner::User(user) => OwnerV1::User(user.to_string()),
                    SessionOwner::Mailbox(mailbox) => OwnerV1::Mailbox(mailbox.to_string()),
                },
                refresh_hash: refresh_hash.into(),
                expires_at_ms: expires_at.millis(),
                has_second_factor: entrance.has_second_factor,
                device: wire::seal_some(seal, entrance.device.as_ref())?,
                is_unfamiliar: entrance.is_unfamiliar,
            }),
            Self::Rotated { refresh_hash, expires_at } => {
                json(&RotatedV1 { refresh_hash: refresh_hash.into(), expires_at_ms: expires_at.millis() })
            }
            Self::Ended { reason } => json(&EndedV1 {
                reason: match reason {
                    EndReason::SignedOut => ReasonV1::SignedOut,
                    EndReason::Revoked => ReasonV1::Revoked,
                    EndReason::TokenReused => ReasonV1::TokenReused,
                },
            }),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("session.started", 1) => {
                let form: StartedV1 = wire::form(raw)?;
                Ok(Self::Started {
                    owner: match form.owner {
                        OwnerV1::User(user) => SessionOwner::User(wire::id(raw, &user)?),
                        OwnerV1::Mailbox(mailbox) => SessionOwner::Mailbox(wire::id(raw, &mailbox)?),
                    },
                    refresh_hash: wire::hash(raw, &form.refresh_hash)?,
                    expires_at: Timestamp::from_millis(form.expires_at_ms),
                    entrance: Entrance {
                        has_second_factor: form.has_second_factor,
                        device: wire::open_some(raw, open, form.device.as_ref())?,
                        is_unfamiliar: form.is_unfamiliar,
                    },
                })
            }
            ("session.rotated", 1) => {
                let form: RotatedV1 = wire::form(raw)?;
                Ok(Self::Rotated {
                    refresh_hash: wire::hash(raw, &form.refresh_hash)?,
                    expires_at: Timestamp::from_millis(form.expires_at_ms),
                })
            }
            ("session.ended", 1) => {
                let form: EndedV1 = wire::form(raw)?;
                let reason = match form.reason {
                    ReasonV1::SignedOut => EndReason::SignedOut,
                    ReasonV1::Revoked => EndReason::Revoked,
                    ReasonV1::TokenReused => EndReason::TokenReused,
                };
                Ok(Self::Ended { reason })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
