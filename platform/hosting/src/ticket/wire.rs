//! How the events of a ticket are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Side, TicketEvent, TicketKind};
use crate::wire::{self, Nothing, SealedField, json};

const OPENED: Kind = Kind { name: "ticket.opened", schema: 1 };
const SAID: Kind = Kind { name: "ticket.said", schema: 1 };
const RESOLVED: Kind = Kind { name: "ticket.resolved", schema: 1 };
const REOPENED: Kind = Kind { name: "ticket.reopened", schema: 1 };

#[derive(Serialize, Deserialize)]
struct OpenedV1 {
    account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    kind: KindV1,
    subject: SealedField,
    text: SealedField,
}

#[derive(Serialize, Deserialize)]
struct SaidV1 {
    side: SideV1,
    text: SealedField,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_internal: bool,
}

#[derive(Serialize, Deserialize)]
struct ResolvedV1 {
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KindV1 {
    Billing,
    Technical,
    Abuse,
    Security,
    Legal,
    Sales,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SideV1 {
    Customer,
    Staff,
}

impl From<TicketKind> for KindV1 {
    fn from(kind: TicketKind) -> Self {
        match kind {
            TicketKind::Billing => Self::Billing,
            TicketKind::Technical => Self::Technical,
            TicketKind::Abuse => Self::Abuse,
            TicketKind::Security => Self::Security,
            TicketKind::Legal => Self::Legal,
            TicketKind::Sales => Self::Sales,
        }
    }
}

impl From<KindV1> for TicketKind {
    fn from(form: KindV1) -> Self {
        match form {
            KindV1::Billing => Self::Billing,
            KindV1::Technical => Self::Technical,
            KindV1::Abuse => Self::Abuse,
            KindV1::Security => Self::Security,
            KindV1::Legal => Self::Legal,
            KindV1::Sales => Self::Sales,
        }
    }
}

impl Event for TicketEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Opened { .. } => OPENED,
            Self::Said { .. } => SAID,
            Self::Resolved { .. } => RESOLVED,
            Self::Reopened => REOPENED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Opened { account, service, kind, subject, text } => json(&OpenedV1 {
                account: account.to_string(),
                service: service.map(|service| service.to_string()),
                kind: (*kind).into(),
                subject: wire::seal(seal, subject)?,
                text: wire::seal(seal, text)?,
            }),
            Self::Said { side, text, is_internal } => json(&SaidV1 {
                side: match side {
                    Side::Customer => SideV1::Customer,
                    Side::Staff => SideV1::Staff,
                },
                text: wire::seal(seal, text)?,
                is_internal: *is_internal,
            }),
            Self::Resolved { at } => json(&ResolvedV1 { at_ms: at.millis() }),
            Self::Reopened => json(&Nothing {}),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("ticket.opened", 1) => {
                let form: OpenedV1 = wire::form(raw)?;
                Ok(Self::Opened {
                    account: wire::id(raw, &form.account)?,
                    service: form.service.as_deref().map(|service| wire::id(raw, service)).transpose()?,
                    kind: form.kind.into(),
                    subject: wire::open(raw, open, &form.subject)?,
                    text: wire::open(raw, open, &form.text)?,
                })
            }
            ("ticket.said", 1) => {
                let form: SaidV1 = wire::form(raw)?;
                Ok(Self::Said {
                    side: match form.side {
                        SideV1::Customer => Side::Customer,
                        SideV1::Staff => Side::Staff,
                    },
                    text: wire::open(raw, open, &form.text)?,
                    is_internal: form.is_internal,
                })
            }
            ("ticket.resolved", 1) => wire::form(raw)
                .map(|form: ResolvedV1| Self::Resolved { at: Timestamp::from_millis(form.at_ms) }),
            ("ticket.reopened", 1) => wire::form(raw).map(|Nothing {}| Self::Reopened),
            _ => Err(wire::unknown(raw)),
        }
    }
}
