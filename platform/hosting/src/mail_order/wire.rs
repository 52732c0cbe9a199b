//! How the events of an order are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::{MailOrderAbout, MailOrderEvent, MailOrderKind, MailOrderScope};
use crate::wire::{self, Plain, SealedField, json};

#[derive(Serialize, Deserialize)]
struct GivenV1 {
    account: String,
    /// Absent: all of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<PartsV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recipient: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    about: SealedField,
}

#[derive(Serialize, Deserialize)]
struct PartsV1 {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    domains: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mailboxes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct AboutV1 {
    target: String,
    reason: String,
}

impl Plain for MailOrderAbout {
    fn to_octets(&self) -> Vec<u8> {
        json(&AboutV1 { target: self.target.clone(), reason: self.reason.clone() })
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        let AboutV1 { target, reason } = serde_json::from_slice(octets).ok()?;
        Some(Self { target, reason })
    }
}

const fn kind(order: MailOrderKind) -> Kind {
    let name = match order {
        MailOrderKind::Hold => "mail_order.hold",
        MailOrderKind::Release => "mail_order.release",
        MailOrderKind::Retry => "mail_order.retry",
        MailOrderKind::Bounce => "mail_order.bounce",
        MailOrderKind::Remove => "mail_order.remove",
        MailOrderKind::SuspendSite => "mail_order.suspend_site",
        MailOrderKind::ResumeSite => "mail_order.resume_site",
        MailOrderKind::Suppress => "mail_order.suppress",
        MailOrderKind::Unsuppress => "mail_order.unsuppress",
    };
    Kind { name, schema: 1 }
}

impl Event for MailOrderEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Given { order, .. } => kind(*order),
        }
    }

    fn encode(&self, key: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        let Self::Given { account, scope, message, recipient, state, about, .. } = self;
        let scope = match scope {
            MailOrderScope::Whole => None,
            MailOrderScope::Parts { domains, mailboxes } => Some(PartsV1 {
                domains: domains.iter().map(ToString::to_string).collect(),
                mailboxes: mailboxes.iter().map(ToString::to_string).collect(),
            }),
        };
        Ok(json(&GivenV1 {
            account: account.to_string(),
            scope,
            message: *message,
            recipient: *recipient,
            state: state.clone(),
            about: wire::seal(key, about)?,
        }))
    }

    fn decode(raw: &RawEvent, key: &dyn Open) -> Result<Self, Malformed> {
        let is_of = |order: &MailOrderKind| {
            let kind = kind(*order);
            raw.kind == kind.name && raw.schema == kind.schema
        };
        let order = MailOrderKind::ALL.into_iter().find(is_of).ok_or_else(|| wire::unknown(raw))?;
        let form: GivenV1 = wire::form(raw)?;
        let scope = match form.scope {
            None => MailOrderScope::Whole,
            Some(parts) => MailOrderScope::Parts {
                domains: parts.domains.iter().map(|id| wire::id(raw, id)).collect::<Result<_, _>>()?,
                mailboxes: parts.mailboxes.iter().map(|id| wire::id(raw, id)).collect::<Result<_, _>>()?,
            },
        };
        Ok(Self::Given {
            account: wire::id(raw, &form.account)?,
            order,
            scope,
            message: form.message,
            recipient: form.recipient,
            state: form.state,
            about: wire::open(raw, key, &form.about)?,
        })
    }
}
