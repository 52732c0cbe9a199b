//! How the events of an account are stored.

use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::{AccountEvent, BillingMode, Parent};
use crate::reseller::wire::ResourcesV1;
use crate::wire::{self, Nothing, SealedField, json};

const OPENED: Kind = Kind { name: "account.opened", schema: 1 };
const CLOSED: Kind = Kind { name: "account.closed", schema: 1 };
const RENAMED: Kind = Kind { name: "account.renamed", schema: 1 };
const SECOND_FACTOR_REQUIRED: Kind = Kind { name: "account.second_factor_required", schema: 1 };
const RESELLER_SET: Kind = Kind { name: "account.reseller_set", schema: 1 };
const BILLING_MODE_SET: Kind = Kind { name: "account.billing_mode_set", schema: 1 };
const TRANSFER_OFFERED: Kind = Kind { name: "account.transfer_offered", schema: 1 };
const TRANSFER_WITHDRAWN: Kind = Kind { name: "account.transfer_withdrawn", schema: 1 };
const MOVED: Kind = Kind { name: "account.moved", schema: 1 };
const MOVED_TO_PLATFORM: Kind = Kind { name: "account.moved_to_platform", schema: 1 };
const SUB_ACCOUNT_RELEASED: Kind = Kind { name: "account.sub_account_released", schema: 1 };
const SUB_ACCOUNT_ADMITTED: Kind = Kind { name: "account.sub_account_admitted", schema: 1 };
const PERSON_ERASED: Kind = Kind { name: "account.person_erased", schema: 1 };
const USER_ADDED: Kind = Kind { name: "account.user_added", schema: 1 };
const USER_REMOVED: Kind = Kind { name: "account.user_removed", schema: 1 };
const DELEGATION_ADDED: Kind = Kind { name: "account.delegation_added", schema: 1 };
const DELEGATION_ENDED: Kind = Kind { name: "account.delegation_ended", schema: 1 };
const TICKET_COUNTED: Kind = Kind { name: "account.ticket_counted", schema: 1 };
const TICKET_UNCOUNTED: Kind = Kind { name: "account.ticket_uncounted", schema: 1 };
const WEBHOOK_ADDED: Kind = Kind { name: "account.webhook_added", schema: 1 };
const WEBHOOK_REMOVED: Kind = Kind { name: "account.webhook_removed", schema: 1 };
const SERVICE_ADDED: Kind = Kind { name: "account.service_added", schema: 1 };
const SERVICE_ENDED: Kind = Kind { name: "account.service_ended", schema: 1 };

#[derive(Serialize, Deserialize)]
struct OpenedV1 {
    name: SealedField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<ParentV1>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_sandbox: bool,
}

#[derive(Serialize, Deserialize)]
struct ParentV1 {
    account: String,
    depth: u8,
}

#[derive(Serialize, Deserialize)]
struct ResellerSetV1 {
    sub_account_count_max: u32,
}

#[derive(Serialize, Deserialize)]
struct SubAccountAdmittedV1 {
    account: String,
    name: SealedField,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_sandbox: bool,
}

#[derive(Serialize, Deserialize)]
struct TransferOfferedV1 {
    transfer: String,
    to: String,
    resources: ResourcesV1,
}

#[derive(Serialize, Deserialize)]
struct TransferWithdrawnV1 {
    transfer: String,
    to: String,
}

#[derive(Serialize, Deserialize)]
struct MovedV1 {
    transfer: String,
    from: String,
    parent: ParentV1,
}

#[derive(Serialize, Deserialize)]
struct MovedToPlatformV1 {
    transfer: String,
    from: String,
}

#[derive(Serialize, Deserialize)]
struct SubAccountReleasedV1 {
    account: String,
}

#[derive(Serialize, Deserialize)]
struct BillingModeSetV1 {
    mode: String,
}

#[derive(Serialize, Deserialize)]
struct RenamedV1 {
    name: SealedField,
}

#[derive(Serialize, Deserialize)]
struct SecondFactorRequiredV1 {
    is_required: bool,
}

#[derive(Serialize, Deserialize)]
struct PersonErasedV1 {
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mailbox: Option<String>,
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
struct TicketV1 {
    ticket: String,
}

#[derive(Serialize, Deserialize)]
struct WebhookV1 {
    webhook: String,
}

#[derive(Serialize, Deserialize)]
struct ServiceV1 {
    service: String,
}

impl Event for AccountEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Opened { .. } => OPENED,
            Self::ResellerSet { .. } => RESELLER_SET,
            Self::BillingModeSet { .. } => BILLING_MODE_SET,
            Self::TransferOffered { .. } => TRANSFER_OFFERED,
            Self::TransferWithdrawn { .. } => TRANSFER_WITHDRAWN,
            Self::Moved { .. } => MOVED,
            Self::MovedToPlatform { .. } => MOVED_TO_PLATFORM,
            Self::SubAccountReleased { .. } => SUB_ACCOUNT_RELEASED,
            Self::SubAccountAdmitted { .. } => SUB_ACCOUNT_ADMITTED,
            Self::PersonErased { .. } => PERSON_ERASED,
            Self::Closed => CLOSED,
            Self::Renamed { .. } => RENAMED,
            Self::SecondFactorRequired { .. } => SECOND_FACTOR_REQUIRED,
            Self::UserAdded { .. } => USER_ADDED,
            Self::UserRemoved { .. } => USER_REMOVED,
            Self::DelegationAdded { .. } => DELEGATION_ADDED,
            Self::DelegationEnded { .. } => DELEGATION_ENDED,
            Self::TicketCounted { .. } => TICKET_COUNTED,
            Self::TicketUncounted { .. } => TICKET_UNCOUNTED,
            Self::WebhookAdded { .. } => WEBHOOK_ADDED,
            Self::WebhookRemoved { .. } => WEBHOOK_REMOVED,
            Self::ServiceAdded { .. } => SERVICE_ADDED,
            Self::ServiceEnded { .. } => SERVICE_ENDED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Opened { name, parent, is_sandbox } => json(&OpenedV1 {
                name: wire::seal(seal, name)?,
                parent: parent
                    .map(|parent| ParentV1 { account: parent.account.to_string(), depth: parent.depth }),
                is_sandbox: *is_sandbox,
            }),
            Self::TransferOffered { transfer, to, resources } => json(&TransferOfferedV1 {
                transfer: transfer.to_string(),
                to: to.to_string(),
                resources: (*resources).into(),
            }),
            Self::TransferWithdrawn { transfer, to } => {
                json(&TransferWithdrawnV1 { transfer: transfer.to_string(), to: to.to_string() })
            }
            Self::Moved { transfer, from, parent } => json(&MovedV1 {
                transfer: transfer.to_string(),
                from: from.to_string(),
                parent: ParentV1 { account: parent.account.to_string(), depth: parent.depth },
            }),
            Self::MovedToPlatform { transfer, from } => {
                json(&MovedToPlatformV1 { transfer: transfer.to_string(), from: from.to_string() })
            }
            Self::SubAccountReleased { account } => {
                json(&SubAccountReleasedV1 { account: account.to_string() })
            }
            Self::BillingModeSet { mode } => json(&BillingModeSetV1 { mode: mode.name().to_owned() }),
            Self::ResellerSet { sub_account_count_max } => {
                json(&ResellerSetV1 { sub_account_count_max: *sub_account_count_max })
            }
            Self::SubAccountAdmitted { account, name, is_sandbox } => json(&SubAccountAdmittedV1 {
                account: account.to_string(),
                name: wire::seal(seal, name)?,
                is_sandbox: *is_sandbox,
            }),
            Self::Closed => json(&Nothing {}),
            Self::PersonErased { subject, mailbox } => json(&PersonErasedV1 {
                subject: subject.to_string(),
                mailbox: mailbox.map(|mailbox| mailbox.to_string()),
            }),
            Self::Renamed { name } => json(&RenamedV1 { name: wire::seal(seal, name)? }),
            Self::SecondFactorRequired { is_required } => {
                json(&SecondFactorRequiredV1 { is_required: *is_required })
            }
            Self::UserAdded { user } | Self::UserRemoved { user } => json(&UserV1 { user: user.to_string() }),
            Self::DelegationAdded { delegation } | Self::DelegationEnded { delegation } => {
                json(&DelegationV1 { delegation: delegation.to_string() })
            }
            Self::TicketCounted { ticket } | Self::TicketUncounted { ticket } => {
                json(&TicketV1 { ticket: ticket.to_string() })
            }
            Self::WebhookAdded { webhook } | Self::WebhookRemoved { webhook } => {
                json(&WebhookV1 { webhook: webhook.to_string() })
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
                let parent = match form.parent {
                    None => None,
                    Some(parent) => {
                        Some(Parent { account: wire::id(raw, &parent.account)?, depth: parent.depth })
                    }
                };
                let name = wire::open(raw, open, &form.name)?;
                Ok(Self::Opened { name, parent, is_sandbox: form.is_sandbox })
            }
            ("account.reseller_set", 1) => wire::form(raw).map(|form: ResellerSetV1| Self::ResellerSet {
                sub_account_count_max: form.sub_account_count_max,
            }),
            ("account.sub_account_admitted", 1) => {
                let form: SubAccountAdmittedV1 = wire::form(raw)?;
                Ok(Self::SubAccountAdmitted {
                    account: wire::id(raw, &form.account)?,
                    name: wire::open(raw, open, &form.name)?,
                    is_sandbox: form.is_sandbox,
                })
            }
            ("account.transfer_offered", 1) => {
                let form: TransferOfferedV1 = wire::form(raw)?;
                let (transfer, to) = (wire::id(raw, &form.transfer)?, wire::id(raw, &form.to)?);
                Ok(Self::TransferOffered { transfer, to, resources: form.resources.into() })
            }
            ("account.transfer_withdrawn", 1) => {
                let form: TransferWithdrawnV1 = wire::form(raw)?;
                let (transfer, to) = (wire::id(raw, &form.transfer)?, wire::id(raw, &form.to)?);
                Ok(Self::TransferWithdrawn { transfer, to })
            }
            ("account.moved", 1) => {
                let form: MovedV1 = wire::form(raw)?;
                let parent =
                    Parent { account: wire::id(raw, &form.parent.account)?, depth: form.parent.depth };
                let (transfer, from) = (wire::id(raw, &form.transfer)?, wire::id(raw, &form.from)?);
                Ok(Self::Moved { transfer, from, parent })
            }
            ("account.moved_to_platform", 1) => {
                let form: MovedToPlatformV1 = wire::form(raw)?;
                let (transfer, from) = (wire::id(raw, &form.transfer)?, wire::id(raw, &form.from)?);
                Ok(Self::MovedToPlatform { transfer, from })
            }
            ("account.sub_account_released", 1) => {
                let form: SubAccountReleasedV1 = wire::form(raw)?;
                Ok(Self::SubAccountReleased { account: wire::id(raw, &form.account)? })
            }
            ("account.billing_mode_set", 1) => {
                let form: BillingModeSetV1 = wire::form(raw)?;
                let mode = BillingMode::named(&form.mode);
                let mode = mode.ok_or_else(|| wire::malformed(raw, "a billing mode is unknown"))?;
                Ok(Self::BillingModeSet { mode })
            }
            ("account.closed", 1) => wire::form(raw).map(|Nothing {}| Self::Closed),
            ("account.renamed", 1) => {
                let form: RenamedV1 = wire::form(raw)?;
                Ok(Self::Renamed { name: wire::open(raw, open, &form.name)? })
            }
            ("account.second_factor_required", 1) => {
                let form: SecondFactorRequiredV1 = wire::form(raw)?;
                Ok(Self::SecondFactorRequired { is_required: form.is_required })
            }
            ("account.person_erased", 1) => {
                let form: PersonErasedV1 = wire::form(raw)?;
                let mailbox = form.mailbox.as_deref().map(|mailbox| wire::id(raw, mailbox)).transpose()?;
                Ok(Self::PersonErased { subject: wire::id(raw, &form.subject)?, mailbox })
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
            ("account.ticket_counted", 1) => {
                let form: TicketV1 = wire::form(raw)?;
                Ok(Self::TicketCounted { ticket: wire::id(raw, &form.ticket)? })
            }
            ("account.ticket_uncounted", 1) => {
                let form: TicketV1 = wire::form(raw)?;
                Ok(Self::TicketUncounted { ticket: wire::id(raw, &form.ticket)? })
            }
            ("account.webhook_added", 1) => {
                let form: WebhookV1 = wire::form(raw)?;
                Ok(Self::WebhookAdded { webhook: wire::id(raw, &form.webhook)? })
            }
            ("account.webhook_removed", 1) => {
                let form: WebhookV1 = wire::form(raw)?;
                Ok(Self::WebhookRemoved { webhook: wire::id(raw, &form.webhook)? })
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
