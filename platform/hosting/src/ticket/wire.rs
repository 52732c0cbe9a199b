//! How the events of a ticket are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{FileKey, Side, TicketEvent, TicketFile, TicketKind, TicketPriority, Way};
use crate::wire::{self, Hash, Nothing, Plain, SealedField, json};

const OPENED: Kind = Kind { name: "ticket.opened", schema: 1 };
const SAID: Kind = Kind { name: "ticket.said", schema: 1 };
const ATTACHED: Kind = Kind { name: "ticket.attached", schema: 1 };
const ASSIGNED: Kind = Kind { name: "ticket.assigned", schema: 1 };
const PRIORITY_SET: Kind = Kind { name: "ticket.priority_set", schema: 1 };
const RESOLVED: Kind = Kind { name: "ticket.resolved", schema: 1 };
const REOPENED: Kind = Kind { name: "ticket.reopened", schema: 1 };
const MERGED: Kind = Kind { name: "ticket.merged", schema: 1 };
const TOOK_IN: Kind = Kind { name: "ticket.took_in", schema: 1 };
const RATED: Kind = Kind { name: "ticket.rated", schema: 1 };

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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_mail: bool,
}

#[derive(Serialize, Deserialize)]
struct AttachedV1 {
    side: SideV1,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_internal: bool,
    name: SealedField,
    octets: u64,
    hash: Hash,
    key: SealedField,
}

#[derive(Serialize, Deserialize)]
struct AssignedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct PrioritySetV1 {
    priority: PriorityV1,
}

#[derive(Serialize, Deserialize)]
struct MergedV1 {
    into: String,
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct TookInV1 {
    from: String,
}

#[derive(Serialize, Deserialize)]
struct RatedV1 {
    stars: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<SealedField>,
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
    Withdrawal,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SideV1 {
    Customer,
    Staff,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PriorityV1 {
    Low,
    Normal,
    High,
    Urgent,
}

impl From<TicketPriority> for PriorityV1 {
    fn from(priority: TicketPriority) -> Self {
        match priority {
            TicketPriority::Low => Self::Low,
            TicketPriority::Normal => Self::Normal,
            TicketPriority::High => Self::High,
            TicketPriority::Urgent => Self::Urgent,
        }
    }
}

impl From<PriorityV1> for TicketPriority {
    fn from(form: PriorityV1) -> Self {
        match form {
            PriorityV1::Low => Self::Low,
            PriorityV1::Normal => Self::Normal,
            PriorityV1::High => Self::High,
            PriorityV1::Urgent => Self::Urgent,
        }
    }
}

impl From<Side> for SideV1 {
    fn from(side: Side) -> Self {
        match side {
            Side::Customer => Self::Customer,
            Side::Staff => Self::Staff,
        }
    }
}

impl From<SideV1> for Side {
    fn from(form: SideV1) -> Self {
        match form {
            SideV1::Customer => Self::Customer,
            SideV1::Staff => Self::Staff,
        }
    }
}

impl Plain for FileKey {
    fn to_octets(&self) -> Vec<u8> {
        self.octets().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self::new)
    }
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
            TicketKind::Withdrawal => Self::Withdrawal,
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
            KindV1::Withdrawal => Self::Withdrawal,
        }
    }
}

impl Event for TicketEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Opened { .. } => OPENED,
            Self::Said { .. } => SAID,
            Self::Attached(_) => ATTACHED,
            Self::Assigned { .. } => ASSIGNED,
            Self::PrioritySet { .. } => PRIORITY_SET,
            Self::Resolved { .. } => RESOLVED,
            Self::Reopened => REOPENED,
            Self::Merged { .. } => MERGED,
            Self::TookIn { .. } => TOOK_IN,
            Self::Rated { .. } => RATED,
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
            Self::Said { side, text, is_internal, way } => json(&SaidV1 {
                side: (*side).into(),
                text: wire::seal(seal, text)?,
                is_internal: *is_internal,
                is_mail: *way == Way::Mail,
            }),
            Self::Attached(file) => json(&AttachedV1 {
                side: file.side.into(),
                is_internal: file.is_internal,
                name: wire::seal(seal, &file.name)?,
                octets: file.octets,
                hash: Hash::from(&file.hash),
                key: wire::seal(seal, &file.key)?,
            }),
            Self::Assigned { to } => json(&AssignedV1 { to: to.map(|user| user.to_string()) }),
            Self::PrioritySet { priority } => json(&PrioritySetV1 { priority: (*priority).into() }),
            Self::Resolved { at } => json(&ResolvedV1 { at_ms: at.millis() }),
            Self::Reopened => json(&Nothing {}),
            Self::Merged { into, at } => json(&MergedV1 { into: into.to_string(), at_ms: at.millis() }),
            Self::TookIn { from } => json(&TookInV1 { from: from.to_string() }),
            Self::Rated { stars, words } => {
                json(&RatedV1 { stars: *stars, words: wire::seal_some(seal, words.as_ref())? })
            }
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
                    side: form.side.into(),
                    text: wire::open(raw, open, &form.text)?,
                    is_internal: form.is_internal,
                    way: if form.is_mail { Way::Mail } else { Way::Panel },
                })
            }
            ("ticket.attached", 1) => {
                let form: AttachedV1 = wire::form(raw)?;
                Ok(Self::Attached(TicketFile {
                    side: form.side.into(),
                    is_internal: form.is_internal,
                    name: wire::open(raw, open, &form.name)?,
                    octets: form.octets,
                    hash: wire::hash(raw, &form.hash)?,
                    key: wire::open(raw, open, &form.key)?,
                }))
            }
            ("ticket.assigned", 1) => {
                let form: AssignedV1 = wire::form(raw)?;
                let to = form.to.as_deref().map(|user| wire::id(raw, user)).transpose()?;
                Ok(Self::Assigned { to })
            }
            ("ticket.priority_set", 1) => wire::form(raw)
                .map(|form: PrioritySetV1| Self::PrioritySet { priority: form.priority.into() }),
            ("ticket.resolved", 1) => wire::form(raw)
                .map(|form: ResolvedV1| Self::Resolved { at: Timestamp::from_millis(form.at_ms) }),
            ("ticket.reopened", 1) => wire::form(raw).map(|Nothing {}| Self::Reopened),
            ("ticket.merged", 1) => {
                let form: MergedV1 = wire::form(raw)?;
                Ok(Self::Merged { into: wire::id(raw, &form.into)?, at: Timestamp::from_millis(form.at_ms) })
            }
            ("ticket.took_in", 1) => {
                let form: TookInV1 = wire::form(raw)?;
                Ok(Self::TookIn { from: wire::id(raw, &form.from)? })
            }
            ("ticket.rated", 1) => {
                let form: RatedV1 = wire::form(raw)?;
                Ok(Self::Rated { stars: form.stars, words: wire::open_some(raw, open, form.words.as_ref())? })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
