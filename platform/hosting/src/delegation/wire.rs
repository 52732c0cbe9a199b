//! How the events of a delegation are stored.

use authority::Permissions;
use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DelegationEvent, DelegationScope};
use crate::wire::{self, Hash, Nothing, SealedField, json};

const INVITED: Kind = Kind { name: "delegation.invited", schema: 1 };
const ACCEPTED: Kind = Kind { name: "delegation.accepted", schema: 1 };
const DECLINED: Kind = Kind { name: "delegation.declined", schema: 1 };
const TERMS_CHANGED: Kind = Kind { name: "delegation.terms_changed", schema: 1 };
const REVOKED: Kind = Kind { name: "delegation.revoked", schema: 1 };
const LEFT: Kind = Kind { name: "delegation.left", schema: 1 };

#[derive(Serialize, Deserialize)]
struct InvitedV1 {
    account: String,
    email: SealedField,
    #[serde(flatten)]
    terms: TermsV1,
    secret_hash: Hash,
    answer_until_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct TermsV1 {
    permissions: Vec<String>,
    scope: ScopeV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    requires_second_factor: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScopeV1 {
    Account,
    Services(Vec<String>),
    Domains(Vec<String>),
}

#[derive(Serialize, Deserialize)]
struct AcceptedV1 {
    user: String,
    home: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    is_invited: Option<bool>,
}

fn terms(
    permissions: Permissions,
    scope: &DelegationScope,
    expires_at: Option<Timestamp>,
    requires_second_factor: bool,
) -> TermsV1 {
    TermsV1 {
        permissions: wire::permission_names(permissions),
        scope: match scope {
            DelegationScope::Account => ScopeV1::Account,
            DelegationScope::Services(ids) => {
                ScopeV1::Services(ids.iter().map(ToString::to_string).collect())
            }
            DelegationScope::Domains(ids) => ScopeV1::Domains(ids.iter().map(ToString::to_string).collect()),
        },
        expires_at_ms: expires_at.map(Timestamp::millis),
        requires_second_factor,
    }
}

fn scope(raw: &RawEvent, form: &ScopeV1) -> Result<DelegationScope, Malformed> {
    Ok(match form {
        ScopeV1::Account => DelegationScope::Account,
        ScopeV1::Services(ids) => DelegationScope::Services(
            ids.iter().map(|service| wire::id(raw, service)).collect::<Result<_, _>>()?,
        ),
        ScopeV1::Domains(ids) => DelegationScope::Domains(
            ids.iter().map(|domain| wire::id(raw, domain)).collect::<Result<_, _>>()?,
        ),
    })
}

impl Event for DelegationEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Invited { .. } => INVITED,
            Self::Accepted { .. } => ACCEPTED,
            Self::Declined => DECLINED,
            Self::TermsChanged { .. } => TERMS_CHANGED,
            Self::Revoked => REVOKED,
            Self::Left => LEFT,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Invited {
                account,
                email,
                permissions,
                scope,
                expires_at,
                requires_second_factor,
                secret_hash,
                answer_until,
            } => json(&InvitedV1 {
                account: account.to_string(),
                email: wire::seal(seal, email)?,
                terms: terms(*permissions, scope, *expires_at, *requires_second_factor),
                secret_hash: secret_hash.into(),
                answer_until_ms: answer_until.millis(),
            }),
            Self::Accepted { user, home, is_invited } => {
                json(&AcceptedV1 { user: user.to_string(), home: home.to_string(), is_invited: *is_invited })
            }
            Self::TermsChanged { permissions, scope, expires_at, requires_second_factor } => {
                json(&terms(*permissions, scope, *expires_at, *requires_second_factor))
            }
            Self::Declined | Self::Revoked | Self::Left => json(&Nothing {}),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("delegation.invited", 1) => {
                let form: InvitedV1 = wire::form(raw)?;
                Ok(Self::Invited {
                    account: wire::id(raw, &form.account)?,
                    email: wire::open(raw, open, &form.email)?,
                    permissions: wire::permissions(raw, &form.terms.permissions)?,
                    scope: scope(raw, &form.terms.scope)?,
                    expires_at: form.terms.expires_at_ms.map(Timestamp::from_millis),
                    requires_second_factor: form.terms.requires_second_factor,
                    secret_hash: wire::hash(raw, &form.secret_hash)?,
                    answer_until: Timestamp::from_millis(form.answer_until_ms),
                })
            }
            ("delegation.accepted", 1) => {
                let form: AcceptedV1 = wire::form(raw)?;
                let (user, home) = (wire::id(raw, &form.user)?, wire::id(raw, &form.home)?);
                Ok(Self::Accepted { user, home, is_invited: form.is_invited })
            }
            ("delegation.terms_changed", 1) => {
                let form: TermsV1 = wire::form(raw)?;
                Ok(Self::TermsChanged {
                    permissions: wire::permissions(raw, &form.permissions)?,
                    scope: scope(raw, &form.scope)?,
                    expires_at: form.expires_at_ms.map(Timestamp::from_millis),
                    requires_second_factor: form.requires_second_factor,
                })
            }
            ("delegation.declined", 1) => wire::form(raw).map(|Nothing {}| Self::Declined),
            ("delegation.revoked", 1) => wire::form(raw).map(|Nothing {}| Self::Revoked),
            ("delegation.left", 1) => wire::form(raw).map(|Nothing {}| Self::Left),
            _ => Err(wire::unknown(raw)),
        }
    }
}
