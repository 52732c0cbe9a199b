//! What can happen to somebody's second factors.

use kernel::{FactorId, Sealed};

use crate::limit::{CREDENTIAL_ID_OCTETS_MAX, PASSKEY_OCTETS_MAX, YUBIKEY_IDENTITY_CHARACTER_COUNT_MAX};

/// The shared secret of a time-based one-time password (RFC 6238): 20 to 64 octets. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSeed(Vec<u8>);

impl TotpSeed {
    /// Of these octets; none where there are too few (RFC 4226 section 4, R6) or too many.
    pub fn new(octets: Vec<u8>) -> Option<Self> {
        (20..=64).contains(&octets.len()).then_some(Self(octets))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for TotpSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSeed")
    }
}

/// What a passkey or a security key is known by: the credential's id, 1 to 1023 octets, and its public key (COSE, RFC 9052).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyKey {
    credential: Vec<u8>,
    public: Vec<u8>,
}

impl PasskeyKey {
    /// Of both; none where either is empty or longer than authenticators make it.
    pub fn new(credential: Vec<u8>, public: Vec<u8>) -> Option<Self> {
        let fits = (1..=CREDENTIAL_ID_OCTETS_MAX).contains(&credential.len())
            && (1..=PASSKEY_OCTETS_MAX).contains(&public.len());
        fits.then_some(Self { credential, public })
    }

    /// The credential's id: what a sign-in finds it by.
    pub fn credential(&self) -> &[u8] {
        &self.credential
    }

    /// The public key in its COSE form.
    pub fn public(&self) -> &[u8] {
        &self.public
    }
}

/// What a YubiKey is known by when it types: 2 to 16 small letters, the same at each touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YubikeyIdentity(String);

impl YubikeyIdentity {
    /// Of these letters; none where there are too few or too many, or other characters.
    pub fn new(letters: String) -> Option<Self> {
        let fits = (2..=YUBIKEY_IDENTITY_CHARACTER_COUNT_MAX).contains(&letters.len());
        (fits && letters.bytes().all(|octet| octet.is_ascii_lowercase())).then_some(Self(letters))
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What happened to the second factors of one user or mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactorEvent {
    /// An authenticator app was added and proved.
    TotpAdded {
        /// Which.
        factor: FactorId,
        /// What its owner calls it.
        name: Sealed<String>,
        /// What its codes are derived from.
        seed: Sealed<TotpSeed>,
    },
    /// A passkey or a security key was added and has shown that it works.
    PasskeyAdded {
        /// Which.
        factor: FactorId,
        /// What its owner calls it.
        name: Sealed<String>,
        /// What it is known by.
        key: Sealed<PasskeyKey>,
        /// Its counter at that moment; 0 for authenticators that have none.
        counter: u32,
        /// Whether it may be kept in several places, by a password manager; that never changes.
        may_be_backed_up: bool,
    },
    /// A YubiKey that types (Yubico OTP) was added and has shown that it works.
    YubikeyAdded {
        /// Which.
        factor: FactorId,
        /// What its owner calls it.
        name: Sealed<String>,
        /// What it is known by.
        identity: Sealed<YubikeyIdentity>,
    },
    /// A factor is called something else.
    FactorRenamed {
        /// Which.
        factor: FactorId,
        /// What its owner calls it from now on.
        name: Sealed<String>,
    },
    /// A factor is none any more. With the last one the recovery codes are void.
    FactorRemoved {
        /// Which.
        factor: FactorId,
    },
    /// There are new recovery codes; the old ones are void.
    RecoveryCodesSet {
        /// BLAKE3 of each.
        hashes: Vec<[u8; 32]>,
    },
    /// A recovery code was used and is void.
    RecoveryCodeUsed {
        /// BLAKE3 of it.
        hash: [u8; 32],
    },
}
