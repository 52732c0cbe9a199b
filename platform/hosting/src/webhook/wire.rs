//! How the events of a webhook are stored.

use kernel::{Event, Kind, Malformed, Open, Position, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Kinds, Pause, Resumption, WebhookEvent, WebhookSecret, WebhookUrl};
use crate::wire::{self, Nothing, Plain, SealedField, json};

const REGISTERED: Kind = Kind { name: "webhook.registered", schema: 1 };
const CHANGED: Kind = Kind { name: "webhook.changed", schema: 1 };
const SECRET_ROTATED: Kind = Kind { name: "webhook.secret_rotated", schema: 1 };
const PAUSED: Kind = Kind { name: "webhook.paused", schema: 1 };
const RESUMED: Kind = Kind { name: "webhook.resumed", schema: 1 };
const TEST_REQUESTED: Kind = Kind { name: "webhook.test_requested", schema: 1 };
const REPLAY_REQUESTED: Kind = Kind { name: "webhook.replay_requested", schema: 1 };
const REMOVED: Kind = Kind { name: "webhook.removed", schema: 1 };

#[derive(Serialize, Deserialize)]
struct RegisteredV1 {
    account: String,
    url: SealedField,
    kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<SealedField>,
    secret: SealedField,
}

#[derive(Serialize, Deserialize)]
struct ChangedV1 {
    url: SealedField,
    kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<SealedField>,
}

#[derive(Serialize, Deserialize)]
struct SecretRotatedV1 {
    secret: SealedField,
    previous_until_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct PausedV1 {
    cause: PauseV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PauseV1 {
    Wanted,
    Failing,
    Gone,
}

#[derive(Serialize, Deserialize)]
struct ResumedV1 {
    from: ResumptionV1,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResumptionV1 {
    WhereItStopped,
    Now,
}

#[derive(Serialize, Deserialize)]
struct ReplayRequestedV1 {
    from: u64,
    to: u64,
}

impl Plain for WebhookUrl {
    fn to_octets(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        String::from_utf8(octets.to_vec()).ok().map(Self::stored)
    }
}

impl Plain for WebhookSecret {
    fn to_octets(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        String::from_utf8(octets.to_vec()).ok().and_then(Self::new)
    }
}

fn names(kinds: &Kinds) -> Vec<String> {
    kinds.names().map(str::to_owned).collect()
}

fn kinds(raw: &RawEvent, names: &[String]) -> Result<Kinds, Malformed> {
    wire::parse(raw, Kinds::parse(names).ok(), "kinds of events are expected")
}

impl Event for WebhookEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Registered { .. } => REGISTERED,
            Self::Changed { .. } => CHANGED,
            Self::SecretRotated { .. } => SECRET_ROTATED,
            Self::Paused { .. } => PAUSED,
            Self::Resumed { .. } => RESUMED,
            Self::TestRequested => TEST_REQUESTED,
            Self::ReplayRequested { .. } => REPLAY_REQUESTED,
            Self::Removed => REMOVED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Registered { account, url, kinds, description, secret } => json(&RegisteredV1 {
                account: account.to_string(),
                url: wire::seal(seal, url)?,
                kinds: names(kinds),
                description: wire::seal_some(seal, description.as_ref())?,
                secret: wire::seal(seal, secret)?,
            }),
            Self::Changed { url, kinds, description } => json(&ChangedV1 {
                url: wire::seal(seal, url)?,
                kinds: names(kinds),
                description: wire::seal_some(seal, description.as_ref())?,
            }),
            Self::SecretRotated { secret, previous_until } => json(&SecretRotatedV1 {
                secret: wire::seal(seal, secret)?,
                previous_until_ms: previous_until.millis(),
            }),
            Self::Paused { cause } => json(&PausedV1 {
                cause: match cause {
                    Pause::Wanted => PauseV1::Wanted,
                    Pause::Failing => PauseV1::Failing,
                    Pause::Gone => PauseV1::Gone,
                },
            }),
            Self::Resumed { from } => json(&ResumedV1 {
                from: match from {
                    Resumption::WhereItStopped => ResumptionV1::WhereItStopped,
                    Resumption::Now => ResumptionV1::Now,
                },
            }),
            Self::ReplayRequested { from, to } => json(&ReplayRequestedV1 { from: from.0, to: to.0 }),
            Self::TestRequested | Self::Removed => json(&Nothing {}),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("webhook.registered", 1) => {
                let form: RegisteredV1 = wire::form(raw)?;
                Ok(Self::Registered {
                    account: wire::id(raw, &form.account)?,
                    url: wire::open(raw, open, &form.url)?,
                    kinds: kinds(raw, &form.kinds)?,
                    description: wire::open_some(raw, open, form.description.as_ref())?,
                    secret: wire::open(raw, open, &form.secret)?,
                })
            }
            ("webhook.changed", 1) => {
                let form: ChangedV1 = wire::form(raw)?;
                Ok(Self::Changed {
                    url: wire::open(raw, open, &form.url)?,
                    kinds: kinds(raw, &form.kinds)?,
                    description: wire::open_some(raw, open, form.description.as_ref())?,
                })
            }
            ("webhook.secret_rotated", 1) => {
                let form: SecretRotatedV1 = wire::form(raw)?;
                let previous_until = Timestamp::from_millis(form.previous_until_ms);
                Ok(Self::SecretRotated { secret: wire::open(raw, open, &form.secret)?, previous_until })
            }
            ("webhook.paused", 1) => wire::form(raw).map(|form: PausedV1| Self::Paused {
                cause: match form.cause {
                    PauseV1::Wanted => Pause::Wanted,
                    PauseV1::Failing => Pause::Failing,
                    PauseV1::Gone => Pause::Gone,
                },
            }),
            ("webhook.resumed", 1) => wire::form(raw).map(|form: ResumedV1| Self::Resumed {
                from: match form.from {
                    ResumptionV1::WhereItStopped => Resumption::WhereItStopped,
                    ResumptionV1::Now => Resumption::Now,
                },
            }),
            ("webhook.test_requested", 1) => wire::form(raw).map(|Nothing {}| Self::TestRequested),
            ("webhook.replay_requested", 1) => wire::form(raw).map(|form: ReplayRequestedV1| {
                Self::ReplayRequested { from: Position(form.from), to: Position(form.to) }
            }),
            ("webhook.removed", 1) => wire::form(raw).map(|Nothing {}| Self::Removed),
            _ => Err(wire::unknown(raw)),
        }
    }
}
