//! Keys that sign, and the records that show their other halves.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::EncodePrivateKey as _;
use zeroize::Zeroizing;

/// Bits of an RSA key that is made here. Longer ones do not fit into one string of a TXT record, and some verifiers
/// know no longer ones (RFC 8301 section 3.2).
pub const RSA_BITS: usize = 2048;

/// Octets before an RSA public key that make it a SubjectPublicKeyInfo (RFC 3279 section 2.3.1): the algorithm.
const RSA_ALGORITHM: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// `rsa-sha256` (RFC 6376 section 3.3.2): every verifier knows it.
    Rsa,
    /// `ed25519-sha256` (RFC 8463 section 3).
    Ed25519,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rsa, Self::Ed25519];

    /// Its word in the tag `a=`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Rsa => "rsa-sha256",
            Self::Ed25519 => "ed25519-sha256",
        }
    }

    /// Its word in the tag `k=` of a key record.
    pub const fn key_type(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }
}

/// Why there is no key, or no signature by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The octets are no private key in PKCS#8 (RFC 5958) of the algorithm.
    #[error("this is no private key of that kind in PKCS#8")]
    Octets,
    /// The system gave no randomness, or the key could not be computed.
    #[error("the key could not be made")]
    Making,
    /// The key could not sign.
    #[error("the key could not sign")]
    Signing,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// A private key that signs. `Debug` shows its algorithm only.
pub struct SigningKey {
    pair: Pair,
    random: SystemRandom,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm().tag())
    }
}

impl SigningKey {
    /// A key from PKCS#8 in DER.
    ///
    /// # Errors
    /// [`KeyFault::Octets`]; also for RSA keys under 2048 bits.
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyFault> {
        let pair = match algorithm {
            Algorithm::Rsa => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(|_| KeyFault::Octets)?)),
            Algorithm::Ed25519 => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyFault::Octets)?)
            }
        };
        Ok(Self { pair, random: SystemRandom::new() })
    }

    /// How it signs.
    pub const fn algorithm(&self) -> Algorithm {
        match self.pair {
            Pair::Rsa(_) => Algorithm::Rsa,
            Pair::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The public half as the tag `p=` shows it (RFC 6376 section 3.6.1, RFC 8463 section 4), in base64.
    pub fn public(&self) -> String {
        match &self.pair {
            Pair::Rsa(pair) => STANDARD.encode(subject_public_key(pair.public_key().as_ref())),
            Pair::Ed25519(pair) => STANDARD.encode(pair.public_key().as_ref()),
        }
    }

    /// The signature of `octets`, in base64.
    ///
    /// # Errors
    /// [`KeyFault::Signing`].
    pub(crate) fn sign(&self, octets: &[u8]) -> Result<String, KeyFault> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, octets, &mut signature)
                    .map_err(|_| KeyFault::Signing)?;
                Ok(STANDARD.encode(signature))
            }
            // The hash is what is signed (RFC 8463 section 3).
            Pair::Ed25519(pair) => {
                let hash = ring::digest::digest(&ring::digest::SHA256, octets);
                Ok(STANDARD.encode(pair.sign(hash.as_ref()).as_ref()))
            }
        }
    }
}

/// A new private key in PKCS#8. RSA takes some hundred milliseconds of a processor.
///
/// # Errors
/// [`KeyFault::Making`].
pub fn generate(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, KeyFault> {
    match algorithm {
        Algorithm::Rsa => {
            let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, RSA_BITS)
                .map_err(|_| KeyFault::Making)?;
            let document = key.to_pkcs8_der().map_err(|_| KeyFault::Making)?;
            Ok(Zeroizing::new(document.as_bytes().to_vec()))
        }
        Algorithm::Ed25519 => {
            let document =
                Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyFault::Making)?;
            Ok(Zeroizing::new(document.as_ref().to_vec()))
        }
    }
}

/// DER: the algorithm and the key as a bit string, in a sequence.
fn subject_public_key(key: &[u8]) -> Vec<u8> {
    let bits = tagged(0x03, &[&[0], key].concat());
    tagged(0x30, &[RSA_ALGORITHM, &bits].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|octet| *octet != 0).unwrap_or(length.len() - 1)..];
    let mut out = vec![tag];
    match significant {
        [short] if *short < 0x80 => out.push(*short),
        // At most eight octets: they are those of a usize.
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_made_and_read_again() {
        for algorithm in Algorithm::ALL {
            let made = generate(algorithm).expect("a key");
            let key = SigningKey::from_pkcs8(algorithm, &made).expect("what was made");
            assert_eq!(key.algorithm(), algorithm);
            assert!(key.sign(b"octets").is_ok());
            let other = Algorithm::ALL.into_iter().find(|other| *other != algorithm).expect("two");
            assert_eq!(SigningKey::from_pkcs8(other, &made).err(), Some(KeyFault::Octets));
        }
    }

    #[test]
    fn the_public_half_of_an_rsa_key_is_a_subject_public_key_info() {
        use rsa::pkcs8::DecodePublicKey as _;
        let key =
            SigningKey::from_pkcs8(Algorithm::Rsa, &generate(Algorithm::Rsa).expect("a key")).expect("it");
        let der = STANDARD.decode(key.public()).expect("base64");
        assert!(rsa::RsaPublicKey::from_public_key_der(&der).is_ok());
    }
}
