//! Sealed values in stored forms: `{"subject": "subj_...", "sealed": "base64"}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::{
    EmailAddress, LocalPart, Malformed, Open, Opened, RawEvent, Seal, SealError, Sealed, SealedBytes,
};
use serde::{Deserialize, Serialize};

use super::{address_texts, id, malformed};
use crate::{LoginName, PasswordHash};

/// A sealed value as an event stores it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SealedField {
    subject: String,
    sealed: String,
}

/// A value whose plain form can be sealed. The forms never change: old events hold them.
pub(crate) trait Plain: Sized {
    /// The octets to seal.
    fn to_octets(&self) -> Vec<u8>;
    /// The value of those octets.
    fn from_octets(octets: &[u8]) -> Option<Self>;
}

impl<T: Plain> Plain for Box<T> {
    fn to_octets(&self) -> Vec<u8> {
        T::to_octets(self)
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        T::from_octets(octets).map(Self::new)
    }
}

impl Plain for String {
    fn to_octets(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::from_utf8(octets.to_vec()).ok()
    }
}

impl Plain for LocalPart {
    fn to_octets(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(octets).ok()?).ok()
    }
}

impl Plain for EmailAddress {
    fn to_octets(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(octets).ok()?).ok()
    }
}

impl Plain for LoginName {
    fn to_octets(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(octets).ok()?).ok()
    }
}

impl Plain for PasswordHash {
    fn to_octets(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(octets).ok()?).ok()
    }
}

/// A JSON list of texts.
impl Plain for Vec<EmailAddress> {
    fn to_octets(&self) -> Vec<u8> {
        super::json(&address_texts(self))
    }
    fn from_octets(octets: &[u8]) -> Option<Self> {
        let texts: Vec<String> = serde_json::from_slice(octets).ok()?;
        texts.iter().map(|text| EmailAddress::parse(text).ok()).collect()
    }
}

/// Seals a value for its subject.
///
/// # Errors
/// [`SealError::Erased`] where the value is gone: an event that lost it cannot be written again.
pub(crate) fn seal<T: Plain>(seal: &mut dyn Seal, value: &Sealed<T>) -> Result<SealedField, SealError> {
    let plain = value.plain().ok_or(SealError::Erased(value.subject))?;
    let sealed = seal.seal(value.subject, &plain.to_octets())?;
    Ok(SealedField { subject: sealed.subject.to_string(), sealed: STANDARD.encode(sealed.ciphertext) })
}

/// As [`seal`] for a value that may be absent.
///
/// # Errors
/// As [`seal`].
pub(crate) fn seal_some<T: Plain>(
    key: &mut dyn Seal,
    value: Option<&Sealed<T>>,
) -> Result<Option<SealedField>, SealError> {
    value.map(|value| seal(key, value)).transpose()
}

/// Opens a value, or finds that it is erased.
///
/// # Errors
/// [`Malformed`] where the field is distorted, its key is not the right one, or the plain form is not readable.
pub(crate) fn open<T: Plain>(
    raw: &RawEvent,
    open: &dyn Open,
    field: &SealedField,
) -> Result<Sealed<T>, Malformed> {
    let subject = id(raw, &field.subject)?;
    let ciphertext =
        STANDARD.decode(&field.sealed).map_err(|_| malformed(raw, "a sealed value is not base64"))?;
    let value = match open.open(&SealedBytes { subject, ciphertext })? {
        Opened::Plain(octets) => Opened::Plain(
            T::from_octets(&octets)
                .ok_or_else(|| malformed(raw, "a sealed value has no valid plain form"))?,
        ),
        Opened::Erased => Opened::Erased,
    };
    Ok(Sealed { subject, value })
}

/// As [`open`] for a value that may be absent.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_some<T: Plain>(
    raw: &RawEvent,
    key: &dyn Open,
    field: Option<&SealedField>,
) -> Result<Option<Sealed<T>>, Malformed> {
    field.map(|field| open(raw, key, field)).transpose()
}
