//! Verifies what WebAuthn authenticators say (Web Authentication Level 3): registrations and assertions. Pure: keeps no
//! challenge and no key, knows no clock.
//!
//! The needed part alone: ES256, EdDSA and RS256. Attestation is read past and trusted in nothing, whatever its format: we
//! ask for `none`, and which brand a key is decides nothing here. Extensions are passed over.

mod cbor;
mod client;
mod data;
mod key;
mod party;

pub use key::PublicKey;
pub use party::{Assertion, KeyState, NewKey, Presence, Registration, RelyingParty, Used};

/// Octets of a challenge: 256 bits of chance, good once.
pub const CHALLENGE_OCTETS: usize = 32;
/// Longest credential id (section 5.8.3).
pub const CREDENTIAL_ID_OCTETS_MAX: usize = 1023;
/// Longest of each thing that a browser hands over.
pub const INPUT_OCTETS_MAX: usize = 64 * 1024;

/// Why what a browser handed over proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not of the form that the standard gives it.
    #[error("the answer of the authenticator is not readable")]
    Form,
    /// It answers another question: a registration where a sign-in is asked for, or the other way round.
    #[error("the answer is to another question")]
    Type,
    /// It answers another challenge.
    #[error("the answer is to another challenge")]
    Challenge,
    /// It was made for another site.
    #[error("the answer was made for another site")]
    Origin,
    /// It was made for another relying party.
    #[error("the answer was made for another relying party")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("nobody was present at the authenticator")]
    NotPresent,
    /// The authenticator did not verify who is there, by a PIN or a finger.
    #[error("the authenticator has not verified its user")]
    NotVerified,
    /// The key is of an algorithm that is not accepted.
    #[error("the key is of an algorithm that is not accepted")]
    Algorithm,
    /// The signature is not by this key.
    #[error("the signature is not by this key")]
    Signature,
    /// The counter went back: the authenticator may have been copied.
    #[error("the counter of the authenticator went back")]
    Counter,
}
