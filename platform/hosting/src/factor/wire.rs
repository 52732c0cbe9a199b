//! How the events of second factors are stored, in the streams of users and of mailboxes.

use kernel::{Kind, Malformed, Open, RawEvent, Seal, SealError};
use serde::{Deserialize, Serialize};

use super::{FactorEvent, PasskeyKey, TotpSeed, YubikeyIdentity};
use crate::wire::{self, Hash, Plain, SealedField, json};

/// Whose stream it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    User,
    Mailbox,
}

#[derive(Serialize, Deserialize)]
struct TotpAddedV1 {
    factor: String,
    name: SealedField,
    seed: SealedField,
}

#[derive(Serialize, Deserialize)]
struct PasskeyAddedV1 {
    factor: String,
    name: SealedField,
    key: SealedField,
    counter: u32,
    may_be_backed_up: bool,
}

#[derive(Serialize, Deserialize)]
struct YubikeyAddedV1 {
    factor: String,
    name: SealedField,
    identity: SealedField,
}

#[derive(Serialize, Deserialize)]
struct FactorRenamedV1 {
    factor: String,
    name: SealedField,
}

#[derive(Serialize, Deserialize)]
struct FactorRemovedV1 {
    factor: String,
}

#[derive(Serialize, Deserialize)]
struct RecoveryCodesSetV1 {
    hashes: Vec<Hash>,
}

#[derive(Serialize, Deserialize)]
struct RecoveryCodeUsedV1 {
    hash: Hash,
}

impl Plain for TotpSeed {
    fn to_octets(&self) -> Vec<u8> {
        self.octets().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::new(octets.to_vec())
    }
}

impl Plain for YubikeyIdentity {
    fn to_octets(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::new(String::from_utf8(octets.to_vec()).ok()?)
    }
}

/// Two octets that say how long the credential's id is, the id, the key.
impl Plain for PasskeyKey {
    fn to_octets(&self) -> Vec<u8> {
        let size = u16::try_from(self.credential().len()).unwrap_or(u16::MAX).to_be_bytes();
        [&size[..], self.credential(), self.public()].concat()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        let (size, rest) = octets.split_first_chunk::<2>()?;
        let (credential, public) = rest.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
        Self::new(credential.to_vec(), public.to_vec())
    }
}

/// The stored name of an event.
pub(crate) const fn kind(noun: Noun, event: &FactorEvent) -> Kind {
    let name = match (noun, event) {
        (Noun::User, FactorEvent::TotpAdded { .. }) => "user.totp_added",
        (Noun::User, FactorEvent::PasskeyAdded { .. }) => "user.passkey_added",
        (Noun::User, FactorEvent::YubikeyAdded { .. }) => "user.yubikey_added",
        (Noun::User, FactorEvent::FactorRenamed { .. }) => "user.factor_renamed",
        (Noun::User, FactorEvent::FactorRemoved { .. }) => "user.factor_removed",
        (Noun::User, FactorEvent::RecoveryCodesSet { .. }) => "user.recovery_codes_set",
        (Noun::User, FactorEvent::RecoveryCodeUsed { .. }) => "user.recovery_code_used",
        (Noun::Mailbox, FactorEvent::TotpAdded { .. }) => "mailbox.totp_added",
        (Noun::Mailbox, FactorEvent::PasskeyAdded { .. }) => "mailbox.passkey_added",
        (Noun::Mailbox, FactorEvent::YubikeyAdded { .. }) => "mailbox.yubikey_added",
        (Noun::Mailbox, FactorEvent::FactorRenamed { .. }) => "mailbox.factor_renamed",
        (Noun::Mailbox, FactorEvent::FactorRemoved { .. }) => "mailbox.factor_removed",
        (Noun::Mailbox, FactorEvent::RecoveryCodesSet { .. }) => "mailbox.recovery_codes_set",
        (Noun::Mailbox, FactorEvent::RecoveryCodeUsed { .. }) => "mailbox.recovery_code_used",
    };
    Kind { name, schema: 1 }
}

/// The stored form of an event.
pub(crate) fn encode(event: &FactorEvent, seal: &mut dyn Seal) -> Result<Vec<u8>, SealError> {
    Ok(match event {
        FactorEvent::TotpAdded { factor, name, seed } => json(&TotpAddedV1 {
            factor: factor.to_string(),
            name: wire::seal(seal, name)?,
            seed: wire::seal(seal, seed)?,
        }),
        FactorEvent::PasskeyAdded { factor, name, key, counter, may_be_backed_up } => json(&PasskeyAddedV1 {
            factor: factor.to_string(),
            name: wire::seal(seal, name)?,
            key: wire::seal(seal, key)?,
            counter: *counter,
            may_be_backed_up: *may_be_backed_up,
        }),
        FactorEvent::YubikeyAdded { factor, name, identity } => json(&YubikeyAddedV1 {
            factor: factor.to_string(),
            name: wire::seal(seal, name)?,
            identity: wire::seal(seal, identity)?,
        }),
        FactorEvent::FactorRenamed { factor, name } => {
            json(&FactorRenamedV1 { factor: factor.to_string(), name: wire::seal(seal, name)? })
        }
        FactorEvent::FactorRemoved { factor } => json(&FactorRemovedV1 { factor: factor.to_string() }),
        FactorEvent::RecoveryCodesSet { hashes } => {
            json(&RecoveryCodesSetV1 { hashes: hashes.iter().map(Hash::from).collect() })
        }
        FactorEvent::RecoveryCodeUsed { hash } => json(&RecoveryCodeUsedV1 { hash: hash.into() }),
    })
}

/// The event of a stored form.
pub(crate) fn decode(raw: &RawEvent, open: &dyn Open) -> Result<FactorEvent, Malformed> {
    match (raw.kind.split_once('.').map(|(_, verb)| verb), raw.schema) {
        (Some("totp_added"), 1) => {
            let form: TotpAddedV1 = wire::form(raw)?;
            Ok(FactorEvent::TotpAdded {
                factor: wire::id(raw, &form.factor)?,
                name: wire::open(raw, open, &form.name)?,
                seed: wire::open(raw, open, &form.seed)?,
            })
        }
        (Some("passkey_added"), 1) => {
            let form: PasskeyAddedV1 = wire::form(raw)?;
            Ok(FactorEvent::PasskeyAdded {
                factor: wire::id(raw, &form.factor)?,
                name: wire::open(raw, open, &form.name)?,
                key: wire::open(raw, open, &form.key)?,
                counter: form.counter,
                may_be_backed_up: form.may_be_backed_up,
            })
        }
        (Some("yubikey_added"), 1) => {
            let form: YubikeyAddedV1 = wire::form(raw)?;
            Ok(FactorEvent::YubikeyAdded {
                factor: wire::id(raw, &form.factor)?,
                name: wire::open(raw, open, &form.name)?,
                identity: wire::open(raw, open, &form.identity)?,
            })
        }
        (Some("factor_renamed"), 1) => {
            let form: FactorRenamedV1 = wire::form(raw)?;
            let name = wire::open(raw, open, &form.name)?;
            Ok(FactorEvent::FactorRenamed { factor: wire::id(raw, &form.factor)?, name })
        }
        (Some("factor_removed"), 1) => {
            let form: FactorRemovedV1 = wire::form(raw)?;
            Ok(FactorEvent::FactorRemoved { factor: wire::id(raw, &form.factor)? })
        }
        (Some("recovery_codes_set"), 1) => {
            let form: RecoveryCodesSetV1 = wire::form(raw)?;
            let hashes = form.hashes.iter().map(|hash| wire::hash(raw, hash)).collect::<Result<_, _>>()?;
            Ok(FactorEvent::RecoveryCodesSet { hashes })
        }
        (Some("recovery_code_used"), 1) => {
            let form: RecoveryCodeUsedV1 = wire::form(raw)?;
            Ok(FactorEvent::RecoveryCodeUsed { hash: wire::hash(raw, &form.hash)? })
        }
        _ => Err(wire::unknown(raw)),
    }
}
