//! How the events of a user are stored.

use authority::AdministratorRight;
use ipnet::IpNet;
use kernel::{Event, Kind, Malformed, Open, RawEvent, Seal, SealError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{UserEvent, UserRole};
use crate::factor::{self, Noun};
use crate::wire::{self, Hash, Nothing, SealedField, json};

const REGISTERED: Kind = Kind { name: "user.registered", schema: 1 };
const PASSWORD_SET: Kind = Kind { name: "user.password_set", schema: 1 };
const EMAIL_GIVEN: Kind = Kind { name: "user.email_given", schema: 1 };
const EMAIL_VERIFIED: Kind = Kind { name: "user.email_verified", schema: 1 };
const LANGUAGE_SET: Kind = Kind { name: "user.language_set", schema: 1 };
const TIME_ZONE_SET: Kind = Kind { name: "user.time_zone_set", schema: 1 };
const DISABLED: Kind = Kind { name: "user.disabled", schema: 1 };
const ENABLED: Kind = Kind { name: "user.enabled", schema: 1 };
const REMOVED: Kind = Kind { name: "user.removed", schema: 1 };
const TOKEN_ISSUED: Kind = Kind { name: "user.token_issued", schema: 1 };
const TOKEN_CHANGED: Kind = Kind { name: "user.token_changed", schema: 1 };
const RENAMED: Kind = Kind { name: "user.renamed", schema: 1 };
const ROLE_SET: Kind = Kind { name: "user.role_set", schema: 1 };
const RIGHTS_WITHHELD: Kind = Kind { name: "user.rights_withheld", schema: 1 };
const TOKEN_REVOKED: Kind = Kind { name: "user.token_revoked", schema: 1 };

#[derive(Serialize, Deserialize)]
struct RegisteredV1 {
    account: String,
    login: SealedField,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<SealedField>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<SealedField>,
    role: RoleV1,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    must_change_password: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoleV1 {
    Operator,
    Owner,
    DomainAdministrator { domains: Vec<String> },
}

#[derive(Serialize, Deserialize)]
struct PasswordSetV1 {
    password: SealedField,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    must_change: bool,
}

#[derive(Serialize, Deserialize)]
struct EmailV1 {
    email: SealedField,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_demanded: bool,
}

#[derive(Serialize, Deserialize)]
struct TimeZoneSetV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LanguageSetV1 {
    language: String,
}

#[derive(Serialize, Deserialize)]
struct TokenIssuedV1 {
    token: String,
    name: SealedField,
    permissions: Vec<String>,
    secret_hash: Hash,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct TokenChangedV1 {
    token: String,
    name: SealedField,
    permissions: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    networks: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct RenamedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<SealedField>,
}

#[derive(Serialize, Deserialize)]
struct RoleSetV1 {
    role: RoleV1,
}

#[derive(Serialize, Deserialize)]
struct RightsWithheldV1 {
    rights: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct TokenRevokedV1 {
    token: String,
}

impl From<&UserRole> for RoleV1 {
    fn from(role: &UserRole) -> Self {
        match role {
            UserRole::Operator => Self::Operator,
            UserRole::Owner => Self::Owner,
            UserRole::DomainAdministrator(domains) => {
                Self::DomainAdministrator { domains: domains.iter().map(ToString::to_string).collect() }
            }
        }
    }
}

fn role(raw: &RawEvent, form: &RoleV1) -> Result<UserRole, Malformed> {
    Ok(match form {
        RoleV1::Operator => UserRole::Operator,
        RoleV1::Owner => UserRole::Owner,
        RoleV1::DomainAdministrator { domains } => UserRole::DomainAdministrator(
            domains.iter().map(|domain| wire::id(raw, domain)).collect::<Result<_, _>>()?,
        ),
    })
}

fn networks(raw: &RawEvent, texts: &[String]) -> Result<Vec<IpNet>, Malformed> {
    let network = |text: &String| wire::parse(raw, text.parse().ok(), "a network is expected");
    texts.iter().map(network).collect()
}

impl Event for UserEvent {
    fn kind(&self) -> Kind {
        match self {
            Self::Registered { .. } => REGISTERED,
            Self::PasswordSet { .. } => PASSWORD_SET,
            Self::EmailGiven { .. } => EMAIL_GIVEN,
            Self::EmailVerified { .. } => EMAIL_VERIFIED,
            Self::LanguageSet { .. } => LANGUAGE_SET,
            Self::TimeZoneSet { .. } => TIME_ZONE_SET,
            Self::Factor(event) => factor::kind(Noun::User, event),
            Self::Disabled => DISABLED,
            Self::Enabled => ENABLED,
            Self::Removed => REMOVED,
            Self::TokenIssued { .. } => TOKEN_ISSUED,
            Self::TokenChanged { .. } => TOKEN_CHANGED,
            Self::Renamed { .. } => RENAMED,
            Self::RoleSet { .. } => ROLE_SET,
            Self::RightsWithheld { .. } => RIGHTS_WITHHELD,
            Self::TokenRevoked { .. } => TOKEN_REVOKED,
        }
    }

    fn encode(&self, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
        Ok(match self {
            Self::Registered { account, login, name, password, role, must_change_password } => {
                json(&RegisteredV1 {
                    account: account.to_string(),
                    login: wire::seal(seal, login)?,
                    name: wire::seal_some(seal, name.as_ref())?,
                    password: wire::seal_some(seal, password.as_ref())?,
                    role: role.into(),
                    must_change_password: *must_change_password,
                })
            }
            Self::PasswordSet { password, must_change } => {
                json(&PasswordSetV1 { password: wire::seal(seal, password)?, must_change: *must_change })
            }
            Self::EmailGiven { email, is_demanded } => {
                json(&EmailV1 { email: wire::seal(seal, email)?, is_demanded: *is_demanded })
            }
            Self::EmailVerified { email } => {
                json(&EmailV1 { email: wire::seal(seal, email)?, is_demanded: false })
            }
            Self::LanguageSet { language } => json(&LanguageSetV1 { language: language.tag().to_owned() }),
            Self::TimeZoneSet { zone } => json(&TimeZoneSetV1 { zone: zone.clone() }),
            Self::Factor(event) => factor::encode(event, seal)?,
            Self::Disabled | Self::Enabled | Self::Removed => json(&Nothing {}),
            Self::TokenIssued { token, name, permissions, secret_hash, expires_at, networks } => {
                json(&TokenIssuedV1 {
                    token: token.to_string(),
                    name: wire::seal(seal, name)?,
                    permissions: wire::permission_names(*permissions),
                    secret_hash: secret_hash.into(),
                    expires_at_ms: expires_at.map(Timestamp::millis),
                    networks: networks.iter().map(ToString::to_string).collect(),
                })
            }
            Self::TokenChanged { token, name, permissions, expires_at, networks } => json(&TokenChangedV1 {
                token: token.to_string(),
                name: wire::seal(seal, name)?,
                permissions: wire::permission_names(*permissions),
                expires_at_ms: expires_at.map(Timestamp::millis),
                networks: networks.iter().map(ToString::to_string).collect(),
            }),
            Self::Renamed { name } => json(&RenamedV1 { name: wire::seal_some(seal, name.as_ref())? }),
            Self::RoleSet { role } => json(&RoleSetV1 { role: role.into() }),
            Self::RightsWithheld { rights } => json(&RightsWithheldV1 {
                rights: rights.iter().map(|right| right.name().to_owned()).collect(),
            }),
            Self::TokenRevoked { token } => json(&TokenRevokedV1 { token: token.to_string() }),
        })
    }

    fn decode(raw: &RawEvent, open: &dyn Open) -> Result<Self, Malformed> {
        match (raw.kind.as_ref(), raw.schema) {
            ("user.registered", 1) => {
                let form: RegisteredV1 = wire::form(raw)?;
                Ok(Self::Registered {
                    account: wire::id(raw, &form.account)?,
                    login: wire::open(raw, open, &form.login)?,
                    name: wire::open_some(raw, open, form.name.as_ref())?,
                    password: wire::open_some(raw, open, form.password.as_ref())?,
                    role: role(raw, &form.role)?,
                    must_change_password: form.must_change_password,
                })
            }
            ("user.password_set", 1) => {
                let form: PasswordSetV1 = wire::form(raw)?;
                let password = wire::open(raw, open, &form.password)?;
                Ok(Self::PasswordSet { password, must_change: form.must_change })
            }
            ("user.email_given", 1) => {
                let form: EmailV1 = wire::form(raw)?;
                let email = wire::open(raw, open, &form.email)?;
                Ok(Self::EmailGiven { email, is_demanded: form.is_demanded })
            }
            ("user.email_verified", 1) => {
                let form: EmailV1 = wire::form(raw)?;
                Ok(Self::EmailVerified { email: wire::open(raw, open, &form.email)? })
            }
            ("user.language_set", 1) => {
                let form: LanguageSetV1 = wire::form(raw)?;
                Ok(Self::LanguageSet { language: wire::language(raw, &form.language)? })
            }
            ("user.time_zone_set", 1) => {
                let form: TimeZoneSetV1 = wire::form(raw)?;
                Ok(Self::TimeZoneSet { zone: form.zone })
            }
            ("user.disabled", 1) => wire::form(raw).map(|Nothing {}| Self::Disabled),
            ("user.enabled", 1) => wire::form(raw).map(|Nothing {}| Self::Enabled),
            ("user.removed", 1) => wire::form(raw).map(|Nothing {}| Self::Removed),
            ("user.token_issued", 1) => {
                let form: TokenIssuedV1 = wire::form(raw)?;
                Ok(Self::TokenIssued {
                    token: wire::id(raw, &form.token)?,
                    name: wire::open(raw, open, &form.name)?,
                    permissions: wire::permissions(raw, &form.permissions)?,
                    secret_hash: wire::hash(raw, &form.secret_hash)?,
                    expires_at: form.expires_at_ms.map(Timestamp::from_millis),
                    networks: networks(raw, &form.networks)?,
                })
            }
            ("user.token_changed", 1) => {
                let form: TokenChangedV1 = wire::form(raw)?;
                Ok(Self::TokenChanged {
                    token: wire::id(raw, &form.token)?,
                    name: wire::open(raw, open, &form.name)?,
                    permissions: wire::permissions(raw, &form.permissions)?,
                    expires_at: form.expires_at_ms.map(Timestamp::from_millis),
                    networks: networks(raw, &form.networks)?,
                })
            }
            ("user.renamed", 1) => {
                let form: RenamedV1 = wire::form(raw)?;
                Ok(Self::Renamed { name: wire::open_some(raw, open, form.name.as_ref())? })
            }
            ("user.role_set", 1) => {
                let form: RoleSetV1 = wire::form(raw)?;
                Ok(Self::RoleSet { role: role(raw, &form.role)? })
            }
            ("user.rights_withheld", 1) => {
                let form: RightsWithheldV1 = wire::form(raw)?;
                let right = |name: &String| {
                    wire::parse(raw, AdministratorRight::named(name), "the name of a right is expected")
                };
                Ok(Self::RightsWithheld { rights: form.rights.iter().map(right).collect::<Result<_, _>>()? })
            }
            ("user.token_revoked", 1) => {
                let form: TokenRevokedV1 = wire::form(raw)?;
                Ok(Self::TokenRevoked { token: wire::id(raw, &form.token)? })
            }
            _ => factor::decode(raw, open).map(Self::Factor),
        }
    }
}
