//! How the events of notices are stored.

use kernel::{Event, Kind, Malformed, NoticeId, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Notice, NoticeEvent, NoticeKind, NoticePerson};
use crate::wire::{self, SealedField, json};

const REQUESTED: Kind = Kind { name: "notice.requested", schema: 1 };
const LINK_USED: Kind = Kind { name: "notice.link_used", schema: 1 };

#[derive(Serialize, Deserialize)]
struct RequestedV1 {
    notice: String,
    person: PersonV1,
    kind: String,
    address: SealedField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    login: Option<SealedField>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<SealedField>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    language: String,
    at_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link_until_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link_of: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PersonV1 {
    User(String),
    Mailbox(String),
    Delegate(String),
}

#[derive(Serialize, Deserialize)]
struct LinkUsedV1 {
    notice: String,
}

fn requested(notice: &Notice, seal: &mut dyn Seal) -> Result<RequestedV1, SealError> {
    Ok(RequestedV1 {
        notice: notice.notice.to_string(),
        person: match notice.person {
            NoticePerson::User(user) => PersonV1::User(user.to_string()),
            NoticePerson::Mailbox(mailbox) => PersonV1::Mailbox(mailbox.to_string()),
            NoticePerson::Delegate(delegation) => PersonV1::Delegate(delegation.to_string()),
        },
        kind: notice.kind.name().to_owned(),
        address: wire::seal(seal, &notice.address)?,
        login: wire::seal_some(seal, notice.login.as_ref())?,
        detail: wire::seal_some(seal, notice.detail.as_ref())?,
        ticket: notice.ticket.map(|ticket| ticket.to_string()),
        language: notice.language.tag().to_owned(),
        at_ms: notice.at.millis(),
        link_until_ms: notice.link_until.map(Timestamp::millis),
        link_of: (notice.link_of != notice.notice).then(|| notice.link_of.to_string()),
    })
}

fn notice(raw: &RawEvent, open: &dyn Open) -> Result<Notice, Malformed> {
    let form: RequestedV1 = wire::form(raw)?;
    let id: NoticeId = wire::id(raw, &form.notice)?;
    Ok(Notice {
        notice: id,
        person: match &form.person {
            PersonV1::User(user) => NoticePerson::User(wire::id(raw, user)?),
            PersonV1::Mailbox(mailbox) => NoticePerson::Mailbox(wire::id(raw, mailbox)?),
            PersonV1::Delegate(delegation) => NoticePerson::Delegate(wire::id(raw, delegation)?),
        },
        kind: wire::parse(raw, NoticeKind::named(&form.kind), "a kind of notice is expected")?,
        address: wire::open(raw, open, &form.address)?,
        login: wire::open_some(raw, open, form.login.as_ref())?,
        detail: wire::open_some(raw, open, form.detail.as_ref())?,
        ticket: form.ticket.as_deref().map(|ticket| wire::id(raw, ticket)).transpose()?,
        language: wire::language(raw, &form.language)?,
        at: Timestamp::from_millis(form.at_ms),
        link_until: form.link_until_ms.map(Timestamp::from_millis),
        link_of: form.link_of.as_deref().map_or(Ok(id), |link_of| wire::id(raw, link_of))?,
    })
}

impl Event for NoticeEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Requested(_) => REQUESTED,
            Self::LinkUsed { .. } => LINK_USED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Requested(notice) => json(&requested(notice, seal)?),
            Self::LinkUsed { notice } => json(&LinkUsedV1 { notice: notice.to_string() }),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("notice.requested", 1) => notice(raw, open).map(|notice| Self::Requested(Box::new(notice))),
            ("notice.link_used", 1) => {
                let form: LinkUsedV1 = wire::form(raw)?;
                Ok(Self::LinkUsed { notice: wire::id(raw, &form.notice)? })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
