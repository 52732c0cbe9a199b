//! How the events of a mailbox are stored.

use std::collections::BTreeSet;

use kernel::{ByteSize, Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{HeldMail, HoldReason, MailProtocol, MailboxEvent};
use crate::factor::{self, Noun};
use crate::wire::{self, Hash, Nothing, SealedField, SettingsChangedV1, json};

const CREATED: Kind = Kind { name: "mailbox.created", schema: 1 };
const QUOTA_CHANGED: Kind = Kind { name: "mailbox.quota_changed", schema: 1 };
const DISPLAY_NAME_CHANGED: Kind = Kind { name: "mailbox.display_name_changed", schema: 1 };
const PASSWORD_SET: Kind = Kind { name: "mailbox.password_set", schema: 1 };
const APP_PASSWORD_ADDED: Kind = Kind { name: "mailbox.app_password_added", schema: 1 };
const APP_PASSWORD_CHANGED: Kind = Kind { name: "mailbox.app_password_changed", schema: 1 };
const APP_PASSWORD_REVOKED: Kind = Kind { name: "mailbox.app_password_revoked", schema: 1 };
const RECOVERY_ADDRESS_VERIFIED: Kind = Kind { name: "mailbox.recovery_address_verified", schema: 1 };
const LANGUAGE_SET: Kind = Kind { name: "mailbox.language_set", schema: 1 };
const TIME_ZONE_SET: Kind = Kind { name: "mailbox.time_zone_set", schema: 1 };
const TEMPORARY_ALIAS_SET: Kind = Kind { name: "mailbox.temporary_alias_set", schema: 1 };
const TEMPORARY_ALIAS_DROPPED: Kind = Kind { name: "mailbox.temporary_alias_dropped", schema: 1 };
const RENAMED: Kind = Kind { name: "mailbox.renamed", schema: 1 };
const RESTORED: Kind = Kind { name: "mailbox.restored", schema: 1 };
const SETTINGS_CHANGED: Kind = Kind { name: "mailbox.settings_changed", schema: 1 };
const RETENTION_CHANGED: Kind = Kind { name: "mailbox.retention_changed", schema: 1 };
const SENDING_HELD: Kind = Kind { name: "mailbox.sending_held", schema: 1 };
const SENDING_RELEASED: Kind = Kind { name: "mailbox.sending_released", schema: 1 };
const COMPLAINED_ABOUT: Kind = Kind { name: "mailbox.complained_about", schema: 1 };
const DISABLED: Kind = Kind { name: "mailbox.disabled", schema: 1 };
const ENABLED: Kind = Kind { name: "mailbox.enabled", schema: 1 };
const DELETED: Kind = Kind { name: "mailbox.deleted", schema: 1 };
const QUOTA_THRESHOLD_CROSSED: Kind = Kind { name: "mailbox.quota_threshold_crossed", schema: 1 };

#[derive(Serialize, Deserialize)]
struct CreatedV1 {
    account: String,
    service: String,
    domain: String,
    domain_name: String,
    local: SealedField,
    quota_bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<SealedField>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<SealedField>,
}

#[derive(Serialize, Deserialize)]
struct QuotaChangedV1 {
    from_bytes: u64,
    to_bytes: u64,
}

#[derive(Serialize, Deserialize)]
struct DisplayNameChangedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<SealedField>,
}

#[derive(Serialize, Deserialize)]
struct PasswordSetV1 {
    password: SealedField,
}

#[derive(Serialize, Deserialize)]
struct AppPasswordAddedV1 {
    app_password: String,
    name: SealedField,
    secret_hash: Hash,
    protocols: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct AppPasswordChangedV1 {
    app_password: String,
    name: SealedField,
    protocols: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct AppPasswordRevokedV1 {
    app_password: String,
}

#[derive(Serialize, Deserialize)]
struct RecoveryAddressVerifiedV1 {
    recovery_address: SealedField,
}

#[derive(Serialize, Deserialize)]
struct LanguageSetV1 {
    language: String,
}

#[derive(Serialize, Deserialize)]
struct TimeZoneSetV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct TemporaryAliasSetV1 {
    alias: String,
    expires_at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct TemporaryAliasDroppedV1 {
    alias: String,
}

#[derive(Serialize, Deserialize)]
struct RenamedV1 {
    local: SealedField,
}

#[derive(Serialize, Deserialize)]
struct RetentionChangedV1 {
    #[serde(default)]
    from_retains_days: Option<u32>,
    #[serde(default)]
    to_retains_days: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct SendingHeldV1 {
    reason: String,
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct SendingReleasedV1 {
    outcome: String,
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct ComplainedAboutV1 {
    at_ms: i64,
}

#[derive(Serialize, Deserialize)]
struct DeletedV1 {
    purge_after_ms: i64,
}

impl Event for MailboxEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Created { .. } => CREATED,
            Self::QuotaChanged { .. } => QUOTA_CHANGED,
            Self::DisplayNameChanged { .. } => DISPLAY_NAME_CHANGED,
            Self::PasswordSet { .. } => PASSWORD_SET,
            Self::Factor(event) => factor::kind(Noun::Mailbox, event),
            Self::AppPasswordAdded { .. } => APP_PASSWORD_ADDED,
            Self::AppPasswordChanged { .. } => APP_PASSWORD_CHANGED,
            Self::AppPasswordRevoked { .. } => APP_PASSWORD_REVOKED,
            Self::RecoveryAddressVerified { .. } => RECOVERY_ADDRESS_VERIFIED,
            Self::LanguageSet { .. } => LANGUAGE_SET,
            Self::TimeZoneSet { .. } => TIME_ZONE_SET,
            Self::TemporaryAliasSet { .. } => TEMPORARY_ALIAS_SET,
            Self::TemporaryAliasDropped { .. } => TEMPORARY_ALIAS_DROPPED,
            Self::Renamed { .. } => RENAMED,
            Self::Restored => RESTORED,
            Self::SettingsChanged { .. } => SETTINGS_CHANGED,
            Self::RetentionChanged { .. } => RETENTION_CHANGED,
            Self::SendingHeld { .. } => SENDING_HELD,
            Self::SendingReleased { .. } => SENDING_RELEASED,
            Self::ComplainedAbout { .. } => COMPLAINED_ABOUT,
            Self::Disabled => DISABLED,
            Self::Enabled => ENABLED,
            Self::Deleted { .. } => DELETED,
            Self::QuotaThresholdCrossed { .. } => QUOTA_THRESHOLD_CROSSED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Created { account, service, domain, domain_name, local, quota, display_name, password } => {
                json(&CreatedV1 {
                    account: account.to_string(),
                    service: service.to_string(),
                    domain: domain.to_string(),
                    domain_name: domain_name.to_string(),
                    local: wire::seal(seal, local)?,
                    quota_bytes: quota.octets(),
                    display_name: wire::seal_some(seal, display_name.as_ref())?,
                    password: wire::seal_some(seal, password.as_ref())?,
                })
            }
            Self::QuotaChanged { from, to } => {
                json(&QuotaChangedV1 { from_bytes: from.octets(), to_bytes: to.octets() })
            }
            Self::DisplayNameChanged { display_name } => {
                json(&DisplayNameChangedV1 { display_name: wire::seal_some(seal, display_name.as_ref())? })
            }
            Self::PasswordSet { password } => json(&PasswordSetV1 { password: wire::seal(seal, password)? }),
            Self::Factor(event) => factor::encode(event, seal)?,
            Self::AppPasswordAdded { app_password, name, secret_hash, protocols, expires_at } => {
                json(&AppPasswordAddedV1 {
                    app_password: app_password.to_string(),
                    name: wire::seal(seal, name)?,
                    secret_hash: secret_hash.into(),
                    protocols: protocols.iter().map(|protocol| protocol.name().to_owned()).collect(),
                    expires_at_ms: expires_at.map(Timestamp::millis),
                })
            }
            Self::AppPasswordChanged { app_password, name, protocols, expires_at } => {
                json(&AppPasswordChangedV1 {
                    app_password: app_password.to_string(),
                    name: wire::seal(seal, name)?,
                    protocols: protocols.iter().map(|protocol| protocol.name().to_owned()).collect(),
                    expires_at_ms: expires_at.map(Timestamp::millis),
                })
            }
            Self::AppPasswordRevoked { app_password } => {
                json(&AppPasswordRevokedV1 { app_password: app_password.to_string() })
            }
            Self::SettingsChanged { settings, changed } => {
                json(&SettingsChangedV1 { settings: wire::seal(seal, settings)?, changed: changed.clone() })
            }
            Self::RecoveryAddressVerified { address } => {
                json(&RecoveryAddressVerifiedV1 { recovery_address: wire::seal(seal, address)? })
            }
            Self::LanguageSet { language } => json(&LanguageSetV1 { language: language.tag().to_owned() }),
            Self::TimeZoneSet { zone } => json(&TimeZoneSetV1 { zone: zone.clone() }),
            Self::TemporaryAliasSet { alias, expires_at } => {
                json(&TemporaryAliasSetV1 { alias: alias.to_string(), expires_at_ms: expires_at.millis() })
            }
            Self::TemporaryAliasDropped { alias } => {
                json(&TemporaryAliasDroppedV1 { alias: alias.to_string() })
            }
            Self::Renamed { local } => json(&RenamedV1 { local: wire::seal(seal, local)? }),
            Self::RetentionChanged { from, to } => {
                json(&RetentionChangedV1 { from_retains_days: *from, to_retains_days: *to })
            }
            Self::SendingHeld { reason, at } => {
                json(&SendingHeldV1 { reason: reason.name().to_owned(), at_ms: at.millis() })
            }
            Self::SendingReleased { outcome, at } => {
                json(&SendingReleasedV1 { outcome: outcome.name().to_owned(), at_ms: at.millis() })
            }
            Self::ComplainedAbout { at } => json(&ComplainedAboutV1 { at_ms: at.millis() }),
            Self::Disabled | Self::Enabled | Self::Restored => json(&Nothing {}),
            Self::Deleted { purge_after } => json(&DeletedV1 { purge_after_ms: purge_after.millis() }),
            Self::QuotaThresholdCrossed { threshold, crossing } => wire::crossed(*threshold, *crossing),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("mailbox.created", 1) => created(raw, open),
            ("mailbox.retention_changed", 1) => {
                let form: RetentionChangedV1 = wire::form(raw)?;
                Ok(Self::RetentionChanged { from: form.from_retains_days, to: form.to_retains_days })
            }
            ("mailbox.sending_held", 1) => {
                let form: SendingHeldV1 = wire::form(raw)?;
                let reason = HoldReason::ALL.into_iter().find(|reason| reason.name() == form.reason);
                let reason = reason.ok_or_else(|| wire::malformed(raw, "a reason is not known"))?;
                Ok(Self::SendingHeld { reason, at: Timestamp::from_millis(form.at_ms) })
            }
            ("mailbox.sending_released", 1) => {
                let form: SendingReleasedV1 = wire::form(raw)?;
                let outcome = HeldMail::ALL.into_iter().find(|outcome| outcome.name() == form.outcome);
                let outcome = outcome.ok_or_else(|| wire::malformed(raw, "an outcome is not known"))?;
                Ok(Self::SendingReleased { outcome, at: Timestamp::from_millis(form.at_ms) })
            }
            ("mailbox.complained_about", 1) => wire::form(raw).map(|form: ComplainedAboutV1| {
                Self::ComplainedAbout { at: Timestamp::from_millis(form.at_ms) }
            }),
            ("mailbox.quota_changed", 1) => {
                let form: QuotaChangedV1 = wire::form(raw)?;
                let (from, to) = (ByteSize::new(form.from_bytes), ByteSize::new(form.to_bytes));
                Ok(Self::QuotaChanged { from, to })
            }
            ("mailbox.display_name_changed", 1) => {
                let form: DisplayNameChangedV1 = wire::form(raw)?;
                let display_name = wire::open_some(raw, open, form.display_name.as_ref())?;
                Ok(Self::DisplayNameChanged { display_name })
            }
            ("mailbox.password_set", 1) => {
                let form: PasswordSetV1 = wire::form(raw)?;
                Ok(Self::PasswordSet { password: wire::open(raw, open, &form.password)? })
            }
            ("mailbox.settings_changed", 1) => {
                let form: SettingsChangedV1 = wire::form(raw)?;
                let settings = wire::open(raw, open, &form.settings)?;
                Ok(Self::SettingsChanged { settings, changed: form.changed })
            }
            ("mailbox.app_password_added", 1) => app_password_added(raw, open),
            ("mailbox.app_password_changed", 1) => {
                let form: AppPasswordChangedV1 = wire::form(raw)?;
                Ok(Self::AppPasswordChanged {
                    app_password: wire::id(raw, &form.app_password)?,
                    name: wire::open(raw, open, &form.name)?,
                    protocols: protocols(raw, &form.protocols)?,
                    expires_at: form.expires_at_ms.map(Timestamp::from_millis),
                })
            }
            ("mailbox.app_password_revoked", 1) => {
                let form: AppPasswordRevokedV1 = wire::form(raw)?;
                Ok(Self::AppPasswordRevoked { app_password: wire::id(raw, &form.app_password)? })
            }
            ("mailbox.recovery_address_verified", 1) => {
                let form: RecoveryAddressVerifiedV1 = wire::form(raw)?;
                Ok(Self::RecoveryAddressVerified { address: wire::open(raw, open, &form.recovery_address)? })
            }
            ("mailbox.language_set", 1) => {
                let form: LanguageSetV1 = wire::form(raw)?;
                Ok(Self::LanguageSet { language: wire::language(raw, &form.language)? })
            }
            ("mailbox.time_zone_set", 1) => {
                let form: TimeZoneSetV1 = wire::form(raw)?;
                Ok(Self::TimeZoneSet { zone: form.zone })
            }
            ("mailbox.temporary_alias_set", 1) => {
                let form: TemporaryAliasSetV1 = wire::form(raw)?;
                let expires_at = Timestamp::from_millis(form.expires_at_ms);
                Ok(Self::TemporaryAliasSet { alias: wire::id(raw, &form.alias)?, expires_at })
            }
            ("mailbox.temporary_alias_dropped", 1) => {
                let form: TemporaryAliasDroppedV1 = wire::form(raw)?;
                Ok(Self::TemporaryAliasDropped { alias: wire::id(raw, &form.alias)? })
            }
            ("mailbox.renamed", 1) => {
                let form: RenamedV1 = wire::form(raw)?;
                Ok(Self::Renamed { local: wire::open(raw, open, &form.local)? })
            }
            ("mailbox.restored", 1) => wire::form(raw).map(|Nothing {}| Self::Restored),
            ("mailbox.disabled", 1) => wire::form(raw).map(|Nothing {}| Self::Disabled),
            ("mailbox.enabled", 1) => wire::form(raw).map(|Nothing {}| Self::Enabled),
            ("mailbox.deleted", 1) => wire::form(raw).map(|form: DeletedV1| Self::Deleted {
                purge_after: Timestamp::from_millis(form.purge_after_ms),
            }),
            ("mailbox.quota_threshold_crossed", 1) => {
                let (threshold, crossing) = wire::read_crossed(raw)?;
                Ok(Self::QuotaThresholdCrossed { threshold, crossing })
            }
            _ => factor::decode(raw, open).map(Self::Factor),
        }
    }
}

fn protocols(raw: &RawEvent, names: &[String]) -> Result<BTreeSet<MailProtocol>, Malformed> {
    let protocol = |name: &String| {
        wire::parse(raw, MailProtocol::named(name), "the name of a mail protocol is expected")
    };
    names.iter().map(protocol).collect()
}

fn app_password_added(raw: &RawEvent, open: &dyn Open) -> Result<MailboxEvent, Malformed> {
    let form: AppPasswordAddedV1 = wire::form(raw)?;
    Ok(MailboxEvent::AppPasswordAdded {
        app_password: wire::id(raw, &form.app_password)?,
        name: wire::open(raw, open, &form.name)?,
        secret_hash: wire::hash(raw, &form.secret_hash)?,
        protocols: protocols(raw, &form.protocols)?,
        expires_at: form.expires_at_ms.map(Timestamp::from_millis),
    })
}

fn created(raw: &RawEvent, open: &dyn Open) -> Result<MailboxEvent, Malformed> {
    let form: CreatedV1 = wire::form(raw)?;
    Ok(MailboxEvent::Created {
        account: wire::id(raw, &form.account)?,
        service: wire::id(raw, &form.service)?,
        domain: wire::id(raw, &form.domain)?,
        domain_name: wire::domain_name(raw, &form.domain_name)?,
        local: wire::open(raw, open, &form.local)?,
        quota: ByteSize::new(form.quota_bytes),
        display_name: wire::open_some(raw, open, form.display_name.as_ref())?,
        password: wire::open_some(raw, open, form.password.as_ref())?,
    })
}
