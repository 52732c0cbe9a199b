//! How the events of an account are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::AccountEvent;
use crate::wire::{self, Nothing, SealedField, json};

const OPENED: Kind = Kind { name: "account.opened", schema: 1 };
const CLOSED: Kind = Kind { name: "account.closed", schema: 1 };
const SECOND_FACTOR_REQUIRED: Kind = Kind { name: "account.second_factor_required", schema: 1 };
const USER_ADDED: Kind = Kind { name: "account.user_added", schema: 1 };
const USER_REMOVED: Kind = Kind { name: "account.user_removed", schema: 1 };
const DELEGATION_ADDED: Kind = Kind { name: "account.delegation_added", schema: 1 };
const DELEGATION_ENDED: Kind = Kind { name: "account.delegation_ended", schema: 1 };
const SERVICE_ADDED: Kind = Kind { name: "account.service_added", schema: 1 };
const SERVICE_ENDED: Kind = Kind { name: "account.service_ended", schema: 1 };

#[derive(Serialize, Deserialize)]
struct OpenedV1 {
    name: SealedField,
}

#[derive(Serialize, Deserialize)]
struct SecondFactorRequiredV1 {
    is_required: bool,
}

#[derive(Serialize, Deserialize)]
struct UserV1 {
    user: String,
}

#[derive(Serialize, Deserialize)]
struct DelegationV1 {
    delegation: String,
}

#[derive(Serialize, Deserialize)]
struct ServiceV1 {
    service: String,
}

impl Event for AccountEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Opened { .. } => OPENED,
            Self::Closed => CLOSED,
            Self::SecondFactorRequired { .. } => SECOND_FACTOR_REQUIRED,
            Self::UserAdded { .. } => USER_ADDED,
            Self::UserRemoved { .. } => USER_REMOVED,
            Self::DelegationAdded { .. } => DELEGATION_ADDED,
            Self::DelegationEnded { .. } => DELEGATION_ENDED,
            Self::ServiceAdded { .. } => SERVICE_ADDED,
            Self::ServiceEnded { .. } => SERVICE_ENDED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Opened { name } => json(&OpenedV1 { name: wire::seal(seal, name)? }),
            Self::Closed => json(&Nothing {}),
            Self::SecondFactorRequired { is_required } => {
                json(&SecondFactorRequiredV1 { is_required: *is_required })
            }
            Self::UserAdded { user } | Self::UserRemoved { user } => json(&UserV1 { user: user.to_string() }),
            Self::DelegationAdded { delegation } | Self::DelegationEnded { delegation } => {
                json(&DelegationV1 { delegation: delegation.to_string() })
            }
            Self::ServiceAdded { service } | Self::ServiceEnded { service } => {
                json(&ServiceV1 { service: service.to_string() })
            }
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("account.opened", 1) => {
                let form: OpenedV1 = wire::form(raw)?;
                Ok(Self::Opened { name: wire::open(raw, open, &form.name)? })
            }
            ("account.closed", 1) => wire::form(raw).map(|Nothing {}| Self::Closed),
            ("account.second_factor_required", 1) => {
                let form: SecondFactorRequiredV1 = wire::form(raw)?;
                Ok(Self::SecondFactorRequired { is_required: form.is_required })
            }
            ("account.user_added", 1) => {
                let form: UserV1 = wire::form(raw)?;
                Ok(Self::UserAdded { user: wire::id(raw, &form.user)? })
            }
            ("account.user_removed", 1) => {
                let form: UserV1 = wire::form(raw)?;
                Ok(Self::UserRemoved { user: wire::id(raw, &form.user)? })
            }
            ("account.delegation_added", 1) => {
                let form: DelegationV1 = wire::form(raw)?;
                Ok(Self::DelegationAdded { delegation: wire::id(raw, &form.delegation)? })
            }
            ("account.delegation_ended", 1) => {
                let form: DelegationV1 = wire::form(raw)?;
                Ok(Self::DelegationEnded { delegation: wire::id(raw, &form.delegation)? })
            }
            ("account.service_added", 1) => {
                let form: ServiceV1 = wire::form(raw)?;
                Ok(Self::ServiceAdded { service: wire::id(raw, &form.service)? })
            }
            ("account.service_ended", 1) => {
                let form: ServiceV1 = wire::form(raw)?;
                Ok(Self::ServiceEnded { service: wire::id(raw, &form.service)? })
            }
            _ => Err(wire::unknown(raw)),
        }
    }
}
