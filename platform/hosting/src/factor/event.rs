//! What can happen to somebody's second factors.

use kernel::{FactorId, Sealed};

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
