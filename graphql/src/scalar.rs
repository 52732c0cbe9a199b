//! Scalars of the schema: typed ids, positions, octets, moments.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{ByteSize, Cursor, Id, Position, TenantId, Timestamp};
use uuid::Uuid;

/// Largest number that every JSON reader keeps exact: 2^53 - 1.
pub(crate) const EXACT_MAX: u64 = (1 << 53) - 1;

macro_rules! id_scalars {
    ($($(#[$doc:meta])* $scalar:ident($id:ident) = $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $scalar(pub kernel::$id);

        $(#[$doc])*
        #[Scalar(name = $name)]
        impl ScalarType for $scalar {
            fn parse(value: Value) -> InputValueResult<Self> {
                match &value {
                    Value::String(text) => text.parse().map(Self).map_err(InputValueError::custom),
                    _ => Err(InputValueError::expected_type(value)),
                }
            }

            fn is_valid(value: &Value) -> bool {
                matches!(value, Value::String(text) if text.parse::<kernel::$id>().is_ok())
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.to_string())
            }
        }

        impl From<kernel::$id> for $scalar {
            fn from(id: kernel::$id) -> Self {
                Self(id)
            }
        }
    )*};
}

id_scalars! {
    /// Names an account: `acct_` and 32 hexadecimal digits. An id of another type is refused.
    AccountKey(AccountId) = "AccountID";
    /// Names a user: `user_` and 32 hexadecimal digits. An id of another type is refused.
    UserKey(UserId) = "UserID";
    /// Names a plan: `plan_` and 32 hexadecimal digits. An id of another type is refused.
    PlanKey(PlanId) = "PlanID";
    /// Names a service: `srvc_` and 32 hexadecimal digits. An id of another type is refused.
    ServiceKey(ServiceId) = "ServiceID";
    /// Names a domain: `doma_` and 32 hexadecimal digits. An id of another type is refused.
    DomainKey(DomainId) = "DomainID";
    /// Names a mailbox: `mbox_` and 32 hexadecimal digits. An id of another type is refused.
    MailboxKey(MailboxId) = "MailboxID";
    /// Names an alias: `alia_` and 32 hexadecimal digits. An id of another type is refused.
    AliasKey(AliasId) = "AliasID";
    /// Names a session: `sess_` and 32 hexadecimal digits. An id of another type is refused.
    SessionKey(SessionId) = "SessionID";
    /// Names an API token: `tokn_` and 32 hexadecimal digits. An id of another type is refused.
    TokenKey(TokenId) = "TokenID";
    /// Names a second factor: `fact_` and 32 hexadecimal digits. An id of another type is refused.
    FactorKey(FactorId) = "FactorID";
    /// Names a delegation: `dele_` and 32 hexadecimal digits. An id of another type is refused.
    DelegationKey(DelegationId) = "DelegationID";
    /// Names a ticket: `tick_` and 32 hexadecimal digits. An id of another type is refused.
    TicketKey(TicketId) = "TicketID";
    /// Names a webhook: `whep_` and 32 hexadecimal digits. An id of another type is refused.
    WebhookKey(WebhookId) = "WebhookID";
    /// Names a series of documents: `docu_` and 32 hexadecimal digits. An id of another type is refused.
    DocumentKey(DocumentId) = "DocumentID";
    /// Names an app password: `appw_` and 32 hexadecimal digits. An id of another type is refused.
    AppPasswordKey(AppPasswordId) = "AppPasswordID";
    /// Names an address map: `amap_` and 32 hexadecimal digits. An id of another type is refused.
    AddressMapKey(AddressMapId) = "AddressMapID";
    /// Names a TLS policy: `tlsp_` and 32 hexadecimal digits. An id of another type is refused.
    TlsPolicyKey(TlsPolicyId) = "TlsPolicyID";
    /// Names a notice: `noti_` and 32 hexadecimal digits. An id of another type is refused.
    NoticeKey(NoticeId) = "NoticeID";
    /// Names a filter: `filt_` and 32 hexadecimal digits. An id of another type is refused.
    FilterKey(FilterId) = "FilterID";
    /// Names a sync job: `sync_` and 32 hexadecimal digits. An id of another type is refused.
    SyncJobKey(SyncJobId) = "SyncJobID";
    /// Names the relay of a domain: `srel_` and 32 hexadecimal digits. An id of another type is refused.
    SenderRelayKey(SenderRelayId) = "SenderRelayID";
    /// Names a push destination: `push_` and 32 hexadecimal digits. An id of another type is refused.
    PushKey(PushId) = "PushID";
    /// Names a resource: `reso_` and 32 hexadecimal digits. An id of another type is refused.
    ResourceKey(ResourceId) = "ResourceID";
    /// Names a member of a shared mailbox: `shar_` and 32 hexadecimal digits. An id of another type is refused.
    ShareKey(ShareId) = "ShareID";
    /// Names an event: `evnt_` and 32 hexadecimal digits. An id of another type is refused.
    EventKey(EventId) = "EventID";
}

/// The caller's own name for one intention: a UUID. Sending the same mutation with the same `commandId` again does
/// nothing and answers as before; created things get ids derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uid(pub Uuid);

/// The caller's own name for one intention: a UUID. Sending the same mutation with the same `commandId` again does
/// nothing and answers as before; created things get ids derived from it.
#[Scalar(name = "UUID")]
impl ScalarType for Uid {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                Uuid::try_parse(text).map(Self).map_err(|_| InputValueError::custom("expected a UUID"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if Uuid::try_parse(text).is_ok())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A place in an account's history, opaque. A mutation gives it; a query takes it as `atLeast` and then shows at
/// least what that mutation changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(pub Cursor);

impl Place {
    fn read(text: &str) -> Option<Self> {
        let octets: [u8; 24] = URL_SAFE_NO_PAD.decode(text.strip_prefix("pos_")?).ok()?.try_into().ok()?;
        let (tenant, position) = octets.split_at(16);
        Some(Self(Cursor {
            tenant: TenantId::new(Uuid::from_slice(tenant).ok()?),
            position: Position(u64::from_be_bytes(position.try_into().ok()?)),
        }))
    }
}

/// A place in an account's history, opaque. A mutation gives it; a query takes it as `atLeast` and then shows at
/// least what that mutation changed.
#[Scalar(name = "Position")]
impl ScalarType for Place {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::read(text)
                .ok_or_else(|| InputValueError::custom("expected a position that a mutation gave")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if Self::read(text).is_some())
    }

    fn to_value(&self) -> Value {
        let mut octets = self.0.tenant.uuid().as_bytes().to_vec();
        octets.extend_from_slice(&self.0.position.0.to_be_bytes());
        Value::String(format!("pos_{}", URL_SAFE_NO_PAD.encode(octets)))
    }
}

/// A whole number from 0 to 2^53 - 1, as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(pub u64);

/// A whole number from 0 to 2^53 - 1, as a JSON number.
#[Scalar(name = "Long")]
impl ScalarType for Whole {
    fn parse(value: Value) -> InputValueResult<Self> {
        Octets::parse(value).map(|octets| Self(octets.0.octets())).map_err(InputValueError::propagate)
    }

    fn is_valid(value: &Value) -> bool {
        Octets::is_valid(value)
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.min(EXACT_MAX).into())
    }
}

/// A count of octets: a whole number from 0 to 2^53 - 1, as a JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Octets(pub ByteSize);

/// A count of octets: a whole number from 0 to 2^53 - 1, as a JSON number.
#[Scalar(name = "Bytes")]
impl ScalarType for Octets {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number
                .as_u64()
                .filter(|octets| *octets <= EXACT_MAX)
                .map(|octets| Self(ByteSize::new(octets)))
                .ok_or_else(|| InputValueError::custom("expected a whole number from 0 to 2^53 - 1")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Number(number) if number.as_u64().is_some_and(|octets| octets <= EXACT_MAX))
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.octets().min(EXACT_MAX).into())
    }
}

impl From<ByteSize> for Octets {
    fn from(size: ByteSize) -> Self {
        Self(size)
    }
}

/// A moment in UTC as RFC 3339 text with milliseconds, for example `2026-03-01T08:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

/// A moment in UTC as RFC 3339 text with milliseconds, for example `2026-03-01T08:30:00.000Z`.
#[Scalar(name = "DateTime")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text
                .parse::<jiff::Timestamp>()
                .map(|moment| Self(Timestamp::from_millis(moment.as_millisecond())))
                .map_err(|_| InputValueError::custom("expected a moment such as `2026-03-01T08:30:00Z`")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if text.parse::<jiff::Timestamp>().is_ok())
    }

    fn to_value(&self) -> Value {
        match jiff::Timestamp::from_millisecond(self.0.millis()) {
            Ok(moment) => Value::String(format!("{moment:.3}")),
            // Beyond the calendar of RFC 3339: no such moment can be shown.
            Err(_) => Value::Null,
        }
    }
}

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::MailboxId;

    #[test]
    fn an_id_of_another_type_is_no_valid_value() {
        let mailbox = MailboxKey(MailboxId::new(Uuid::from_u128(7)));
        assert_eq!(MailboxKey::parse(mailbox.to_value()).ok(), Some(mailbox));
        assert!(!DomainKey::is_valid(&mailbox.to_value()));
    }

    #[test]
    fn positions_travel_both_ways_and_nonsense_does_not() {
        let place = Place(Cursor { tenant: TenantId::new(Uuid::from_u128(9)), position: Position(u64::MAX) });
        assert_eq!(Place::parse(place.to_value()).ok(), Some(place));
        for text in ["", "pos_", "pos_AAAA", "pos_!!!!", "7"] {
            assert!(!Place::is_valid(&Value::String(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn moments_travel_both_ways() {
        let moment = Moment(Timestamp::from_millis(1_772_353_800_120));
        assert_eq!(moment.to_value(), Value::String("2026-03-01T08:30:00.120Z".to_owned()));
        assert_eq!(Moment::parse(moment.to_value()).ok(), Some(moment));
    }
}
