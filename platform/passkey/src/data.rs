//! What the authenticator says (section 6.1).

use crate::cbor::Reader;
use crate::{CREDENTIAL_ID_OCTETS_MAX, Fault, PublicKey};

/// Octets of a SHA-256.
const HASH_OCTETS: usize = 32;
/// Octets that name the model of an authenticator.
const MODEL_OCTETS: usize = 16;

/// Its flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags(u8);

impl Flags {
    pub(crate) const fn is_present(self) -> bool {
        self.0 & 1 != 0
    }

    pub(crate) const fn is_verified(self) -> bool {
        self.0 & 4 != 0
    }

    pub(crate) const fn may_be_backed_up(self) -> bool {
        self.0 & 8 != 0
    }

    pub(crate) const fn is_backed_up(self) -> bool {
        self.0 & 16 != 0
    }

    const fn has_key(self) -> bool {
        self.0 & 64 != 0
    }

    const fn has_extensions(self) -> bool {
        self.0 & 128 != 0
    }
}

/// What it says, without the extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuthenticatorData<'a> {
    pub(crate) party_hash: &'a [u8],
    pub(crate) flags: Flags,
    pub(crate) counter: u32,
    /// The credential's id and key, where it was made just now.
    pub(crate) credential: Option<(&'a [u8], PublicKey)>,
}

impl<'a> AuthenticatorData<'a> {
    pub(crate) fn read(octets: &'a [u8]) -> Result<Self, Fault> {
        let mut reader = Reader(octets);
        let party_hash = reader.take(HASH_OCTETS)?;
        let flags = Flags(reader.take(1)?[0]);
        let counter = reader.take(4)?.iter().fold(0, |number, octet| number << 8 | u32::from(*octet));
        // What is backed up may be (section 6.1.3).
        if flags.is_backed_up() && !flags.may_be_backed_up() {
            return Err(Fault::Form);
        }
        let credential = if flags.has_key() { Some(credential(&mut reader)?) } else { None };
        if flags.has_extensions() {
            reader.value()?;
        }
        if reader.0.is_empty() {
            Ok(Self { party_hash, flags, counter, credential })
        } else {
            Err(Fault::Form)
        }
    }
}

fn credential<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], PublicKey), Fault> {
    reader.take(MODEL_OCTETS)?;
    let size = reader.take(2)?.iter().fold(0, |number, octet| number << 8 | usize::from(*octet));
    if size == 0 || size > CREDENTIAL_ID_OCTETS_MAX {
        return Err(Fault::Form);
    }
    Ok((reader.take(size)?, PublicKey::read(reader)?))
}
