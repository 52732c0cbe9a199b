//! Key records (RFC 6376 section 3.6.1) and what their keys say of a signature.

use ring::signature::{ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

use super::Algorithm;
use crate::tag::{Tags, base64};

/// Shortest RSA key that counts (RFC 8301 section 3.2).
const RSA_BITS_MIN: usize = 1024;
/// Longest RSA key that is tried.
const RSA_BITS_MAX: usize = 8192;
/// Octets of an Ed25519 key (RFC 8463 section 4).
const ED25519_OCTETS: usize = 32;

/// A public key with what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    material: Material,
    /// Whether the domain only tries it out (`t=y`).
    pub is_testing: bool,
    /// Whether the identity must be of exactly this domain (`t=s`).
    pub is_strict: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    /// An RSAPublicKey (RFC 8017 appendix A.1.1) and its length.
    Rsa {
        key: Vec<u8>,
        bits: usize,
    },
    Ed25519(Vec<u8>),
}

/// Why a key record gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It is no list of tags, or of another version.
    #[error("the key record cannot be read")]
    Syntax,
    /// `p=` is empty.
    #[error("the key was revoked")]
    Revoked,
    /// The key is none, or of a kind that nobody knows.
    #[error("the key cannot be used")]
    Unusable,
    /// It is shorter than 1024 bits.
    #[error("the key is shorter than 1024 bits")]
    Short,
    /// It is not for mail, or not for SHA-256.
    #[error("the key is not for this")]
    Purpose,
}

impl Key {
    /// Reads a key record.
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn parse(octets: &[u8]) -> Result<Self, KeyFault> {
        let text = std::str::from_utf8(octets).map_err(|_| KeyFault::Syntax)?;
        let tags = Tags::parse(text).ok_or(KeyFault::Syntax)?;
        if tags.get("v").is_some_and(|version| version != "DKIM1") {
            return Err(KeyFault::Syntax);
        }
        if tags.get("v").is_some() && tags.first() != Some("v") {
            return Err(KeyFault::Syntax);
        }
        let has = |list: Option<&str>, wanted: &[&str]| {
            list.is_none_or(|list| list.split(':').any(|item| wanted.contains(&item.trim_ascii())))
        };
        if !has(tags.get("h"), &["sha256"]) || !has(tags.get("s"), &["*", "email"]) {
            return Err(KeyFault::Purpose);
        }
        let public = tags.get("p").ok_or(KeyFault::Syntax)?;
        if public.is_empty() {
            return Err(KeyFault::Revoked);
        }
        let public = base64(public).ok_or(KeyFault::Syntax)?;
        let material = match tags.get("k").unwrap_or("rsa") {
            "rsa" => rsa(&public)?,
            "ed25519" if public.len() == ED25519_OCTETS => Material::Ed25519(public),
            _ => return Err(KeyFault::Unusable),
        };
        let flag = |wanted| {
            tags.get("t").is_some_and(|flags| flags.split(':').any(|flag| flag.trim_ascii() == wanted))
        };
        Ok(Self { material, is_testing: flag("y"), is_strict: flag("s") })
    }

    /// Its length.
    pub fn bits(&self) -> usize {
        match &self.material {
            Material::Rsa { bits, .. } => *bits,
            Material::Ed25519(_) => 256,
        }
    }

    /// Whether it is for `algorithm`.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        matches!(
            (&self.material, algorithm),
            (Material::Rsa { .. }, Algorithm::RsaSha256) | (Material::Ed25519(_), Algorithm::Ed25519Sha256)
        )
    }

    /// Whether its owner signed `signed`.
    pub(crate) fn has_signed(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { key, .. } => {
                UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key)
                    .verify(signed, signature)
                    .is_ok()
            }
            // The hash is what is signed (RFC 8463 section 3).
            Material::Ed25519(key) => {
                let hash = ring::digest::digest(&ring::digest::SHA256, signed);
                UnparsedPublicKey::new(&ED25519, key).verify(hash.as_ref(), signature).is_ok()
            }
        }
    }
}

/// Reads an RSA key: as the standard has it (RSAPublicKey), or in a SubjectPublicKeyInfo, as everybody publishes it.
fn rsa(der: &[u8]) -> Result<Material, KeyFault> {
    let (sequence, _) = element(der, 0x30).ok_or(KeyFault::Unusable)?;
    let key = match element(sequence, 0x30) {
        Some((_algorithm, rest)) => {
            let (bits, _) = element(rest, 0x03).ok_or(KeyFault::Unusable)?;
            bits.strip_prefix(&[0]).ok_or(KeyFault::Unusable)?
        }
        None => der,
    };
    let (numbers, _) = element(key, 0x30).ok_or(KeyFault::Unusable)?;
    let (modulus, _) = element(numbers, 0x02).ok_or(KeyFault::Unusable)?;
    let first = modulus.iter().position(|octet| *octet != 0).ok_or(KeyFault::Unusable)?;
    let modulus = &modulus[first..];
    let bits = modulus.len() * 8 - modulus[0].leading_zeros() as usize;
    match bits {
        0..RSA_BITS_MIN => Err(KeyFault::Short),
        RSA_BITS_MIN..=RSA_BITS_MAX => Ok(Material::Rsa { key: key.to_vec(), bits }),
        _ => Err(KeyFault::Unusable),
    }
}

/// The content of the DER element at the beginning, and what is behind it; none where its tag is another.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), &rest[2..]),
        _ => return None,
    };
    (*found == tag && rest.len() >= length).then(|| rest.split_at(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_bad_ones_told_apart() {
        let ed25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        for (text, result) in [
            (format!("v=DKIM1; k=ed25519; p={ed25519}"), Ok(256)),
            (format!("k=ed25519; t=y:s; p={ed25519}"), Ok(256)),
            (format!("v=DKIM2; k=ed25519; p={ed25519}"), Err(KeyFault::Syntax)),
            (format!("k=ed25519; v=DKIM1; p={ed25519}"), Err(KeyFault::Syntax)),
            ("v=DKIM1; p=".to_owned(), Err(KeyFault::Revoked)),
            ("v=DKIM1".to_owned(), Err(KeyFault::Syntax)),
            ("v=DKIM1; p=AAAA".to_owned(), Err(KeyFault::Unusable)),
            (format!("k=ed25519; s=tlsrpt; p={ed25519}"), Err(KeyFault::Purpose)),
            (format!("k=ed25519; h=sha1; p={ed25519}"), Err(KeyFault::Purpose)),
            (format!("k=ed448; p={ed25519}"), Err(KeyFault::Unusable)),
        ] {
            assert_eq!(Key::parse(text.as_bytes()).map(|key| key.bits()), result, "{text}");
        }
    }
}
